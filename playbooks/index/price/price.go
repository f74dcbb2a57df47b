// Package price says what an index would cost and bring before it exists: its size, the rows that a lookup reads, the cost by the planner's own arithmetic, the time
// to build it and what it costs every write. No extension is needed; the estimates of rows are the server's own.
package price

import (
	"context"
	"time"

	"github.com/pgmedic/pgmedic/playbooks/index/candidate"
	"github.com/pgmedic/pgmedic/probes/plan"
)

// Count says how many rows of the need's table meet all conditions: the planner's estimate, or counted in a sample. Without conditions: all rows.
type Count func(ctx context.Context, conditions ...plan.Condition) (float64, error)

// Source is how a number of rows is known.
type Source string

// The sources.
const (
	Estimated Source = "estimated" // by the planner, from its statistics
	Sampled   Source = "sampled"   // counted in a sample of the table
	Measured  Source = "measured"  // by EXPLAIN ANALYZE
)

// String says it in words.
func (s Source) String() string {
	words := map[Source]string{Estimated: "estimated by the planner", Sampled: "counted in a sample of the table", Measured: "measured by EXPLAIN ANALYZE"}
	return words[s]
}

// Price is what one candidate costs and brings for one set of parameter values.
type Price struct {
	Class     plan.Class // of the values
	Candidate candidate.Candidate

	Entries  float64 // rows in the index
	Bytes    float64 // of the index, just built
	RowsRead float64 // rows or index entries that one run of the statement reads of this table through it
	Measured bool    // RowsRead was counted in a sample of the table, not only estimated
	Cost     float64 // of the whole statement, as the planner would say
	Sure     float64 // the same where no LIMIT ends a scan early whose rows are filtered after the index: what a choice can rely on
	Reading  float64 // of Cost, what this table is searched for; 0 where the candidate is not taken
	Build    time.Duration
	Write    Write
}

// Write is what the index costs those who write the table. String says it in words.
type Write struct {
	Share      float64   // of inserted rows that get an entry
	HOTLost    bool      // updates that are HOT now change one of its columns
	HOTUnknown bool      // whether they do is not known
	HOT, All   int64     // updates so far, HOT and all, since the statistics were reset
	Inserts    int64     // likewise
	Since, At  time.Time // server clock: from when on, zero: not known; and until when
	Set        []string  // its columns that updates set and that no other index has
	Passing    []string  // those of its predicate: rows come and go

	gin     bool
	updated bool // by statements that are known
}
