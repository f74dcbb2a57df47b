package explain

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/plan"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

const (
	rowPatience = 100 * time.Millisecond // for the pages that are read for a row
	rowTables   = 4                      // of how many tables of a statement a row is read
	tellingRows = 3                      // of how many expected rows there must be none for a value to be taken for one that does not come with the others
)

// equal is a parameter that a column of a table must equal.
type equal struct {
	i      int // of explainer.parameters and known
	column string
}

// rowQuestion asks for a row of a table that has the anchor's value and is one that the statement finds by its NULL tests and booleans.
type rowQuestion struct {
	schema, relation string
	anchor           equal
	others           []equal
	columns          []string // all that are read
	tests            []string
}

// bringTogether takes the values of a table's equalities from one row of it: chosen by column, they may be in no row together, and the plan would expect none.
// The anchor is the parameter whose value is the most frequent of those on columns with more than a few values; the row is of the combination that is the most
// common among the anchor's rows. Where no row is found, the values stay as they are.
func (e *explainer) bringTogether(ctx context.Context) error {
	nodes := relationsOf(e.valueless)
	asked := 0
	for _, alias := range slices.Sorted(maps.Keys(nodes)) {
		q, ok := e.rowQuestion(nodes[alias])
		if !ok || asked == rowTables {
			continue
		}
		asked++
		if err := e.takeRow(ctx, q); err != nil {
			return err
		}
	}
	return nil
}

// rowQuestion reads the conditions that every row a scan finds must meet.
func (e *explainer) rowQuestion(n *plan.Node) (rowQuestion, bool) {
	q := rowQuestion{schema: n.Schema, relation: n.Relation}
	var all []equal
	for _, condition := range []string{n.IndexCond, n.RecheckCond, n.Filter} {
		for _, c := range plan.ConjunctsOf(condition, n.Alias) {
			column := sqltext.Ident(c.Column)
			switch i := c.Param - 1; {
			case c.Kind == plan.IsNull:
				q.test(c.Column, column+" IS NULL")
			case c.Kind == plan.IsNotNull:
				q.test(c.Column, column+" IS NOT NULL")
			case c.Kind == plan.Boolean && c.Negated:
				q.test(c.Column, "NOT "+column)
			case c.Kind == plan.Boolean:
				q.test(c.Column, column)
			case e.isChosen(i) && e.takesValueOf(i, c) && !slices.Contains(all, equal{i, c.Column}):
				all = append(all, equal{i, c.Column})
			}
		}
	}
	for _, one := range all {
		q.read(one.column)
	}
	anchors := slices.DeleteFunc(slices.Clone(all), func(one equal) bool { return !e.isAnchor(one, n) })
	if len(anchors) == 0 {
		return q, false
	}
	q.anchor = slices.MaxFunc(anchors, func(a, b equal) int {
		return cmp.Compare(e.known[a.i].stats.mostFrequent(), e.known[b.i].stats.mostFrequent())
	})
	q.others = slices.DeleteFunc(all, func(one equal) bool { return one == q.anchor })
	return q, len(q.others) > 0
}

func (q *rowQuestion) test(column, sql string) {
	q.read(column)
	q.tests = append(q.tests, sql)
}

func (q *rowQuestion) read(column string) {
	if !slices.Contains(q.columns, column) {
		q.columns = append(q.columns, column)
	}
}

// isChosen says whether there is such a parameter, its value was chosen here, and by its column alone.
func (e *explainer) isChosen(i int) bool {
	if i < 0 || i >= len(e.parameters) || e.parameters[i].From == plan.FromGiven {
		return false
	}
	return !slices.Contains(e.together, e.parameters[i].N)
}

// takesValueOf says whether a parameter can be given a value of the column that it is compared with: it equals it, or is the whole list that must hold it.
func (e *explainer) takesValueOf(i int, c plan.Condition) bool {
	known := e.known[i]
	if known.Column != c.Column || known.Expression != "" || known.Kind != c.Kind {
		return false
	}
	return c.Kind == plan.Equality || c.Kind == plan.AnyOf && isList(e.parameters[i].Type)
}

// isAnchor says whether a parameter has the most common value of this very table's column, one with more than a few values.
func (e *explainer) isAnchor(one equal, n *plan.Node) bool {
	known := e.known[one.i]
	own := known.schema == n.Schema && known.relation == n.Relation
	return own && known.Kind == plan.Equality && e.parameters[one.i].From == plan.FromHeavy
}

// isRare says whether the value was chosen as the one of a class that is searched for: a row that has it comes before those of the other classes.
func (e *explainer) isRare(one equal) bool {
	return e.parameters[one.i].From == plan.FromRare && e.known[one.i].Kind == plan.Equality
}

