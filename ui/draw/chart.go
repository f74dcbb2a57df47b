package draw

import (
	"math"
	"strings"
	"time"

	"github.com/NimbleMarkets/ntcharts/canvas/runes"
)

// Point is one value of a chart at one time.
type Point struct {
	At    time.Time
	Value float64
}

// ChartMark is a moment to point at on the time axis.
type ChartMark struct {
	At    time.Time
	Glyph string
	Good  bool // a relief; otherwise an alarm
}

// ChartData is what a chart draws: the values between two times as a filled area, in braille, four dots a line and two a column.
type ChartData struct {
	Points   []Point // oldest first
	From, To time.Time
	Top      float64 // value at the upper end of the value axis
	TopName  string  // what the upper end is, for example "ceiling"; may be empty
	Alarm    float64 // from this value on the area is drawn as critical; 0: never
	Level    float64 // a value worth a label, for example the baseline; 0: none
	Marks    []ChartMark
}

// standing is how long a value stands without a newer one; after that the chart shows a gap, because silence is no zero.
const standing = 15 * time.Second

// Chart draws ChartData and keeps the picture until data, size or theme change.
type Chart struct {
	data    ChartData
	picture string
	theme   *Theme
	w, h    int
}

// Show takes new data.
func (c *Chart) Show(d ChartData) { c.data, c.theme = d, nil }

// View returns exactly h lines of w cells.
func (c *Chart) View(t *Theme, w, h int) string {
	if c.theme != t || c.w != w || c.h != h {
		c.picture, c.theme, c.w, c.h = c.data.draw(t, w, h), t, w, h
	}
	return c.picture
}

// draw lays out the picture: labels at the left, the area, the time axis below.
func (d ChartData) draw(t *Theme, w, h int) string {
	margin := max(Width(Rows(d.Top)), 3) + 1
	cols, rows := w-margin, h-1
	if cols < 4 || rows < 1 || d.Top <= 0 || !d.To.After(d.From) || len(d.Points) == 0 {
		return Block(t.Secondary.Paint(cut("no samples yet", w)), w, h)
	}
	labels := d.labels(rows)
	area := d.area(cols, rows)
	var b strings.Builder
	for row := range rows {
		label, axis := labels[row], "┤"
		if label == "" {
			axis = "│"
		}
		b.WriteString(t.Secondary.Paint(Right(label, margin-1) + axis))
		b.WriteString(d.areaLine(t, area[row], row, rows, cols))
		b.WriteByte('\n')
	}
	b.WriteString(blanks(margin))
	b.WriteString(d.timeAxis(t, cols))
	return b.String()
}

// Ribbon is the picture on one line of that many cells, without labels.
func (d ChartData) Ribbon(cols int) []rune {
	if cols <= 0 || d.Top <= 0 || !d.To.After(d.From) {
		return nil
	}
	return d.area(cols, 1)[0]
}

// labels returns the value axis by row: its ends, the level, and the middle where there is room.
func (d ChartData) labels(rows int) []string {
	labels := make([]string, rows)
	labels[rows-1] = "0"
	if rows >= 5 {
		labels[(rows-1)/2] = Rows(math.Round(d.Top * (1 - (float64((rows-1)/2)+0.5)/float64(rows))))
	}
	if d.Level > 0 && d.Level < d.Top {
		labels[d.row(d.Level, rows)] = Rows(math.Round(d.Level))
	}
	labels[0] = Rows(d.Top)
	return labels
}

// dots is how high a value is drawn; what is not zero shows.
func (d ChartData) dots(value float64, rows int) int {
	dots := int(math.Round(value / d.Top * float64(rows*4)))
	if value > 0 {
		dots = max(dots, 1)
	}
	return min(max(dots, 0), rows*4)
}

// row returns the line in which a value ends, 0 being the upper one.
func (d ChartData) row(value float64, rows int) int {
	return rows - 1 - max(d.dots(value, rows)-1, 0)/4
}

