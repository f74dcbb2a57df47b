package doctor

import (
	"strconv"
	"strings"
	"time"

	"github.com/pgmedic/pgmedic/probes"
)

// Readings is everything that the checks judge. What could not be read is nil, and stands in Blind; what was read and is empty is not nil.
// Names are as the server has them, so that SQL about them hits; a Finding is made harmless before anybody sees it.
type Readings struct {
	Target   string // user@host:port/database
	Server   probes.Server
	Session  *Session
	Offset   time.Duration // the server's clock less this machine's
	Doubt    time.Duration // of Offset: half a round trip
	Role     *Role
	Settings map[string]Setting // as pgmedic's own session has them
	Plain    map[string]Setting // the timeouts as a session without pgmedic's own settings has them
	OfRoles  []RoleSetting
	BadLines []BadLine

	Sessions *Sessions
	Pools    []Pool
	Limits   []Limit

	Extensions     map[string]Extension
	Statements     *Statements
	StatementsInfo *StatementsInfo

	Owners    []Owner
	Databases []Database
	Collation *Collation
	Tables    []Table
	Indexes   []Index

	Prepared []Prepared
	Slots    []Slot
	Replicas []Replica
	Archiver *Archiver

	Blind []Blind
	reads int
}

// Blind is a reading that failed.
type Blind struct {
	What   string // for example "replication slots"
	Reason string
	Mend   []Step
}

// Session is what was read of pgmedic's own session (sql/server.sql).
type Session struct {
	Now             time.Time // clock_timestamp()
	BackendPID      int32
	Port            int32 // the server's own, inet_server_port(); 0 for a unix-domain socket
	InRecovery      bool
	TLS             bool
	TLSVersion      string
	Socket          bool
	Aurora          bool
	ServiceRoles    []string
	ServiceSettings []string // prefixes: rds, cloudsql, azure
	ProtocolPID     int32    `db:"-"` // the backend's pid as the protocol gave it; a pooler gives one of its own
}

// Role is the role that pgmedic connected as (pg_roles).
type Role struct {
	Name      string
	Superuser bool
	ConnLimit int32    // -1: none
	Has       []string // predefined roles (pg_…) whose privileges it has
	Known     []string // predefined roles of this version
}

// Setting is one row of pg_settings.
type Setting struct {
	Name    string
	Shown   string // current_setting(), with its unit
	Raw     string // setting, in Unit
	Unit    string
	Context string
	Source  string
	File    string // empty where it is hidden or not from a file
	Line    int32
	Pending bool `db:"pending_restart"`
}

// RoleSetting is a setting that a role, a database, or a role in a database has of its own (pg_db_role_setting).
type RoleSetting struct{ Role, Database, Name, Value string }

// BadLine is a line of a configuration file that the server cannot use (pg_file_settings).
type BadLine struct {
	File    string
	Line    int32
	Name    string
	Error   string
	Context string // of the setting; empty: there is none of that name
	Pending bool   // it waits for a restart
}

// Sessions sums up pg_stat_activity, without pgmedic's own session.
type Sessions struct {
	Clients       int64
	Hidden        int64 // rows that this role may not see
	Nameless      int64 // client connections with an empty application_name
	InClear       int64 // from other machines, without TLS
	Clipped       int64 // whose statement fills track_activity_query_size
	IdleInTx      int64
	IdleInTxAge   float64 // s, of the longest
	OldestXactAge float64 // s
	OldestXmin    int64   // age(backend_xmin), the highest
	VacuumWorkers int64
	Backends      int64 // numbackends of all databases; parallel and vacuum workers count too
}

// Pool is the client connections of one role, database and application, without pgmedic's own.
type Pool struct {
	Role, Database, Application string
	Addresses                   int64
	Busiest                     int64 // connections of the address that has most
}

// Limit is a role's or a database's own limit of connections.
type Limit struct {
	Kind, Name string // Kind: role, database
	Slots      int32
	Taken      int64 // client connections, pgmedic's own too; too low without pg_read_all_stats
}

// Extension is an extension that the server could create or has created in this database.
type Extension struct {
	Name, Offered string
	Created       string // version; empty: not created in this database
	Schema        string
	Usable        bool // this role may use the schema
}

// Statements says how full pg_stat_statements is.
type Statements struct{ Entries, Hidden int64 }

// StatementsInfo is pg_stat_statements_info.
type StatementsInfo struct {
	Dealloc int64
	Since   time.Time
}

