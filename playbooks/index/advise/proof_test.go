package advise

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/pgmedic/pgmedic/playbooks/index/judge"
	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
	"github.com/pgmedic/pgmedic/probes/plan"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// How far a promise may be from what comes true: so many times, or so much.
const (
	rowsFactor, rowsSlack = 2, 100
	costFactor, costSlack = 1.5, 2
	sizeFactor, sizeSlack = 1.3, 16384
	sizeFactorGIN         = 1.5

	worth = 0.5 // of the rows read or of the buffers may be left
)

// proof builds what an answer recommends, and holds it to its promises.
type proof struct {
	*testing.T
	dsn    string
	form   string
	answer Answer
	want   want
	conn   *pgx.Conn
}

// built is an index that the draft made.
type built struct {
	Schema, Name, Definition, Method string
	Table                            string // quoted
	Valid                            bool
	Bytes                            float64
}

// run proves the best draft for the values that it was judged with, and takes it back.
func (p proof) run(text string) ratio {
	p.Helper()
	p.conn = pgtest.Connect(p.T, p.dsn, nil)
	defer p.conn.Close(context.Background())
	before := withValues(text, p.answer.Before.Origin.Parameters)
	after := before
	if p.answer.Verdict == judge.Rewritten {
		after = withValues(p.answer.Rewrite.SQL, p.answer.Rewritten.Origin.Parameters)
		p.sameRows(before, after)
	}
	had, was := p.indexes(), p.explain(before)
	if len(p.answer.Drafts) == 0 {
		is := p.explain(after)
		if is.buffers > worth*was.buffers {
			p.Errorf("%s: rewritten as %s it reads %.0f buffers instead of %.0f\n%s", p.form, after, is.buffers, was.buffers, is)
		}
		return p.ratio(was, is)
	}
	draft := p.answer.Drafts[0]
	pgtest.Execute(p.T, p.conn, draft.DDL()...)
	made := slices.DeleteFunc(p.indexes(), func(b built) bool { return slices.Contains(had, b) })
	defer p.drop(draft, made)
	p.checkMade(had, made)
	return p.hold(draft, made, was, p.explain(after))
}

// hold holds a draft to its promises.
func (p proof) hold(draft judge.Variant, made []built, was, is ran) ratio {
	p.Helper()
	tables := tablesOf(made)
	r := p.ratio(was, is)
	r.size = factor(draft.Bytes, bytesOf(made), sizeSlack)
	kept := off(r.size) <= sizeLimit(made)
	if p.want.Proof != "trigger" { // what a trigger reads is in no plan
		r.rows, r.cost = factor(draft.RowsRead.After, is.rows(tables), rowsSlack), factor(draft.Cost.After, is.cost, costSlack)
		fewer := is.rows(tables) <= worth*was.rows(tables) || is.buffers <= worth*was.buffers
		kept = kept && fewer && off(r.rows) <= rowsFactor && (off(r.cost) <= costFactor || p.want.Proof == "guess")
		if !is.uses(made) {
			p.Errorf("%s: %s is built and not used:\n%s", p.form, draft.DDL(), is)
		}
	}
	if !kept {
		p.Errorf("%s: %s\nrows read %.0f → %.0f, promised %.0f → %.0f; buffers %.0f → %.0f; cost %.1f → %.1f, promised %.1f → %.1f; size %.0f, promised %.0f\n%s", p.form,
			draft.DDL(), was.rows(tables), is.rows(tables), draft.RowsRead.Before, draft.RowsRead.After, was.buffers, is.buffers, was.cost, is.cost,
			draft.Cost.Before, draft.Cost.After, bytesOf(made), draft.Bytes, is)
	}
	return r
}

func (p proof) ratio(was, is ran) ratio {
	return ratio{name: strings.TrimPrefix(p.Name(), "TestCases/") + " " + p.form, rows: 1, cost: 1, size: 1, fell: is.buffers / max(was.buffers, 1)}
}

// ran is what EXPLAIN (ANALYZE, BUFFERS) said.
type ran struct {
	plan    *plan.Plan
	cost    float64
	buffers float64 // shared, of the whole statement
}

// explain plans and runs a statement, and rolls it back.
func (p proof) explain(statement string) ran {
	p.Helper()
	tx, err := p.conn.Begin(p.Context())
	if err != nil {
		p.Fatal(err)
	}
	defer func() { _ = tx.Rollback(context.Background()) }()
	var text string
	if err := tx.QueryRow(p.Context(), "EXPLAIN (FORMAT JSON, VERBOSE) "+statement).Scan(&text); err != nil {
		p.Fatalf("%s: %v", statement, err)
	}
	planned, err := plan.Parse([]byte(text))
	if err != nil {
		p.Fatal(err)
	}
	if err := tx.QueryRow(p.Context(), "EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON, VERBOSE, TIMING OFF) "+statement).Scan(&text); err != nil {
		p.Fatalf("%s: %v", statement, err)
	}
	made, err := plan.Parse([]byte(text))
	if err != nil {
		p.Fatal(err)
	}
	return ran{made, planned.Root.TotalCost, float64(made.Root.BlocksHit + made.Root.BlocksRead)}
}

// String is the plan's nodes.
func (r ran) String() string {
	var b strings.Builder
	r.plan.Walk(func(n *plan.Node, depth int) {
		fmt.Fprintf(&b, "%*s%s %s %s cost %.1f rows %.0f read %.0f × %.0f %s\n", 2*depth, "", n.Type, n.Relation, n.Index, n.TotalCost, n.PlanRows,
			n.ActualRows+n.RemovedByFilter+n.RemovedByRecheck, n.Loops, n.IndexCond+n.Filter)
	})
	return b.String()
}

