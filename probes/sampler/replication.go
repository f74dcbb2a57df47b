package sampler

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// replicationEvery is how often replicas, slots and a standby's own state are read.
const replicationEvery = 5 * time.Second

// readReplicas reads who receives WAL from this server. What pg_stat_replication takes from the activity is taken from the sample's.
func (s *Sampler) readReplicas(ctx context.Context, sample *probes.Sample) error {
	rows, err := s.conn.Query(ctx, query("replicas"))
	if err != nil {
		return err
	}
	senders := map[int32]probes.Backend{}
	for _, b := range sample.Backends {
		senders[b.PID] = b
	}
	hidden := 0
	sample.Replicas, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (probes.Replica, error) {
		var r probes.Replica
		var state, syncState *string
		var lag, replayLag *int64
		err := row.Scan(&r.PID, &state, &syncState, &lag, &replayLag)
		if state == nil {
			hidden++
		}
		sender := senders[r.PID]
		r.Application, r.Client, r.XminAge = sender.Application, sender.Client, sender.XminAge
		r.State, r.SyncState = clean(state), clean(syncState)
		r.LagBytes, r.ReplayLag = distance(lag), microseconds(replayLag)
		return r, err
	})
	if err != nil {
		return err
	}
	sayHidden(sample, "replicas", hidden, "the state of "+probes.Counted(hidden, "receiver of WAL", "receivers of WAL"))
	return nil
}

// readSlots reads the replication slots.
func (s *Sampler) readSlots(ctx context.Context, sample *probes.Sample) error {
	rows, err := s.conn.Query(ctx, query("slots"))
	if err != nil {
		return err
	}
	var databases []uint32
	sample.Slots, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (probes.Slot, error) {
		var l probes.Slot
		var database uint32
		var retained *int64
		err := row.Scan(&l.Name, &l.Kind, &database, &l.Active, &l.XminAge, &l.CatalogXminAge, &retained, &l.Status)
		l.Name, l.RetainedBytes = sqltext.CleanLine(l.Name), distance(retained)
		databases = append(databases, database)
		return l, err
	})
	for i := range sample.Slots {
		s.names.database(databases[i], &sample.Slots[i].Database)
	}
	return err
}

// readStandby reads how far a standby is behind.
func (s *Sampler) readStandby(ctx context.Context, sample *probes.Sample) error {
	if !sample.Server.InRecovery {
		return errIdle
	}
	var standby probes.Standby
	var behind, age *int64
	if err := s.conn.QueryRow(ctx, query("standby")).Scan(&behind, &age, &standby.Paused, &standby.Receiving); err != nil {
		return err
	}
	standby.ReceivedNotReplayed, standby.ReplayAge = distance(behind), -1
	if age != nil {
		standby.ReplayAge = max(microseconds(age), 0)
	}
	sample.Standby = &standby
	return nil
}

// distance is a number of bytes of WAL: -1 where it is not known, and 0 where the two positions were read in the other order.
func distance(bytes *int64) int64 {
	if bytes == nil {
		return -1
	}
	return max(*bytes, 0)
}

func microseconds(n *int64) time.Duration { return time.Duration(known(n)) * time.Microsecond }
