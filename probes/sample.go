package probes

import "time"

// Sample is what all probes saw at one instant of the server's clock. It is never changed after it was made. What a probe with a slower pace did not
// read for it is nil there; Window.Current has it as it was last read.
type Sample struct {
	At       time.Time     // server time, clock_timestamp()
	Interval time.Duration // since the sample before; 0 for the first one of a connection

	// Offset is how far the server's clock is ahead of this machine's, below 0 behind it, give or take OffsetWithin: half of the round trip that asked for the time.
	Offset, OffsetWithin time.Duration

	Server     Server
	Ceiling    Ceiling
	Backends   []Backend             // every row of pg_stat_activity, pgmedic's own included
	Waits      []LockWait            // who waits for a heavyweight lock, and who is in the way
	Prepared   []PreparedTransaction // every row of pg_prepared_xacts
	Statements Statements            // what pg_stat_statements counted since the sample before
	Builds     []IndexBuild          // running CREATE INDEX and REINDEX
	Progress   []Progress            // other running commands that report progress
	Databases  []DatabaseDelta       // what pg_stat_database counted since the reading before
	Writes     Writes                // checkpoints and WAL
	Replicas   []Replica             // every row of pg_stat_replication
	Slots      []Slot                // every row of pg_replication_slots
	Standby    *Standby              // nil on a primary
	Settings   []Setting             // that matter in an incident; nil: as in the sample before
	Cost       time.Duration         // time the probes waited for the server: an upper bound of the server's own time
	Costs      []ProbeCost           // of the probes that read something for this sample; they add up to no more than Cost
	Failures   []Failure             // probes that have no data in this sample, and why
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
	Pooler           Pooler    // what stands between pgmedic and the server, by its behaviour
	StartedAt        time.Time // pg_postmaster_start_time()
}

// Pooler is a connection pooler between pgmedic and the server, by how it shares server connections (PgBouncer's pool_mode).
type Pooler string

// The kinds of pooler.
const (
	NoPooler        Pooler = ""
	PoolSession     Pooler = "session"     // a server connection for as long as the client stays
	PoolTransaction Pooler = "transaction" // for a transaction
	PoolStatement   Pooler = "statement"   // for a statement; transactions are refused
)

// ProbeCost is what one probe took in a sample.
type ProbeCost struct {
	Probe  string
	Took   time.Duration // time waited for the server
	Budget time.Duration // how long it may take at its normal pace
	Every  time.Duration // its pace now; 0: with each sample
	Spaced bool          // it overran its budget, and Every is longer than normal for that
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
