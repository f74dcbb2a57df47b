// Package plan reads EXPLAIN's output into a tree, finds where its time and rows go, compares two trees, and reads the conditions
// that the server prints into conjuncts. It does no I/O.
package plan

import "time"

// Plan is one EXPLAIN tree with where it comes from.
type Plan struct {
	Root          *Node
	Origin        Origin
	PlanningTime  time.Duration     // 0 where not reported
	ExecutionTime time.Duration     // 0 without ANALYZE
	Settings      map[string]string // planner settings that differ from their default (EXPLAIN SETTINGS)
}

// Origin says how a plan was made, so that only like is compared with like.
type Origin struct {
	SystemIdentifier string
	Database         string
	QueryID          int64
	Statement        string // as planned, normalised: literals are $n
	Class            Class
	Parameters       []Parameter
	Values           string    // digest of the text and all values it was planned with: equal only where both are the same; empty where not known
	Analyzed         bool      // made with EXPLAIN ANALYZE: actual figures are there
	Pattern          string    // name of the parameter pattern, where the person or the drill gave one, for example "whale"
	TakenAt          time.Time // server time
	SearchPath       string    `json:"-"` // in force while it was planned; empty: not known
	Rivals           []Rival   `json:"-"` // that it leads to, of the names in the plan's expressions
	Path             string    // whose search_path its names were resolved with, for example "role app"; empty: that of pgmedic's own role
	Note             string    // what about its values a reader must know, for example that the statistics cannot be read; empty: nothing
}

// Class is the kind of parameter values a plan was made for.
type Class string

// The classes of plans.
const (
	Generic Class = "generic"      // no values: plan_cache_mode = force_generic_plan
	Heavy   Class = "heavy hitter" // the most common values of pg_stats
	Typical Class = "typical"      // values of middling frequency of pg_stats
	Given   Class = "given"        // values typed by a person or given by the drill
)

// Parameter is one $n of a statement and what stood for it.
type Parameter struct {
	N      int
	Type   string // as the server resolved it, for example "uuid"
	Column string // the column that it is compared with; empty where none
	From   ValueFrom
	Value  *string `json:"-"` // as text; nil: NULL or not chosen. Never stored.
}

// ValueFrom says where a parameter's value was taken from.
type ValueFrom string

// The places parameter values come from.
const (
	FromNone      ValueFrom = ""              // no value (generic plan)
	FromHeavy     ValueFrom = "most common"   // pg_stats.most_common_vals, the first
	FromRare      ValueFrom = "rarest common" // pg_stats.most_common_vals, the last: of a column with few values
	FromHistogram ValueFrom = "histogram"     // pg_stats.histogram_bounds, the middle one
	FromNull      ValueFrom = "NULL"          // pg_stats.null_frac: NULL is the column's most common value, and the condition finds it
	FromTypical   ValueFrom = "typical"       // pg_stats: neither common nor rare
	FromMade      ValueFrom = "made up"       // a value that finds something, made of one that pg_stats or the table has: the beginning of a text, an element
	FromGiven     ValueFrom = "given"         // a person or the drill
	FromNeutral   ValueFrom = "placeholder"   // nothing is known of it: a harmless value of its type
)

// Node is one node of a plan. Its actual figures are EXPLAIN's own: means per loop.
type Node struct {
	Type         string // "Node Type", for example "Index Scan"
	Relationship string // "Parent Relationship", for example "Outer"
	Parallel     bool   // "Parallel Aware"
	Schema       string
	Relation     string
	Alias        string
	Index        string
	Direction    string // "Scan Direction"
	Strategy     string
	JoinType     string

	IndexCond     string
	RecheckCond   string
	Filter        string
	JoinFilter    string
	OneTimeFilter string
	HashCond      string
	MergeCond     string
	SortKey       []string
	Output        []string

	StartupCost float64
	TotalCost   float64
	PlanRows    float64
	PlanWidth   int

	ActualStartup time.Duration // per loop
	ActualTotal   time.Duration // per loop
	ActualRows    float64       // per loop
	Loops         float64       // 0: never executed, or without ANALYZE
	Executed      bool          // actual figures are there and the node ran
	Processes     float64       // that ran the node side by side: below a Gather its workers and the leader; else 1. Set by Parse, 0 means 1
	SharedTime    time.Duration // of ActualTotal over all loops, what CTEs and InitPlans that stand elsewhere in the tree took. Set by Parse

	RemovedByFilter  float64 // per loop
	RemovedByJoin    float64 // per loop
	RemovedByRecheck float64 // per loop
	HeapFetches      float64
	WorkersPlanned   int
	WorkersLaunched  int
	SortMethod       string
	SortSpaceKB      int64
	SortSpaceType    string // "Memory" or "Disk"
	HashBatches      int64
	BlocksHit        int64 // shared, this node and those below
	BlocksRead       int64
	BlocksDirtied    int64
	TempRead         int64
	TempWritten      int64

	Fields   map[string]string // every other field of the node, as text
	Children []*Node
}
