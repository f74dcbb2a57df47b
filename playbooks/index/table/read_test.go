package table

import (
	"errors"
	"strings"
	"testing"

	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
)

func TestFacts(t *testing.T) {
	dsn := pgtest.Database(t)
	tx := begin(t, dsn, `CREATE SCHEMA "S.x"`, `CREATE UNLOGGED TABLE "S.x"."T ""q""" (id int PRIMARY KEY, n int UNIQUE) WITH (autovacuum_enabled = false)`,
		`INSERT INTO "S.x"."T ""q""" SELECT g, g FROM generate_series(1, 5000) AS g`, `VACUUM ANALYZE "S.x"."T ""q"""`,
		`UPDATE "S.x"."T ""q""" SET n = -n WHERE id < 11`, `DELETE FROM "S.x"."T ""q""" WHERE id < 4`, `SELECT pg_stat_reset_single_table_counters(0)`)
	made := read(t, tx, "S.x", `T "q"`)
	if made.String() != `"S.x"."T ""q"""` || made.Kind != "r" || made.Persistence != "u" || made.System || made.Partition || made.Rows != 5000 || made.Pages != 23 ||
		made.AllVisible != 23 || made.PageSize != 8192 || !made.Analysed {
		t.Errorf("read %+v", made)
	}
	x, ok := made.Index(`T "q"_pkey`)
	if !ok || !x.Primary || !x.Constraint || !x.Unique || !x.Valid || x.Building || x.Tuples != 5000 || x.Pages == 0 {
		t.Errorf("primary key: %+v", x)
	}
	if c := made.Costs; c.RandomPage != 4 || c.SeqPage != 1 || c.CPUTuple != 0.01 || c.CacheSize < 1000 || c.WorkMem < 65536 || !c.BitmapScans || c.Version < 130000 {
		t.Errorf("costs: %+v", c)
	}
}

func TestInvalidIndex(t *testing.T) {
	dsn := pgtest.Database(t)
	conn := pgtest.Connect(t, dsn, nil)
	pgtest.Execute(t, conn, `CREATE TABLE t (a int)`, `INSERT INTO t VALUES (1), (1)`)
	if _, err := conn.Exec(t.Context(), `CREATE UNIQUE INDEX CONCURRENTLY broken ON t (a)`); err == nil {
		t.Fatal("a unique index was built over duplicates")
	}
	x, ok := read(t, begin(t, dsn), "public", "t").Index("broken")
	if !ok || x.Valid || x.Building || !x.Known {
		t.Errorf("index: %+v", x)
	}
}

func TestActivity(t *testing.T) {
	dsn := pgtest.Database(t)
	conn := pgtest.Connect(t, dsn, nil)
	pgtest.Execute(t, conn, `CREATE TABLE p (a int, b int) PARTITION BY LIST (b)`, `CREATE TABLE t PARTITION OF p FOR VALUES IN (0, 1)`,
		`CREATE TABLE u PARTITION OF p DEFAULT`, `INSERT INTO u VALUES (1, 2)`, `CREATE INDEX ON t (a)`, `INSERT INTO t SELECT g, 1 FROM generate_series(1, 100) AS g`,
		`UPDATE t SET b = 0 WHERE a <= 10`, `UPDATE t SET a = -a WHERE a <= 5`, `DELETE FROM t WHERE a = 50`)
	if err := conn.Close(t.Context()); err != nil { // it hands in its counts
		t.Fatal(err)
	}
	pgtest.Eventually(t, dsn, `SELECT 1 FROM pg_stat_all_tables WHERE relname = 't' AND n_tup_upd = 15 AND n_tup_del = 1`)
	pgtest.Eventually(t, dsn, `SELECT 1 FROM pg_stat_all_tables WHERE relname = 'u' AND n_tup_ins = 1`)
	tx := begin(t, dsn)
	if a := read(t, tx, "public", "p").Activity; a.Inserts != 101 || a.Updates != 15 || a.HotUpdates != 10 || a.Deletes != 1 {
		t.Errorf("activity of all partitions: %+v", a)
	}
	made := read(t, tx, "public", "t")
	if a := made.Activity; a.Inserts != 100 || a.Updates != 15 || a.HotUpdates != 10 || a.Deletes != 1 {
		t.Errorf("activity: %+v", a)
	}
}

