package snapshot

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
)

// fiveThousand makes pg_stat_statements hold 5,000 statements, so many that reading them overruns its budget.
func fiveThousand(t *testing.T, dsn string) {
	t.Helper()
	var block strings.Builder
	block.WriteString("DO $do$ BEGIN\n")
	for i := range 5000 {
		sum := "1"
		for bit := range 13 {
			sum = "(" + sum + string("+*"[i>>bit&1]) + "1)::numeric"
		}
		fmt.Fprintf(&block, "PERFORM %s;\n", sum)
	}
	block.WriteString("END $do$")
	conn := pgtest.Connect(t, dsn, nil)
	pgtest.Execute(t, conn, "SET pg_stat_statements.track = 'all'", block.String())
	if err := conn.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if many := pgtest.Value(t, dsn, "SELECT (count(*) > 4000)::text FROM pg_stat_statements"); many != "true" {
		t.Fatal("there are fewer statements")
	}
}

// Many statements are read rarely by who stays; a look has its two readings all the same.
func TestManyStatements(t *testing.T) {
	dsn := pgtest.Database(t)
	fiveThousand(t, dsn)
	for _, length := range []time.Duration{2 * time.Second, 5 * time.Second} {
		if s := takeIt(t, dsn, Options{For: length}); s.Statements.WindowS == nil || *s.Statements.WindowS < 0.9 {
			t.Errorf("a look of %s has a window of %v: %+v", length, s.Statements.WindowS, s.Blind)
		}
	}
}
