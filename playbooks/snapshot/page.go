package snapshot

import (
	"strings"

	"github.com/charmbracelet/x/ansi"
)

// page is plain text of a given width: words and blanks, nothing drawn, so that a screen reader and a pipe get the same.
type page struct {
	width int
	ascii bool // write the characters that are no names or statements in ASCII
	lines []string
}

// inASCII is how the characters that are not in ASCII are written there.
var inASCII = strings.NewReplacer("…", "...", "×", "x")

func (p *page) plain(text string) string {
	if p.ascii {
		return inASCII.Replace(text)
	}
	return text
}

// labelWidth is where the text of an item begins.
const labelWidth = 14

// line adds a text, folded at the page's width; what is folded hangs under the indent.
func (p *page) line(indent int, text string) { p.hang(strings.Repeat(" ", indent), indent+2, text) }

// item adds a named line.
func (p *page) item(label, text string) {
	if text == "" {
		return
	}
	p.hang("  "+label+strings.Repeat(" ", max(labelWidth-2-len(label), 1)), labelWidth, text)
}

// more says how many of a list are not shown.
func (p *page) more(indent, total, shown int, thing string) {
	if words := moreWords(total, shown, thing); words != "" {
		p.line(indent, words)
	}
}

// section begins a part of the page.
func (p *page) section(title, note string) {
	p.lines = append(p.lines, "")
	if note != "" {
		title += ": " + note
	}
	p.line(0, title)
}

func (p *page) hang(prefix string, indent int, text string) {
	for i, part := range fold(p.plain(text), max(p.width-indent, 20)) {
		if i > 0 {
			prefix = strings.Repeat(" ", indent)
		}
		p.lines = append(p.lines, strings.TrimRight(prefix+part, " "))
	}
}

// fold breaks a text into lines at its blanks; only a word that is longer than a line is broken itself.
func fold(text string, width int) []string {
	var lines []string
	line := ""
	for i, word := range strings.Split(text, " ") {
		if i > 0 && ansi.StringWidth(line)+1+ansi.StringWidth(word) <= width {
			line += " " + word
			continue
		}
		if i > 0 {
			lines = append(lines, line)
		}
		pieces := strings.Split(ansi.Hardwrap(word, width, true), "\n")
		lines = append(lines, pieces[:len(pieces)-1]...)
		line = pieces[len(pieces)-1]
	}
	return append(lines, line)
}

func (p *page) String() string { return strings.Join(p.lines, "\n") + "\n" }

// columns puts cells under each other, numbers at the right; the last one takes what is left of the width and is cut.
func (p *page) columns(rows [][]string) {
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			row[i] = p.plain(cell)
			widths[i] = max(widths[i], ansi.StringWidth(row[i]))
		}
	}
	last := len(widths) - 1
	for _, row := range rows {
		var b strings.Builder
		for i, cell := range row[:last] {
			b.WriteString("  " + strings.Repeat(" ", widths[i]-ansi.StringWidth(cell)) + cell)
		}
		left := max(p.width-ansi.StringWidth(b.String())-2, 20)
		b.WriteString("  " + ansi.Truncate(row[last], left, p.plain("…")))
		p.lines = append(p.lines, strings.TrimRight(b.String(), " "))
	}
}
