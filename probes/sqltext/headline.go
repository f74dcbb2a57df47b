package sqltext

import "strings"

// Headline names a statement on one line of at most width characters: white space folded, columns left out (see WithoutColumns), cut with ….
func Headline(statement string, width int) string {
	line := []rune(WithoutColumns(OneLine(statement)))
	if len(line) > width {
		return strings.TrimSpace(string(line[:max(width-1, 0)])) + "…"
	}
	return string(line)
}

// WithoutColumns leaves out the list of columns after SELECT of a statement on one line: it says least about a statement and takes most of
// the line. The statement should be normalised: a constant could hold a parenthesis.
func WithoutColumns(line string) string {
	const verb = "SELECT "
	if len(line) < len(verb) || !strings.EqualFold(line[:len(verb)], verb) {
		return line
	}
	if from := topLevelFrom(line); from > len(verb)+1 {
		return line[:len(verb)] + "…" + line[from:]
	}
	return line
}

// topLevelFrom finds the blank before the first FROM outside parentheses; -1 where there is none.
func topLevelFrom(line string) int {
	const word = " from "
	depth := 0
	for i := range len(line) - len(word) {
		switch {
		case line[i] == '(':
			depth++
		case line[i] == ')':
			depth--
		case depth == 0 && line[i] == ' ' && strings.EqualFold(line[i:i+len(word)], word):
			return i
		}
	}
	return -1
}
