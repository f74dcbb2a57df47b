package probes

import "time"

// Sample is what all probes saw at one instant of the server's clock. It is never changed after it was made.
type Sample struct {
	At         time.Time     // server time, clock_timestamp()
	Interval   time.Duration // since the sample before; 0 for the first one of a connection
	Server     Server
	Ceiling    Ceiling
	Backends   []Backend     // every row of pg_stat_activity, pgmedic's own included
	Statements Statements    // what pg_stat_statements counted since the sample before
	Builds     []IndexBuild  // running CREATE INDEX and REINDEX
	Cost       time.Duration // time the probes waited for the server: an upper bound of the server's own time
	Failures   []Failure     // probes that have no data in this sample, and why
}

// Server says which server answered, so that a failover cannot pass for the same one.
type Server struct {
	SystemIdentifier string // pg_control_system().system_identifier
	Timeline         int    // pg_control_checkpoint().timeline_id
	Host             string // as given in the connection string
	Port             int
	Database         string    // current_database()
	User             string    // current_user
	Version          int       // server_version_num, for example 150018
	VersionText      string    // server_version, for example "15.18"
	InRecovery       bool      // pg_is_in_recovery(): a standby, look only
	TLS              bool      // this connection is encrypted
	StartedAt        time.Time // pg_postmaster_start_time()
}

// Failure is a probe that has no data in a sample.
type Failure struct {
	Probe  string // for example "statements"
	Reason string // what happened and what to do about it, for a person
}

// IndexBuild is one row of pg_stat_progress_create_index.
type IndexBuild struct {
	PID              int32
	Database         string
	Relation         string // schema-qualified table; empty where the name could not be resolved
	Index            string // empty before the index has a catalogue entry
	Command          string // for example "CREATE INDEX CONCURRENTLY"
	Phase            string // as the server words it (PostgreSQL manual, "CREATE INDEX Progress Reporting")
	BlocksDone       int64  // in blocks of this phase
	BlocksTotal      int64
	TuplesDone       int64
	TuplesTotal      int64
	LockersDone      int64
	LockersTotal     int64
	CurrentLockerPID int32 // the session this build waits for; 0 when none
}
