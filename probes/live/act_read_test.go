package live

import (
	"context"
	"errors"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/pgmedic/pgmedic/probes/pgerr"
	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
)

// The session that changes the server reads between two statements, and cannot write there; its settings stay as they are.
func TestBuildSessionReads(t *testing.T) {
	b := openBuild(t, newServer(t, Config{DSN: pgtest.Database(t)}))
	err := b.Read(t.Context(), func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, "CREATE TABLE public.written ()")
		return err
	})
	if pgerr.State(err) != "25006" {
		t.Errorf("writing ended with %v", err)
	}
	var timeout string
	if err := b.conn.QueryRow(t.Context(), "SELECT current_setting('statement_timeout')").Scan(&timeout); err != nil || timeout != "0" {
		t.Errorf("statement_timeout is %s, %v", timeout, err)
	}
	b.Stop()
	if err := b.Read(t.Context(), func(context.Context, pgx.Tx) error { return nil }); !errors.Is(err, ErrStopped) {
		t.Errorf("read after it was stopped: %v", err)
	}
}
