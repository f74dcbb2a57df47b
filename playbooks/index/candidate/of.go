package candidate

import (
	"cmp"
	"slices"

	"github.com/pgmedic/pgmedic/playbooks/index/shape"
	"github.com/pgmedic/pgmedic/probes/plan"
)

// most candidates of one need: each is priced, and what comes last is the least likely.
const most = 30

// Of proposes the indexes that could serve a need, the plainest first: at most thirty, none that the table has already.
func Of(need Need) []Candidate {
	if need.Table == nil {
		return nil
	}
	a := ask(need)
	var found []Candidate
	plain := a.btrees()
	found = append(found, plain[:min(len(plain), 1)]...)
	for _, class := range []func() []Candidate{a.covering, a.orArms, a.gin, a.gist, a.brin, a.hash} {
		found = append(found, class()...)
	}
	if len(plain) > 1 {
		found = append(found, plain[1:]...)
	}
	found = slices.DeleteFunc(distinct(found), func(c Candidate) bool {
		return has(need.Table.Indexes, c) || a.findsOne(c.Index) || len(c.More) == 0 && a.findsAsMuch(c.Index)
	})
	found = found[:min(len(found), most)]
	for i := range found {
		found[i].warnOfFailures(need.Table)
	}
	return found
}

// distinct keeps the first of each set of indexes.
func distinct(all []Candidate) []Candidate {
	seen := map[string]bool{}
	return slices.DeleteFunc(all, func(c Candidate) bool {
		key := signature(c)
		if seen[key] {
			return true
		}
		seen[key] = true
		return false
	})
}

func signature(c Candidate) string {
	text := c.Index.Definition()
	for _, more := range c.More {
		text += "; " + more.Definition()
	}
	return text
}

// asked is a need's conditions by what an index can do with them.
type asked struct {
	Need
	equal  []part           // one value each: keys in any order
	common []part           // equality with a state that most rows are in: no key of a new index
	lists  []part           // several values: each is a place in the index, one after the other
	ranges []part           // one stretch of values, all conditions of its key together
	rows   []part           // row comparisons: several keys in their order
	where  []part           // conditions that could be an index's predicate
	hashed []part           // equality of what is too wide for a b-tree
	rest   []plan.Condition // those of other methods: GIN, GiST
}

// part is what one condition, or all of one key, asks of an index.
type part struct {
	keys       []shape.Key
	conditions []plan.Condition
	clause     shape.Clause // of a predicate
	why        string
	share      float64 // of the table's rows that it keeps, a guess that only sorts
	fixed      bool    // the planner knows that the key has one value: it does not disturb an order behind it
	join       bool    // the other side is another relation's column
	implied    bool    // a predicate that goes without saying
	caveat     string
}

// ask sorts a need's conditions.
func ask(need Need) *asked {
	a := &asked{Need: need}
	for _, c := range need.Conditions {
		a.add(c)
	}
	a.dropCommonStates()
	slices.SortStableFunc(a.equal, func(x, y part) int { return cmp.Or(compareLeads(need.Table, x, y), cmp.Compare(x.share, y.share)) })
	slices.SortStableFunc(a.lists, func(x, y part) int { return cmp.Compare(x.share, y.share) })
	slices.SortStableFunc(a.ranges, func(x, y part) int { return cmp.Compare(x.share, y.share) })
	return a
}

// add puts a condition where it belongs. What no index serves is left out.
func (a *asked) add(c plan.Condition) {
	if w, ok := a.predicate(c); ok {
		a.where = append(a.where, w)
	}
	a.addNotNull(c)
	if c.Kind == plan.RowRange {
		a.addRow(c)
		return
	}
	switch kind(c) {
	case plan.Search, plan.Contains, plan.Opaque, plan.Disjunction:
		a.rest = append(a.rest, c)
		a.addHiddenRange(c)
		return
	}
	key, ok := a.key(c)
	if !ok {
		a.addHash(c)
		a.rest = append(a.rest, c)
		return
	}
	p := part{keys: []shape.Key{key}, conditions: []plan.Condition{c}, share: a.share(c), join: c.Join}
	switch kind(c) {
	case plan.Equality, plan.Boolean, plan.IsNull:
		a.addEqual(p)
	case plan.AnyOf:
		p.why = "several values of it, each a place of its own in the index"
		a.lists = append(a.lists, p)
	case plan.Range:
		a.addRange(p)
	case plan.Prefix:
		byFunction := c.Op == "^@" && !holds(c.Text, "^@")
		if byFunction && a.Table.Costs.Version < 150000 {
			return // before, no index serves starts_with
		}
		a.rest = append(a.rest, c)
		if c.Op != "^@" || a.Table.Costs.Version >= 150000 { // before, no b-tree serves ^@
			a.addPrefix(p)
		}
	}
}

// kind is the condition's kind, of one on an expression that of the expression.
func kind(c plan.Condition) plan.Kind {
	if c.Kind == plan.NonSargable {
		return c.Compared
	}
	return c.Kind
}
