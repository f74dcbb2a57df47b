package candidate

import (
	"cmp"
	"slices"

	"github.com/pgmedic/pgmedic/playbooks/index/table"
	"github.com/pgmedic/pgmedic/probes/plan"
)

// addEqual adds a part that has one value. NULL tests are none to the planner's orders: IS NULL does not make the order behind it known.
func (a *asked) addEqual(p part) {
	c := p.conditions[0]
	p.fixed = kind(c) != plan.IsNull && (!c.Join || a.Each)
	switch {
	case c.Join:
		p.why = "the join looks for it"
	case kind(c) == plan.IsNull:
		p.why = "NULLs stand together in the index"
	default:
		p.why = "equality"
	}
	if at := slices.IndexFunc(a.equal, func(e part) bool { return sameKey(e.keys[0], p.keys[0]) }); at >= 0 {
		a.equal[at].conditions = append(a.equal[at].conditions, c)
		a.equal[at].fixed = a.equal[at].fixed || p.fixed
		return
	}
	a.equal = append(a.equal, p)
}

// dropCommonStates leaves out the states that most rows are in, as deleted_at IS NULL as a rule is, where another condition looks for a value, or an
// order is asked for: as a key they would not halve what is found. Before an order those stay that leave out a good part of the rows and of which the
// planner knows that they are one value: else the scan would pass all these rows on its way.
func (a *asked) dropCommonStates() {
	common := func(p part) bool {
		share, isState := a.stateShare(p)
		if p.fixed && len(a.Order) > 0 {
			return isState && share > nearlyAll
		}
		return isState && share > halves
	}
	telling := slices.DeleteFunc(slices.Clone(a.equal), common)
	if len(telling)+len(a.lists)+len(a.orderKeys()) > 0 {
		a.common = slices.DeleteFunc(slices.Clone(a.equal), func(p part) bool { return !common(p) })
		a.equal = telling
	}
}

const (
	halves    = 0.5 // share of the rows above which a condition is not worth a key
	nearlyAll = 0.9 // … above which it is not worth one before an order either
)

// stateShare is the share of the rows in the state that a part asks for, where that is the same for every run of the statement.
func (a *asked) stateShare(p part) (share float64, isState bool) {
	c := p.conditions[0]
	switch kind(c) {
	case plan.IsNull:
		return p.share, true
	case plan.Boolean:
		return p.share, !a.open(c)
	case plan.Equality:
		share, common := a.Table.Columns[c.Column].Common[constantText(c.Value)]
		return share, common && isLiteral(c.Value) && !a.open(c)
	}
	return 0, false
}

// share is a guess of the rows that a condition keeps, by which keys are sorted: the price asks the planner.
func (a *asked) share(c plan.Condition) float64 {
	column := a.Table.Columns[c.Column]
	if c.Kind == plan.NonSargable || !column.Analysed {
		return 0.01
	}
	distinct := column.Distinct
	if distinct < 0 {
		distinct *= -a.Table.Rows
	}
	one := max(column.Commonest, (1-column.NullFrac)/max(distinct, 1))
	switch state, known := column.Common[map[bool]string{false: "t", true: "f"}[c.Negated]]; c.Kind {
	case plan.Equality:
		return one
	case plan.AnyOf:
		return min(5*one, 1)
	case plan.IsNull:
		return column.NullFrac
	case plan.IsNotNull:
		return 1 - column.NullFrac
	case plan.Boolean:
		if known {
			return state
		}
		return halves
	}
	return 0.3
}

// compareLeads puts first what an index of the table leads with already: the new index then serves what that one does.
func compareLeads(t *table.Table, x, y part) int { return cmp.Compare(leads(t, y), leads(t, x)) }

// leads counts the table's ordinary indexes that begin with the part's key.
func leads(t *table.Table, p part) int {
	n := 0
	for _, x := range t.Indexes {
		plain := x.Valid && x.Known && !x.Unique && x.Shape.Method == "btree"
		if plain && sameKey(x.Shape.Keys[0], p.keys[0]) {
			n++
		}
	}
	return n
}

// choice is a set of parts for an index and how far it is from the plainest.
type choice struct {
	parts []part
	rank  int
}

// subsets are the sets of equality parts worth a price. Of up to three parts it is every set. Of more it is the whole, the most selective ones of
// each number, and the whole without each, because parts that depend on each other make guesses of selectivity wrong. The empty set is the ending
// alone.
func subsets(parts []part) []choice {
	if len(parts) == 0 {
		return []choice{{}}
	}
	all := []choice{{parts, 0}}
	bySelectivity := slices.Clone(parts)
	slices.SortStableFunc(bySelectivity, func(x, y part) int { return cmp.Compare(x.share, y.share) })
	for n := 1; n < len(parts); n++ {
		all = append(all, choice{chosen(parts, bySelectivity[:n]), 1})
	}
	for i := range parts {
		if len(parts) > 2 {
			all = append(all, choice{slices.Delete(slices.Clone(parts), i, i+1), 2})
		}
	}
	for i := 1; i < len(parts); i++ {
		all = append(all, choice{chosen(parts, bySelectivity[i:i+1]), 3 + i/3})
	}
	return append(append(all, withoutJoins(parts)...), choice{nil, 4})
}

// chosen keeps the wanted parts in the order of all.
func chosen(all, wanted []part) []part {
	return slices.DeleteFunc(slices.Clone(all), func(p part) bool {
		return !slices.ContainsFunc(wanted, func(w part) bool { return sameKey(w.keys[0], p.keys[0]) })
	})
}
