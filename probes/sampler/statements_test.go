package sampler

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
)

// lookConnection is a connection as the look session's.
func lookConnection(t testing.TB, dsn string) *pgx.Conn {
	t.Helper()
	return pgtest.Connect(t, dsn, map[string]string{
		"application_name": probes.ApplicationName, "client_encoding": "UTF8", "search_path": "pg_catalog", "default_transaction_read_only": "on",
	})
}

func newReader(t testing.TB, dsn string) *statementReader {
	t.Helper()
	conn := lookConnection(t, dsn)
	return newStatementReader(conn, serverVersion(t, conn), newTextReader())
}

// reading takes the statements of a sample at so many seconds after noon.
func (r *statementReader) reading(t testing.TB, second int, backends ...probes.Backend) (probes.Statements, error) {
	t.Helper()
	sample := &probes.Sample{At: noon.Add(time.Duration(second) * time.Second), Backends: backends}
	err := r.read(t.Context(), sample)
	return sample.Statements, err
}

// mustRead is reading where nothing may fail.
func (r *statementReader) mustRead(t testing.TB, second int) probes.Statements {
	t.Helper()
	s, err := r.reading(t, second)
	if err != nil || !s.Known {
		t.Fatalf("reading at %d s: %+v, %v", second, s, err)
	}
	return s
}

// deltaOf returns what the statement with this id counted.
func statementDelta(s probes.Statements, id int64) probes.StatementDelta {
	for _, d := range s.Deltas {
		if d.QueryID == id {
			return d
		}
	}
	return probes.StatementDelta{}
}

// extensionVersions are the versions of pg_stat_statements that the server offers.
func extensionVersions(t *testing.T, dsn string) []string {
	t.Helper()
	conn := pgtest.Connect(t, dsn, nil)
	defer conn.Close(context.Background())
	rows, _ := conn.Query(t.Context(), `SELECT version FROM pg_available_extension_versions WHERE name = 'pg_stat_statements'
		ORDER BY split_part(version, '.', 2)::int`)
	versions, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil || len(versions) < 6 {
		t.Fatalf("versions %v, %v", versions, err)
	}
	return versions
}

// spill is a statement that writes temp blocks. It is one entry of its own.
const spill = "SELECT count(*) AS marker_spill FROM (SELECT g FROM generate_series(1, 30000) AS g ORDER BY g::text) AS s"

func TestEveryVersionOfTheExtension(t *testing.T) {
	for _, version := range extensionVersions(t, pgtest.Database(t)) {
		t.Run(version, func(t *testing.T) {
			dsn := pgtest.Database(t)
			app := pgtest.Connect(t, dsn, map[string]string{"work_mem": "64kB"})
			pgtest.Execute(t, app, "DROP EXTENSION pg_stat_statements", `CREATE SCHEMA "odd ""one"`,
				`CREATE EXTENSION pg_stat_statements SCHEMA "odd ""one" VERSION '`+version+`'`, spill)
			id := pgtest.Eventually(t, dsn, `SELECT queryid FROM "odd ""one".pg_stat_statements WHERE query LIKE '%marker_spill%'
				AND dbid = (SELECT oid FROM pg_database WHERE datname = current_database())`)
			r := newReader(t, dsn)
			if first := r.mustRead(t, 0); len(first.Deltas) > 0 || !first.Since.IsZero() {
				t.Errorf("the first reading has deltas: %+v", first)
			}
			pgtest.Execute(t, app, spill, spill)
			s := r.mustRead(t, 1)
			d := statementDelta(s, id)
			if d.Calls != 2 || d.Rows != 2 || d.TotalCalls != 3 || d.ExecTime <= 0 || d.TempBlocks <= 0 || !d.TopLevel || s.ResetAt.IsZero() != !r.extension.hasInfo() {
				t.Errorf("%+v, reset at %s", d, s.ResetAt)
			}
			if !r.extension.atLeast(1, 11) {
				return
			}
			// One entry is thrown out and counts as much as before at once: only stats_since tells.
			pgtest.Execute(t, app, fmt.Sprintf(`SELECT "odd ""one".pg_stat_statements_reset(0, 0, %d)`, id), spill, spill, spill, spill)
			if s := r.mustRead(t, 2); statementDelta(s, id).Calls != 4 || s.Reset {
				t.Errorf("after it was thrown out: %+v", statementDelta(s, id))
			}
		})
	}
}

