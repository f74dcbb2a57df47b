package live

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/explain"
	"github.com/pgmedic/pgmedic/probes/pgerr"
	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
	"github.com/pgmedic/pgmedic/probes/plan"
	"github.com/pgmedic/pgmedic/probes/storage"
)

// gaveUpSoon bounds what asks for something locked: its lock limit or statement timeout, and much more for a busy machine.
const gaveUpSoon = 8 * time.Second

// keepsPace is how far samples may be apart on a busy machine; at minimumInterval they are 0.1 s apart.
const keepsPace = 4 * time.Second

// asked is what became of EXPLAIN and the tables panel while samples were taken.
type asked struct {
	explainErr, tablesErr error
	explained, measured   time.Duration
	tables                []storage.Table
}

// askBeside explains the busiest statement and measures its table, while samples come, and returns them.
func askBeside(t *testing.T, s *Server, ticks <-chan probes.Tick) (asked, []*probes.Sample) {
	t.Helper()
	done := make(chan asked, 1)
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		var a asked
		began := time.Now()
		_, a.explainErr = s.Ask().Explain(ctx, explain.Question{Statement: dedup, Class: plan.Heavy})
		a.explained = time.Since(began)
		began = time.Now()
		a.tables, a.tablesErr = storage.Tables(ctx, s.Ask(), []storage.Name{{Schema: "reports", Relation: "reports"}})
		a.measured = time.Since(began)
		done <- a
	}()
	var samples []*probes.Sample
	for {
		select {
		case a := <-done:
			return a, samples
		case tick := <-ticks:
			if tick.Sample == nil {
				t.Fatalf("no sample: %+v", tick.Trouble)
			}
			samples = append(samples, tick.Sample)
		}
	}
}

// keptPace checks that the samples went on beside what was asked: none waited for a lock.
func keptPace(t *testing.T, a asked, samples []*probes.Sample) {
	t.Helper()
	longest := time.Duration(0)
	for _, s := range samples {
		longest = max(longest, s.Interval)
		for _, f := range s.Failures {
			if strings.Contains(f.Reason, "locked") {
				t.Errorf("a probe has waited for a lock: %+v", f)
			}
		}
	}
	t.Logf("EXPLAIN gave up after %s, the table took %s; %d samples, at most %s apart", a.explained, a.measured, len(samples), longest)
	if len(samples) < 3 || a.explained > gaveUpSoon || a.measured > gaveUpSoon || longest > keepsPace {
		t.Errorf("EXPLAIN %s, tables %s, %d samples, at most %s apart", a.explained, a.measured, len(samples), longest)
	}
}

// The busiest table is locked against everybody: by who has the lock, or by who waits for it behind a reader.
func TestTheBusiestTableIsLocked(t *testing.T) {
	for _, test := range []struct {
		name          string
		holds         string
		queued        string
		explain, size string
	}{
		{"held", "LOCK TABLE reports.reports IN ACCESS EXCLUSIVE MODE", "", "session %d (migration, idle in transaction", "locked by session %d (migration"},
		{"TRUNCATE behind a reader", "SELECT FROM reports.reports LIMIT 1", "TRUNCATE reports.reports", "session %d (migration, active", "session %d (migration, active) waits"},
		{"ALTER behind a reader", "SELECT FROM reports.reports LIMIT 1", "ALTER TABLE reports.reports ADD n int", "session %d (migration, active",
			"session %d (migration, active) waits"},
	} {
		t.Run(test.name, func(t *testing.T) {
			dsn := reportsDatabase(t)
			s := newServer(t, Config{DSN: dsn})
			ticks := stream(t, s)
			waitForSample(t, ticks, "the warm sessions", func(s *probes.Sample) bool { return s.Counts().Ours == 3 })
			holder := pgtest.Connect(t, dsn, map[string]string{"application_name": "migration"})
			pgtest.Execute(t, holder, "BEGIN", test.holds)
			pid := int32(holder.PgConn().PID())
			if test.queued != "" {
				pid = pgtest.InBackground(t, pgtest.Connect(t, dsn, map[string]string{"application_name": "migration"}), test.queued)
				pgtest.Eventually(t, dsn, "SELECT 1 FROM pg_locks WHERE pid = $1 AND NOT granted", pid)
			}
			victim := pgtest.InBackground(t, pgtest.Connect(t, dsn, nil), "SELECT count(*) FROM reports.reports")
			waitForSample(t, ticks, "the blocked reader", func(s *probes.Sample) bool {
				for _, w := range s.Waits {
					if w.PID == victim && len(w.BlockedBy) == 1 && w.BlockedBy[0] == pid && w.Relation == "reports.reports" {
						return true
					}
				}
				return false
			})
			a, samples := askBeside(t, s, ticks)
			keptPace(t, a, samples)
			if err := a.explainErr; pgerr.State(err) != "55P03" || !strings.Contains(err.Error(), fmt.Sprintf(test.explain, pid)) {
				t.Errorf("EXPLAIN: %v", err)
			}
			if a.tablesErr != nil {
				t.Fatal(a.tablesErr)
			}
			heap := a.tables[0].Heap
			if heap.Status != storage.Estimated || heap.Value == 0 || !strings.Contains(heap.Why, fmt.Sprintf(test.size, pid)) {
				t.Errorf("table %+v", heap)
			}
		})
	}
}

