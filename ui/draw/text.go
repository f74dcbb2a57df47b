package draw

import (
	"strings"

	"github.com/charmbracelet/x/ansi"
)

// Width is how many cells the text takes on one line; escape sequences take none.
func Width(s string) int {
	if isPlain(s) {
		return len(s)
	}
	return ansi.StringWidth(s)
}

// isPlain says whether every byte is a printable ASCII character and so takes one cell.
func isPlain(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// Fit returns the text in exactly w cells of one line: cut with an ellipsis or padded with blanks on the right.
func Fit(s string, w int) string {
	s = cut(s, w)
	return s + blanks(w-Width(s))
}

// Right returns the text in exactly w cells, padded on the left.
func Right(s string, w int) string {
	s = cut(s, w)
	return blanks(w-Width(s)) + s
}

func cut(s string, w int) string {
	if w <= 0 {
		return ""
	}
	s = singleLine.Replace(s)
	if Width(s) <= w {
		return s
	}
	return shorten(s, w)
}

// shorten returns at most w cells of a text that goes on after them, the last one an ellipsis.
func shorten(s string, w int) string {
	if isPlain(s) && len(s) >= w {
		return s[:w-1] + "…"
	}
	return ansi.Truncate(s+"…", w, "…")
}

// singleLine takes out what would break a line or has no width of its own; texts that come from a server were cleaned of other controls.
var singleLine = strings.NewReplacer("\n", " ", "\r", " ", "\t", " ")

func blanks(n int) string { return strings.Repeat(" ", max(n, 0)) }

// Wrap breaks the text into lines of at most w cells: between words where it can, inside a word that is longer than a line. Its own newlines stay.
func Wrap(s string, w int) []string {
	if w <= 0 || s == "" {
		return nil
	}
	s = strings.NewReplacer("\r", "", "\t", "    ").Replace(s)
	const keepBlanks = true
	return strings.Split(ansi.Hardwrap(ansi.Wrap(s, w, ""), w, keepBlanks), "\n") // Wrap alone leaves rows too long that begin with blanks
}

// Span is a piece of a line in one ink. Its text holds no escape sequences.
type Span struct {
	Text string
	Ink  Ink
}

// Line returns the spans one after the other in exactly w cells, cut with an ellipsis or padded.
func Line(w int, spans ...Span) string {
	var b strings.Builder
	left := w
	for i, span := range spans {
		text := singleLine.Replace(span.Text)
		width := Width(text)
		if width > left || (width == left && left > 0 && hasText(spans[i+1:])) {
			if left > 0 {
				text = shorten(text, left)
				b.WriteString(span.Ink.Paint(text))
				left -= Width(text)
			}
			break
		}
		b.WriteString(span.Ink.Paint(text))
		left -= width
	}
	b.WriteString(blanks(left))
	return b.String()
}

func hasText(spans []Span) bool {
	for _, s := range spans {
		if strings.TrimSpace(s.Text) != "" {
			return true
		}
	}
	return false
}

// Ends returns a line of exactly w cells with spans at its left and at its right end. Where there is no room for both, the left is cut.
func Ends(w int, left, right []Span) string {
	need := SpansWidth(right)
	if need == 0 || need > w {
		return Line(w, left...)
	}
	return Line(w-need, left...) + Line(need, right...)
}

// SpansWidth is how many cells the spans take.
func SpansWidth(spans []Span) int {
	w := 0
	for _, s := range spans {
		w += Width(s.Text)
	}
	return w
}

// Repaint returns the block in one ink: what it was painted in before is taken out.
func Repaint(ink Ink, block string) string {
	lines := strings.Split(ansi.Strip(block), "\n")
	for i := range lines {
		lines[i] = ink.Paint(lines[i])
	}
	return strings.Join(lines, "\n")
}
