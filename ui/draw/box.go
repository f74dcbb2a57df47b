package draw

import "strings"

// Block returns the text as exactly h lines of w cells each: cut, or padded with blanks.
func Block(text string, w, h int) string {
	if w <= 0 || h <= 0 {
		return ""
	}
	lines := strings.Split(text, "\n")
	var b strings.Builder
	b.Grow(max(len(text), (w+1)*h))
	for i := range h {
		if i > 0 {
			b.WriteByte('\n')
		}
		if i < len(lines) {
			b.WriteString(Fit(lines[i], w))
		} else {
			b.WriteString(blanks(w))
		}
	}
	return b.String()
}

// Inner returns the size of what a Box of w×h has room for.
func Inner(w, h int) (int, int) {
	if !hasBorder(w, h) {
		return max(w, 0), max(h, 0)
	}
	return w - 2 - 2*padding(w), h - 2
}

// padding is the blank beside a border, in boxes that are wide enough for it.
func padding(w int) int {
	if w < 40 {
		return 0
	}
	return 1
}

// hasBorder says whether a box is large enough that a border leaves room for something.
func hasBorder(w, h int) bool { return w >= 6 && h >= 3 }

// Box returns exactly w×h cells: a rounded border with the title in it around the body. The box that has the focus says so by colour and by a mark.
// A box too small for a border shows the body alone.
func Box(t *Theme, title, body string, w, h int, focused bool) string {
	if !hasBorder(w, h) {
		return Block(body, w, h)
	}
	border, name := t.Secondary, t.Text
	if focused {
		border, name, title = t.Focus, t.Focus, "▸ "+title
	}
	innerWidth, innerHeight := Inner(w, h)
	inner := strings.Split(Block(body, innerWidth, innerHeight), "\n")
	side, pad := border.Paint("│"), blanks(padding(w))
	var b strings.Builder
	b.WriteString(topBorder(border, name, title, w))
	for _, line := range inner {
		b.WriteByte('\n')
		b.WriteString(side + pad + line + pad + side)
	}
	b.WriteByte('\n')
	b.WriteString(border.Paint("╰" + strings.Repeat("─", w-2) + "╯"))
	return b.String()
}

func topBorder(border, name Ink, title string, w int) string {
	if title == "" {
		return border.Paint("╭" + strings.Repeat("─", w-2) + "╮")
	}
	title = cut(title, w-5)
	rest := w - 5 - Width(title)
	return border.Paint("╭─") + " " + name.Paint(title) + " " + border.Paint(strings.Repeat("─", rest)+"╮")
}

// SideBySide puts blocks of the same height beside each other, many times cheaper than lipgloss.JoinHorizontal, which measures every line again.
func SideBySide(blocks ...string) string {
	if len(blocks) == 1 {
		return blocks[0]
	}
	split := make([][]string, len(blocks))
	rows, size := 0, 0
	for i, block := range blocks {
		split[i] = strings.Split(block, "\n")
		rows, size = max(rows, len(split[i])), size+len(block)+1
	}
	var b strings.Builder
	b.Grow(size)
	for row := range rows {
		if row > 0 {
			b.WriteByte('\n')
		}
		for _, lines := range split {
			if row < len(lines) {
				b.WriteString(lines[row])
			}
		}
	}
	return b.String()
}

// Bar returns w cells of which share (0 to 1) are filled, to an eighth of a cell.
func Bar(ink, rest Ink, share float64, w int) string {
	if w <= 0 {
		return ""
	}
	eighths := int(min(max(share, 0), 1)*float64(w)*8 + 0.5)
	full, part := eighths/8, eighths%8
	filled := strings.Repeat("█", full)
	if part > 0 {
		filled += string([]rune("▏▎▍▌▋▊▉")[part-1])
		full++
	}
	return ink.Paint(filled) + rest.Paint(strings.Repeat("░", w-full))
}
