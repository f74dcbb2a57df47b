package table

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/pgmedic/pgmedic/probes/pgerr"
	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
)

// makePartitions makes a table with a thousand leaves, a tenth of them below sub-partitions, and four indexes: plain, expression, partial, and one of a single leaf.
const makePartitions = `DO $$
BEGIN
	CREATE TABLE big (id int8, day int, tenant int, email text, done bool) PARTITION BY RANGE (day);
	FOR n IN 0..89 LOOP
		EXECUTE format('CREATE TABLE big_%s PARTITION OF big FOR VALUES FROM (%s) TO (%s) PARTITION BY LIST (tenant)', n, n, n + 1);
		FOR m IN 0..9 LOOP
			EXECUTE format('CREATE TABLE big_%s_%s PARTITION OF big_%s FOR VALUES IN (%s)', n, m, n, m);
		END LOOP;
	END LOOP;
	FOR n IN 100..199 LOOP
		EXECUTE format('CREATE TABLE big_%s PARTITION OF big FOR VALUES FROM (%s) TO (%s)', n, n, n + 1);
	END LOOP;
	CREATE INDEX big_id ON big (id, tenant DESC);
	CREATE INDEX big_email ON big (lower(email), day);
	CREATE INDEX big_open ON big (tenant) WHERE NOT done;
	CREATE INDEX big_own ON big_100 ((id + 1)) WHERE id > 7;
	INSERT INTO big SELECT g, g % 90, g % 10, 'u' || g, g % 7 = 0 FROM generate_series(1, 20000) AS g;
END $$`

func TestThousandPartitions(t *testing.T) {
	dsn := pgtest.Database(t)
	tx := begin(t, dsn, makePartitions, `ANALYZE big_5_5`, `ANALYZE big_0_0`)
	var made *Table
	fastest := time.Hour
	for range 5 {
		began := time.Now()
		made = read(t, tx, "public", "big")
		fastest = min(fastest, time.Since(began))
	}
	t.Logf("a thousand partitions were read in %v", fastest)
	if len(made.Partitions) != 1000 || len(made.Indexes) != 3 {
		t.Fatalf("leaves and indexes: %d, %d; want 1000, 3", len(made.Partitions), len(made.Indexes))
	}
	for _, leaf := range made.Partitions {
		checkLeaf(t, made, leaf)
	}
	if c := made.Columns["email"]; !made.Analysed || !c.Analysed || c.Width == 0 {
		t.Errorf("the parent has not the statistics of its largest leaf: %+v", c)
	}
	if made.Rows <= 0 || made.Pages == 0 {
		t.Errorf("sums over the leaves: %v rows, %d pages; want some", made.Rows, made.Pages)
	}
}

func checkLeaf(t *testing.T, parent, leaf *Table) {
	t.Helper()
	if leaf.Parent != "public.big" || !leaf.Partition || leaf.Kind != "r" {
		t.Fatalf("leaf %s: %+v", leaf, leaf)
	}
	own := 3
	if leaf.Name == "big_100" {
		own = 4
		x, _ := leaf.Index("big_own")
		if got := x.Shape.Definition(); got != "ON public.big_100 ((id + 1)) WHERE id > 7" {
			t.Errorf("the leaf's own index was read as %s", got)
		}
	}
	if len(leaf.Indexes) != own {
		t.Fatalf("leaf %s has %d indexes, want %d", leaf, len(leaf.Indexes), own)
	}
	for _, of := range parent.Indexes {
		found := false
		for _, x := range leaf.Indexes {
			found = found || x.Known && x.Shape.KeyList() == of.Shape.KeyList() && x.Shape.Predicate() == of.Shape.Predicate()
		}
		if !found {
			t.Errorf("leaf %s has nothing of %s", leaf, of.Definition)
		}
	}
}

// A leaf has the statistics of leaves, not of the whole: how many different values a column has is another number.
func TestStatisticsOfLeaves(t *testing.T) {
	tx := begin(t, pgtest.Database(t), `CREATE TABLE carts (id int, day int) PARTITION BY RANGE (day)`, `CREATE TABLE carts_1 PARTITION OF carts FOR VALUES FROM (0) TO (4)`,
		`CREATE TABLE carts_2 PARTITION OF carts FOR VALUES FROM (4) TO (7)`, `INSERT INTO carts SELECT g, g % 7 FROM generate_series(1, 7000) AS g`, `ANALYZE carts`)
	made := read(t, tx, "public", "carts")
	whole, leaf := made.Columns["day"], made.Partitions[0].Columns["day"]
	if whole.Distinct != 7 || leaf.Distinct != 4 || whole.Correlation != leaf.Correlation {
		t.Errorf("different values: %v of the whole, %v of a leaf, want 7 and 4; correlations %v and %v, want the leaf's", whole.Distinct, leaf.Distinct, whole.Correlation, leaf.Correlation)
	}
}

// The text of no index is asked of a table that has only plain ones, so that it is read though somebody holds it locked.
func TestLockedTable(t *testing.T) {
	dsn := pgtest.Database(t)
	tx := begin(t, dsn, `CREATE TABLE t (a int PRIMARY KEY, b text)`, `CREATE INDEX ON t (b DESC)`, `INSERT INTO t VALUES (1)`, `ANALYZE t`)
	pgtest.Execute(t, pgtest.Connect(t, dsn, nil), `BEGIN`, `LOCK TABLE t`)
	if _, err := tx.Exec(t.Context(), `SET LOCAL lock_timeout = 300`); err != nil {
		t.Fatal(err)
	}
	if made := read(t, tx, "public", "t"); len(made.Indexes) != 2 || !made.Analysed {
		t.Errorf("read %+v", made)
	}
}

// A leaf that somebody holds locked does not keep the table from being read: what it has from its parent is not asked of it.
func TestLockedLeaf(t *testing.T) {
	dsn := pgtest.Database(t)
	tx := begin(t, dsn, `CREATE TABLE p (a int, b text) PARTITION BY LIST (a)`, `CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1)`,
		`CREATE INDEX ON p (lower(b)) WHERE a > 0`)
	locker := pgtest.Connect(t, dsn, nil)
	pgtest.Execute(t, locker, `BEGIN`, `LOCK TABLE p1`)
	if _, err := tx.Exec(t.Context(), `SET LOCAL lock_timeout = 300`); err != nil {
		t.Fatal(err)
	}
	if made := read(t, tx, "public", "p"); len(made.Partitions) != 1 || made.Partitions[0].Indexes[0].Shape.KeyList() != "(lower(b))" {
		t.Errorf("read %+v", made.Partitions)
	}
	err := pgx.BeginFunc(context.Background(), tx, func(inner pgx.Tx) error {
		_, err := Read(t.Context(), inner, "public", "p1")
		return err
	})
	if pgerr.State(err) != "55P03" || !strings.Contains(err.Error(), "see who blocks") {
		t.Errorf("a locked table with texts: %v", err)
	}
}
