package watch

import (
	"context"
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/live"
	"github.com/pgmedic/pgmedic/probes/pgserver"
	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
	"github.com/pgmedic/pgmedic/probes/record"
)

// follow looks at a server until the test ends.
func follow(t *testing.T, dsn string) <-chan Update {
	t.Helper()
	server, err := live.New(live.Config{DSN: dsn, Interval: 100 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	updates := Follow(ctx, server, nil)
	t.Cleanup(func() {
		cancel()
		for range updates { // until it is closed
		}
		server.Close()
	})
	return updates
}

// event returns the next event of a name, and the titles of those before it.
func event(t *testing.T, updates <-chan Update, name string) record.Event {
	t.Helper()
	var found record.Event
	next(t, updates, func(u Update) bool {
		for _, e := range u.Events {
			if e.Data["event"] == name {
				found = e
				return true
			}
		}
		return false
	})
	return found
}

func TestAFailoverIsTold(t *testing.T) {
	primary, err := pgserver.Start(t.Context(), pgserver.Options{Settings: map[string]string{"fsync": "off"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = primary.Stop() })
	standby, err := pgserver.Standby(t.Context(), primary, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = standby.Stop() })
	one, other := fmt.Sprintf("127.0.0.1:%d", primary.Port()), fmt.Sprintf("127.0.0.1:%d", standby.Port())
	updates := follow(t, strings.Replace(primary.DSN("postgres"), one, one+","+other, 1))

	if e := event(t, updates, record.EventConnected); !strings.Contains(e.Title, one) {
		t.Errorf("event %+v", e)
	}
	if err := primary.Crash(); err != nil {
		t.Fatal(err)
	}
	if e := event(t, updates, record.EventFailover); e.Title != "failover: "+other+" answers instead of "+one+", a standby answers where a primary did" {
		t.Errorf("event %+v", e)
	}
	w := probes.NewWindow(0)
	look := func(u Update) *probes.Sample {
		if u.Tick.Sample == nil {
			return &probes.Sample{}
		}
		w.Add(u.Tick.Sample, u.Assessment)
		return w.Current()
	}
	next(t, updates, func(u Update) bool { return look(u).Standby != nil })
	pgtest.Value(t, standby.DSN("postgres"), "SELECT pg_promote()::text")
	var e record.Event
	next(t, updates, func(u Update) bool {
		look(u)
		for _, e = range u.Events {
			if e.Data["event"] == record.EventFailover {
				return true
			}
		}
		return false
	})
	if e.Title != "failover: the standby became primary" || !strings.Contains(e.Server, "timeline 2") {
		t.Errorf("event %+v", e)
	}
	if now := w.Current(); now.Interval == 0 || now.Standby != nil {
		t.Errorf("a primary, over the same connection, with the state of the standby that it was: %+v", now.Standby)
	}
}

func TestACrashOfABackendIsTold(t *testing.T) {
	server, err := pgserver.Start(t.Context(), pgserver.Options{Settings: map[string]string{"fsync": "off"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Stop() })
	updates := follow(t, server.DSN("postgres"))
	event(t, updates, record.EventConnected)
	victim := pgtest.Connect(t, server.DSN("postgres"), nil)
	if err := syscall.Kill(int(victim.PgConn().PID()), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	event(t, updates, record.EventLost)
	if e := event(t, updates, record.EventRestart); e.Data["reason"] != "crash" || !strings.Contains(e.Title, "crashed") {
		t.Errorf("event %+v", e)
	}
}