// rows are those read of some tables.
func (r ran) rows(tables []string) float64 {
	sum := 0.0
	r.plan.Walk(func(n *plan.Node, _ int) {
		if rows, ok := n.RowsRead(); ok && slices.Contains(tables, sqltext.Ident(n.Schema, n.Relation)) {
			sum += rows
		}
	})
	return sum
}

// indexes reads all indexes of the application that hold rows.
func (p proof) indexes() []built {
	p.Helper()
	rows, err := p.conn.Query(p.Context(), `SELECT n.nspname, c.relname, replace(pg_get_indexdef(c.oid), ' ' || quote_ident(c.relname) || ' ON', ' ON'), m.amname,
			quote_ident(n.nspname) || '.' || quote_ident(t.relname), i.indisvalid AND i.indisready, pg_relation_size(c.oid)::float8
		FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am m ON m.oid = c.relam JOIN pg_class t ON t.oid = i.indrelid JOIN pg_namespace n ON n.oid = t.relnamespace
		WHERE c.relkind IN ('i', 'I') AND n.nspname NOT IN ('pg_catalog', 'pg_toast') ORDER BY c.oid`)
	if err != nil {
		p.Fatal(err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowToStructByPos[built])
	if err != nil {
		p.Fatal(err)
	}
	return all
}

// checkMade holds the new indexes to what every index must be: valid, and none that was there.
func (p proof) checkMade(had, made []built) {
	p.Helper()
	for _, b := range made {
		if !b.Valid {
			p.Errorf("%s: %s is not valid", p.form, b.Definition)
		}
		if slices.ContainsFunc(had, func(other built) bool { return other.Valid && other.Definition == b.Definition }) {
			p.Errorf("%s: %s was there", p.form, b.Definition)
		}
	}
}

// uses says whether the plan has one of the indexes.
func (r ran) uses(made []built) bool {
	found := false
	r.plan.Walk(func(n *plan.Node, _ int) {
		found = found || slices.ContainsFunc(made, func(b built) bool { return b.Name == n.Index })
	})
	return found
}

// drop takes back what the draft made: the indexes, those of partitions with their parent's, and the extension that they need.
func (p proof) drop(draft judge.Variant, made []built) {
	p.Helper()
	for _, b := range made {
		pgtest.Execute(p.T, p.conn, "DROP INDEX IF EXISTS "+sqltext.Ident(b.Schema, b.Name)+" CASCADE")
	}
	for _, sql := range draft.DDL() {
		if name, found := strings.CutPrefix(sql, "CREATE EXTENSION "); found {
			pgtest.Execute(p.T, p.conn, "DROP EXTENSION "+strings.Fields(name)[0])
		}
	}
}

// sameRows compares what the statement and its rewrite yield, at one moment.
func (p proof) sameRows(before, after string) {
	p.Helper()
	if !p.answer.Rewrite.Equivalent {
		return
	}
	var same bool
	digest := "SELECT md5(COALESCE(string_agg(r::text, E'\\n' ORDER BY r::text), '')) FROM (%s) AS r"
	err := p.conn.QueryRow(p.Context(), fmt.Sprintf("SELECT ("+digest+") = ("+digest+")", before, after)).Scan(&same)
	if err != nil || !same {
		p.Errorf("%s: the rewrite %s yields other rows, %v", p.form, after, err)
	}
}

func tablesOf(made []built) []string {
	var names []string
	for _, b := range made {
		names = append(names, b.Table)
	}
	return names
}

func bytesOf(made []built) float64 {
	sum := 0.0
	for _, b := range made {
		sum += b.Bytes
	}
	return sum
}

func sizeLimit(made []built) float64 {
	if slices.ContainsFunc(made, func(b built) bool { return b.Method == "gin" }) {
		return sizeFactorGIN
	}
	return sizeFactor
}

// factor is how many times as much came as was promised; 1 within the slack.
func factor(promised, came, slack float64) float64 {
	if math.Abs(came-promised) <= slack {
		return 1
	}
	return came / max(promised, 1)
}

func off(factor float64) float64 { return max(factor, 1/max(factor, 1e-9)) }

// withValues puts values in the place of a statement's parameters.
func withValues(statement string, parameters []plan.Parameter) string {
	statement = sqltext.Repair(statement, 0)
	var b strings.Builder
	for _, t := range sqltext.Scan(statement) {
		at := slices.IndexFunc(parameters, func(p plan.Parameter) bool { return t.Kind == sqltext.Parameter && t.Text == fmt.Sprintf("$%d", p.N) })
		switch {
		case at < 0:
			b.WriteString(t.Text)
		case parameters[at].Value == nil:
			fmt.Fprintf(&b, "(NULL::%s)", parameters[at].Type)
		default:
			fmt.Fprintf(&b, "(%s::%s)", sqltext.Literal(*parameters[at].Value), parameters[at].Type)
		}
	}
	return b.String()
}

// ratio is what came of a promise: came / promised; fell is what is left of the buffers.
type ratio struct {
	name                   string
	rows, cost, size, fell float64
}

// table collects ratios.
type table struct {
	sync.Mutex
	ratios []ratio
}

func (t *table) add(r ratio) {
	t.Lock()
	defer t.Unlock()
	t.ratios = append(t.ratios, r)
}

func (t *table) String() string {
	t.Lock()
	defer t.Unlock()
	slices.SortFunc(t.ratios, func(a, b ratio) int { return cmp.Compare(a.name, b.name) })
	var b strings.Builder
	fmt.Fprintf(&b, "came / promised\n%-40s %7s %7s %7s %7s\n", "case", "rows", "cost", "size", "buffers")
	for _, r := range t.ratios {
		fmt.Fprintf(&b, "%-40s %7.2f %7.2f %7.2f %7.3f\n", r.name, r.rows, r.cost, r.size, r.fell)
	}
	return b.String()
}
