package sampler

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"pgregory.net/rapid"

	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
)

// patience bounds what a test waits for.
const patience = 60 * time.Second

// clock gives readings a server time, a second apart.
type clock struct{ at time.Time }

func (c *clock) sample(backends ...probes.Backend) *probes.Sample {
	c.at = c.at.Add(time.Second)
	return &probes.Sample{At: c.at, Backends: backends}
}

// serverVersion reads server_version_num.
func serverVersion(t testing.TB, conn *pgx.Conn) int {
	t.Helper()
	var version int
	if err := conn.QueryRow(t.Context(), "SELECT current_setting('server_version_num')::int").Scan(&version); err != nil {
		t.Fatal(err)
	}
	return version
}

// until reads again and again until the condition holds.
func until(t *testing.T, what string, condition func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !condition(); {
		if time.Now().After(deadline) {
			t.Fatalf("%s did not happen", what)
		}
	}
}

// flushed ends a session: that is when the server puts all that it counted where others see it.
func flushed(t *testing.T, conn *pgx.Conn) {
	t.Helper()
	if err := conn.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
}

func deltaOf(deltas []probes.DatabaseDelta, name string) (probes.DatabaseDelta, bool) {
	for _, d := range deltas {
		if d.Database == name {
			return d, true
		}
	}
	return probes.DatabaseDelta{}, false
}

// TestDatabasesCountWhatWasDone spills to disk, rolls back and commits beside the reader, which works in another database.
func TestDatabasesCountWhatWasDone(t *testing.T) {
	dsn, own := pgtest.Database(t), pgtest.Connect(t, pgtest.Database(t), nil)
	name := pgtest.Value(t, dsn, "SELECT current_database()::text")
	reader, clock := newDatabaseReader(own, serverVersion(t, own)), clock{noon}
	first := clock.sample()
	if err := reader.read(t.Context(), first); err != nil || first.Databases != nil {
		t.Fatalf("first reading: %+v, %v; want no deltas", first.Databases, err)
	}
	app := pgtest.Connect(t, dsn, map[string]string{"work_mem": "64kB"})
	pgtest.Execute(t, app, "SELECT count(*) FROM (SELECT * FROM generate_series(1, 100000) AS n ORDER BY n DESC OFFSET 1) AS s",
		"BEGIN", "CREATE TABLE rolled_back ()", "ROLLBACK")
	flushed(t, app)

	var seen probes.DatabaseDelta
	until(t, "a delta with all that was done", func() bool {
		sample := clock.sample()
		if err := reader.read(t.Context(), sample); err != nil {
			t.Fatal(err)
		}
		d, _ := deltaOf(sample.Databases, name)
		if !d.Since.IsZero() && d.Since.Add(time.Second) != sample.At {
			t.Fatalf("since %s in a reading at %s", d.Since, sample.At)
		}
		seen.TempFiles += d.TempFiles
		seen.TempBytes += d.TempBytes
		seen.Rollbacks += d.Rollbacks
		seen.Commits += d.Commits
		seen.Sessions += d.Sessions
		seen.BlocksHit += d.BlocksHit
		return seen.TempFiles > 0 && seen.TempBytes > 100_000 && seen.Rollbacks > 0 && seen.Commits > 0 && seen.Sessions != 0 && seen.BlocksHit > 0
	})
	if reader.version < 140000 && seen.Sessions > 0 {
		t.Errorf("%d sessions counted by a server that counts none", seen.Sessions)
	}
}

// TestDatabasesFindsADatabaseThatIsNew: a session in it makes it known.
func TestDatabasesFindsADatabaseThatIsNew(t *testing.T) {
	own := pgtest.Connect(t, pgtest.Database(t), nil)
	reader, clock := newDatabaseReader(own, serverVersion(t, own)), clock{noon}
	if err := reader.read(t.Context(), clock.sample()); err != nil {
		t.Fatal(err)
	}
	dsn := pgtest.Database(t)
	name := pgtest.Value(t, dsn, "SELECT current_database()::text")
	oid := uint32(pgtest.Eventually(t, dsn, "SELECT oid::bigint FROM pg_database WHERE datname = current_database()"))
	gone := probes.Backend{DatabaseOID: 4_000_000_000} // of a session whose database was dropped meanwhile
	until(t, "a delta of the new database", func() bool {
		pgtest.Value(t, dsn, "SELECT 'one more commit'")
		sample := clock.sample(probes.Backend{DatabaseOID: oid}, gone)
		if err := reader.read(t.Context(), sample); err != nil {
			t.Fatal(err)
		}
		d, found := deltaOf(sample.Databases, name)
		return found && d.OID == oid && d.Commits > 0
	})
	if n := len(reader.last); n != len(reader.names) || reader.names[gone.DatabaseOID] != "" {
		t.Errorf("%d databases read of %v", n, reader.names)
	}
}

