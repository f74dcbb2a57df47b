package storage_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/pgmedic/pgmedic/probes/live"
	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
	"github.com/pgmedic/pgmedic/probes/storage"
)

// patience bounds what a test waits for.
const patience = 60 * time.Second

// maintenance is apart: what ANALYZE counts is only right once the statistics of the sessions before have arrived.
var maintenance = []string{`ANALYZE shop.orders`, `VACUUM ANALYZE shop.pictures`, `ANALYZE shop.events`}

// schema makes a table with every kind of index, one with oversized values, a partitioned one, and some of the odd ones.
var schema = []string{
	`CREATE SCHEMA shop`,
	`CREATE TABLE shop.orders (id int PRIMARY KEY, state text NOT NULL, "Note; x" text, at timestamptz DEFAULT now()) WITH (autovacuum_enabled = off)`,
	`INSERT INTO shop.orders SELECT n, CASE WHEN n % 10 = 0 THEN 'open' ELSE 'done' END, repeat('x', 100) FROM generate_series(1, 5000) AS n`,
	`CREATE INDEX open_orders ON shop.orders (at DESC) INCLUDE (id) WHERE state = 'open'`,
	`CREATE INDEX lower_note ON shop.orders (lower("Note; x"), id)`,
	`ALTER TABLE shop.orders ADD CONSTRAINT one_note UNIQUE (id, "Note; x")`,
	`UPDATE shop.orders SET state = 'done' WHERE id <= 100`,
	`DELETE FROM shop.orders WHERE id > 4900`,
	`CREATE TABLE shop.pictures (body text)`,
	`ALTER TABLE shop.pictures ALTER COLUMN body SET STORAGE EXTERNAL`,
	`INSERT INTO shop.pictures SELECT repeat('p', 50000) FROM generate_series(1, 20)`,
	`CREATE TABLE shop.events (day date NOT NULL, what text) PARTITION BY RANGE (day)`,
	`CREATE TABLE shop.events_1 PARTITION OF shop.events FOR VALUES FROM ('2026-01-01') TO ('2026-02-01')`,
	`CREATE TABLE shop.events_2 PARTITION OF shop.events FOR VALUES FROM ('2026-02-01') TO ('2026-03-01')`,
	`CREATE INDEX events_day ON shop.events (day)`,
	`INSERT INTO shop.events SELECT date '2026-01-01' + n % 20, 'x' FROM generate_series(1, 2000) AS n`,
	`CREATE MATERIALIZED VIEW shop.summary AS SELECT state, count(*) FROM shop.orders GROUP BY state`,
}

func shop(t testing.TB) string {
	t.Helper()
	dsn := pgtest.Database(t)
	run(t, dsn, schema, `n_tup_ins = 5000 AND n_tup_del = 100`)
	run(t, dsn, maintenance, `last_analyze IS NOT NULL`)
	return dsn
}

// run sends the statements in a session of their own, and waits until the statistics of shop.orders say so.
func run(t testing.TB, dsn string, statements []string, counted string) {
	t.Helper()
	conn := pgtest.Connect(t, dsn, nil)
	pgtest.Execute(t, conn, statements...)
	_ = conn.Close(context.Background()) // that sends what it counted
	pgtest.Eventually(t, dsn, `SELECT 1 FROM pg_stat_all_tables WHERE relid = 'shop.orders'::regclass AND `+counted)
}

func asker(t testing.TB, dsn string) *live.Asker {
	t.Helper()
	server, err := live.New(live.Config{DSN: dsn})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	return server.Ask()
}

func named(relations ...string) []storage.Name {
	names := make([]storage.Name, len(relations))
	for i, relation := range relations {
		names[i] = storage.Name{Schema: "shop", Relation: relation}
	}
	return names
}

func tables(t testing.TB, reader storage.Reader, relations ...string) map[string]storage.Table {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	list, err := storage.Tables(ctx, reader, named(relations...))
	if err != nil {
		t.Fatal(err)
	}
	byName := map[string]storage.Table{}
	for i, table := range list {
		if table.Relation != relations[i] {
			t.Errorf("%s in the place of %s", table.Relation, relations[i])
		}
		byName[table.Relation] = table
	}
	return byName
}

func index(t testing.TB, table storage.Table, name string) storage.Index {
	t.Helper()
	for _, i := range table.Indexes {
		if i.Name == name {
			return i
		}
	}
	t.Fatalf("no index %s in %+v", name, table.Indexes)
	return storage.Index{}
}

// size asks the server for what was measured.
func size(t testing.TB, dsn, expression string) storage.Figure {
	t.Helper()
	return storage.Figure{Value: pgtest.Eventually(t, dsn, "SELECT "+expression), Status: storage.Measured}
}

