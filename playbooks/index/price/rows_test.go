package price

import (
	"context"
	"strings"
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
			if err := ReadValues(t.Context(), tx, of, &Budget{Time: 10 * time.Second}, shapeOf("btree", expression)); err != nil {
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
		if err := ReadValues(t.Context(), tx, of, &Budget{Time: 10 * time.Second}, x); err != nil {
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
		if err := ReadValues(t.Context(), tx, of, &Budget{Time: 10 * time.Second}, shapeOf("btree", "lower(a)")); err != nil || len(of.Expressions) != 0 {
			t.Errorf("%v, %v", of.Expressions, err)
		}
		if _, err := tx.Exec(context.Background(), "SELECT 1"); err != nil {
			t.Errorf("the transaction is lost: %v", err)
		}
	})
}

// A table whose values cannot be had is asked once, and one whose answer is no use is not asked the same again.
func TestValuesAreAskedOnce(t *testing.T) {
	dsn := pgtest.Database(t)
	app := pgtest.Connect(t, dsn, nil)
	pgtest.Execute(t, app, "CREATE TABLE people AS SELECT (n % 500)::text AS a, (n % 500)::text AS b, ARRAY[n] AS c FROM generate_series(1, 10000) AS n", "ANALYZE people",
		"CREATE TABLE empty (a text, b text, c int[])", "INSERT INTO empty SELECT * FROM people", "ANALYZE empty", "DELETE FROM empty", "DROP ROLE IF EXISTS pgmedic_once", "CREATE ROLE pgmedic_once",
		"GRANT SELECT ON people TO pgmedic_once", "ALTER TABLE people ENABLE ROW LEVEL SECURITY", "CREATE POLICY p ON people USING (a <> '')")
	t.Cleanup(func() { pgtest.Execute(t, app, "DROP OWNED BY pgmedic_once", "DROP ROLE pgmedic_once") })
	all := []shape.Index{{Keys: columns("a", "b")}, shapeOf("btree", "lower(a)"), {Method: "gin", Keys: columns("c")}}
	for name, c := range map[string]struct {
		table, before, during string
		budget                time.Duration
		asked                 int
	}{
		"locked":       {table: "people", during: "LOCK TABLE people IN ACCESS EXCLUSIVE MODE", budget: time.Minute, asked: 1},
		"row security": {table: "people", before: "SET LOCAL ROLE pgmedic_once", budget: time.Minute, asked: 1},
		"no rows":      {table: "empty", budget: time.Minute, asked: 3},
		"no time":      {table: "people", budget: leastTime, asked: 0},
	} {
		t.Run(name, func(t *testing.T) {
			reading(t, dsn, "public", c.table, func(tx pgx.Tx, of *table.Table) {
				if _, err := tx.Exec(t.Context(), c.before); err != nil {
					t.Fatal(err)
				}
				if c.during != "" {
					pgtest.Execute(t, app, "BEGIN", c.during)
					defer pgtest.Execute(t, app, "ROLLBACK")
				}
				budget, asked := &Budget{Time: c.budget}, 0
				for range 2 {
					for _, x := range all {
						left := budget.Time
						if err := ReadValues(t.Context(), tx, of, budget, x); err != nil {
							t.Fatal(err)
						}
						if budget.Time != left {
							asked++
						}
					}
				}
				if asked != c.asked || len(of.Expressions)+len(of.Items) != 0 {
					t.Errorf("asked %d times, want %d; %v, %v", asked, c.asked, of.Expressions, of.Items)
				}
				if _, err := tx.Exec(t.Context(), "SELECT 1"); err != nil {
					t.Errorf("the transaction is lost: %v", err)
				}
			})
		})
	}
}

// A sample that somebody cancels is not tried with fewer rows.
func TestValuesCancelledBySomebody(t *testing.T) {
	dsn := pgtest.Database(t)
	app := pgtest.Connect(t, dsn, nil)
	pgtest.Execute(t, app, "CREATE TABLE people AS SELECT n::text AS a FROM generate_series(1, 1000) AS n", "ANALYZE people")
	reading(t, dsn, "public", "people", func(tx pgx.Tx, of *table.Table) {
		budget, asked := &Budget{Time: time.Minute}, 0
		rows, err := budget.attempt(t.Context(), tx, of, func(float64) string {
			asked++
			return "SELECT pg_cancel_backend(pg_backend_pid()), pg_sleep(0.01)"
		})
		if rows != nil || err != nil || asked != 1 || budget.first(of, "more") {
			t.Errorf("asked %d times: %v, %v", asked, rows, err)
		}
	})
}

// Many expressions whose statistics the planner has, so that none is taken for a guess, take few questions.
func TestCountOfManyExpressions(t *testing.T) {
	dsn := pgtest.Database(t)
	app := pgtest.Connect(t, dsn, nil)
	names := []string{"a", "b", "c", "d", "e", "f", "g", "h", "i"}
	var indexes, conditions []string
	for _, name := range names {
		indexes = append(indexes, "CREATE INDEX ON same (lower("+name+"))")
		conditions = append(conditions, "(lower(same."+name+") = 'x'::text)")
	}
	pgtest.Execute(t, app, "CREATE TABLE same ("+strings.Join(names, " text DEFAULT 'x', ")+" text DEFAULT 'x', id int)", "INSERT INTO same (id) SELECT n FROM generate_series(1, 5000) AS n")
	pgtest.Execute(t, app, append(indexes, "ANALYZE same")...)
	reading(t, dsn, "public", "same", func(tx pgx.Tx, of *table.Table) {
		of.Expressions = map[string]table.Column{}
		for _, name := range names {
			of.Expressions["(lower("+name+"))"] = table.Column{Distinct: 1, Analysed: true}
		}
		rows := NewRows(tx, needAs(of, "same"), "", nil)
		if n := countOf(t, rows, "("+strings.Join(conditions, " AND ")+")"); n != 5000 || rows.Asked() != 1+len(names) {
			t.Errorf("%v rows, by %d questions", n, rows.Asked())
		}
	})
}