// takeRow gives the parameters the values of one row. A rare value stays where the sample is too small to tell that no row has it beside the others.
func (e *explainer) takeRow(ctx context.Context, q rowQuestion) error {
	row, total, err := e.readRow(ctx, q)
	if err != nil || row == nil {
		return err
	}
	e.together = append(e.together, e.parameters[q.anchor.i].N)
	for j, one := range q.others {
		p := &e.parameters[one.i]
		if e.isRare(one) && !row[j].agrees && total*e.known[one.i].stats.leastFrequent() < tellingRows {
			continue
		}
		p.Value = &row[j].value
		if isList(p.Type) && e.known[one.i].Kind == plan.AnyOf {
			list := arrayOf([]*string{p.Value})
			p.Value = &list
		}
		if p.From == plan.FromNeutral {
			p.From = plan.FromMade
		}
		e.together = append(e.together, p.N)
	}
	return nil
}

func isList(typeName string) bool { return strings.HasSuffix(typeName, "[]") }

// taken is a value of the row, and whether it is the one that was chosen by the column.
type taken struct {
	value  string
	agrees bool
}

// readRow reads the row, and how many of the sampled rows it was chosen from; nil where there is none, or it may not be read.
func (e *explainer) readRow(ctx context.Context, q rowQuestion) (row []taken, total float64, err error) {
	var percent float64
	err = e.Tx.QueryRow(ctx, query("row_sample"), q.schema, q.relation, q.columns).Scan(&percent)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, 0, nil
	}
	if err != nil {
		return nil, 0, fmt.Errorf("asking whether rows of %s may be read: %w", sqltext.CleanLine(sqltext.Ident(q.schema, q.relation)), err)
	}
	sql, values := e.rowSQL(q, percent)
	batch := &pgconn.Batch{}
	batch.ExecParams(savepoint, nil, nil, nil, nil)
	batch.ExecParams(query("row_patience"), [][]byte{[]byte(e.rowPatience())}, nil, nil, nil)
	batch.ExecParams(sql, values, nil, nil, nil)
	batch.ExecParams(goBack, nil, nil, nil, nil)
	batch.ExecParams(release, nil, nil, nil, nil)
	conn := e.Tx.Conn()
	results, err := conn.PgConn().ExecBatch(ctx, batch).ReadAll()
	switch {
	case err != nil && conn.IsClosed():
		return nil, 0, fmt.Errorf("reading a row of %s: %w", sqltext.CleanLine(sqltext.Ident(q.schema, q.relation)), err)
	case err != nil: // such as its time having run out
		e.goBack(ctx)
		return nil, 0, nil
	case len(results) < 3 || len(results[2].Rows) == 0:
		return nil, 0, nil
	}
	found := results[2].Rows[0]
	total, err = strconv.ParseFloat(string(found[0]), 64)
	for j := range q.others {
		row = append(row, taken{string(found[1+2*j]), string(found[2+2*j]) == "t"})
	}
	return row, total, err
}

// rowPatience is statement_timeout, in ms, for the pages that are read; never longer than that of the question.
func (e *explainer) rowPatience() string {
	most := rowPatience
	if e.question.Timeout > 0 {
		most = min(most, e.question.Timeout)
	}
	return strconv.FormatInt(max(most.Milliseconds(), 1), 10)
}

// rowSQL reads about a hundred pages, the same ones every time, for the most common combination among the anchor's rows: first those with the rare values, as
// these are what is searched for. The values are parameters: no statement's text holds them.
// Costs under 2 ms where the pages are in memory. Versions 13 and later. Needs SELECT on the columns.
func (e *explainer) rowSQL(q rowQuestion, percent float64) (sql string, values [][]byte) {
	is := func(one equal) string {
		values = append(values, []byte(*e.parameters[one.i].Value))
		return fmt.Sprintf("%s OPERATOR(pg_catalog.=) $%d", sqltext.Ident(one.column), len(values))
	}
	where := append([]string{is(q.anchor)}, q.tests...)
	output, order := []string{"pg_catalog.sum(pg_catalog.count(*)) OVER ()"}, "pg_catalog.count(*) DESC"
	var groups, rare []string
	for _, one := range q.others {
		column, agrees := sqltext.Ident(one.column), "false"
		if e.isRare(one) {
			agrees = is(one)
			rare = append(rare, "("+agrees+")::pg_catalog.int4")
		}
		output = append(output, column+"::pg_catalog.text", agrees)
		groups = append(groups, column)
		where = append(where, column+" IS NOT NULL")
	}
	if len(rare) > 0 {
		order = strings.Join(rare, " + ") + " DESC, " + order
	}
	sql = fmt.Sprintf("SELECT %sfew_rows */ %s FROM ONLY %s TABLESAMPLE SYSTEM (%g) REPEATABLE (0) WHERE %s GROUP BY %s ORDER BY %s LIMIT 1",
		probes.OwnTag, strings.Join(output, ", "), sqltext.Ident(q.schema, q.relation), percent, strings.Join(where, " AND "), strings.Join(groups, ", "), order)
	return sql, values
}

// ofOneRow names the parameters whose values were taken from one row.
func (e *explainer) ofOneRow() string {
	if len(e.together) < 2 {
		return ""
	}
	var names []string
	for _, n := range slices.Sorted(slices.Values(e.together)) {
		names = append(names, fmt.Sprintf("$%d", n))
	}
	return "each table's values are those of one row: " + strings.Join(names, ", ")
}