func TestTables(t *testing.T) {
	dsn := shop(t)
	found := tables(t, asker(t, dsn), "orders", "pictures", "events", "events_1", "summary", "nowhere")
	orders := found["orders"]
	if orders.Kind != storage.Plain || len(orders.Options) != 1 || orders.Options[0] != "autovacuum_enabled=off" || orders.Rows.Value != 4900 {
		t.Errorf("orders: %+v", orders)
	}
	for name, test := range map[string]struct {
		got  storage.Figure
		want string
	}{
		"heap":                {storage.Sum(orders.Heap, orders.Toast), "pg_table_size('shop.orders')"},
		"indexes":             {orders.IndexBytes(), "pg_indexes_size('shop.orders')"},
		"total":               {orders.Total(), "pg_total_relation_size('shop.orders')"},
		"oversized values":    {storage.Sum(found["pictures"].Heap, found["pictures"].Toast), "pg_table_size('shop.pictures')"},
		"materialized view":   {found["summary"].Total(), "pg_total_relation_size('shop.summary')"},
		"partition":           {found["events_1"].Total(), "pg_total_relation_size('shop.events_1')"},
		"partitioned table":   {found["events"].Total(), "pg_total_relation_size('shop.events_1') + pg_total_relation_size('shop.events_2')"},
		"its indexes":         {found["events"].IndexBytes(), "pg_indexes_size('shop.events_1') + pg_indexes_size('shop.events_2')"},
		"one of its parts":    {found["events"].Partitions[1].Total, "pg_total_relation_size('shop.events_2')"},
		"its rows, estimated": {storage.Figure{Value: found["events"].Rows.Value, Status: storage.Measured}, "count(*) FROM shop.events"},
	} {
		if want := size(t, dsn, test.want); test.got != want || want.Value == 0 && name != "one of its parts" {
			t.Errorf("%s: %+v, want %+v", name, test.got, want)
		}
	}
	if toast := found["pictures"].Toast; toast.Value < 20*50000 {
		t.Errorf("oversized values: %+v", toast)
	}
	if p := found["events_1"]; p.Parent != (storage.Name{Schema: "shop", Relation: "events"}) {
		t.Errorf("partition of %+v", p.Parent)
	}
	if f := found["events"].Indexes[0]; f.Size.Known() || f.Size.Why == "" {
		t.Errorf("a partitioned index has the size %+v", f.Size)
	}
	if n := found["nowhere"]; n.Missing == "" || n.Total().Known() || n.Rows.Known() {
		t.Errorf("a table that is not there: %+v", n)
	}
}

func TestIndexes(t *testing.T) {
	dsn := shop(t)
	orders := tables(t, asker(t, dsn), "orders")["orders"]
	open := index(t, orders, "open_orders")
	if !open.Partial || open.Predicate != "state = 'open'::text" || open.Columns[0] != "at" || open.Included[0] != "id" {
		t.Errorf("%+v", open)
	}
	if !open.Valid || !open.Ready || !open.Live || open.Unique || open.Constraint != "" {
		t.Errorf("%+v", open)
	}
	if want := "CREATE INDEX open_orders ON shop.orders USING btree (at DESC) INCLUDE (id) WHERE (state = 'open'::text)"; open.Definition != want {
		t.Errorf("definition %s", open.Definition)
	}
	if i := index(t, orders, "lower_note"); i.Columns[0] != "" || i.Columns[1] != "id" || i.Method != "btree" || i.Constraint != "" {
		t.Errorf("%+v", i)
	}
	if i := index(t, orders, "orders_pkey"); !i.Primary || !i.Unique || i.Constraint != "orders_pkey" {
		t.Errorf("%+v", i)
	}
	if i := index(t, orders, "one_note"); i.Primary || !i.Unique || i.Constraint != "one_note" {
		t.Errorf("%+v", i)
	}
}

// TestInvalidIndex: a unique build that failed leaves one behind.
func TestInvalidIndex(t *testing.T) {
	dsn := shop(t)
	conn := pgtest.Connect(t, dsn, nil)
	if _, err := conn.Exec(t.Context(), `CREATE UNIQUE INDEX CONCURRENTLY left_over ON shop.orders (state)`); err == nil {
		t.Fatal("the state was unique")
	}
	if i := index(t, tables(t, asker(t, dsn), "orders")["orders"], "left_over"); i.Valid || !i.Live || !i.Unique || i.Size.Status != storage.Measured {
		t.Errorf("%+v", i)
	}
}