func TestExtensionUpdatedWhileLooking(t *testing.T) {
	dsn := pgtest.Database(t)
	app := pgtest.Connect(t, dsn, nil)
	pgtest.Execute(t, app, "DROP EXTENSION pg_stat_statements", "CREATE EXTENSION pg_stat_statements VERSION '1.8'", "SELECT 1 AS marker_update, sqrt(2)")
	id := idLike(t, dsn, "%marker_update%")
	r := newReader(t, dsn)
	r.mustRead(t, 0)
	pgtest.Execute(t, app, "ALTER EXTENSION pg_stat_statements UPDATE", "SELECT 1 AS marker_update, sqrt(2)")
	calls := statementDelta(r.mustRead(t, 1), id).Calls
	pgtest.Execute(t, app, "SELECT 1 AS marker_update, sqrt(2)")
	anew := r.mustRead(t, 61)
	pgtest.Execute(t, app, "SELECT 1 AS marker_update, sqrt(2)")
	last := r.mustRead(t, 62)
	if !r.extension.hasInfo() || calls != 1 || !anew.Since.IsZero() || len(anew.Deltas) > 0 || statementDelta(last, id).Calls != 1 {
		t.Errorf("%+v: %d calls, then %+v, then %+v", r.extension, calls, anew, statementDelta(last, id))
	}
}

func idLike(t testing.TB, dsn, pattern string) int64 {
	t.Helper()
	return pgtest.Eventually(t, dsn, `SELECT queryid FROM pg_stat_statements s JOIN pg_database d ON d.oid = s.dbid
		WHERE d.datname = current_database() AND query LIKE $1 AND query NOT LIKE '%pg_stat_statements%'`, pattern)
}

func TestExtensionCreatedAgainElsewhere(t *testing.T) {
	dsn := pgtest.Database(t)
	app := pgtest.Connect(t, dsn, nil)
	pgtest.Execute(t, app, "CREATE SCHEMA elsewhere", "SELECT 1 AS marker_moved, cbrt(3)")
	id := idLike(t, dsn, "%marker_moved%")
	r := newReader(t, dsn)
	r.mustRead(t, 0)
	pgtest.Execute(t, app, "DROP EXTENSION pg_stat_statements", "CREATE EXTENSION pg_stat_statements SCHEMA elsewhere", "SELECT 1 AS marker_moved, cbrt(3)")
	if d := statementDelta(r.mustRead(t, 1), id); d.Calls != 1 {
		t.Errorf("moved: %+v", d)
	}
	pgtest.Execute(t, app, "DROP SCHEMA elsewhere CASCADE")
	s, err := r.reading(t, 2)
	if err == nil || s.Known || !strings.Contains(r.blind, "CREATE EXTENSION pg_stat_statements") {
		t.Errorf("dropped: %+v, %v, blind %q", s, err, r.blind)
	}
	pgtest.Execute(t, app, "CREATE EXTENSION pg_stat_statements VERSION '1.8'", "SELECT 1 AS marker_moved, cbrt(3)")
	if s, _ := r.reading(t, 30); s.Known {
		t.Error("the catalogue was searched again within a minute")
	}
	r.mustRead(t, 63) // cannot be compared: another version
	pgtest.Execute(t, app, "SELECT 1 AS marker_moved, cbrt(3)")
	if d := statementDelta(r.mustRead(t, 64), id); d.Calls != 1 || r.blind != "" {
		t.Errorf("created again: %+v, blind %q", d, r.blind)
	}
}

// Before version 1.9 the extension has two rows of one statement that is called by itself and inside a function, and does not tell which is which.
func TestCallsInsideFunctionsBeforeTheyAreToldApart(t *testing.T) {
	dsn := pgtest.Database(t)
	app := pgtest.Connect(t, dsn, nil)
	pgtest.Execute(t, app, "DROP EXTENSION pg_stat_statements", "CREATE EXTENSION pg_stat_statements VERSION '1.8'",
		"SET pg_stat_statements.track = 'all'", "CREATE TABLE nested (n int)",
		`CREATE FUNCTION inside() RETURNS bigint LANGUAGE plpgsql AS 'BEGIN RETURN (SELECT count(*) AS marker_nested FROM nested); END'`)
	const statement = "(SELECT count(*) AS marker_nested FROM nested)"
	pgtest.Execute(t, app, "SELECT inside()", "SELECT "+statement)
	id := idLike(t, dsn, "SELECT _SELECT count%marker_nested%")
	r := newReader(t, dsn)
	r.mustRead(t, 0)
	pgtest.Execute(t, app, "SELECT inside()", "SELECT inside()", "SELECT "+statement)
	if d := statementDelta(r.mustRead(t, 1), id); d.Calls != 3 {
		t.Errorf("%+v, want 2 calls inside and 1 outside", d)
	}
}

