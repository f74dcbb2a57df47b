package probes

import (
	"sort"
	"time"
)

// ApplicationName is what pgmedic's own sessions are called on the server; such sessions are counted apart.
const ApplicationName = "pgmedic"

// OwnTag stands in every statement that pgmedic sends: behind its first word, or at its end, because 18 stores no comment that stands before it.
const OwnTag = "/* pgmedic:"

// Backend is one row of pg_stat_activity, without its query's text.
type Backend struct {
	PID          int32
	LeaderPID    int32  // of a parallel worker: its leader; else 0
	Type         string // backend_type, for example "client backend"
	DatabaseOID  uint32
	UserOID      uint32
	Database     string
	User         string
	Application  string
	Client       string // client_addr; "local" for a unix-domain socket, empty where unknown
	State        string // active, idle, idle in transaction, …; empty where this role may not see it
	WaitType     string // wait_event_type; empty: on CPU, or not waiting
	WaitEvent    string
	QueryID      int64 // query_id, 14+ with compute_query_id; 0 unknown
	BackendStart time.Time
	XactStart    time.Time // zero outside a transaction
	QueryStart   time.Time
	StateChange  time.Time
	Ours         bool // a session of pgmedic itself
}

// IsClient says whether the backend holds a connection slot for a client that is not pgmedic.
// Parallel workers share their leader's statement and hold no slot.
func (b Backend) IsClient() bool { return b.Type == "client backend" && !b.Ours }

// Ceiling is what bounds the number of connections (settings of the server and of the database looked at).
type Ceiling struct {
	MaxConnections    int
	SuperuserReserved int // superuser_reserved_connections
	Reserved          int // reserved_connections, 16+; 0 before
	DatabaseLimit     int // pg_database.datconnlimit; -1 none
}

// Application returns the slots of the server that an ordinary role could hold, whatever its database: max_connections less both reserves.
// Zero: unknown.
func (c Ceiling) Application() int {
	return max(c.MaxConnections-c.SuperuserReserved-c.Reserved, 0)
}

// Limit is one bound on connections, and how many count against it.
type Limit struct {
	Slots int // 0: unknown
	Taken int
	Own   bool // the database's own limit, against which only its own clients count; else the server's slots, for the clients of all databases
}

// Tighter returns the limit of which the larger share is taken.
func (c Ceiling) Tighter(n Counts) Limit {
	server := Limit{Slots: c.Application(), Taken: n.Total}
	own := Limit{Slots: max(c.DatabaseLimit, 0), Taken: n.InDatabase, Own: true}
	if own.Share() > server.Share() {
		return own
	}
	return server
}

// Name says which limit it is.
func (l Limit) Name() string {
	if l.Own {
		return "the database's own limit"
	}
	return "the ceiling"
}

// Share is Taken ÷ Slots, 0 where the limit is unknown.
func (l Limit) Share() float64 {
	if l.Slots <= 0 {
		return 0
	}
	return float64(l.Taken) / float64(l.Slots)
}

// AtLeast says whether so many per cent are taken; of an unknown limit none are.
func (l Limit) AtLeast(percent int) bool { return l.Slots > 0 && l.Taken*100 >= percent*l.Slots }

// Counts are connections at one instant; clients of pgmedic itself are only in Ours.
type Counts struct {
	At         time.Time
	Total      int // client backends
	InDatabase int // of them in the database looked at
	Active     int
	Idle       int
	IdleInTx   int // idle in transaction, aborted included
	Unknown    int // state not visible to this role
	Ours       int // pgmedic's own sessions
	LockWaits  int // active and waiting for a heavyweight lock
}

// Counts adds up the sample's backends.
func (s *Sample) Counts() Counts {
	c := Counts{At: s.At}
	for _, b := range s.Backends {
		if b.Ours {
			c.Ours++
		}
		if !b.IsClient() {
			continue
		}
		c.Total++
		if b.Database == s.Server.Database {
			c.InDatabase++
		}
		switch b.State {
		case "active", "fastpath function call":
			c.Active++
		case "idle":
			c.Idle++
		case "idle in transaction", "idle in transaction (aborted)":
			c.IdleInTx++
		default:
			c.Unknown++
		}
		if b.WaitType == "Lock" {
			c.LockWaits++
		}
	}
	return c
}

// Group is how many connections share one value of something, for example one application name.
type Group struct {
	Name  string
	Count int
}

// GroupClients counts the client connections by what key returns, largest first, then by name. An empty key is left out.
func (s *Sample) GroupClients(key func(Backend) string) []Group {
	counts := map[string]int{}
	for _, b := range s.Backends {
		if name := key(b); b.IsClient() && name != "" {
			counts[name]++
		}
	}
	groups := make([]Group, 0, len(counts))
	for name, n := range counts {
		groups = append(groups, Group{name, n})
	}
	sort.Slice(groups, func(i, j int) bool {
		if groups[i].Count != groups[j].Count {
			return groups[i].Count > groups[j].Count
		}
		return groups[i].Name < groups[j].Name
	})
	return groups
}

// Held counts the client connections that run the statement now (pg_stat_activity.query_id).
func (s *Sample) Held(queryID int64) int {
	n := 0
	for _, b := range s.Backends {
		if b.IsClient() && b.State == "active" && b.QueryID == queryID && queryID != 0 {
			n++
		}
	}
	return n
}
