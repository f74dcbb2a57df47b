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
		if err := ReadValues(t.Context(), tx, of, shape.Index{Keys: []shape.Key{{Expression: shape.Bare(c.Expression), Columns: c.Columns}}}); err != nil {
			t.Fatal(err)
		}
	}
	s, err := TakeSample(t.Context(), tx, of, "readings", conditions, &Budget{10 * time.Second})
	if err != nil || s == nil {
		t.Fatal(s, err)
	}
	said := make([]float64, len(conditions))
	expected := s.Expected(of, NewRows(tx, of, "readings", "public", func(int) string { return "" }).Count)
	for i, c := range conditions {
		if said[i], err = expected(t.Context(), c); err != nil {
			t.Fatal(err)
		}
	}
	for _, key := range []string{"COALESCE(a, 0)", "lower(b)", "a / 10", "length(b)"} {
		pgtest.Execute(t, tx.Conn(), "CREATE INDEX ON readings (("+key+"))")
	}
	pgtest.Execute(t, tx.Conn(), "ANALYZE readings")
	after := NewRows(tx, of, "readings", "public", func(int) string { return "" })
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
		if err := ReadValues(t.Context(), tx, of, x.Shape); err != nil {
			t.Fatal(err)
		}
		said := extentOf(x.Shape, of, of.Rows, float64(of.Pages), of.Rows).pages
		if most := map[bool]float64{true: 1.5, false: 1.3}[x.Shape.Method == "gin"]; off(said/float64(x.Pages)) > most {
			t.Errorf("%s: %.0f pages said, %d is", x.Shape.Definition(), said, x.Pages)
		}
	}
}
