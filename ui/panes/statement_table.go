package panes

import (
	"strconv"

	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/watch"
	"github.com/pgmedic/pgmedic/ui/draw"
)

// column is one column of figures of the statements table.
type column struct {
	name  string
	width int
	from  int // the least inner width of the pane that shows it
	value func(*Statements, probes.StatementLoad) string
}

var statementColumns = []column{
	{"held", 6, 0, (*Statements).heldFigure},
	{"load", 7, 26, (*Statements).loadFigure},
	{"calls/s", 9, 60, (*Statements).callsFigure},
	{"mean", 9, 46, (*Statements).meanFigure},
	{"×base", 8, 50, (*Statements).factorFigure},
}

func columnsFor(w int) []column {
	var fit []column
	for _, c := range statementColumns {
		if w >= c.from {
			fit = append(fit, c)
		}
	}
	return fit
}

// markWidth is the room for the mark of the selected row.
const markWidth = 1

func columnNames(t *draw.Theme, columns []column, w int) string {
	names := draw.Fit("", markWidth)
	for _, c := range columns {
		names += draw.Right(c.name, c.width)
	}
	return draw.Line(w, draw.Span{Text: names + "  statement", Ink: t.Secondary})
}

// line draws one row. The selected row's background has no holes.
func (s *Statements) line(t *draw.Theme, columns []column, i, w int) string {
	row := s.rows[i]
	ink := s.rowInk(t, i == s.cursor.at)
	spans := []draw.Span{{Text: ink.mark, Ink: ink.plain}}
	for _, c := range columns {
		figure := draw.Span{Text: draw.Right(c.value(s, row.load), c.width), Ink: ink.plain}
		if factor, known := row.load.Factor(); c.name == "×base" && known && factor >= watch.RegressionFactor {
			figure.Ink = ink.alarm
		}
		spans = append(spans, figure)
	}
	spans = append(spans, draw.Span{Text: "  ", Ink: ink.plain})
	text := s.texts.brief(row.load)
	if s.filter != "" {
		text = s.texts.full(row.load)
	}
	spans = append(spans, marked(text, row.matched, ink.plain, ink.match)...)
	return draw.Line(w, append(spans, draw.Span{Text: draw.Fit("", w-draw.SpansWidth(spans)), Ink: ink.plain})...)
}

// rowInk is what a row is drawn in.
type rowInk struct {
	mark                string
	plain, alarm, match draw.Ink
}

func (s *Statements) rowInk(t *draw.Theme, selected bool) rowInk {
	if selected {
		return rowInk{"▶", t.Selected, t.Alarmed, t.Marked}
	}
	return rowInk{" ", t.Text, t.Critical, t.Match}
}

func (s *Statements) heldFigure(l probes.StatementLoad) string {
	if !s.held {
		return draw.Unknown
	}
	return strconv.Itoa(l.Held)
}

// loadFigure is unknown where calls run and none has ended: load counts a call when it ends.
func (s *Statements) loadFigure(l probes.StatementLoad) string {
	if l.Lagging && l.Calls == 0 {
		return draw.Unknown
	}
	return s.measured(l.Load)
}

// callsFigure is unknown where only what runs at the moment of a sample is known.
func (s *Statements) callsFigure(l probes.StatementLoad) string {
	if l.Sampled {
		return draw.Unknown
	}
	return s.measured(l.CallsPerSecond)
}

func (s *Statements) measured(n float64) string {
	if s.span == 0 {
		return draw.Unknown
	}
	return draw.Number(n)
}

func (s *Statements) meanFigure(l probes.StatementLoad) string {
	if l.Calls == 0 {
		return draw.Unknown
	}
	return draw.Duration(l.Mean)
}

// factorFigure marks a factor whose baseline stands on all calls since the statistics were reset; a note says so.
func (s *Statements) factorFigure(l probes.StatementLoad) string {
	factor, known := l.Factor()
	switch {
	case !known:
		return draw.Unknown
	case l.BaseOf == probes.BaseStats:
		return draw.Factor(factor) + "*"
	default:
		return draw.Factor(factor)
	}
}
