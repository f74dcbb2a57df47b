package probes

import (
	"slices"
	"testing"
	"time"
)

var start = time.Date(2026, 3, 2, 16, 0, 0, 0, time.UTC)

var key = StatementKey{DatabaseOID: 1, UserOID: 2, QueryID: 42, TopLevel: true}

// sampleAt returns a sample taken so many seconds after start, in which key's statement ended calls calls of mean each since the second before.
func sampleAt(second int, calls int64, mean time.Duration) *Sample {
	at := start.Add(time.Duration(second) * time.Second)
	s := &Sample{At: at, Interval: time.Second, Statements: Statements{Known: true, Since: at.Add(-time.Second)}}
	if calls > 0 {
		s.Statements.Deltas = []StatementDelta{{
			StatementKey: key, Calls: calls, ExecTime: time.Duration(calls) * mean, TotalCalls: calls, TotalExecTime: time.Duration(calls) * mean,
		}}
	}
	return s
}

func TestStatementsOverTheWindow(t *testing.T) {
	w := NewWindow(0)
	for second := range 90 { // 10 calls a second of 100 ms keep one connection busy
		w.Add(sampleAt(second, 10, 100*time.Millisecond), Assessment{})
	}
	rows := w.Statements()
	if len(rows) != 1 {
		t.Fatalf("%d rows, want 1", len(rows))
	}
	got := rows[0]
	if got.Load < 0.999 || got.Load > 1.001 || got.CallsPerSecond != 10 || got.Mean != 100*time.Millisecond || got.Calls != 600 {
		t.Errorf("load %v, calls/s %v, mean %v, calls %d; want 1, 10, 100ms, 600 over %v", got.Load, got.CallsPerSecond, got.Mean, got.Calls, StatementSpan)
	}
	if seen := w.StatementSpanSeen(); seen != StatementSpan {
		t.Errorf("window covers %v, want %v", seen, StatementSpan)
	}
}

func TestStatementsOfAShortWindowDoNotCountTimeNotSeen(t *testing.T) {
	w := NewWindow(0)
	for second := range 5 {
		w.Add(sampleAt(second, 2, time.Second), Assessment{})
	}
	if got := w.Statements()[0].Load; got != 2 {
		t.Errorf("load %v over 5 s seen, want 2", got)
	}
}

// longReading is a reading of so many seconds that ends so many after start, in which two calls of a second each ended every second.
func longReading(end, seconds int) *Sample {
	s := sampleAt(end, 2*int64(seconds), time.Second)
	s.Statements.Since = s.At.Add(-time.Duration(seconds) * time.Second)
	return s
}

// between is a sample between two readings.
func between(second int) *Sample {
	s := sampleAt(second, 0, 0)
	s.Statements.Since = s.At
	return s
}

// The newest reading counts however long it is: at a slow pace, at a long interval, after a machine that stood still.
func TestStatementsReadRarely(t *testing.T) {
	for _, c := range []struct{ every, length int }{{60, 60}, {61, 61}, {66, 66}, {120, 120}} {
		w := NewWindow(0)
		for second := range 3 * c.every {
			s := between(second)
			if second%c.every == 0 {
				s = longReading(second, c.length)
			}
			w.Add(s, Assessment{})
			if second%c.every > 60 {
				continue // nobody reads more rarely than that
			}
			rows := w.Statements()
			if len(rows) != 1 || rows[0].Load != 2 || rows[0].CallsPerSecond != 2 || w.StatementSpanSeen() != time.Duration(c.length)*time.Second {
				t.Fatalf("a reading of %d s after %d s: %+v over %s", c.length, second, rows, w.StatementSpanSeen())
			}
		}
	}
}

