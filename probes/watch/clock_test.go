package watch

import (
	"testing"
	"time"

	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/record"
)

// The server's clock is set back by an hour: what is known of calm stays, an onset is seen, and no span is negative.
func TestClockSetBack(t *testing.T) {
	s := newStory(97).hold(10, 120)
	before := s.now.Baseline
	s.at = s.at.Add(-time.Hour)
	if s.see(10); s.now.Baseline.N < before.N || s.now.Baseline.Median != 10 {
		t.Errorf("baseline %+v, was %+v", s.now.Baseline, before)
	}
	e := s.event(t, "event", record.EventClock)
	if e.Title != "the server's clock was set back by 59 min 59 s: times before and after do not follow each other" || e.Data["seconds"] != "-3599" {
		t.Errorf("event %+v", e)
	}
	s.hold(90, 10)
	if s.hold(12, 31); s.marks() != "onset -57m59s, recovered -57m49s" {
		t.Errorf("marks %q", s.marks())
	}
	if got := s.told("event"); got != "clock -58m0s, threshold -57m59s, threshold -57m49s" {
		t.Errorf("told %q", got)
	}
}

// Where the sample itself says that the clock was set, it also says how much time really passed.
func TestClockSetAhead(t *testing.T) {
	s := newStory(97).hold(10, 120).hold(90, 10)
	s.at = s.at.Add(time.Hour)
	s.onSample = func(p *probes.Sample) {
		p.Interval, p.Failures = time.Second, []probes.Failure{{Probe: "clock", Reason: "set"}}
	}
	s.see(90)
	s.onSample = nil
	s.hold(12, 32)
	if e := s.event(t, "event", record.EventClock); e.Data["seconds"] != "3600" || s.titles(record.EventGap) != nil {
		t.Errorf("event %+v, gaps %q", e, s.titles(record.EventGap))
	}
	if e := s.event(t, "mark", record.MarkRecovered); e.Data["seconds"] != "11" {
		t.Errorf("lasted %s s: %s", e.Data["seconds"], e.Title)
	}
}

// Another server has another clock, which nobody set.
func TestAFailoverToAServerWhoseClockIsBehind(t *testing.T) {
	for name, change := range map[string]func(*probes.Server){
		"another host":            func(now *probes.Server) { now.Host = "db2" },
		"the same address":        func(now *probes.Server) { now.Timeline = 2 },
		"another cluster":         func(now *probes.Server) { now.SystemIdentifier = "7302" },
		"a standby, same address": func(now *probes.Server) { now.InRecovery = true },
	} {
		s := newStory(97).hold(10, 120)
		s.at = s.at.Add(-5 * time.Second)
		s.server.StartedAt = start.Add(-time.Minute)
		change(&s.server)
		if s.hold(10, 5); s.told("event") != "failover 1m55s" {
			t.Errorf("%s: told %q", name, s.told("event"))
		}
		s.at = s.at.Add(-time.Hour)
		if s.see(10); len(s.titles(record.EventClock)) != 1 {
			t.Errorf("%s: that its clock was set back then is not told: %q", name, s.told("event"))
		}
	}
}

func TestClockSetBackDuringAnIncident(t *testing.T) {
	s := newStory(97).hold(10, 120).hold(90, 10)
	s.at = s.at.Add(-time.Hour)
	s.hold(90, 20).hold(12, 32)
	e := s.event(t, "mark", record.MarkRecovered)
	if s.now.Recovered.Before(s.now.Onset) || !e.At.Equal(s.now.Recovered) || s.now.InIncident() {
		t.Errorf("assessment %+v, event %+v", s.now, e)
	}
	if e.Data["seconds"] != "29" { // 30 s, of which the step over the jump is not known
		t.Errorf("lasted %s s: %s", e.Data["seconds"], e.Title)
	}
}

// Calls before and after a jump are not put together, and the baselines of the statements stay.
func TestClockSetBackKeepsTheStatementsBaselines(t *testing.T) {
	s := newStory(97)
	key := probes.StatementKey{QueryID: 7, TopLevel: true}
	took := 10 * time.Millisecond
	s.onSample = func(p *probes.Sample) {
		p.Statements = probes.Statements{Known: true, Since: s.at.Add(-s.every), Deltas: []probes.StatementDelta{
			{StatementKey: key, Calls: 10, ExecTime: 10 * took}}}
	}
	s.hold(10, 200)
	calm := s.now.Calm[key]
	if calm.Calls == 0 {
		t.Fatal("no baseline of the statement")
	}
	s.at = s.at.Add(-time.Hour)
	s.hold(10, 100)
	if now := s.now.Calm[key]; now.Calls < calm.Calls || now.Mean() != took {
		t.Errorf("calm calls %+v, were %+v", now, calm)
	}
	if n := len(s.statements.recent); n > 61 {
		t.Errorf("%d batches in the last %s", n, probes.StatementSpan)
	}
	took = 500 * time.Millisecond
	if s.hold(10, 70); s.told("event") == "" || len(s.titles(record.EventRegression)) != 1 {
		t.Errorf("told %q", s.told("event"))
	}
}