func TestDatabasesAreNeverNegativeAfterAReset(t *testing.T) {
	dsn := pgtest.Database(t)
	own := pgtest.Connect(t, dsn, nil)
	name := pgtest.Value(t, dsn, "SELECT current_database()::text")
	reader, clock := newDatabaseReader(own, serverVersion(t, own)), clock{noon}
	var before databaseCounters
	until(t, "much to lose", func() bool {
		if err := reader.read(t.Context(), clock.sample(probes.Backend{})); err != nil {
			t.Fatal(err)
		}
		for oid, c := range reader.last {
			if reader.names[oid] == name {
				before = c
			}
		}
		return before.n[2] > 500
	})
	other := pgtest.Connect(t, dsn, nil)
	pgtest.Execute(t, other, "SELECT pg_stat_reset()")
	flushed(t, other)
	until(t, "the reset", func() bool {
		sample := clock.sample()
		if err := reader.read(t.Context(), sample); err != nil {
			t.Fatal(err)
		}
		d, found := deltaOf(sample.Databases, name)
		if d.Commits < 0 || d.BlocksHit < 0 || d.BlocksRead < 0 || d.BlocksHit > before.n[2] {
			t.Fatalf("delta %+v after %+v", d, before)
		}
		return found && d.Reset
	})
}

// TestDatabasesReadWithoutTheCatalogue: what stands in the way of reading pg_database does not stop the counters.
func TestDatabasesReadWithoutTheCatalogue(t *testing.T) {
	dsn := pgtest.Database(t)
	own := pgtest.Connect(t, dsn, map[string]string{"lock_timeout": "500"})
	reader, clock := newDatabaseReader(own, serverVersion(t, own)), clock{noon}
	if err := reader.read(t.Context(), clock.sample()); err != nil {
		t.Fatal(err)
	}
	blocker := pgtest.Connect(t, dsn, nil)
	pgtest.Execute(t, blocker, "BEGIN", "LOCK TABLE pg_catalog.pg_database IN ACCESS EXCLUSIVE MODE")
	defer pgtest.Execute(t, blocker, "ROLLBACK")
	if err := reader.read(t.Context(), clock.sample()); err != nil {
		t.Errorf("with pg_database locked: %v", err)
	}
}

// TestDatabasesTakeNoLockInAStorm: which databases there are is not read while the lock table itself is waited for.
func TestDatabasesTakeNoLockInAStorm(t *testing.T) {
	dsn := pgtest.Database(t)
	own := pgtest.Connect(t, dsn, map[string]string{"lock_timeout": "500"})
	reader, clock := newDatabaseReader(own, serverVersion(t, own)), clock{noon}
	storm := slices.Repeat([]probes.Backend{{WaitType: "LWLock", WaitEvent: "LockManager", DatabaseOID: 7}}, contended)
	first := clock.sample(storm...)
	if err := reader.read(t.Context(), first); !errors.Is(err, errIdle) || !strings.Contains(failureOf(first, "databases"), "lock table") {
		t.Errorf("%v, %+v", err, first.Failures)
	}
	if err := reader.read(t.Context(), clock.sample()); err != nil {
		t.Fatal(err)
	}
	blocker := pgtest.Connect(t, dsn, nil)
	pgtest.Execute(t, blocker, "BEGIN", "LOCK TABLE pg_catalog.pg_database IN ACCESS EXCLUSIVE MODE")
	defer pgtest.Execute(t, blocker, "ROLLBACK")
	sample := clock.sample(storm...) // with sessions in a database that is not known yet
	if err := reader.read(t.Context(), sample); err != nil || len(sample.Failures) > 0 {
		t.Errorf("%v, %+v", err, sample.Failures)
	}
}

