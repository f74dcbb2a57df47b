package session

import (
	"strings"
	"testing"
	"time"

	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/live"
	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

func TestQueries(t *testing.T) { pgtest.Queries(t, sqlFiles, query) }

// How long a session has been idle in its transaction is not how long that is open.
func TestDoing(t *testing.T) {
	at := time.Date(2026, 11, 23, 16, 0, 0, 0, time.UTC)
	ago := func(d time.Duration) time.Time { return at.Add(-d) }
	for want, b := range map[string]probes.Backend{
		"idle for 2 min 0 s":            {State: "idle", StateChange: ago(2 * time.Minute), QueryStart: ago(3 * time.Minute)},
		"active for 5 s":                {State: "active", StateChange: ago(5 * time.Second), QueryStart: ago(5 * time.Second), XactStart: ago(time.Hour)},
		"idle in transaction for 1.5 s": {State: "idle in transaction", StateChange: ago(1500 * time.Millisecond), XactStart: ago(1600 * time.Millisecond)},
		"state not visible":             {},
		"idle in transaction (aborted)": {State: "idle in transaction (aborted)"},
		"idle in transaction for 4 s, its transaction open for 10 min 0 s": {State: "idle in transaction", StateChange: ago(4 * time.Second), XactStart: ago(10 * time.Minute)},
	} {
		if got := Doing(b, at); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// A backup is never one of a group, whatever its sessions do: the leader of a parallel pg_dump rests in a transaction with the snapshot of its workers.
// Who ends it alone is told what that costs.
func TestBackupIsSpared(t *testing.T) {
	t.Parallel()
	server := pgtest.Server(t, nil)
	dsn := server.DSN("postgres")
	pgtest.Execute(t, pgtest.Connect(t, dsn, nil), "CREATE ROLE app LOGIN PASSWORD 'x'")
	want := map[string]string{ // by the application's name
		"pg_dump": "it is a backup (pg_dump)", "pg_dumpall": "it is a backup (pg_dumpall)", "pgBackRest [backup]": "it is a backup (pgBackRest)",
		"pg_restore": "it is a restore (pg_restore)", "pg_dumpling": "", "app": "",
	}
	pids := map[int32]string{}
	for name := range want {
		conn := pgtest.Connect(t, pgtest.As(t, dsn, "app", "x"), map[string]string{"application_name": name})
		pgtest.Execute(t, conn, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", "SELECT pg_export_snapshot()")
		pids[pidOf(conn)] = name
	}
	s := newScene(t, dsn, live.Config{DSN: dsn})
	seen := s.see("that all rest in a transaction", func(sample *probes.Sample) bool {
		n := 0
		for _, b := range sample.Backends {
			if pids[b.PID] != "" && b.State == "idle in transaction" && b.User == "app" {
				n++
			}
		}
		return n == len(pids)
	}).Sample
	for pid, name := range pids {
		if got := Spared(seen, backend(seen, pid)); got != want[name] {
			t.Errorf("%s: spared, as %q; want %q", name, got, want[name])
		}
		left := LeftBehind(seen, pid)
		if (left == "") != (want[name] == "") || !strings.HasPrefix(left, want[name]) {
			t.Errorf("%s: ended alone, %q", name, left)
		}
	}
}
