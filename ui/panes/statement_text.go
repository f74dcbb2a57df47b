package panes

import (
	"strconv"

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

// brief is full without the list of columns.
func (t *texts) brief(l probes.StatementLoad) string { return sqltext.WithoutColumns(t.full(l)) }

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
