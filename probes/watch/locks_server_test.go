package watch

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/pgmedic/pgmedic/probes/live"
	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
	"github.com/pgmedic/pgmedic/probes/record"
)

// TestPileUpAndDeadlockOnAServer lets sessions of a real server queue behind one, and two of them wait for each other.
func TestPileUpAndDeadlockOnAServer(t *testing.T) {
	dsn := pgtest.Database(t)
	admin := pgtest.Connect(t, dsn, nil)
	pgtest.Execute(t, admin, "CREATE TABLE jobs (id int PRIMARY KEY, state text)", "INSERT INTO jobs SELECT i, 'new' FROM generate_series(1, 3) AS i")
	server, err := live.New(live.Config{DSN: dsn, Interval: 100 * time.Millisecond, LookOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	ctx, cancel := context.WithCancel(t.Context())
	updates := Follow(ctx, server, nil)
	defer func() {
		cancel()
		for range updates {
		}
	}()
	titled := func(event, direction string) record.Event {
		t.Helper()
		var found record.Event
		next(t, updates, func(u Update) bool {
			for _, e := range u.Events {
				if e.Data["event"] == event && e.Data["direction"] == direction {
					found = e
					return true
				}
			}
			return false
		})
		return found
	}

	const update = "UPDATE jobs SET state = 'x' WHERE id = "
	blocker := pgtest.Connect(t, dsn, map[string]string{"application_name": "billing"})
	pgtest.Execute(t, blocker, "BEGIN", update+"1")
	for range PileUpWaiters + 1 {
		pgtest.InBackground(t, pgtest.Connect(t, dsn, nil), update+"1")
	}
	reached := titled(record.EventLocks, "reached")
	if !strings.Contains(reached.Title, "sessions wait for locks behind pid ") || !strings.HasSuffix(reached.Title, "(billing, idle in transaction)") {
		t.Errorf("event %+v", reached)
	}
	pgtest.Execute(t, blocker, "ROLLBACK")
	if left := titled(record.EventLocks, "left"); left.At.Before(reached.At) {
		t.Errorf("left %+v before reached %+v", left, reached)
	}

	one, other := pgtest.Connect(t, dsn, nil), pgtest.Connect(t, dsn, nil)
	pgtest.Execute(t, one, "BEGIN", update+"2")
	pgtest.Execute(t, other, "BEGIN", update+"3")
	var both sync.WaitGroup
	defer both.Wait()
	for conn, id := range map[*pgx.Conn]string{one: "3", other: "2"} {
		both.Go(func() { // one of them fails; the server tells when its transaction has ended
			_, _ = conn.Exec(t.Context(), update+id)
			_, _ = conn.Exec(t.Context(), "ROLLBACK")
		})
	}
	if e := titled(record.EventDeadlock, ""); !strings.HasPrefix(e.Title, "1 deadlock in database test_") || e.Data["deadlocks"] != "1" {
		t.Errorf("event %+v", e)
	}
}
