package candidate

import (
	"slices"
	"strings"

	"github.com/pgmedic/pgmedic/probes/plan"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// spoken says whether the constants in a text that the server printed are the statement's own: they stand in it, or callers have them. A value that
// was made up for a parameter shows in the plan like a constant, and an index made of it would serve no query. Where none was made up all are taken
// for the statement's, as those of a view that it reads are; else what does not stand in the statement is not known to be.
func (a *asked) spoken(text string) bool {
	if a.Statement == "" || !slices.ContainsFunc(a.Parameters, isMadeUp) {
		return true
	}
	own := constantsIn(a.Statement)
	for _, p := range a.Parameters {
		if !isMadeUp(p) && p.Value != nil {
			own = append(own, plainConstant(*p.Value))
		}
	}
	tokens := sqltext.Solid(text)
	for i := 0; i < len(tokens); i++ {
		if tokens[i].Text == "::" {
			i = max(sqltext.TypeEnd(tokens, i+1)-1, i) // the numbers of numeric(10,2) are its type's
			continue
		}
		if value, ok := constantOf(tokens[i]); ok && !slices.Contains(own, value) {
			return false
		}
	}
	return true
}

// isMadeUp says whether a parameter's value is none that callers are known to ask for.
func isMadeUp(p plan.Parameter) bool { return p.From != plan.FromGiven && p.From != plan.FromHeavy }

// constantsIn are the constants and the words of a statement: a field of EXTRACT is a word there and may be printed as a constant.
func constantsIn(statement string) []string {
	var all []string
	for _, t := range sqltext.Solid(statement) {
		if value, ok := constantOf(t); ok {
			all = append(all, value)
		} else if t.Kind == sqltext.Word {
			all = append(all, strings.ToLower(t.Text))
		}
	}
	return all
}

// constantOf is the value of a token that is a constant.
func constantOf(t sqltext.Token) (string, bool) {
	word := t.Is("true") || t.Is("false") || t.Is("NULL")
	switch {
	case t.Kind == sqltext.String || t.Kind == sqltext.Number:
		return plainConstant(constantText(t.Text)), true
	case t.Kind == sqltext.Word && word:
		return strings.ToLower(t.Text), true
	}
	return "", false
}

// plainConstant is a constant without its sign, which may stand before it or within.
func plainConstant(text string) string { return strings.ToLower(strings.TrimPrefix(text, "-")) }
