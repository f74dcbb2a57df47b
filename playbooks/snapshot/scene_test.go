package snapshot

import (
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/pgmedic/pgmedic/playbooks/catalogue"
	"github.com/pgmedic/pgmedic/probes/live"
	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// hostile is a name that a terminal, markdown, a table or a spreadsheet could act on.
const hostile = "=evil|<b>*\x1b]0;x\x07\u202e`[x](http://e.vil)"

// scene is what goes on in a database: idle connections, one statement in three sessions, a transaction that somebody forgot, and two sessions that wait
// behind it.
type scene struct {
	dsn     string
	blocker int32
	waiters [2]int32
}

// connect opens a connection of an application's.
func connect(t *testing.T, dsn, user, application string) *pgx.Conn {
	t.Helper()
	return pgtest.Connect(t, pgtest.As(t, dsn, user, "secret"), map[string]string{"application_name": application})
}

func newScene(t *testing.T) scene {
	t.Helper()
	s := scene{dsn: pgtest.Database(t)}
	admin := pgtest.Connect(t, s.dsn, map[string]string{"application_name": "psql"})
	for _, role := range []string{"reports_rw", hostile} {
		quoted := pgx.Identifier{role}.Sanitize()
		pgtest.Execute(t, admin, "CREATE ROLE "+quoted+" LOGIN PASSWORD 'secret'")
		t.Cleanup(func() { dropRole(t, s.dsn, quoted) })
	}
	pgtest.Execute(t, admin,
		"CREATE SCHEMA reports", "CREATE TABLE reports.reports (id int PRIMARY KEY, user_id int, state text)",
		"INSERT INTO reports.reports SELECT i, i % 10, 'new' FROM generate_series(1, 100) AS i",
		"GRANT USAGE ON SCHEMA reports TO reports_rw", "GRANT SELECT, UPDATE ON reports.reports TO reports_rw",
		"SELECT pg_stat_statements_reset()", "SET application_name = 'psql'")
	for range 6 {
		pgtest.Execute(t, connect(t, s.dsn, "reports_rw", "orders-api"), "SELECT 1")
	}
	pgtest.Execute(t, connect(t, s.dsn, hostile, ""), `SELECT 1 AS "| ![x](http://e.vil)"`)
	for range 3 {
		pgtest.InBackground(t, connect(t, s.dsn, "reports_rw", "reports"),
			"SELECT count(*), pg_sleep(600) FROM reports.reports WHERE user_id = 4711 AND state = 'secret value'")
	}
	forgotten := connect(t, s.dsn, "reports_rw", "billing")
	pgtest.Execute(t, forgotten, "BEGIN", "UPDATE reports.reports SET state = 'paid' WHERE id = 1")
	s.blocker = int32(forgotten.PgConn().PID())
	for i := range s.waiters {
		s.waiters[i] = pgtest.InBackground(t, connect(t, s.dsn, "reports_rw", "worker"), "UPDATE reports.reports SET state = 'sent' WHERE id = 1")
		pgtest.Eventually(t, s.dsn, "SELECT pid FROM pg_stat_activity WHERE pid = $1 AND wait_event_type = 'Lock'", s.waiters[i])
	}
	pgtest.Eventually(t, s.dsn, "SELECT 1 FROM pg_stat_activity WHERE application_name = 'reports' AND wait_event = 'PgSleep' HAVING count(*) = 3")
	// until the forgotten transaction is a long one
	pgtest.Value(t, s.dsn, "SELECT pg_sleep(greatest($2 - extract(epoch FROM clock_timestamp() - xact_start), 0))::text FROM pg_stat_activity WHERE pid = $1",
		s.blocker, (longTransaction + time.Second/10).Seconds())
	return s
}

// dropRole drops a role with what it was granted. Its sessions end with the test.
func dropRole(t *testing.T, dsn, quoted string) {
	t.Helper()
	pgtest.Execute(t, pgtest.Connect(t, dsn, nil), "DROP OWNED BY "+quoted, "DROP ROLE "+quoted)
}

// takeIt takes a snapshot of a server.
func takeIt(t *testing.T, dsn string, opts Options) *Snapshot {
	t.Helper()
	s, err := tryIt(t, dsn, opts)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func tryIt(t *testing.T, dsn string, opts Options) (*Snapshot, error) {
	t.Helper()
	source, err := live.New(live.Config{DSN: dsn, Interval: Interval(opts.For), LookOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer source.Close()
	if opts.Wait == 0 {
		opts.Wait = time.Minute
	}
	opts.Books = catalogue.All()
	return Take(t.Context(), source, opts)
}
