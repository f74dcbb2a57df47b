package explain

import (
	"strings"
	"testing"

	"github.com/pgmedic/pgmedic/probes/pgerr"
	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
	"github.com/pgmedic/pgmedic/probes/plan"
)

// Who may read a table cannot have an UPDATE of it planned, and is told what is missing.
func TestPlansOfWritesNeedThePrivilegeToWrite(t *testing.T) {
	dsn := pgtest.Database(t)
	owner := pgtest.Connect(t, dsn, nil)
	pgtest.Execute(t, owner, "CREATE TABLE stock (id int, n int)", "CREATE ROLE reads_stock LOGIN PASSWORD 'p'",
		"GRANT SELECT ON stock TO reads_stock")
	t.Cleanup(func() {
		pgtest.Execute(t, pgtest.Connect(t, dsn, nil), "DROP OWNED BY reads_stock", "DROP ROLE reads_stock")
	})
	ask := newAsker(t, pgtest.As(t, dsn, "reads_stock", "p"))
	ask.explained(t, Question{Statement: "SELECT n FROM stock WHERE id = $1", Class: plan.Heavy})
	for _, statement := range []string{"UPDATE stock SET n = $1 WHERE id = $2", "SELECT n FROM stock WHERE id = $1 FOR UPDATE"} {
		_, err := ask.explain(t, Question{Statement: statement, Class: plan.Heavy})
		if pgerr.State(err) != "42501" || !strings.Contains(err.Error(), "needs the privilege to, though nothing is written: GRANT") {
			t.Errorf("%s: %v", statement, err)
		}
	}
	pgtest.Execute(t, owner, "GRANT UPDATE ON stock TO reads_stock")
	ask.explained(t, Question{Statement: "UPDATE stock SET n = $1 WHERE id = $2", Class: plan.Heavy})
	_ = ask.conn.Close(t.Context())
}
