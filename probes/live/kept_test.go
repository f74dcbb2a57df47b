package live

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/pgmedic/pgmedic/probes/explain"
	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
	"github.com/pgmedic/pgmedic/probes/plan"
)

// Of what is asked of the planner pg_stat_statements keeps nothing where the role may hold it back; where it may not, that is known.
func TestPgStatStatementsKeepsNoConstants(t *testing.T) {
	dsn := pgtest.Database(t)
	admin := pgtest.Connect(t, dsn, nil)
	pgtest.Execute(t, admin, "CREATE EXTENSION IF NOT EXISTS pg_stat_statements", "CREATE TABLE owners (name text)", "CREATE ROLE granted_asker LOGIN PASSWORD 'p'", "CREATE ROLE plain_asker LOGIN PASSWORD 'p'",
		"GRANT SELECT ON owners TO granted_asker, plain_asker")
	t.Cleanup(func() {
		pgtest.Execute(t, pgtest.Connect(t, dsn, nil), "DROP OWNED BY granted_asker, plain_asker", "DROP ROLE granted_asker, plain_asker")
	})
	version := admin.PgConn().ParameterStatus("server_version")
	grants, takesOut := version >= "15", version >= "16" // the constants of a utility statement
	if grants {
		pgtest.Execute(t, admin, "GRANT SET ON PARAMETER pg_stat_statements.track TO granted_asker")
	}
	for _, test := range []struct {
		role, dsn string
		may       bool
	}{{"postgres", dsn, true}, {"granted_asker", pgtest.As(t, dsn, "granted_asker", "p"), grants}, {"plain_asker", pgtest.As(t, dsn, "plain_asker", "p"), false}} {
		s := newServer(t, Config{DSN: test.dsn})
		lookAt(t, s)
		explained(t, s.Ask(), explain.Question{Statement: "SELECT name FROM owners WHERE name = 'hush_" + test.role + "'", Class: plan.Heavy, Analyze: true})
		err := s.Ask().Read(t.Context(), func(ctx context.Context, tx pgx.Tx) error {
			_, err := tx.Exec(ctx, "EXPLAIN SELECT name FROM public.owners WHERE name = 'hush_"+test.role+"'")
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		entries := pgtest.Value(t, dsn, "SELECT count(*)::text FROM pg_stat_statements WHERE query LIKE '%hush_'||$1||'%'", test.role)
		if kept := s.Ask().Kept() != ""; kept != (entries != "0") || kept != (!test.may && !takesOut) {
			t.Errorf("%s: %s entries of pg_stat_statements hold the constant, said: %q", test.role, entries, s.Ask().Kept())
		}
		calls := pgtest.Value(t, dsn, `SELECT count(*)::text FROM pg_stat_statements AS s JOIN pg_roles AS r ON r.oid = s.userid
			WHERE r.rolname = $1 AND query LIKE '%EXPLAIN%' AND query LIKE '%pgmedic:explain%'`, test.role)
		if (calls == "0") != test.may {
			t.Errorf("%s: %s EXPLAINs are kept", test.role, calls)
		}
	}
}
