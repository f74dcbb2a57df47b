package table

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/pgmedic/pgmedic/playbooks/index/shape"
	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

const zooTable = `CREATE TABLE %s (
	id int8, a int4, b int4, "Odd ""name"" ü" text, email text, code varchar(20), letters char(8), mood zoo_mood, mail zoo_mail, at timestamptz, done bool NOT NULL
	DEFAULT false,
	data jsonb, tags text[], words tsvector, during tstzrange, host inet, net cidr, place point, amount numeric, plain text COLLATE "C", ci citext, "order" int)`

// zooSchema makes the table zoo.
var zooSchema = []string{`CREATE EXTENSION citext`, `CREATE TYPE zoo_mood AS ENUM ('sad', 'glad')`, `CREATE DOMAIN zoo_mail AS text CHECK (VALUE LIKE '%@%')`,
	fmt.Sprintf(zooTable, "zoo")}

// zoo are indexes of many kinds, on the table zoo.
var zoo = []string{
	`CREATE INDEX x ON zoo (a)`,
	`CREATE UNIQUE INDEX x ON zoo (id) INCLUDE (a, "Odd ""name"" ü")`,
	`CREATE INDEX x ON zoo (a DESC, b NULLS FIRST, at DESC NULLS LAST)`,
	`CREATE INDEX x ON zoo ("Odd ""name"" ü", "order")`,
	`CREATE INDEX x ON zoo (email text_pattern_ops)`,
	`CREATE INDEX x ON zoo (code)`,
	`CREATE INDEX x ON zoo (code varchar_pattern_ops, letters bpchar_pattern_ops)`,
	`CREATE INDEX x ON zoo (email COLLATE "C", plain COLLATE "default")`,
	`CREATE INDEX x ON zoo (email COLLATE "C" text_pattern_ops DESC)`,
	`CREATE INDEX x ON zoo (plain, mood, mail, net, ci)`,
	`CREATE INDEX x ON zoo (ci text_ops)`,
	`CREATE INDEX x ON zoo (lower(email), a)`,
	`CREATE INDEX x ON zoo (lower(email) COLLATE "C" text_pattern_ops DESC NULLS LAST)`,
	`CREATE INDEX x ON zoo (lower(plain), lower(email COLLATE "C"), upper(plain) COLLATE "default")`,
	`CREATE INDEX x ON zoo ((a + b * 2), (data ->> 'k'), ((data -> 'x') ->> 'y'))`,
	`CREATE INDEX x ON zoo (date_trunc('day', at AT TIME ZONE 'UTC'))`,
	`CREATE INDEX x ON zoo ((email || ' (' || code), (CASE WHEN done THEN a ELSE b END))`,
	`CREATE INDEX x ON zoo (a) WHERE NOT done`,
	`CREATE INDEX x ON zoo (a) WHERE done AND email IS NOT NULL AND (a > 5 OR b < 3) AND email IN ('x', 'y') AND email LIKE '%) AND (%'`,
	`CREATE INDEX x ON zoo (lower(email)) INCLUDE (b) WITH (fillfactor = 70, deduplicate_items = off) WHERE lower(email) <> 'a'`,
	`CREATE INDEX x ON zoo USING hash (email)`,
	`CREATE INDEX x ON zoo USING gin (data)`,
	`CREATE INDEX x ON zoo USING gin (data jsonb_path_ops) WITH (fastupdate = off)`,
	`CREATE INDEX x ON zoo USING gin (tags, words)`,
	`CREATE INDEX x ON zoo USING gin (email gin_trgm_ops, lower(code) gin_trgm_ops)`,
	`CREATE INDEX x ON zoo USING gin (to_tsvector('english', email)) WHERE a = 3`,
	`CREATE INDEX x ON zoo USING gin (a, tags)`,
	`CREATE INDEX x ON zoo USING gist (during, email gist_trgm_ops(siglen = 32))`,
	`CREATE INDEX x ON zoo USING gist (host inet_ops, place) INCLUDE (a)`,
	`CREATE INDEX x ON zoo USING spgist (place kd_point_ops)`,
	`CREATE INDEX x ON zoo USING spgist (during)`,
	`CREATE INDEX x ON zoo USING brin (at, a int4_minmax_ops) WITH (pages_per_range = 32, autosummarize = true)`,
	`CREATE INDEX x ON zoo USING brin (host inet_inclusion_ops)`,
	`ALTER TABLE zoo ADD CONSTRAINT x EXCLUDE USING gist (a WITH =, during WITH &&) WHERE (NOT done)`,
	`ALTER TABLE zoo ADD CONSTRAINT x UNIQUE (a, b)`,
}

