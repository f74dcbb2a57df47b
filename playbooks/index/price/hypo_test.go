package price

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/pgmedic/pgmedic/playbooks/index/shape"
	"github.com/pgmedic/pgmedic/playbooks/index/table"
	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/explain"
	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
	"github.com/pgmedic/pgmedic/probes/plan"
)

// Where HypoPG is, it is asked in a transaction that only reads, agrees, and has forgotten everything afterwards, also where it refuses; where it is not, nobody is asked.
func TestSecondOpinion(t *testing.T) {
	dsn := pgtest.Database(t)
	app := pgtest.Connect(t, dsn, nil)
	pgtest.Execute(t, app, "CREATE TABLE events AS SELECT n AS id, n % 1000 AS tenant, 'x' || n AS note, '{}'::jsonb AS data FROM generate_series(1, 100000) AS n",
		"CREATE SCHEMA other", "VACUUM ANALYZE events")
	var available bool
	if err := app.QueryRow(t.Context(), "SELECT count(*) > 0 FROM pg_available_extensions WHERE name = 'hypopg'").Scan(&available); err != nil {
		t.Fatal(err)
	}
	if available {
		pgtest.Execute(t, app, "CREATE EXTENSION hypopg SCHEMA other")
	}
	conn := pgtest.Connect(t, dsn, nil)
	const statement = "SELECT * FROM events WHERE tenant = 7"
	// hidden says how many hypothetical indexes the session still has.
	hidden := func() (n int) {
		t.Helper()
		if available {
			if err := conn.QueryRow(t.Context(), "SELECT count(*) FROM other.hypopg()").Scan(&n); err != nil {
				t.Fatal(err)
			}
		}
		return n
	}
	ask := func(ctx context.Context, sql string, x shape.Index) (Opinion, error) {
		tx, err := conn.BeginTx(t.Context(), pgx.TxOptions{AccessMode: pgx.ReadOnly})
		if err != nil {
			t.Fatal(err)
		}
		defer tx.Rollback(context.WithoutCancel(t.Context()))
		of, err := table.Read(t.Context(), tx, "public", "events")
		if err != nil {
			t.Fatal(err)
		}
		return SecondOpinion(ctx, tx, probes.Server{Version: of.Costs.Version}, of, explain.Question{Statement: sql, Class: plan.Given, Timeout: time.Second}, x)
	}
	good := shape.Index{Schema: "public", Table: "events", Method: "btree", Keys: []shape.Key{{Column: "tenant"}}}
	o, err := ask(t.Context(), statement, good)
	if err != nil || o.Asked != available || available && (!o.Used || o.Cost > 600 || o.Bytes < 1<<19) || hidden() > 0 {
		t.Errorf("%+v, %v, %d left", o, err, hidden())
	}
	t.Logf("%+v", o)
	useless := good
	useless.Keys = []shape.Key{{Column: "id"}}
	if o, err = ask(t.Context(), statement, useless); err != nil || o.Used || available && !strings.Contains(o.Differs(300), "would not use") || hidden() > 0 {
		t.Errorf("useless: %+v, %v, %q, %d left", o, err, o.Differs(300), hidden())
	}
	broken := good
	broken.Keys = []shape.Key{{Expression: "nonsense("}}
	gin := good
	gin.Method, gin.Keys = "gin", []shape.Key{{Column: "data"}}
	for _, c := range []struct {
		sql   string
		index shape.Index
	}{{statement, broken}, {"SELECT nonsense", good}, {statement, gin}} {
		if o, err := ask(t.Context(), c.sql, c.index); err != nil || o.Asked || o.Differs(1) != "" || hidden() > 0 {
			t.Errorf("%s, %s: %+v, %v, %d left", c.sql, c.index.Definition(), o, err, hidden())
		}
	}
}

func TestDiffers(t *testing.T) {
	for _, c := range []struct {
		opinion Opinion
		cost    float64
		differs bool
	}{
		{Opinion{Asked: true, Cost: 100, Used: true}, 140, false},
		{Opinion{Asked: true, Cost: 100, Used: true}, 160, true},
		{Opinion{Asked: true, Cost: 160, Used: true}, 100, true},
		{Opinion{Cost: 160}, 100, false},
		{Opinion{Asked: true}, 100, false},
	} {
		if got := c.opinion.Differs(c.cost); (got != "") != c.differs {
			t.Errorf("%+v against %g: %q", c.opinion, c.cost, got)
		}
	}
}