func TestTablespaceCosts(t *testing.T) {
	server := pgtest.Server(t, nil)
	dsn := server.DSN("postgres")
	conn := pgtest.Connect(t, dsn, nil)
	pgtest.Execute(t, conn, `SET random_page_cost = 3`, `CREATE TABLE t (a int)`, `ALTER TABLESPACE pg_default SET (random_page_cost = 1.25)`)
	if c := read(t, begin(t, dsn, `SET random_page_cost = 3`, `SET seq_page_cost = 0.5`, `SET work_mem = '7MB'`), "public", "t").Costs; c.RandomPage != 1.25 ||
		c.SeqPage != 0.5 || c.WorkMem != 7<<20 {
		t.Errorf("costs: %+v", c)
	}
}

func TestReferences(t *testing.T) {
	tx := begin(t, pgtest.Database(t), `CREATE TABLE parent (a int, b int, PRIMARY KEY (a, b), up_a int, up_b int)`,
		`ALTER TABLE parent ADD CONSTRAINT self FOREIGN KEY (up_b, up_a) REFERENCES parent (b, a)`,
		`CREATE TABLE child (x int, y int, z int, CONSTRAINT good FOREIGN KEY (x, y) REFERENCES parent)`, `CREATE INDEX ON child (y, x, z)`,
		`CREATE TABLE parts (k int, p int, q int, CONSTRAINT whole FOREIGN KEY (p, q) REFERENCES parent) PARTITION BY LIST (k)`,
		`CREATE TABLE parts_1 PARTITION OF parts FOR VALUES IN (1)`, `CREATE INDEX ON parts (p)`, `CREATE INDEX ON parts (p, q) WHERE k > 1`)
	made := read(t, tx, "public", "parent")
	type want struct {
		indexed             bool
		columns, referenced string
	}
	wanted := map[string]want{"self": {false, "up_b up_a", "b a"}, "good": {true, "x y", "a b"}, "whole": {false, "p q", "a b"}}
	for _, k := range made.References {
		got := want{k.Indexed, strings.Join(k.Columns, " "), strings.Join(k.Referenced, " ")}
		if wanted[k.Name] != got {
			t.Errorf("%s of %s: %+v, want %+v", k.Name, k.Table, got, wanted[k.Name])
		}
		delete(wanted, k.Name)
	}
	if len(made.References) != 3 || len(wanted) != 0 {
		t.Errorf("foreign keys: %+v", made.References)
	}
	tx = begin(t, pgtest.Database(t), `CREATE TABLE p (a int PRIMARY KEY) PARTITION BY LIST (a)`, `CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1)`,
		`CREATE TABLE c (a int CONSTRAINT top REFERENCES p)`)
	for _, name := range []string{"p", "p1"} {
		if found := read(t, tx, "public", name).References; len(found) != 1 || found[0].Table != "c" {
			t.Errorf("foreign keys to %s: %+v", name, found)
		}
	}
}

