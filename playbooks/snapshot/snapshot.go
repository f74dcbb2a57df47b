package snapshot

import (
	"encoding/json"
	"fmt"
	"time"
)

// Snapshot is what was seen. States, waits and held counts are those of the last sample, loads, calls and means those of a window that they name.
type Snapshot struct {
	Headline          string        `json:"headline"` // the answer in one sentence
	At                time.Time     `json:"at"`       // of the last sample, server's clock, UTC
	LookedForS        float64       `json:"looked_for_s"`
	Samples           int           `json:"samples"`
	BrokenOff         *string       `json:"broken_off"` // how the look ended before its time; null: it lasted
	Server            Server        `json:"server"`
	Connections       Connections   `json:"connections"`
	Waits             []Group       `json:"waits"` // what active clients wait for; CPU: nothing that PostgreSQL reports
	Statements        Statements    `json:"statements"`
	Blocking          *Blocking     `json:"blocking"`
	Transactions      []Transaction `json:"transactions"`       // open for longTransaction or longer, oldest first
	TransactionsTotal *int          `json:"transactions_total"` // sessions, those that are not in the list too
	Xmin              []XminHolder  `json:"xmin_holders"`       // who keeps old row versions from being removed, oldest first
	XminTotal         *int          `json:"xmin_holders_total"`
	Replicas          []Replica     `json:"replicas"`
	Slots             []Slot        `json:"replication_slots"`
	Standby           *Standby      `json:"standby"`  // null on a primary, and where it is not known (server.in_recovery says which)
	Progress          []Progress    `json:"progress"` // running commands that report it
	ProgressTotal     *int          `json:"progress_total"`
	Findings          []Finding     `json:"findings"`
	Blind             []Blind       `json:"blind"` // what is not known, and why
	Cost              Cost          `json:"own_cost"`
	Redacted          []string      `json:"redacted"`
}

// Server says who answered.
type Server struct {
	Host             string    `json:"host"`
	Port             int       `json:"port"`
	Database         string    `json:"database"`
	Role             string    `json:"role"` // that pgmedic looks as
	Version          string    `json:"version"`
	VersionNum       int       `json:"version_num"`
	SystemIdentifier *string   `json:"system_identifier"`
	InRecovery       bool      `json:"in_recovery"` // a standby
	StartedAt        time.Time `json:"started_at"`
	Pooler           *string   `json:"pooler"` // null: none was noticed
	TLS              bool      `json:"tls"`
}

// Connections are client connections; pgmedic's own are only in Pgmedic, parallel workers nowhere. The states are those of the sessions that this role may
// see, null where it sees none of them; groups leave out what is not to be seen, and are null where that is everything.
type Connections struct {
	Clients       int     `json:"clients"` // at most, where states are hidden: some may be background workers
	Pgmedic       int     `json:"pgmedic"`
	Active        *int    `json:"active"`
	Idle          *int    `json:"idle"`
	IdleInTx      *int    `json:"idle_in_transaction"`
	StateHidden   int     `json:"state_hidden"` // sessions whose state is not to be seen
	WaitForLock   *int    `json:"waiting_for_lock"`
	Limit         *Limit  `json:"limit"`         // the server's slots
	Tighter       *Limit  `json:"tighter_limit"` // the limit of the database or of a role of which a larger share is taken than of the server's; null: none
	Ceiling       Ceiling `json:"ceiling"`       // what bounds the number of connections
	Largest       *Crowd  `json:"largest_group"` // of one application in one state; null: none is to be seen
	ByApplication []Pool  `json:"by_application"`
	ByUser        []Group `json:"by_user"`
	ByClient      []Group `json:"by_client"`
	ByDatabase    []Group `json:"by_database"`
}

// Limit is a bound on connections and how many count against it, pgmedic's own included.
type Limit struct {
	Name    string `json:"name"`
	Slots   int    `json:"slots"`
	Taken   int    `json:"taken"` // superusers included, who may stand in the reserve: it can be more than slots
	Pgmedic int    `json:"taken_by_pgmedic"`
}

