package judge

import (
	"context"
	"slices"

	"github.com/pgmedic/pgmedic/playbooks/index/candidate"
	"github.com/pgmedic/pgmedic/playbooks/index/price"
	"github.com/pgmedic/pgmedic/probes/plan"
)

// mostArms is how many tables below one Append are drafted for: the arms of a UNION ALL, a table and those that inherit from it.
const mostArms = 8

// drafted are the needs to draft for, the heaviest first: those below one Append count as one, as only together they serve it.
func drafted(p *plan.Plan, needs []candidate.Need) []candidate.Need {
	var found []candidate.Need
	var appends []*plan.Node
	counted := 0
	for _, need := range needs {
		over := appendOver(p.Root, need.Scans[0])
		known := over != nil && slices.Contains(appends, over)
		if known && len(found) < mostArms || counted < mostNeeds {
			found, appends = append(found, need), append(appends, over)
		}
		if !known {
			counted++
		}
	}
	return found
}

// appendOver is the topmost of the Appends over a scan with nothing between but what hands rows on; nil: there is none.
func appendOver(n, scan *plan.Node) *plan.Node {
	path := pathTo(n, scan)
	var found *plan.Node
	for _, over := range slices.Backward(path) {
		switch over.Type {
		case "Append", "Merge Append":
			found = over
		case "Gather", "Gather Merge", "Sort", "Incremental Sort", "Result", "Subquery Scan":
		default:
			return found
		}
	}
	return found
}

// pathTo are the nodes from one down to the one above another; nil: the other one is not below it, or it itself.
func pathTo(n, below *plan.Node) []*plan.Node {
	for _, child := range n.Children {
		if child == below {
			return []*plan.Node{n}
		}
		if path := pathTo(child, below); path != nil {
			return append([]*plan.Node{n}, path...)
		}
	}
	return nil
}

// arm is a need below an Append, seen under the plan that is compared with.
type arm struct {
	judged
	view       int
	candidates []priced // those that the table has already are not known by a number of a need
}

// isThere is the need of an index that the table has.
const isThere = -1

// arms are the needs below each Append of the plan that have several tables.
func arms(all []judged, p *plan.Plan) [][]arm {
	var found [][]arm
	var appends []*plan.Node
	for _, j := range all {
		k := slices.IndexFunc(j.views, func(v view) bool { return v.plan == p && !v.average })
		if k < 0 || j.times > 0 || j.unfit != nil {
			continue
		}
		over := appendOver(p.Root, j.views[k].need.Scans[0])
		if over == nil {
			continue
		}
		one := arm{judged: j, view: k}
		for _, c := range j.candidates {
			if !isBeside(c) && len(c.candidate.More) == 0 {
				one.candidates = append(one.candidates, c)
			}
		}
		for _, s := range j.serving {
			if s.Index.Valid && s.Hindrance == "" {
				one.candidates = append(one.candidates, priced{candidate: s.Candidate, need: isThere})
			}
		}
		at := slices.Index(appends, over)
		if at < 0 {
			at, appends, found = len(appends), append(appends, over), append(found, nil)
		}
		found[at] = append(found[at], one)
	}
	return slices.DeleteFunc(found, func(group []arm) bool { return len(group) < 2 })
}

// unite finds the indexes that all tables below an Append need together, where that leaves clearly less than a statement costs otherwise: one for each that has none.
func unite(ctx context.Context, all []judged, p *plan.Plan, otherwise float64) (found team, after float64, err error) {
	after = min(halving*p.Root.TotalCost, (otherwise-asGoodUnits)/asGood)
	for _, group := range arms(all, p) {
		for _, ordered := range []bool{true, false} {
			united, cost, err := unitedOf(ctx, group, p, ordered)
			if err != nil {
				return nil, 0, err
			}
			if len(united) > 0 && cost < after {
				found, after = united, cost
			}
		}
	}
	return found, after, nil
}

// unitedOf are the arms whose index is still to be built, each with the best one for it, and what the statement costs where all are; none: not every arm has one.
func unitedOf(ctx context.Context, group []arm, p *plan.Plan, ordered bool) (found team, cost float64, err error) {
	var asked []price.Arm
	var taken []priced
	for _, one := range group {
		b, ok, err := one.best(ctx, ordered)
		if !ok || err != nil {
			return nil, 0, err
		}
		v := one.views[one.view]
		asked, taken = append(asked, price.Arm{Count: v.count, Need: v.need, Candidate: b.candidate}), append(taken, b)
	}
	cost, rows, ok, err := price.OfUnion(ctx, p, asked, ordered)
	if !ok || err != nil {
		return nil, 0, err
	}
	for i, one := range group {
		if taken[i].need == isThere {
			continue
		}
		taken[i].judged[one.view].RowsRead = rows[i]
		of := &taken[i].prices[one.view]
		of.Cost, of.Sure, of.Reading = cost, cost, 0
		m := member{judged: one.judged, priced: taken[i], view: one.view}
		m.saved = m.less(cost)
		found = append(found, m)
	}
	return found, cost, nil
}

// best is the best index for the scan of an arm alone, among those to build and those that are there.
func (a arm) best(ctx context.Context, ordered bool) (priced, bool, error) {
	var able []priced
	for _, c := range a.candidates {
		one := priced{candidate: c.candidate, need: c.need}
		for _, v := range a.views {
			estimated, ok, err := price.OfArm(ctx, v.plan, price.Arm{Count: v.count, Need: v.need, Candidate: c.candidate}, ordered)
			if err != nil {
				return priced{}, false, err
			}
			counted, counts, err := price.OfArm(ctx, v.plan, price.Arm{Count: v.counted, Need: v.need, Candidate: c.candidate}, ordered)
			if err != nil {
				return priced{}, false, err
			}
			if !ok || !counts {
				break
			}
			counted.Measured = v.sample != nil && v.sample.Counts(v.need.Conditions...)
			one.prices, one.judged = append(one.prices, estimated), append(one.judged, counted)
		}
		if len(one.prices) == len(a.views) {
			able = append(able, one)
		}
	}
	b, ok := best(able)
	return b, ok, nil
}
