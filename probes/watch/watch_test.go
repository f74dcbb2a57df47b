package watch

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/record"
	"pgregory.net/rapid"
)

var start = time.Date(2026, 11, 23, 16, 0, 0, 0, time.UTC)

// story feeds a watcher samples with synthetic counts.
type story struct {
	*Watcher
	at       time.Time
	every    time.Duration
	ceiling  int
	server   probes.Server
	now      probes.Assessment
	events   []record.Event
	onSample func(*probes.Sample) // adds to a sample before it is watched
}

func newStory(ceiling int) *story {
	return &story{Watcher: NewWatcher(), at: start, every: time.Second, ceiling: ceiling, server: probes.Server{
		SystemIdentifier: "7301", Timeline: 1, Host: "db", Port: 5432, Database: "orders", VersionText: "15.18", StartedAt: start.Add(-time.Hour)}}
}

// sample has total client connections beside our own.
func (s *story) sample(total int) *probes.Sample {
	sample := &probes.Sample{At: s.at, Server: s.server, Ceiling: probes.Ceiling{MaxConnections: s.ceiling, DatabaseLimit: -1}}
	sample.Backends = make([]probes.Backend, total+1)
	for i := range sample.Backends {
		sample.Backends[i] = probes.Backend{Type: "client backend", Ours: i == total}
	}
	return sample
}

// see steps through the totals, one sample after the other.
func (s *story) see(totals ...int) *story {
	for _, total := range totals {
		sample := s.sample(total)
		if s.onSample != nil {
			s.onSample(sample)
		}
		var events []record.Event
		s.now, events = s.Step(sample)
		s.events = append(s.events, events...)
		s.at = s.at.Add(s.every)
	}
	return s
}

// hold sees the same total n times.
func (s *story) hold(total, n int) *story {
	for range n {
		s.see(total)
	}
	return s
}

// marks lists the marks told, each with its time since the start.
func (s *story) marks() string { return s.told("mark") }

func (s *story) told(key string) string {
	var told []string
	for _, e := range s.events {
		if name := e.Data[key]; name != "" {
			told = append(told, fmt.Sprintf("%s %s", name, e.At.Sub(start)))
		}
	}
	return strings.Join(told, ", ")
}

func (s *story) event(t *testing.T, key, name string) record.Event {
	t.Helper()
	for _, e := range s.events {
		if e.Data[key] == name {
			return e
		}
	}
	t.Fatalf("no %s in %v", name, s.events)
	return record.Event{}
}

func TestOnsetAndRecovery(t *testing.T) {
	const calm = 120 // samples: enough for a baseline
	for _, c := range []struct {
		name  string
		tell  func(s *story)
		marks string
	}{
		{"calm", func(s *story) { s.hold(10, 60) }, ""},
		{"at 2 × baseline", func(s *story) { s.hold(20, 4) }, "onset 2m0s"},
		{"below 2 × baseline", func(s *story) { s.hold(19, 60) }, ""},
		{"three samples", func(s *story) { s.hold(50, 3).hold(10, 60) }, ""},
		{"four of five", func(s *story) { s.see(50, 10, 50, 50, 50) }, "onset 2m0s"},
		{"three of five", func(s *story) { s.see(50, 10, 50, 10, 50, 10, 50, 10) }, ""},
		{"the run begins after a lone one", func(s *story) { s.see(50, 10, 10, 10, 10, 50, 50, 50, 50) }, "onset 2m5s"},
		{"recovered", func(s *story) { s.hold(90, 10).hold(12, 31) }, "onset 2m0s, recovered 2m10s"},
		{"29 s are too few", func(s *story) { s.hold(90, 10).hold(12, 30) }, "onset 2m0s"},
		{"at 1.5 × baseline + 5 it is not high either", func(s *story) { s.hold(90, 10).hold(19, 31) }, "onset 2m0s, recovered 2m10s"},
		{"an onset's level is no recovery", func(s *story) { s.hold(90, 10).hold(20, 60) }, "onset 2m0s"},
		{"a relapse begins the 30 s anew", func(s *story) { s.hold(90, 10).hold(12, 20).see(90).hold(12, 31) }, "onset 2m0s, recovered 2m31s"},
		{"an application that is gone has not recovered", func(s *story) { s.hold(90, 10).hold(2, 60) }, "onset 2m0s"},
		{"it has when it is back", func(s *story) { s.hold(90, 10).hold(0, 60).hold(9, 31) }, "onset 2m0s, recovered 3m10s"},
		{"silence is no recovery", func(s *story) {
			s.hold(90, 10).hold(12, 5)
			s.at = s.at.Add(time.Minute)
			s.hold(12, 5)
		}, "onset 2m0s"},
		{"a second one", func(s *story) { s.hold(90, 10).hold(10, 40).hold(80, 4) }, "onset 2m0s, recovered 2m10s, onset 2m50s"},
		{"four times a second", func(s *story) {
			s.every = 250 * time.Millisecond
			s.hold(90, 8).hold(12, 121)
		}, "onset 2m0s, recovered 2m2s"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newStory(97).hold(10, calm)
			c.tell(s)
			if got := s.marks(); got != c.marks {
				t.Errorf("marks %q, want %q", got, c.marks)
			}
		})
	}
}

