package panes

import (
	"strconv"
	"strings"

	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// texts keeps the statements' texts on one line, by query id.
type texts map[int64]string

// longestText is where a text is cut, in bytes: a row has no room for more, and a filter no time.
const longestText = 2000

// full is a statement on one line.
func (t *texts) full(l probes.StatementLoad) string {
	if l.Text == "" {
		return "query " + strconv.FormatInt(l.QueryID, 10) + " (text not known)"
	}
	if line, known := (*t)[l.QueryID]; known {
		return line
	}
	line := cutBytes(sqltext.OneLine(l.Text), longestText)
	if *t == nil {
		*t = texts{}
	}
	(*t)[l.QueryID] = line
	return line
}

// brief is full without the list of columns after SELECT, which says least about a statement and takes most of its row.
func (t *texts) brief(l probes.StatementLoad) string {
	const verb = "SELECT "
	line := t.full(l)
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

// cutBytes cuts a text to at most n bytes, at a character's border.
func cutBytes(s string, n int) string {
	if len(s) <= n {
		return s
	}
	end := 0
	for i := range s {
		if i > n {
			break
		}
		end = i
	}
	return s[:end]
}
