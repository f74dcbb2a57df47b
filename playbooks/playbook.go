// Package playbooks is the engine that every playbook runs on: finding → draft → preflight → typed confirmation → durable intent → apply → watch → verify → undo.
// Each playbook is a folder of its own beside this file and one line in the catalogue.
package playbooks

import (
	"context"
	"time"

	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/live"
	"github.com/pgmedic/pgmedic/probes/plan"
	"github.com/pgmedic/pgmedic/probes/record"
)

// Playbook knows a symptom and its treatment.
type Playbook interface {
	Name() string // for example "index"
	// Diagnose says what it sees in the window. It is pure: a replay shows the same findings.
	Diagnose(w *probes.Window) []Finding
	// Draft works out the treatment of a finding, reading only. Where nothing helps, the error is a *NoDraft.
	Draft(ctx context.Context, ask *live.Asker, f Finding) (*Draft, error)
}

// Severity ranks findings.
type Severity int

// The severities, least first.
const (
	Note Severity = iota
	Warning
	Critical
)

// Finding is a symptom with its evidence.
type Finding struct {
	Playbook  string // that treats it; empty: nothing does yet
	Severity  Severity
	Title     string               // one sentence with its figures
	Explains  int                  // client connections that it explains
	Of        int                  // of so many
	Load      float64              // seconds of database time a second that it explains
	Action    string               // what pressing its key does, for example "draft an index"
	Statement probes.StatementLoad // where it is about a statement
	Target    string               // tells it from others of its playbook, where there can be several at a time, for example "pid 4711"
	Leftover  *Leftover            // where it is about what was found at the start; else nil
	Seen      *Seen                // where it is about sessions; else nil
}

// NoDraft is the honest answer that nothing helps, or that it cannot be known.
type NoDraft struct {
	Reason, Instead string
	Rewrite         *Rewrite // helps instead; nil: none is known
}

func (n *NoDraft) Error() string {
	if n.Instead == "" {
		return n.Reason
	}
	return n.Reason + ". Instead: " + n.Instead
}

// Draft is what a playbook proposes. Nothing has happened yet.
type Draft struct {
	Playbook string
	Title    string // for example "index for the dedup lookup on reports.reports"
	Finding  Finding
	SQL      []string          // every statement, exactly as it will be sent, in order
	Word     string            // what the person types to confirm, harmless
	Target   map[string]string // what it changes, by name and oid, for the record: "relation", "relation_oid", "index"
	Reasons  []Reason          // why each part is as it is
	Prices   []Price
	Warnings []string      // what it does to others while it runs, what is left behind when it is stopped
	Undo     []string      // SQL that takes it back
	Before   *plan.Plan    // the plan that shows the harm; nil where there is none
	Facts    []record.Fact // figures of the objects it concerns, for the report
	Kind     string        // of what it makes, for example "partial btree"; empty: there is but one
	For      string        // what it is for, beside the others
	Others   []*Draft      // other treatments of the same finding, the next best first
	Work     Work

	Effects *Effects // on other statements; nil: they were not looked at

	Rows      []Row  // what it acts on, each by itself, where that are sessions; in the order of sending
	Meanwhile bool   // it goes on for minutes beside other work: another draft may be applied while it runs
	NoWayBack string // why it cannot be undone, harmless; empty: Undo says how

	Explained string   // the SQL over several lines, "  -- " and why behind a part of it, for a person; empty: SQL says it
	Rewrite   *Rewrite // helps too, or with it; nil: none is known
	Lost      string   // what becomes of it when pgmedic or its terminal goes away while it is applied
	Stopped   string   // what cancelling leaves behind, and what then

	Adjust *Adjust // what a person may type otherwise; nil: nothing
}

// Adjust is the part of a draft that a person may type otherwise: the name of what it makes, the bounds of what it does.
type Adjust struct {
	What  string // for example "its name"
	Value string // as it is now
	// Draft drafts the same with what was typed; the error says what is wrong with that.
	Draft func(ctx context.Context, ask *live.Asker, typed string) (*Draft, error)
}

