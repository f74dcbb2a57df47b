package plan

import (
	"strings"

	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// QualifyOperators writes OPERATOR(schema.->) for the operators in the plan's expressions for which schemaOf has a schema, quoted as SQL. left and right are the types of
// what the operator stands between, where that is a column or a constant and its type is outside of pg_catalog; else empty. typeOf is the type of a column, which the
// plan names with the alias of its relation or without.
func (p *Plan) QualifyOperators(typeOf func(alias, column string) string, schemaOf func(operator, left, right string) string) {
	p.eachExpression(func(text string) string {
		tokens := sqltext.Scan(text)
		for _, m := range mentions(tokens) {
			if t := tokens[m.at]; m.Kind == OperatorName && t.Text == m.Name.Name {
				left, right := typeBefore(tokens[:m.at], typeOf), typeBehind(tokens[m.at+1:], typeOf)
				if schema := schemaOf(t.Text, left, right); schema != "" {
					tokens[m.at].Text = "OPERATOR(" + schema + "." + t.Text + ")"
				}
			}
		}
		var b strings.Builder
		for _, t := range tokens {
			b.WriteString(t.Text)
		}
		return b.String()
	})
}

// typeBefore is the type of the column or the cast that the tokens end with.
func typeBefore(tokens []sqltext.Token, typeOf func(alias, column string) string) string {
	for len(tokens) > 0 && tokens[len(tokens)-1].Kind == sqltext.Space {
		tokens = tokens[:len(tokens)-1]
	}
	start := len(tokens)
	for start > 0 && (isName(tokens[start-1]) || tokens[start-1].Is(".")) {
		start--
	}
	switch path := tokens[start:]; {
	case start > 0 && tokens[start-1].Is("::"):
		return castType(path)
	case start > 0 && tokens[start-1].Is("("):
		return columnType(path, typeOf)
	}
	return ""
}

// typeBehind is the type of the column or the constant that the tokens begin with, up to the end of the parentheses.
func typeBehind(tokens []sqltext.Token, typeOf func(alias, column string) string) string {
	for len(tokens) > 0 && tokens[0].Kind == sqltext.Space {
		tokens = tokens[1:]
	}
	isCast := len(tokens) > 1 && tokens[0].Kind == sqltext.String && tokens[1].Is("::")
	if isCast {
		tokens = tokens[2:]
	}
	end := 0
	for end < len(tokens) && (isName(tokens[end]) || tokens[end].Is(".")) {
		end++
	}
	switch {
	case end == len(tokens) || !tokens[end].Is(")"):
		return ""
	case isCast:
		return castType(tokens[:end])
	}
	return columnType(tokens[:end], typeOf)
}

// columnType is the type of column or alias.column.
func columnType(path []sqltext.Token, typeOf func(alias, column string) string) string {
	switch len(path) {
	case 1:
		return typeOf("", unquote(path[0].Text))
	case 3:
		return typeOf(unquote(path[0].Text), unquote(path[2].Text))
	}
	return ""
}

// castType is schema.type; empty: a type of pg_catalog's has no schema.
func castType(path []sqltext.Token) string {
	if len(path) != 3 {
		return ""
	}
	return path[0].Text + path[1].Text + path[2].Text
}
