package explain

import (
	"strconv"
	"strings"
	"testing"

	"github.com/pgmedic/pgmedic/probes/pgerr"
	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
	"github.com/pgmedic/pgmedic/probes/plan"
)

// schemas makes a table orders in four schemas, and roles that find it by their search_path. It returns the roles' OIDs.
func schemas(t *testing.T, dsn string) map[string]uint32 {
	t.Helper()
	owner := pgtest.Connect(t, dsn, nil)
	database := pgtest.Value(t, dsn, "SELECT current_database()::text")
	names := []string{"path_role", "path_database", "path Own", "path_plain"}
	for _, name := range names {
		pgtest.Execute(t, owner, `CREATE ROLE "`+name+`"`)
	}
	t.Cleanup(func() {
		owner := pgtest.Connect(t, dsn, nil)
		pgtest.Execute(t, owner, "ALTER DATABASE "+database+" RESET search_path")
		for _, name := range names {
			pgtest.Execute(t, owner, `DROP OWNED BY "`+name+`" CASCADE`, `DROP ROLE "`+name+`"`)
		}
	})
	for _, schema := range []string{"by_role", "by_database", `"path Own"`, "other"} {
		pgtest.Execute(t, owner, "CREATE SCHEMA "+schema, "CREATE TABLE "+schema+".orders (id int)")
	}
	pgtest.Execute(t, owner, "CREATE TABLE by_role.only_there (id int)", "CREATE TABLE public.shared (id int)",
		"ALTER ROLE path_role SET search_path = by_role, public",
		"ALTER ROLE path_database SET search_path = other",
		"ALTER ROLE path_database IN DATABASE "+database+" SET search_path = by_database")
	oids := map[string]uint32{}
	for _, name := range names {
		oid, err := strconv.ParseUint(pgtest.Value(t, dsn, "SELECT oid::text FROM pg_roles WHERE rolname = $1", name), 10, 32)
		if err != nil {
			t.Fatal(err)
		}
		oids[name] = uint32(oid)
	}
	return oids
}

func TestNamesAreLookedUpAsTheCallerDoes(t *testing.T) {
	dsn := pgtest.Database(t)
	oids := schemas(t, dsn)
	ask := newAsker(t, dsn)
	tests := []struct {
		role, statement, schema, path string
	}{
		{"path_role", "SELECT * FROM orders", "by_role", "role path_role"},
		{"path_database", "SELECT * FROM orders", "by_database", "role path_database"},
		{"path Own", "SELECT * FROM orders", "path Own", "role path Own"},
		{"path_plain", "SELECT * FROM shared", "public", ""}, // it looks where pgmedic does
		{"path_role", "SELECT * FROM shared", "public", "role path_role"},
		{"", "SELECT * FROM only_there", "by_role", "role path_role"}, // nobody knows who runs it
		{"", "SELECT * FROM shared", "public", ""},
	}
	for _, test := range tests {
		p := ask.explained(t, Question{Statement: test.statement, UserOID: oids[test.role], Class: plan.Heavy})
		if p.Root.Schema != test.schema || p.Origin.Path != test.path {
			t.Errorf("%s as %q: schema %s, path %q; want %s and %q", test.statement, test.role, p.Root.Schema, p.Origin.Path, test.schema, test.path)
		}
		if want, _, _ := strings.Cut(test.schema, " "); test.path != "" && !strings.Contains(p.Origin.SearchPath, want) {
			t.Errorf("%s as %q: search_path %q", test.statement, test.role, p.Origin.SearchPath)
		}
		if _, set := p.Settings["search_path"]; set {
			t.Errorf("the plan's settings hold the path that explain set: %v", p.Settings)
		}
	}
	_, err := ask.explain(t, Question{Statement: "SELECT * FROM nowhere", UserOID: oids["path_role"], Class: plan.Generic})
	if pgerr.State(err) != "42P01" || !strings.Contains(err.Error(), "role path_role (by_role, public)") || !strings.Contains(err.Error(), "pgmedic's own") {
		t.Errorf("error %v, want one that names the paths tried", err)
	}
}

// A schema of a caller can hold functions with the names of the server's own: pgmedic's own queries must not call them.
func TestTheCallersPathIsNotPgmedics(t *testing.T) {
	dsn := pgtest.Database(t)
	owner := pgtest.Connect(t, dsn, nil)
	pgtest.Execute(t, owner, "CREATE SCHEMA trap", "CREATE TABLE trap.victims (id int)", "INSERT INTO trap.victims VALUES (1), (1), (2)", "ANALYZE trap.victims",
		"CREATE ROLE trapper", "ALTER ROLE trapper SET search_path = trap, pg_catalog",
		"CREATE FUNCTION trap.fail() RETURNS text LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''trapped''; END'",
		"CREATE FUNCTION trap.set_config(text, text, boolean) RETURNS text LANGUAGE sql AS 'SELECT trap.fail()'",
		"CREATE FUNCTION trap.current_setting(text) RETURNS text LANGUAGE sql AS 'SELECT trap.fail()'",
		"CREATE FUNCTION trap.unnest(text[]) RETURNS SETOF text LANGUAGE sql AS 'SELECT trap.fail()'",
		"CREATE FUNCTION trap.current_schemas(boolean) RETURNS name[] LANGUAGE sql AS 'SELECT trap.fail()::name[]'")
	t.Cleanup(func() { pgtest.Execute(t, pgtest.Connect(t, dsn, nil), "DROP ROLE trapper") })
	oid, err := strconv.ParseUint(pgtest.Value(t, dsn, "SELECT oid::text FROM pg_roles WHERE rolname = 'trapper'"), 10, 32)
	if err != nil {
		t.Fatal(err)
	}
	p := newAsker(t, dsn).explained(t, Question{Statement: "SELECT * FROM victims WHERE id = $1", UserOID: uint32(oid), Class: plan.Heavy})
	if p.Origin.Path != "role trapper" || p.Origin.Parameters[0].Value == nil || *p.Origin.Parameters[0].Value != "1" {
		t.Errorf("origin %+v", p.Origin)
	}
}
