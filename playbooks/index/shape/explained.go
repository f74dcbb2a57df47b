package shape

import (
	"strings"

	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// Explained is the statement that builds the index CONCURRENTLY, over several lines, with a comment behind each key, in their order, and behind the predicate, whose
// reason stands behind those of the keys; an empty one, or one that is missing, makes no comment.
func (x Index) Explained(name string, why []string) string {
	reason := func(i int) string {
		if i < len(why) {
			return sqltext.CleanLine(why[i])
		}
		return ""
	}
	lines := []line{{text: "CREATE " + x.unique() + "INDEX CONCURRENTLY " + sqltext.Ident(name)}, {text: "ON " + x.on() + x.using() + " ("}}
	var keys []line
	for i, k := range x.Keys {
		comma := ","
		if i == len(x.Keys)-1 {
			comma = ""
		}
		keys = append(keys, line{"  " + k.SQL() + comma, reason(i)})
	}
	lines = append(lines, aligned(keys)...)
	lines = append(lines, line{text: ")"})
	if tail := x.tail(); tail != "" {
		lines[len(lines)-1].text += tail
	}
	if len(x.Where) > 0 {
		lines = append(lines, line{"WHERE " + x.Predicate(), reason(len(x.Keys))})
	}
	lines[len(lines)-1].text += ";"
	return written(lines)
}

// line is a line of SQL with its comment.
type line struct{ text, comment string }

// aligned makes the comments of some lines begin in one column.
func aligned(lines []line) []line {
	widest := 0
	for _, l := range lines {
		widest = max(widest, len([]rune(l.text)))
	}
	for i, l := range lines {
		if l.comment != "" {
			lines[i].text += strings.Repeat(" ", widest-len([]rune(l.text)))
		}
	}
	return lines
}

func written(lines []line) string {
	texts := make([]string, len(lines))
	for i, l := range lines {
		texts[i] = l.text
		if l.comment != "" {
			texts[i] += "  -- " + l.comment
		}
	}
	return strings.Join(texts, "\n")
}
