package plan_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
	"github.com/pgmedic/pgmedic/probes/plan"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// serverCases are statements and the kinds of the conjuncts of their only scan, by column; as the server prints them.
var serverCases = []struct {
	where string
	want  map[string]plan.Kind
}{
	{`org = 'c4ca4238-a0b9-2382-0dcc-509a6f75849b' AND title = 'x AND (y' AND done_at IS NULL`,
		map[string]plan.Kind{"org": plan.Equality, "title": plan.Equality, "done_at": plan.IsNull}},
	{`extract(epoch FROM current_timestamp - made_at) / 60 < 1440`, map[string]plan.Kind{"made_at": plan.NonSargable}},
	{`made_at > now() - interval '1 day' AND done_at IS NOT NULL`, map[string]plan.Kind{"made_at": plan.Range, "done_at": plan.IsNotNull}},
	{`title IN ('a', 'b''c', 'd"e') AND id NOT IN (1, 2)`, map[string]plan.Kind{"title": plan.AnyOf, "id": plan.NotEqual}},
	{`NOT open AND "Odd ""Name" <> -5`, map[string]plan.Kind{"open": plan.Boolean, `Odd "Name`: plan.NotEqual}},
	{`id BETWEEN 1 AND 10 AND lower(title) = 'x'`, map[string]plan.Kind{"id": plan.Range, "title": plan.NonSargable}},
	{`params @> '{"a": 1}' AND params ->> 'b' = 'c'`, map[string]plan.Kind{"params": plan.NonSargable}}, // the last one counts
	{`title LIKE 'a%'`, map[string]plan.Kind{"title": plan.Prefix}},
	{`'a' = ANY (tags) AND made_at::date = current_date`, map[string]plan.Kind{"tags": plan.NonSargable, "made_at": plan.NonSargable}},
	{`id = 1 OR title = 'x'`, map[string]plan.Kind{"": plan.Disjunction}},
	{`(id, title) > (1, 'x') AND open IS TRUE`, map[string]plan.Kind{"id": plan.RowRange, "open": plan.Boolean}},
	{`CASE WHEN open THEN id = 1 ELSE id = 2 END AND title IS DISTINCT FROM 'x' AND org IS NULL`,
		map[string]plan.Kind{"": plan.Opaque, "org": plan.IsNull}},
	{`id > random() * 5 AND made_at AT TIME ZONE 'UTC' > '2024-01-01'`, map[string]plan.Kind{"id": plan.NonSargable, "made_at": plan.NonSargable}},
	{`id = (SELECT max(id) FROM other) AND NOT EXISTS (SELECT FROM other o WHERE o.id > t.id)`, map[string]plan.Kind{"id": plan.Equality}},
}

func TestConjunctsOfRealPlans(t *testing.T) {
	conn := connect(t)
	for _, c := range serverCases {
		scan := explain(t, conn, "SELECT * FROM t WHERE "+c.where)
		got := map[string]plan.Kind{}
		for _, condition := range plan.Conjuncts(scan.Filter) {
			got[condition.Column] = condition.Kind
		}
		for column, kind := range c.want {
			if got[column] != kind {
				t.Errorf("%s: %q is %q, want %q, of %s", c.where, column, got[column], kind, scan.Filter)
			}
		}
		if len(got) != len(c.want) {
			t.Errorf("%s: got %v, want %v", c.where, got, c.want)
		}
	}
}

func connect(t *testing.T) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(context.Background(), pgtest.Database(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close(context.Background()) })
	schema, err := os.ReadFile(filepath.Join("testdata", "conditions.sql"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Exec(context.Background(), string(schema)); err != nil {
		t.Fatal(err)
	}
	return conn
}

// explain returns the scan of t in the statement's plan.
func explain(t *testing.T, conn *pgx.Conn, statement string) *plan.Node {
	t.Helper()
	scan := scanOf(planned(t, conn, statement))
	if scan == nil {
		t.Fatalf("%s: no scan of t", statement)
	}
	return scan
}

func planned(t *testing.T, conn *pgx.Conn, statement string) *plan.Plan {
	t.Helper()
	var text string
	if err := conn.QueryRow(context.Background(), "EXPLAIN (VERBOSE, FORMAT JSON) "+statement).Scan(&text); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
	return parse(t, text)
}

func parse(t *testing.T, text string) *plan.Plan {
	t.Helper()
	p, err := plan.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// scanOf returns the scan of t, the last one where there are several.
func scanOf(p *plan.Plan) *plan.Node {
	var scan *plan.Node
	p.Walk(func(n *plan.Node, _ int) {
		if n.Relation == "t" {
			scan = n
		}
	})
	return scan
}