// Reason explains one part of a draft.
type Reason struct{ Part, Why string }

// Effects is what a draft does to other statements.
type Effects struct {
	Winners, Losers []Effect
	Looked          string // in a sentence, how many were looked at, and why not all; empty: there are none
}

// Effect is what a draft does to one other statement.
type Effect struct {
	Statement  string // normalised
	Now, Value string // its cost without it, and with it
}

// Rewrite is another wording of a statement. Its texts hold no constants.
type Rewrite struct {
	From, To   string     // the condition that changes
	SQL        string     // the whole statement
	Equivalent bool       // it yields the same rows
	Caveat     string     // where it does not, or what must be known
	Plan       *plan.Plan // of it, with what there is now; nil: not taken
}

// Price is one cost or gain of a draft.
type Price struct {
	Name  string // for example PriceSize
	Now   string // the figure without it; empty: it has none
	Value string // with it, for example "1.3 MB"
	How   string // for example "estimated from pg_stats widths", "measured"
}

// The prices by which drafts of the same finding are told apart.
const (
	PriceRows = "rows read"
	PriceCost = "cost"
	PriceSize = "size"
)

// Work is how a draft is carried out. The engine calls it; nothing else does. It is Building or Acting besides.
type Work interface {
	// Preflight checks what must hold before applying.
	Preflight(ctx context.Context, ask *live.Asker) ([]Check, error)
	// Verify reads back what is there now.
	Verify(ctx context.Context, ask *live.Asker) (Verification, error)
}

// Building is work that takes long, in a session of its own: it goes on in the server whatever becomes of pgmedic.
type Building interface {
	Work
	// Apply changes the server, in the session that only a confirmation yields.
	Apply(ctx context.Context, session *live.BuildSession) error
	// Watch says how far the apply is; pid is the session that applies.
	Watch(ctx context.Context, ask *live.Asker, pid int32) (Progress, error)
}

// Acting is work of short guarded statements over the act session, which is open already: it needs no free slot. It ends with pgmedic.
type Acting interface {
	Work
	// Act sends them, one after the other, until all are sent or ctx ends: then a person has stopped it, and it returns live.ErrStopped.
	Act(ctx context.Context, send *Sender) error
}

// Verdict is the result of one check.
type Verdict int

// The verdicts of checks.
const (
	Pass Verdict = iota
	Caution
	Refuse // applying is not possible
)

// Check is one line of a preflight or of a verification.
type Check struct {
	Verdict Verdict
	Name    string
	Saw     string // what was read, with its figures
	Do      string // what to do about it; empty where it passes
}

// Progress is how far an apply is.
type Progress struct {
	Phase   string  // as the server words it
	Done    float64 // of Total, in Unit, of this phase
	Total   float64
	Unit    string // "blocks", "tuples", "lockers"
	Waiting string // whom it waits for, in a person's words; empty when it does not

	Rate        float64       // Unit a second, over the last looks; 0: not known
	Left        time.Duration // of this phase at this rate; 0: not known
	GivesUp     time.Duration // until it is given up where it waits for so long; 0: it waits for as long as it takes
	LeftAll     time.Duration // of the whole, but for what it waits for; 0: not known
	Step, Steps int           // which of how many statements; 0: there is one
	Doing       string        // what that statement does; empty where there is one
	Behind      string        // who waits behind it and holds others up, in a person's words, with what to do; empty: nobody
}

// Verification is what was read back.
type Verification struct {
	Done    bool // the change is there as drafted
	Begun   bool // some of it is there as drafted, nothing is broken, and the statements for the rest were not sent
	Checks  []Check
	Helped  bool     // it was measured or counted that it does what it is for
	Unknown []string // what is not known of that yet, harmless
	Before  *plan.Plan
	After   *plan.Plan    // like Before, taken again; nil where there is none
	Facts   []record.Fact // figures of what is there now, for the report
	Undo    *Draft        // takes it back; nil: cannot be undone
	Rows    []Row         // what became of each that it acted on
}
