package explain

import (
	"strings"
	"testing"

	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
	"github.com/pgmedic/pgmedic/probes/plan"
)

const valueTables = `
CREATE TABLE customers (id int PRIMARY KEY, email varchar(80), country char(2), parent int, joined timestamptz, extra jsonb);
INSERT INTO customers SELECT g, CASE WHEN g % 4 = 0 THEN 'Whale@Example.com' ELSE 'User' || g || '@example.com' END, 'DE',
  CASE WHEN g % 10 = 0 THEN g % 3 END, now() - g * interval '1 hour', jsonb_build_object('kind', CASE WHEN g % 3 = 0 THEN 'big' ELSE 'k' || g END)
  FROM generate_series(1, 4000) g;
CREATE TABLE orders (id int PRIMARY KEY, customer int, status text, region int);
INSERT INTO orders SELECT g, CASE WHEN g % 2 = 0 THEN 7 ELSE g END, 's' || g % 40, CASE WHEN g % 3 = 0 OR g % 7 = 0 THEN 1 WHEN g % 3 = 1 THEN 2 ELSE g END
  FROM generate_series(1, 8000) g;
CREATE TABLE parts (id int, owner int) PARTITION BY RANGE (id);
CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM (0) TO (1000);
CREATE TABLE parts_2 PARTITION OF parts FOR VALUES FROM (1000) TO (9000);
INSERT INTO parts SELECT g, CASE WHEN g < 1000 THEN g WHEN g % 2 = 0 THEN 42 ELSE g END FROM generate_series(1, 8999) g;
CREATE INDEX customers_lower ON customers (lower(email));
CREATE VIEW bare AS SELECT customer FROM orders;
ANALYZE`

func valuesAsker(t *testing.T) (*asker, string) {
	t.Helper()
	dsn := pgtest.Database(t)
	owner := pgtest.Connect(t, dsn, nil)
	for statement := range strings.SplitSeq(valueTables, ";\n") {
		pgtest.Execute(t, owner, statement)
	}
	return newAsker(t, dsn), dsn
}

// TestHeavyValues checks the value that each shape of a condition gets.
func TestHeavyValues(t *testing.T) {
	ask, _ := valuesAsker(t)
	tests := []struct {
		name, statement string
		n               int
		value           string
		from            plan.ValueFrom
	}{
		{"equality", "SELECT * FROM orders WHERE customer = $1", 1, "7", plan.FromHeavy},
		{"turned round", "SELECT * FROM orders WHERE $1 = customer", 1, "7", plan.FromHeavy},
		{"cast of the parameter", "SELECT * FROM orders WHERE customer = $1::int", 1, "7", plan.FromHeavy},
		{"cast of the column", "SELECT * FROM orders WHERE customer::numeric = $1", 1, "7", plan.FromHeavy},
		{"inside an OR", "SELECT * FROM orders WHERE (customer = $1 OR status = $2) AND id > 5", 1, "7", plan.FromHeavy},
		{"inside a NOT", "SELECT * FROM orders WHERE NOT (customer = $1 AND status = $2)", 1, "7", plan.FromHeavy},
		{"first of a list", "SELECT * FROM orders WHERE region IN ($1, $2)", 1, "1", plan.FromHeavy},
		{"second of a list", "SELECT * FROM orders WHERE region IN ($1, $2)", 2, "2", plan.FromHeavy},
		{"array", "SELECT * FROM orders WHERE region = ANY ($1)", 1, `{"1"}`, plan.FromHeavy},
		{"row comparison", "SELECT * FROM orders WHERE (customer, id) = ($1, $2)", 1, "7", plan.FromHeavy},
		{"join key", "SELECT * FROM customers c JOIN orders o ON o.customer = c.id WHERE c.country = 'DE' AND o.customer = $1", 1, "7", plan.FromHeavy},
		{"inner side of a lateral", "SELECT * FROM customers c, LATERAL (SELECT * FROM orders o WHERE o.customer = c.id AND o.region = $1 LIMIT 1) x", 1, "1", plan.FromHeavy},
		{"join condition", "SELECT * FROM customers c LEFT JOIN orders o ON o.id > c.id AND (o.customer = $1 OR c.country = $2)", 1, "7", plan.FromHeavy},
		{"expression of an index", "SELECT * FROM customers WHERE lower(email) = $1", 1, "whale@example.com", plan.FromHeavy},
		{"expression without one", "SELECT * FROM customers WHERE upper(email) = $1", 1, "WHALE@EXAMPLE.COM", plan.FromHeavy},
		{"field of a json", "SELECT * FROM customers WHERE extra ->> 'kind' = $1", 1, "big", plan.FromHeavy},
		{"LIKE", "SELECT * FROM customers WHERE email LIKE $1", 1, "Wha%", plan.FromMade},
		{"not distinct", "SELECT * FROM customers WHERE parent IS NOT DISTINCT FROM $1", 1, "", plan.FromNull},
		{"partition", "SELECT * FROM parts WHERE owner = $1 AND id = $2", 1, "42", plan.FromHeavy},
		{"in a subquery", "SELECT * FROM customers WHERE id IN (SELECT customer FROM orders WHERE status = $2 AND region = $1)", 1, "1", plan.FromHeavy},
		{"range", "SELECT * FROM orders WHERE id > $1", 1, "4001", plan.FromHistogram},
		{"inside an expression", "SELECT * FROM customers WHERE joined > now() - $1::int * interval '1 hour'", 1, "1", plan.FromNeutral},
	}
	for _, test := range tests {
		p := ask.explained(t, Question{Statement: test.statement, Class: plan.Heavy})
		got := p.Origin.Parameters[test.n-1]
		if test.from == plan.FromNull {
			if got.Value != nil || got.From != plan.FromNull {
				t.Errorf("%s: %+v", test.name, got)
			}
			continue
		}
		if got.Value == nil || got.From != test.from || *got.Value != test.value && test.from != plan.FromHistogram {
			t.Errorf("%s: %+v, want %q %s", test.name, got, test.value, test.from)
		}
	}
}

