package panes

import (
	"strconv"
	"strings"

	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/ui/draw"
)

// Findings is the pane of what the playbooks see, worst first, each with the key that treats it.
type Findings struct {
	size
	staleness
	found  []playbooks.Finding
	asked  bool // the playbooks were asked; before the first sample they cannot be
	key    func(playbooks.Finding) string
	other  string // what a reader must know where there is no finding; empty: nothing
	cursor cursor
}

// Show takes the findings, worst first; key returns the keys that start a finding's playbook now, for its hint, empty where there are none. other stands there
// where there is no finding; it may be empty. A change that is selected stays so, and where a person is about to run the selected finding (focused) any other does.
func (f *Findings) Show(found []playbooks.Finding, key func(playbooks.Finding) string, other string, focused bool) {
	if selected, ok := f.Selected(); ok && (focused || selected.Leftover != nil) {
		if i := SameFinding(found, selected); i >= 0 {
			f.cursor.at = i
		}
	}
	f.asked, f.found, f.key, f.other = true, found, key, other
	f.cursor.move(0, len(found))
}

// SameFinding finds what is the same finding, with newer figures: the one with the same words, else the only one of its kind. Negative: none is known to be.
func SameFinding(found []playbooks.Finding, f playbooks.Finding) int {
	at, kin := -1, 0
	for i, other := range found {
		switch {
		case f.Leftover != nil || other.Leftover != nil:
			if sameLeftover(f.Leftover, other.Leftover) {
				return i
			}
		case other.Playbook != f.Playbook || other.Action != f.Action || other.Target != f.Target || other.Statement.StatementKey != f.Statement.StatementKey:
		case other.Title == f.Title:
			return i
		default:
			at, kin = i, kin+1
		}
	}
	if kin > 1 {
		return -1
	}
	return at
}

// sameLeftover says whether two findings are about one and the same change, found once or twice.
func sameLeftover(a, b *playbooks.Leftover) bool {
	return a == b || a != nil && b != nil && a.Running != nil && b.Running != nil && a.Running.PID == b.Running.PID
}

// Lines returns how many lines all findings take at this width, their border included, for the layout.
func (f *Findings) Lines(w int) int {
	inner, _ := draw.Inner(w, 3)
	lines := 2
	for i := range f.found {
		lines += len(f.wrapped(i, inner))
	}
	return max(lines, 3)
}

// Move moves the selection by n.
func (f *Findings) Move(n int) { f.cursor.move(n, len(f.found)) }

// Selected returns the selected finding; false where there is none.
func (f *Findings) Selected() (playbooks.Finding, bool) {
	if len(f.found) == 0 {
		return playbooks.Finding{}, false
	}
	return f.found[f.cursor.at], true
}

// findingLine is one line on screen and the finding that it belongs to; a title that is longer than a line goes on below it.
type findingLine struct {
	index, row int
	text       string
}

// onScreen returns the lines that fit in h, the selected finding's first line among them. A title that goes on below the last of them ends in an ellipsis there.
func (f *Findings) onScreen(w, h int) []findingLine {
	var lines []findingLine
	at := cursor{}
	for i := range f.found {
		if i == f.cursor.at {
			at.at = len(lines)
		}
		for row, text := range f.wrapped(i, w) {
			lines = append(lines, findingLine{i, row, text})
		}
	}
	at.offset = at.at
	first, last := at.visible(len(lines), h)
	if last < len(lines) && lines[last].row > 0 {
		lines[last-1].text += " …"
	}
	return lines[first:last]
}

// ClickRow selects the finding drawn at line y of the pane, 0 being its first line; false where there is none.
func (f *Findings) ClickRow(y int) bool {
	w, h := f.inner()
	lines := f.onScreen(w, h)
	row := y - (f.h-h)/2
	if row < 0 || row >= len(lines) {
		return false
	}
	f.cursor.at = lines[row].index
	return true
}

// opens is the key of the selected finding alone.
const opens = "⏎"

// findingMargin is the room for the mark, the glyph and the number.
const findingMargin = 6

func (f *Findings) wrapped(i, w int) []string {
	room := w - findingMargin - draw.Width(f.hint(i))
	if rows := draw.Wrap(f.found[i].Title, max(room, 20)); len(rows) > 0 {
		return rows
	}
	return []string{""}
}

// hint is the key and what it does.
func (f *Findings) hint(i int) string {
	key := f.key(f.found[i])
	if key == "" {
		return ""
	}
	return "  " + key + " " + f.found[i].Action
}

// View returns exactly h lines of w cells.
func (f *Findings) View(t *draw.Theme, focused bool) string {
	w, h := f.inner()
	shown := f.onScreen(w, h)
	var lines []string
	for _, line := range shown {
		lines = append(lines, f.line(t, line, w, focused))
	}
	if len(f.found) == 0 {
		lines = append(lines, t.Secondary.Paint(draw.Fit(f.whyEmpty(), w)))
	}
	return f.box(t, f.size, "findings"+f.more(shown), "", lines, focused)
}

func (f *Findings) whyEmpty() string {
	if !f.asked {
		return "not connected"
	}
	if f.reason != "" {
		return "none when the data were new"
	}
	if f.other != "" {
		return f.other
	}
	return "none now"
}

// more says how many findings stand above and below those on screen.
func (f *Findings) more(shown []findingLine) string {
	if len(shown) == 0 {
		return ""
	}
	text := ""
	if above := shown[0].index; above > 0 {
		text += " · ↑ " + strconv.Itoa(above) + " more"
	}
	if below := len(f.found) - 1 - shown[len(shown)-1].index; below > 0 {
		text += " · ↓ " + strconv.Itoa(below) + " more"
	}
	return text
}

func (f *Findings) line(t *draw.Theme, l findingLine, w int, focused bool) string {
	glyph, ink := severity(t, f.found[l.index].Severity)
	number, mark := strconv.Itoa(l.index+1), " "
	var right []draw.Span
	if l.row > 0 {
		glyph, number = " ", ""
	} else if key := f.key(f.found[l.index]); key != "" {
		if strings.HasSuffix(key, opens) && l.index != f.cursor.at {
			key = draw.Fit("", draw.Width(key)) // that would open another finding
		}
		right = []draw.Span{{Text: "  " + key, Ink: t.Focus}, {Text: " " + f.found[l.index].Action, Ink: t.Secondary}}
	}
	if focused && l.index == f.cursor.at && l.row == 0 {
		mark = "▶"
	}
	number = draw.Fit(number, findingMargin-3)
	left := []draw.Span{{Text: mark, Ink: t.Focus}, {Text: glyph + " ", Ink: ink}, {Text: number, Ink: t.Secondary}, {Text: l.text, Ink: t.Text}}
	return draw.Ends(w, left, right)
}

// severity is a finding's glyph; its colour says the same again.
func severity(t *draw.Theme, s playbooks.Severity) (string, draw.Ink) {
	switch s {
	case playbooks.Critical:
		return "▲", t.Critical
	case playbooks.Warning:
		return "●", t.Warning
	default:
		return "·", t.Secondary
	}
}
