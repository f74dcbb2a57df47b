package others

import (
	"slices"
	"strings"

	"github.com/pgmedic/pgmedic/playbooks/index/price"
	"github.com/pgmedic/pgmedic/playbooks/index/table"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// Updates is which columns of the table the statements set.
func (s Statements) Updates(t *table.Table) price.Updates {
	u := price.Updates{Known: s.All, Columns: map[string]int64{}}
	for _, one := range s.List {
		for _, column := range assigned(one.Text, t) {
			u.Columns[column] += one.Calls
		}
	}
	return u
}

// assigned are the columns that a statement's SET lists for the table name: of UPDATE, INSERT … ON CONFLICT DO UPDATE and MERGE.
func assigned(text string, t *table.Table) []string {
	var tokens []sqltext.Token
	for _, token := range sqltext.Scan(text) {
		if token.Kind != sqltext.Space && token.Kind != sqltext.Comment {
			tokens = append(tokens, token)
		}
	}
	var columns []string
	for i, token := range tokens {
		if isWord(token, "SET") && updates(tokens[:i], t) {
			columns = append(columns, setList(tokens[i+1:])...)
		}
	}
	slices.Sort(columns)
	return slices.Compact(columns)
}

func isWord(token sqltext.Token, words ...string) bool {
	return token.Kind == sqltext.Word && slices.Contains(words, strings.ToUpper(token.Text))
}

// updates says whether the SET behind these tokens belongs to an UPDATE of the table. UPDATE SET, of INSERT and MERGE, does not name it.
func updates(before []sqltext.Token, t *table.Table) bool {
	for i := len(before) - 1; i >= 0; i-- {
		switch {
		case isWord(before[i], "UPDATE"):
			named := join(before[i+1:])
			return named == "" || names(named, t)
		case before[i].Is("(") || before[i].Is(";"):
			return false
		}
	}
	return false
}

func join(tokens []sqltext.Token) string {
	texts := make([]string, len(tokens))
	for i, token := range tokens {
		texts[i] = token.Text
	}
	return strings.Join(texts, " ")
}

// setList reads column = value, (column, column) = (…), up to the end of the list.
func setList(tokens []sqltext.Token) []string {
	var columns []string
	depth, target := 0, true
	for _, token := range tokens {
		switch {
		case token.Is("(") || token.Is("["):
			depth++
		case token.Is(")") || token.Is("]"):
			depth--
		case target && token.Is("="):
			target = false
		case target && depth <= 1 && (token.Kind == sqltext.Word || token.Kind == sqltext.QuotedName):
			columns = append(columns, sqltext.Names(token.Text)[0].Name)
		case depth == 0 && token.Is(","):
			target = true
		case depth == 0 && isWord(token, "FROM", "WHERE", "RETURNING", "WHEN"):
			return columns
		}
		if depth < 0 {
			return columns
		}
	}
	return columns
}