func TestStatementsAfterALongReading(t *testing.T) {
	w := NewWindow(0)
	w.Add(longReading(0, 66), Assessment{})
	w.Add(sampleAt(1, 5, time.Second), Assessment{})
	if rows := w.Statements(); len(rows) != 1 || rows[0].Load != 5 || w.StatementSpanSeen() != time.Second {
		t.Errorf("%+v over %s, want the last second alone", rows, w.StatementSpanSeen())
	}
	for second := 2; second < 63; second++ { // the probe has no answer any more
		s := sampleAt(second, 0, 0)
		s.Statements = Statements{}
		w.Add(s, Assessment{})
	}
	if rows := w.Statements(); len(rows) != 0 || w.StatementSpanSeen() != 0 {
		t.Errorf("%+v over %s, although nothing was read for more than a minute", rows, w.StatementSpanSeen())
	}
}

func TestStatementLosses(t *testing.T) {
	w := NewWindow(5 * time.Minute)
	w.Add(sampleAt(0, 10, time.Second), Assessment{})
	if got := w.StatementLosses(); got != (Losses{}) {
		t.Errorf("losses %+v before any", got)
	}
	reset := sampleAt(10, 4, time.Second) // nothing was read for 10 s, of which 2 s count
	reset.Statements.Reset, reset.Statements.ResetAt, reset.Statements.Evicted = true, reset.At.Add(-2*time.Second), 3
	reset.Statements.Since = reset.Statements.ResetAt
	w.Add(reset, Assessment{})
	if rows := w.Statements(); rows[0].Load != 14./3 || w.StatementSpanSeen() != 3*time.Second {
		t.Errorf("load %v over %s, want 14 calls over 3 s", rows[0].Load, w.StatementSpanSeen())
	}
	evicting := sampleAt(11, 1, time.Second)
	evicting.Statements.Evicted = 4
	w.Add(evicting, Assessment{})
	if got, want := w.StatementLosses(), (Losses{Reset: true, ResetAt: reset.Statements.ResetAt, Evicted: 7}); got != want {
		t.Errorf("losses %+v, want %+v", got, want)
	}
	w.Add(sampleAt(71, 1, time.Second), Assessment{})
	if got, want := w.StatementLosses(), (Losses{Evicted: 4}); got != want {
		t.Errorf("a minute later %+v, want %+v", got, want)
	}
}

func TestHeldWithoutAnEndedCall(t *testing.T) {
	s := sampleAt(0, 0, 0)
	s.Backends = []Backend{
		{Type: "client backend", State: "active", QueryID: 42, DatabaseOID: 1, UserOID: 2},
		{Type: "client backend", State: "active", QueryID: 42, DatabaseOID: 1, UserOID: 2},
		{Type: "parallel worker", State: "active", QueryID: 42, DatabaseOID: 1, UserOID: 2},
		{Type: "client backend", State: "idle", QueryID: 42, DatabaseOID: 1, UserOID: 2},
		{Type: "client backend", State: "active", QueryID: 42, DatabaseOID: 1, UserOID: 2, Ours: true},
	}
	w := NewWindow(0)
	w.Add(s, Assessment{})
	rows := w.Statements()
	if len(rows) != 1 || rows[0].Held != 2 || rows[0].Mean != 0 {
		t.Errorf("rows %+v; want one that holds 2 and has no mean: workers, idle sessions and pgmedic's own do not hold", rows)
	}
	if c := s.Counts(); c.Total != 3 || c.Active != 2 || c.Idle != 1 || c.Ours != 1 {
		t.Errorf("counts %+v; want 3 clients, 2 active, 1 idle, 1 of ours", c)
	}
}

// What is calm is watch's to say: the window counts nothing on its own.
func TestBaselineMeanIsTheAssessments(t *testing.T) {
	w := NewWindow(0)
	now := Assessment{Baseline: Baseline{Median: 10, N: BaselineMinimum}, Calm: map[StatementKey]CallSum{key: {Calls: 50, Time: 500 * time.Millisecond}}}
	for second := range 60 {
		w.Add(sampleAt(second, 5, time.Second), now)
	}
	row := w.Statements()[0]
	if row.BaseOf != BaseRecord || row.BaseMean != 10*time.Millisecond {
		t.Errorf("baseline %v of %q, want 10ms of the record", row.BaseMean, row.BaseOf)
	}
	if factor, ok := row.Factor(); !ok || factor != 100 {
		t.Errorf("factor %v (%v), want 100", factor, ok)
	}
	w.Add(sampleAt(60, 5, time.Second), Assessment{Baseline: now.Baseline})
	if row := w.Statements()[0]; row.BaseOf == BaseRecord {
		t.Errorf("baseline %v of %q, although nobody knows one of the record", row.BaseMean, row.BaseOf)
	}
}