// area returns the filled area as braille characters by row.
func (d ChartData) area(cols, rows int) [][]rune {
	grid := runes.NewPatternDotsGrid(cols*2, rows*4)
	for x, value := range d.columns(cols * 2) {
		if math.IsNaN(value) {
			continue
		}
		for y := range d.dots(value, rows) {
			grid.Set(x, rows*4-1-y)
		}
	}
	return grid.BraillePatterns()
}

// columns returns the highest value in each column of dots, NaN where nothing was measured.
func (d ChartData) columns(n int) []float64 {
	values := make([]float64, n)
	for i := range values {
		values[i] = math.NaN()
	}
	for i, p := range d.Points {
		end := p.At
		if i+1 < len(d.Points) {
			end = d.Points[i+1].At
			if end.Sub(p.At) > standing {
				end = p.At.Add(standing)
			}
		}
		if end.Before(d.From) || p.At.After(d.To) {
			continue
		}
		first := max(d.column(p.At, n), 0)
		last := min(max(d.column(end, n)-1, first), n-1)
		for x := first; x <= last; x++ {
			if math.IsNaN(values[x]) || p.Value > values[x] {
				values[x] = p.Value
			}
		}
	}
	return values
}

// column returns the column of n at which a time stands; it may lie outside.
func (d ChartData) column(at time.Time, n int) int {
	share := float64(at.Sub(d.From)) / float64(d.To.Sub(d.From))
	return min(int(math.Floor(share*float64(n))), n-1)
}

func (d ChartData) areaLine(t *Theme, line []rune, row, rows, cols int) string {
	ink := t.Secondary
	if middle := d.Top * (float64(rows-row) - 0.5) / float64(rows); d.Alarm > 0 && middle >= d.Alarm {
		ink = t.Critical
	}
	const empty = '\u2800'
	text := []rune(strings.Repeat(" ", cols))
	for x := range text {
		if x < len(line) && line[x] != empty && line[x] != 0 {
			text[x] = line[x]
		}
	}
	name := " " + d.TopName
	if free := len(text) - len([]rune(strings.TrimLeft(string(text), " "))); row == 0 && d.TopName != "" && free > Width(name) {
		return t.Secondary.Paint(name) + ink.Paint(string(text[Width(name):]))
	}
	return ink.Paint(string(text))
}

// timeAxis writes the times at both ends and the marks between; a mark's own time stands beside it where there is room.
func (d ChartData) timeAxis(t *Theme, cols int) string {
	clock := ShortClock
	if d.To.Sub(d.From) < 10*time.Minute {
		clock = Clock
	}
	line := newStrip(cols)
	for _, m := range d.Marks {
		x, ink := d.column(m.At, cols), t.Critical
		if m.Good {
			ink = t.Good
		}
		if m.At.Before(d.From) || m.At.After(d.To) || !line.put(x, m.Glyph, ink) {
			continue
		}
		if at := clock(m.At, nil); !line.put(x+1, at, ink) {
			line.put(x-Width(at), at, ink)
		}
	}
	line.put(cols-Width(clock(d.To, nil))-1, " "+clock(d.To, nil), t.Secondary)
	line.put(0, clock(d.From, nil)+" ", t.Secondary)
	return line.String()
}

// strip is one line of single cells that are put down one after the other and never over each other.
type strip []cell

type cell struct {
	text rune
	ink  Ink
}

func newStrip(w int) strip {
	s := make(strip, w)
	for i := range s {
		s[i].text = ' '
	}
	return s
}

// put writes the text at x if it lies inside and is free; false where it does not.
func (s strip) put(x int, text string, ink Ink) bool {
	letters := []rune(text)
	if x < 0 || x+len(letters) > len(s) {
		return false
	}
	for i := x; i < x+len(letters); i++ {
		if s[i].text != ' ' {
			return false
		}
	}
	for i, r := range letters {
		s[x+i] = cell{r, ink}
	}
	return true
}

// String paints runs of cells of the same ink together.
func (s strip) String() string {
	var b strings.Builder
	for i := 0; i < len(s); {
		var run []rune
		ink := s[i].ink
		for ; i < len(s) && s[i].ink == ink; i++ {
			run = append(run, s[i].text)
		}
		b.WriteString(ink.Paint(string(run)))
	}
	return b.String()
}
