package explain

import (
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/pgmedic/pgmedic/probes/pgerr"
	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
	"github.com/pgmedic/pgmedic/probes/plan"
)

// TestHostileStatements: none of these is run, none writes, none breaks the session.
func TestHostileStatements(t *testing.T) {
	dsn := pgtest.Database(t)
	owner := pgtest.Connect(t, dsn, nil)
	pgtest.Execute(t, owner, "CREATE TABLE kept (n int)", "CREATE SEQUENCE s",
		"CREATE FUNCTION writes() RETURNS int LANGUAGE plpgsql IMMUTABLE AS 'BEGIN INSERT INTO kept VALUES (1); RETURN 1; END'")
	ask := newAsker(t, dsn)
	for _, statement := range []string{
		"SELECT 1; INSERT INTO kept VALUES (1)", "SELECT $1; DROP TABLE kept", "SELECT 1 */; INSERT INTO kept VALUES (1); /*", "COMMIT; INSERT INTO kept VALUES (1)",
		"SELECT 1 WHERE writes() = $1", "ANALYZE INSERT INTO kept VALUES (1)", "(ANALYZE) INSERT INTO kept VALUES (1)", "EXPLAIN ANALYZE INSERT INTO kept VALUES (1)",
		"EXECUTE pgmedic_explained", "PREPARE TRANSACTION 'x'", "ROLLBACK", "", ";", "\x00", "SELECT '", "SELECT id FROM kept WHERE tit",
	} {
		for _, class := range []plan.Class{plan.Generic, plan.Heavy} {
			if p, err := ask.explain(t, Question{Statement: statement, Class: class}); err == nil {
				t.Errorf("%q was planned: %+v", statement, p.Origin)
			}
		}
	}
	for _, statement := range []string{"INSERT INTO kept VALUES (nextval('s'))", "WITH w AS (INSERT INTO kept VALUES (1) RETURNING n) SELECT * FROM w"} {
		ask.explained(t, Question{Statement: statement, Class: plan.Heavy}) // planned, not run
		if _, err := ask.explain(t, Question{Statement: statement, Class: plan.Heavy, Analyze: true}); err == nil {
			t.Errorf("%q was run", statement)
		}
	}
	if n := pgtest.Value(t, dsn, "SELECT (SELECT count(*) FROM kept)::text || (SELECT is_called FROM s)::text"); n != "0false" {
		t.Errorf("rows and sequence: %s", n)
	}
	ask.explained(t, Question{Statement: "SELECT 1", Class: plan.Generic}) // the session is as before
}

func TestAStatementOfOneMegabyte(t *testing.T) {
	dsn := pgtest.Database(t)
	ask := newAsker(t, dsn)
	long := "SELECT 1 WHERE 'x' IN ('" + strings.Repeat("long ", 200_000) + "', $1)"
	if p := ask.explained(t, Question{Statement: long, Class: plan.Heavy}); len(p.Origin.Statement) > 100 {
		t.Errorf("the origin holds %d bytes", len(p.Origin.Statement))
	}
	var many strings.Builder
	for i := range 20_000 {
		fmt.Fprintf(&many, " OR relname = 'name_%d_%s'", i, strings.Repeat("n", 20))
	}
	_, err := ask.explain(t, Question{Statement: "SELECT 1 FROM pg_class WHERE relname = $1" + many.String(), Class: plan.Generic})
	if err != nil && pgerr.State(err) != "54001" { // as deep as the server's stack allows
		t.Error(err)
	}
}

func TestPlanningThatTakesTooLong(t *testing.T) {
	dsn := pgtest.Database(t)
	pgtest.Execute(t, pgtest.Connect(t, dsn, nil), "CREATE FUNCTION slow() RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 1 FROM pg_sleep(60)'")
	ask := newAsker(t, dsn)
	ask.timeout = "200ms"
	_, err := ask.explain(t, Question{Statement: "SELECT 1 WHERE slow() = 1", Class: plan.Generic})
	if pgerr.State(err) != "57014" {
		t.Errorf("planning that takes too long: %v", err)
	}
}

