package shape

import (
	"strings"

	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// Explained is a statement that makes such an index, on whatever table, over several lines, with a comment behind each key, in their order, and behind the predicate,
// whose reason stands behind those of the keys; an empty one, or one that is missing, makes no comment. false: it is none that makes such an index.
func (x Index) Explained(create string, why []string) (text string, ok bool) {
	head, ok := strings.CutSuffix(create, x.body())
	on := beginOfOn(head)
	if !ok || !strings.HasPrefix(head, "CREATE ") || on < 0 {
		return "", false
	}
	reason := func(i int) string {
		if i < len(why) {
			return sqltext.CleanLine(why[i])
		}
		return ""
	}
	lines := []line{{text: head[:on-1]}, {text: head[on:] + x.using() + " ("}}
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
	return written(lines), true
}

// beginOfOn is where the table's name begins, with ON; -1: nowhere.
func beginOfOn(head string) int {
	at := 0
	for _, token := range sqltext.Scan(head) {
		if token.Kind == sqltext.Word && token.Text == "ON" {
			return at
		}
		at += len(token.Text)
	}
	return -1
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
