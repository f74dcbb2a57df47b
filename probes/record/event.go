package record

import (
	"fmt"
	"regexp"
	"time"

	"github.com/pgmedic/pgmedic/probes"
)

// Kind is what sort of thing an event is.
type Kind string

// The kinds of events of the timeline.
const (
	Observed Kind = "observed" // pgmedic saw it: a threshold, a regression, a plan
	Acted    Kind = "acted"    // somebody changed something, through pgmedic
	Said     Kind = "said"     // a note, a decision, a hypothesis
	Mark     Kind = "mark"     // onset, recovered, resolved, verified, …; Data["mark"] names it
	Imported Kind = "imported" // from elsewhere: the application's own errors, a log, a deploy, an alert, a chat
	System   Kind = "system"   // pgmedic itself: connected, lost, gap, and what becomes of an import
)

// The names of marks, in Data["mark"].
const (
	MarkOnset     = "onset"
	MarkRecovered = "recovered"
	MarkRemedied  = "remedied" // the remedy was in place: never the same as recovered
	MarkVerified  = "verified"

	MarkDetected     = "detected" // somebody noticed
	MarkAcknowledged = "acknowledged"
	MarkMitigated    = "mitigated" // users were served again, by whatever means
	MarkResolved     = "resolved"  // the cause is gone

	MarkNotVerified = "not verified" // the remedy is in place, and it was not measured that it helps; the body says what is not known
)

// The names of what pgmedic saw or met, in Data["event"].
const (
	EventThreshold  = "threshold"  // connections crossed a share of the ceiling; Data["direction"] is reached or left
	EventRegression = "regression" // a statement became slower
	EventReset      = "reset"      // the statistics of the statements were reset
	EventRestart    = "restart"
	EventFailover   = "failover" // another server, or another role of the same one
	EventConnected  = "connected"
	EventLost       = "lost" // no connection, or none yet
	EventReconnect  = "reconnected"
	EventGap        = "gap"      // no samples from At to End
	EventClock      = "clock"    // the server's clock was set; Data["seconds"] ahead, below 0 back
	EventSetting    = "setting"  // a setting changed, or waits for a restart; Data["name"], Data["before"], Data["after"]
	EventDeadlock   = "deadlock" // the server ended deadlocks; Data["deadlocks"] in Data["database"]
	EventLocks      = "locks"    // many sessions wait behind one; Data["direction"] is reached or left
	EventBuild      = "build"    // an index is built, by whomever; Data["direction"] is reached, phase or left
	EventPast       = "past"     // what a rolling record tells of the time before; Data["samples"]
	EventSampled    = "sampled"  // the statements are known from sampled activity alone; Data["direction"] is reached or left
)

// Identity names a server in an event, so that a failover cannot pass for the same one.
func Identity(s probes.Server) string {
	return fmt.Sprintf("%s:%d/%s system %s timeline %d", s.Host, s.Port, s.Database, s.SystemIdentifier, s.Timeline)
}

// What an event concerns beyond the database that it names, in Data[DataScope].
const (
	DataScope    = "scope"
	ScopeCluster = "cluster" // all databases of the cluster, on whichever of its servers is the primary
)

// identity takes apart what Identity made. The host may hold colons and slashes, as a folder of sockets does, and the database spaces.
var identity = regexp.MustCompile(`^.*?:\d+/(.*) system (\S*) timeline \d+$`)

// Concerns says whether an event is about a server's database, by whatever address it was reached, before a failover or after.
func (e Event) Concerns(s probes.Server) bool {
	its, here := identity.FindStringSubmatch(e.Server), identity.FindStringSubmatch(Identity(s))
	if its == nil || here == nil || its[2] != here[2] {
		return false
	}
	return its[1] == here[1] || e.Data[DataScope] == ScopeCluster
}

// Basis says where an event's time comes from.
type Basis string

// The bases of an event's time.
const (
	ServerClock Basis = "server clock"
	LocalClock  Basis = "local clock"
	ImportClock Basis = "imported"
	Bin         Basis = "bin"         // the bin of a histogram, for example of five minutes; Within is half of it
	Recollected Basis = "recollected" // a person remembers it so
)

// Event is one line of the timeline. Nothing is edited in place: a correction supersedes, a removal is a tombstone, and every version stays in the file.
type Event struct {
	ID         string // ULID
	Kind       Kind
	At         time.Time     // UTC
	End        time.Time     // zero: a moment
	Within     time.Duration // the error bar: it happened at At, so much earlier or later; 0: as exact as its basis
	Basis      Basis
	RecordedAt time.Time // local clock, UTC
	Author     string    // who did or said it; empty for pgmedic itself
	Source     string    // the part of pgmedic, or the file it was imported from
	Server     string    // identity: system identifier, timeline, host, database
	Title      string    // one line, harmless
	Body       string
	SQL        string            // of an action: the exact statement
	Data       map[string]string // figures and names that the report reads, by the event's own names
	Evidence   []string          // ids of plans, facts
	Star       bool              // somebody wants it seen first
	Internal   bool              // for the people of the incident: it does not leave in what is written for the public
	Supersedes string            // id of the event that this is a newer version of: of the first one, however many versions there are; empty: of none
	Removed    bool              // a tombstone: the event that it supersedes is taken back
}

// Unordered says whether it is not known which of two events came first: their error bars overlap.
func (e Event) Unordered(other Event) bool {
	apart := e.At.Sub(other.At).Abs()
	return e.Within+other.Within > 0 && apart <= e.Within+other.Within
}
