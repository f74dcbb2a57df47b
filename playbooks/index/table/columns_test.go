package table

import (
	"fmt"
	"net/url"
	"testing"

	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
)

func TestColumns(t *testing.T) {
	tx := begin(t, pgtest.Database(t), append(zooSchema, `CREATE EXTENSION pg_trgm`, `CREATE DOMAIN twice AS zoo_mail`, `CREATE COLLATION folded (provider = icu,
			locale = 'und-u-ks-level2', deterministic = false)`,
		`ALTER TABLE zoo ADD ci2 text COLLATE folded, ADD icu text COLLATE "und-x-icu", ADD "bad`+"\x1b"+`" int, ADD mails twice, ADD moods zoo_mood[], ADD gone int`,
		`ALTER TABLE zoo DROP gone`,
		`INSERT INTO zoo (id, a, email, mood, plain) SELECT g, CASE WHEN g % 10 < 3 THEN 7 ELSE g END, CASE WHEN g % 4 > 0 THEN 'user' || g END, 'sad', 'x'
			FROM generate_series(1, 1000) AS g`, `ANALYZE zoo`)...)
	columns := read(t, tx, "public", "zoo").Columns
	if _, ok := columns["bad\x1b"]; ok || len(columns) != 26 {
		t.Errorf("%d columns were read, want the 26 that can be shown", len(columns))
	}
	id, a, email := columns["id"], columns["a"], columns["email"]
	if id.Number != 1 || id.Type != "bigint" || id.TypeName != "int8" || id.Length != 8 || id.Align != "d" || !id.Orderable ||
		id.Distinct != -1 || id.Correlation != 1 {
		t.Errorf("id: %+v", id)
	}
	if a.Commonest < 0.29 || a.Commonest > 0.31 || a.NotNull || !columns["done"].NotNull || !a.Analysed {
		t.Errorf("a: %+v", a)
	}
	if email.NullFrac != 0.25 || email.Width < 6 || email.Width > 9 || email.Length != -1 || email.Collation != `"default"` {
		t.Errorf("email: %+v", email)
	}
	if c := columns["mood"]; c.Type != "public.zoo_mood" || !c.Orderable || c.Category != "E" {
		t.Errorf("mood: %+v", c)
	}
	if c := columns["moods"]; c.Type != "public.zoo_mood[]" || c.Category != "A" {
		t.Errorf("moods: %+v", c)
	}
	if c := columns["mails"]; c.Type != "public.twice" || c.Base != "text" || email.Base != "" || c.TypeName != "text" || c.TypeOID != email.TypeOID || !c.Orderable {
		t.Errorf("mails: %+v", c)
	}
	checkCollation(t, columns["plain"], `"C"`, true, false)
	checkCollation(t, columns["icu"], `"und-x-icu"`, false, false)
	checkCollation(t, columns["ci2"], "public.folded", false, true)
	checkCollation(t, id, "", false, false)
}

func TestVirtualColumn(t *testing.T) {
	kind := "STORED"
	if pgtest.Version(t) >= 180000 {
		kind = "VIRTUAL"
	}
	tx := begin(t, pgtest.Database(t), `CREATE TABLE t (a int, b int GENERATED ALWAYS AS (a + 1) `+kind+`)`)
	c := read(t, tx, "public", "t").Columns["b"]
	if c.Virtual != (kind == "VIRTUAL") || (c.Unfit() != "") != c.Virtual {
		t.Errorf("%s column: %+v, unfit because %q", kind, c, c.Unfit())
	}
}

func checkCollation(t *testing.T, c Column, name string, byBytes, nondeterministic bool) {
	t.Helper()
	if c.Collation != name || c.CollatesC != byBytes || c.Nondeterministic != nondeterministic {
		t.Errorf("%s has collation %q, by bytes %v, nondeterministic %v; want %q, %v, %v", c.Name, c.Collation, c.CollatesC, c.Nondeterministic,
			name, byBytes, nondeterministic)
	}
}

func TestOpclass(t *testing.T) {
	tx := begin(t, pgtest.Database(t), append(zooSchema, `CREATE SCHEMA "My ext"`, `CREATE EXTENSION pg_trgm SCHEMA "My ext"`)...)
	made := read(t, tx, "public", "zoo")
	for _, c := range []struct {
		column, method, name, sql string
		ok                        bool
	}{
		{"id", "btree", "", "", true},
		{"id", "gin", "", "", false},
		{"id", "brin", "", "", true},
		{"id", "brin", "int8_minmax_ops", "", true},
		{"id", "btree", "text_pattern_ops", "", false},
		{"email", "btree", "text_pattern_ops", "text_pattern_ops", true},
		{"code", "btree", "varchar_pattern_ops", "varchar_pattern_ops", true},
		{"code", "btree", "", "", true},
		{"letters", "btree", "bpchar_pattern_ops", "bpchar_pattern_ops", true},
		{"email", "gin", "gin_trgm_ops", `"My ext".gin_trgm_ops`, true},
		{"code", "gist", "gist_trgm_ops", `"My ext".gist_trgm_ops`, true},
		{"letters", "gin", "gin_trgm_ops", "", false},
		{"mail", "gin", "gin_trgm_ops", `"My ext".gin_trgm_ops`, true},
		{"data", "gin", "", "", true},
		{"data", "gin", "jsonb_path_ops", "jsonb_path_ops", true},
		{"data", "btree", "", "", true},
		{"tags", "gin", "", "", true},
		{"words", "gin", "", "", true},
		{"words", "gist", "", "", true},
		{"during", "gist", "", "", true},
		{"during", "spgist", "", "", true},
		{"host", "gist", "inet_ops", "inet_ops", true},
		{"host", "gist", "", "", false},
		{"net", "btree", "", "", true},
		{"place", "btree", "", "", false},
		{"place", "gist", "", "", true},
		{"mood", "btree", "", "", true},
		{"mood", "hash", "", "", true},
		{"ci", "btree", "", "", true},
		{"ci", "btree", "text_ops", "text_ops", true},
	} {
		if sql, ok := made.Columns[c.column].Opclass(c.method, c.name); sql != c.sql || ok != c.ok {
			t.Errorf("%s in %s, class %q: %q, %v; want %q, %v", c.column, c.method, c.name, sql, ok, c.sql, c.ok)
		}
	}
	if made.Extensions["pg_trgm"] != "My ext" || made.Extensions["btree_gin"] != "" {
		t.Errorf("extensions: %q", made.Extensions)
	}
	if _, ok := made.Extensions["btree_gin"]; !ok {
		t.Error("btree_gin is on the server's disk, and not known")
	}
}

