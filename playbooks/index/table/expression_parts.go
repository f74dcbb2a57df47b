package table

import (
	"errors"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// innermost finds the next part of an expression to ask for: a call or an operation whose arguments hold no parentheses, or a cast of a name. False: no part is
// smaller than the whole.
func innermost(tokens []sqltext.Token) (start, end int, found bool) {
	open, typeEnd := -1, -1
	for i := 0; i < len(tokens); i++ {
		switch {
		case tokens[i].Is("::"):
			ofName := i > 0 && i != typeEnd && isName(tokens[i-1])
			typeEnd = sqltext.TypeEnd(tokens, i+1)
			if ofName {
				return i - 1, typeEnd, typeEnd > i+1 && (i > 1 || typeEnd < len(tokens))
			}
			i = max(i, typeEnd-1)
		case tokens[i].Is("("):
			open = i
		case tokens[i].Is(")") && open >= 0:
			start, end = callStart(tokens, open), i+1
			if start == open && end+1 < len(tokens) && tokens[end].Is(".") && isName(tokens[end+1]) {
				end += 2 // a field of what stands in the parentheses
			}
			return start, end, true
		}
	}
	return 0, 0, false
}

// callStart is where the name of the function begins whose arguments open here; open itself where these are only parentheses.
func callStart(tokens []sqltext.Token, open int) int {
	start := open
	for start > 0 && isName(tokens[start-1]) && !isOperatorWord(tokens[start-1]) {
		start--
		if start < 2 || !tokens[start-1].Is(".") {
			break
		}
		start--
	}
	return start
}

func isName(t sqltext.Token) bool { return t.Kind == sqltext.Word || t.Kind == sqltext.QuotedName }

// isOperatorWord says whether a word stands between operands: the server prints keywords in upper case.
func isOperatorWord(t sqltext.Token) bool {
	words := []string{"AND", "OR", "NOT", "IS", "FROM", "FOR", "IN", "AT", "TIME", "ZONE", "DISTINCT", "LIKE", "ESCAPE", "PLACING", "BOTH", "LEADING", "TRAILING"}
	return t.Kind == sqltext.Word && slices.Contains(words, t.Text)
}

// describe describes a type, and knows a constant of it.
func (f *folder) describe(oid uint32) (described, error) {
	if d, ok := f.types[oid]; ok {
		return d, nil
	}
	var d described
	var label string
	err := f.tx.QueryRow(f.ctx, query("table_type", forVersion(f.table.Costs.Version)...), oid).Scan(&d.TypeOID, &d.Type, &d.TypeName, &d.Category, &d.Length, &d.Align,
		&d.Collation, &d.CollatesC, &label)
	if errors.Is(err, pgx.ErrNoRows) {
		return d, errNoKey
	}
	if value := d.neutral(label); value != "" {
		d.constant = sqltext.Literal(value) + "::" + d.Type
	}
	f.types[oid] = d
	return d, err
}

// neutral is a value of a type, as text; empty: none is known. label is one of an enum's.
func (c Column) neutral(label string) string {
	if value, ok := neutralByName[c.TypeName]; ok {
		return value
	}
	if strings.HasSuffix(c.TypeName, "multirange") {
		return "{}"
	}
	if c.Category == "E" {
		return label
	}
	return neutralByCategory[c.Category]
}

// neutralByCategory has a value for the types of each category (pg_type.typcategory).
var neutralByCategory = map[string]string{"A": "{}", "B": "true", "D": "2000-01-01", "I": "10.0.0.0", "N": "1", "R": "empty", "S": "a", "T": "1 day", "V": "1"}

// neutralByName has a value for types that their category says too little of.
var neutralByName = map[string]string{
	"time": "00:00", "timetz": "00:00+00", "json": "{}", "jsonb": "{}", "uuid": "00000000-0000-0000-0000-000000000000", "bytea": `\x00`, "tsvector": "a", "tsquery": "a",
	"macaddr": "08:00:2b:01:02:03", "macaddr8": "08:00:2b:01:02:03:04:05", "xml": "<a/>", "point": "(0,0)", "box": "(1,1),(0,0)", "lseg": "[(0,0),(1,1)]",
	"line": "{1,1,1}", "path": "((0,0),(1,1))", "polygon": "((0,0),(1,1),(1,0))", "circle": "<(0,0),1>", "pg_lsn": "0/0", "hstore": "a=>1", "ltree": "a", "char": "a",
}
