// Package candidate proposes the indexes that could serve one scan of a plan: from what it compares, in which order its rows are taken, and what is
// read of them. It does no I/O and does not judge: that is the price's.
package candidate

import (
	"github.com/pgmedic/pgmedic/playbooks/index/shape"
	"github.com/pgmedic/pgmedic/playbooks/index/table"
	"github.com/pgmedic/pgmedic/probes/plan"
)

// Need is what one scan of a statement's plan asks of an index.
type Need struct {
	Table      *table.Table     // of a partitioned table the parent
	Scans      []*plan.Node     // the nodes that read it: one, or one a partition
	Alias      string           // that the conditions' columns carry
	Lookups    float64          // how often the scan would run with an index on its join conditions: the rows of the other side; 1 without
	Conditions []plan.Condition // every conjunct on the table's rows: of the scan, of the predicate of the index it uses, and of the join above it
	Order      []shape.Key      // that a LIMIT or a merge takes the rows in; none: no order is asked for
	Limit      float64          // rows that are taken of it; 0: all
	Each       bool             // order and limit are those of every single lookup, as in LATERAL (… LIMIT 3): join conditions are constants to it
	Output     []string         // columns that the statement reads besides those of its conditions
	Parameters []plan.Parameter
	Statement  string // with $n for the parameters; empty: not known
}

// Candidate is an index that could serve a need.
type Candidate struct {
	Index   shape.Index
	More    []shape.Index // further ones that it is nothing without: the other arms of an OR
	Uses    []Use         // what its keys and predicate are for, in their order
	Stored  int           // so many of its last keys are only there to spare the table's visits
	Ordered bool          // it yields the need's order
	For     string        // what it is for, where it is not the plain answer: "index-only scan", "several values in order"
	Caveats []string      // what must hold for it to serve
	Beside  bool          // only to be shown beside another one: it is for values that the plan was not made with
}

// Use says what a part of an index is for.
type Use struct {
	Part      string // SQL of the key, or "WHERE …", or "INCLUDE …"
	Why       string
	Condition *plan.Condition // that it serves; nil: an order, a stored column
}
