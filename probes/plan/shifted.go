package plan

import (
	"slices"
	"strings"
)

// Shifted says whether an expression that the server printed moves what is in a column by a number or a moment, or is one multiplied by a number:
// abs(amount - 500.55), (amount * 1.19). As a rule that is a value of the call, and the next call has another. A distance in time (interval), and
// numbers that weigh columns against each other, (year * 100) + month, are taken to belong to the expression.
func Shifted(text string) bool {
	e := readExpression(text)
	return e.isBy("*", "/") || e.holds(func(part *expression) bool { return part.isBy("+", "-") })
}

// isBy says whether an expression is one of the operations with a number or a moment on one side, and not on both.
func (e *expression) isBy(operators ...string) bool {
	return e.form == operation && len(e.args) == 2 && slices.Contains(operators, e.name) && e.args[0].isAmount() != e.args[1].isAmount()
}

// isAmount says whether an expression is a constant number or moment.
func (e *expression) isAmount() bool {
	if e.form == call && e.name == "" && len(e.args) == 1 { // a sign
		return e.args[0].isAmount()
	}
	types := []string{"smallint", "integer", "bigint", "numeric", "real", "double precision", "money", "date", "timestamp without time zone",
		"timestamp with time zone"}
	isNumber := e.name == "" && strings.IndexAny(strings.TrimLeft(e.text, "("), "0123456789") == 0
	return e.form == constant && (isNumber || slices.Contains(types, e.name))
}
