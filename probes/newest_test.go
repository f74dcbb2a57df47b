package probes

import (
	"testing"
	"time"
)

func ran(s *Sample, probes ...string) *Sample {
	for _, p := range probes {
		s.Costs = append(s.Costs, ProbeCost{Probe: p, Took: time.Millisecond, Every: 5 * time.Second})
	}
	return s
}

// A slower probe's part is there between its readings, until it reads that there is nothing.
func TestCurrentHasWhatSlowerProbesReadLast(t *testing.T) {
	w := NewWindow(0)
	if w.Current() != nil {
		t.Fatal("a sample of nothing")
	}
	first := ran(sampleAt(0, 0, 0), "slots", "databases", "settings")
	first.Interval = 0
	first.Slots, first.Databases, first.Settings = []Slot{{Name: "a"}}, []DatabaseDelta{{OID: 1}}, []Setting{{Name: "jit"}}
	w.Add(first, Assessment{})
	w.Add(sampleAt(1, 0, 0), Assessment{})
	c := w.Current()
	if len(c.Slots) != 1 || len(c.Databases) != 1 || len(c.Settings) != 1 || len(c.Costs) != 3 || !c.At.Equal(start.Add(time.Second)) {
		t.Errorf("current %+v", c)
	}
	if len(w.Last().Slots) != 0 || !w.ReadAt("slots").Equal(start) || !w.ReadAt("replicas").IsZero() {
		t.Errorf("last %+v, slots of %s", w.Last(), w.ReadAt("slots"))
	}
	failing := ran(sampleAt(2, 0, 0), "slots")
	failing.Failures = []Failure{{"slots", "denied"}}
	w.Add(failing, Assessment{})
	if c := w.Current(); len(c.Slots) != 1 || !w.ReadAt("slots").Equal(start) {
		t.Errorf("after a failure: %+v of %s", c.Slots, w.ReadAt("slots"))
	}
	w.Add(ran(sampleAt(3, 0, 0), "slots", "databases", "settings"), Assessment{})
	if c := w.Current(); len(c.Slots)+len(c.Databases) != 0 || len(c.Settings) != 1 || len(c.Costs) != 3 {
		t.Errorf("after a reading of nothing: %+v", c)
	}
	other := sampleAt(4, 0, 0)
	other.Interval = 0 // of another connection
	w.Add(other, Assessment{})
	if c := w.Current(); c.Settings != nil || c.Costs != nil {
		t.Errorf("of another connection: %+v", c)
	}
}

func TestCurrentLeavesOutWhatIsOver(t *testing.T) {
	w := NewWindow(0)
	s := ran(sampleAt(0, 0, 0), "locks", "builds", "progress")
	s.Waits, s.Builds, s.Progress = []LockWait{{PID: 1}, {PID: 2}}, []IndexBuild{{PID: 3}, {PID: 4}}, []Progress{{PID: 4}}
	w.Add(s, Assessment{})
	if c := w.Current(); len(c.Waits) != 2 || len(c.Builds) != 2 {
		t.Errorf("as read: %+v", c)
	}
	next := sampleAt(1, 0, 0)
	next.Backends = []Backend{{PID: 1, WaitType: "Lock"}, {PID: 2}, {PID: 3}}
	w.Add(next, Assessment{})
	c := w.Current()
	if len(c.Waits) != 1 || c.Waits[0].PID != 1 || len(c.Builds) != 1 || c.Builds[0].PID != 3 || len(c.Progress) != 0 {
		t.Errorf("waits %v, builds %v, progress %v", c.Waits, c.Builds, c.Progress)
	}
	if len(s.Waits) != 2 || s.Waits[1].PID != 2 {
		t.Errorf("the sample was changed: %v", s.Waits)
	}
}

// Waits that are old by a sample do not hide those that came since.
func TestCurrentInAStormOfWhichLittleIsKnown(t *testing.T) {
	w := NewWindow(0)
	s := ran(sampleAt(0, 0, 0), "locks")
	s.Waits = []LockWait{waitFor(2, 0, 1), waitFor(3, 0, 1), waitFor(4, 0, 1), waitFor(5, 0, 1)}
	w.Add(s, Assessment{})
	next := sampleAt(1, 0, 0)
	next.Backends = []Backend{{PID: 1}, {PID: 2, WaitType: "Lock"}, {PID: 3, WaitType: "Lock"}, {PID: 4}, {PID: 40, LeaderPID: 4, WaitType: "Lock"}, {PID: 5}}
	for pid := range int32(497) {
		next.Backends = append(next.Backends, Backend{PID: 100 + pid, WaitType: "Lock", WaitEvent: "transactionid"})
	}
	w.Add(next, Assessment{})
	b := w.Current().Blocking()
	if len(b.Roots) != 1 || shape(b.Roots) != "1(2 3 4)" || len(b.Unknown) != 497 || b.Waiting != 500 {
		t.Errorf("roots %s, %d unknown, %d wait; want 1(2 3 4), 497 and 500", shape(b.Roots), len(b.Unknown), b.Waiting)
	}
}

// A standby that was promoted is none any more, over the same connection too.
func TestCurrentAfterAPromotion(t *testing.T) {
	w := NewWindow(0)
	s := ran(sampleAt(0, 0, 0), "standby")
	s.Server.InRecovery, s.Standby = true, &Standby{ReplayAge: -1}
	w.Add(s, Assessment{})
	next := sampleAt(1, 0, 0)
	next.Server.InRecovery = true
	w.Add(next, Assessment{})
	if w.Current().Standby == nil {
		t.Error("a standby's state is lost between two readings")
	}
	w.Add(sampleAt(2, 0, 0), Assessment{})
	if w.Current().Standby != nil {
		t.Error("a primary has the state of the standby that it was")
	}
}

// A server's clock that is set back must not make the window keep samples for as long as that.
func TestWindowAfterTheClockWasSetBack(t *testing.T) {
	w := NewWindow(0)
	for second := range 90 {
		w.Add(sampleAt(second, 1, time.Second), Assessment{})
	}
	for second := range 90 {
		w.Add(sampleAt(second-7200, 1, time.Second), Assessment{})
	}
	if seen := w.StatementSpanSeen(); seen <= 0 || seen > StatementSpan || len(w.samples) > 70 {
		t.Errorf("%v seen in %d samples", seen, len(w.samples))
	}
}
