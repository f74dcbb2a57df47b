package watch

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/record"
)

// rolled records those connections, a sample a second, and returns the file and the story to go on with.
func rolled(t *testing.T, totals ...int) (string, *story) {
	t.Helper()
	r, err := record.OpenRolling(filepath.Join(t.TempDir(), "db"+record.Extension), time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	s, w := newStory(97), NewWatcher()
	for _, total := range totals {
		sample := s.sample(total)
		sample.Server.SystemIdentifier = "4711"
		assessment, _ := w.Step(sample)
		if err := r.AddSample(sample, assessment); err != nil {
			t.Fatal(err)
		}
		s.at = s.at.Add(s.every)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	return r.Path(), s
}

// times repeats a number of connections.
func times(n, total int) []int {
	all := make([]int, n)
	for i := range all {
		all[i] = total
	}
	return all
}

// followPast plays samples after a rolling record, and returns the last assessment and what was told.
func followPast(t *testing.T, s *story, past Past, system string, totals ...int) (probes.Assessment, []record.Event) {
	t.Helper()
	noLeak(t)
	var ticks tape
	for _, total := range totals {
		sample := s.sample(total)
		sample.Server.SystemIdentifier = system
		ticks = append(ticks, probes.Tick{Sample: sample})
		s.at = s.at.Add(s.every)
	}
	var last probes.Assessment
	var events []record.Event
	for u := range FollowFrom(t.Context(), ticks, nil, past) {
		last = u.Assessment
		events = append(events, u.Events...)
	}
	return last, events
}

// A workbench that is opened in the spike has the baseline from before it, and its onset.
func TestPastGivesTheBaseline(t *testing.T) {
	path, s := rolled(t, append(times(200, 10), times(20, 90)...)...)
	var kept []string
	past := Past{Path: path, Keep: func(path string, since time.Time) error {
		kept = append(kept, fmt.Sprint(filepath.Base(path), " ", s.at.Sub(since) > BaselineSpan))
		return nil
	}}
	s.at = s.at.Add(2 * time.Minute) // nobody recorded then
	a, events := followPast(t, s, past, "4711", times(3, 92)...)
	if a.Baseline.Median != 10 || a.Baseline.N < 190 || a.Onset.IsZero() || !a.Recovered.IsZero() {
		t.Errorf("assessed as %+v", a)
	}
	if got := names(events); got != "threshold onset past connected threshold " { // the second one is reached now
		t.Errorf("told %s", got)
	}
	if strings.Join(kept, ",") != "db.pgmedic true" {
		t.Errorf("kept %v", kept)
	}
}

// A spike that is over in the rolling record is not told again.
func TestPastIncidentIsNotToldAgain(t *testing.T) {
	path, s := rolled(t, append(append(times(200, 10), times(20, 90)...), times(60, 10)...)...)
	a, events := followPast(t, s, Past{Path: path}, "4711", times(3, 11)...)
	if !a.Baseline.Known() || a.Baseline.Median != 10 {
		t.Errorf("assessed as %+v", a)
	}
	if got := names(events); got != "past connected " {
		t.Errorf("told %s", got)
	}
}

// The record of another server, one that cannot be read and none at all give no baseline; the first two are told.
func TestPastOfNoUse(t *testing.T) {
	path, s := rolled(t, times(100, 10)...)
	a, events := followPast(t, s, Past{Path: path, Keep: func(string, time.Time) error { t.Error("another server's record was kept"); return nil }}, "4712", 10)
	if a.Baseline.Known() || names(events) != "past connected " || !strings.Contains(events[0].Title, "another server") {
		t.Errorf("of another server: %+v, %+v", a.Baseline, events)
	}
	folder := t.TempDir()
	if a, events := followPast(t, s, Past{Path: folder}, "4711", 10); a.Baseline.Known() || names(events) != "past connected " || !strings.Contains(events[0].Title, "could not be read") {
		t.Errorf("unreadable: %+v, %+v", a.Baseline, events)
	}
	if a, events := followPast(t, s, Past{Path: filepath.Join(folder, "missing")}, "4711", 10); a.Baseline.Known() || names(events) != "connected " {
		t.Errorf("missing: %+v, %+v", a.Baseline, events)
	}
}
