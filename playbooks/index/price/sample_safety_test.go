package price

import (
	"context"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/pgmedic/pgmedic/playbooks/index/table"
	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
	"github.com/pgmedic/pgmedic/probes/plan"
)

// guarded is a table with conditions of every kind that must not be computed, and of some that may.
func guarded(t *testing.T) (dsn string, app *pgx.Conn) {
	t.Helper()
	dsn = pgtest.Database(t)
	app = pgtest.Connect(t, dsn, nil)
	pgtest.Execute(t, app,
		"CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy')", "CREATE DOMAIN score AS int CHECK (VALUE < 1000)", "CREATE TYPE pair AS (a int, b int)",
		"CREATE TABLE people (id int, tenant int, mood mood, score score, note text, large text, p pair, zero int)",
		"ALTER TABLE people ALTER large SET STORAGE EXTERNAL",
		"INSERT INTO people SELECT n, n % 10, (ARRAY['sad', 'ok', 'happy'])[1 + n % 3]::mood, (n % 7)::score, 'note ' || n, repeat('x', 3000), ROW(n % 5, 1)::pair, 0 FROM generate_series(1, 6000) AS n",
		"VACUUM ANALYZE people",
		"CREATE FUNCTION shout(text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RAISE EXCEPTION $$a function of somebody else was run$$; END'",
		"CREATE FUNCTION near(int, text) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RAISE EXCEPTION $$an operator of somebody else was run$$; END'",
		"CREATE OPERATOR = (LEFTARG = int, RIGHTARG = text, FUNCTION = near)")
	return dsn, app
}

// Only conditions that are the server's own functions on the server's own types are computed; an enumeration by its labels.
func TestSampleRunsNothingForeign(t *testing.T) {
	dsn, _ := guarded(t)
	for where, counts := range map[string]float64{
		"tenant = 3":                       600,
		"mood = 'ok'":                      2000,
		"mood <> 'ok'":                     4000,
		"mood IN ('ok', 'sad')":            4000,
		"score = 3":                        857,
		"note LIKE 'note 1%'":              1111,
		"lower(note) = 'note 77'":          1,
		"(tenant = 3 OR tenant = 4)":       1200,
		"note IS NOT NULL":                 6000,
		"(tenant, id) > (8, 3000)":         1200 - 300,
		"shout(note) = 'X'":                -1,
		"tenant = 'x'::text":               -1,
		"(p).a = 3":                        -1,
		"p = ROW(1, 1)::pair":              -1,
		"random() < tenant":                -1,
		"large = 'x'":                      -1, // stored elsewhere
		"pg_sleep(tenant) IS NULL":         -1,
		"tenant = (SELECT 3)":              -1,
		"lpad(note, 900000000) = 'x'":      -1,
		"10 / (zero + tenant) = 3":         -1, // fails for some rows
		"tenant = 3 AND 7 / zero = tenant": 600,
	} {
		s := takeSample(t, dsn, "public", "people", "SELECT * FROM people WHERE id > 0 AND "+where)
		conditions := s.conditions(t, "SELECT * FROM people WHERE "+where)
		if s.sample == nil {
			if counts >= 0 {
				t.Errorf("%s: no sample", where)
			}
			continue
		}
		known, _ := s.sample.split(conditions)
		switch {
		case counts < 0 && len(known) > 0:
			t.Errorf("%s was computed", where)
		case counts >= 0 && len(known) == 0:
			t.Errorf("%s was not computed", where)
		case counts >= 0 && s.sample.met(known) != counts:
			t.Errorf("%s: %.0f rows, want %.0f", where, s.sample.met(known), counts)
		}
	}
}

// A table that cannot be read now is left alone, in no more time than there is, and the transaction goes on.
func TestSampleLeavesAlone(t *testing.T) {
	dsn, app := guarded(t)
	pgtest.Execute(t, app, "DROP ROLE IF EXISTS pgmedic_guarded", "CREATE ROLE pgmedic_guarded", "GRANT SELECT (id) ON people TO pgmedic_guarded",
		"CREATE TABLE secret AS SELECT n AS tenant FROM generate_series(1, 10000) AS n", "VACUUM ANALYZE secret", "GRANT SELECT ON secret TO pgmedic_guarded",
		"ALTER TABLE secret ENABLE ROW LEVEL SECURITY", "CREATE POLICY p ON secret USING (shout('x') = 'x')")
	t.Cleanup(func() { pgtest.Execute(t, app, "DROP OWNED BY pgmedic_guarded", "DROP ROLE pgmedic_guarded") })
	conditions := plan.ConjunctsOf("(people.tenant = 3)", "people")
	for name, c := range map[string]struct {
		before, table, during string
		time                  time.Duration
	}{
		"locked":       {table: "people", during: "LOCK TABLE people", time: time.Second},
		"no time left": {table: "people", time: time.Millisecond / 2},
		"no right":     {table: "people", before: "SET LOCAL ROLE pgmedic_guarded", time: time.Second},
		"row security": {table: "secret", before: "SET LOCAL ROLE pgmedic_guarded", time: time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			tx, err := pgtest.Connect(t, dsn, nil).BeginTx(t.Context(), pgx.TxOptions{AccessMode: pgx.ReadOnly})
			if err != nil {
				t.Fatal(err)
			}
			defer tx.Rollback(context.WithoutCancel(t.Context()))
			of, err := table.Read(t.Context(), tx, "public", c.table)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := tx.Exec(t.Context(), "COMMIT; BEGIN READ ONLY; "+c.before); err != nil {
				t.Fatal(err)
			}
			if c.during != "" {
				locker, err := app.Begin(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				defer locker.Rollback(context.WithoutCancel(t.Context()))
				if _, err := locker.Exec(t.Context(), c.during); err != nil {
					t.Fatal(err)
				}
			}
			if name == "no time left" {
				of.Pages = 1 << 30 // as if a page took long
				c.time = 0
			}
			s, err := TakeSample(t.Context(), tx, of, "people", conditions, &Budget{Time: c.time})
			if s != nil || err != nil {
				t.Errorf("%+v, %v", s, err)
			}
			var path string
			if err := tx.QueryRow(t.Context(), "SELECT current_setting('search_path') || current_setting('row_security')").Scan(&path); err != nil || path != `"$user", publicon` {
				t.Errorf("the transaction: %q, %v", path, err)
			}
		})
	}
}
