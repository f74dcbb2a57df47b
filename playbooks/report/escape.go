package report

import (
	"strings"

	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// md is markdown that is safe to print: whatever came from a server or a person has passed escape, code or fence.
type md string

// special are the characters that could begin markup anywhere in a line: emphasis, code, links, images, HTML, entities, table cells, maths.
const special = "\\`*[]<>|~&$"

// escape makes a text one line of plain words, whatever it holds: no markup, no HTML, no link, no table cell, nobody mentioned.
func escape(text string) md {
	line := strings.TrimSpace(sqltext.CleanLine(text))
	var b strings.Builder
	for i, r := range line {
		switch {
		case strings.ContainsRune(special, r), i == 0 && strings.ContainsRune("-+=#", r), r == '_' && !insideWord(line, i):
			b.WriteByte('\\')
		case r == ':' && strings.HasPrefix(line[i:], "://"), r == '.' && endsWithWWW(line[:i]): // a link
			b.WriteByte('\\')
		case (r == '.' || r == ')') && isNumber(line[:i]) && endsWord(line, i): // an ordered list
			b.WriteByte('\\')
		}
		b.WriteRune(r)
		if r == '@' {
			b.WriteString("<!-- -->") // else it could call a person of that name where the report is pasted
		}
	}
	return md(b.String())
}

// insideWord says whether the underscore at i has a letter or a digit on both sides: there it is no emphasis.
func insideWord(line string, i int) bool {
	return i > 0 && i < len(line)-1 && isWord(line[i-1]) && isWord(line[i+1])
}

func isWord(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

// endsWord says whether nothing or a blank follows the character at i.
func endsWord(line string, i int) bool { return i == len(line)-1 || line[i+1] == ' ' }

func isNumber(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

func endsWithWWW(s string) bool { return strings.HasSuffix(strings.ToLower(s), "www") }

// code shows an identifier as inline code. Text that a code span cannot hold in every place, a table's cell included, is escaped instead.
func code(text string) md {
	line := strings.TrimSpace(sqltext.CleanLine(text))
	if line == "" || strings.ContainsAny(line, "`|\\") {
		return escape(line)
	}
	return md("`" + line + "`")
}

// fence shows a text of any number of lines as a block, between fences longer than any run of backticks inside.
func fence(language, text string) md {
	text = strings.TrimRight(sqltext.Clean(text), "\n \t")
	marks := strings.Repeat("`", max(3, longestRun(text, '`')+1))
	return md(marks + language + "\n" + text + "\n" + marks)
}

func longestRun(text string, of rune) int {
	longest, run := 0, 0
	for _, r := range text {
		if r == of {
			run++
		} else {
			run = 0
		}
		longest = max(longest, run)
	}
	return longest
}
