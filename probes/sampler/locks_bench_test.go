package sampler

import (
	"math"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
)

// BenchmarkLocks reads the locks while 900 sessions wait, which have been through their checks for deadlocks; once with 50,000 other locks held.
func BenchmarkLocks(b *testing.B) {
	const sessions = 900
	const update = "UPDATE hot SET n = n + 1 WHERE id = 1"
	for _, storm := range []struct {
		name string
		hold []string
	}{
		{"row", []string{update}},
		{"table", []string{"LOCK TABLE hot"}},
		{"row, 50,000 other locks", []string{update, "SELECT count(pg_advisory_xact_lock(n)) FROM generate_series(1, 50000) AS n"}},
	} {
		b.Run(storm.name, func(b *testing.B) {
			server := pgtest.Server(b, map[string]string{"max_connections": "950", "deadlock_timeout": "10min"})
			dsn := server.DSN("postgres")
			s := lookAt(b, dsn)
			root := pgtest.Connect(b, dsn, nil)
			pgtest.Execute(b, root, "CREATE TABLE hot (id int PRIMARY KEY, n int)", "INSERT INTO hot VALUES (1, 1)", "BEGIN")
			pgtest.Execute(b, root, storm.hold...)
			for range sessions {
				pgtest.InBackground(b, pgtest.Connect(b, dsn, nil), update)
			}
			waitUntilWaiting(b, dsn, sessions)
			for b.Loop() {
				sample, err := readOne(b, s, s.readLocks)
				if err != nil || len(sample.Waits) != sessions {
					b.Fatalf("%d waits, %v", len(sample.Waits), err)
				}
			}
			b.StopTimer()
			b.ReportMetric(leastTime(b, s.conn, query("locks", "{waitstart}", waitStart(s.server.Version))), "server-ms/op")
			b.ReportMetric(leastTime(b, s.conn, "SELECT count(*) FROM pg_lock_status()"), "floor-ms/op")
			pgtest.Execute(b, root, "ROLLBACK") // so that the sessions end
		})
	}
}

// BenchmarkQueue finds who is in whose way in a queue of all sorts: it is pgmedic's own work, while somebody waits for the sample.
func BenchmarkQueue(b *testing.B) {
	tag := lockTag{kind: "relation", relation: 2}
	var locks []lockRow
	var backends []probes.Backend
	add := func(mode string, granted bool) {
		pid := int32(len(backends) + 1)
		since := noon.Add(time.Duration(pid) * time.Millisecond)
		locks = append(locks, lockRow{lockTag: tag, pid: pid, mode: mode, granted: granted, since: &since})
		backends = append(backends, probes.Backend{PID: pid, XactStart: noon.Add(time.Duration(pid*7919%1000) * time.Second)})
	}
	for range 100 {
		add(accessShare, true)
	}
	for range 450 {
		add(accessExclusive, false)
		add(rowShare, false)
	}
	for b.Loop() {
		if waits := findWaits(locks, backends); len(waits) != 900 || len(waits[0].BlockedBy) != probes.BlockersKept || len(waits[1].BlockedBy) != 1 {
			b.Fatalf("%d waits", len(waits))
		}
	}
}

// leastTime returns the server's own time for a query in milliseconds, the least of ten: others use the machine too.
func leastTime(b *testing.B, conn *pgx.Conn, sql string, args ...any) float64 {
	b.Helper()
	least := math.Inf(1)
	for range 10 {
		var plan []struct {
			Execution float64 `json:"Execution Time"`
		}
		if err := conn.QueryRow(b.Context(), "EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) "+sql, args...).Scan(&plan); err != nil {
			b.Fatal(err)
		}
		least = min(least, plan[0].Execution)
	}
	return least
}
