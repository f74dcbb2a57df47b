package candidate

import (
	"slices"

	"github.com/pgmedic/pgmedic/playbooks/index/shape"
	"github.com/pgmedic/pgmedic/probes/plan"
)

// addHash adds equality of what only its width, or that its type has no order, keeps out of a b-tree: a hash index keeps four bytes of each value.
func (a *asked) addHash(c plan.Condition) {
	if kind(c) != plan.Equality {
		return
	}
	k, why := shape.Key{Column: c.Column}, "equality; the values are too wide for a b-tree, a hash index keeps four bytes of each"
	if c.Kind == plan.NonSargable {
		expression, ok := a.expression(c)
		if !ok || !(IsDocument(c.Expression) && castOf(c.Value) == "jsonb") && (a.yieldsLarge(c) || !a.isWideText(expression)) {
			return
		}
		k = expression
	} else if column := a.Table.Columns[c.Column]; !column.Orderable {
		why = "equality; the type has no order, so no b-tree, but a hash index serves it"
		if isArray(column) || !serves(column, "hash") || c.Cast != "" {
			return
		}
	} else if !wide(column) || unfit(column) || !serves(column, "hash") || c.Cast != "" && !relabels(c.Cast, column) {
		return
	}
	a.hashed = append(a.hashed, part{keys: []shape.Key{k}, conditions: []plan.Condition{c}, join: c.Join, why: why})
}

// IsDocument says whether an expression is a part of a document, of whatever size: (data -> 'k').
func IsDocument(expression string) bool { return outermost(expression, "->", "#>") }

// hash is one hash index for each such column: it takes one key only.
func (a *asked) hash() []Candidate {
	var found []Candidate
	for _, p := range a.hashed {
		for _, c := range a.inverted("hash", p) {
			c.Caveats = []string{"a hash index serves equality only, neither an order nor a range"}
			found = append(found, c)
		}
	}
	return slices.Clip(found)
}
