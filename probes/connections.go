package probes

import (
	"sort"
	"time"
)

// ApplicationName is what pgmedic's own sessions are called on the server; such sessions are counted apart.
const ApplicationName = "pgmedic"

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

// Application returns the slots that an ordinary role could hold: max_connections less both reserves, or the database's own limit
// where that is tighter. Zero: unknown.
func (c Ceiling) Application() int {
	slots := c.MaxConnections - c.SuperuserReserved - c.Reserved
	if c.DatabaseLimit >= 0 && c.DatabaseLimit < slots && c.MaxConnections > 0 {
		slots = c.DatabaseLimit
	}
	return max(slots, 0)
}

// Counts are connections at one instant; clients of pgmedic itself are only in Ours.
type Counts struct {
	At        time.Time
	Total     int // client backends
	Active    int
	Idle      int
	IdleInTx  int // idle in transaction, aborted included
	Unknown   int // state not visible to this role
	Ours      int // pgmedic's own sessions
	LockWaits int // active and waiting for a heavyweight lock
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
