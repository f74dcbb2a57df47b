package advise

import (
	"fmt"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// page is a text of lines of at most width cells, where the words allow it.
type page struct {
	strings.Builder
	width int
}

// line writes a line, harmless for a terminal, without blanks at its end.
func (b *page) line(text string) { fmt.Fprintln(b, strings.TrimRight(sqltext.Clean(text), " ")) }

// blank writes an empty line, where there is none yet.
func (b *page) blank() {
	if !strings.HasSuffix(b.String(), "\n\n") {
		b.WriteByte('\n')
	}
}

// block writes lines as they are, each indented.
func (b *page) block(indent, text string) {
	for line := range strings.SplitSeq(strings.TrimRight(text, "\n"), "\n") {
		b.line(indent + line)
	}
}

func (b *page) paragraph(indent, text string) { b.hanging(indent, indent, text) }

// hanging writes words over as many lines as they need, each word whole.
func (b *page) hanging(first, rest, text string) {
	text = sqltext.CleanLine(text)
	line, empty := first, true
	for word := range strings.FieldsSeq(text) {
		switch {
		case empty:
			line += word
		case ansi.StringWidth(line)+1+ansi.StringWidth(word) > b.width:
			b.line(line)
			line = rest + word
		default:
			line += " " + word
		}
		empty = false
	}
	b.line(line)
}

// figure writes a row of the table of figures, with its note where there is room for it.
func (b *page) figure(label, now, then, note string) (noted bool) {
	row := fmt.Sprintf("  %-10s %12s %12s", label, now, then)
	if noted = ansi.StringWidth(row+"   "+note) <= b.width; noted {
		row += "   " + note
	}
	b.line(row)
	return noted
}
