package judge

import (
	"cmp"
	"slices"
	"strings"

	"github.com/pgmedic/pgmedic/playbooks/index/candidate"
	"github.com/pgmedic/pgmedic/playbooks/index/price"
	"github.com/pgmedic/pgmedic/playbooks/index/shape"
	"github.com/pgmedic/pgmedic/probes/plan"
)

// What decides between candidates.
const (
	asGood      = 1.25 // a candidate is as good as another that costs up to so many times less …
	asGoodUnits = 2    // … or so many cost units less: then the smaller one wins
	halving     = 0.5  // what is worth an index leaves at most so much of the rows read or of the cost
	fewRows     = 0.05 // an index that leaves at most so much of the rows read is worth it too …
	clearly     = 0.7  // … where it leaves at most so much of the cost …
	noticeable  = 0.9  // … or so much, where the planner hopes for an early end, as with a LIMIT, and so takes what it does now for cheap
	farSmaller  = 4    // an index so many times smaller may cost twice as much to run, and one so many times smaller again a little more
	servedUnits = 25   // cost units that an index must save where another one serves already
)

// priced is a candidate with what it costs for each class of values, in the order of the views.
type priced struct {
	candidate candidate.Candidate
	need      int           // of which need it is
	prices    []price.Price // as the planner will say
	judged    []price.Price // with the rows that were counted in a sample, where they were
}

// What a partial index may keep of a table, as a share of its rows.
const (
	stateShare    = 0.3  // by a state: NULL or not, a boolean, what a statement leaves out
	constantShare = 0.05 // by a constant: statements with other constants cannot use it
)

// isSelective says whether a candidate's predicate, where it has one, leaves enough of the table out to be worth its narrowness. A constant that no row has keeps
// nothing: what the index would look like is then not known.
func isSelective(p priced, rows float64) bool {
	if len(p.candidate.Index.Where) == 0 {
		return true
	}
	most, least := stateShare, 0.0
	for _, u := range p.candidate.Uses {
		if c := u.Condition; c != nil && strings.HasPrefix(u.Part, "WHERE") && (c.Kind == plan.Equality || c.Kind == plan.AnyOf) {
			most, least = constantShare, 1
		}
	}
	entries := p.prices[0].Entries
	return entries > least && entries <= most*rows
}

// best chooses by the smallest worst regret over all classes of values; among those that are as good, the smallest index. false: there is none.
func best(all []priced) (priced, bool) {
	all = withoutOutdone(all)
	if len(all) == 0 {
		return priced{}, false
	}
	cheapest := slices.Clone(costs(all[0]))
	for _, p := range all {
		for k, cost := range costs(p) {
			cheapest[k] = min(cheapest[k], cost)
		}
	}
	winner := slices.MinFunc(all, func(a, b priced) int { return cmp.Compare(regret(a, cheapest), regret(b, cheapest)) })
	good := slices.DeleteFunc(slices.Clone(all), func(p priced) bool { return !isAsGood(p, winner) })
	return slices.MinFunc(good, compareLoad), true
}

// What makes a further key worth it whatever the planner says of the cost.
const (
	manyTimes = 4  // fewer rows are read with it …
	manyRows  = 20 // … where more than so many are without …

	farCheaper = 2  // … but where it is so many times dearer: the rows lie close together, and few more pages hold those that it spares …
	farFewer   = 10 // … unless they are so many times fewer. The rows of a partial index lie apart, whatever the order of the table
)

// withoutOutdone leaves out whose keys another candidate has too, with further ones that leave far fewer rows, for every class of values: where a table lies in the order
// of one of its columns, the planner takes the rows of an index on another column for scattered, though they lie as close together.
func withoutOutdone(all []priced) []priced {
	outdone := func(p priced) bool {
		return slices.ContainsFunc(all, func(better priced) bool {
			if !isPartOf(p.candidate.Index, better.candidate.Index) || p.need != better.need {
				return false
			}
			for k := range p.judged {
				few, many := better.judged[k].RowsRead, p.judged[k].RowsRead
				near := few*farFewer > many && len(p.candidate.Index.Where) == 0 && p.judged[k].Sure*farCheaper <= better.judged[k].Sure
				if many <= manyRows || few*manyTimes > many || near {
					return false
				}
			}
			return true
		})
	}
	return slices.DeleteFunc(slices.Clone(all), outdone)
}

