package candidate

import (
	"cmp"
	"slices"

	"github.com/pgmedic/pgmedic/playbooks/index/shape"
	"github.com/pgmedic/pgmedic/probes/plan"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// mostKeys of a b-tree that is drafted; the server's limit is 32.
const mostKeys = 8

// ranked is a candidate and how far it is from the plainest of its need.
type ranked struct {
	Candidate
	rank int
}

// btrees are the b-trees: a set of one-valued keys, an ending, a predicate, in every combination that differs, the plainest first.
func (a *asked) btrees() []Candidate {
	var all []ranked
	for _, w := range a.predicates() {
		for _, t := range a.tails() {
			for _, e := range subsets(a.besides(a.equal, w.parts, t.order)) {
				if c, ok := a.btree(e, t, w); ok {
					all = append(all, c)
				}
			}
		}
	}
	slices.SortStableFunc(all, func(x, y ranked) int { return cmp.Compare(x.rank, y.rank) })
	var found []Candidate
	for _, r := range all {
		found = append(found, r.Candidate)
	}
	return distinct(found)
}

// besides are the equality parts that can be keys beside a predicate: not what it says already, and before an order only what has one value for the
// planner.
func (a *asked) besides(equal, where []part, order bool) []part {
	return slices.DeleteFunc(slices.Clone(equal), func(p part) bool {
		said := func(w part) bool { return len(p.conditions) > 0 && w.conditions[0].Text == p.conditions[0].Text }
		return slices.ContainsFunc(where, said) || order && !p.fixed
	})
}

// btree puts one index together; false where it would have no key.
func (a *asked) btree(e choice, t tail, w choice) (ranked, bool) {
	c := Candidate{Index: shape.Index{Schema: a.Table.Schema, Table: a.Table.Name, Method: "btree"}, For: t.what}
	keys := slices.Clone(e.parts)
	if t.lists {
		keys = append(keys, a.besides(a.lists, w.parts, false)...)
	}
	for _, p := range append(keys, a.besides(t.parts, w.parts, false)...) {
		c.addKeys(p)
	}
	rank := e.rank + t.rank + w.rank
	if a.isStates(c.Index.Keys) && a.looksUp() {
		return ranked{}, false
	}
	if len(c.Index.Keys) == 0 {
		if !a.addStandIn(&c, w.parts) {
			return ranked{}, false
		}
		rank++
	}
	for _, p := range w.parts {
		c.addWhere(p)
	}
	c.Ordered = a.ordered(c.Index)
	if !c.Ordered && t.order {
		rank += 2
	}
	return ranked{c, rank}, true
}

// addKeys appends the part's keys that the index has not yet, and says what they are for. The same values by another operator class are no second
// key.
func (c *Candidate) addKeys(p part) {
	for i, k := range p.keys {
		if len(c.Index.Keys) == mostKeys {
			return
		}
		if !holdsKey(c.Index.Keys, k) {
			if holdsValues(c.Index.Keys, k) {
				return
			}
			c.Index.Keys = append(c.Index.Keys, k)
			c.warn(p.caveat)
		}
		if i > 0 {
			c.use(k.SQL(), p.why, nil)
			continue
		}
		c.use(k.SQL(), p.why, p.conditions)
	}
}

// addWhere appends a clause to the predicate.
func (c *Candidate) addWhere(p part) {
	c.Index.Where = append(c.Index.Where, p.clause)
	c.use("WHERE "+p.clause.SQL, p.why, p.conditions)
}

// warn adds what must hold, once.
func (c *Candidate) warn(caveat string) {
	if caveat != "" && !slices.Contains(c.Caveats, caveat) {
		c.Caveats = append(c.Caveats, caveat)
	}
}

// use says what a part of the index is for, once a condition.
func (c *Candidate) use(sql, why string, conditions []plan.Condition) {
	if len(conditions) == 0 {
		c.Uses = append(c.Uses, Use{Part: sql, Why: why})
	}
	for i := range conditions {
		c.Uses = append(c.Uses, Use{Part: sql, Why: why, Condition: &conditions[i]})
	}
}

// addStandIn gives an index a key where nothing that the statement asks for could be one but what its predicate says already: then it is the list of
// those rows. It is what the statement reads of them, where that is little: the table need not be visited then. Else it is the predicate's own column,
// which repeats, and repeated keys are stored once.
func (a *asked) addStandIn(c *Candidate, where []part) bool {
	if a.hasKeyBeside(where) {
		return false
	}
	if keys, ok := a.storedKeys(a.Output); ok && a.saysAll(where) {
		for _, k := range keys {
			c.Index.Keys = append(c.Index.Keys, k)
			c.use(k.SQL(), whyRead, nil)
		}
		return true
	}
	for _, p := range where {
		for _, name := range p.clause.Columns {
			column, known := a.Table.Columns[name]
			if known && !wide(column) && !unfit(column) {
				c.Index.Keys = []shape.Key{{Column: name}}
				c.use(sqltext.Ident(name), whyStandIn, nil)
				return true
			}
		}
	}
	return false
}

// What keys are for that no condition and no order asks for.
const (
	whyStandIn = "an index needs a key: the predicate alone finds the rows"
	whyRead    = "read by the statement: the table need not be visited"
)

// saysAll says whether a predicate is all that the statement asks for.
func (a *asked) saysAll(where []part) bool {
	return !slices.ContainsFunc(a.Conditions, func(c plan.Condition) bool {
		return !slices.ContainsFunc(where, func(p part) bool { return p.clause.SQL == sqlOf(c) })
	})
}

// isStates says whether the keys are but states that rows are in: NULL, true, false.
func (a *asked) isStates(keys []shape.Key) bool {
	return len(keys) > 0 && !slices.ContainsFunc(keys, func(k shape.Key) bool {
		return !slices.ContainsFunc(a.equal, func(p part) bool { return isState(p) && sameKey(p.keys[0], k) })
	})
}

func isState(p part) bool { k := kind(p.conditions[0]); return k == plan.IsNull || k == plan.Boolean }

// looksUp says whether the statement itself asks for a value: then the states are the index's predicate, or stand behind the value.
func (a *asked) looksUp() bool {
	return slices.ContainsFunc(a.equal, func(p part) bool { return !p.join && !isState(p) }) || len(a.lists) > 0
}

// hasKeyBeside says whether an order or a condition that is no state of a row could be a key: beside the predicate, or instead of a part of it.
func (a *asked) hasKeyBeside(where []part) bool {
	beside := a.besides(slices.Concat(a.equal, a.lists, a.ranges, a.rows), where, false)
	constant := func(p part) bool { return isConstant(p.conditions[0]) }
	return len(beside) > 0 || len(a.orderKeys()) > 0 || len(where) > 1 && slices.ContainsFunc(where, constant)
}
