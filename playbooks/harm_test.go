package playbooks

import (
	"context"
	"testing"
	"time"

	"github.com/pgmedic/pgmedic/probes/live"
	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
)

// The harm meter counts who waits behind a session, and who waits behind those.
func TestHarm(t *testing.T) {
	dsn := pgtest.Database(t)
	e, _ := engineOn(t, live.Config{DSN: dsn})
	holder, ddl, reader := connect(t, dsn), connect(t, dsn), connect(t, dsn)
	if _, err := holder.Exec(t.Context(), makeTable); err != nil {
		t.Fatal(err)
	}
	if _, err := holder.Exec(t.Context(), "BEGIN; LOCK TABLE made IN SHARE UPDATE EXCLUSIVE MODE"); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 2)
	go func() { _, err := ddl.Exec(ctx, "ALTER TABLE made ADD COLUMN name text"); ended <- err }()
	pid := int32(holder.PgConn().PID())
	behind := func(n int) func() bool {
		return func() bool {
			waiting, took, err := e.harm(t.Context(), pid)
			return err == nil && waiting == n && took > 0
		}
	}
	if err := until(t.Context(), behind(1)); err != nil {
		t.Error("the DDL behind the holder:", err)
	}
	go func() { _, err := reader.Exec(ctx, "SELECT * FROM made"); ended <- err }()
	if err := until(t.Context(), behind(2)); err != nil {
		t.Error("the reader behind the DDL:", err)
	}
	cancel()
	<-ended
	<-ended
}

// A slow count is made less often: at most 50 ms of the server's second.
func TestRestAfterHarm(t *testing.T) {
	for took, want := range map[time.Duration]time.Duration{
		time.Millisecond: 20 * time.Millisecond, 50 * time.Millisecond: pollEvery, 200 * time.Millisecond: 4 * time.Second, 2 * time.Second: longestRest,
	} {
		if got := RestAfter(took); got != want {
			t.Errorf("rests %s after %s, want %s", got, took, want)
		}
	}
}

// until waits for what the server gives no signal of.
func until(ctx context.Context, condition func() bool) error {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	for !condition() {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(10 * time.Millisecond):
		}
	}
	return nil
}
