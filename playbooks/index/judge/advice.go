package judge

import (
	"time"

	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/playbooks/index/apply"
	"github.com/pgmedic/pgmedic/playbooks/index/rewrite"
	"github.com/pgmedic/pgmedic/playbooks/index/table"
	"github.com/pgmedic/pgmedic/probes/plan"
	"github.com/pgmedic/pgmedic/probes/record"
)

// Verdict is what became of the question whether an index helps a statement.
type Verdict string

// The verdicts.
const (
	Recommended Verdict = "index"   // build the best draft
	Rewritten   Verdict = "rewrite" // no index serves it as it is written; another wording helps
	Exists      Verdict = "exists"  // an index that the table has serves it
	None        Verdict = "none"    // nothing helps, or it is not worth it
	Failed      Verdict = "error"   // it could not be judged
)

// Advice is everything that the playbook says of one statement.
type Advice struct {
	Statement string // normalised: literals are $n
	QueryID   int64
	Verdict   Verdict
	Reason    string
	Instead   string    // what would help where no index does
	Drafts    []Variant // best first, at most three; of the rewritten statement where the verdict is Rewritten
	Rewrite   *rewrite.Rewrite
	Rewritten *plan.Plan // of the rewritten statement, with the indexes that there are
	Wording   Change     // cost as it is written, and rewritten: with the best draft where the verdict is Rewritten, else with the indexes that there are
	Existing  []string   // names of indexes that serve it
	Redundant []string   // names of indexes that the best draft makes superfluous
	Before    *plan.Plan
	Winners   []Effect // by the best draft, among the other statements that were looked at
	Losers    []Effect
	Others    string // in a sentence, how many of them were; empty: there are none, or nothing is drafted
	Warnings  []string
	Facts     []record.Fact // figures of the tables that were looked at, for the record

	taken  taken
	known  rewrite.Known
	tables []*table.Table
}

// Variant is one set of indexes to build together, with its price.
type Variant struct {
	Indexes  []apply.Index
	SQL      []string // every statement, in order: indexes, partitions and their attaching, ANALYZE
	Kind     string   // for example "partial btree"
	For      string   // what it is for beside the other variants; empty: it is the plain answer
	Purpose  string   // what its keys are for, in a few words; of one index
	Reasons  []playbooks.Reason
	RowsRead Change // of the table, by one run of the statement
	Cost     Change // of the statement, as the planner says
	Known    Known  // how the rows read are
	Bytes    float64
	Build    time.Duration // 0: not known
	Write    string        // what every write pays
	HOTLost  bool
	Caveats  []string
	Weighed  bool           // the effects on other statements are its own
	Planned  *apply.Planned // what carries it out

	because map[string][]playbooks.Reason // of indexes that have their own reasons, by their definitions
	entries map[uint32]float64            // of all its indexes on a table, by the table's oid
}

// Change is a figure now and with the index.
type Change struct{ Before, After float64 }

// Effect is what the best draft does to another statement of the table.
type Effect struct {
	QueryID   int64
	Statement string // normalised
	Cost      Change
}
