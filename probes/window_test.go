package probes

import (
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

func TestBaselineMeanLeavesTheIncidentOut(t *testing.T) {
	w := NewWindow(0)
	baseline := Baseline{Median: 10, N: BaselineMinimum}
	for second := range 30 {
		w.Add(sampleAt(second, 5, 10*time.Millisecond), Assessment{Baseline: baseline})
	}
	for second := 30; second < 60; second++ {
		w.Add(sampleAt(second, 5, time.Second), Assessment{Baseline: baseline, Onset: start.Add(30 * time.Second)})
	}
	row := w.Statements()[0]
	if row.BaseOf != BaseRecord || row.BaseMean != 10*time.Millisecond {
		t.Errorf("baseline %v of %q, want 10ms of the record", row.BaseMean, row.BaseOf)
	}
	if factor, ok := row.Factor(); !ok || factor < 50 || factor > 51 {
		t.Errorf("factor %v (%v), want about 50.5: half of the window's calls took 1 s", factor, ok)
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
		{Ceiling{MaxConnections: 100, SuperuserReserved: 3, DatabaseLimit: 20}, 20},
		{Ceiling{}, 0},
	}
	for _, test := range tests {
		if got := test.ceiling.Application(); got != test.want {
			t.Errorf("%+v: %d slots, want %d", test.ceiling, got, test.want)
		}
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
