package record

import (
	"database/sql"
	"encoding/json"
	"errors"
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
	Imported Kind = "imported" // from elsewhere: the application's own errors, a deploy
	System   Kind = "system"   // pgmedic itself: connected, lost, gap
)

// The names of marks, in Data["mark"].
const (
	MarkOnset     = "onset"
	MarkRecovered = "recovered"
	MarkRemedied  = "remedied" // the remedy was in place: never the same as recovered
	MarkVerified  = "verified"

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
)

// Event is one line of the timeline. Nothing is edited in place.
type Event struct {
	ID         string // ULID
	Kind       Kind
	At         time.Time // UTC
	End        time.Time // zero: a moment
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
}

const (
	insertEvent = `INSERT INTO event
		(id, kind, at, ended, basis, recorded_at, author, source, server, title, body, sql, data, evidence)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING`
	selectEvents = `SELECT id, kind, at, ended, basis, recorded_at, author, source, server, title, body, sql, data, evidence
		FROM event ORDER BY at, id`
)

// AddEvent stores an event durably (synchronous=FULL) before it returns; it fills ID and RecordedAt where they are empty, and returns the
// stored event. An event whose ID is in the file already is not stored again, so that a doubtful write can be repeated.
func (f *File) AddEvent(e Event) (Event, error) {
	now := time.Now()
	if e.RecordedAt.IsZero() {
		e.RecordedAt = now
	}
	if e.ID == "" {
		id, err := f.ids.next(now)
		if err != nil {
			return e, err
		}
		e.ID = id
	}
	e.At, e.End, e.RecordedAt = utc(e.At), utc(e.End), utc(e.RecordedAt)
	data, err := json.Marshal(e.Data)
	if err != nil {
		return e, fmt.Errorf("packing the event %q: %w", e.Title, err)
	}
	evidence, err := json.Marshal(e.Evidence)
	if err != nil {
		return e, fmt.Errorf("packing the event %q: %w", e.Title, err)
	}
	err = f.write(durable, func(tx *sql.Tx) error {
		_, err := tx.Exec(insertEvent, e.ID, e.Kind, formatTime(e.At), formatTime(e.End), e.Basis, formatTime(e.RecordedAt),
			e.Author, e.Source, e.Server, e.Title, e.Body, e.SQL, string(data), string(evidence))
		return err
	})
	if err != nil {
		return e, fmt.Errorf("storing the event %q in the incident file: %w", e.Title, err)
	}
	return e, nil
}

// Events returns the timeline, oldest first.
func (f *File) Events() ([]Event, error) {
	events, err := query(f.db, selectEvents, scanEvent)
	if err != nil {
		return nil, fmt.Errorf("reading the timeline of %s: %w", f.path, err)
	}
	return events, nil
}

func scanEvent(rows *sql.Rows) (e Event, err error) {
	var data, evidence []byte
	err = rows.Scan(&e.ID, &e.Kind, column{&e.At}, column{&e.End}, &e.Basis, column{&e.RecordedAt},
		&e.Author, &e.Source, &e.Server, &e.Title, &e.Body, &e.SQL, &data, &evidence)
	if err != nil {
		return e, err
	}
	return e, errors.Join(json.Unmarshal(data, &e.Data), json.Unmarshal(evidence, &e.Evidence))
}
