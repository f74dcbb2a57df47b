// Package markdown makes texts from a server or a person safe to print in markdown: whatever they hold, they stay plain words, inline code or a block.
package markdown

import (
	"strings"

	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// Text is markdown that is safe to print: whatever came from a server or a person has passed Escape, Code or Fence.
type Text string

// special are the characters that could begin markup anywhere in a line: emphasis, code, links, images, HTML, entities, table cells, maths.
const special = "\\`*[]<>|~&$"

// Escape makes a text one line of plain words, whatever it holds: no markup, no HTML, no link, no table cell, nobody mentioned.
func Escape(text string) Text {
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
	return Text(b.String())
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

// Code shows an identifier as inline code. Text that a code span cannot hold in every place, a table's cell included, is escaped instead.
func Code(text string) Text {
	line := strings.TrimSpace(sqltext.CleanLine(text))
	if line == "" || strings.ContainsAny(line, "`|\\") {
		return Escape(line)
	}
	return Text("`" + line + "`")
}

// Fence shows a text of any number of lines as a block, between fences longer than any run of backticks inside.
func Fence(language, text string) Text {
	text = strings.TrimRight(sqltext.Clean(text), "\n \t")
	marks := strings.Repeat("`", max(3, longestRun(text, '`')+1))
	return Text(marks + language + "\n" + text + "\n" + marks)
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
