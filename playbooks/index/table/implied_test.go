package table

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/pgmedic/pgmedic/playbooks/index/shape"
	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
	"github.com/pgmedic/pgmedic/probes/plan"
)

// What is taken to imply a predicate is what the planner proves to: each condition is planned with an index of each predicate and nothing else to choose.
func TestImpliedIsWhatThePlannerProves(t *testing.T) {
	conn := pgtest.Connect(t, pgtest.Database(t), nil)
	pgtest.Execute(t, conn, `CREATE TABLE t (id int, n int, x numeric, s text, code varchar(9), done bool, d date)`,
		`SET enable_seqscan = off`, `SET enable_bitmapscan = off`)
	predicates := []string{"done", "NOT done", "done IS TRUE", "done IS NOT TRUE", "n IS NULL", "n IS NOT NULL", "s IS NOT NULL", "n > 5", "n >= 5", "n < 5", "n = 5",
		"n IN (5, 6)", "n <> 5", "n NOT IN (5, 6)", "x <> 1.0", "x > 1.5", "s = 'a'", "s <> 'a'", "s IN ('a', 'b')", "code = 'a'", "code IN ('a', 'b')", "lower(s) = 'a'",
		"n = 5 OR s = 'a'", "done AND n IS NOT NULL", "s LIKE 'a%'", "d >= '2024-01-01'"}
	conditions := []string{"done", "NOT done", "done IS FALSE", "done IS TRUE", "done IS NOT NULL", "n IS NULL",
		"n IS NOT NULL", "n > 5", "n >= 5", "n > 6", "n = 5", "n = 6", "n = 7", "n < 5",
		"n < 4", "n IN (5, 6)", "n IN (5)", "n <> 5", "x = 1", "x = 1.00", "x > 2", "x = 2", "s = 'a'", "s = 'b'", "s IN ('a')", "s IN ('b', 'a')", "s LIKE 'a%'",
		"s COLLATE \"C\" = 'a'", "code = 'a'", "code = 'b'", "code IN ('b')", "lower(s) = 'a'", "done AND n = 5", "n = 5 OR s = 'a'", "d = '2024-05-01'", "d > '2024-05-01'",
		"code::text = 'a'", "s ~ 'a'", "s > 'b'"}
	proven, taken := 0, 0
	for _, predicate := range predicates {
		pgtest.Execute(t, conn, "CREATE INDEX p ON t (id) WHERE "+predicate)
		tx := beginOn(t, conn)
		where := read(t, tx, "public", "t").Indexes[0].Shape.Where
		for _, condition := range conditions {
			printed, proves := asked(t, tx, condition)
			implied := shape.Implied(where, plan.Conjuncts(printed))
			if proves {
				proven++
			}
			if implied {
				taken++
			}
			if implied && !proves {
				t.Errorf("%s is taken to imply %s, and the planner does not", printed, predicate)
			}
		}
		if err := tx.Rollback(t.Context()); err != nil {
			t.Fatal(err)
		}
		pgtest.Execute(t, conn, "DROP INDEX p")
	}
	t.Logf("the planner proves %d, %d of them are told", proven, taken)
	if taken*10 < proven*7 {
		t.Errorf("of %d that the planner proves, %d are told: too few", proven, taken)
	}
}

// asked returns a condition as the server prints it, and whether the planner scans the partial index for it.
func asked(t *testing.T, tx pgx.Tx, condition string) (printed string, proves bool) {
	t.Helper()
	for _, from := range []string{"t WHERE id = 1 AND (%s)", "(SELECT * FROM t OFFSET 0) AS t WHERE %s"} {
		var text []byte
		if err := tx.QueryRow(context.Background(), "EXPLAIN (FORMAT JSON) SELECT * FROM "+fmt.Sprintf(from, condition)).Scan(&text); err != nil {
			t.Fatal(err)
		}
		var answer []struct {
			Plan struct {
				Filter string
				Index  string `json:"Index Name"`
			}
		}
		if err := json.Unmarshal(text, &answer); err != nil {
			t.Fatal(err)
		}
		printed, proves = answer[0].Plan.Filter, proves || answer[0].Plan.Index == "p"
	}
	return strings.TrimSpace(printed), proves
}