// TestClassesDiffer: the heavy hitter's plan expects most rows, the typical one fewer.
func TestClassesDiffer(t *testing.T) {
	ask, _ := valuesAsker(t)
	rows := map[plan.Class]float64{}
	for _, class := range []plan.Class{plan.Heavy, plan.Typical, plan.Generic} {
		p := ask.explained(t, Question{Statement: "SELECT * FROM orders WHERE customer = $1", Class: class})
		if p.Origin.Class != class {
			t.Errorf("asked for %s, got %s", class, p.Origin.Class)
		}
		rows[class] = scan(t, p, "orders").PlanRows
	}
	if rows[plan.Heavy] < 3800 || rows[plan.Typical] > 10 || rows[plan.Generic] > 100 {
		t.Errorf("rows expected %v", rows)
	}
}

func TestExtendedStatisticsOfAnExpression(t *testing.T) {
	ask, dsn := valuesAsker(t)
	pgtest.Execute(t, pgtest.Connect(t, dsn, nil), "CREATE STATISTICS kinds ON (extra ->> 'kind'), country FROM customers", "ANALYZE customers")
	p := ask.explained(t, Question{Statement: "SELECT * FROM customers WHERE extra ->> 'kind' = $1", Class: plan.Heavy})
	if got := p.Origin.Parameters[0]; got.From != plan.FromHeavy || *got.Value != "big" || scan(t, p, "customers").PlanRows < 1000 {
		t.Errorf("parameter %+v, rows %v", got, scan(t, p, "customers").PlanRows)
	}
}

// Where the role may not read a statistic, the plan is the generic one and names the grant.
func TestUnreadableStatistics(t *testing.T) {
	_, dsn := valuesAsker(t)
	pgtest.Execute(t, pgtest.Connect(t, dsn, nil), "CREATE ROLE looks_on LOGIN PASSWORD 'p'", "GRANT SELECT ON bare TO looks_on")
	t.Cleanup(func() {
		pgtest.Execute(t, pgtest.Connect(t, dsn, nil), "DROP OWNED BY looks_on", "DROP ROLE looks_on")
	})
	ask := newAsker(t, pgtest.As(t, dsn, "looks_on", "p"))
	p := ask.explained(t, Question{Statement: "SELECT * FROM bare WHERE customer = $1", Class: plan.Heavy})
	if p.Origin.Class != plan.Generic || !strings.Contains(p.Origin.Note, "GRANT SELECT ON public.orders TO looks_on") || p.Origin.Parameters[0].Value != nil {
		t.Errorf("origin %+v", p.Origin)
	}
	_, err := ask.explain(t, Question{Statement: "SELECT * FROM bare WHERE customer = $1", Class: plan.Heavy, Analyze: true})
	if err == nil || !strings.Contains(err.Error(), "GRANT SELECT") {
		t.Errorf("EXPLAIN ANALYZE without values: %v", err)
	}
	_ = ask.conn.Close(t.Context())
}

