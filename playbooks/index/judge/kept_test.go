package judge

import (
	"strings"
	"testing"

	"github.com/pgmedic/pgmedic/playbooks/index/indextest"
	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
)

// What is asked for an advice leaves none of the statement's constants in pg_stat_statements; where it does, the advice says so once.
func TestNoConstantIsKept(t *testing.T) {
	dsn := pgtest.Database(t)
	pgtest.Execute(t, pgtest.Connect(t, dsn, nil),
		"CREATE TABLE clients (id int PRIMARY KEY, name text, town int, born date)", "CREATE TABLE letters (client int REFERENCES clients, pad text)",
		"INSERT INTO clients SELECT i, 'name' || i, i % 1000, '1980-01-01'::date + i FROM generate_series(1, 40000) AS i", "INSERT INTO letters SELECT i, repeat('x', 90) FROM generate_series(1, 20000) AS i",
		"VACUUM ANALYZE clients", "VACUUM ANALYZE letters", "CREATE ROLE plain_adviser LOGIN PASSWORD 'p'", "GRANT SELECT, DELETE ON clients, letters TO plain_adviser")
	t.Cleanup(func() {
		pgtest.Execute(t, pgtest.Connect(t, dsn, nil), "DROP OWNED BY plain_adviser", "DROP ROLE plain_adviser")
	})
	const kept = `SELECT count(*)::text FROM pg_stat_statements AS s JOIN pg_roles AS r ON r.oid = s.userid
		WHERE r.rolname = $1 AND (query LIKE '%hush'||'471%' OR query LIKE '%471'||'147%')`
	for role, of := range map[string]string{"postgres": dsn, "plain_adviser": pgtest.As(t, dsn, "plain_adviser", "p")} {
		ask, warned := indextest.Watched(t, of).Ask(), 0
		for i, statement := range []string{
			"SELECT id FROM clients WHERE lower(name) = 'hush471' AND town = 471147 ORDER BY born LIMIT 5",
			"SELECT id FROM clients WHERE name LIKE 'hush471%' AND born + 30 > now() OR town IN (471147, 471148)",
			"SELECT c.id, pad FROM clients AS c JOIN letters ON client = c.id WHERE name = 'hush471'",
			"DELETE FROM clients WHERE name = 'hush471' AND born::text = '471147'",
		} {
			a, err := Statement(t.Context(), ask, Query{Statement: statement})
			if err != nil {
				t.Fatal(statement, err)
			}
			warned += strings.Count(strings.Join(a.Warnings, "\n"), "GRANT SET ON PARAMETER")
			entries := pgtest.Value(t, dsn, kept, role)
			if role == "postgres" && (entries != "0" || warned > 0) || warned != 0 && warned != i+1 || entries != "0" && warned == 0 {
				t.Errorf("%s: after %s, %s entries of pg_stat_statements hold a constant; warnings %q", role, statement, entries, a.Warnings)
			}
		}
	}
}
