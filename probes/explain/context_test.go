package explain

import (
	"context"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
	"github.com/pgmedic/pgmedic/probes/plan"
)

// asker explains in guarded transactions of one connection, as the ask session does.
type asker struct {
	conn    *pgx.Conn
	server  probes.Server
	timeout string // statement_timeout
}

func newAsker(t *testing.T, dsn string) *asker {
	t.Helper()
	a := &asker{timeout: "10s", conn: pgtest.Connect(t, dsn, map[string]string{"application_name": "pgmedic", "default_transaction_read_only": "on"})}
	err := a.conn.QueryRow(t.Context(), "SELECT current_setting('server_version_num')::int, current_database(), current_user").
		Scan(&a.server.Version, &a.server.Database, &a.server.User)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// in runs fn in a read-only transaction with the ask session's bounds.
func (a *asker) in(t *testing.T, fn func(tx pgx.Tx)) {
	t.Helper()
	tx, err := a.conn.BeginTx(t.Context(), pgx.TxOptions{AccessMode: pgx.ReadOnly})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback(context.Background()) }()
	_, err = tx.Exec(t.Context(), `SELECT pg_catalog.set_config('search_path', 'pg_catalog', true), pg_catalog.set_config('statement_timeout', $1, true),
		pg_catalog.set_config('lock_timeout', '500ms', true)`, a.timeout)
	if err != nil {
		t.Fatal(err)
	}
	fn(tx)
}

func (a *asker) explain(t *testing.T, q Question) (made *plan.Plan, err error) {
	t.Helper()
	a.in(t, func(tx pgx.Tx) {
		defer Forget(a.conn)
		made, err = Explain(t.Context(), Context{Tx: tx, Server: a.server, Key: []byte("k"), Now: time.Now()}, q)
	})
	return made, err
}

func (a *asker) explained(t *testing.T, q Question) *plan.Plan {
	t.Helper()
	p, err := a.explain(t, q)
	if err != nil {
		t.Fatalf("%.200s: %v", q.Statement, err)
	}
	return p
}

// scan returns the plan's node that reads a relation.
func scan(t *testing.T, p *plan.Plan, relation string) *plan.Node {
	t.Helper()
	var found *plan.Node
	p.Walk(func(n *plan.Node, _ int) {
		if n.Relation == relation {
			found = n
		}
	})
	if found == nil {
		t.Fatalf("nothing reads %s", relation)
	}
	return found
}
