package candidate

import (
	"slices"

	"github.com/pgmedic/pgmedic/playbooks/index/shape"
	"github.com/pgmedic/pgmedic/probes/plan"
)

// orderKeys are the keys that yield the need's order behind keys of one value each; nil where none is asked for or one of them is no key. An order
// that is the default one read backwards is written forwards: a b-tree is read either way.
func (a *asked) orderKeys() []shape.Key {
	var keys []shape.Key
	for _, k := range a.Order {
		if a.constant(k) || holdsKey(keys, k) {
			continue
		}
		if !a.fitsOrder(k) {
			return nil
		}
		keys = append(keys, k)
	}
	if !slices.ContainsFunc(keys, func(k shape.Key) bool { return !k.Descending || !k.NullsFirst }) {
		for i := range keys {
			keys[i].Descending, keys[i].NullsFirst = false, false
		}
	}
	return keys
}

// distances are operators of a distance from a constant, of which the next statement has another.
var distances = []string{"<->", "<=>", "<#>", "<+>", "<->>", "<<->", "<<<->", "<->>>"}

func (a *asked) fitsOrder(k shape.Key) bool {
	if k.Column == "" {
		return k.Expression != "" && len(k.Columns) > 0 && !unsteady(k.Expression) && !outermost(k.Expression, distances...) &&
			a.spoken(k.Expression) && !a.ofOneCall(k.Expression)
	}
	column, known := a.Table.Columns[k.Column]
	return known && !wide(column) && !unfit(column)
}

// constant says whether the planner knows that the key has one value in all rows that are asked for. IS NULL does not tell it.
func (a *asked) constant(k shape.Key) bool {
	return slices.ContainsFunc(slices.Concat(a.equal, a.common), func(p part) bool { return p.fixed && sameKey(p.keys[0], k) })
}

// ordered says whether the index yields the need's order: its keys of one value apart, they are the order's, all in its directions or all against
// them.
func (a *asked) ordered(x shape.Index) bool {
	if x.Method != "btree" || len(a.Order) == 0 {
		return false
	}
	forward, backward := true, true
	keys := x.Keys
	for _, wanted := range a.Order {
		if a.constant(wanted) {
			continue
		}
		for len(keys) > 0 && !sameKey(keys[0], wanted) && a.constant(keys[0]) {
			keys = keys[1:]
		}
		if len(keys) == 0 || !sameKey(keys[0], wanted) || isPattern(keys[0]) {
			return false
		}
		same := keys[0].Descending == wanted.Descending && keys[0].NullsFirst == wanted.NullsFirst
		against := keys[0].Descending != wanted.Descending && keys[0].NullsFirst != wanted.NullsFirst
		forward, backward = forward && same, backward && against
		keys = keys[1:]
	}
	return forward || backward
}

// mostTied is how many rows with one value of an order's first key are sorted in no time.
const mostTied = 20

// nearlyOrdered says whether a b-tree serves all equality and yields the first key of a LIMIT's order, of which few rows have the same value: to sort
// these by the other keys costs next to nothing.
func (a *asked) nearlyOrdered(c Candidate) bool {
	first := slices.IndexFunc(a.Order, func(k shape.Key) bool { return !a.constant(k) })
	if a.Limit == 0 || first < 0 || c.Index.Method != "btree" {
		return false
	}
	short := *a
	short.Order = a.Order[:first+1]
	return a.tied(a.Order[first]) <= mostTied && short.ordered(c.Index) && short.complete(Candidate{Index: c.Index, Uses: c.Uses, Ordered: true})
}

// tied is how many rows have one value of a key, in the mean or the commonest.
func (a *asked) tied(k shape.Key) float64 {
	column := a.Table.Columns[k.Column]
	distinct := column.Distinct
	if distinct < 0 {
		distinct *= -a.Table.Rows
	}
	if !column.Analysed || distinct == 0 {
		return a.Table.Rows
	}
	return a.Table.Rows * max(column.Commonest, 1/distinct)
}

// whyOrdered is what an order's key is for.
func (a *asked) whyOrdered() string {
	switch {
	case a.Limit > 0 && a.Each:
		return "every lookup takes its first rows in this order"
	case a.Limit > 0:
		return "ORDER BY … LIMIT takes its rows in this order: no sort"
	}
	return "the rows are taken in this order: no sort"
}

// onKey are the conditions that an order's key serves too: a range on it ends the scan, a row comparison begins it behind the last page.
func (a *asked) onKey(k shape.Key, first bool) []plan.Condition {
	var found []plan.Condition
	for _, p := range append(slices.Clone(a.ranges), a.rows...) {
		if sameKey(p.keys[0], k) && !isPattern(p.keys[0]) && (first || len(p.keys) == 1) {
			found = append(found, p.conditions...)
		}
	}
	return found
}
