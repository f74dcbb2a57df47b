// Package indextest has what the tests of the index playbook share: the seed's table and statement, and pgmedic's door to a database.
package indextest

import (
	_ "embed"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/pgmedic/pgmedic/probes/live"
	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
)

// Table makes and fills the seed's table, of 60,000 rows.
//
//go:embed seed.sql
var Table string

// Statement is the seed's: it looks for a report like the one that is asked for.
//
//go:embed dedup.sql
var Statement string

// Seeded is a database with the seed's table, where its statement has run once, and what pg_stat_statements calls that.
func Seeded(t testing.TB) (dsn string, app *pgx.Conn, queryID int64) {
	t.Helper()
	dsn = pgtest.Database(t)
	app = pgtest.Connect(t, dsn, nil)
	Script(t, app, Table)
	_, err := app.Exec(t.Context(), Statement, "summary", "Report 1", "csv",
		"00000000-0000-0000-0000-000000000001", map[string]int{"filter": 1}, "00000000-0000-0000-0000-000000000002", 1440)
	if err != nil {
		t.Fatal(err)
	}
	err = app.QueryRow(t.Context(), `SELECT queryid FROM pg_stat_statements AS s JOIN pg_database AS d ON d.oid = s.dbid
		WHERE d.datname = current_database() AND query LIKE 'SELECT id, report_type%'`).Scan(&queryID)
	if err != nil {
		t.Fatal("finding the seed's statement:", err)
	}
	return dsn, app, queryID
}

// Script sends several statements, each in a transaction of its own where it needs that (VACUUM).
func Script(t testing.TB, conn *pgx.Conn, sql string) {
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

// Watched opens pgmedic's own door to a database.
func Watched(t testing.TB, dsn string) *live.Server {
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