// The shape that is read of an index makes the same index on a copy of the table.
func TestIndexesAreReadWhole(t *testing.T) {
	dsn := pgtest.Database(t)
	conn := pgtest.Connect(t, dsn, nil)
	pgtest.Execute(t, conn, zooSchema...)
	pgtest.Execute(t, conn, `CREATE EXTENSION pg_trgm`, `CREATE EXTENSION btree_gin`, `CREATE EXTENSION btree_gist`,
		`CREATE SCHEMA "Copy.of"`, fmt.Sprintf(zooTable, `"Copy.of".zoo`))
	for _, create := range zoo {
		checkReadWhole(t, conn, create)
	}
}

func checkReadWhole(t *testing.T, conn *pgx.Conn, create string) {
	t.Helper()
	pgtest.Execute(t, conn, create)
	want := definition(t, conn, "public.x")
	x := readOne(t, conn)
	if !x.Known {
		t.Errorf("%s: not known: %+v", create, x)
	}
	for _, again := range []string{x.Shape.CreatePlain("x"), x.Definition} {
		pgtest.Execute(t, conn, strings.NewReplacer("ON public.zoo", `ON "Copy.of".zoo`, "ON zoo", `ON "Copy.of".zoo`).Replace(again))
		if got := strings.Replace(definition(t, conn, `"Copy.of".x`), `ON "Copy.of".zoo`, "ON public.zoo", 1); got != want {
			t.Errorf("%s\n  was read as %s\n  which is    %s\n  want        %s", create, again, got, want)
		}
		pgtest.Execute(t, conn, `DROP INDEX "Copy.of".x`)
	}
	if strings.HasPrefix(create, "ALTER") {
		pgtest.Execute(t, conn, `ALTER TABLE zoo DROP CONSTRAINT x`)
		return
	}
	pgtest.Execute(t, conn, `DROP INDEX x`)
}

func definition(t *testing.T, conn *pgx.Conn, index string) string {
	t.Helper()
	var text string
	if err := conn.QueryRow(t.Context(), `SELECT pg_get_indexdef($1::text::regclass)`, index).Scan(&text); err != nil {
		t.Fatal(err)
	}
	return text
}

// readOne reads the only index of the zoo.
func readOne(t *testing.T, conn *pgx.Conn) Existing {
	t.Helper()
	var made *Table
	err := pgx.BeginTxFunc(t.Context(), conn, pgx.TxOptions{AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		var err error
		made, err = Read(context.Background(), tx, "public", "zoo")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(made.Indexes) != 1 {
		t.Fatalf("indexes: %d, want 1", len(made.Indexes))
	}
	return made.Indexes[0]
}

// What is drafted on tables and columns of any name is taken by the server, and read back as it was drafted.
func TestDraftsOfAnyName(t *testing.T) {
	conn := pgtest.Connect(t, pgtest.Database(t), nil)
	pgtest.Execute(t, conn, `CREATE SCHEMA "a.b""c"`)
	for _, name := range []string{"t", `quoted "name"`, "dot.ted", strings.Repeat("ü", 31), strings.Repeat("x", 63), "select", "Größe -- x"} {
		ident := sqltext.Ident(`a.b"c`, name)
		pgtest.Execute(t, conn, "CREATE TABLE "+ident+" ("+sqltext.Ident(name)+" text, n int, done bool)")
		x := shape.Index{Schema: `a.b"c`, Table: name, Method: "btree", Keys: []shape.Key{{Column: name},
			{Expression: "lower(" + sqltext.Ident(name) + ")", Columns: []string{name}, Descending: true, NullsFirst: true}},
			Include: []string{"n"}, Where: []shape.Clause{{SQL: "NOT done", Columns: []string{"done"}}, {SQL: sqltext.Ident(name) + " IS NOT NULL", Columns: []string{name}}}}
		explained, _ := x.Explained(x.Create(x.Name()), []string{"one", "*/ two", "three"})
		pgtest.Execute(t, conn, x.Create(x.Name()), "DROP INDEX "+sqltext.Ident(x.Schema, x.Name()), explained)
		tx := beginOn(t, conn)
		made := read(t, tx, x.Schema, name)
		if err := tx.Rollback(t.Context()); err != nil {
			t.Fatal(err)
		}
		built, ok := made.Index(x.Name())
		if !ok || !built.Known || !shape.Same(built.Shape, x) || !slices.Equal(built.Shape.Columns(), x.Columns()) {
			t.Errorf("%s was built as %s", explained, built.Definition)
		}
	}
}

func beginOn(t *testing.T, conn *pgx.Conn) pgx.Tx {
	t.Helper()
	tx, err := conn.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return tx
}
