package panes

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/pgmedic/pgmedic/probes/record"
	"github.com/pgmedic/pgmedic/ui/draw"
)

var scrubStart = time.Date(2026, 3, 10, 16, 0, 0, 0, time.UTC)

// scrubOf is a bar over so many seconds, the connections ten in its first half and ninety in the second.
func scrubOf(seconds, w, h int) *Scrub {
	d := ScrubData{From: scrubStart, To: scrubStart.Add(time.Duration(seconds) * time.Second), At: scrubStart}
	for i := range seconds + 1 {
		clients := 10
		if i > seconds/2 {
			clients = 90
		}
		d.Curve = append(d.Curve, record.Point{At: scrubStart.Add(time.Duration(i) * time.Second), Clients: clients})
	}
	s := &Scrub{}
	s.SetSize(w, h)
	s.Show(d)
	return s
}

func (s *Scrub) lines(t *draw.Theme) []string { return strings.Split(s.View(t, false), "\n") }

// The curve rises where the connections did, the position stands where it is, the marks on the line below.
func TestScrubShowsCurvePositionAndMarks(t *testing.T) {
	s := scrubOf(600, 100, 2)
	at := func(second int) time.Time { return scrubStart.Add(time.Duration(second) * time.Second) }
	s.data.At = at(450)
	s.data.Events = []record.Event{
		{Kind: record.Observed, At: at(300)}, {Kind: record.Mark, At: at(300), Data: map[string]string{"mark": record.MarkOnset}},
		{Kind: record.Said, At: at(0)}, {Kind: record.Imported, At: at(600)}, {Kind: record.System, At: at(150)},
		{Kind: record.Acted, At: at(150), Data: map[string]string{"run": "1"}},
	}
	lines := s.lines(&draw.Theme{})
	curve, marks := []rune(lines[0]), []rune(lines[1])
	from, to := s.ends()
	cols := 100 - draw.Width(from) - draw.Width(to)
	column := func(second int) int { return draw.Width(from) + s.column(at(second), cols) }
	if !strings.HasPrefix(lines[0], " 2026-03-10 16:00 ") || !strings.HasSuffix(lines[0], " 16:10 ") {
		t.Errorf("the ends are not named: %q", lines[0])
	}
	if curve[column(100)] != '⣀' || curve[column(590)] != '⣿' {
		t.Errorf("the curve is %q", lines[0])
	}
	if curve[column(450)] != '│' || marks[column(450)] != '│' {
		t.Errorf("the position is not shown:\n%s", strings.Join(lines, "\n"))
	}
	for second, want := range map[int]rune{0: '✎', 300: '▲', 600: '↓', 150: ' '} {
		if got := marks[column(second)]; got != want {
			t.Errorf("at second %d stands %q, want %q, in\n%s", second, got, want, lines[1])
		}
	}
}

// On one line the marks stand on the curve.
func TestScrubOnOneLine(t *testing.T) {
	s := scrubOf(600, 60, 1)
	s.data.Events = []record.Event{{Kind: record.Mark, At: scrubStart.Add(5 * time.Minute)}}
	if view := s.View(&draw.Theme{}, false); !strings.Contains(view, "✓") || !strings.Contains(view, "│⣀") {
		t.Errorf("it shows %q", view)
	}
}

// Silence stays blank.
func TestScrubShowsAGap(t *testing.T) {
	s := scrubOf(600, 100, 2)
	curve := append([]record.Point{}, s.data.Curve[:100]...)
	s.data.Curve = append(curve, s.data.Curve[400:]...)
	if line := s.lines(&draw.Theme{})[0]; !strings.Contains(line, "⣀      ") {
		t.Errorf("the gap is not to be seen: %q", line)
	}
}

// A file that grows gets a new curve.
func TestScrubFollowsAFileThatGrows(t *testing.T) {
	s := scrubOf(600, 100, 2)
	before := s.lines(&draw.Theme{})[0]
	s.Show(scrubOf(900, 100, 2).data)
	if after := s.lines(&draw.Theme{})[0]; after == before {
		t.Errorf("it still shows %q", before)
	}
}

func TestScrubKeepsItsSize(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w, h := rapid.IntRange(1, 240).Draw(rt, "w"), rapid.IntRange(1, 3).Draw(rt, "h")
		s := scrubOf(rapid.IntRange(0, 400).Draw(rt, "seconds"), w, h)
		s.data.At = scrubStart.Add(time.Duration(rapid.IntRange(-1000, 1000).Draw(rt, "at")) * time.Second)
		s.data.Note = rapid.SampledFrom([]string{"", "baselines…"}).Draw(rt, "note")
		if rapid.Bool().Draw(rt, "empty") {
			s.data = ScrubData{}
		}
		for range rapid.IntRange(0, 5).Draw(rt, "events") {
			kind := rapid.SampledFrom([]record.Kind{record.Mark, record.Said, record.Acted, record.Imported, record.Observed, record.System}).Draw(rt, "kind")
			second := time.Duration(rapid.IntRange(-1e6, 1e6).Draw(rt, "second"))
			s.data.Events = append(s.data.Events, record.Event{Kind: kind, At: scrubStart.Add(second * time.Second)})
		}
		lines := s.lines(&draw.Theme{})
		if len(lines) != h {
			rt.Fatalf("%d lines, want %d", len(lines), h)
		}
		for _, line := range lines {
			if draw.Width(line) != w {
				rt.Fatalf("%d cells, want %d: %q", draw.Width(line), w, line)
			}
		}
	})
}