// Ceiling is what the server's settings allow.
type Ceiling struct {
	MaxConnections    *int        `json:"max_connections"`
	SuperuserReserved *int        `json:"superuser_reserved_connections"`
	Reserved          *int        `json:"reserved_connections"` // 16+
	DatabaseLimit     *int        `json:"database_limit"`       // null: none, where max_connections is known
	RoleLimits        []RoleLimit `json:"role_limits"`
}

// RoleLimit is a role's own limit.
type RoleLimit struct {
	Role  string `json:"role"`
	Slots int    `json:"slots"`
}

// Group is how many sessions share a name.
type Group struct {
	Name     string `json:"name"`
	Sessions int    `json:"sessions"`
}

// Crowd is how many sessions of one application are in one state.
type Crowd struct {
	Application string `json:"application"`
	User        string `json:"user"` // where they give no application's name; else empty
	State       string `json:"state"`
	Sessions    int    `json:"sessions"`
}

// Pool is an application with the clients that it connects from: a pool shows as so many clients with as many connections each.
type Pool struct {
	Name     string `json:"name"`
	Sessions int    `json:"sessions"`
	Clients  *int   `json:"clients"` // different addresses; null, as the others, where not all are to be seen
	Least    *int   `json:"sessions_per_client_least"`
	Most     *int   `json:"sessions_per_client_most"`
}

// Statements are those that run now, by sessions, and those that ran in the window, by load.
type Statements struct {
	WindowS *float64    `json:"window_s"` // over which load, calls and mean are taken; null: there are none
	Sampled *string     `json:"sampled"`  // why they are known from sampled activity alone
	Top     []Statement `json:"top"`
	More    int         `json:"more"` // that are not in Top
}

// Statement is one statement. A call counts when it ends.
type Statement struct {
	QueryID     string   `json:"query_id"`
	Database    string   `json:"database"`
	User        string   `json:"user"`
	TopLevel    bool     `json:"top_level"` // false: run inside a function
	Text        *string  `json:"text"`      // without constants
	TextClipped bool     `json:"text_clipped"`
	Held        *int     `json:"held"`      // client connections that run it now; null: none of those that are to be seen, and there are others
	Load        *float64 `json:"load"`      // connections that it kept busy on average
	Lagging     bool     `json:"load_lags"` // sessions run it whose calls outlast the window: load, which counts a call when it ends, is behind
	Calls       *int64   `json:"calls"`
	CallsPerS   *float64 `json:"calls_per_s"`
	MeanMS      *float64 `json:"mean_ms"`             // null: no call ended in the window
	SinceReset  *float64 `json:"mean_since_reset_ms"` // of all calls since the statistics were reset, these included
	Factor      *float64 `json:"mean_over_mean_since_reset"`
}

// Blocking is who waits for a heavyweight lock behind whom.
type Blocking struct {
	Waiting    int       `json:"waiting"`           // sessions that wait
	NotAsked   int       `json:"waiting_not_asked"` // of them, nobody was asked who is in their way: too many wait
	Roots      []Blocker `json:"roots"`             // most waiters first
	RootsTotal int       `json:"roots_total"`       // those that are not in the list too
}

// Blocker is a session, or a prepared transaction, that others wait for.
type Blocker struct {
	Session
	Prepared     *string  `json:"prepared_transaction"` // its name; it has no session
	Cycle        bool     `json:"cycle"`                // it waits itself for one that waits for it
	Behind       int      `json:"waiting_behind"`
	Waiters      []Waiter `json:"waiters"`       // in the order of the tree; who waits for several stands under one of them
	WaitersTotal int      `json:"waiters_total"` // those that are not in the list too
}

