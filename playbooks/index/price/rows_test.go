package price

import (
	"context"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/pgmedic/pgmedic/playbooks/index/candidate"
	"github.com/pgmedic/pgmedic/playbooks/index/shape"
	"github.com/pgmedic/pgmedic/playbooks/index/table"
	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
	"github.com/pgmedic/pgmedic/probes/plan"
)

// reading gives a test a read-only transaction and what is known of a table in it.
func reading(t *testing.T, dsn, schema, relation string, do func(tx pgx.Tx, of *table.Table)) {
	t.Helper()
	conn := pgtest.Connect(t, dsn, nil)
	err := pgx.BeginTxFunc(t.Context(), conn, pgx.TxOptions{AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		of, err := table.Read(t.Context(), tx, schema, relation)
		if err == nil {
			do(tx, of)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// needAs is of a table that is not partitioned.
func needAs(of *table.Table, alias string) candidate.Need {
	return candidate.Need{Table: of, Alias: alias}
}

func countOf(t *testing.T, rows *Rows, condition string) float64 {
	t.Helper()
	n, err := rows.Count(t.Context(), plan.Conjuncts(condition)...)
	if err != nil {
		t.Fatalf("%s: %v", condition, err)
	}
	return n
}

func TestRowsAreThePlannersAndAskedForOnce(t *testing.T) {
	dsn := pgtest.Database(t)
	pgtest.Execute(t, pgtest.Connect(t, dsn, nil), `CREATE SCHEMA "Odd.one"`, `SET search_path = "Odd.one"`,
		"CREATE FUNCTION twice(int) RETURNS int IMMUTABLE LANGUAGE sql RETURN $1 * 2",
		`CREATE TABLE "T ""x" AS SELECT n AS a, n % 10 AS "B c" FROM generate_series(1, 10000) AS n`, `ANALYZE "T ""x"`)
	reading(t, dsn, "Odd.one", `T "x`, func(tx pgx.Tx, of *table.Table) {
		rows := NewRows(tx, needAs(of, "s"), `"Odd.one"`, func(n int) string { return "integer" })
		for _, c := range []struct {
			condition string
			from, to  float64
		}{
			{"", 10000, 10000},
			{`(s."B c" = 3)`, 900, 1100},
			{`((s."B c" = 3) AND (s.a < 5000))`, 450, 550},
			{`(s."B c" = $1)`, 900, 1100},
			{`(s.a = o.id)`, 1, 1},
			{"(twice(s.a) = 7)", 1, 10000},                                 // only its own search_path knows it
			{`((s."B c" = 3) AND (no_such_function(s.a) = 1))`, 900, 1100}, // what the server refuses is left out
			{`((s."B c" = 3) AND (SubPlan 1))`, 900, 1100},
		} {
			if n := countOf(t, rows, c.condition); n < c.from || n > c.to {
				t.Errorf("%s: %v rows, want %v to %v", c.condition, n, c.from, c.to)
			}
		}
		before, began := rows.Asked(), time.Now()
		for range 50 {
			countOf(t, rows, `(s."B c" = 3)`)
		}
		if rows.Asked() != before {
			t.Errorf("the same question was sent %d times more", rows.Asked()-before)
		}
		t.Logf("50 known answers took %v", time.Since(began))
		var path string
		if err := tx.QueryRow(t.Context(), "SHOW search_path").Scan(&path); err != nil || path != `"$user", public` {
			t.Errorf("the search path stays %q: %v", path, err)
		}
	})
}

// An expression without statistics is looked at in a sample; one that is more than the server's own functions is never computed.
func TestValuesOfExpressions(t *testing.T) {
	dsn := pgtest.Database(t)
	app := pgtest.Connect(t, dsn, nil)
	pgtest.Execute(t, app, "CREATE SEQUENCE touched",
		"CREATE FUNCTION sly(text) RETURNS text IMMUTABLE LANGUAGE plpgsql AS $$ BEGIN PERFORM nextval('touched'); RETURN $1; END $$",
		"CREATE TABLE people AS SELECT n AS id, 'Name' || n AS name, jsonb_build_object('k', n % 7) AS data FROM generate_series(1, 20000) AS n", "ANALYZE people")
	reading(t, dsn, "public", "people", func(tx pgx.Tx, of *table.Table) {
		rows := NewRows(tx, needAs(of, "people"), "", nil)
		if n := countOf(t, rows, "(lower(people.name) = 'x'::text)"); n != 100 {
			t.Errorf("%v rows before the sample, the planner's own guess is 100", n)
		}
		for _, expression := range []string{"lower(name)", "data ->> 'k'::text", "sly(name)"} {
			if err := ReadValues(t.Context(), tx, of, shapeOf("btree", expression)); err != nil {
				t.Fatal(err)
			}
		}
		if n := countOf(t, rows, "(lower(people.name) = 'x'::text)"); n != 1 {
			t.Errorf("%v rows with a unique expression", n)
		}
		if n := countOf(t, rows, "((people.data ->> 'k'::text) = '3'::text)"); n < 2500 || n > 3200 {
			t.Errorf("%v rows with an expression of seven values", n)
		}
		name := of.Expressions["(lower(name))"]
		if name.Width < 9 || name.Width > 10 || name.Correlation < -1 || name.TypeName != "text" || name.Distinct > -0.9 {
			t.Errorf("lower(name) is taken for %+v", name)
		}
		if _, ok := of.Expressions["(sly(name))"]; ok {
			t.Error("a function of somebody's was computed")
		}
	})
	if touched := pgtest.Value(t, dsn, "SELECT is_called::text FROM touched"); touched != "false" {
		t.Error("a function of somebody's was called")
	}
}

// Where taking apart so many large values would take too long, fewer are taken, which tell more than a guess.
func TestValuesOfLargeDocuments(t *testing.T) {
	dsn := pgtest.Database(t)
	pgtest.Execute(t, pgtest.Connect(t, dsn, nil), `CREATE TABLE papers AS SELECT n AS id,
		(SELECT array_agg('w' || (n * 17 + w * 31) % 50000) FROM generate_series(1, 1000) AS w) AS words FROM generate_series(1, 1500) AS n`, "ANALYZE papers")
	reading(t, dsn, "public", "papers", func(tx pgx.Tx, of *table.Table) {
		began := time.Now()
		x := shape.Index{Method: "gin", Keys: []shape.Key{{Column: "words"}}}
		if err := ReadValues(t.Context(), tx, of, x); err != nil {
			t.Fatal(err)
		}
		items, ok := of.Items["words"]
		t.Logf("%v: %.0f keys, %.0f different ones", time.Since(began), items.All, items.Distinct)
		if !ok || off(items.All/1.5e6) > 1.1 {
			t.Errorf("%v, %+v", ok, items.All)
		}
	})
}

// A table that is locked is left alone, and the transaction goes on.
func TestValuesOfALockedTable(t *testing.T) {
	dsn := pgtest.Database(t)
	app := pgtest.Connect(t, dsn, nil)
	pgtest.Execute(t, app, "CREATE TABLE busy AS SELECT n::text AS a FROM generate_series(1, 1000) AS n", "ANALYZE busy")
	reading(t, dsn, "public", "busy", func(tx pgx.Tx, of *table.Table) {
		pgtest.Execute(t, app, "BEGIN", "LOCK TABLE busy IN ACCESS EXCLUSIVE MODE")
		defer pgtest.Execute(t, app, "ROLLBACK")
		if err := ReadValues(t.Context(), tx, of, shapeOf("btree", "lower(a)")); err != nil || len(of.Expressions) != 0 {
			t.Errorf("%v, %v", of.Expressions, err)
		}
		if _, err := tx.Exec(context.Background(), "SELECT 1"); err != nil {
			t.Errorf("the transaction is lost: %v", err)
		}
	})
}
