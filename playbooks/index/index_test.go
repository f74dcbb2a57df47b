package index

import (
	"context"
	"os"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/live"
	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// connect opens a session of the application.
func connect(t *testing.T, dsn string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close(context.Background()) })
	return conn
}

// script sends several statements, each in a transaction of its own where it needs that (VACUUM).
func script(t *testing.T, conn *pgx.Conn, sql string) {
	t.Helper()
	for _, statement := range strings.SplitAfter(sql, ";\n") {
		if strings.TrimSpace(statement) == "" {
			continue
		}
		if _, err := conn.PgConn().Exec(t.Context(), statement).ReadAll(); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
}

func file(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// watched opens pgmedic's own door to a database.
func watched(t *testing.T, dsn string) *live.Server {
	t.Helper()
	server, err := live.New(live.Config{DSN: dsn, LookOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	for tick := range server.Stream(t.Context()) { // nothing is changed on a server that is not looked at
		if tick.Sample != nil {
			break
		}
	}
	return server
}

// findingFor is what Diagnose would say of the statement whose text in pg_stat_statements is like the pattern.
func findingFor(t *testing.T, conn *pgx.Conn, pattern string) playbooks.Finding {
	t.Helper()
	var id int64
	err := conn.QueryRow(t.Context(), `SELECT queryid FROM pg_stat_statements s JOIN pg_database d ON d.oid = s.dbid
		WHERE d.datname = current_database() AND query ILIKE $1 AND query NOT ILIKE '%pg_stat_statements%'`, pattern).Scan(&id)
	if err != nil {
		t.Fatalf("finding the statement like %s: %v", pattern, err)
	}
	return playbooks.Finding{
		Playbook: playbookName, Title: "one statement holds most connections",
		Statement: probes.StatementLoad{StatementKey: probes.StatementKey{QueryID: id, TopLevel: true}},
	}
}

// seeded is the seed's table with its dedup statement run once.
func seeded(t *testing.T) (dsn string, app *pgx.Conn, finding playbooks.Finding) {
	t.Helper()
	dsn = pgtest.Database(t)
	app = connect(t, dsn)
	script(t, app, file(t, "testdata/seed.sql"))
	_, err := app.Exec(t.Context(), file(t, "testdata/dedup.sql"), "summary", "Report 1", "csv",
		"00000000-0000-0000-0000-000000000001", map[string]int{"filter": 1}, "00000000-0000-0000-0000-000000000002", 1440)
	if err != nil {
		t.Fatal(err)
	}
	return dsn, app, findingFor(t, app, "SELECT id, report_type%")
}
