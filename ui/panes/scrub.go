package panes

import (
	"time"

	"github.com/pgmedic/pgmedic/probes/record"
	"github.com/pgmedic/pgmedic/ui/draw"
)

// Scrub is the bar of a replay: the connections of the whole record, what happened, and where it stands. The marks have a line of their own where
// there are two.
type Scrub struct {
	size
	data   ScrubData
	curve  []rune // of the bar, at its width
	drawnW int
	drawn  ScrubData // that curve was made of
}

// leastBar is the fewest cells that say anything.
const leastBar = 10

// ScrubData is what the bar shows.
type ScrubData struct {
	Curve    []record.Point // oldest first
	From, To time.Time      // zero: there are no samples
	At       time.Time
	Events   []record.Event // of the whole record, oldest first
	Note     string         // in a few words, what is not there yet; may be empty
}

// Show takes new data.
func (s *Scrub) Show(d ScrubData) { s.data = d }

// View returns exactly h lines of w cells.
func (s *Scrub) View(t *draw.Theme, _ bool) string {
	if s.h <= 0 {
		return ""
	}
	from, to := s.ends()
	cols := s.w - draw.Width(from) - draw.Width(to)
	if s.data.From.IsZero() || cols < leastBar {
		return draw.Block(draw.Line(s.w, draw.Span{Text: " no samples", Ink: t.Secondary}), s.w, s.h)
	}
	bar, marks := s.bar(t, cols), newBar(cols)
	if s.h == 1 {
		marks = bar
	}
	s.putMarks(t, marks)
	marks.put(s.column(s.data.At, cols), '│', t.Focus)
	bar.put(s.column(s.data.At, cols), '│', t.Focus)
	text := s.line(t, from, bar, to)
	if s.h > 1 {
		text += "\n" + s.line(t, draw.Fit("", draw.Width(from)), marks, s.data.note(draw.Width(to)))
	}
	return draw.Block(text, s.w, s.h)
}

// note fits behind the marks, or is left out.
func (d ScrubData) note(w int) string {
	if draw.Width(d.Note) >= w {
		return ""
	}
	return " " + d.Note
}

func (s *Scrub) line(t *draw.Theme, left string, bar bar, right string) string {
	spans := append([]draw.Span{{Text: left, Ink: t.Secondary}}, bar.spans()...)
	return draw.Line(s.w, append(spans, draw.Span{Text: right, Ink: t.Secondary})...)
}

// ends are the times at the ends of the bar, in UTC: the day at the left, and at the right where it is another one.
func (s *Scrub) ends() (from, to string) {
	day, clock := "2006-01-02 ", "15:04"
	if s.w < 100 {
		day = "01-02 "
	}
	first, last := s.data.From.UTC(), s.data.To.UTC()
	if last.Sub(first) < 10*time.Minute {
		clock = time.TimeOnly
	}
	from, to = " "+first.Format(day+clock)+" ", " "+last.Format(clock)+" "
	if first.Format(time.DateOnly) != last.Format(time.DateOnly) {
		to = " " + last.Format(day+clock) + " "
	}
	return from, to
}

// TimeAt is the time of the cell at x of the bar's lines; false where there is none.
func (s *Scrub) TimeAt(x int) (time.Time, bool) {
	from, to := s.ends()
	x -= draw.Width(from)
	cols := s.w - draw.Width(from) - draw.Width(to)
	if s.data.From.IsZero() || x < 0 || x >= cols || cols < leastBar {
		return time.Time{}, false
	}
	share := float64(x) / float64(cols-1)
	return s.data.From.Add(time.Duration(share * float64(s.data.To.Sub(s.data.From)))), true
}

// bar is the curve: what was played in the ink of data, the rest grey. The curve itself is drawn once for each size.
func (s *Scrub) bar(t *draw.Theme, cols int) bar {
	if s.drawnW != cols || len(s.drawn.Curve) != len(s.data.Curve) || !s.drawn.To.Equal(s.data.To) {
		s.curve, s.drawnW, s.drawn = s.data.ribbon(cols), cols, s.data
	}
	b := newBar(cols)
	at := s.column(s.data.At, cols)
	for x, r := range s.curve {
		ink := t.Secondary
		if x <= at {
			ink = t.Text
		}
		b.put(x, r, ink)
	}
	return b
}

func (d ScrubData) ribbon(cols int) []rune {
	chart := draw.ChartData{From: d.From, To: d.To}
	for _, p := range d.Curve {
		chart.Points = append(chart.Points, draw.Point{At: p.At, Value: float64(p.Clients)})
		chart.Top = max(chart.Top, float64(p.Clients))
	}
	return chart.Ribbon(cols)
}

// column is the cell of a time: the first or the last one where it lies outside.
func (s *Scrub) column(at time.Time, cols int) int {
	whole := s.data.To.Sub(s.data.From)
	if whole <= 0 {
		return 0
	}
	share := float64(at.Sub(s.data.From)) / float64(whole)
	return min(max(int(share*float64(cols-1)+0.5), 0), cols-1)
}

// putMarks puts into each cell what tells most of what happened then.
func (s *Scrub) putMarks(t *draw.Theme, b bar) {
	best := make([]int, len(b))
	for _, e := range s.data.Events {
		x, tells := s.column(e.At, len(b)), weight(e)
		if tells > 0 && tells >= best[x] {
			glyph, ink := eventGlyph(t, e)
			b.put(x, []rune(glyph)[0], ink)
			best[x] = tells
		}
	}
}

// weight is how much an event tells on the bar; 0: it is left out.
func weight(e record.Event) int {
	switch {
	case e.Data["run"] != "":
		return 0
	case e.Kind == record.Mark || e.Star:
		return 4
	case e.Kind == record.Acted:
		return 3
	case e.Kind == record.Said || e.Kind == record.Imported:
		return 2
	case e.Kind == record.Observed:
		return 1
	}
	return 0
}

// bar is one line of single cells.
type bar []barCell

type barCell struct {
	text rune
	ink  draw.Ink
}

func newBar(w int) bar {
	b := make(bar, w)
	for x := range b {
		b[x].text = ' '
	}
	return b
}

func (b bar) put(x int, text rune, ink draw.Ink) {
	const empty = '\u2800'
	if x >= len(b) || text == empty || text == 0 {
		return
	}
	b[x] = barCell{text, ink}
}

// spans joins cells of one ink.
func (b bar) spans() []draw.Span {
	var spans []draw.Span
	for x, c := range b {
		if x > 0 && b[x-1].ink == c.ink {
			spans[len(spans)-1].Text += string(c.text)
			continue
		}
		spans = append(spans, draw.Span{Text: string(c.text), Ink: c.ink})
	}
	return spans
}