// What a text without a collation of its own is compared by depends on the database.
func TestDatabaseCollation(t *testing.T) {
	dsn := pgtest.Database(t)
	databases := map[string]bool{`LOCALE 'C'`: true, `LOCALE 'C.utf8'`: false}
	version := pgtest.Version(t)
	if version >= 150000 {
		databases[`LOCALE_PROVIDER icu ICU_LOCALE 'und' LOCALE 'C'`] = false
	}
	if version >= 170000 {
		databases[`LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8' LOCALE 'C.utf8'`] = true
	}
	for options, byBytes := range databases {
		in := another(t, dsn, options)
		tx := begin(t, in, `CREATE TABLE t (x text)`)
		made := read(t, tx, "public", "t")
		checkCollation(t, made.Columns["x"], `"default"`, byBytes, false)
		c, err := Compute(t.Context(), tx, made, "lower(x)", []string{"x"})
		if err != nil || c.Yields.CollatesC != byBytes {
			t.Errorf("%s: lower(x) yields %+v, %v", options, c.Yields, err)
		}
	}
}

// another makes a database beside the test's.
func another(t *testing.T, dsn, options string) string {
	t.Helper()
	uri, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	name := uri.Path[1:] + "_other"
	conn := pgtest.Connect(t, dsn, nil)
	pgtest.Execute(t, conn, fmt.Sprintf(`DROP DATABASE IF EXISTS %s WITH (FORCE)`, name), fmt.Sprintf(`CREATE DATABASE %s TEMPLATE template0 %s`, name, options))
	t.Cleanup(func() {
		pgtest.Execute(t, pgtest.Connect(t, dsn, nil), fmt.Sprintf(`DROP DATABASE IF EXISTS %s WITH (FORCE)`, name))
	})
	uri.Path = "/" + name
	return uri.String()
}

// The shares of a column's most common values are read where it has few short ones.
func TestCommonValues(t *testing.T) {
	tx := begin(t, pgtest.Database(t), `CREATE TYPE mood AS ENUM ('sad', 'so so')`, `CREATE TABLE t (state text, mood mood, done boolean, wide text, id int)`,
		`INSERT INTO t SELECT CASE WHEN n % 50 = 0 THEN 'it''s {failed}' ELSE 'done' END, CASE WHEN n % 4 = 0 THEN 'so so' ELSE 'sad' END::mood, n % 10 = 0,
			repeat(chr(97 + n % 2), 100), n FROM generate_series(1, 1000) AS n`, `ANALYZE t`)
	columns := read(t, tx, "public", "t").Columns
	for column, want := range map[string]map[string]float64{"state": {"it's {failed}": 0.02, "done": 0.98}, "mood": {"sad": 0.75, "so so": 0.25}, "done": {"t": 0.1, "f": 0.9}, "wide": {}, "id": {}} {
		found := columns[column].Common
		for value, share := range want {
			if found[value] < share-0.001 || found[value] > share+0.001 {
				t.Errorf("%s %s: %v, want %v", column, value, found[value], share)
			}
		}
		if len(found) != len(want) {
			t.Errorf("%s: %v", column, found)
		}
	}
}

// Functions are known to have one value for a statement only where every function of the name does.
func TestSteadyFunctions(t *testing.T) {
	body := " LANGUAGE sql AS 'SELECT 1'"
	tx := begin(t, pgtest.Database(t), `CREATE SCHEMA "My app"`, `CREATE FUNCTION "My app".mine() RETURNS int STABLE`+body, `CREATE FUNCTION other() RETURNS int VOLATILE`+body,
		`CREATE FUNCTION shared() RETURNS int STABLE`+body, `CREATE FUNCTION "My app".shared() RETURNS int VOLATILE`+body, `CREATE FUNCTION two() RETURNS int IMMUTABLE`+body,
		`CREATE FUNCTION two(int) RETURNS int VOLATILE`+body, `CREATE FUNCTION several() RETURNS SETOF int STABLE`+body, `CREATE FUNCTION random(text) RETURNS int STABLE`+body,
		`CREATE TABLE t ()`)
	steady := read(t, tx, "public", "t").Steady
	for name, want := range map[string]bool{"My app.mine": true, "mine": true, "other": false, "public.other": false, "public.shared": true, "My app.shared": false, "shared": false,
		"public.two": false, "two": false, "several": false, "random": false, "public.random": true, "pg_catalog.now": false} {
		if steady[name] != want {
			t.Errorf("%s: %v", name, steady[name])
		}
	}
}
