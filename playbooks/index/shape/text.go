package shape

import (
	"slices"
	"strings"

	"github.com/pgmedic/pgmedic/probes/plan"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// Bare takes away the parentheses around the whole of an expression.
func Bare(text string) string { return sqltext.Bare(text) }

// normal words an expression in one way: without the schemas of operators, which a plan need not have, without the parentheses around it, with single blanks, and without ::text behind a constant, which is what a constant is
// anyway beside a text.
func normal(expression string) string {
	tokens := sqltext.Solid(Bare(sqltext.PlainOperators(expression)))
	var words []string
	for i := 0; i < len(tokens); i++ {
		words = append(words, tokens[i].Text)
		if tokens[i].Kind == sqltext.String && i+2 < len(tokens) && tokens[i+1].Text == "::" && tokens[i+2].Text == "text" &&
			(i+3 == len(tokens) || !tokens[i+3].Is("[")) {
			i += 2
		}
	}
	return strings.Join(words, " ")
}

// printed is a condition as the server printed it, but for its qualifiers.
func printed(c plan.Condition) string { return normal(unqualified(c.Text, c.Qualifier)) }

// canonical words a condition on one relation in one way, whether the server printed it for a predicate or for a plan.
func canonical(c plan.Condition) string {
	column := sqltext.Ident(c.Column)
	switch {
	case c.Kind == plan.IsNull && c.Column != "" && c.Cast == "":
		return column + " IS NULL"
	case c.Kind == plan.IsNotNull && c.Column != "" && c.Cast == "":
		return column + " IS NOT NULL"
	case c.Kind == plan.Boolean && c.Column != "" && !isTest(c.Text) && c.Negated:
		return "NOT " + column
	case c.Kind == plan.Boolean && c.Column != "" && !isTest(c.Text):
		return column
	case (c.Kind == plan.Equality || c.Kind == plan.Range) && c.Column != "" && !c.Join:
		return column + " " + c.Cast + " " + normal(c.Collation) + " " + c.Op + " " + normal(c.Value)
	}
	text := printed(c)
	if c.Kind != plan.AnyOf && c.Kind != plan.NotEqual || c.Join || c.Column == "" {
		return text
	}
	if elements, ok := elements(c.Value); ok {
		slices.Sort(elements)
		return string(c.Kind) + " " + column + " " + c.Cast + " " + c.Collation + " " + strings.Join(slices.Compact(elements), " , ")
	}
	return text
}

// isTest says whether a condition is IS TRUE or IS FALSE, which the planner does not take for the column itself.
func isTest(text string) bool {
	text = Bare(text)
	return strings.HasSuffix(text, " IS TRUE") || strings.HasSuffix(text, " IS FALSE")
}

// unqualified takes the qualifier away from the columns of a condition.
func unqualified(text, qualifier string) string {
	if qualifier == "" {
		return text
	}
	before := sqltext.Ident(qualifier) + "."
	var b strings.Builder
	tokens := sqltext.Scan(text)
	for i := 0; i < len(tokens); i++ {
		isName := i+2 < len(tokens) && tokens[i].Text+tokens[i+1].Text == before
		if isName && (i == 0 || tokens[i-1].Text != ".") && (i+3 == len(tokens) || tokens[i+3].Text != "(") {
			i++
			continue
		}
		b.WriteString(tokens[i].Text)
	}
	return b.String()
}

// literal reads a constant as the server prints it, with its casts; false where it is anything else. kind is the type that was named last, empty for a number or a
// boolean without one.
func literal(value string) (text, kind string, ok bool) {
	tokens := sqltext.Solid(value)
	tokens = slices.DeleteFunc(tokens, func(t sqltext.Token) bool { return t.Is("(") || t.Is(")") })
	if len(tokens) > 1 && tokens[0].Text == "-" && tokens[1].Kind == sqltext.Number {
		tokens[1].Text = "-" + tokens[1].Text
		tokens = tokens[1:]
	}
	if len(tokens) == 0 || tokens[0].Text != "true" && tokens[0].Text != "false" && tokens[0].Kind != sqltext.Number && tokens[0].Kind != sqltext.String {
		return "", "", false
	}
	text, ok = unquoted(tokens[0].Text)
	for at := 1; ok && at < len(tokens); {
		end := sqltext.TypeEnd(tokens, at+1)
		if tokens[at].Text != "::" || end == at+1 {
			return "", "", false
		}
		kind = sqltext.OneLine(sqltext.Joined(tokens[at+1 : end]))
		at = end
	}
	return text, kind, ok
}

// unquoted is what a constant stands for; false where it is written with escapes.
func unquoted(constant string) (string, bool) {
	if !strings.HasSuffix(constant, "'") {
		return constant, true
	}
	if len(constant) < 2 || constant[0] != '\'' {
		return "", false
	}
	return strings.ReplaceAll(constant[1:len(constant)-1], "''", "'"), true
}

// elements reads the constants of an array as the server prints it: '{a,b}'::text[] or ARRAY['a'::text, 'b'::text], with casts; false where it is anything else, or
// has an element that is NULL, empty or quoted.
func elements(value string) ([]string, bool) {
	tokens := slices.DeleteFunc(sqltext.Solid(value), func(t sqltext.Token) bool { return t.Is("(") || t.Is(")") })
	if len(tokens) > 0 && tokens[0].Kind == sqltext.String {
		return braced(tokens[0].Text)
	}
	if len(tokens) < 3 || !tokens[0].Is("ARRAY") || !tokens[1].Is("[") {
		return nil, false
	}
	var all []string
	for at := 2; at < len(tokens); {
		end := at + slices.IndexFunc(tokens[at:], func(t sqltext.Token) bool { return t.Is(",") || t.Is("]") })
		if end < at {
			return nil, false
		}
		one, _, ok := literal(sqltext.Joined(tokens[at:end]))
		if !ok {
			return nil, false
		}
		all = append(all, one)
		if tokens[end].Is("]") {
			return all, true
		}
		at = end + 1
	}
	return nil, false
}

// braced reads the elements of an array's own notation.
func braced(constant string) ([]string, bool) {
	text, ok := unquoted(constant)
	inner, opened := strings.CutPrefix(text, "{")
	inner, closed := strings.CutSuffix(inner, "}")
	if !ok || !opened || !closed || inner == "" || strings.ContainsAny(inner, `{}"\`) {
		return nil, false
	}
	all := strings.Split(inner, ",")
	return all, !slices.Contains(all, "NULL")
}
