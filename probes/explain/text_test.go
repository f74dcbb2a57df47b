package explain

import (
	"math"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
	"github.com/pgmedic/pgmedic/probes/plan"
)

// A running session's text mixes parameters and constants: its constants are its own, however like one side of a UNION is to the other.
func TestConstantsOfARunningTextStay(t *testing.T) {
	const statement = `(SELECT id FROM jobs WHERE status = $1 ORDER BY id LIMIT 5) UNION ALL (SELECT id FROM jobs WHERE status = 'failed' ORDER BY id LIMIT 5)`
	dsn := pgtest.Database(t)
	pgtest.Execute(t, pgtest.Connect(t, dsn, nil), "CREATE TABLE jobs (id int, status text)")
	p := newAsker(t, dsn).explained(t, Question{Statement: statement, Class: plan.Generic})
	if !holdsFilter(p, "'failed'") || len(p.Origin.Parameters) != 1 {
		t.Errorf("planned as %s with %+v", p.Origin.Statement, p.Origin.Parameters)
	}
}

func holdsFilter(p *plan.Plan, part string) bool {
	found := false
	p.Walk(func(n *plan.Node, _ int) { found = found || strings.Contains(n.Filter, part) })
	return found
}

// A session that runs EXECUTE has the id of the statement that it executes, and the text of its own.
func TestTextOfWhatExecuteRuns(t *testing.T) {
	dsn := pgtest.Database(t)
	if pgtest.Version(t) < 140000 {
		t.Log("before version 14 a running session has no query id, and its text is not looked at")
	}
	app := pgtest.Connect(t, dsn, nil)
	pgtest.Execute(t, app, "PREPARE s (int, float8) AS SELECT $1 AS executed, pg_sleep($2)", "EXECUTE s(20, 0)")
	id := pgtest.Eventually(t, dsn, "SELECT queryid FROM pg_stat_statements WHERE query LIKE '%AS executed%' AND query NOT LIKE '%queryid%' "+
		"AND dbid = (SELECT oid FROM pg_database WHERE datname = current_database()) AND calls > 0 ORDER BY query LIKE 'PREPARE%' DESC")
	pgtest.InBackground(t, app, "EXECUTE s(20, 60)", pgx.QueryExecModeSimpleProtocol)
	pgtest.Eventually(t, dsn, "SELECT 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND query LIKE 'EXECUTE s%' AND datname = current_database()")
	text, err := textOf(t, dsn, id)
	if err != nil || strings.HasPrefix(text, "EXECUTE") {
		t.Errorf("text %q, %v", text, err)
	}
}

// What a session ran last says better than the statistics what the statement is called with: the newest that has its constants.
func TestValuesOfTheLastCall(t *testing.T) {
	dsn := pgtest.Database(t)
	if pgtest.Version(t) < 140000 {
		t.Log("before version 14 a session has no query id, and its text is not looked at")
		return
	}
	setup := pgtest.Connect(t, dsn, nil)
	pgtest.Execute(t, setup, "CREATE TABLE invoices (state text, n int)",
		"INSERT INTO invoices SELECT CASE WHEN g % 100 = 0 THEN 'void' ELSE 'paid' END, g FROM generate_series(1, 1000) AS g", "ANALYZE invoices")
	const statement = "SELECT n FROM invoices WHERE state = 'paid' AND n > 10 /* last */"
	simple := pgx.QueryExecModeSimpleProtocol
	first, second, prepared := pgtest.Connect(t, dsn, nil), pgtest.Connect(t, dsn, nil), pgtest.Connect(t, dsn, nil)
	run := func(conn *pgx.Conn, sql string, args ...any) {
		t.Helper()
		if _, err := conn.Exec(t.Context(), sql, args...); err != nil {
			t.Fatal(err)
		}
	}
	run(first, strings.Replace(statement, "paid", "void", 1), simple)
	id := pgtest.Eventually(t, dsn, "SELECT queryid FROM pg_stat_statements WHERE query LIKE '%FROM invoices WHERE%' AND query NOT LIKE '%queryid%' "+
		"AND dbid = (SELECT oid FROM pg_database WHERE datname = current_database())")
	ask := newAsker(t, dsn)
	planned := func() *plan.Plan {
		t.Helper()
		q := Question{QueryID: id, Class: plan.Heavy}
		ask.in(t, func(tx pgx.Tx) {
			var err error
			if q.Statement, q.Constants, err = Text(t.Context(), tx, ask.server, id, ""); err != nil {
				t.Fatal(err)
			}
		})
		return ask.explained(t, q)
	}
	expect := func(from string, rows float64) {
		t.Helper()
		if p := planned(); p.Origin.Class != plan.Given || p.Origin.Note != from || math.Abs(p.Root.PlanRows-rows) > 20 || strings.Contains(p.Origin.Statement, "paid") {
			t.Errorf("%v rows by %+v, want %v by %s", p.Root.PlanRows, p.Origin, rows, from)
		}
	}
	expect(valuesOfLast, 10)
	run(second, statement, simple)
	run(prepared, "SELECT n FROM invoices WHERE state = $1 AND n > $2", "void", 10) // newest, but without its values
	expect(valuesOfLast, 980)
	run(second, "BEGIN; SELECT 1", simple)
	expect(valuesOfLast, 10) // what is left
	run(first, "SELECT 2", simple)
	if p := planned(); p.Origin.Class != plan.Heavy || p.Origin.Note != "" || p.Origin.Parameters[0].From != plan.FromRare {
		t.Errorf("where nobody's values are to be seen: %+v", p.Origin)
	}
	pgtest.InBackground(t, second, strings.Replace(statement, "/* last */", "AND pg_sleep(60) IS NOT NULL", 1), simple)
	id = pgtest.Eventually(t, dsn, "SELECT query_id FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database()")
	if p := planned(); p.Origin.Class != plan.Given || p.Origin.Note != valuesOfRunning {
		t.Errorf("while it runs: %+v", p.Origin)
	}
}
