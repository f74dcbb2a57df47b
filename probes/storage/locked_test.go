package storage_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
	"github.com/pgmedic/pgmedic/probes/storage"
)

// lockedLimit is how long tables may take with the busiest of them locked: two seconds, and as much again for a busy machine.
const lockedLimit = 4 * time.Second

func TestTablesWhileOneIsLocked(t *testing.T) {
	dsn := shop(t)
	ask := asker(t, dsn)
	free := tables(t, ask, "orders")["orders"]
	blocker := pgtest.Connect(t, dsn, map[string]string{"application_name": "migration\x1b[2J"})
	pgtest.Execute(t, blocker, `BEGIN`, `LOCK TABLE shop.orders IN ACCESS EXCLUSIVE MODE`)

	started := time.Now()
	found := tables(t, ask, "pictures", "orders", "events", "summary")
	took := time.Since(started)
	t.Logf("took %s", took)
	if took > lockedLimit {
		t.Errorf("took %s", took)
	}
	by := fmt.Sprintf("locked by session %d (migration", blocker.PgConn().PID())
	orders := found["orders"]
	if orders.Heap.Status != storage.Estimated || !strings.Contains(orders.Heap.Why, by) || !strings.Contains(orders.Heap.Why, "idle in transaction") ||
		!strings.Contains(orders.Heap.Why, "ANALYZE") || strings.Contains(orders.Heap.Why, "\x1b") {
		t.Errorf("the locked table: %+v; want %q", orders.Heap, by)
	}
	if main := size(t, dsn, `relpages * 8192 FROM pg_class WHERE oid = 'shop.orders'::regclass`); orders.Heap.Value != main.Value || main.Value == 0 {
		t.Errorf("the locked table: %+v, by the catalogue %+v", orders.Heap, main)
	}
	for _, i := range orders.Indexes { // they are not locked, but what they are defined on is
		if i.Size != index(t, free, i.Name).Size || i.Size.Status != storage.Measured || !strings.Contains(i.DefinitionWhy, by) || i.Definition == "" {
			t.Errorf("its index: %+v", i)
		}
	}
	if d := index(t, orders, "open_orders").Definition; d != `btree (at) INCLUDE (id) WHERE …` {
		t.Errorf("definition %s", d)
	}
	if d := index(t, orders, "lower_note").Definition; d != `btree ((expression), id)` {
		t.Errorf("definition %s", d)
	}
	if orders.Usage.Unknown != "" || orders.Usage.Inserted != 5000 {
		t.Errorf("its statistics: %+v", orders.Usage)
	}
	for _, name := range []string{"pictures", "events", "summary"} {
		if total := found[name].Total(); total.Status != storage.Measured {
			t.Errorf("%s: %+v", name, total)
		}
	}
}

// TestTablesWhileEverythingIsLocked: also what the lock table does not tell in one go ends in time.
func TestTablesWhileEverythingIsLocked(t *testing.T) {
	dsn := shop(t)
	ask := asker(t, dsn)
	tables(t, ask, "orders")
	blocker := pgtest.Connect(t, dsn, nil)
	pgtest.Execute(t, blocker, `BEGIN`, `TRUNCATE shop.orders, shop.pictures, shop.events, shop.events_1, shop.events_2`)
	started := time.Now()
	found := tables(t, ask, "orders", "pictures", "events")
	if took := time.Since(started); took > lockedLimit {
		t.Errorf("took %s", took)
	}
	for name, table := range found {
		if total := table.Total(); total.Status == storage.Measured || !strings.Contains(total.Why, "locked by session") {
			t.Errorf("%s: %+v", name, total)
		}
	}
}

// TestTablesWhileALockIsAwaited: who waits for a table holds up those that come later, too; pgmedic does not stay in that queue.
func TestTablesWhileALockIsAwaited(t *testing.T) {
	dsn := shop(t)
	ask := asker(t, dsn)
	writer, ddl := pgtest.Connect(t, dsn, nil), pgtest.Connect(t, dsn, map[string]string{"application_name": "ddl"})
	pgtest.Execute(t, writer, `BEGIN`, `UPDATE shop.orders SET state = 'x' WHERE id = 1`)
	pid := pgtest.InBackground(t, ddl, `ALTER TABLE shop.orders ADD COLUMN more int`)
	pgtest.Eventually(t, dsn, `SELECT 1 FROM pg_locks WHERE pid = $1 AND NOT granted`, pid)
	heap := tables(t, ask, "orders")["orders"].Heap
	if heap.Status != storage.Estimated || !strings.Contains(heap.Why, fmt.Sprintf("session %d (ddl, active) waits to lock it", pid)) {
		t.Errorf("%+v", heap)
	}
	if n := pgtest.Value(t, dsn, `SELECT count(*)::text FROM pg_locks AS l JOIN pg_stat_activity AS a USING (pid)
		WHERE a.application_name = 'pgmedic' AND l.relation = 'shop.orders'::regclass`); n != "0" {
		t.Errorf("pgmedic still has or awaits %s locks on the table", n)
	}
}

// TestTablesWhileAnIndexIsLocked: REINDEX locks the index against everybody, the table only against writers.
func TestTablesWhileAnIndexIsLocked(t *testing.T) {
	dsn := shop(t)
	ask := asker(t, dsn)
	blocker := pgtest.Connect(t, dsn, nil)
	pgtest.Execute(t, blocker, `BEGIN`, `REINDEX INDEX shop.open_orders`)
	orders := tables(t, ask, "orders")["orders"]
	open := index(t, orders, "open_orders")
	if open.Size.Status != storage.Estimated || !strings.Contains(open.Size.Why, "locked by session") || open.DefinitionWhy != "" {
		t.Errorf("%+v", open)
	}
	if orders.Heap.Status != storage.Measured || index(t, orders, "lower_note").Size.Status != storage.Measured {
		t.Errorf("%+v", orders)
	}
}

// TestTablesLockedNeverAnalysed: what the catalogue does not know either is unknown, not 0.
func TestTablesLockedNeverAnalysed(t *testing.T) {
	dsn := shop(t)
	ask := asker(t, dsn)
	conn := pgtest.Connect(t, dsn, nil)
	pgtest.Execute(t, conn, `CREATE TABLE shop.fresh AS SELECT 1 AS n`, `BEGIN`, `LOCK TABLE shop.fresh`)
	fresh := tables(t, ask, "fresh")["fresh"]
	if fresh.Heap.Known() || fresh.Rows.Known() || !strings.Contains(fresh.Heap.Why, "locked by session") {
		t.Errorf("%+v", fresh)
	}
}
