package price

import (
	"context"
	"testing"
	"time"

	"github.com/pgmedic/pgmedic/playbooks/index/shape"
	"github.com/pgmedic/pgmedic/playbooks/index/table"
	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
	"github.com/pgmedic/pgmedic/probes/plan"
)

// What the sample tells of an expression is what the planner says once an index has it and the table is analysed.
func TestExpressionsAsAnalyzeWillKnowThem(t *testing.T) {
	conn := pgtest.Connect(t, pgtest.Database(t), nil)
	pgtest.Execute(t, conn, `CREATE TABLE readings AS SELECT n AS id, CASE WHEN n % 20 <> 0 THEN n * 7919 % 50000 END AS a,
		CASE WHEN n % 25 = 0 THEN 'none' ELSE 'Item' || n * 31 % 30000 END AS b FROM generate_series(1, 60000) AS n`, "ANALYZE readings")
	tx, err := conn.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback(context.Background()) }()
	of, err := table.Read(t.Context(), tx, "public", "readings")
	if err != nil {
		t.Fatal(err)
	}
	texts := []string{"(COALESCE(readings.a, 0) = 0)", "(lower(readings.b) = 'none'::text)", "(lower(readings.b) = 'item31'::text)", "((readings.a / 10) < 100)",
		"(length(readings.b) = 0)", "(lower(readings.b) > 'item9'::text)"}
	var conditions []plan.Condition
	for _, text := range texts {
		conditions = append(conditions, plan.Conjuncts(text)...)
	}
	for _, c := range conditions {
		if err := ReadValues(t.Context(), tx, of, &Budget{Time: 10 * time.Second}, shape.Index{Keys: []shape.Key{{Expression: shape.Bare(c.Expression), Columns: c.Columns}}}); err != nil {
			t.Fatal(err)
		}
	}
	s, err := TakeSample(t.Context(), tx, of, "readings", conditions, &Budget{Time: 10 * time.Second})
	if err != nil || s == nil {
		t.Fatal(s, err)
	}
	said := make([]float64, len(conditions))
	expected := s.Expected(of, NewRows(tx, needAs(of, "readings"), "public", func(int) string { return "" }).Count)
	for i, c := range conditions {
		if said[i], err = expected(t.Context(), c); err != nil {
			t.Fatal(err)
		}
	}
	for _, key := range []string{"COALESCE(a, 0)", "lower(b)", "a / 10", "length(b)"} {
		pgtest.Execute(t, tx.Conn(), "CREATE INDEX ON readings (("+key+"))")
	}
	pgtest.Execute(t, tx.Conn(), "ANALYZE readings")
	after := NewRows(tx, needAs(of, "readings"), "public", func(int) string { return "" })
	for i, c := range conditions {
		is, err := after.planned(t.Context(), []plan.Condition{c})
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%s: %.0f rows said, %.0f is", c.Text, said[i], is)
		if off(said[i]/is) > 1.5 && said[i]+is > 20 {
			t.Errorf("%s: %.0f rows said, %.0f is", c.Text, said[i], is)
		}
	}
}

// The different values of an expression are told from a sample, also where some are far more common than the others.
func TestDifferentValuesBesideCommonOnes(t *testing.T) {
	conn := pgtest.Connect(t, pgtest.Database(t), nil)
	pgtest.Execute(t, conn, `CREATE TABLE skewed AS SELECT n AS id, CASE WHEN n % 50 = 0 THEN 'none' ELSE md5(n::text) END AS b, jsonb_build_object('x', n % 20000, 'y', (n % 20000)::text) AS j,
		repeat('w', 100) AS filling FROM generate_series(1, 60000) AS n`, "CREATE INDEX i1 ON skewed (lower(b))", "CREATE INDEX i2 ON skewed ((b = 'x'))",
		"CREATE INDEX i3 ON skewed USING gin (j)", "VACUUM ANALYZE skewed")
	tx, err := conn.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback(context.Background()) }()
	of, err := table.Read(t.Context(), tx, "public", "skewed")
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range of.Indexes {
		if err := ReadValues(t.Context(), tx, of, &Budget{Time: 10 * time.Second}, x.Shape); err != nil {
			t.Fatal(err)
		}
		said := extentOf(x.Shape, of, of.Rows, float64(of.Pages), of.Rows).pages
		if most := map[bool]float64{true: 1.5, false: 1.3}[x.Shape.Method == "gin"]; off(said/float64(x.Pages)) > most {
			t.Errorf("%s: %.0f pages said, %d is", x.Shape.Definition(), said, x.Pages)
		}
	}
}

// Rows with one value that lie side by side are met together: the value is as rare as one whose rows lie apart. Equal values stand in the table's order, as ANALYZE has it.
func TestValuesThatLieTogether(t *testing.T) {
	conn := pgtest.Connect(t, pgtest.Database(t), nil)
	pgtest.Execute(t, conn, `CREATE TABLE events AS SELECT n AS id, jsonb_build_object('c', md5((n / 3)::text), 'r', md5((n::bigint * 7919 % 20000)::text), 'f', md5((n % 7)::text),
		'b', CASE WHEN n % 600 = 7 THEN 'true' END) AS j, repeat('w', 150) AS filling FROM generate_series(1, 60000) AS n`,
		"CREATE INDEX i1 ON events ((j->>'c'))", "CREATE INDEX i2 ON events ((j->>'r'))", "CREATE INDEX i3 ON events ((j->>'f'))", "CREATE INDEX i4 ON events ((j->>'b'))", "VACUUM ANALYZE events")
	tx, err := conn.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback(context.Background()) }()
	of, err := table.Read(t.Context(), tx, "public", "events")
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range of.Indexes {
		of.Expressions = nil
		if err := ReadValues(t.Context(), tx, of, &Budget{Time: 10 * time.Second}, x.Shape); err != nil {
			t.Fatal(err)
		}
		var values, correlation float64
		if err := tx.QueryRow(t.Context(), "SELECT n_distinct, correlation FROM pg_stats WHERE tablename = $1", x.Name).Scan(&values, &correlation); err != nil {
			t.Fatal(err)
		}
		c := of.Expressions[valueName(x.Shape.Keys[0])]
		is := distinct(table.Column{Distinct: values}, of.Rows)
		t.Logf("%s: %.0f values, %.0f is; correlation %.2f, %.2f is", x.Name, distinct(c, of.Rows), is, c.Correlation, correlation)
		if off(distinct(c, of.Rows)/is) > 1.3 || max(c.Correlation-correlation, correlation-c.Correlation) > 0.1 {
			t.Errorf("%s: %.0f values, %.0f is; correlation %.2f, %.2f is", x.Name, distinct(c, of.Rows), is, c.Correlation, correlation)
		}
	}
}
