package candidate

import (
	"slices"

	"github.com/pgmedic/pgmedic/playbooks/index/shape"
	"github.com/pgmedic/pgmedic/probes/plan"
)

// orArms are, for each OR, one index an arm, which a BitmapOr puts together: of the arm alone, and of the arm behind what the statement asks besides.
func (a *asked) orArms() []Candidate {
	var found []Candidate
	for _, c := range a.rest {
		if c.Kind != plan.Disjunction {
			continue
		}
		for _, beside := range [][]plan.Condition{nil, a.ownEquality()} {
			if whole, ok := a.arms(c, beside); ok {
				found = append(found, whole)
			}
		}
	}
	return distinct(found)
}

// ownEquality are the conditions that have one value for every arm.
func (a *asked) ownEquality() []plan.Condition {
	var all []plan.Condition
	for _, p := range a.equal {
		if !p.join {
			all = append(all, p.conditions...)
		}
	}
	return all
}

// arms puts the indexes of an OR's arms together; false where one of them has none, because then the whole table is read for it. An arm that an index
// of the table serves already needs no other.
func (a *asked) arms(or plan.Condition, beside []plan.Condition) (Candidate, bool) {
	whole := Candidate{}
	var indexes []shape.Index
	for _, arm := range or.Arms {
		need := Need{Table: a.Table, Alias: a.Alias, Lookups: a.Lookups, Conditions: slices.Concat(beside, arm), Parameters: a.Parameters,
			Statement: a.Statement}
		best, ok := armIndex(need)
		if !ok {
			return whole, false
		}
		if has(a.Table.Indexes, best) || ask(need).findsOne(best.Index) {
			whole.For = "an index for the arms of the OR that have none"
			continue
		}
		for _, u := range best.Uses {
			u.Why += ", for an arm of the OR"
			u.Condition = &or
			whole.Uses = append(whole.Uses, u)
		}
		for _, caveat := range best.Caveats {
			whole.warn(caveat)
		}
		if !slices.ContainsFunc(indexes, func(x shape.Index) bool { return x.Definition() == best.Index.Definition() }) {
			indexes = append(indexes, best.Index)
		}
	}
	if len(indexes) == 0 {
		return whole, false
	}
	whole.Index, whole.More = indexes[0], indexes[1:]
	if whole.For == "" {
		whole.For = "an index for each arm of the OR"
	}
	return whole, true
}

// armIndex is the plainest index of one arm: no predicate, no second index.
func armIndex(need Need) (Candidate, bool) {
	a := ask(need)
	for _, class := range []func() []Candidate{a.btrees, a.gin, a.gist, a.hash} {
		for _, c := range class() {
			if len(c.Index.Where) == 0 && len(c.Index.Keys) > 0 {
				return c, true
			}
		}
	}
	return Candidate{}, false
}
