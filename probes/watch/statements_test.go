package watch

import (
	"testing"
	"time"

	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/record"
)

// load makes each sample carry calls of one statement.
func (s *story) load(calls int64, mean time.Duration) *story {
	s.onSample = func(p *probes.Sample) {
		p.Statements = probes.Statements{Known: true, Since: p.At.Add(-s.every), Texts: map[int64]string{7: "SELECT *\n  FROM t\n WHERE a = $1"},
			Deltas: []probes.StatementDelta{{StatementKey: probes.StatementKey{QueryID: 7}, Calls: calls, ExecTime: time.Duration(calls) * mean}}}
	}
	return s
}

func (s *story) regressions() int {
	n := 0
	for _, e := range s.events {
		if e.Data["event"] == record.EventRegression {
			n++
		}
	}
	return n
}

func TestRegression(t *testing.T) {
	s := newStory(97).load(10, 100*time.Millisecond).hold(10, 120)
	s.load(10, 5*time.Second).hold(90, 10)
	e := s.event(t, "event", record.EventRegression)
	if e.Kind != record.Observed || e.Data["query_id"] != "7" || e.Data["baseline_ms"] != "100.000" || e.Data["mean_ms"] != "345.000" {
		t.Errorf("event %+v", e)
	}
	if want := "SELECT * FROM t WHERE a = $1: mean 345 ms, 3.5 × its baseline 100 ms (600 calls)"; e.Title != want {
		t.Errorf("title %q, want %q", e.Title, want)
	}
	if s.hold(90, 60); s.regressions() != 1 {
		t.Errorf("told %d times in one incident", s.regressions())
	}
	if s.load(10, 100*time.Millisecond).hold(10, 120); s.regressions() != 1 {
		t.Errorf("told %d times: the calls of the incident were told again after it", s.regressions())
	}
	s.load(10, 5*time.Second).hold(90, 10)
	if s.regressions() != 2 {
		t.Errorf("told %d times in two incidents", s.regressions())
	}
}

func TestNoRegression(t *testing.T) {
	for _, c := range []struct {
		name string
		tell func(s *story)
	}{
		{"below 3 ×", func(s *story) { s.load(10, 290*time.Millisecond).hold(90, 100) }},
		{"too few calls", func(s *story) { s.load(0, 0).hold(10, 60).load(1, 30*time.Second).hold(90, 19) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newStory(97).load(10, 100*time.Millisecond).hold(10, 120)
			if c.tell(s); s.regressions() != 0 {
				t.Errorf("told %v", s.events)
			}
		})
	}
}

// What takes next to no time of the database is not worth a line, however much slower it became.
func TestNoRegressionOfShortStatements(t *testing.T) {
	s := newStory(97).load(10, time.Millisecond).hold(10, 120).load(10, 4*time.Millisecond).hold(90, 100)
	if s.regressions() != 0 {
		t.Errorf("told %v", s.events)
	}
}

// What was slow from the beginning has no baseline.
func TestNoRegressionWithoutBaseline(t *testing.T) {
	s := newStory(97).load(10, 100*time.Millisecond).hold(10, 40).load(10, 5*time.Second).hold(90, 100)
	if s.regressions() != 0 {
		t.Errorf("told %v", s.events)
	}
}

// The calls of the incident are not part of the statement's baseline.
func TestStatementsBaseline(t *testing.T) {
	s := newStory(97).load(10, 100*time.Millisecond).hold(10, 120).load(10, 5*time.Second).hold(90, 300)
	sum := s.statements.calm[probes.StatementKey{QueryID: 7}]
	if sum.mean() != 100*time.Millisecond || sum.n < 1000 {
		t.Errorf("calm calls %+v", sum)
	}
	window := s.statements.window[probes.StatementKey{QueryID: 7}]
	if window.n != 600 || window.mean() != 5*time.Second {
		t.Errorf("calls of the window %+v", window)
	}
}
