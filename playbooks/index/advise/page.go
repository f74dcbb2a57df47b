package advise

import (
	"fmt"
	"math"
	"strconv"
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

// cost writes a cost in the planner's units, with a digit behind the point where it is small.
func cost(units float64) string {
	if units < 1000 {
		return strconv.FormatFloat(units, 'f', 1, 64)
	}
	return count(units)
}

// count writes a number of things with thousands apart, for example 150,006.
func count(n float64) string {
	digits := strconv.FormatFloat(math.Round(n), 'f', 0, 64)
	for at := len(digits) - 3; at > 0; at -= 3 {
		digits = digits[:at] + "," + digits[at:]
	}
	return digits
}

// size writes bytes in the unit that leaves one to three digits before the point.
func size(bytes float64) string {
	units := []string{"bytes", "kB", "MB", "GB", "TB"}
	at := 0
	for ; bytes >= 1000 && at < len(units)-1; at++ {
		bytes /= 1024
	}
	return fmt.Sprintf("%.3g %s", bytes, units[at])
}