// costs are those that the choice can rely on, for each class of values.
func costs(p priced) []float64 {
	var all []float64
	for _, one := range p.judged {
		all = append(all, one.Sure)
	}
	return all
}

// regret is how many times more a candidate costs than the cheapest one, for the class of values for which this is worst. Beginning at a cost of asGoodUnits, below
// which nothing is worth telling apart.
func regret(p priced, cheapest []float64) float64 {
	worst := 0.0
	for k, cost := range costs(p) {
		worst = max(worst, max(cost, asGoodUnits)/max(cheapest[k], asGoodUnits))
	}
	return worst
}

// isAsGood says whether a candidate may stand for the winner. One whose keys are among the winner's is as good until the further ones halve what is left: each of
// them makes the index larger and every write dearer.
func isAsGood(p, winner priced) bool {
	factor := asGood
	part := isPartOf(p.candidate.Index, winner.candidate.Index)
	switch smaller := winner.prices[0].Bytes / max(p.prices[0].Bytes, 1); {
	case smaller >= farSmaller*farSmaller:
		factor = asGood / halving
	case part || smaller >= farSmaller:
		factor = 1 / halving
	}
	for k, cost := range costs(p) {
		if part && p.judged[k].RowsRead > winner.judged[k].RowsRead/halving+1 {
			return false
		}
		least := costs(winner)[k]
		if cost > factor*least && cost > least+asGoodUnits {
			return false
		}
	}
	return true
}

// isPartOf says whether an index has no key that the other one lacks, and keeps the same rows.
func isPartOf(x, other shape.Index) bool {
	lacks := func(k shape.Key) bool {
		return !slices.ContainsFunc(other.Keys, func(o shape.Key) bool {
			return o.Column == k.Column && o.Expression == k.Expression && o.Opclass == k.Opclass
		})
	}
	return x.Method == other.Method && x.Predicate() == other.Predicate() && len(x.Keys) < len(other.Keys) && !slices.ContainsFunc(x.Keys, lacks)
}

// compareLoad puts first what is less of a burden: what needs nothing else, what is smaller, what has fewer keys.
func compareLoad(a, b priced) int {
	return cmp.Or(
		cmp.Compare(len(a.candidate.Caveats), len(b.candidate.Caveats)),
		cmp.Compare(a.prices[0].Bytes, b.prices[0].Bytes),
		cmp.Compare(len(a.candidate.Index.Keys), len(b.candidate.Index.Keys)))
}

// worthIn finds the class of values for which a candidate halves the rows read or the cost, the first one that has values; false: there is none. What runs well by an
// index that the table has needs no other. Without values the planner guesses: that alone is no reason to build.
func (j judged) worthIn(p priced) (view int, ok bool) {
	for k, v := range j.views {
		now, cost, rows := v.plan.Root.TotalCost, p.prices[k].Cost, p.judged[k].RowsRead
		if rows > max(v.rowsRead, manyRows) {
			continue // it reads more than now
		}
		served := j.isServed || j.usesServing(v) && v.rowsRead <= manyRows
		if v.average || k > 0 && v.plan.Origin.Class == plan.Generic || served && now-cost < servedUnits {
			continue
		}
		most := clearly
		if hopes(v.plan) {
			most = noticeable
		}
		if cost <= halving*now || rows <= fewRows*v.rowsRead && cost <= most*now {
			return k, true
		}
	}
	return 0, false
}

// hopes says whether the planner counts on an end before all rows of a node are read, as a LIMIT or EXISTS has it.
func hopes(p *plan.Plan) bool {
	hope := false
	p.Walk(func(n *plan.Node, _ int) { hope = hope || n.TotalCost > p.Root.TotalCost })
	return hope
}
