package panes

import (
	"github.com/pgmedic/pgmedic/ui/draw"
)

// sheet collects lines of text of one width.
type sheet struct {
	theme *draw.Theme
	w     int
	lines []string
}

// heading starts a part, with an empty line above it.
func (s *sheet) heading(text string) {
	if len(s.lines) > 0 {
		s.lines = append(s.lines, "")
	}
	s.lines = append(s.lines, s.theme.Secondary.Paint(text))
}

// part adds the lines of another sheet, with an empty line above them.
func (s *sheet) part(other *sheet) {
	if len(s.lines) > 0 && len(other.lines) > 0 {
		s.lines = append(s.lines, "")
	}
	s.lines = append(s.lines, other.lines...)
}

// text adds a paragraph, wrapped.
func (s *sheet) text(text string, ink draw.Ink) { s.labelled("", 0, text, ink) }

// labelled adds a paragraph with a label before its first line, a blank between them; its other lines start below the first.
func (s *sheet) labelled(label string, margin int, text string, ink draw.Ink) {
	if margin > 0 {
		label = draw.Fit(label, margin-1) + " "
	}
	s.spans(draw.Span{Text: label, Ink: s.theme.Secondary}, text, ink)
}

// spans adds a paragraph that begins with a span.
func (s *sheet) spans(first draw.Span, text string, ink draw.Ink) {
	margin := draw.Width(first.Text)
	rows := draw.Wrap(text, max(s.w-margin, 10))
	if len(rows) == 0 {
		rows = []string{""}
	}
	for i, row := range rows {
		if i > 0 {
			first = draw.Span{Text: draw.Fit("", margin)}
		}
		s.lines = append(s.lines, draw.Line(s.w, first, draw.Span{Text: row, Ink: ink}))
	}
}