// After SET ROLE the activity names another role than the statistics do: it is one statement all the same.
func TestHeldAndLoadOfAStatementUnderSetRole(t *testing.T) {
	const login, quiet = 7, 8
	backend := func(user uint32) Backend {
		return Backend{Type: "client backend", State: "active", QueryID: 42, DatabaseOID: 1, UserOID: user, User: "login"}
	}
	for _, c := range []struct {
		name  string
		users []uint32 // of the sessions that run it
		after int      // seconds without an ended call
		held  []int    // by row
	}{
		{"the role that logged in", []uint32{login, login}, 1, []int{2}},
		{"beside the role itself", []uint32{login, key.UserOID}, 1, []int{2}},
		{"no call ended for long", []uint32{login}, 120, []int{1}},
		{"another role with calls of its own", []uint32{quiet, login, login}, 1, []int{2, 1}},
	} {
		w := NewWindow(0)
		first := sampleAt(0, 0, 0)
		first.Statements.Deltas = []StatementDelta{{StatementKey: StatementKey{1, quiet, 42, true}, Calls: 1, TotalExecTime: time.Second}}
		w.Add(first, Assessment{})
		w.Add(sampleAt(1, 10, time.Second), Assessment{})
		last := sampleAt(1+c.after, 0, 0)
		for _, user := range c.users {
			last.Backends = append(last.Backends, backend(user))
		}
		w.Add(last, Assessment{})
		var held []int
		for _, row := range w.Statements() {
			if row.Held > 0 {
				held = append(held, row.Held)
			}
		}
		if !slices.Equal(held, c.held) {
			t.Errorf("%s: rows hold %v, want %v", c.name, held, c.held)
		}
		if row := w.Statements()[0]; row.StatementKey != key {
			t.Errorf("%s: first row %+v, want that of the role with the calls", c.name, row)
		}
	}
}

// Query ids come and go; the texts of statements in use stay.
func TestWindowForgets(t *testing.T) {
	w := NewWindow(0)
	for i := range int64(5 * StatementsKept) {
		s := sampleAt(0, 1, time.Millisecond)
		s.Statements.Texts = map[int64]string{1000 + i: "SELECT $1"}
		if i == 0 {
			s.Statements.Texts[key.QueryID] = "SELECT in_use"
		}
		w.Add(s, Assessment{})
	}
	if text := w.Text(key.QueryID); text != "SELECT in_use" {
		t.Errorf("text %q of a statement in use", text)
	}
	kept := 0
	for range w.texts.All() {
		kept++
	}
	if kept < StatementsKept || kept > 2*StatementsKept {
		t.Errorf("%d texts kept", kept)
	}
}

func TestBaselineMeanFallsBackToTheStatistics(t *testing.T) {
	w := NewWindow(0)
	s := sampleAt(1, 1, time.Second)
	s.Statements.Deltas[0].TotalCalls, s.Statements.Deltas[0].TotalExecTime = 100, 10*time.Second
	w.Add(s, Assessment{})
	if row := w.Statements()[0]; row.BaseOf != BaseStats || row.BaseMean != 100*time.Millisecond {
		t.Errorf("baseline %v of %q, want 100ms of the statistics", row.BaseMean, row.BaseOf)
	}
}

func TestCeiling(t *testing.T) {
	tests := []struct {
		ceiling Ceiling
		want    int
	}{
		{Ceiling{MaxConnections: 100, SuperuserReserved: 3, DatabaseLimit: -1}, 97},
		{Ceiling{MaxConnections: 100, SuperuserReserved: 3, Reserved: 2, DatabaseLimit: -1}, 95},
		{Ceiling{MaxConnections: 100, SuperuserReserved: 3, DatabaseLimit: 20}, 97},
		{Ceiling{}, 0},
	}
	for _, test := range tests {
		if got := test.ceiling.Application(); got != test.want {
			t.Errorf("%+v: %d slots, want %d", test.ceiling, got, test.want)
		}
	}
}

