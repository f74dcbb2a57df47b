package session

import (
	"testing"
	"time"

	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/live"
	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
)

// While hundreds wait for one row, whoever holds it is ended in moments: what is sent and read needs no lock that the storm holds up.
func TestSignalInALockStorm(t *testing.T) {
	const waiters = 300
	server := pgtest.Server(t, map[string]string{"max_connections": "350"})
	dsn := server.DSN("postgres")
	const update = "UPDATE hot SET n = n + 1 WHERE id = 1"
	s := newScene(t, dsn, live.Config{DSN: dsn})
	root := s.conns(1)[0]
	pgtest.Execute(t, root, "CREATE TABLE hot (id int PRIMARY KEY, n int)", "INSERT INTO hot VALUES (1, 1)", "BEGIN", update)
	for _, conn := range s.conns(waiters) { // they come at once, and look for deadlocks at once
		pgtest.InBackground(t, conn, update)
	}
	var sessions []probes.Backend
	seen := s.see("the storm", func(sample *probes.Sample) bool {
		waiting := 0
		for _, b := range sample.Backends {
			if b.WaitType == "Lock" || b.Contends() {
				waiting++
			}
		}
		sessions = []probes.Backend{backend(sample, pidOf(root))}
		return waiting >= waiters && sessions[0].User != ""
	})
	began := time.Now()
	p := s.prepare(draft(live.Terminate, seen, sessions...))
	prepared := time.Since(began)
	run := s.confirm(p)
	typed := time.Since(began) - prepared
	o := run.Outcome()
	took := time.Since(began)
	t.Logf("%d wait for a row: preflight %s, word to durable intent %s, to the root's end read back %s; %s", waiters, prepared, typed,
		took-prepared-typed,
		check(t, p.Checks, "rights").Saw)
	if o.State != playbooks.Applied || took > 10*time.Second {
		t.Errorf("after %s: %+v", took, o)
	}
}
