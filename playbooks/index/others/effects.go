package others

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/pgmedic/pgmedic/playbooks/index/candidate"
	"github.com/pgmedic/pgmedic/playbooks/index/price"
	"github.com/pgmedic/pgmedic/playbooks/index/shape"
	"github.com/pgmedic/pgmedic/playbooks/index/table"
	"github.com/pgmedic/pgmedic/probes/explain"
	"github.com/pgmedic/pgmedic/probes/live"
	"github.com/pgmedic/pgmedic/probes/plan"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// What is spent on the other statements.
const (
	mostStatements   = 10
	deadline         = time.Second
	statementTimeout = 300 * time.Millisecond
	worthSaying      = 0.02 // of a statement's cost
)

// Effect is what indexes do to a statement, in the planner's units a call; of one that writes with what the indexes that it must keep up cost, which the planner does
// not count.
type Effect struct {
	QueryID       int64
	Statement     string // normalised
	Before, After float64
}

// Report is who gains and who pays, among those that were looked at.
type Report struct {
	Winners, Losers []Effect
	Looked, Of      int      // statements that were planned, and that there are
	Why             []string // some were not, and what mends that
}

// Question is an index, or several, on a table.
type Question struct {
	Table   *table.Table
	Indexes []shape.Index
	Entries float64 // of all indexes
	Except  int64   // the statement that they are for; 0: its id is not known
	Text    string  // of that statement
	Write   price.Write
	Updates price.Updates
}

// Effects plans the statements that took the most time, without values, and prices them as they are and with the indexes. It ends after a second.
func Effects(ctx context.Context, ask *live.Asker, s Statements, q Question) (Report, error) {
	began := time.Now()
	list := slices.DeleteFunc(slices.Clone(s.List), func(one Statement) bool { return q.isFor(one) || one.Calls == 0 })
	r := Report{Of: len(list)}
	failed := 0
	for i, one := range list[:min(len(list), mostStatements)] {
		left := deadline - time.Since(began)
		if left < 10*time.Millisecond {
			r.Why = append(r.Why, fmt.Sprintf("the time for the other %d was up", len(list)-i))
			break
		}
		p, err := ask.Explain(ctx, explain.Question{Statement: one.Text, QueryID: one.QueryID, UserOID: one.UserOID, Class: plan.Generic, Timeout: min(left, statementTimeout)})
		if ctx.Err() != nil {
			return r, ctx.Err()
		}
		if err != nil {
			failed++
			continue
		}
		r.Looked++
		e, err := effect(ctx, ask, one, p, q)
		if err != nil {
			return r, err
		}
		r.take(e)
	}
	if failed > 0 {
		r.Why = append(r.Why, fmt.Sprintf("%d could not be planned in time, by this role or without values", failed))
	}
	if rest := len(list) - mostStatements; rest > 0 && r.Looked+failed == mostStatements {
		r.Why = append(r.Why, fmt.Sprintf("the other %d took less time", rest))
	}
	if s.Why != "" {
		r.Why = append(r.Why, s.Why)
	}
	return r, nil
}

// isFor says whether the indexes are for this statement.
func (q Question) isFor(one Statement) bool {
	if q.Except != 0 {
		return one.QueryID == q.Except
	}
	return slices.Equal(essence(one.Text), essence(q.Text))
}

// essence is what of a statement does not differ between calls: neither blanks and comments nor the case of words, nor which of its values pg_stat_statements took out.
func essence(text string) []string {
	var words []string
	for _, token := range sqltext.Scan(sqltext.Normalise(text)) {
		switch word := strings.ToLower(token.Text); {
		case token.Kind == sqltext.Space || token.Kind == sqltext.Comment || token.Is(";"):
		case token.Kind == sqltext.Parameter || word == "true" || word == "false":
			words = append(words, "$")
		case token.Kind == sqltext.Word:
			words = append(words, word)
		default:
			words = append(words, token.Text)
		}
	}
	return words
}

func (r *Report) take(e Effect) {
	switch {
	case e.After <= e.Before*(1-worthSaying):
		r.Winners = append(r.Winners, e)
	case e.After >= e.Before*(1+worthSaying):
		r.Losers = append(r.Losers, e)
	}
}

// String says in a sentence how much was looked at; empty: there is nothing to look at.
func (r Report) String() string {
	why := strings.Join(r.Why, "; ")
	if r.Of == 0 {
		return why
	}
	text := fmt.Sprintf("of %d other statements of the table %d were planned, without values", r.Of, r.Looked)
	if why != "" {
		text += ": " + why
	}
	return text
}

// effect prices one statement.
func effect(ctx context.Context, ask *live.Asker, one Statement, p *plan.Plan, q Question) (Effect, error) {
	e := Effect{QueryID: one.QueryID, Statement: sqltext.Public(one.Text), Before: p.Root.TotalCost, After: p.Root.TotalCost}
	err := ask.Read(ctx, func(ctx context.Context, tx pgx.Tx) error {
		cost, err := reading(ctx, tx, p, q)
		e.After = min(cost, e.After)
		return err
	})
	if err != nil && ctx.Err() == nil && !errors.Is(err, table.ErrGone) {
		err = fmt.Errorf("pricing %s: %w", sqltext.Headline(e.Statement, 60), err)
	}
	before, more := writing(one, p, q)
	e.Before += before
	e.After += before + more
	return e, err
}