func TestUsage(t *testing.T) {
	dsn := shop(t)
	look := `SELECT * FROM shop.orders WHERE id = 7`
	run(t, dsn, []string{`SET enable_seqscan = off`, look, look, look, look, look}, `idx_scan >= 5`)
	orders := tables(t, asker(t, dsn), "orders")["orders"]
	u := orders.Usage
	if scans := index(t, orders, "orders_pkey").Scans + index(t, orders, "one_note").Scans; scans < 5 { // either serves
		t.Errorf("%d scans", scans)
	}
	if u.Unknown != "" || u.Inserted != 5000 || u.Updated != 100 || u.Deleted != 100 || u.IndexScans < 5 || u.SeqScans == 0 {
		t.Errorf("%+v", u)
	}
	if u.LiveRows.Value != 4900 || u.DeadRows.Value == 0 || u.LiveRows.Status != storage.Estimated || u.Analyzed().IsZero() || !u.Vacuumed().IsZero() {
		t.Errorf("%+v", u)
	}
	if hot, ok := u.HotShare(); !ok || hot < 0 || hot > 1 {
		t.Errorf("HOT share %v, %v", hot, ok)
	}
	if dead, ok := u.DeadShare(); !ok || dead <= 0 || dead > 0.1 {
		t.Errorf("dead share %v, %v", dead, ok)
	}
	modern := pgtest.Value(t, dsn, `SELECT (current_setting('server_version_num')::int >= 160000)::text`) == "true"
	if (u.NewPageUpdated >= 0) != modern || u.LastIndexUse.IsZero() == modern || u.LastSeqScan.IsZero() == modern {
		t.Errorf("16 and later %v: %+v", modern, u)
	}
}

// TestUsageIsUnknownAfterAReset: no rows in the statistics are not no rows.
func TestUsageIsUnknownAfterAReset(t *testing.T) {
	dsn := shop(t)
	run(t, dsn, []string{`SELECT pg_stat_reset()`}, `n_tup_ins = 0`)
	u := tables(t, asker(t, dsn), "orders")["orders"].Usage
	if u.LiveRows.Known() || !strings.Contains(u.Unknown, "ANALYZE") || u.Since.IsZero() {
		t.Errorf("%+v", u)
	}
}

func TestWithoutCountsUsageIsUnknown(t *testing.T) {
	dsn := shop(t)
	conn := pgtest.Connect(t, dsn, nil)
	database := pgtest.Value(t, dsn, `SELECT quote_ident(current_database())`)
	pgtest.Execute(t, conn, `ALTER DATABASE `+database+` SET track_counts = off`)
	if u := tables(t, asker(t, dsn), "orders")["orders"].Usage; !strings.Contains(u.Unknown, "track_counts") || u.LiveRows.Known() {
		t.Errorf("%+v", u)
	}
}

// TestTablesForEveryRole: sizes and statistics need no privilege.
func TestTablesForEveryRole(t *testing.T) {
	dsn := shop(t)
	owner := pgtest.Connect(t, dsn, nil)
	pgtest.Execute(t, owner, `CREATE ROLE nobody_here LOGIN PASSWORD 'p'`, `CREATE ROLE watcher LOGIN PASSWORD 'p' IN ROLE pg_monitor`)
	t.Cleanup(func() { pgtest.Execute(t, pgtest.Connect(t, dsn, nil), `DROP ROLE nobody_here, watcher`) })
	for _, role := range []string{"nobody_here", "watcher"} {
		orders := tables(t, asker(t, pgtest.As(t, dsn, role, "p")), "orders")["orders"]
		if orders.Total().Status != storage.Measured || len(orders.Indexes) != 4 || index(t, orders, "open_orders").DefinitionWhy != "" {
			t.Errorf("%s: %+v", role, orders)
		}
	}
}

// TestTablesOfHostileNames: names come back harmless, and look-alikes of the server's functions are not called.
func TestTablesOfHostileNames(t *testing.T) {
	dsn := shop(t)
	conn := pgtest.Connect(t, dsn, nil)
	name := "o'r\x1b[2Jd\u202e\"ers"
	quoted := pgx.Identifier{name}.Sanitize()
	pgtest.Execute(t, conn, `CREATE TABLE shop.`+quoted+` (`+quoted+` int)`,
		`CREATE INDEX `+pgx.Identifier{name + "i"}.Sanitize()+` ON shop.`+quoted+` (`+quoted+`)`,
		`CREATE FUNCTION public.pg_relation_size(oid, text) RETURNS bigint LANGUAGE sql AS 'SELECT 42'`)
	ask := asker(t, dsn+"&search_path=public,pg_catalog")
	list, err := storage.Tables(t.Context(), ask, []storage.Name{{Schema: "shop", Relation: name}, {Schema: "shop", Relation: name}})
	if err != nil || len(list) != 1 {
		t.Fatalf("%+v, %v", list, err)
	}
	table := list[0]
	for _, text := range []string{table.Relation, table.Indexes[0].Name, table.Indexes[0].Definition, table.Indexes[0].Columns[0]} {
		if text == "" || strings.ContainsAny(text, "\x1b\u202e") {
			t.Errorf("%q", text)
		}
	}
	if table.Missing != "" || table.Heap.Value == 42*4 || table.Heap.Status != storage.Measured {
		t.Errorf("%+v", table)
	}
}
