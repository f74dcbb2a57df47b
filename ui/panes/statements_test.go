package panes

import (
	"strings"
	"testing"
	"time"

	"github.com/muesli/termenv"

	"github.com/pgmedic/pgmedic/probes"
)

// loadsWindow is a window in which the statements, by id, have so many connections each.
func loadsWindow(held map[int64]int) *probes.Window {
	s := seedSample(spikeBegan, 0)
	for id, n := range held {
		for range n {
			s.Backends = append(s.Backends, probes.Backend{Type: "client backend", State: "active", QueryID: id})
		}
	}
	w := probes.NewWindow(time.Minute)
	w.Add(s, probes.Assessment{})
	return w
}

func selectedID(t *testing.T, s *Statements) int64 {
	t.Helper()
	load, ok := s.Selected()
	if !ok {
		t.Fatal("nothing is selected")
	}
	return load.QueryID
}

func TestSelectionFollowsTheTopUntilItIsMoved(t *testing.T) {
	var s Statements
	s.SetSize(60, 12)
	s.Show(loadsWindow(map[int64]int{dedupID: 1, usersID: 9}))
	if got := selectedID(t, &s); got != usersID {
		t.Fatalf("selected %d, want the top row %d", got, usersID)
	}
	s.Show(loadsWindow(map[int64]int{dedupID: 84, usersID: 9}))
	if got := selectedID(t, &s); got != dedupID {
		t.Fatalf("selected %d, want the new top row %d", got, dedupID)
	}
	s.Move(1)
	s.Show(loadsWindow(map[int64]int{dedupID: 1, usersID: 9}))
	if got := selectedID(t, &s); got != usersID {
		t.Fatalf("selected %d, want it to stay on %d", got, usersID)
	}
	s.Move(-1)
	s.Show(loadsWindow(map[int64]int{dedupID: 84, usersID: 9}))
	if got := selectedID(t, &s); got != dedupID {
		t.Fatalf("moved to the top, selected %d, want the top row %d", got, dedupID)
	}
}

func TestSelectedStatementStaysWhenItIsQuiet(t *testing.T) {
	var s Statements
	s.SetSize(60, 12)
	s.Show(loadsWindow(map[int64]int{777: 5}))
	s.Move(0)
	s.Show(loadsWindow(map[int64]int{dedupID: 84}))
	load, _ := s.Selected()
	if load.QueryID != 777 || load.Held != 0 || load.Calls != 0 {
		t.Errorf("selected %+v, want statement 777, quiet", load)
	}
}

func TestFilter(t *testing.T) {
	var s Statements
	s.SetSize(100, 12)
	s.Show(seedWindow())
	for _, c := range []struct {
		filter string
		want   int
	}{{"", 3}, {"REPORTS", 2}, {"users", 1}, {"usrs", 1}, {"nothing like it!", 0}} {
		s.SetFilter(c.filter)
		if got := len(s.rows); got != c.want {
			t.Errorf("filter %q lists %d statements, want %d", c.filter, got, c.want)
		}
	}
	if _, ok := s.Selected(); ok {
		t.Error("something is selected although nothing matches")
	}
}

func TestMatchedLettersAreMarked(t *testing.T) {
	theme := testTheme(termenv.TrueColor)
	var s Statements
	s.SetSize(100, 12)
	s.Show(seedWindow())
	s.SetFilter("users")
	s.Move(1) // nowhere: one row, selected
	if view := s.View(theme, true); !strings.Contains(view, theme.Marked.Paint("users")) {
		t.Errorf("the matched letters are not marked in %q", view)
	}
}