// The baseline is 25: 42 is low, from 50 on it is high, 45 is a blip between.
func TestRecoveryStandsBlips(t *testing.T) {
	for _, c := range []struct {
		name  string
		tell  func(s *story)
		marks string
	}{
		{"none", func(s *story) { s.hold(42, 31) }, "onset 2m0s, recovered 2m10s"},
		{"two", func(s *story) { s.hold(30, 10).see(45).hold(30, 9).see(46).hold(30, 10) }, "onset 2m0s, recovered 2m10s"},
		{"one in five", func(s *story) {
			for range 7 {
				s.see(30, 30, 45, 30, 30)
			}
		}, "onset 2m0s, recovered 2m10s"},
		{"one in three", func(s *story) {
			for range 20 {
				s.see(30, 45, 30)
			}
		}, "onset 2m0s"},
		{"the last sample", func(s *story) { s.hold(30, 30).see(45) }, "onset 2m0s"},
		{"the one after the last", func(s *story) { s.hold(30, 30).see(45, 30) }, "onset 2m0s, recovered 2m11s"},
		{"the first sample", func(s *story) { s.see(45).hold(30, 31) }, "onset 2m0s, recovered 2m11s"},
		{"one at an onset's level", func(s *story) { s.hold(30, 29).see(50).hold(30, 30) }, "onset 2m0s"},
		{"a gap", func(s *story) {
			s.hold(30, 20)
			s.at = s.at.Add(time.Minute)
			s.hold(30, 20)
		}, "onset 2m0s"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newStory(97).hold(25, 120).hold(90, 10)
			c.tell(s)
			if got := s.marks(); got != c.marks {
				t.Errorf("marks %q, want %q", got, c.marks)
			}
		})
	}
}

func TestWithoutBaselineTheCeilingDecides(t *testing.T) {
	s := newStory(100).hold(79, 10)
	if s.marks() != "" {
		t.Errorf("below 80 %% of the ceiling: %s", s.marks())
	}
	s.hold(80, 4)
	if got := s.marks(); got != "onset 10s" {
		t.Errorf("marks %q", got)
	}
	if title := s.event(t, "mark", "onset").Title; title != "onset: 80 connections, no baseline yet, with 1 of pgmedic 81 % of the ceiling 100" {
		t.Errorf("title %q", title)
	}
	s.hold(79, 31)
	if got := s.marks(); got != "onset 10s, recovered 14s" {
		t.Errorf("marks %q", got)
	}
	if s.now.Baseline.Known() {
		t.Errorf("the incident became the baseline: %+v", s.now.Baseline)
	}
}

// Clients of other databases do not count against this database's own limit.
func TestTheDatabasesOwnLimit(t *testing.T) {
	s := newStory(100)
	here := 5
	s.onSample = func(p *probes.Sample) {
		p.Ceiling.DatabaseLimit = 20
		for i := range here {
			p.Backends[i].Database = p.Server.Database
		}
	}
	if s.hold(60, 10); len(s.events) > 0 {
		t.Errorf("5 of 20 connections, 60 of 100 on the server: %v", s.events)
	}
	here = 18
	s.hold(60, 4)
	if title := s.event(t, "mark", "onset").Title; title != "onset: 60 connections, no baseline yet, 90 % of the database's own limit 20" {
		t.Errorf("title %q", title)
	}
	if title := s.event(t, "event", record.EventThreshold).Title; title != "connections at 18, 90 % of the database's own limit 20" {
		t.Errorf("title %q", title)
	}
	if here = 5; s.hold(60, 31).now.InIncident() {
		t.Error("not recovered")
	}
}

func TestUnknownCeilingAndBaselineSayNothing(t *testing.T) {
	s := newStory(0).hold(500, 60)
	if len(s.events) > 0 || s.now.InIncident() {
		t.Errorf("events %v", s.events)
	}
}

