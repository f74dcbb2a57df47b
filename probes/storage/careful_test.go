package storage

import (
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
)

// begin opens a transaction that ends with the test.
func begin(t *testing.T, dsn string) pgx.Tx {
	t.Helper()
	tx, err := pgtest.Connect(t, dsn, nil).Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return tx
}

// measureAfter reads the catalogue, lets something happen, and measures.
func measureAfter(t *testing.T, dsn string, limit time.Duration, happens ...string) Table {
	t.Helper()
	tx := begin(t, dsn)
	name := Name{"public", "short_lived"}
	c, err := readCatalogue(t.Context(), tx, []Name{name})
	if err != nil {
		t.Fatal(err)
	}
	pgtest.Execute(t, pgtest.Connect(t, dsn, nil), happens...)
	r, err := newCarefulReader(t.Context(), tx, limit, "")
	if err != nil {
		t.Fatal(err)
	}
	if err := c.measure(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	if err := c.readDefinitions(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	c.fill()
	return c.list([]Name{name})[0]
}

func shortLived(t *testing.T) string {
	t.Helper()
	dsn := pgtest.Database(t)
	pgtest.Execute(t, pgtest.Connect(t, dsn, nil), `CREATE TABLE short_lived AS SELECT n FROM generate_series(1, 1000) AS n`,
		`CREATE INDEX first ON short_lived (n)`, `CREATE INDEX second ON short_lived (n DESC)`)
	return dsn
}

func TestTableDroppedWhileItIsMeasured(t *testing.T) {
	table := measureAfter(t, shortLived(t), tablesLimit, `DROP TABLE short_lived`)
	if table.Heap.Known() || table.Heap.Why != dropped || !strings.Contains(table.Indexes[0].DefinitionWhy, dropped) {
		t.Errorf("%+v", table)
	}
}

func TestIndexDroppedWhileTheTableIsMeasured(t *testing.T) {
	table := measureAfter(t, shortLived(t), tablesLimit, `DROP INDEX first`)
	if first, second := table.Indexes[0], table.Indexes[1]; first.Size.Known() || second.Size.Status != Measured || table.Heap.Status != Measured {
		t.Errorf("%+v", table)
	}
}

// TestTableMeasuredTooLate: what there is no time for is estimated.
func TestTableMeasuredTooLate(t *testing.T) {
	table := measureAfter(t, shortLived(t), -time.Second, `ANALYZE short_lived`)
	if table.Heap.Status == Measured || !strings.Contains(table.Heap.Why, "others took too long") || table.Indexes[0].DefinitionWhy == "" {
		t.Errorf("%+v", table)
	}
}

// TestOneSlowItemCostsOnlyItself: the statement's own limit ends the reading of one, the others are read.
func TestOneSlowItemCostsOnlyItself(t *testing.T) {
	tx := begin(t, shortLived(t))
	r, err := newCarefulReader(t.Context(), tx, patience, "not for you")
	if err != nil {
		t.Fatal(err)
	}
	for state, want := range map[string]string{queryCanceled: "too long", notAllowed: "not for you", "XX001": "XX001"} {
		clear(r.failed)
		raise := `DO $$ BEGIN RAISE 'boom' USING ERRCODE = '` + state + `'; END $$`
		_, raised := tx.Exec(t.Context(), raise)
		if err := r.goOn(t.Context(), raised, []item{{7, 7}, {8, 8}}); err != nil {
			t.Fatalf("%s: %v", state, err)
		}
		if len(r.failed) != 1 || !strings.Contains(r.failed[7], want) {
			t.Errorf("%s: %v", state, r.failed)
		}
	}
}

const patience = 60 * time.Second

// TestLockedByAPreparedTransaction has a server of its own, which allows them.
func TestLockedByAPreparedTransaction(t *testing.T) {
	t.Parallel()
	server := pgtest.Server(t, map[string]string{"max_prepared_transactions": "2"})
	dsn := server.DSN("postgres")
	pgtest.Execute(t, pgtest.Connect(t, dsn, nil), `CREATE TABLE short_lived AS SELECT n FROM generate_series(1, 1000) AS n`, `ANALYZE short_lived`)
	table := measureAfter(t, dsn, tablesLimit, `BEGIN`, `LOCK TABLE short_lived IN ACCESS EXCLUSIVE MODE`, `PREPARE TRANSACTION 'forgotten'`)
	if table.Heap.Status != Estimated || !strings.Contains(table.Heap.Why, "prepared transaction") {
		t.Errorf("%+v", table.Heap)
	}
}

// TestLocksAreNotReadInAStorm: with as many sessions waiting for the lock table as it takes, here none, the server does not look at the locks.
func TestLocksAreNotReadInAStorm(t *testing.T) {
	const gate = "< 10"
	sql := query("lockers")
	if !strings.Contains(sql, gate) {
		t.Fatal(sql)
	}
	for limit, want := range map[string]bool{gate: false, "< 0": true} {
		rows, _ := begin(t, pgtest.Database(t)).Query(t.Context(), "EXPLAIN (ANALYZE, COSTS OFF) "+strings.Replace(sql, gate, limit, 1), []uint32{1})
		lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			t.Fatal(err)
		}
		skipped := false
		for _, line := range lines {
			skipped = skipped || strings.Contains(line, "on pg_lock_status") && strings.Contains(line, "never executed")
		}
		if skipped != want {
			t.Errorf("%s: skipped %v\n%s", limit, skipped, strings.Join(lines, "\n"))
		}
	}
}
