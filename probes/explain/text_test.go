package explain

import (
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
