package judge

import (
	"strconv"
	"strings"
	"testing"

	"github.com/pgmedic/pgmedic/playbooks/index/indextest"
	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
)

// ofTheApplication has its functions and types in a schema that its role alone searches. Others have put functions of the same names in public.
const ofTheApplication = `
CREATE EXTENSION citext;
CREATE SCHEMA app;
CREATE SCHEMA ext;
CREATE EXTENSION hstore SCHEMA ext;
CREATE EXTENSION ltree SCHEMA ext;
CREATE EXTENSION pg_trgm SCHEMA ext;
CREATE EXTENSION unaccent SCHEMA ext;
CREATE EXTENSION intarray SCHEMA ext;
CREATE FUNCTION app.plain(text) RETURNS text IMMUTABLE LANGUAGE sql AS 'SELECT ext.unaccent(''ext.unaccent''::regdictionary, $1)';
CREATE TYPE app.mood AS ENUM ('calm', 'angry', 'gone');
CREATE FUNCTION app.norm(text) RETURNS text IMMUTABLE LANGUAGE plpgsql AS 'BEGIN RETURN lower($1); END';
CREATE FUNCTION app.twice(text) RETURNS text IMMUTABLE LANGUAGE plpgsql AS 'BEGIN RETURN $1 || $1; END';
CREATE TABLE app.people (id bigint PRIMARY KEY, email text, nick citext, code varchar, m app.mood, at timestamptz, pad text, tags ext.hstore, place ext.ltree, list int[]);
INSERT INTO app.people SELECT i, 'U' || i || '@' || i % 5000, 'n' || i, 'C' || i, CASE WHEN i % 100 = 0 THEN 'angry' ELSE 'calm' END::app.mood,
    now() - i * interval '1 s', repeat('x', 100), ext.hstore('color', 'c' || i % 2000), ('top.a' || i % 50 || '.b' || i % 2000)::ext.ltree, ARRAY[i % 3000, i % 7] FROM generate_series(1, 20000) i;
ANALYZE app.people;
CREATE ROLE path_app;
ALTER ROLE path_app SET search_path = app;
CREATE ROLE path_both;
ALTER ROLE path_both SET search_path = app, public;
CREATE ROLE path_ext;
ALTER ROLE path_ext SET search_path = app, ext;
CREATE ROLE path_others;
CREATE FUNCTION public.twice(text) RETURNS text IMMUTABLE LANGUAGE plpgsql AS 'BEGIN RETURN $1; END';
CREATE FUNCTION public.lower(varchar) RETURNS text IMMUTABLE LANGUAGE plpgsql AS 'BEGIN RETURN upper($1::text); END';
CREATE FUNCTION public.norm(text) RETURNS text IMMUTABLE LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''run as %'', current_user; END';
ALTER FUNCTION public.norm(text) OWNER TO path_others;
`

// The names of a statement are those of its caller's search_path: an index on them means the same to who builds it, and nobody else's function is run to find out.
func TestNamesOfTheCallersPath(t *testing.T) {
	dsn := pgtest.Database(t)
	indextest.Script(t, pgtest.Connect(t, dsn, nil), ofTheApplication)
	t.Cleanup(func() {
		pgtest.Execute(t, pgtest.Connect(t, dsn, nil), "DROP OWNED BY path_others CASCADE", "DROP ROLE path_app", "DROP ROLE path_both", "DROP ROLE path_ext", "DROP ROLE path_others")
	})
	ask := indextest.Watched(t, dsn).Ask()
	for _, test := range []struct{ role, statement, ddl string }{
		{"path_app", "SELECT * FROM people WHERE norm(email) = 'u5@5'", "(app.norm(email))"},
		{"path_both", "SELECT * FROM people WHERE m = 'angry' ORDER BY at LIMIT 10", "WHERE m = 'angry'::app.mood"},
		{"path_both", "SELECT * FROM people WHERE split_part(email, '@', 2) = '7'", "(split_part(email, '@'::text, 2))"}, // citext has one of its own
		{"path_ext", "SELECT id FROM people WHERE tags -> 'color' = 'c77'", "((tags OPERATOR(ext.->) 'color'::text))"},
		{"path_ext", "SELECT id FROM people WHERE tags @> 'color=>c77'", "USING gin (tags)"},
		{"path_ext", "SELECT id FROM people WHERE place ~ '*.b77'", "USING gist (place)"},
		{"path_ext", "SELECT id FROM people WHERE list @@ '77'", "USING gin (list ext.gin__int_ops)"},
		{"path_ext", "SELECT id FROM people WHERE plain(email) ILIKE '%u7777@%'", "USING gin ((app.plain(email)) ext.gin_trgm_ops)"},
		{"path_both", "SELECT * FROM people WHERE twice(email) = 'u5@5u5@5'", ""},      // of two functions one
		{"path_both", "SELECT * FROM people WHERE lower(code) = 'C77'", ""},            // not the server's
		{"path_both", "SELECT * FROM people WHERE split_part(nick, 'X', 2) = '7'", ""}, // citext's
	} {
		oid, err := strconv.ParseUint(pgtest.Value(t, dsn, "SELECT oid::text FROM pg_roles WHERE rolname = $1", test.role), 10, 32)
		if err != nil {
			t.Fatal(err)
		}
		q := Query{Statement: test.statement, UserOID: uint32(oid)}
		a, err := Statement(t.Context(), ask, q)
		if err != nil {
			t.Errorf("%s: %v", test.statement, err)
			continue
		}
		if test.ddl == "" {
			if len(a.Drafts) > 0 {
				t.Errorf("%s: drafted %s", test.statement, a.Drafts[0].SQL)
			}
			continue
		}
		if a.Verdict != Recommended || !strings.Contains(a.Drafts[0].SQL[0], test.ddl) {
			t.Errorf("%s: %s %s %+v, want an index %s", test.statement, a.Verdict, a.Reason, a.Drafts, test.ddl)
			continue
		}
		pgtest.Execute(t, pgtest.Connect(t, dsn, map[string]string{"search_path": "pg_catalog"}), a.Drafts[0].SQL...)
		caller := pgtest.Connect(t, dsn, map[string]string{"search_path": strings.TrimPrefix(
			pgtest.Value(t, dsn, "SELECT array_to_string(rolconfig, '') FROM pg_roles WHERE rolname = $1", test.role), "search_path=")})
		var plan string
		if err := caller.QueryRow(t.Context(), "EXPLAIN (FORMAT JSON) "+test.statement).Scan(&plan); err != nil || !strings.Contains(plan, a.Drafts[0].Indexes[0].Name) {
			t.Errorf("%s: the index is not used: %v %s", test.statement, err, plan)
		}
		if a, err = Statement(t.Context(), ask, q); err != nil || a.Verdict != Exists {
			t.Errorf("%s: %s %s %v, want the index that was built", test.statement, a.Verdict, a.Reason, err)
		}
	}
}
