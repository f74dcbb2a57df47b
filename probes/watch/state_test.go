package watch

import (
	"testing"
	"time"

	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/record"
)

// titles lists the titles of the events of one name.
func (s *story) titles(event string) []string {
	var titles []string
	for _, e := range s.events {
		if e.Data["event"] == event {
			titles = append(titles, e.Title)
		}
	}
	return titles
}

func wantTitles(t *testing.T, got []string, want ...string) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("told %q, want %q", got, want)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("told %q, want %q", got[i], want[i])
		}
	}
}

// readings gives the next samples one reading each, then none.
func readings[T any](s *story, put func(*probes.Sample, T), list ...T) {
	for _, reading := range list {
		s.onSample = func(p *probes.Sample) { put(p, reading) }
		s.see(10)
	}
	s.onSample = nil
	s.hold(10, 3)
}

func TestSettingsChange(t *testing.T) {
	s := newStory(100)
	mem := func(value string, pending bool) []probes.Setting {
		return []probes.Setting{{Name: "work_mem", Value: value, Source: "configuration file"}, {Name: "shared_buffers", Value: "128MB", PendingRestart: pending}}
	}
	readings(s, func(p *probes.Sample, list []probes.Setting) { p.Settings = list },
		mem("4MB", false), nil, mem("4MB", false), mem("64MB", false), mem("64MB", true), mem("64MB", true),
		[]probes.Setting{{Name: "work_mem", Value: "64MB"}}, mem("64MB", false)) // hidden for a while: no change
	wantTitles(t, s.titles(record.EventSetting),
		"setting changed: work_mem, 4MB → 64MB",
		"setting changed in the configuration: shared_buffers stays 128MB until the server restarts")
	e := s.event(t, "event", record.EventSetting)
	if e.Data["name"] != "work_mem" || e.Data["before"] != "4MB" || e.Data["after"] != "64MB" || e.Kind != record.Observed {
		t.Errorf("event %+v", e)
	}
}

// Another server's settings are no changes of this one's.
func TestSettingsOfAnotherServer(t *testing.T) {
	s := newStory(100)
	put := func(p *probes.Sample, value string) { p.Settings = []probes.Setting{{Name: "work_mem", Value: value}} }
	readings(s, put, "4MB")
	s.server.SystemIdentifier = "7302"
	readings(s, put, "8MB")
	wantTitles(t, s.titles(record.EventSetting))
	readings(s, put, "16MB")
	wantTitles(t, s.titles(record.EventSetting), "setting changed: work_mem, 8MB → 16MB")
}

func TestDeadlocks(t *testing.T) {
	s := newStory(100)
	delta := func(n int64) []probes.DatabaseDelta {
		return []probes.DatabaseDelta{{Database: "orders", Since: s.at, Deadlocks: n}, {Database: "quiet", Since: s.at}}
	}
	readings(s, func(p *probes.Sample, list []probes.DatabaseDelta) { p.Databases = list },
		[]probes.DatabaseDelta{{Database: "orders", Deadlocks: 70}}, // the first reading has no figures
		delta(0), delta(1), delta(2))
	wantTitles(t, s.titles(record.EventDeadlock),
		"1 deadlock in database orders: the server cancelled one of the sessions of each",
		"2 deadlocks in database orders: the server cancelled one of the sessions of each")
}

// A server's clock that was set back leaves no time that the resets took.
func TestManyResetsAndAClockSetBack(t *testing.T) {
	s := newStory(100).hold(10, 10)
	s.onSample = func(p *probes.Sample) { p.Statements.Reset = true }
	s.hold(10, 6)
	s.at = s.at.Add(-time.Hour)
	s.see(10)
	wantTitles(t, s.titles(record.EventReset), "the statistics of the statements were reset", "the statistics of the statements were reset 6 times")
}

// A statistics job that resets every second does not fill the timeline.
func TestManyResets(t *testing.T) {
	s := newStory(100).hold(10, 10)
	s.onSample = func(p *probes.Sample) { p.Statements.Reset = true }
	s.hold(10, 100) // from 10 s on
	s.onSample = nil
	s.hold(10, 100)
	wantTitles(t, s.titles(record.EventReset),
		"the statistics of the statements were reset",
		"the statistics of the statements were reset 60 times in 1 min 00 s",
		"the statistics of the statements were reset 39 times in 1 min 00 s")
	if got := s.told("event"); got != "reset 10s, reset 1m10s, reset 2m10s" {
		t.Errorf("told %q", got)
	}
	s.onSample = func(p *probes.Sample) { p.Statements.Reset = true }
	s.see(10)
	if all := s.titles(record.EventReset); all[len(all)-1] != "the statistics of the statements were reset" || s.events[len(s.events)-1].Data["resets"] != "1" {
		t.Errorf("told %q", all)
	}
}

func TestStatementsFromSampledActivity(t *testing.T) {
	s := newStory(100)
	counted, lost, failed := probes.Statements{Known: true}, probes.Statements{Known: true, Sampled: "pg_stat_statements is not installed"}, probes.Statements{}
	readings(s, func(p *probes.Sample, st probes.Statements) { p.Statements = st }, counted, failed, lost, failed, lost, counted)
	wantTitles(t, s.titles(record.EventSampled),
		"the statements are known from sampled activity alone: pg_stat_statements is not installed",
		"the statements are counted by pg_stat_statements again")
}

// A parallel worker shares its leader's statement and holds no slot.
func TestParallelWorkersAreNoConnections(t *testing.T) {
	s := newStory(100).hold(10, 120)
	s.onSample = func(p *probes.Sample) {
		for i := range 80 {
			p.Backends = append(p.Backends, probes.Backend{PID: int32(1000 + i), LeaderPID: 1, Type: "parallel worker", State: "active", QueryID: 7})
		}
	}
	if s.hold(10, 60); len(s.events) > 0 || s.now.Baseline.Median != 10 {
		t.Errorf("events %v, baseline %+v", s.events, s.now.Baseline)
	}
}
