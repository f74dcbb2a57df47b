package table

import (
	"testing"

	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
)

// expressions over the table zoo: immutable says whether CREATE INDEX takes them, which the test asks too; a guarded one it takes,
// but it cannot be told by planning.
var expressions = []struct {
	text      string
	columns   []string
	immutable bool
	guarded   bool
	yields    string
}{
	{"lower(email)", []string{"email"}, true, false, "text"},
	{"lower((code)::text)", []string{"code"}, true, false, "text"},
	{"data ->> 'k'::text", []string{"data"}, true, false, "text"},
	{"((data ->> 'n'::text))::integer", []string{"data"}, true, false, "integer"},
	{"((data -> 'a'::text) ->> 'n'::text)", []string{"data"}, true, false, "text"},
	{"((data ->> 'at'::text))::timestamp with time zone", []string{"data"}, false, false, ""},
	{"((data ->> 'at'::text))::date", []string{"data"}, false, false, ""},
	{"((data ->> 'p'::text))::numeric(10,2)", []string{"data"}, true, false, "numeric"},
	{"to_timestamp((data ->> 'at'::text), 'YYYY'::text)", []string{"data"}, false, false, ""},
	{"to_timestamp(((data ->> 'at'::text))::double precision)", []string{"data"}, true, false, "timestamp with time zone"},
	{"date_trunc('day'::text, at)", []string{"at"}, false, false, ""},
	{"date_trunc('day'::text, (at AT TIME ZONE 'UTC'::text))", []string{"at"}, true, false, "timestamp without time zone"},
	{"(at)::date", []string{"at"}, false, false, ""},
	{"((at AT TIME ZONE 'UTC'::text))::date", []string{"at"}, true, false, "date"},
	{"EXTRACT(epoch FROM at)", []string{"at"}, false, false, ""},
	{"EXTRACT(year FROM (at AT TIME ZONE 'UTC'::text))", []string{"at"}, true, false, ""},
	{"to_char(at, 'YYYY'::text)", []string{"at"}, false, false, ""},
	{"at + '1 day'::interval", []string{"at"}, false, false, ""},
	{"during + '[1,2]'::int4range", []string{"during"}, false, false, ""},
	{"lower(during)", []string{"during"}, true, false, "timestamp with time zone"},
	{"COALESCE(email, (code)::text)", []string{"email", "code"}, true, false, "text"},
	{"COALESCE(at, now())", []string{"at"}, false, false, ""},
	{"COALESCE(at, CURRENT_TIMESTAMP)", []string{"at"}, false, false, ""},
	{"COALESCE(email, to_char(at, 'YYYY'::text))", []string{"email", "at"}, false, false, ""},
	{"CASE WHEN done THEN a ELSE b END", []string{"done", "a", "b"}, false, true, ""},
	{"(a + b) * 2", []string{"a", "b"}, true, false, "integer"},
	{"(a / (b - 1))", []string{"a", "b"}, true, false, "integer"},
	{"((email || ' ('::text) || (code)::text)", []string{"email", "code"}, true, false, "text"},
	{"concat(email, code)", []string{"email", "code"}, false, false, ""},
	{"to_tsvector('english'::regconfig, COALESCE(email, ''::text))", []string{"email"}, true, false, "tsvector"},
	{"to_tsvector(email)", []string{"email"}, false, false, ""},
	{"(mood)::text", []string{"mood"}, false, false, ""},
	{"upper((mail)::text)", []string{"mail"}, true, false, "text"},
	{"md5(email)", []string{"email"}, true, false, "text"},
	{`lower("Odd ""name"" ü")`, []string{`Odd "name" ü`}, true, false, "text"},
	{`"left"(email, 5)`, []string{"email"}, true, false, "text"},
	{"tags[1]", []string{"tags"}, true, false, "text"},
	{"cardinality(tags)", []string{"tags"}, true, false, "integer"},
	{"random() + (a)::double precision", []string{"a"}, false, false, ""},
	{"public.zoo_volatile(a)", []string{"a"}, false, false, ""},
	{"public.zoo_strict_stable(NULLIF(a, 1))", []string{"a"}, false, false, ""},
	{"public.zoo_immutable(a)", []string{"a"}, true, false, "integer"},
	{"host(host)", []string{"host"}, true, false, "text"},
	{"(email COLLATE \"C\")", []string{"email"}, true, false, "text"},
	{"zoo_immutable(a)", []string{"a"}, false, false, ""},     // its schema is not told
	{"public.zoo_raising(a)", []string{"a"}, false, true, ""}, // a constant that it does not take says nothing of the rows
	{"public.zoo_unknown(a)", []string{"a"}, false, false, ""},
	{"a; DROP TABLE zoo", []string{"a"}, false, false, ""},
	{"a) IS NOT NULL, (SELECT 1", []string{"a"}, false, false, ""},
	{"count(a)", []string{"a"}, false, false, ""},
	{"generate_series(1, a)", []string{"a"}, false, false, ""},
	{"$1", nil, false, false, ""},
	{"", nil, false, false, ""},
	{"lower(gone)", []string{"gone"}, false, false, ""},
}

