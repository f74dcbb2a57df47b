package others

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/pgmedic/pgmedic/playbooks/index/price"
	"github.com/pgmedic/pgmedic/playbooks/index/shape"
	"github.com/pgmedic/pgmedic/playbooks/index/table"
	"github.com/pgmedic/pgmedic/probes/live"
	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// shop is a table whose statements pg_stat_statements has.
func shop(t *testing.T) (ask *live.Asker, app *pgx.Conn) {
	t.Helper()
	dsn := pgtest.Database(t)
	app = pgtest.Connect(t, dsn, nil)
	pgtest.Execute(t, app,
		"CREATE TABLE orders (id bigint PRIMARY KEY, customer int, status text, note text, total numeric) WITH (fillfactor = 50)",
		"CREATE TABLE orders_old (id bigint, customer int)",
		"INSERT INTO orders SELECT n, n % 5000, 'open', repeat('x', 50), n FROM generate_series(1, 40000) AS n",
		"CREATE INDEX orders_total ON orders (total)",
		"VACUUM ANALYZE orders")
	for _, s := range []struct {
		sql  string
		args []any
	}{
		{"SELECT * FROM orders WHERE customer = $1", []any{7}},
		{"SELECT * FROM orders WHERE total = $1", []any{7}},
		{"SELECT * FROM orders_old WHERE customer = $1", []any{7}},
		{"INSERT INTO orders VALUES ($1, $2, 'open', 'new')", []any{50001, 7}},
		{"UPDATE orders SET note = $1 WHERE id = $2", []any{"said", 7}},
		{"UPDATE public.orders AS o SET (customer, status) = ROW($1, 'moved') WHERE o.id = $2", []any{8, 7}},
		{"DELETE FROM orders WHERE customer = $1", []any{4999}},
		{"INSERT INTO orders VALUES ($1) ON CONFLICT (id) DO UPDATE SET status = 'twice', total = 3", []any{9}},
	} {
		if _, err := app.Exec(t.Context(), s.sql, s.args...); err != nil {
			t.Fatal(s.sql, err)
		}
	}
	server, err := live.New(live.Config{DSN: dsn, LookOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	return server.Ask(), app
}

func read(t *testing.T, ask *live.Asker, name string) (of *table.Table, s Statements) {
	t.Helper()
	err := ask.Read(t.Context(), func(ctx context.Context, tx pgx.Tx) error {
		var err error
		if of, err = table.Read(ctx, tx, "public", name); err != nil {
			return err
		}
		s, err = Read(ctx, tx, of)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return of, s
}

// A lookup of the new index's column gains, and so does a DELETE; who writes entries pays; what touches another table is not among them.
func TestEffects(t *testing.T) {
	ask, _ := shop(t)
	of, s := read(t, ask, "orders")
	if !s.All || s.Why != "" {
		t.Fatalf("%+v", s.Why)
	}
	updates := s.Updates(of)
	for column, want := range map[string]bool{"customer": true, "status": true, "note": true, "total": true, "id": false} {
		if updates.Columns[column] > 0 != want {
			t.Errorf("updates of %s: %d calls", column, updates.Columns[column])
		}
	}
	index := shape.Index{Schema: "public", Table: "orders", Method: "btree", Keys: []shape.Key{{Column: "customer"}}}
	w := price.WriteOf(of, time.Now(), of.Rows, updates, index)
	r, err := Effects(t.Context(), ask, s, Question{Table: of, Indexes: []shape.Index{index}, Entries: of.Rows, Write: w, Updates: updates})
	if err != nil {
		t.Fatal(err)
	}
	if want := "of 8 other statements of the table 8 were planned, without values"; r.String() != want {
		t.Errorf("%q, want %q", r, want)
	}
	for _, e := range append(slices.Clone(r.Winners), r.Losers...) {
		t.Logf("%8.2f → %8.2f %s", e.Before, e.After, e.Statement)
	}
	gains := func(text string) bool {
		return slices.ContainsFunc(r.Winners, func(e Effect) bool { return strings.HasPrefix(e.Statement, text) && e.After < e.Before/2 })
	}
	pays := func(text string) bool {
		return slices.ContainsFunc(r.Losers, func(e Effect) bool { return strings.HasPrefix(e.Statement, text) && e.After < e.Before*2 })
	}
	switch {
	case !gains("SELECT * FROM orders WHERE customer ="), !gains("DELETE FROM orders"):
		t.Error("who looks for a customer does not gain")
	case !pays("INSERT INTO orders VALUES"):
		t.Error("an INSERT does not pay")
	case !pays("UPDATE public.orders"):
		t.Error("an UPDATE of the column does not pay")
	case len(r.Winners) != 2 || gains("SELECT * FROM orders WHERE total"), gains("SELECT * FROM orders_old"):
		t.Error("others gain")
	}
}

// Ten are planned, and how many more there are is said. The statement that the indexes are for is none of them, however it is written.
func TestEffectsOnManyStatements(t *testing.T) {
	ask, app := shop(t)
	for n := range 15 {
		pgtest.Execute(t, app, "SELECT count(*)"+strings.Repeat(" + 1", n)+" FROM orders WHERE customer = 5", "SELECT count(*)"+strings.Repeat(" + total", n)+" FROM orders GROUP BY total LIMIT 0")
	}
	pgtest.Execute(t, app, "SELECT count(*) FROM orders WHERE customer = 5 AND false")
	of, s := read(t, ask, "orders")
	index := shape.Index{Schema: "public", Table: "orders", Method: "btree", Keys: []shape.Key{{Column: "customer"}}}
	q := Question{Table: of, Indexes: []shape.Index{index}, Entries: of.Rows, Write: price.WriteOf(of, time.Now(), of.Rows, s.Updates(of), index)}
	for text, known := range map[string]int{
		"select COUNT(*) from orders\n-- of one\nwhere customer = 77;":       1,
		"SELECT count(*) FROM orders WHERE customer = $1 AND true":           1,
		"SELECT count(*) FROM orders WHERE customer = 77 AND status = 'new'": 0,
	} {
		q.Text = text
		r, err := Effects(t.Context(), ask, s, q)
		if err != nil {
			t.Fatal(err)
		}
		others := len(s.List) - known
		want := fmt.Sprintf("of %d other statements of the table %d were planned, without values: ", others, r.Looked)
		if !strings.HasPrefix(r.String(), want) || r.Looked > 10 || !strings.Contains(r.String(), fmt.Sprintf("the other %d took less time", others-10)) {
			t.Errorf("%s: %q, want %q", text, r, want)
		}
	}
}

// What the index costs those who write is said in words: with HOT updates of other columns, of its own, and of a predicate's.
func TestWriteCost(t *testing.T) {
	ask, app := shop(t)
	pgtest.Execute(t, app, "UPDATE orders SET note = 'said' WHERE id % 50 = 3")
	deadline := time.Now().Add(30 * time.Second)
	for seen := 0; seen < 800; { // the server's statistics arrive later
		if err := app.QueryRow(t.Context(), "SELECT n_tup_upd FROM pg_stat_user_tables WHERE relname = 'orders'").Scan(&seen); err != nil || time.Now().After(deadline) {
			t.Fatal(seen, err)
		}
	}
	for _, c := range []struct {
		index shape.Index
		share float64
		words string
		lost  bool
	}{
		{shape.Index{Keys: []shape.Key{{Column: "id"}}}, 1, "every insert gets an entry; 8?? of 8?? updates were HOT and stay so", false},
		{shape.Index{Keys: []shape.Key{{Column: "note"}}}, 1, "updates set note: of 8?? updates 8?? were HOT, and those that change it are no more", true},
		{shape.Index{Keys: []shape.Key{{Column: "total"}}}, 1, "stay so", false}, // another index has it
		{shape.Index{Keys: []shape.Key{{Column: "id"}}, Where: []shape.Clause{{SQL: "status = 'open'::text", Columns: []string{"status"}}}}, 1,
			"as long as the predicate holds; a later update of status takes the row in or out", true},
		{shape.Index{Keys: []shape.Key{{Column: "id"}}, Where: []shape.Clause{{SQL: "id < 400", Columns: []string{"id"}}}}, 0.01, "1.0 % of inserts get an entry", false},
	} {
		c.index.Schema, c.index.Table, c.index.Method = "public", "orders", "btree"
		of, s := read(t, ask, "orders")
		w := price.WriteOf(of, time.Now(), c.share*of.Rows, s.Updates(of), c.index)
		t.Log(w.String())
		if !strings.Contains(pattern(w.String()), pattern(c.words)) || w.HOTLost != c.lost {
			t.Errorf("%s: %q, HOT lost %t", c.index.Definition(), w, w.HOTLost)
		}
	}
}

// The table's own counters may be younger than the statements, or have been reset: what those set counts.
func TestWriteCostOfUncountedUpdates(t *testing.T) {
	of := &table.Table{Rows: 1000}
	for _, c := range []struct {
		known price.Updates
		words string
		lost  bool
	}{
		{price.Updates{Known: true, Columns: map[string]int64{"a": 3}}, "updates set a, though none is counted", true},
		{price.Updates{Known: true, Columns: map[string]int64{"b": 3}}, "updates set none of its columns", false},
		{price.Updates{Known: true}, "no update is counted so far", false},
		{price.Updates{}, "no update is counted so far", false},
	} {
		w := price.WriteOf(of, time.Now(), 1000, c.known, shape.Index{Method: "btree", Keys: []shape.Key{{Column: "a"}}})
		if !strings.Contains(w.String(), c.words) || w.HOTLost != c.lost || w.HOTUnknown {
			t.Errorf("%+v: %q, HOT lost %t, unknown %t", c.known, w, w.HOTLost, w.HOTUnknown)
		}
	}
}

// pattern makes counts of three digits alike.
func pattern(text string) string {
	words := strings.Fields(text)
	for i, w := range words {
		if len(w) == 3 && strings.Trim(w, "0123456789?") == "" {
			words[i] = "8??"
		}
	}
	return strings.Join(words, " ")
}

// A role that may not read the texts of others is told so, and nothing is said to be known.
func TestTextsOfOthersAreHidden(t *testing.T) {
	ask, app := shop(t)
	_ = ask
	pgtest.Execute(t, app, "DROP ROLE IF EXISTS pgmedic_plain", "CREATE ROLE pgmedic_plain")
	t.Cleanup(func() { pgtest.Execute(t, app, "RESET ROLE", "DROP ROLE pgmedic_plain") })
	tx, err := app.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback(context.WithoutCancel(t.Context()))
	if _, err := tx.Exec(t.Context(), "SET LOCAL ROLE pgmedic_plain"); err != nil {
		t.Fatal(err)
	}
	of, err := table.Read(t.Context(), tx, "public", "orders")
	if err != nil {
		t.Fatal(err)
	}
	s, err := Read(t.Context(), tx, of)
	if err != nil {
		t.Fatal(err)
	}
	if s.All || len(s.List) > 0 || !strings.Contains(s.Why, "GRANT pg_read_all_stats") || s.Updates(of).Known {
		t.Errorf("%+v", s)
	}
}

func TestSetLists(t *testing.T) {
	of := &table.Table{Schema: "public", Name: "orders"}
	for text, want := range map[string]string{
		"UPDATE orders SET a = b + 1, c = $1 WHERE d = e":                                                          "a c",
		`UPDATE ONLY public.orders o SET "A b" = (SELECT x, y FROM z WHERE q = r), "c" = DEFAULT`:                  "A b c",
		"UPDATE other SET a = 1 FROM orders":                                                                       "",
		"UPDATE orders SET (a, b) = (SELECT c, d), arr[1] = 3 RETURNING e = f":                                     "a arr b",
		"INSERT INTO orders AS o (x) VALUES (1) ON CONFLICT (x) DO UPDATE SET y = excluded.y, z = o.z WHERE w = 1": "y z",
		"WITH u AS (UPDATE orders SET a = 1 WHERE id = 2 RETURNING id) SELECT b = 3 FROM u":                        "a",
		"MERGE INTO orders USING s ON true WHEN MATCHED THEN UPDATE SET a = 1 WHEN NOT MATCHED THEN DO NOTHING":    "a",
		"SELECT set = 3 FROM orders": "",
		"SET search_path = orders":   "",
	} {
		if got := strings.Join(assigned(text, of), " "); got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}