// TestDroppedDatabasesAreLeftOut: what is gone has not been counted anew.
func TestDroppedDatabasesAreLeftOut(t *testing.T) {
	dsn := pgtest.Database(t)
	own := pgtest.Connect(t, dsn, nil)
	reader, clock := newDatabaseReader(own, serverVersion(t, own)), clock{noon}
	pgtest.Execute(t, pgtest.Connect(t, dsn, nil), "CREATE DATABASE short_lived")
	there := strings.Replace(dsn, pgtest.Value(t, dsn, "SELECT current_database()::text"), "short_lived", 1)
	oid := uint32(pgtest.Eventually(t, there, "SELECT oid::bigint FROM pg_database WHERE datname = current_database()"))
	until(t, "the first commit there", func() bool {
		if err := reader.read(t.Context(), clock.sample()); err != nil {
			t.Fatal(err)
		}
		return reader.last[oid].n[0] > 0
	})
	pgtest.Execute(t, pgtest.Connect(t, dsn, nil), "DROP DATABASE short_lived WITH (FORCE)")
	until(t, "the end of its counters", func() bool {
		sample := clock.sample()
		if err := reader.read(t.Context(), sample); err != nil {
			t.Fatal(err)
		}
		for _, d := range sample.Databases {
			if d.OID == oid && d.Reset {
				t.Fatalf("%+v", d)
			}
		}
		return reader.last[oid].n[0] == 0
	})
}

// TestCountersForEveryRole: a sample holds them as soon as they are due, and they need no privilege.
func TestCountersForEveryRole(t *testing.T) {
	dsn := pgtest.Database(t)
	owner := pgtest.Connect(t, dsn, nil)
	pgtest.Execute(t, owner, "CREATE ROLE counts_nothing LOGIN PASSWORD 'p'", "CREATE ROLE counts_all LOGIN PASSWORD 'p' IN ROLE pg_monitor")
	t.Cleanup(func() { pgtest.Execute(t, pgtest.Connect(t, dsn, nil), "DROP ROLE counts_nothing, counts_all") })
	for _, role := range []string{"counts_nothing", "counts_all"} {
		conn := pgtest.Connect(t, pgtest.As(t, dsn, role, "p"), nil)
		s := samplerOf(t, conn)
		sample, err := s.Take(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range sample.Failures {
			if f.Probe == "databases" || f.Probe == "writes" {
				t.Errorf("%s: %+v", role, f)
			}
		}
		if !sample.Writes.Known || sample.Databases != nil {
			t.Errorf("%s: %+v, %+v", role, sample.Writes, sample.Databases)
		}
		_ = conn.Close(context.Background())
	}
}

// TestDatabaseCountersNeverGoBack: whatever two readings hold, no figure is negative but for what the server does not count.
func TestDatabaseCountersNeverGoBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		draw := func(label string) (c databaseCounters) {
			for i := range c.n {
				c.n[i] = rapid.Int64Range(0, 1<<40).Draw(t, label)
			}
			c.resetAt = noon.Add(time.Duration(rapid.IntRange(0, 1).Draw(t, label+" reset")))
			return c
		}
		before, now := draw("before"), draw("now")
		now.n[8], now.n[9], now.n[10], now.n[11] = -1, -1, -1, -1
		before.n[8], before.n[9], before.n[10], before.n[11] = -1, -1, -1, -1
		d, _ := now.since(before)
		for _, n := range []int64{d.Commits, d.Rollbacks, d.BlocksHit, d.BlocksRead, d.TempFiles, d.TempBytes, d.Deadlocks, d.Conflicts} {
			if n < 0 {
				t.Fatalf("%+v", d)
			}
		}
		if d.Sessions != -1 || d.Killed != -1 {
			t.Fatalf("sessions of 13: %+v", d)
		}
	})
}

// BenchmarkDatabases reads the counters of a server's databases and of its checkpoints.
func BenchmarkDatabases(b *testing.B) {
	conn := pgtest.Connect(b, pgtest.Database(b), nil)
	readers := map[string]func(context.Context, *probes.Sample) error{
		"databases": newDatabaseReader(conn, serverVersion(b, conn)).read,
		"writes":    newWriteReader(conn, serverVersion(b, conn)).read,
	}
	for name, read := range readers {
		b.Run(name, func(b *testing.B) {
			clock := clock{noon}
			for b.Loop() {
				if err := read(b.Context(), clock.sample()); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
