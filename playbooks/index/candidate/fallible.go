package candidate

import (
	"slices"
	"strings"

	"github.com/pgmedic/pgmedic/playbooks/index/shape"
	"github.com/pgmedic/pgmedic/playbooks/index/table"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// CanFail says whether an expression may be one that a row makes fail, as (data ->> 'age')::integer does where the text is no number: by a cast of what may not
// convert, or a division by what may be 0. An index on it cannot be built where one row of the table does, and refuses such rows ever after.
func CanFail(t *table.Table, k shape.Key) bool {
	tokens := sqltext.Solid(k.Expression)
	return hasFailingCast(t, k, tokens) || hasDivision(tokens)
}

// warnOfFailures says of each expression that a row can make fail what that means.
func (c *Candidate) warnOfFailures(t *table.Table) {
	for _, x := range append([]shape.Index{c.Index}, c.More...) {
		for _, k := range x.Keys {
			if CanFail(t, k) {
				c.warn("a row for which " + k.Expression + " fails makes the build fail, and can no longer be written once the index is there")
			}
		}
	}
}

// hasFailingCast says whether one of the casts, those of constants apart, makes another type of a value than one that has room for all.
func hasFailingCast(t *table.Table, k shape.Key, tokens []sqltext.Token) bool {
	for i, token := range tokens {
		if !token.Is("::") || i == 0 || tokens[i-1].Kind == sqltext.String || tokens[i-1].Kind == sqltext.Number {
			continue
		}
		to := ""
		for _, word := range tokens[i+1 : max(sqltext.TypeEnd(tokens, i+1), i+1)] {
			to += word.Text + " "
		}
		fits := func(name string) bool { return hasRoom(strings.TrimSpace(to), t.Columns[name]) }
		if slices.ContainsFunc(k.Columns, func(name string) bool { return !fits(name) }) {
			return true
		}
	}
	return false
}

// hasRoom says whether a type has a value for each value of a column, and for each that arithmetic makes of it.
func hasRoom(to string, column table.Column) bool {
	if base, _, limited := strings.Cut(to, " ("); limited && base == "character varying" {
		to = base
	}
	switch to {
	case "text", "character varying", "bpchar":
		return true // a length only shortens
	case "numeric", "double precision":
		return column.Category == "N"
	case "bigint", "integer":
		numbers := []string{"int2", "int4", "int8"}[:map[string]int{"integer": 2, "bigint": 3}[to]]
		return column.Category == "B" || slices.Contains(numbers, column.TypeName)
	case "date", "timestamp without time zone", "time without time zone":
		return column.Category == "D"
	case "inet":
		return column.TypeName == "cidr"
	case "jsonb":
		return column.Category == "N" || column.TypeName == "jsonb"
	}
	return false
}

// hasDivision says whether something else than a number divides.
func hasDivision(tokens []sqltext.Token) bool {
	for i, token := range tokens {
		divides := token.Kind == sqltext.Operator && (token.Text == "/" || token.Text == "%")
		if divides && i+1 < len(tokens) && tokens[i+1].Kind != sqltext.Number && tokens[i+1].Kind != sqltext.String {
			return true
		}
	}
	return false
}