func TestImmutable(t *testing.T) {
	dsn := pgtest.Database(t)
	tx := begin(t, dsn, append(zooSchema, `CREATE FUNCTION zoo_volatile(int) RETURNS int LANGUAGE plpgsql AS 'BEGIN RETURN $1; END'`,
		`CREATE FUNCTION zoo_immutable(int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN $1; END'`,
		`CREATE FUNCTION zoo_raising(int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS 'BEGIN IF $1 = 1 THEN RAISE EXCEPTION ''not %'', $1; END IF; RETURN $1; END'`,
		`CREATE FUNCTION zoo_strict_stable(int) RETURNS int LANGUAGE plpgsql STRICT STABLE AS 'BEGIN RETURN $1; END'`)...)
	made := read(t, tx, "public", "zoo")
	builder := pgtest.Connect(t, dsn, map[string]string{"search_path": "pg_catalog"}) // as the build session
	for _, e := range expressions {
		c, err := Compute(t.Context(), tx, made, e.text, e.columns)
		if err != nil {
			t.Errorf("%s: %v", e.text, err)
			continue
		}
		if c.Immutable != e.immutable || e.yields != "" && c.Yields.Type != e.yields {
			t.Errorf("%s: immutable %v of type %q, want %v of %q", e.text, c.Immutable, c.Yields.Type, e.immutable, e.yields)
		}
		_, err = builder.Exec(t.Context(), "CREATE INDEX ON public.zoo USING brin (("+e.text+"))")
		if c.Immutable && err != nil && c.Yields.TypeName != "tsvector" || err == nil && !c.Immutable && !e.guarded {
			t.Errorf("%s: immutable %v, but the server says %v", e.text, c.Immutable, err)
		}
	}
	if _, err := tx.Exec(t.Context(), "SELECT 1"); err != nil {
		t.Errorf("the transaction is of no use afterwards: %v", err)
	}
}

func TestYields(t *testing.T) {
	tx := begin(t, pgtest.Database(t), append(zooSchema, `CREATE EXTENSION pg_trgm`)...)
	made := read(t, tx, "public", "zoo")
	c, err := Compute(t.Context(), tx, made, "lower(email)", []string{"email"})
	if err != nil {
		t.Fatal(err)
	}
	if sql, ok := c.Yields.Opclass("gin", "gin_trgm_ops"); !ok || sql != "public.gin_trgm_ops" || !c.Yields.Orderable || c.Yields.Length != -1 {
		t.Errorf("lower(email) yields %+v", c.Yields)
	}
	c, err = Compute(t.Context(), tx, made, "lower(plain)", []string{"plain"})
	if err != nil || c.Yields.Collation != `"C"` || !c.Yields.CollatesC {
		t.Errorf("lower(plain) yields %+v, %v", c.Yields, err)
	}
	c, err = Compute(t.Context(), tx, made, "to_tsvector('simple'::regconfig, email)", []string{"email"})
	if _, ok := c.Yields.Opclass("gin", ""); err != nil || !ok {
		t.Errorf("to_tsvector yields %+v, %v", c.Yields, err)
	}
}

// A function that belongs to a role which is no superuser is not run by who may have the server run programs: folding would. Others may.
func TestForeignFunctionsAreNotFolded(t *testing.T) {
	dsn := pgtest.Database(t)
	statements := append(zooSchema, `CREATE ROLE folds_itself`, `CREATE ROLE folds_others`, `GRANT SELECT ON zoo TO folds_others`,
		`CREATE FUNCTION zoo_own(int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN $1; END'`, `ALTER FUNCTION zoo_own OWNER TO folds_itself`,
		`CREATE DOMAIN zoo_guarded AS int CHECK (zoo_own(VALUE) = 1)`, `ALTER DOMAIN zoo_guarded OWNER TO folds_itself`)
	t.Cleanup(func() {
		pgtest.Execute(t, pgtest.Connect(t, dsn, nil), "DROP OWNED BY folds_itself, folds_others CASCADE", "DROP ROLE folds_itself", "DROP ROLE folds_others")
	})
	tx := begin(t, dsn, statements...)
	made := read(t, tx, "public", "zoo")
	for _, as := range []struct {
		role      string
		immutable bool
	}{{"postgres", false}, {"folds_others", true}} {
		if _, err := tx.Exec(t.Context(), "SET LOCAL ROLE "+as.role); err != nil {
			t.Fatal(err)
		}
		for _, expression := range []string{"public.zoo_own(a)", "lower((public.zoo_own(a))::text)"} {
			ok, err := Immutable(t.Context(), tx, made, expression, []string{"a"})
			if err != nil || ok != as.immutable {
				t.Errorf("%s as %s: immutable %v, %v", expression, as.role, ok, err)
			}
		}
		if as.role == "postgres" {
			if ok, err := Immutable(t.Context(), tx, made, "((a)::public.zoo_guarded)::text", []string{"a"}); err != nil || ok {
				t.Errorf("a domain of another role: immutable %v, %v", ok, err)
			}
		}
	}
}