func TestOnsetTellsItsFigures(t *testing.T) {
	s := newStory(97).hold(10, 120).see(40, 60, 80, 95)
	e := s.event(t, "mark", "onset")
	if e.Title != "onset: connections 10 → 95, with 1 of pgmedic 99 % of the ceiling 97" {
		t.Errorf("title %q", e.Title)
	}
	if e.Kind != record.Mark || e.Basis != record.ServerClock || !strings.Contains(e.Server, "7301") {
		t.Errorf("event %+v", e)
	}
	if e.Data["first"] != "40" || e.Data["baseline"] != "10" || e.Data["ceiling"] != "97" {
		t.Errorf("event %+v", e)
	}
	if s.now.Peak != 95 || !s.now.Onset.Equal(start.Add(2*time.Minute)) || !s.now.InIncident() {
		t.Errorf("assessment %+v", s.now)
	}
	s.see(97).hold(10, 31)
	if title := s.event(t, "mark", "recovered").Title; title != "recovered: connections 10, baseline 10; 5 s after the onset, peak 97" {
		t.Errorf("title %q", title)
	}
	if s.now.Peak != 97 || s.now.InIncident() || s.now.Onset.IsZero() {
		t.Errorf("assessment %+v", s.now)
	}
}

func TestBaseline(t *testing.T) {
	s := newStory(0).hold(10, 69)
	if s.now.Baseline.Known() {
		t.Errorf("a baseline from %d samples", s.now.Baseline.N)
	}
	if s.see(10); !s.now.Baseline.Known() || s.now.Baseline.Median != 10 {
		t.Errorf("baseline %+v after 70 s", s.now.Baseline)
	}
	// A slow rise below the onset's level counts only when it is older than the hold-back.
	if s.hold(18, 9); s.now.Baseline.Median != 10 || s.now.Baseline.N != 69 {
		t.Errorf("baseline %+v", s.now.Baseline)
	}
	// The incident is not part of it, however long it lasts.
	before := s.hold(95, 10).now.Baseline
	if s.hold(95, 7200); s.now.Baseline != before {
		t.Errorf("baseline %+v after two hours, want %+v", s.now.Baseline, before)
	}
	// After it the last hour of calm counts.
	if s.hold(12, 3700); s.now.Baseline.Median != 12 || s.now.Baseline.N != 3601 {
		t.Errorf("baseline %+v, want that of the last hour", s.now.Baseline)
	}
}

// However slow the sampling is, the onset's own run is held back.
func TestBaselineWithLongIntervals(t *testing.T) {
	s := newStory(97)
	s.every = 30 * time.Second
	s.hold(10, 100)
	before := s.now.Baseline.N
	s.hold(90, 4)
	if s.now.Baseline.Median != 10 || s.now.Baseline.N > before+4 || s.baseline.seen.times[10] != s.now.Baseline.N {
		t.Errorf("baseline %+v after %d", s.now.Baseline, before)
	}
}

func TestBaselineOfEvenNumber(t *testing.T) {
	var b baseline
	for _, total := range []int{4, 1, 3, 2} {
		b.keep(look{total: total})
	}
	if got := b.now(); got != (probes.Baseline{Median: 2.5, N: 4}) {
		t.Errorf("baseline %+v", got)
	}
	if got := new(Tally).Median(); got != 0 {
		t.Errorf("median %v of nothing", got)
	}
}

func TestThresholds(t *testing.T) {
	s := newStory(100).see(50, 79, 80, 79, 81, 95, 91, 90, 94, 89, 76, 75, 74, 50, 96, 10)
	want := []string{
		"connections at 79 + 1 pgmedic, 80 % of the ceiling 100",
		"connections at 95 + 1 pgmedic, 96 % of the ceiling 100",
		"connections below 95 % of the ceiling again: 76 + 1 pgmedic of 100",
		"connections below 80 % of the ceiling again: 50 + 1 pgmedic of 100",
		"connections at 96 + 1 pgmedic, 97 % of the ceiling 100",
		"connections below 80 % of the ceiling again: 10 + 1 pgmedic of 100",
	}
	var got []string
	for _, e := range s.events {
		if e.Data["event"] == record.EventThreshold {
			got = append(got, e.Title)
		}
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("told\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestServerEvents(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(s *story)
		told   string
	}{
		{"nothing", func(*story) {}, ""},
		{"another server", func(s *story) { s.server.SystemIdentifier = "7302" }, "failover 10s"},
		{"another timeline", func(s *story) { s.server.Timeline = 2 }, "failover 10s"},
		{"a standby", func(s *story) { s.server.InRecovery = true }, "failover 10s"},
		{"another host", func(s *story) { s.server.Host, s.server.StartedAt = "db2", start.Add(-time.Minute) }, "failover 10s"},
		{"the same server by another name", func(s *story) { s.server.Host = "db2" }, ""},
		{"restart", func(s *story) { s.server.StartedAt = start.Add(9 * time.Second) }, "restart 9s"},
		{"not readable", func(s *story) { s.server.SystemIdentifier, s.server.Timeline, s.server.StartedAt = "", 0, time.Time{} }, ""},
		{"reset", func(s *story) { s.onSample = func(p *probes.Sample) { p.Statements.Reset = true } }, "reset 10s"},
		{"a pause of three intervals", func(s *story) { s.at = s.at.Add(2 * time.Second) }, ""},
		{"a gap", func(s *story) { s.at = s.at.Add(20 * time.Second) }, "gap 9s"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newStory(100).hold(10, 10)
			c.change(s)
			if s.see(10); s.told("event") != c.told {
				t.Errorf("told %q, want %q", s.told("event"), c.told)
			}
		})
	}
}

