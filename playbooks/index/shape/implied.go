package shape

import (
	"math/big"
	"slices"
	"strings"

	"github.com/pgmedic/pgmedic/probes/plan"
)

// Implied says whether a partial index has every row that a statement with these conditions asks for, as far as it can be told from their words: where the planner
// proves more than this, the index is not recognised.
func Implied(predicate []Clause, by []plan.Condition) bool {
	for _, clause := range predicate {
		for _, wanted := range plan.Conjuncts(clause.SQL) {
			if !implied(wanted, by) {
				return false
			}
		}
	}
	return true
}

func implied(wanted plan.Condition, by []plan.Condition) bool {
	if slices.ContainsFunc(by, func(c plan.Condition) bool { return implies(c, wanted) }) {
		return true
	}
	arm := func(conditions []plan.Condition) bool { return len(conditions) > 0 && impliedAll(conditions, by) }
	return wanted.Kind == plan.Disjunction && slices.ContainsFunc(wanted.Arms, arm)
}

func impliedAll(wanted, by []plan.Condition) bool {
	return !slices.ContainsFunc(wanted, func(w plan.Condition) bool { return !implied(w, by) })
}

// implies says whether one condition keeps no row that another one does not.
func implies(c, wanted plan.Condition) bool {
	if canonical(c) == canonical(wanted) || printed(c) == printed(wanted) {
		return true
	}
	if c.Column == "" || c.Column != wanted.Column || c.Cast != wanted.Cast && wanted.Kind != plan.IsNotNull || c.Collation != wanted.Collation {
		return false
	}
	switch wanted.Kind {
	case plan.IsNotNull:
		return slices.Contains(strict, c.Kind)
	case plan.AnyOf:
		return c.Kind == plan.Equality && isElement(c.Value, wanted.Value) || c.Kind == plan.AnyOf && areElements(c.Value, wanted.Value)
	case plan.NotEqual:
		return c.Kind == plan.Equality && wanted.Op == "<>" && differ(c.Value, wanted.Value)
	case plan.Range:
		return (c.Kind == plan.Range || c.Kind == plan.Equality) && within(c, wanted)
	}
	return false
}

// strict are the kinds of conditions that no NULL meets.
var strict = []plan.Kind{plan.Equality, plan.AnyOf, plan.Range, plan.Boolean, plan.NotEqual, plan.Prefix, plan.Search, plan.Contains}

func isElement(value, array string) bool {
	text, _, ok := literal(value)
	all, known := elements(array)
	return ok && known && slices.Contains(all, text)
}

func areElements(some, array string) bool {
	few, ok := elements(some)
	all, known := elements(array)
	return ok && known && !slices.ContainsFunc(few, func(one string) bool { return !slices.Contains(all, one) })
}

// differ says whether two constants are two values: of types other than these two texts may stand for one.
func differ(a, b string) bool {
	x, okX := number(a)
	y, okY := number(b)
	if okX && okY {
		return x.Cmp(y) != 0
	}
	textX, kindX, okX := literal(a)
	textY, kindY, okY := literal(b)
	return okX && okY && kindX == kindY && (kindX == "text" || kindX == "uuid") && textX != textY
}

// within says whether a comparison with a number keeps only what the wanted one keeps.
func within(c, wanted plan.Condition) bool {
	a, okA := number(c.Value)
	b, okB := number(wanted.Value)
	if !okA || !okB {
		return false
	}
	order := a.Cmp(b)
	if wanted.Op[0] == '<' {
		order = -order
	}
	switch {
	case c.Kind == plan.Equality:
		return order > 0 || order == 0 && len(wanted.Op) == 2
	case c.Op[0] != wanted.Op[0]:
		return false
	}
	return order > 0 || order == 0 && (len(wanted.Op) == 2 || len(c.Op) == 1)
}

// number reads a constant of a numeric type.
func number(value string) (*big.Rat, bool) {
	text, kind, ok := literal(value)
	if !ok || strings.Trim(text, "-.0123456789") != "" || !slices.Contains([]string{"", "integer", "bigint", "smallint", "numeric", "double precision", "real"}, kind) {
		return nil, false
	}
	return new(big.Rat).SetString(text)
}
