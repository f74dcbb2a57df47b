package sqltext

import "strings"

// Bare takes away the parentheses around the whole of an expression.
func Bare(text string) string {
	text = strings.TrimSpace(text)
	for len(text) > 1 && text[0] == '(' && closes(text) {
		text = strings.TrimSpace(text[1 : len(text)-1])
	}
	return text
}

// closes says whether the parenthesis that opens a text is closed by its last character.
func closes(text string) bool {
	depth, at := 0, 0
	for _, t := range Scan(text) {
		at += len(t.Text)
		switch {
		case t.Is("("):
			depth++
		case t.Is(")"):
			depth--
		}
		if depth == 0 {
			return at == len(text)
		}
	}
	return false
}
