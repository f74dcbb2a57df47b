package draw

import (
	"strings"

	"github.com/charmbracelet/lipgloss"
)

// Theme is the look by meaning. No pane names a colour.
type Theme struct {
	Text      Ink // data
	Strong    Ink // data that matters most, titles
	Secondary Ink // labels, units, whatever is old or less important
	Critical  Ink
	Warning   Ink
	Good      Ink
	Focus     Ink // border and title of the pane that has the keys; keys in hints
	Selected  Ink // the selected row: the only background
	Alarmed   Ink // critical, in the selected row
	Match     Ink // letters that a filter matched
	Marked    Ink // the same letters in the selected row
	Acted     Ink // what people did or noted; numbers that changed

	ascii bool
}

// NewTheme makes the theme for a renderer, whose colour profile decides how many colours there are (none with NO_COLOR); dark says
// what the terminal's background is, ascii that nothing but ASCII is drawn.
func NewTheme(r *lipgloss.Renderer, dark, ascii bool) *Theme {
	p := lightPalette
	if dark {
		p = darkPalette
	}
	ink := func(c lipgloss.CompleteColor) Ink { return newInk(r.NewStyle().Foreground(c)) }
	row := r.NewStyle().Foreground(p.selectedText).Background(p.selectedRow)
	return &Theme{
		Strong:    newInk(r.NewStyle().Bold(true)),
		Secondary: ink(p.grey),
		Critical:  newInk(r.NewStyle().Foreground(p.vermilion).Bold(true)),
		Warning:   ink(p.orange),
		Good:      ink(p.green),
		Focus:     ink(p.blue),
		Selected:  newInk(row),
		Alarmed:   newInk(row.Foreground(p.vermilion).Bold(true)),
		Match:     newInk(r.NewStyle().Foreground(p.blue).Bold(true).Underline(true)),
		Marked:    newInk(row.Bold(true).Underline(true)),
		Acted:     ink(p.purple),
		ascii:     ascii,
	}
}

// palette is the Okabe-Ito set, safe for colour-blind eyes, with fallbacks for 256 and 16 colours.
type palette struct {
	vermilion, orange, green, blue, purple, grey, selectedText, selectedRow lipgloss.CompleteColor
}

func colour(trueColor, ansi256, ansi string) lipgloss.CompleteColor {
	return lipgloss.CompleteColor{TrueColor: trueColor, ANSI256: ansi256, ANSI: ansi}
}

var darkPalette = palette{
	vermilion:    colour("#F0702B", "202", "9"), // #D55E00, lighter to be read on black
	orange:       colour("#E69F00", "214", "3"),
	green:        colour("#009E73", "36", "2"),
	blue:         colour("#56B4E9", "74", "14"),
	purple:       colour("#CC79A7", "175", "13"),
	grey:         colour("#8A8F98", "245", "8"),
	selectedText: colour("#FFFFFF", "231", "15"),
	selectedRow:  colour("#1F4A66", "24", "4"),
}

var lightPalette = palette{
	vermilion:    colour("#B84F00", "130", "1"),
	orange:       colour("#8F6200", "94", "3"),
	green:        colour("#00704F", "29", "2"),
	blue:         colour("#0072B2", "25", "4"),
	purple:       colour("#9C4A78", "132", "5"),
	grey:         colour("#6A7078", "242", "8"),
	selectedText: colour("#000000", "16", "0"),
	selectedRow:  colour("#CFE8F8", "153", "14"),
}

// Ink paints text that holds no escape sequences. The zero Ink leaves it as it is. It is lipgloss's style taken apart once, because rendering
// a style for each span of each frame costs more than everything else in a frame.
type Ink struct{ on, off string }

func newInk(style lipgloss.Style) Ink {
	on, off, _ := strings.Cut(style.Render("x"), "x")
	return Ink{on, off}
}

// Paint returns the text in this ink.
func (i Ink) Paint(text string) string {
	if i.on == "" || text == "" {
		return text
	}
	return i.on + text + i.off
}
