package sampler

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// preparedEvery is how often the prepared transactions are read.
const preparedEvery = 10 * time.Second

// contended is how many sessions may be seen waiting for a part of the lock table itself before it is left alone. A storm of deadlock checks shows
// hundreds, and then reading the locks waits for all of them, out of the reach of every timeout.
const contended = 10

// lockTag names what is locked, within a kind.
type lockTag struct {
	kind     string
	database uint32
	relation uint32
	rest     string
}

// lockRow is one row of locks.sql.
type lockRow struct {
	lockTag
	pid     int32  // 0: a prepared transaction
	xid     uint32 // of a prepared transaction; else 0
	mode    string
	granted bool
	since   *time.Time
}

// readLocks reads who waits for whom, where the activity shows that anybody waits.
func (s *Sampler) readLocks(ctx context.Context, sample *probes.Sample) error {
	waiting, busy, hidden := lockWaiters(sample.Backends)
	if hidden > 0 {
		sample.Failures = append(sample.Failures, probes.Failure{Probe: "locks", Reason: fmt.Sprintf(
			"whether %s for a lock is hidden from role %s: GRANT pg_read_all_stats TO %s (or pg_monitor)",
			probes.Counted(hidden, "other session waits", "other sessions wait"), sample.Server.User, sqltext.Ident(sample.Server.User))})
	}
	if busy >= contended {
		sample.Failures = append(sample.Failures, probes.Failure{Probe: "locks", Reason: fmt.Sprintf(
			"who waits for whom is not read while %d sessions wait for the server's lock table itself (LWLock LockManager: checks for deadlocks, or very "+
				"many locks): reading it would wait for them all", busy)})
		return errIdle
	}
	if waiting == 0 {
		return errIdle
	}
	rows, err := s.conn.Query(ctx, query("locks", "{waitstart}", waitStart(s.server.Version)))
	if err != nil {
		return err
	}
	locks, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (lockRow, error) {
		var l lockRow
		var xid int64
		err := row.Scan(&l.kind, &l.database, &l.relation, &l.rest, &l.pid, &xid, &l.mode, &l.granted, &l.since)
		l.xid = uint32(xid)
		return l, err
	})
	if err != nil {
		return err
	}
	waits := findWaits(locks, sample.Backends)
	sample.Waits = make([]probes.LockWait, len(waits))
	prepared := false
	for i, w := range waits {
		sample.Waits[i] = w.LockWait
		prepared = prepared || len(w.Prepared) > 0
		if w.on.relation != 0 {
			s.names.relation(w.on.database, w.on.relation, &sample.Waits[i].Relation)
		}
	}
	if prepared {
		return s.readPrepared(ctx, sample)
	}
	return nil
}

// lockWaiters counts the sessions that wait for a lock, those that wait for the lock table, and those of which this role may not see it.
func lockWaiters(backends []probes.Backend) (waiting, busy, hidden int) {
	for _, b := range backends {
		switch {
		case b.WaitType == "Lock":
			waiting++
		case b.Contends():
			busy++
		case b.IsClient() && b.State == "":
			hidden++
		}
	}
	return waiting, busy, hidden
}

func waitStart(version int) string {
	if version < 140000 {
		return "NULL::timestamptz"
	}
	return "s.waitstart"
}

// readPrepared reads the prepared transactions, where the locks did not already take them.
func (s *Sampler) readPrepared(ctx context.Context, sample *probes.Sample) error {
	if sample.Prepared != nil {
		return errIdle
	}
	rows, err := s.conn.Query(ctx, query("prepared"))
	if err != nil {
		return err
	}
	type owner struct{ role, database uint32 }
	var owners []owner
	sample.Prepared, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (probes.PreparedTransaction, error) {
		var p probes.PreparedTransaction
		var xid int64
		var of owner
		err := row.Scan(&xid, &p.GID, &p.PreparedAt, &of.role, &of.database, &p.XidAge)
		p.XID, p.GID = uint32(xid), sqltext.CleanLine(p.GID)
		owners = append(owners, of)
		return p, err
	})
	for i := range sample.Prepared {
		s.names.role(owners[i].role, &sample.Prepared[i].Owner)
		s.names.database(owners[i].database, &sample.Prepared[i].Database)
	}
	return err
}