// No value may stand in what pg_stat_statements keeps, whatever the role.
func TestValuesDoNotReachPgStatStatements(t *testing.T) {
	ask, dsn := valuesAsker(t)
	pgtest.Execute(t, pgtest.Connect(t, dsn, nil), "CREATE ROLE plain_reader LOGIN PASSWORD 'p'", "GRANT SELECT ON ALL TABLES IN SCHEMA public TO plain_reader")
	t.Cleanup(func() {
		pgtest.Execute(t, pgtest.Connect(t, dsn, nil), "DROP OWNED BY plain_reader", "DROP ROLE plain_reader")
	})
	plain := newAsker(t, pgtest.As(t, dsn, "plain_reader", "p"))
	const statement = "SELECT * FROM customers WHERE email = $1 AND country = $2 AND id <> 4711"
	for _, a := range []*asker{ask, plain} {
		q := Question{Statement: statement, Class: plan.Given, Values: Values(map[int]string{1: "hunter2@example.com"}), Analyze: true}
		if p := a.explained(t, q); *p.Origin.Parameters[0].Value != "hunter2@example.com" {
			t.Errorf("origin %+v", p.Origin)
		}
	}
	_ = plain.conn.Close(t.Context())
	if n := pgtest.Value(t, dsn, "SELECT count(*)::text FROM pg_stat_statements WHERE query LIKE '%hunter'||'2%'"); n != "0" {
		t.Errorf("%s entries of pg_stat_statements hold the value", n)
	}
	const calls = `SELECT COALESCE(sum(calls), 0)::text FROM pg_stat_statements
		WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database()) AND query LIKE $1 AND toplevel`
	if n := pgtest.Value(t, dsn, calls, "%email = $1 AND country%"); n != "0" {
		t.Errorf("EXPLAIN ANALYZE counts as %s calls of the statement", n)
	}
}

func TestValuesOfAFixedLengthTypeStayWhole(t *testing.T) {
	dsn := pgtest.Database(t)
	pgtest.Execute(t, pgtest.Connect(t, dsn, nil), "CREATE TABLE towns (country char(3), flags bit(3), note text)",
		"INSERT INTO towns SELECT 'USA', B'101', NULL FROM generate_series(1, 900)", "ANALYZE towns")
	ask := newAsker(t, dsn)
	p := ask.explained(t, Question{Statement: "SELECT * FROM towns WHERE country = $1 AND flags = $2", Class: plan.Heavy})
	if p.Root.PlanRows < 800 {
		t.Errorf("%v rows expected, want 900: %+v", p.Root.PlanRows, p.Origin.Parameters)
	}
	// Nothing is known of a line's values: it is planned with NULL.
	p = ask.explained(t, Question{Statement: "SELECT * FROM towns WHERE $1::line IS NULL", Class: plan.Heavy})
	if p.Root.PlanRows < 800 || p.Origin.Parameters[0].Value != nil {
		t.Errorf("%v rows expected, want 900: %+v", p.Root.PlanRows, p.Origin.Parameters)
	}
}

func TestArrayParameterTakesTheColumnsValue(t *testing.T) {
	dsn := pgtest.Database(t)
	pgtest.Execute(t, pgtest.Connect(t, dsn, nil),
		`CREATE TABLE words AS SELECT CASE WHEN g % 2 = 0 THEN 'a "quoted", \one' ELSE g::text END AS word FROM generate_series(1, 1000) g`,
		"ANALYZE words")
	ask := newAsker(t, dsn)
	p := ask.explained(t, Question{Statement: "SELECT * FROM words WHERE word = ANY ($1::text[])", Class: plan.Heavy})
	if o := p.Origin.Parameters[0]; o.From != plan.FromHeavy || o.Column != "word" || *o.Value != `{"a \"quoted\", \\one"}` || p.Root.PlanRows != 500 {
		t.Errorf("parameter %+v %s, rows %v", o, *o.Value, p.Root.PlanRows)
	}
}

// TestPlaceholders plans and runs a statement with a placeholder of every type, so that each is known to be a value of it.
func TestPlaceholders(t *testing.T) {
	ask := newAsker(t, pgtest.Database(t))
	types := []string{
		"smallint", "integer", "bigint", "numeric", "real", "double precision", "money", "oid", "text", "varchar", "char(3)", "name", "bytea", "boolean",
		"date", "timestamp", "timestamptz", "time", "timetz", "interval", "json", "jsonb", "uuid", "int[]", "text[]", "inet", "point",
	}
	for _, typeName := range types {
		statement := "SELECT $1::" + typeName + " FROM generate_series(1, $2) LIMIT $3 OFFSET $4"
		p := ask.explained(t, Question{Statement: statement, Class: plan.Heavy, Analyze: true})
		if p.Origin.Parameters[0].From != plan.FromNeutral {
			t.Errorf("%s: %+v", typeName, p.Origin.Parameters[0])
		}
	}
	// A field, a unit and a zone are no free texts.
	ask.explained(t, Question{
		Statement: "SELECT EXTRACT($1 FROM now()), date_trunc($2, now()), now() AT TIME ZONE $3, date_part($4, now())", Class: plan.Heavy, Analyze: true,
	})
}
