package probes

import (
	"testing"
	"time"
)

// sampledAt returns a sample of a server whose statements are known from activity alone; so many sessions run key's statement in it.
func sampledAt(second, sessions int) *Sample {
	s := &Sample{At: start.Add(time.Duration(second) * time.Second), Interval: time.Second, Statements: Statements{Sampled: "no extension"}}
	for range sessions {
		s.Backends = append(s.Backends, Backend{Type: "client backend", State: "active", QueryID: key.QueryID, DatabaseOID: key.DatabaseOID, UserOID: key.UserOID})
	}
	return s
}

func TestStatementsFromSampledActivity(t *testing.T) {
	w := NewWindow(0)
	for second := range 100 {
		s := sampledAt(second, second%2*6)
		if second == 99 {
			s.Statements.Texts = map[int64]string{key.QueryID: "SELECT $1"}
			s.Backends = append(s.Backends, Backend{Type: "client backend", State: "active"}) // without an id
		}
		w.Add(s, Assessment{})
	}
	rows := w.Statements()
	want := StatementLoad{StatementKey: key, Text: "SELECT $1", Held: 6, Load: 3, Sampled: true}
	if len(rows) != 1 || rows[0] != want || w.StatementSpanSeen() != StatementSpan {
		t.Errorf("over %s: %+v, want %+v", w.StatementSpanSeen(), rows, want)
	}
}

// A sample that stands for a longer time weighs more; the first of a connection stands for none.
func TestSampledActivityIsWeightedByTime(t *testing.T) {
	w := NewWindow(0)
	first := sampledAt(0, 100)
	first.Interval = 0
	w.Add(first, Assessment{})
	if rows := w.Statements(); len(rows) != 1 || rows[0].Held != 100 || rows[0].Load != 0 || w.StatementSpanSeen() != 0 {
		t.Errorf("first sample: %+v", rows)
	}
	w.Add(sampledAt(1, 2), Assessment{})
	long := sampledAt(10, 12)
	long.Interval = 9 * time.Second
	w.Add(long, Assessment{})
	if rows := w.Statements(); rows[0].Load != 11 || w.StatementSpanSeen() != 10*time.Second {
		t.Errorf("%+v over %s, want a load of 11 over 10 s", rows, w.StatementSpanSeen())
	}
	between := &Sample{At: start.Add(11 * time.Second), Interval: time.Second} // its probe was not due
	w.Add(between, Assessment{})
	if rows := w.Statements(); len(rows) != 1 || rows[0].Held != 12 || rows[0].Load != 11 {
		t.Errorf("in between: %+v", rows)
	}
	w.Add(sampleAt(12, 1, time.Second), Assessment{}) // the extension is there now
	if rows := w.Statements(); len(rows) != 1 || rows[0].Sampled || rows[0].Calls != 1 {
		t.Errorf("with the extension: %+v", rows)
	}
}

func TestLagging(t *testing.T) {
	running := []Backend{{Type: "client backend", State: "active", QueryID: key.QueryID, DatabaseOID: key.DatabaseOID, UserOID: key.UserOID}}
	for _, c := range []struct {
		name     string
		calls    int64
		mean     time.Duration
		backends []Backend
		want     bool
	}{
		{"no call ended", 0, 0, running, true},
		{"calls outlast the window", 1, 2 * time.Minute, running, true},
		{"short calls", 10, time.Millisecond, running, false},
		{"nobody runs it", 1, 2 * time.Minute, nil, false},
	} {
		w := NewWindow(0)
		s := sampleAt(1, c.calls, c.mean)
		s.Backends = c.backends
		w.Add(s, Assessment{})
		if row := w.Statements()[0]; row.Lagging != c.want {
			t.Errorf("%s: %+v", c.name, row)
		}
	}
	w := NewWindow(0)
	first := sampleAt(1, 0, 0)
	first.Backends, first.Statements.Since = running, time.Time{}
	w.Add(first, Assessment{})
	if row := w.Statements()[0]; row.Lagging {
		t.Error("the first reading, which has no figures, lags")
	}
}
