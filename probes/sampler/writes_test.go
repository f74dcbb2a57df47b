package sampler

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
)

func TestWritesCountCheckpointsAndWAL(t *testing.T) {
	dsn := pgtest.Database(t)
	own, app := pgtest.Connect(t, dsn, nil), pgtest.Connect(t, dsn, nil)
	reader, clock := newWriteReader(own, serverVersion(t, own)), clock{noon}
	read := func() probes.Writes {
		sample := clock.sample()
		if err := reader.read(t.Context(), sample); err != nil {
			t.Fatal(err)
		}
		return sample.Writes
	}
	if first := read(); !first.Known || !first.Since.IsZero() || first.WALBytes != -1 || first.Requested != 0 {
		t.Fatalf("first reading %+v; want no figures", first)
	}
	pgtest.Execute(t, app, "CREATE TABLE written AS SELECT n, repeat('x', 100) AS filler FROM generate_series(1, 10000) AS n", "CHECKPOINT")
	var sum probes.Writes
	until(t, "the checkpoint", func() bool {
		w := read()
		if w.Since.Add(time.Second) != clock.at || w.WALBytes < 0 {
			t.Fatalf("%+v at %s", w, clock.at)
		}
		sum.Requested += w.Requested
		sum.Buffers += w.Buffers
		sum.WALBytes += w.WALBytes
		return sum.Requested > 0 && sum.Buffers > 100 && sum.WALBytes > 1_000_000
	})
	kind := "bgwriter"
	if reader.version >= 170000 {
		kind = "checkpointer"
	}
	pgtest.Execute(t, app, "SELECT pg_stat_reset_shared('"+kind+"')")
	until(t, "the reset", func() bool {
		w := read()
		if w.Timed < 0 || w.Requested < 0 || w.Buffers < 0 || w.WriteTime < 0 || w.SyncTime < 0 || w.WALBytes < 0 {
			t.Fatalf("%+v", w)
		}
		return w.Reset
	})
}

func TestCheckpointCountersOfTheVersions(t *testing.T) {
	for version, word := range map[int]string{130000: "bgwriter", 160014: "bgwriter", 170000: "checkpointer", 180004: "checkpointer"} {
		if sql := checkpointCounters(version); !strings.Contains(sql, "pg_stat_get_"+word) {
			t.Errorf("%d: %s", version, sql)
		}
	}
}

// TestWritesOfAStandby: restartpoints stand for checkpoints, and there is no WAL of its own before it is promoted.
func TestWritesOfAStandby(t *testing.T) {
	t.Parallel()
	primary, standby := replicated(t)
	pgtest.Execute(t, pgtest.Connect(t, primary.DSN("postgres"), nil), "CREATE TABLE written AS SELECT generate_series(1, 10000) AS n", "CHECKPOINT")
	lsn := pgtest.Value(t, primary.DSN("postgres"), "SELECT pg_current_wal_lsn()::text")
	pgtest.Eventually(t, standby.DSN("postgres"), "SELECT 1 WHERE pg_last_wal_replay_lsn() >= $1::text::pg_lsn", lsn)
	own := pgtest.Connect(t, standby.DSN("postgres"), nil)
	reader, clock := newWriteReader(own, serverVersion(t, own)), clock{noon}
	next := func() probes.Writes {
		sample := clock.sample()
		if err := reader.read(t.Context(), sample); err != nil {
			t.Fatal(err)
		}
		return sample.Writes
	}
	next()
	app := pgtest.Connect(t, standby.DSN("postgres"), nil)
	pgtest.Execute(t, app, "CHECKPOINT")
	until(t, "the restartpoint", func() bool {
		w := next()
		if w.WALBytes != -1 {
			t.Fatalf("a standby that writes WAL: %+v", w)
		}
		return w.Requested > 0
	})
	pgtest.Execute(t, app, "SELECT pg_promote()")
	until(t, "a WAL position of its own", func() bool { next(); return reader.last.wal >= 0 })
	pgtest.Execute(t, app, "CREATE TABLE promoted AS SELECT generate_series(1, 10000) AS n")
	until(t, "WAL after the promotion", func() bool { return next().WALBytes > 100_000 })
}

// TestWALAcrossAPromotion: there is a position, but none before to subtract.
func TestWALAcrossAPromotion(t *testing.T) {
	standby, primary := writeCounters{at: noon, wal: -1}, writeCounters{at: noon.Add(time.Second), wal: 1 << 30}
	for name, w := range map[string]probes.Writes{"promoted": primary.since(standby), "another's": standby.since(primary)} {
		if w.WALBytes != -1 || !w.Known {
			t.Errorf("%s: %+v", name, w)
		}
	}
}

func TestWritesNeverGoBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		draw := func(label string) writeCounters {
			n := func() int64 { return rapid.Int64Range(0, 1<<40).Draw(t, label) }
			return writeCounters{timed: n(), requested: n(), buffers: n(), writing: time.Duration(n()), syncing: time.Duration(n()), wal: n() - 1}
		}
		w := draw("now").since(draw("before"))
		if w.Timed < 0 || w.Requested < 0 || w.Buffers < 0 || w.WriteTime < 0 || w.SyncTime < 0 || w.WALBytes < -1 {
			t.Fatalf("%+v", w)
		}
	})
}
