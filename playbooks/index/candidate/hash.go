package candidate

import (
	"slices"

	"github.com/pgmedic/pgmedic/playbooks/index/shape"
	"github.com/pgmedic/pgmedic/probes/plan"
)

// addHash adds equality of a column that only its width keeps out of a b-tree: a hash index keeps four bytes of each value.
func (a *asked) addHash(c plan.Condition) {
	if kind(c) != plan.Equality {
		return
	}
	k := shape.Key{Column: c.Column}
	if c.Kind == plan.NonSargable {
		expression, ok := a.expression(c)
		if !ok || a.yieldsLarge(c) || !a.isWideText(expression) {
			return
		}
		k = expression
	} else if column := a.Table.Columns[c.Column]; !wide(column) || unfit(column) || !serves(column, "hash") ||
		c.Cast != "" && !relabels(c.Cast, column) {
		return
	}
	a.hashed = append(a.hashed, part{keys: []shape.Key{k}, conditions: []plan.Condition{c}, join: c.Join,
		why: "equality; the values are too wide for a b-tree, a hash index keeps four bytes of each"})
}

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
