// Package sessiontest has what the tests of the session playbooks share: pgmedic at a real server, with what it sees in a window, and drafts carried
// out to their end.
package sessiontest

import (
	"testing"
	"time"

	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/live"
	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
	"github.com/pgmedic/pgmedic/probes/record"
)

// patience bounds what a test waits for.
const patience = 3 * time.Minute

// Desk is pgmedic at one server.
type Desk struct {
	Server *live.Server
	Window *probes.Window
	Record *record.File
	ticks  <-chan probes.Tick
}

// Open looks at a server, with a record of its own.
func Open(t testing.TB, dsn string) *Desk {
	t.Helper()
	server, err := live.New(live.Config{DSN: dsn, Interval: 200 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	rec, err := record.Create(t.TempDir(), "test", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = rec.Close() })
	return &Desk{Server: server, Window: probes.NewWindow(time.Minute), Record: rec, ticks: server.Stream(t.Context())}
}

// Until looks until something is to be seen, for a while, and returns the newest sample.
func (d *Desk) Until(t testing.TB, what string, seen func(s *probes.Sample) bool) *probes.Sample {
	t.Helper()
	deadline := time.After(patience)
	for {
		select {
		case tick := <-d.ticks:
			if tick.Sample == nil {
				continue
			}
			d.Window.Add(tick.Sample, probes.Assessment{})
			if s := d.Window.Current(); seen(s) {
				return s
			}
		case <-deadline:
			s := d.Window.Current()
			t.Fatalf("it was not seen in time that %s; seen: %+v, waits %+v, failures %+v", what, s.Counts(), s.Waits, s.Failures)
		}
	}
}

// Carry applies a draft by its word to the end.
func (d *Desk) Carry(t testing.TB, draft *playbooks.Draft) playbooks.Outcome {
	t.Helper()
	run, err := d.Prepare(t, draft).Confirm(draft.Word)
	if err != nil {
		t.Fatalf("%s: %v", draft.Title, err)
	}
	for range run.Progress() {
	}
	return run.Outcome()
}

// Prepare runs a draft's preflight.
func (d *Desk) Prepare(t testing.TB, draft *playbooks.Draft) *playbooks.Prepared {
	t.Helper()
	p, err := playbooks.NewEngine(d.Server, d.Record, time.Now).Prepare(t.Context(), draft)
	if err != nil {
		t.Fatalf("%s: %v", draft.Title, err)
	}
	t.Cleanup(p.Abandon)
	return p
}

// Role makes a role with these options and the password secret, which is dropped with the test.
func Role(t testing.TB, dsn, options string) string {
	t.Helper()
	conn := pgtest.Connect(t, dsn, nil)
	name := "role_of_" + pgtest.Value(t, dsn, "SELECT current_database()::text")
	pgtest.Execute(t, conn, "CREATE ROLE "+name+" "+options+" PASSWORD 'secret'")
	t.Cleanup(func() { pgtest.Execute(t, pgtest.Connect(t, dsn, nil), "DROP OWNED BY "+name, "DROP ROLE "+name) })
	return name
}
