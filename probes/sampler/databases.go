package sampler

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// countersEvery is how often the counters of databases and checkpoints are read: they say what the minute was like, not the second.
const countersEvery = 5 * time.Second

// databasesBudget is what one reading may cost. Before 15 the server waits in steps of 10 ms for its statistics collector to write them down; it
// does nothing meanwhile, and pgmedic's other probes then find them written.
func databasesBudget(version int) time.Duration {
	if version < 150000 {
		return 25 * time.Millisecond
	}
	return 2 * time.Millisecond
}

// databaseCounters are what one database has counted since its statistics were reset, in the order of databases.sql; less than 0 is not known.
type databaseCounters struct {
	resetAt time.Time // zero: never, or not known
	n       [12]int64
}

// databaseReader reads pg_stat_database's counters over one connection.
type databaseReader struct {
	conn    *pgx.Conn
	version int               // server_version_num
	names   map[uint32]string // of all databases; nil: not read yet. Empty: not found
	at      time.Time         // of the last reading, server time; zero: none yet
	last    map[uint32]databaseCounters
}

func newDatabaseReader(conn *pgx.Conn, version int) *databaseReader {
	return &databaseReader{conn: conn, version: version}
}

// read puts what each database counted since the reading before into the sample.
func (r *databaseReader) read(ctx context.Context, sample *probes.Sample) error {
	if _, busy, _ := lockWaiters(sample.Backends); busy < contended {
		if err := r.findNames(ctx, sample.Backends); err != nil {
			return err
		}
	} else if r.names == nil {
		sample.Failures = append(sample.Failures, contention("databases", busy))
		return errIdle
	}
	now, err := r.readCounters(ctx)
	if err != nil {
		return err
	}
	for oid, total := range now {
		before, found := r.last[oid]
		if !found {
			continue
		}
		if delta, counted := total.since(before); counted {
			delta.OID, delta.Database, delta.Since = oid, r.names[oid], r.at
			sample.Databases = append(sample.Databases, delta)
		}
	}
	r.at, r.last = sample.At, now
	return nil
}

// findNames reads which databases there are where that is not known yet. What is renamed keeps its old name.
func (r *databaseReader) findNames(ctx context.Context, backends []probes.Backend) error {
	missing := oidSet{}
	for _, b := range backends {
		missing.addMissing(b.DatabaseOID, r.names)
	}
	if r.names != nil && len(missing) == 0 {
		return nil
	}
	rows, err := r.conn.Query(ctx, query("database_names"))
	if err != nil {
		return err
	}
	names := map[uint32]string{0: ""}
	var oid uint32
	var name string
	if _, err = pgx.ForEachRow(rows, []any{&oid, &name}, func() error {
		names[oid] = sqltext.CleanLine(name)
		return nil
	}); err != nil {
		return err
	}
	missing.fillMisses(names)
	r.names = names
	return nil
}

func (r *databaseReader) readCounters(ctx context.Context) (map[uint32]databaseCounters, error) {
	oids := oidSet{}
	for oid := range r.names {
		oids[oid] = true
	}
	rows, err := r.conn.Query(ctx, query("databases", "{sessions}", sessionCounters(r.version)), oids.list())
	if err != nil {
		return nil, err
	}
	counters := make(map[uint32]databaseCounters, len(oids))
	var oid uint32
	var resetAt *time.Time
	var n [12]int64
	into := []any{&oid, &resetAt}
	for i := range n {
		into = append(into, &n[i])
	}
	_, err = pgx.ForEachRow(rows, into, func() error {
		counters[oid] = databaseCounters{known(resetAt), n}
		return nil
	})
	return counters, err
}

func sessionCounters(version int) string {
	if version < 140000 {
		return "-1::bigint, -1::bigint, -1::bigint, -1::bigint"
	}
	return "pg_stat_get_db_sessions(d.oid), pg_stat_get_db_sessions_abandoned(d.oid), " +
		"pg_stat_get_db_sessions_fatal(d.oid), pg_stat_get_db_sessions_killed(d.oid)"
}

// restarted says whether the counters began anew: a reset, or a crash, after which the server's start time is the same and no reset is noted.
func (c databaseCounters) restarted(before databaseCounters) bool {
	if !c.resetAt.Equal(before.resetAt) {
		return true
	}
	for i := range c.n {
		if c.n[i] < before.n[i] {
			return true
		}
	}
	return false
}

// since returns what was counted, and whether that is anything to tell.
func (c databaseCounters) since(before databaseCounters) (probes.DatabaseDelta, bool) {
	reset := c.restarted(before)
	counted := reset && !c.resetAt.IsZero() // a database that was dropped counts 0 of everything, too
	var n [12]int64
	for i, total := range c.n {
		switch {
		case total < 0:
			n[i] = -1
		case reset:
			n[i] = total
		default:
			n[i] = total - before.n[i]
		}
		counted = counted || n[i] > 0
	}
	fetched := n[3]
	return probes.DatabaseDelta{
		Reset: reset, Commits: n[0], Rollbacks: n[1], BlocksHit: n[2], BlocksRead: max(fetched-n[2], 0), TempFiles: n[4], TempBytes: n[5],
		Deadlocks: n[6], Conflicts: n[7], Sessions: n[8], Abandoned: n[9], Fatal: n[10], Killed: n[11],
	}, counted
}
