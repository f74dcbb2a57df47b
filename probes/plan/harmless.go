package plan

import (
	"slices"
	"strings"

	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// Harmless says whether the condition may be computed over rows to count those that meet it: it holds only columns of its own relation, constants, and the server's own
// functions and operators, which compute a value and do nothing else. Its names must be resolved in pg_catalog alone, and its columns' types must be the server's own:
// a type brings operators and casts of its own.
func (c Condition) Harmless() bool {
	if c.Join || castsElsewhere(c.Text) || slices.ContainsFunc(sqltext.Scan(c.Text), func(t sqltext.Token) bool { return t.Text == "OPERATOR" }) {
		return false
	}
	e := readExpression(c.Text)
	return !e.holds(isHarmful) && !e.isOfOthers()
}

// isOfOthers says whether columns of more than one relation stand in it.
func (e *expression) isOfOthers() bool {
	columns := e.columns()
	return slices.ContainsFunc(columns, func(c *expression) bool { return c.qualifier != columns[0].qualifier })
}

func isHarmful(e *expression) bool {
	switch e.form {
	case unknown, param, result:
		return true
	case call:
		costly := slices.Contains(strings.Fields(costlyCalls), e.name)
		return e.name != "" && (costly || !slices.Contains(strings.Fields(steadyCalls), e.name))
	}
	return false
}

// costlyCalls are among steadyCalls those that can take very long for one value, or make a very large one.
const costlyCalls = "exp lpad phraseto_tsquery plainto_tsquery power regexp_replace replace rpad to_tsquery to_tsvector websearch_to_tsquery"