// Each limit is compared with what counts against it: the server's slots with all clients, the database's and the roles' own limits with their own; pgmedic's
// sessions hold slots as well.
func TestTighterLimit(t *testing.T) {
	limited := Ceiling{MaxConnections: 100, SuperuserReserved: 3, DatabaseLimit: 20}
	open := Ceiling{MaxConnections: 100, SuperuserReserved: 3, DatabaseLimit: -1}
	roles := open
	roles.RoleLimits = []RoleLimit{{"app", 20}, {"nobody", 1}, {"pgmedic", 3}}
	for _, c := range []struct {
		ceiling               Ceiling
		here, elsewhere, ours int // clients of role app in the database, of another role in another, and pgmedic's
		want                  Limit
	}{
		{limited, 5, 60, 0, Limit{Slots: 97, Taken: 65}},
		{limited, 0, 60, 0, Limit{Slots: 97, Taken: 60}},
		{limited, 18, 60, 0, Limit{Slots: 20, Taken: 18, Bound: BoundDatabase}},
		{limited, 16, 60, 3, Limit{Slots: 20, Taken: 19, Ours: 3, Bound: BoundDatabase}},
		{open, 18, 60, 3, Limit{Slots: 97, Taken: 81, Ours: 3}},
		{roles, 18, 60, 3, Limit{Slots: 20, Taken: 18, Bound: BoundRole, Role: "app"}},
		{roles, 5, 60, 3, Limit{Slots: 97, Taken: 68, Ours: 3}}, // not that of the role that nobody but pgmedic has
		{Ceiling{}, 18, 60, 0, Limit{Taken: 78}},
	} {
		s := &Sample{Server: Server{Database: "orders"}, Ceiling: c.ceiling}
		for i := range c.here + c.elsewhere + c.ours {
			b := Backend{Type: "client backend", Database: "orders", User: "app"}
			switch {
			case i >= c.here+c.elsewhere:
				b.User, b.Ours = "pgmedic", true
			case i >= c.here:
				b.Database, b.User = "other", "other"
			}
			s.Backends = append(s.Backends, b)
		}
		s.Backends = append(s.Backends, Backend{Type: "parallel worker", Database: "orders", User: "app"}, Backend{Type: "parallel worker", Ours: true})
		if got := s.Ceiling.Tighter(s); got != c.want {
			t.Errorf("%d clients here, %d elsewhere, %d of pgmedic, %+v: %+v, want %+v", c.here, c.elsewhere, c.ours, c.ceiling, got, c.want)
		}
		if got := s.Counts().Ours; got != c.ours {
			t.Errorf("%d of pgmedic counted, want %d: a parallel worker holds no slot", got, c.ours)
		}
	}
	if (Limit{Taken: 5}).AtLeast(0) || !(Limit{Taken: 80, Slots: 100}).AtLeast(80) || (Limit{Taken: 79, Slots: 100}).AtLeast(80) {
		t.Error("a share is not what it is")
	}
	role := Limit{Slots: 20, Taken: 21, Ours: 3, Bound: BoundRole, Role: "app"}
	if role.Name() != "role app's own limit" || role.Who() != "18 + 3 pgmedic" || role.Left() != 0 || role.WithoutOurs().Who() != "18" {
		t.Errorf("%s, %s, %d left, %s", role.Name(), role.Who(), role.Left(), role.WithoutOurs().Who())
	}
}

func TestGroupClients(t *testing.T) {
	s := &Sample{Backends: []Backend{
		{Type: "client backend", Application: "web"}, {Type: "client backend", Application: "worker"}, {Type: "client backend", Application: "worker"},
		{Type: "client backend", Application: ""}, {Type: "walsender", Application: "replica"},
	}}
	got := s.GroupClients(func(b Backend) string { return b.Application })
	if len(got) != 2 || got[0] != (Group{"worker", 2}) || got[1] != (Group{"web", 1}) {
		t.Errorf("groups %v, want worker 2, web 1", got)
	}
}
