package probes

import (
	"sort"
	"strconv"
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
	XidAge       int64 // age(backend_xid), in transactions; 0: wrote nothing
	XminAge      int64 // age(backend_xmin): how old a snapshot it holds; 0: none
	Ours         bool  // a session of pgmedic itself
	Superuser    bool  // User is one, as it was when its name was read; false where User is not known
}

// IsClient says whether the backend holds a connection slot for a client that is not pgmedic.
// Parallel workers share their leader's statement and hold no slot.
func (b Backend) IsClient() bool { return b.holdsSlot() && !b.Ours }

func (b Backend) holdsSlot() bool { return b.Type == "client backend" }

// Ceiling is what bounds the number of connections (settings of the server and of the database looked at).
type Ceiling struct {
	MaxConnections    int
	SuperuserReserved int         // superuser_reserved_connections
	Reserved          int         // reserved_connections, 16+; 0 before
	DatabaseLimit     int         // pg_database.datconnlimit; -1 none
	RoleLimits        []RoleLimit // nil: none, or not known
}

// RoleLimit is a role's own limit (pg_roles.rolconnlimit) of 0 or more. Superusers, whom the server does not hold to theirs, are not listed.
type RoleLimit struct {
	Role  string
	Slots int
}

// Application returns the slots of the server that an ordinary role could hold, whatever its database: max_connections less both reserves.
// Zero: unknown.
func (c Ceiling) Application() int {
	return max(c.MaxConnections-c.SuperuserReserved-c.Reserved, 0)
}

// Bound is what a limit bounds.
type Bound string

// The bounds on connections.
const (
	BoundServer   Bound = ""         // the slots of the server, for the clients of all databases
	BoundDatabase Bound = "database" // the limit of the database looked at, for its own clients
	BoundRole     Bound = "role"     // a role's own limit, for its own sessions
)

// Limit is one bound on connections, and how many count against it. Whoever holds a slot takes it: pgmedic's own sessions are among those taken, here
// and wherever a share of a limit is told. What is normal (baseline, onset, recovery) is counted without them.
type Limit struct {
	Slots int // 0: unknown
	Taken int // pgmedic's own included, and superusers, who may be in the reserve: it can be more than Slots
	Ours  int // of them pgmedic's own
	Bound Bound
	Role  string // whose limit it is, of BoundRole
}

// Tighter returns the limit of which the largest share is taken, of the server's slots, the database's own limit and the roles'. A limit against which
// nobody but pgmedic counts is none for the application.
func (c Ceiling) Tighter(s *Sample) Limit {
	tightest := Limit{Slots: c.Application()}
	here := Limit{Slots: max(c.DatabaseLimit, 0), Bound: BoundDatabase}
	perRole := map[string]*Limit{}
	for _, r := range c.RoleLimits {
		perRole[r.Role] = &Limit{Slots: r.Slots, Bound: BoundRole, Role: r.Role}
	}
	for _, b := range s.Backends {
		if !b.holdsSlot() {
			continue
		}
		tightest.take(b)
		if b.Database == s.Server.Database {
			here.take(b)
		}
		if role := perRole[b.User]; role != nil {
			role.take(b)
		}
	}
	tightest = tightest.orTighter(here)
	for _, r := range c.RoleLimits {
		tightest = tightest.orTighter(*perRole[r.Role])
	}
	return tightest
}

func (l *Limit) take(b Backend) {
	l.Taken++
	if b.Ours {
		l.Ours++
	}
}

func (l Limit) orTighter(other Limit) Limit {
	if other.Application() > 0 && other.Share() > l.Share() {
		return other
	}
	return l
}

// Application is how many are taken by others than pgmedic.
func (l Limit) Application() int { return l.Taken - l.Ours }

// WithoutOurs is the limit as the application alone takes it.
func (l Limit) WithoutOurs() Limit {
	l.Taken, l.Ours = l.Application(), 0
	return l
}

// Who says who has the slots, for example "94 + 3 pgmedic", or "94" where pgmedic has none.
func (l Limit) Who() string {
	if l.Ours == 0 {
		return strconv.Itoa(l.Taken)
	}
	return strconv.Itoa(l.Application()) + " + " + strconv.Itoa(l.Ours) + " " + ApplicationName
}

// Left is how many slots nobody has.
func (l Limit) Left() int { return max(l.Slots-l.Taken, 0) }

// Name says which limit it is.
func (l Limit) Name() string {
	switch l.Bound {
	case BoundDatabase:
		return "the database's own limit"
	case BoundRole:
		return "role " + l.Role + "'s own limit"
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
	Unknown    int // state not visible to this role, or not tracked
	Ours       int // pgmedic's own sessions
	LockWaits  int // active and waiting for a heavyweight lock
}

// Counts adds up the sample's backends.
func (s *Sample) Counts() Counts {
	c := Counts{At: s.At}
	for _, b := range s.Backends {
		if b.Ours && b.holdsSlot() {
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