// A superuser locks a catalogue against everybody: samples go on with what needs no catalogue, the rest says why, nothing hangs, and all comes back.
func TestACatalogueIsLocked(t *testing.T) {
	t.Parallel()
	for _, catalogue := range []string{"pg_class", "pg_database", "pg_proc"} {
		t.Run(catalogue, func(t *testing.T) {
			t.Parallel()
			server := pgtest.Server(t, map[string]string{"autovacuum": "off"}) // who has no cached catalogues hangs, and with it a shared server
			dsn := server.DSN("postgres")
			app := pgtest.Connect(t, dsn, nil)
			pgtest.Execute(t, app, "CREATE EXTENSION pg_stat_statements", "CREATE SCHEMA reports", "CREATE TABLE reports.reports AS SELECT 1 AS n", "SELECT 1")
			s := newServer(t, Config{DSN: dsn})
			ticks := stream(t, s)
			waitForSample(t, ticks, "the warm sessions", func(s *probes.Sample) bool { return s.Counts().Ours == 3 })
			locker := pgtest.Connect(t, dsn, nil)
			pgtest.Execute(t, locker, "BEGIN", "LOCK TABLE pg_catalog."+catalogue+" IN ACCESS EXCLUSIVE MODE")
			lockedAt := time.Now()
			waitForSample(t, ticks, "the locker", func(s *probes.Sample) bool { return s.Counts().IdleInTx == 1 })

			a, samples := askBeside(t, s, ticks)
			longest := time.Duration(0)
			for len(samples) < 20 {
				samples = append(samples, waitForSample(t, ticks, "a sample", anySample))
			}
			reasons := map[string]string{}
			for _, sample := range samples {
				longest = max(longest, sample.Interval)
				if c := sample.Counts(); c.Total != 2 || c.IdleInTx != 1 {
					t.Errorf("counts %+v", c)
				}
				for _, f := range sample.Failures {
					reasons[f.Probe] = f.Reason
				}
			}
			t.Logf("EXPLAIN %s: %v; tables %s: %v; %d samples, at most %s apart; %v", a.explained, a.explainErr, a.measured, a.tablesErr, len(samples), longest, reasons)
			if a.explained > gaveUpSoon || a.measured > gaveUpSoon || longest > sampleDeadline {
				t.Errorf("EXPLAIN took %s, tables %s, samples %s", a.explained, a.measured, longest)
			}
			for probe, reason := range reasons {
				if !strings.Contains(reason, "tried again in") {
					t.Errorf("%s: %s", probe, reason)
				}
			}
			if err := a.tablesErr; err != nil && (pgerr.State(err) != "55P03" || !strings.Contains(err.Error(), "a catalogue of the server is locked")) {
				t.Errorf("tables: %v", err)
			}
			if catalogue == "pg_class" && (a.tablesErr == nil || pgerr.State(a.explainErr) != "55P03") {
				t.Errorf("nothing waits for %s: tables %v, EXPLAIN %v", catalogue, a.tablesErr, a.explainErr)
			}

			pgtest.Execute(t, locker, "ROLLBACK")
			t.Logf("locked for %s", time.Since(lockedAt))
			waitForSample(t, ticks, "everything again", func(s *probes.Sample) bool { return len(s.Failures) == 0 && s.Statements.Known })
			found, err := storage.Tables(t.Context(), s.Ask(), []storage.Name{{Schema: "reports", Relation: "reports"}})
			if err != nil || found[0].Heap.Status != storage.Measured {
				t.Errorf("afterwards: %+v, %v", found, err)
			}
		})
	}
}
