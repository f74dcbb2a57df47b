package candidate

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/pgmedic/pgmedic/playbooks/index/shape"
	"github.com/pgmedic/pgmedic/playbooks/index/table"
	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
	"github.com/pgmedic/pgmedic/probes/plan"
)

// connect opens a connection to a database with the schema.
func connect(t *testing.T) *pgx.Conn {
	t.Helper()
	conn := pgtest.Connect(t, pgtest.Database(t), map[string]string{"timezone": "UTC"})
	script, err := os.ReadFile("testdata/schema.sql")
	if err != nil {
		t.Fatal(err)
	}
	for _, statement := range strings.Split(string(script), ";\n") {
		pgtest.Execute(t, conn, statement)
	}
	vacuum(t, conn)
	return conn
}

// vacuum makes every page of things all-visible: a snapshot that another session holds, as autovacuum does, leaves pages that are not, so it is tried
// again.
func vacuum(t *testing.T, conn *pgx.Conn) {
	t.Helper()
	deadline := time.Now().Add(time.Minute)
	for visible := false; !visible; {
		pgtest.Execute(t, conn, "VACUUM ANALYZE")
		sql := "SELECT relallvisible >= relpages FROM pg_class WHERE oid = 'things'::regclass"
		if err := conn.QueryRow(t.Context(), sql).Scan(&visible); err != nil {
			t.Fatal(err)
		}
		if !visible && time.Now().After(deadline) {
			t.Fatal("VACUUM leaves pages of things that are not all-visible: somebody holds a snapshot")
		}
	}
}

func explain(t *testing.T, tx pgx.Tx, statement string) *plan.Plan {
	t.Helper()
	var text string
	if err := tx.QueryRow(t.Context(), "EXPLAIN (VERBOSE, FORMAT JSON) "+statement).Scan(&text); err != nil {
		t.Fatal(err)
	}
	p, err := plan.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	p.Origin.Statement = statement
	return p
}

func reads(t *testing.T, tx pgx.Tx) Read {
	return func(schema, relation string) (*table.Table, error) {
		return table.Read(t.Context(), tx, schema, relation)
	}
}

func needsOf(t *testing.T, tx pgx.Tx, statement string) []Need {
	t.Helper()
	needs, err := Needs(explain(t, tx, statement), reads(t, tx))
	if err != nil {
		t.Fatal(err)
	}
	return needs
}

func bodiesOfReal(all []Candidate) []string {
	var texts []string
	for _, c := range all {
		var bodies []string
		for _, x := range append([]shape.Index{c.Index}, c.More...) {
			bodies = append(bodies, strings.TrimPrefix(x.Definition(), "ON "+(&table.Table{Schema: x.Schema, Name: x.Table}).String()+" "))
		}
		texts = append(texts, strings.Join(bodies, "; "))
	}
	return texts
}

// tryOut builds the candidate and lets the planner choose between it and reading the whole table badly: it must be valid SQL, be used, and spare the
// sort that it says it does.
func tryOut(t *testing.T, tx pgx.Tx, statement string, need Need, c Candidate) {
	t.Helper()
	name := strings.Join(bodiesOfReal([]Candidate{c}), "; ")
	inner, err := tx.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = inner.Rollback(context.Background()) }()
	var names []string
	for i, x := range append([]shape.Index{c.Index}, c.More...) {
		for at, k := range x.Keys {
			if holdsValues(x.Keys[:at], k) {
				t.Errorf("%s has the same values twice", name)
			}
		}
		names = append(names, fmt.Sprintf("tried_%d", i))
		if _, err := inner.Exec(t.Context(), x.CreatePlain(names[i])); err != nil {
			var refused *pgconn.PgError
			notImmutable := errors.As(err, &refused) && refused.Code == "42P17" && hasExpression(x)
			if !notImmutable {
				t.Errorf("%s: %v", name, err)
			}
			return
		}
	}
	var others []string
	if !strings.Contains(c.For, "arms of the OR") { // which the table's own indexes serve too
		others = otherIndexes(need.Table)
	}
	for _, sql := range append(others, "SET LOCAL enable_seqscan = off", "SET LOCAL enable_hashjoin = off", "SET LOCAL enable_mergejoin = off", "SET LOCAL enable_sort = off", "SET LOCAL enable_incremental_sort = off") {
		if _, err := inner.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	if c.Ordered {
		if _, err := inner.Exec(t.Context(), "SET LOCAL enable_bitmapscan = off"); err != nil {
			t.Fatal(err)
		}
	}
	p := explain(t, inner, statement)
	used, sorted := indexesUsed(p, need)
	for _, index := range names {
		if !slices.ContainsFunc(used, func(name string) bool { return strings.HasPrefix(name, index) || strings.HasPrefix(name, "events_") }) {
			t.Errorf("%s is not used, but %v", name, used)
		}
	}
	for _, u := range c.Uses {
		if u.Condition != nil && u.Condition.Kind != plan.Disjunction && !strings.HasPrefix(u.Part, "WHERE") && !u.Condition.Join && !isIndexed(p, u.Condition) {
			t.Errorf("%s: %s is not looked for in it", name, u.Condition.Text)
		}
	}
	if c.Ordered && sorted {
		t.Errorf("%s does not yield the order %+v", name, need.Order)
	}
}

func hasExpression(x shape.Index) bool {
	return slices.ContainsFunc(x.Keys, func(k shape.Key) bool { return k.Expression != "" })
}

// otherIndexes drops what else could serve.
func otherIndexes(t *table.Table) []string {
	var all []string
	for _, x := range t.Indexes {
		switch {
		case x.Constraint:
			all = append(all, "ALTER TABLE "+t.String()+" DROP CONSTRAINT "+x.String()+" CASCADE")
		default:
			all = append(all, "DROP INDEX "+(&table.Table{Schema: t.Schema, Name: x.Name}).String())
		}
	}
	return all
}

// indexesUsed names the indexes of a plan, and says whether it sorts what the need asks for in order.
func indexesUsed(p *plan.Plan, need Need) (names []string, sorted bool) {
	p.Walk(func(n *plan.Node, _ int) {
		if n.Index != "" {
			names = append(names, n.Index)
		}
		sorted = sorted || n.Type == "Sort" || n.Type == "Incremental Sort"
	})
	return names, sorted
}

// isIndexed says whether the plan looks for a condition in an index.
func isIndexed(p *plan.Plan, c *plan.Condition) bool {
	found := false
	p.Walk(func(n *plan.Node, _ int) {
		inside := shape.Bare(c.Expression)
		found = found || inside != "" && strings.Contains(unqualified(n.IndexCond, c.Qualifier), inside)
		for _, indexed := range plan.Conjuncts(n.IndexCond) {
			found = found || sqlOf(indexed) == sqlOf(*c) || c.Column != "" && indexed.Column == c.Column
		}
	})
	return found
}
