package candidate

import (
	"cmp"

	"github.com/pgmedic/pgmedic/playbooks/index/shape"
	"github.com/pgmedic/pgmedic/playbooks/index/table"
	"github.com/pgmedic/pgmedic/probes/plan"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// collation is the collation that a condition on a column compares by, as SQL; empty: the column's own. The server does not print every COLLATE in a plan,
// so that the statement's words count too.
func (a *asked) collation(c plan.Condition) string {
	column := a.Table.Columns[c.Column]
	switch {
	case column.Collation == "" || kind(c) == plan.Prefix || kind(c) == plan.Search:
		return "" // an operator class serves LIKE whatever the collation
	case c.Collation == "":
		return a.spokenCollation(c)
	}
	return c.Collation
}

// isOtherCollation says whether a condition on a key's column compares by another collation than the key is sorted by.
func (a *asked) isOtherCollation(c plan.Condition, k shape.Key) bool {
	of := a.collation(c)
	return of != "" && of != cmp.Or(k.Collation, a.Table.Columns[c.Column].Collation)
}

// isCollated says whether the cast that a plan prints is none but a COLLATE.
func isCollated(c plan.Condition, column table.Column) bool {
	return column.Collation != "" && c.Cast == column.Type
}

// spokenCollation finds what compares a column by a collation in the statement: column COLLATE name operator, or column operator value COLLATE name.
func (a *asked) spokenCollation(c plan.Condition) string {
	tokens := sqltext.Solid(a.Statement)
	for i, t := range tokens {
		if !t.Is("COLLATE") || i+1 == len(tokens) || !isName(tokens[i+1]) || isTokenAt(tokens, i+2, ".") {
			continue
		}
		at := i - 1
		if !isOperatorAt(tokens, i+2) {
			at = i - 3 // the column, an operator, the value
		}
		if at >= 0 && (at == i-1 || isOperatorAt(tokens, at+1)) && isName(tokens[at]) && folded(tokens[at]) == c.Column {
			return sqltext.Ident(folded(tokens[i+1]))
		}
	}
	return ""
}

func isTokenAt(tokens []sqltext.Token, i int, text string) bool {
	return i < len(tokens) && tokens[i].Is(text)
}

func isOperatorAt(tokens []sqltext.Token, i int) bool {
	return i < len(tokens) && tokens[i].Kind == sqltext.Operator && !tokens[i].Is("::")
}
