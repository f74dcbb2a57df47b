package watch

import (
	"strings"
	"testing"
	"time"

	"github.com/pgmedic/pgmedic/probes"
)

// An index build is told when it is seen, with each phase, and when it is over; a sample in which builds were not read says nothing.
func TestBuildsAreTold(t *testing.T) {
	s, w := newStory(97), NewWatcher()
	step := func(builds ...probes.IndexBuild) string {
		sample := s.sample(10)
		sample.Builds = builds
		_, events := w.Step(sample)
		s.at = s.at.Add(time.Second)
		var titles []string
		for _, e := range events {
			titles = append(titles, e.Data["direction"]+": "+e.Title)
		}
		return strings.Join(titles, "; ")
	}
	none := []probes.IndexBuild{}
	build := probes.IndexBuild{PID: 7, Command: "CREATE INDEX CONCURRENTLY", Relation: "public.orders", Phase: "initializing"}
	scan := build
	scan.Index, scan.Phase = "orders_idx", "building index: scanning table"
	for i, c := range []struct {
		builds []probes.IndexBuild
		want   string
	}{
		{none, ""},
		{[]probes.IndexBuild{build}, "reached: CREATE INDEX CONCURRENTLY on public.orders (pid 7) runs: initializing"},
		{[]probes.IndexBuild{build}, ""},
		{nil, ""},
		{[]probes.IndexBuild{scan}, "phase: CREATE INDEX CONCURRENTLY orders_idx on public.orders (pid 7): building index: scanning table, after 3 s of initializing"},
		{none, "left: CREATE INDEX CONCURRENTLY orders_idx on public.orders (pid 7) is over, 4 s after it was first seen"},
		{none, ""},
	} {
		if got := step(c.builds...); got != c.want {
			t.Errorf("sample %d tells %q, want %q", i, got, c.want)
		}
	}
}

// What it took to get in again is told with the connection.
func TestReconnectTellsTheAttempts(t *testing.T) {
	s := newStory(97)
	first := s.sample(10)
	lost := trouble("53300", s.at)
	s.at = s.at.Add(10 * time.Second)
	again := s.sample(10)
	again.Offset, again.OffsetWithin = 90*time.Second, 1500*time.Microsecond
	noLeak(t)
	titles := ""
	data := map[string]string{}
	for u := range Follow(t.Context(), tape{{Sample: first}, lost, {Sample: again}}, nil) {
		for _, e := range u.Events {
			titles += e.Title + "\n"
			data = e.Data
		}
	}
	if !strings.Contains(titles, "connected again") || !strings.Contains(titles, "after 2 attempts in 1 s") || !strings.Contains(titles, "differs from this machine's by 1 min 30 s") {
		t.Errorf("told\n%s", titles)
	}
	if data["attempts"] != "2" || data["sqlstate"] != "53300" || data["offset_ms"] != "90000.000" || data["offset_within_ms"] != "1.500" {
		t.Errorf("with %v", data)
	}
}