// A partitioned table shows its partitions in the generic plan, though NULL for a value would rule all of them out; with values those that are needed.
func TestGenericPlanOfAPartitionedTable(t *testing.T) {
	ask, _ := valuesAsker(t)
	const statement = "SELECT * FROM parts WHERE owner = $1 AND id = $2"
	partitions := func(class plan.Class) int {
		n := 0
		p := ask.explained(t, Question{Statement: statement, Class: class})
		p.Walk(func(node *plan.Node, _ int) {
			if strings.HasPrefix(node.Relation, "parts_") {
				n++
			}
		})
		if _, set := p.Settings["enable_partition_pruning"]; set {
			t.Errorf("%s: the settings hold what explain set: %v", class, p.Settings)
		}
		return n
	}
	if generic, heavy := partitions(plan.Generic), partitions(plan.Heavy); generic != 2 || heavy != 1 {
		t.Errorf("partitions: generic %d, heavy %d; want 2 and 1", generic, heavy)
	}
}

// Partitions that a stable function rules out when the plan is made ready to run stay out of the plan of a statement without parameters: they are in every run.
func TestPartitionsThatTheRunRulesOut(t *testing.T) {
	ask, _ := valuesAsker(t)
	const statement = "SELECT * FROM parts WHERE id > length(current_setting('server_version')) + 5000"
	for _, class := range []plan.Class{plan.Generic, plan.Heavy} {
		var read []string
		ask.explained(t, Question{Statement: statement, Class: class}).Walk(func(node *plan.Node, _ int) {
			if node.Relation != "" {
				read = append(read, node.Relation)
			}
		})
		if len(read) != 1 || read[0] != "parts_2" {
			t.Errorf("%s: the plan reads %q, want parts_2", class, read)
		}
	}
}

// Types that the text has lost are assumed, and the plan says so.
func TestAssumedTypesAreSaid(t *testing.T) {
	dsn := pgtest.Database(t)
	pgtest.Execute(t, pgtest.Connect(t, dsn, nil), "CREATE TABLE t (id int, u uuid)")
	ask := newAsker(t, dsn)
	tests := map[string]string{
		"SELECT sum(CASE WHEN id > 5 THEN $1 ELSE $2 END) FROM t": "integer",
		"SELECT * FROM t WHERE u = ANY (ARRAY[$1, $2])":           "$1 uuid",
		"SELECT * FROM t WHERE id = $1":                           "nothing is known of callers' values: $1",
		"SELECT count($1), concat($2, $3) FROM t":                 "",
	}
	for statement, want := range tests {
		p := ask.explained(t, Question{Statement: statement, Class: plan.Heavy})
		if !strings.Contains(p.Origin.Note, want) || want == "" && p.Origin.Note != "" {
			t.Errorf("%s: note %q, want %q", statement, p.Origin.Note, want)
		}
	}
	if _, err := ask.explain(t, Question{Statement: "SELECT no_such_function($1)", Class: plan.Generic}); pgerr.State(err) != "42883" {
		t.Errorf("error %v", err)
	}
}

// TestLocksAreNotReadInAStorm: with as many sessions waiting for the lock table as it takes, here none, the server does not look at the locks.
func TestLocksAreNotReadInAStorm(t *testing.T) {
	const gate = "< 10"
	sql := query("lockers")
	if !strings.Contains(sql, gate) {
		t.Fatal(sql)
	}
	conn := pgtest.Connect(t, pgtest.Database(t), nil)
	for limit, want := range map[string]bool{gate: false, "< 0": true} {
		rows, _ := conn.Query(t.Context(), "EXPLAIN (ANALYZE, COSTS OFF) "+strings.Replace(sql, gate, limit, 1), []string{""}, []string{"kept"}, []string{"public"})
		lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			t.Fatal(err)
		}
		skipped := false
		for _, line := range lines {
			skipped = skipped || strings.Contains(line, "on pg_lock_status") && strings.Contains(line, "never executed")
		}
		if skipped != want {
			t.Errorf("%s: skipped %v\n%s", limit, skipped, strings.Join(lines, "\n"))
		}
	}
}
