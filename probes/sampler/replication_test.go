package sampler

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/pgserver"
	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
)

// replicated starts a primary with a standby, which tells the primary about its snapshots.
func replicated(t *testing.T) (primary, standby *pgserver.Server) {
	t.Helper()
	primary = pgtest.Server(t, map[string]string{"wal_level": "logical"})
	standby, err := pgserver.Standby(context.Background(), primary, map[string]string{
		"hot_standby_feedback": "on", "wal_receiver_status_interval": "1s", "max_standby_streaming_delay": "-1",
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := standby.Stop(); err != nil {
			t.Error(err)
		}
	})
	return primary, standby
}

// read takes what one probe reads until it fits.
func read(t *testing.T, s *Sampler, probe func(context.Context, *probes.Sample) error, what string, fits func(*probes.Sample) bool) *probes.Sample {
	t.Helper()
	var sample *probes.Sample
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); {
		var err error
		if sample, err = readOne(t, s, probe); err != nil {
			t.Fatal(err)
		}
		if fits(sample) {
			return sample
		}
	}
	t.Fatalf("%s is not seen: replicas %+v, slots %+v, standby %+v", what, sample.Replicas, sample.Slots, sample.Standby)
	return nil
}

// TestReplication follows a standby that streams, stops its replay, falls behind, and catches up.
func TestReplication(t *testing.T) {
	t.Parallel()
	primary, standby := replicated(t)
	here, there := lookAt(t, primary.DSN("postgres")), lookAt(t, standby.DSN("postgres"))
	writer, replayer := pgtest.Connect(t, primary.DSN("postgres"), nil), pgtest.Connect(t, standby.DSN("postgres"), nil)

	streams := func(s *probes.Sample) bool {
		return len(s.Replicas) == 1 && s.Replicas[0].State == "streaming" && s.Replicas[0].LagBytes >= 0
	}
	r := read(t, here, here.readReplicas, "a standby that streams", streams).Replicas[0]
	if r.PID == 0 || r.Application != "standby" || r.Client != "127.0.0.1" || r.SyncState != "async" {
		t.Errorf("%+v", r)
	}
	receives := read(t, there, there.readStandby, "the standby's own state", func(s *probes.Sample) bool { return s.Standby.Receiving }).Standby
	if receives.Paused || receives.ReceivedNotReplayed < 0 {
		t.Errorf("%+v", receives)
	}

	pgtest.Execute(t, replayer, "SELECT pg_wal_replay_pause()")
	pgtest.Execute(t, writer, "CREATE TABLE written AS SELECT n, repeat('x', 100) AS filler FROM generate_series(1, 5000) AS n")
	const behind = 400_000 // bytes, at least
	paused := read(t, there, there.readStandby, "a standby that does not replay", func(s *probes.Sample) bool {
		return s.Standby.Paused && s.Standby.ReceivedNotReplayed > behind
	}).Standby
	if !paused.Receiving {
		t.Errorf("%+v", paused)
	}
	lags := read(t, here, here.readReplicas, "its lag", func(s *probes.Sample) bool { return len(s.Replicas) == 1 && s.Replicas[0].LagBytes > behind })
	if lags.Standby != nil {
		t.Errorf("a primary with a standby's state: %+v", lags.Standby)
	}

	pgtest.Execute(t, replayer, "SELECT pg_wal_replay_resume()")
	read(t, there, there.readStandby, "the standby at the end", func(s *probes.Sample) bool {
		return !s.Standby.Paused && s.Standby.ReceivedNotReplayed == 0 && s.Standby.ReplayAge > 0
	})
	read(t, here, here.readReplicas, "the lag's end", func(s *probes.Sample) bool { return len(s.Replicas) == 1 && s.Replicas[0].LagBytes < behind })

	pgtest.Execute(t, replayer, "BEGIN ISOLATION LEVEL REPEATABLE READ", "SELECT FROM written")
	pgtest.Execute(t, writer, "UPDATE written SET n = n WHERE n = 1", "UPDATE written SET n = n WHERE n = 1")
	read(t, here, here.readReplicas, "the snapshot that the standby holds", func(s *probes.Sample) bool { return s.Replicas[0].XminAge > 1 })
	if sample, err := readOne(t, here, here.readStandby); err != errIdle || sample.Standby != nil {
		t.Errorf("on the primary: %+v, %v", sample.Standby, err)
	}
}

func TestReplicasByRole(t *testing.T) {
	t.Parallel()
	primary, _ := replicated(t)
	dsn := primary.DSN("postgres")
	whole := lookAt(t, dsn)
	read(t, whole, whole.readReplicas, "a standby", func(s *probes.Sample) bool { return len(s.Replicas) == 1 && s.Replicas[0].State == "streaming" })
	pgtest.Execute(t, pgtest.Connect(t, dsn, nil), "SELECT pg_create_physical_replication_slot('kept', true)")
	for role, grant := range map[string]string{"monitoring": "pg_monitor", "stats": "pg_read_all_stats", "nobody": ""} {
		t.Run(role, func(t *testing.T) {
			s := lookAt(t, asRole(t, dsn, role, grant))
			sample, err := readOne(t, s, s.readReplicas)
			if role == "nobody" {
				if err != nil || !strings.Contains(failureOf(sample, "replicas"), "GRANT pg_read_all_stats TO nobody") ||
					len(sample.Replicas) != 1 || sample.Replicas[0].LagBytes != -1 {
					t.Errorf("%v, %+v", err, sample.Replicas)
				}
			} else if err != nil || len(sample.Replicas) != 1 || sample.Replicas[0].State != "streaming" || sample.Replicas[0].Application != "standby" {
				t.Errorf("%v, %+v", err, sample.Replicas)
			}
			if sample, err := readOne(t, s, s.readSlots); err != nil || len(sample.Slots) != 1 || sample.Slots[0].RetainedBytes < 0 {
				t.Errorf("%v, %+v", err, sample.Slots)
			}
		})
	}
}

func TestSlots(t *testing.T) {
	dsn := pgtest.Server(t, map[string]string{"wal_level": "logical"}).DSN("postgres")
	conn := pgtest.Connect(t, dsn, nil)
	pgtest.Execute(t, conn, "SELECT pg_create_physical_replication_slot('forgotten', true)", "SELECT pg_create_physical_replication_slot('never_used')",
		"SELECT pg_create_logical_replication_slot('events', 'test_decoding')",
		"CREATE TABLE written AS SELECT n, repeat('x', 100) AS filler FROM generate_series(1, 5000) AS n")
	s := lookAt(t, dsn)
	sample, err := readOne(t, s, s.readSlots)
	if err != nil || len(sample.Slots) != 3 {
		t.Fatalf("%v, %+v", err, sample.Slots)
	}
	slots := map[string]probes.Slot{}
	for _, slot := range sample.Slots {
		slots[slot.Name] = slot
	}
	if slot := slots["forgotten"]; slot.Kind != "physical" || slot.Active || slot.RetainedBytes < 400_000 ||
		slot.Status != "reserved" || slot.XminAge != 0 || slot.Database != "" {
		t.Errorf("%+v", slot)
	}
	if slot := slots["never_used"]; slot.RetainedBytes != -1 || slot.Status != "" {
		t.Errorf("%+v", slot)
	}
	if slot := slots["events"]; slot.Kind != "logical" || slot.Database != "postgres" || slot.CatalogXminAge < 1 || slot.RetainedBytes < 400_000 {
		t.Errorf("%+v", slot)
	}
}
