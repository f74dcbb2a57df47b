package probes

import "time"

// Progress is one running command that reports its progress (pg_stat_progress_vacuum, _analyze, _copy, _cluster, _basebackup). For index builds
// see IndexBuild.
type Progress struct {
	PID      int32
	Command  string // VACUUM, ANALYZE, COPY FROM, COPY TO, CLUSTER, VACUUM FULL, BASE BACKUP
	Database string
	Relation string // schema-qualified, of the database looked at; else empty
	Phase    string // as the server words it; empty for COPY
	Done     int64  // in this phase
	Total    int64  // 0: not known
	Unit     string // of Done and Total: blocks, bytes, rows, indexes; empty: the phase has no figures
}

// DatabaseDelta is what one database counted between two readings of pg_stat_database, which are further apart than samples: a sample in which none
// was due has no deltas, nor has the first one of a connection. A database that counted nothing is left out, and so is one that was dropped. What pgmedic
// does itself is among it: a few commits a second, in the database that it looks at.
type DatabaseDelta struct {
	OID      uint32    // 0: objects shared by all databases
	Database string    // empty: shared objects, or a name that could not be found
	Since    time.Time // the reading before, server time
	Reset    bool      // the statistics began anew since (a reset, a crash): the figures are what was counted after that, and so too small

	Commits    int64
	Rollbacks  int64
	BlocksHit  int64 // found in shared buffers
	BlocksRead int64 // asked of the operating system, which may have had them cached
	TempFiles  int64 // counted when a file is done with
	TempBytes  int64
	Deadlocks  int64
	Conflicts  int64 // queries cancelled on a standby by recovery
	Sessions   int64 // 14+, else -1: sessions established
	Abandoned  int64 // 14+, else -1: sessions that lost their client
	Fatal      int64 // 14+, else -1: sessions ended by a fatal error
	Killed     int64 // 14+, else -1: sessions ended by an operator
}

// HitShare is the share of blocks that were found in shared buffers, 0 to 1; false where none was asked for.
func (d DatabaseDelta) HitShare() (float64, bool) {
	asked := d.BlocksHit + d.BlocksRead
	if asked <= 0 {
		return 0, false
	}
	return float64(d.BlocksHit) / float64(asked), true
}

// PerSecond spreads a count over the time from the reading before to the sample that holds it; false where either is not known.
func PerSecond(count int64, since, until time.Time) (float64, bool) {
	span := until.Sub(since).Seconds()
	if count < 0 || since.IsZero() || span <= 0 {
		return 0, false
	}
	return float64(count) / span, true
}

// Writes is what the server wrote between two readings (pg_stat_checkpointer on 17+, pg_stat_bgwriter before; pg_current_wal_lsn()), which are
// further apart than samples. On a standby its restartpoints stand for checkpoints.
type Writes struct {
	Known     bool      // read for this sample
	Since     time.Time // the reading before, server time; zero in the first reading, which has no figures
	Reset     bool      // the statistics began anew since: the checkpoints' figures are what was counted after that, and so too small
	Timed     int64     // checkpoints that were due by checkpoint_timeout, also those skipped because nothing had been written
	Requested int64     // checkpoints asked for, as a rule because max_wal_size was reached
	WriteTime time.Duration
	SyncTime  time.Duration
	Buffers   int64 // written by checkpoints, 8 kB each as a rule
	WALBytes  int64 // -1: not known, as on a standby and in the first reading
}

// Setting is one row of pg_settings.
type Setting struct {
	Name           string
	Value          string // with its unit, as SHOW gives it; says that it is not known where pgmedic's own sessions have another one
	Source         string // pg_settings.source, for example "configuration file"; "default" where the value is, too; says so where it is of pgmedic's session or role alone
	PendingRestart bool
}