func TestGapHasItsEnd(t *testing.T) {
	s := newStory(100).hold(10, 10)
	s.at = s.at.Add(20 * time.Second)
	e := s.see(10).event(t, "event", record.EventGap)
	if e.End.Sub(e.At) != 21*time.Second || e.Title != "gap: nothing seen for 21 s" {
		t.Errorf("gap %+v", e)
	}
}

// A probe that failed is no zero.
func TestSampleWithoutActivity(t *testing.T) {
	s := newStory(97).hold(10, 120).hold(90, 10)
	s.onSample = func(p *probes.Sample) { p.Backends = nil }
	s.hold(0, 60)
	if got := s.marks(); got != "onset 2m0s" {
		t.Errorf("marks %q", got)
	}
}

// TestInvariants watches any counts, gaps and spacings.
func TestInvariants(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := newStory(rapid.IntRange(0, 120).Draw(t, "ceiling"))
		s.every = rapid.SampledFrom([]time.Duration{250 * time.Millisecond, time.Second, 5 * time.Second}).Draw(t, "every")
		open := false
		for range rapid.IntRange(1, 30).Draw(t, "phases") {
			total := rapid.IntRange(0, 120).Draw(t, "total")
			s.at = s.at.Add(time.Duration(rapid.IntRange(0, 60).Draw(t, "pause")) * time.Second)
			for range rapid.IntRange(1, 100).Draw(t, "samples") {
				before := len(s.events)
				s.see(total)
				for _, e := range s.events[before:] {
					switch e.Data["mark"] {
					case record.MarkOnset:
						if open || !e.At.Equal(s.now.Onset) {
							t.Fatalf("onset at %s within %+v", e.At, s.now)
						}
						open = true
					case record.MarkRecovered:
						if !open || !e.At.Equal(s.now.Recovered) || e.At.Before(s.now.Onset) {
							t.Fatalf("recovered at %s within %+v", e.At, s.now)
						}
						open = false
					}
				}
				if s.now.InIncident() != open {
					t.Fatalf("assessment %+v, open %v", s.now, open)
				}
				if open && s.now.Peak < total {
					t.Fatalf("peak %d below %d", s.now.Peak, total)
				}
				if s.now.Baseline.N < 0 || s.now.Baseline.Median < 0 || s.now.Baseline.Median > 120 {
					t.Fatalf("baseline %+v", s.now.Baseline)
				}
			}
		}
	})
}

func TestWords(t *testing.T) {
	for got, want := range map[string]string{
		figure(10): "10", figure(9.96): "10", figure(1.25): "1.3", figure(2.5): "2.5", figure(51.6): "52",
		length(8700 * time.Millisecond): "8.7 s", length(51 * time.Millisecond): "51 ms", length(1300 * time.Microsecond): "1.3 ms",
		length(120 * time.Microsecond): "120 µs", span(5 * time.Second): "5 s", span(1500 * time.Millisecond): "1.5 s",
		span(200 * time.Second): "3 min 20 s", span(65 * time.Minute): "1 h 05 min",
		share(probes.Limit{Taken: 18, Slots: 20, Bound: probes.BoundDatabase}): "90 % of the database's own limit 20",
		share(probes.Limit{Taken: 95, Slots: 97}):                              "98 % of the ceiling 97", share(probes.Limit{Taken: 996, Slots: 1000}): "99 % of the ceiling 1000", share(probes.Limit{Taken: 97, Slots: 97}): "100 % of the ceiling 97",
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
