package probes

import "time"

// StatementKey names one entry of pg_stat_statements.
type StatementKey struct {
	DatabaseOID uint32
	UserOID     uint32
	QueryID     int64
	TopLevel    bool // false: run inside a function (14+; true before)
}

// StatementDelta is what one entry of pg_stat_statements counted between two samples. A call counts when it ends.
type StatementDelta struct {
	StatementKey
	Database string // empty where the name is not known
	User     string

	Calls         int64
	ExecTime      time.Duration // total_exec_time
	Rows          int64
	BlocksHit     int64 // shared_blks_hit, 8 kB blocks as a rule
	BlocksRead    int64 // shared_blks_read
	TempBlocks    int64 // temp_blks_written
	TotalCalls    int64 // of the entry, since its statistics were last reset
	TotalExecTime time.Duration
}

// Statements is the part of a sample that comes from pg_stat_statements.
type Statements struct {
	Known   bool             // false: the extension is missing or its probe failed in this sample
	Since   time.Time        // what the deltas count from: the reading before, or a reset since; server time; zero in the first reading, which has no deltas
	Deltas  []StatementDelta // entries that changed, and nothing else
	Texts   map[int64]string // normalised texts learned since the sample before, by query id
	Reset   bool             // the statistics were reset since the reading before: the deltas start from zero
	ResetAt time.Time        // pg_stat_statements_info.stats_reset, 14+
	Sampled string           // why the statements are known from sampled activity alone; empty where they are not. Backends then carry ids that pgmedic made
	Evicted int64            // times that entries were thrown out since the reading before (pg_stat_statements_info.dealloc, 14+)
}

// StatementsRead says whether the sample holds a reading of the statements that can be told per time: not the first one, and none between two.
func (s *Sample) StatementsRead() bool {
	return s.Statements.Known && !s.Statements.Since.IsZero() && s.At.After(s.Statements.Since)
}