// Waiter is a session that waits.
type Waiter struct {
	Session
	Depth    int      `json:"depth"`     // 1: directly behind the root
	Mode     string   `json:"lock_mode"` // that it wants
	Kind     string   `json:"lock_kind"` // relation, transactionid, tuple, …
	Relation *string  `json:"relation"`  // null: not known, or of another database
	WaitS    *float64 `json:"waits_s"`
}

// Session names a session.
type Session struct {
	PID         int32    `json:"pid"`
	User        string   `json:"user"`
	Application string   `json:"application"`
	Database    string   `json:"database"`
	State       *string  `json:"state"`
	InStateS    *float64 `json:"in_state_s"`
	TxS         *float64 `json:"transaction_s"` // null: in none, or not to be seen
	Text        *string  `json:"statement"`     // that it runs now or, idle in transaction, ran last, as far as known
}

// Transaction is one that is open for long, or several of sessions of one application that run, or ran last, the same: then it is the oldest.
type Transaction struct {
	Session
	Sessions int  `json:"sessions"`
	Wrote    bool `json:"has_transaction_id"` // it, or one of the others, has a transaction id: it writes
}

// XminHolder keeps row versions since XminAge transactions ago; of several of one name it is the one since longest.
type XminHolder struct {
	What     string   `json:"what"` // session, prepared transaction, replica, slot
	PID      int32    `json:"pid"`  // 0: no session
	Name     string   `json:"name"`
	Database string   `json:"database"`
	Holders  int      `json:"holders"`
	XminAge  int64    `json:"xmin_age_transactions"`
	AgeS     *float64 `json:"age_s"`
}

// Replica is a receiver of WAL.
type Replica struct {
	Application string   `json:"application"`
	Client      *string  `json:"client"` // null: not to be seen
	State       string   `json:"state"`
	SyncState   string   `json:"sync_state"`
	LagBytes    *int64   `json:"lag_bytes"`
	ReplayLagS  *float64 `json:"replay_lag_s"` // null: not known, or there was nothing to replay
	Worry       *string  `json:"worry"`        // null: none
}

// Slot is a replication slot.
type Slot struct {
	Name          string  `json:"name"`
	Kind          string  `json:"kind"`
	Active        bool    `json:"active"`
	RetainedBytes *int64  `json:"retained_bytes"`
	WALStatus     string  `json:"wal_status"`
	Worry         *string `json:"worry"`
}

// Standby is how far this server is behind its primary.
type Standby struct {
	NotReplayedBytes *int64   `json:"received_not_replayed_bytes"`
	ReplayAgeS       *float64 `json:"replay_age_s"` // since the transaction replayed last was committed; grows on an idle primary too
	Paused           bool     `json:"paused"`
	Receiving        bool     `json:"receiving"`
}

// Progress is a running command.
type Progress struct {
	PID      int32  `json:"pid"`
	Command  string `json:"command"`
	Relation string `json:"relation"`
	Phase    string `json:"phase"`
	Done     int64  `json:"done"`
	Total    *int64 `json:"total"`
	Unit     string `json:"unit"`
	WaitsFor *int32 `json:"waits_for_pid"`
}

// Finding is what a playbook sees.
type Finding struct {
	Severity string  `json:"severity"` // critical, warning, note
	Title    string  `json:"title"`
	Playbook *string `json:"playbook"` // that treats it; null: none does
}

// Blind is something that is not known.
type Blind struct {
	What   string `json:"what"`
	Reason string `json:"reason"` // and what mends it
}

// Cost is what the look took from the server.
type Cost struct {
	Sessions int     `json:"sessions"`             // the look's own; others may be called pgmedic too
	WaitedMS float64 `json:"waited_for_server_ms"` // in all samples: an upper bound of the server's own time
}

// JSON writes it for programs.
func (s *Snapshot) JSON() (string, error) {
	data, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return "", fmt.Errorf("writing the snapshot as JSON: %w", err)
	}
	return string(data) + "\n", nil
}