func TestStatementFigures(t *testing.T) {
	var s Statements
	s.Show(seedWindow())
	got := plain(&s, 100, 12)
	for _, want := range []string{"84   78.3      9.0    8.7 s     ×52  SELECT … FROM reports.reports WHERE", "last 60 s"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
}

func TestUnknownFiguresAreNotShownAsNumbers(t *testing.T) {
	sample := seedSample(spikeBegan, 95)
	for i := range sample.Backends {
		sample.Backends[i].QueryID = 0 // as before version 14
	}
	w := probes.NewWindow(time.Minute)
	w.Add(sample, probes.Assessment{})
	var s Statements
	s.Show(w)
	if got := plain(&s, 100, 12); !strings.Contains(got, "    –    8.7") && !strings.Contains(got, "   –   ") {
		t.Errorf("held is shown although no query id is known:\n%s", got)
	}

	first := seedSample(spikeBegan, 95)
	first.Statements.Since, first.Statements.Deltas = time.Time{}, nil
	w = probes.NewWindow(time.Minute)
	w.Add(first, probes.Assessment{})
	s = Statements{}
	s.Show(w)
	got := plain(&s, 100, 12)
	if !strings.Contains(got, "84      –        –        –       –") || !strings.Contains(got, "first reading") {
		t.Errorf("the first reading shows figures:\n%s", got)
	}
}

// Sampled activity is marked in the title, with why and what to do; between two readings it stays so. Calls that have not ended have no load yet.
func TestStatementsSayThatTheyAreSampled(t *testing.T) {
	w := loadsWindow(map[int64]int{999: 3})
	var s Statements
	s.Show(w)
	if got := plain(&s, 100, 20); !strings.Contains(got, "3 connections run calls that have not ended") || strings.Contains(got, "sampled") {
		t.Errorf("got\n%s", got)
	}
	lagging := probes.StatementLoad{Held: 3, Lagging: true}
	if got := s.loadFigure(lagging); got != "–" {
		t.Errorf("the load of calls of which none ended is %q", got)
	}
	sampled := *w.Last()
	sampled.Interval, sampled.At = time.Second, sampled.At.Add(time.Second)
	sampled.Statements = probes.Statements{Sampled: "pg_stat_statements is not there: CREATE EXTENSION pg_stat_statements"}
	between := sampled
	between.At, between.Statements = sampled.At.Add(time.Second), probes.Statements{}
	w = probes.NewWindow(time.Minute)
	for _, next := range []*probes.Sample{&sampled, &between} {
		w.Add(next, probes.Assessment{})
		s.Show(w)
		got := plain(&s, 100, 20)
		for _, want := range []string{"2 statements · sampled activity", "CREATE EXTENSION", "sampled activity: load is", "3    3.0        –        –       –"} {
			if !strings.Contains(got, want) {
				t.Errorf("no %q in\n%s", want, got)
			}
		}
	}
}

// Figures that are older than their pace makes them say so.
func TestStatementsSayHowOldTheirFiguresAre(t *testing.T) {
	w := probes.NewWindow(time.Minute)
	for second, age := range []string{"", "", "", "", "4.0 s old", ""} {
		s := seedSample(spikeBegan.Add(time.Duration(second)*time.Second), 10)
		s.Costs = []probes.ProbeCost{{Probe: "statements"}}
		if second > 0 && second < 5 {
			s.Costs, s.Failures = nil, []probes.Failure{{Probe: "statements", Reason: "the server took too long to answer"}}
		}
		w.Add(s, probes.Assessment{})
		var pane Statements
		pane.Show(w)
		if got := plain(&pane, 100, 20); strings.Contains(got, " old") != (age != "") || !strings.Contains(got, age) {
			t.Errorf("second %d, want %q:\n%s", second, age, got)
		}
	}
}

func TestNotesSayWhatIsMissing(t *testing.T) {
	running := seedSample(spikeBegan, 95)
	running.Statements.Deltas = nil
	blind := seedSample(spikeBegan, 95)
	blind.Statements = probes.Statements{}
	blind.Failures = []probes.Failure{{Probe: "statements", Reason: "pg_stat_statements is not installed"}}
	for name, c := range map[string]struct {
		sample *probes.Sample
		want   string
	}{
		"calls that have not ended": {running, "connections run calls that have not ended"},
		"no extension":              {blind, "pg_stat_statements is not installed"},
		"baseline of statistics":    {seedSample(spikeBegan, 95), "since the statistics were reset"},
	} {
		w := probes.NewWindow(time.Minute)
		w.Add(c.sample, probes.Assessment{})
		var s Statements
		s.Show(w)
		if got := plain(&s, 120, 14); !strings.Contains(got, c.want) {
			t.Errorf("%s: no %q in\n%s", name, c.want, got)
		}
	}
}

// What pg_stat_statements lost is said for as long as the figures lack it.
func TestStatementsSayWhatWasLost(t *testing.T) {
	const (
		reset   = "the statistics were reset 3.0 s ago"
		unknown = "the statistics were reset in this time: load and calls/s are too small"
		evicted = "threw entries out"
	)
	for _, c := range []struct {
		name  string
		lose  func(s *probes.Statements)
		later time.Duration
		want  string
	}{
		{"nothing", func(*probes.Statements) {}, 3 * time.Second, ""},
		{"a reset", func(s *probes.Statements) { s.Reset, s.ResetAt = true, spikeBegan }, 3 * time.Second, reset},
		{"a reset before version 14", func(s *probes.Statements) { s.Reset = true }, 3 * time.Second, unknown},
		{"entries", func(s *probes.Statements) { s.Evicted = 2 }, 3 * time.Second, evicted},
		{"long ago", func(s *probes.Statements) { s.Reset, s.Evicted = true, 2 }, 70 * time.Second, ""},
	} {
		first := seedSample(spikeBegan, 10)
		c.lose(&first.Statements)
		w := probes.NewWindow(5 * time.Minute)
		w.Add(first, probes.Assessment{})
		w.Add(seedSample(spikeBegan.Add(c.later), 10), probes.Assessment{})
		var s Statements
		s.Show(w)
		got := plain(&s, 160, 20)
		for _, note := range []string{reset, unknown, evicted} {
			if strings.Contains(got, note) != (note == c.want) {
				t.Errorf("%s: %q in\n%s", c.name, note, got)
			}
		}
	}
}

func TestStalePaneSaysSo(t *testing.T) {
	theme := testTheme(termenv.TrueColor)
	var s Statements
	s.SetSize(100, 8)
	s.Show(seedWindow())
	s.SetStale("12 s old: connection lost")
	view := s.View(theme, false)
	if !strings.Contains(view, "12 s old: connection lost") {
		t.Errorf("no reason in\n%s", view)
	}
	if strings.Contains(view, theme.Critical.Paint(" ×52")) || strings.Contains(view, theme.Selected.Paint("▶")) {
		t.Error("old data are not dimmed")
	}
}

func TestClickSelectsTheRow(t *testing.T) {
	var s Statements
	s.SetSize(100, 12)
	s.Show(seedWindow())
	if !s.ClickRow(4) || selectedID(t, &s) != insertID {
		t.Errorf("clicked the third row, selected %d", selectedID(t, &s))
	}
	if s.ClickRow(0) || s.ClickRow(9) {
		t.Error("a click beside the rows selected one")
	}
}

func TestOnlyRowsOnScreenAreDrawn(t *testing.T) {
	held := map[int64]int{}
	for id := range int64(50) {
		held[1000+id] = 1
	}
	var s Statements
	s.Show(loadsWindow(held))
	s.SetSize(60, 12)
	s.Move(100)
	got := plain(&s, 60, 12)
	if rows := strings.Count(got, "query 1"); rows > 10 || rows < 3 {
		t.Errorf("%d rows drawn in\n%s", rows, got)
	}
	if !strings.Contains(got, "▶") {
		t.Errorf("the selected row is not on screen:\n%s", got)
	}
}

func TestBriefText(t *testing.T) {
	var cache texts
	for i, c := range []struct{ text, want string }{
		{"SELECT a, b FROM t", "SELECT … FROM t"},
		{"SELECT * FROM t", "SELECT * FROM t"},
		{"select extract(epoch from x), b from t", "select … from t"},
		{"SELECT $1", "SELECT $1"},
		{"UPDATE t SET a = b FROM c", "UPDATE t SET a = b FROM c"},
		{"", "query 5 (text not known)"},
	} {
		load := probes.StatementLoad{Text: c.text}
		load.QueryID = int64(i)
		if got := cache.brief(load); got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
}