// reading is what the statement costs with the indexes, where they are the cheapest.
func reading(ctx context.Context, tx pgx.Tx, p *plan.Plan, q Question) (float64, error) {
	least := p.Root.TotalCost
	with := *q.Table
	with.Indexes = slices.Clone(q.Table.Indexes)
	for i, x := range q.Indexes {
		with.Indexes = append(with.Indexes, table.Existing{Name: fmt.Sprintf("%s %d", drafted, i), Shape: x, Known: true, Valid: true})
	}
	needs, err := candidate.Needs(p, func(schema, relation string) (*table.Table, error) {
		if with.Schema == schema && with.Name == relation {
			return &with, nil
		}
		return table.Read(ctx, tx, schema, relation)
	})
	if err != nil {
		return least, err
	}
	for _, need := range needs {
		if need.Table.OID != q.Table.OID {
			continue
		}
		need.Table = &with
		rows := price.NewRows(tx, need, p.Origin.SearchPath, p.ParameterType)
		for _, s := range candidate.Serving(need) {
			if !strings.HasPrefix(s.Index.Name, drafted) {
				continue
			}
			priced, err := price.Of(ctx, rows.Count, p, need, s.Candidate)
			if err != nil {
				return least, err
			}
			least = min(least, priced.Cost)
		}
	}
	return least, nil
}

// drafted begins the names of indexes that do not exist. The blank keeps any other from being called so by chance.
const drafted = "pgmedic draft"

// writing is what a call that writes the table spends on the entries of the indexes that there are, and how much more on those of the new ones.
func writing(one Statement, p *plan.Plan, q Question) (before, more float64) {
	operation := changes(p, q.Table)
	rows := float64(one.Rows) / float64(max(one.Calls, 1))
	if operation == "" || operation == "Delete" || rows == 0 {
		return 0, 0
	}
	var existing float64
	for _, x := range q.Table.Indexes {
		existing += entry(q.Table, x.Shape, max(x.Tuples, 1)) * share(x.Tuples, q.Table)
	}
	var added float64
	for _, x := range q.Indexes {
		added += entry(q.Table, x, q.Entries/float64(len(q.Indexes))) * q.Write.Share
	}
	heap := q.Table.Costs.RandomPage*pageShare + q.Table.Costs.CPUTuple
	if operation == "Insert" {
		return rows * (heap + existing), rows * added
	}
	hot := 0.0
	if q.Write.All > 0 {
		hot = float64(q.Write.HOT) / float64(q.Write.All)
	}
	before, after := heap+(1-hot)*existing, heap+(1-hot)*(existing+added)
	if setsAny(one, q) {
		after = heap + existing + added
	}
	return rows * before, rows * (after - before)
}

// changes is what the statement does to the table: Insert, Update, Delete, Merge; empty: it only reads it.
func changes(p *plan.Plan, t *table.Table) string {
	found := ""
	p.Walk(func(n *plan.Node, _ int) {
		is := func(one *table.Table) bool { return n.Relation == one.Name && n.Schema == one.Schema }
		if n.Type == "ModifyTable" && (is(t) || slices.ContainsFunc(t.Partitions, is)) {
			found = n.Fields["Operation"]
		}
	})
	return found
}

// setsAny says whether the statement sets a column because of which its updates are HOT no more.
func setsAny(one Statement, q Question) bool {
	set := assigned(one.Text, q.Table)
	return slices.ContainsFunc(q.Write.Set, func(column string) bool { return slices.Contains(set, column) })
}

// pageShare is the share of pages that a write has to fetch: the upper pages of an index and the end of a heap are in memory.
const pageShare = 0.5

// unknownItems is how many keys GIN is taken to find in a value that is not known.
const unknownItems = 8.0

// entry is what writing one entry costs in the planner's units: the way down the tree, and the leaf page. GIN gathers its keys and sorts them in later, in bulk.
func entry(t *table.Table, x shape.Index, entries float64) float64 {
	c := t.Costs
	switch x.Method {
	case "brin":
		return c.CPUOperator
	case "gin":
		items := unknownItems
		k := x.Keys[0]
		if known, ok := t.Items[shape.Key{Column: k.Column, Expression: k.Expression, Opclass: k.Opclass}.SQL()]; ok && t.Rows > 0 {
			items = max(known.All/t.Rows, 1)
		}
		return items * (c.CPUIndexTuple + c.RandomPage*pageShare/4)
	}
	return (math.Log2(max(entries, 2))+100)*c.CPUOperator + c.RandomPage*pageShare
}

func share(entries float64, t *table.Table) float64 {
	if t.Rows <= 0 || entries < 0 {
		return 1
	}
	return min(entries/t.Rows, 1)
}
