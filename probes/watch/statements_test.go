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

// One delta may cover more than the span: at a slow pace, at an interval of a minute, after a machine that stood still. It counts until the next one.
func TestDeltasThatCoverMoreThanTheSpan(t *testing.T) {
	key := probes.StatementKey{QueryID: 7}
	for _, covers := range []time.Duration{61 * time.Second, 66 * time.Second, 10 * time.Minute} {
		s := newStory(97).load(10, 100*time.Millisecond).hold(10, 120)
		calm := s.now.Calm[key].Calls
		s.every = covers
		s.at = s.at.Add(covers - time.Second)
		s.load(1000, 100*time.Millisecond).see(10)
		if got := s.statements.window[key].Calls; got != 1000 {
			t.Errorf("%s: %d calls in the window, want those of the delta", covers, got)
		}
		s.every = time.Second
		s.at = s.at.Add(time.Second - covers)
		s.onSample = func(p *probes.Sample) { p.Statements = probes.Statements{Known: true, Since: p.At} } // between two readings
		if s.see(10); s.statements.window[key].Calls != 1000 {
			t.Errorf("%s: %d calls in the window, although nothing was read since", covers, s.statements.window[key].Calls)
		}
		s.load(10, 100*time.Millisecond)
		if s.see(10); s.statements.window[key].Calls != 10 {
			t.Errorf("%s: %d calls in the window, want those of the last second", covers, s.statements.window[key].Calls)
		}
		if s.hold(10, 70); s.now.Calm[key].Calls < calm+1000 {
			t.Errorf("%s: %d calm calls, %d before: the delta is not among them", covers, s.now.Calm[key].Calls, calm)
		}
		if s.load(10, 5*time.Second).hold(90, 10); s.regressions() != 1 {
			t.Errorf("%s: %d regressions told", covers, s.regressions())
		}
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
	sum := s.now.Calm[probes.StatementKey{QueryID: 7}]
	if sum.Mean() != 100*time.Millisecond || sum.Calls < 1000 {
		t.Errorf("calm calls %+v", sum)
	}
	window := s.statements.window[probes.StatementKey{QueryID: 7}]
	if window.Calls != 600 || window.Mean() != 5*time.Second {
		t.Errorf("calls of the window %+v", window)
	}
}

// The calls are slow before the connections are many: they rise for 8 s, below the onset's level, by calls that take 4 s.
func TestStatementsBaselineBeforeAGradualRise(t *testing.T) {
	s := newStory(97).load(10, 10*time.Millisecond).hold(10, 120)
	s.load(10, 4*time.Second).see(11, 12, 13, 14, 15, 16, 17, 18).hold(19, 12).hold(90, 10)
	if !s.now.InIncident() {
		t.Fatal("no onset")
	}
	sum := s.now.Calm[probes.StatementKey{QueryID: 7}]
	if sum.Mean() != 10*time.Millisecond || sum.Calls < 1000 {
		t.Errorf("calm calls %+v of %s", sum, sum.Mean())
	}
}

// A short calm is a baseline at the onset, so much of it as ended before the rise.
func TestStatementsBaselineOfAShortCalm(t *testing.T) {
	s := newStory(97).load(10, 10*time.Millisecond)
	s.every = 200 * time.Millisecond
	if s.hold(10, 100).hold(12, 15); !s.now.Baseline.Known() || len(s.now.Calm) > 0 {
		t.Errorf("baseline %+v, calm calls %v, although all are held back", s.now.Baseline, s.now.Calm)
	}
	s.load(10, 4*time.Second).hold(90, 10)
	sum := s.now.Calm[probes.StatementKey{QueryID: 7}]
	if sum.Mean() != 10*time.Millisecond || sum.Calls < 400 {
		t.Errorf("calm calls %+v of %s", sum, sum.Mean())
	}
}

// Nothing is calm as long as nobody knows how many connections are.
func TestNoCalmCallsWithoutBaseline(t *testing.T) {
	if s := newStory(97).load(10, time.Millisecond).hold(10, 60); s.now.Calm != nil {
		t.Errorf("calm calls %v", s.now.Calm)
	}
}

// The copy that others hold is not changed, and not made anew with every sample.
func TestCalmCallsAreACopy(t *testing.T) {
	key := probes.StatementKey{QueryID: 7}
	s := newStory(97).load(10, time.Millisecond).hold(10, 100)
	first, calls := s.now.Calm, s.now.Calm[key].Calls
	copies := 0
	for range 60 {
		before := s.now.Calm[key].Calls
		if s.see(10); s.now.Calm[key].Calls != before {
			copies++
		}
	}
	if first[key].Calls != calls || copies != 12 {
		t.Errorf("%d copies in 60 s, the first was changed from %d to %d", copies, calls, first[key].Calls)
	}
}

// Query ids that come and go do not pile up.
func TestStatementsForget(t *testing.T) {
	s := newStory(97)
	id := int64(0)
	s.onSample = func(p *probes.Sample) {
		p.Statements = probes.Statements{Known: true, Since: p.At.Add(-s.every), Texts: map[int64]string{}}
		for range 1000 {
			id++
			p.Statements.Texts[id] = "SELECT $1"
			p.Statements.Deltas = append(p.Statements.Deltas, probes.StatementDelta{StatementKey: probes.StatementKey{QueryID: id}, Calls: 1})
		}
	}
	s.hold(10, 200)
	calm, texts := 0, 0
	for range s.statements.calm.All() {
		calm++
	}
	for range s.statements.texts.All() {
		texts++
	}
	if calm > 2*probes.StatementsKept || texts > 2*probes.StatementsKept || len(s.statements.window) > 60*1000 {
		t.Errorf("%d calm, %d texts, %d in the window kept", calm, texts, len(s.statements.window))
	}
}