// TestResetsBesideReadings resets the statistics again and again while they are read. No call is invented, and each reset is said.
func TestResetsBesideReadings(t *testing.T) {
	dsn := pgtest.Database(t)
	app := pgtest.Connect(t, dsn, nil)
	pgtest.Execute(t, app, "SELECT 1 AS marker_reset, sqrt(4)")
	id := idLike(t, dsn, "%marker_reset%")
	r := newReader(t, dsn)
	const callsBetweenResets = 7
	made := make(chan int64, 1)
	stop, cancel := context.WithCancel(t.Context())
	go func() {
		var calls int64
		for stop.Err() == nil {
			for range callsBetweenResets {
				if _, err := app.Exec(t.Context(), "SELECT 1 AS marker_reset, sqrt(4)"); err == nil {
					calls++
				}
			}
			_, _ = app.Exec(t.Context(), "SELECT pg_stat_statements_reset()")
		}
		made <- calls
	}()
	began := time.Now()
	var seen, resets int64
	since := map[time.Time]int64{}
	last := r.mustRead(t, 0)
	for second := range 400 {
		s := r.mustRead(t, second+1)
		if s.ResetAt.IsZero() {
			continue // no moment without a reset: this reading is left out
		}
		if s.Reset != !s.ResetAt.Equal(last.ResetAt) && !last.ResetAt.IsZero() {
			t.Fatalf("reset %v, from %s to %s", s.Reset, last.ResetAt, s.ResetAt)
		}
		last = s
		d := statementDelta(s, id)
		if s.Reset {
			resets++
		}
		for _, d := range s.Deltas {
			if d.Calls <= 0 || d.ExecTime < 0 || d.ExecTime > time.Since(began)*8 || d.Rows < 0 || d.BlocksHit < 0 {
				t.Fatalf("absurd: %+v", d)
			}
		}
		seen += d.Calls
		if since[s.ResetAt] += d.Calls; since[s.ResetAt] > callsBetweenResets {
			t.Fatalf("%d calls seen since the reset at %s, of %d", since[s.ResetAt], s.ResetAt, callsBetweenResets)
		}
	}
	cancel()
	if calls := <-made; seen > calls || resets == 0 || seen == 0 {
		t.Errorf("%d calls made, %d seen over %d resets", calls, seen, resets)
	} else {
		t.Logf("%d calls made, %d seen over %d resets said", calls, seen, resets)
	}
}

func TestHiddenStatementsAreSaid(t *testing.T) {
	dsn := pgtest.Database(t)
	pgtest.Execute(t, pgtest.Connect(t, dsn, nil), "CREATE ROLE hidden_from LOGIN PASSWORD 'p'")
	t.Cleanup(func() {
		pgtest.Execute(t, pgtest.Connect(t, dsn, nil), "DROP OWNED BY hidden_from", "DROP ROLE hidden_from")
	})
	r := newReader(t, pgtest.As(t, dsn, "hidden_from", "p"))
	sample := &probes.Sample{At: noon, Server: probes.Server{User: "hidden_from"}}
	if err := r.read(t.Context(), sample); err != nil {
		t.Fatal(err)
	}
	blind := r.blindSpots(sample)
	if !sample.Statements.Known || len(blind) != 1 || !strings.Contains(blind[0].Reason, "GRANT pg_read_all_stats TO hidden_from") {
		t.Errorf("known %v, blind %+v", sample.Statements.Known, blind)
	}
	pgtest.Execute(t, pgtest.Connect(t, dsn, nil), "REVOKE EXECUTE ON FUNCTION pg_stat_statements FROM public")
	err := r.read(t.Context(), sample)
	if err == nil || !strings.Contains(r.blind, "EXECUTE ON") || !strings.Contains(r.blind, "hidden_from") {
		t.Errorf("%v, blind %q", err, r.blind)
	}
}