// Owner is a role that owns tables of this database.
type Owner struct {
	Owner     string
	Superuser bool
	MayAct    bool
	Tables    int64
	Readable  int64 // tables that this role may SELECT from
	Schemas   []string
	Largest   string // its largest table, quoted by the server

	// Of all owners, also those that are not listed; the same in each row.
	Owners, AllTables, AllReadable int64
	AllOthers                      int64 // tables that this role may not act on
}

// Database is one row of pg_database.
type Database struct {
	Name             string
	XidAge           int64
	MultixactAge     int64
	ChecksumFailures int64
}

// Collation is this database's collation version, as recorded and as the operating system has it now.
type Collation struct{ Recorded, Actual string }

// Table is a table that vacuum or analyze does not keep up with.
type Table struct {
	Schema, Name        string
	Toast               bool
	Pages               int64
	XidAge              int64
	Live, Dead, Changed int64
	Analyzed            *time.Time // nil: never, as far as the statistics go back
	AutovacuumOff       bool
}

// Index is an INVALID index.
type Index struct {
	Schema, Name string
	Table        string `db:"table_name"`
	Unique       bool   `db:"is_unique"`
	Pages        int64
	Partitioned  bool
	Total        int64 // of all INVALID indexes, also those that are not listed; the same in each row
}

// Prepared is one row of pg_prepared_xacts.
type Prepared struct {
	GID, Owner, Database string
	Age                  float64 // s
	XidAge               int64
}

// Slot is one row of pg_replication_slots.
type Slot struct {
	Name, Kind, Database string
	Active               bool
	XidAge               int64 // the older of xmin and catalog_xmin
	Retained             int64 // bytes of WAL; -1: it has no restart_lsn
	Status               string
}

// Replica is one row of pg_stat_replication.
type Replica struct {
	Application, State string
	XidAge             int64
	Lag                int64 // bytes not replayed; -1: not known
}

// Archiver is pg_stat_archiver.
type Archiver struct {
	Failed      int64
	Failing     bool    // the last attempt failed
	ArchivedAge float64 // s since the last success; -1: never
	Set         *bool   `db:"is_set"` // archive_command or archive_library is set; nil: not known
}

// major is the server's major version.
func (r *Readings) major() int { return r.Server.Version / 10000 }

// now is the server's clock.
func (r *Readings) now() time.Time {
	if r.Session != nil {
		return r.Session.Now
	}
	return time.Now()
}

// has says whether this role has the privileges of a predefined role; the second says whether that is known.
func (r *Readings) has(predefined string) (yes, known bool) {
	if r.Role == nil {
		return false, false
	}
	if r.Role.Superuser {
		return true, true
	}
	for _, name := range r.Role.Has {
		if name == predefined {
			return true, true
		}
	}
	return false, true
}

// setting returns a setting that is known; of pgmedic's own ones only Plain knows what others have.
func (r *Readings) setting(name string) (Setting, bool) {
	settings := r.Settings
	if isOwn(name) {
		settings = r.Plain
	}
	s, known := settings[name]
	return s, known && !s.narrowed()
}

// value returns what a setting shows; empty where it is not known.
func (r *Readings) value(name string) string {
	s, _ := r.setting(name)
	return s.Shown
}

// is says whether a setting is known and shows the value.
func (r *Readings) is(name, value string) bool {
	s, known := r.setting(name)
	return known && s.Shown == value
}

// number returns a setting's figure in its own unit.
func (r *Readings) number(name string) (float64, bool) {
	s, known := r.setting(name)
	if !known {
		return 0, false
	}
	n, err := strconv.ParseFloat(s.Raw, 64)
	return n, err == nil
}

// saw words what was read of settings; those not known are left out.
func (r *Readings) saw(names ...string) []string {
	var lines []string
	for _, name := range names {
		if s, known := r.setting(name); known {
			lines = append(lines, s.String())
		}
	}
	return lines
}

// String says what was read: setting = value (source).
func (s Setting) String() string {
	value := s.Shown
	if value == "" || strings.ContainsAny(value, " ,'") {
		value = "'" + strings.ReplaceAll(value, "'", "''") + "'"
	}
	return s.Name + " = " + value + " (" + s.where() + ")"
}

// whose says for whom a setting of the server is narrowed; empty: it is everybody's.
func (s Setting) whose() string {
	return map[string]string{"database": "database", "user": "role", "database user": "role in this database"}[s.Source]
}

// narrowed says whether the value is this session's alone: given by the connection string, or by somebody else through a pooler.
func (s Setting) narrowed() bool { return s.Source == "client" || s.Source == "session" }

func (s Setting) where() string {
	switch {
	case s.File != "":
		return s.File + ":" + strconv.Itoa(int(s.Line))
	case s.whose() != "":
		return "set for this " + s.whose() + ", others may have another"
	}
	return s.Source
}