func TestUnfit(t *testing.T) {
	dsn := pgtest.Database(t)
	tx := begin(t, dsn, `CREATE EXTENSION file_fdw`, `CREATE SERVER files FOREIGN DATA WRAPPER file_fdw`,
		`CREATE FOREIGN TABLE away (a int) SERVER files OPTIONS (filename '/nowhere')`, `CREATE VIEW seen AS SELECT 1 AS a`,
		`CREATE TABLE empty (a int)`, `CREATE TABLE small AS SELECT g AS a FROM generate_series(1, 100) AS g`, `ANALYZE small`,
		`CREATE TABLE large AS SELECT g AS a FROM generate_series(1, 20000) AS g`, `ANALYZE large`,
		`CREATE MATERIALIZED VIEW kept AS SELECT g AS a FROM generate_series(1, 20000) AS g`, `ANALYZE kept`,
		`CREATE TABLE none (a int) PARTITION BY LIST (a)`, `CREATE TABLE mixed (a int) PARTITION BY LIST (a)`,
		`CREATE FOREIGN TABLE mixed_1 PARTITION OF mixed FOR VALUES IN (1) SERVER files OPTIONS (filename '/nowhere')`,
		`CREATE TABLE parts (a int) PARTITION BY LIST (a)`, `CREATE TABLE parts_1 PARTITION OF parts DEFAULT`,
		`INSERT INTO parts SELECT g FROM generate_series(1, 20000) AS g`, `ANALYZE parts_1`, `CREATE TEMP TABLE passing (a int)`)
	var temporary string
	if err := tx.QueryRow(t.Context(), `SELECT nspname::text FROM pg_namespace WHERE oid = pg_my_temp_schema()`).Scan(&temporary); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ schema, name, reason string }{
		{"pg_catalog", "pg_class", "system catalogue"},
		{"public", "away", "foreign table"},
		{"public", "seen", "view"},
		{"public", "empty", "no statistics"},
		{"public", "small", "pages"},
		{"public", "large", ""},
		{"public", "kept", ""},
		{"public", "none", "no partition"},
		{"public", "mixed", "public.mixed_1"},
		{"public", "parts", ""},
		{temporary, "passing", "temporary table"},
	} {
		reason, instead := read(t, tx, c.schema, c.name).Unfit()
		if c.reason == "" && reason+instead != "" || !strings.Contains(reason, c.reason) {
			t.Errorf("%s is unfit because %q (%q), want %q", c.name, reason, instead, c.reason)
		}
	}
}

func TestUnfitColumns(t *testing.T) {
	tx := begin(t, pgtest.Database(t), append(zooSchema, `INSERT INTO zoo (id, email, code) SELECT g, repeat('x', 100), 'short' FROM generate_series(1, 100) AS g`,
		`ANALYZE zoo`)...)
	columns := read(t, tx, "public", "zoo").Columns
	for name, reason := range map[string]string{"id": "", "code": "", "ci": "", "net": "", "mood": "", "amount": "", "data": "jsonb", "tags": "array",
		"place": "no b-tree order", "email": "101 bytes wide", "during": ""} {
		if got := columns[name].Unfit(); reason == "" && got != "" || !strings.Contains(got, reason) {
			t.Errorf("%s is unfit because %q, want %q", name, got, reason)
		}
	}
}

// A role that may read nothing of a table still learns its shape, and that there are no statistics for it.
func TestWithoutPrivilege(t *testing.T) {
	dsn := pgtest.Database(t)
	conn := pgtest.Connect(t, dsn, nil)
	pgtest.Execute(t, conn, `CREATE SCHEMA hidden`, `CREATE TABLE hidden.t AS SELECT g AS a FROM generate_series(1, 20000) AS g`,
		`CREATE INDEX ON hidden.t ((a + 1)) WHERE a > 0`, `ANALYZE hidden.t`, `CREATE ROLE nobody_at_all LOGIN PASSWORD 'x'`)
	t.Cleanup(func() { pgtest.Execute(t, pgtest.Connect(t, dsn, nil), `DROP ROLE nobody_at_all`) })
	made := read(t, begin(t, pgtest.As(t, dsn, "nobody_at_all", "x")), "hidden", "t")
	if made.Analysed || len(made.Indexes) != 1 || made.Indexes[0].Shape.Definition() != "ON hidden.t ((a + 1)) WHERE a > 0" {
		t.Errorf("read %+v", made)
	}
	if reason, instead := made.Unfit(); !strings.Contains(reason, "no statistics") || !strings.Contains(instead, "GRANT SELECT") {
		t.Errorf("unfit: %q, %q", reason, instead)
	}
}

func TestGone(t *testing.T) {
	tx := begin(t, pgtest.Database(t))
	_, err := Read(t.Context(), tx, "public", "never\nthere")
	if !errors.Is(err, ErrGone) || err.Error() != `public."never there" is not in this database any more` {
		t.Errorf("error: %v", err)
	}
}
