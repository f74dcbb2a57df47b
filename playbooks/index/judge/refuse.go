package judge

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/playbooks/index/figure"
	"github.com/pgmedic/pgmedic/probes/plan"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// refuse says why nothing is drafted: an index exists, the table is none for it, or the gain is too small.
func (a *Advice) refuse(all []judged) {
	if len(all) == 0 {
		a.refuseTables()
		return
	}
	first := all[0]
	names, hindrance := complete(first)
	if len(names) > 0 {
		a.Existing = names
	}
	used := inUse(a.Before, all[:1])
	open := slices.IndexFunc(all, func(j judged) bool { return j.unfit == nil && !j.isQuick() && a.isUndecided(j) })
	switch {
	case first.unfit != nil:
		a.fill(first.unfit)
	case open >= 0: // isUndecided has said it
		a.Existing = inUse(a.Before, all)
	case len(names) > 0 && len(used) == 0 && hindrance == "" && first.isJoinedWhole():
		a.refuseJoined(first, names)
	case len(names) > 0 || len(used) > 0 || len(first.candidates) == 0 && len(a.Existing) > 0:
		a.Verdict = Exists
		serves := "serves"
		if len(a.Existing) > 1 {
			serves = "serve"
		}
		a.Reason = fmt.Sprintf("%s already %s this statement", sqltext.CleanLine(strings.Join(a.Existing, ", ")), serves)
		if hindrance != "" {
			a.Reason += ", but " + hindrance
		} else if len(inUse(a.Before, all)) == 0 {
			a.Instead = "the plan does not use it, as by the planner's estimates reading the table is cheaper for these values: where those are wrong, ANALYZE " +
				first.table.String() + " (the statistics playbook drafts it) and take the plan again"
		}
	case len(first.candidates) == 0:
		a.Reason = fmt.Sprintf("no condition of the statement on %s can be an index key", first.table)
	default:
		a.refuseGain(first)
	}
}

// isQuick says whether the plans read few rows of the need's table by an index: nothing is left to be decided.
func (j judged) isQuick() bool {
	return j.isServed && !slices.ContainsFunc(j.views, func(v view) bool { return v.rowsRead > manyRows })
}

// isJoinedWhole says whether all that is asked of the need's table are the rows that match another relation's.
func (j judged) isJoinedWhole() bool {
	return len(j.views) > 0 && len(j.views[0].need.Order) == 0 &&
		!slices.ContainsFunc(j.views[0].need.Conditions, func(c plan.Condition) bool { return !c.Join })
}

// refuseJoined says of a join that has so many rows to look up that the planner reads the table instead, that no index changes it.
func (a *Advice) refuseJoined(j judged, names []string) {
	a.Existing = nil
	a.Reason = fmt.Sprintf("the join needs most of %s: reading it once is cheaper than to look %s rows up one by one, which %s would serve", j.table,
		figure.Count(j.views[0].need.Lookups), sqltext.CleanLine(strings.Join(names, ", ")))
	a.Instead = "look at how often the statement runs and how many rows it asks for"
}

// refuseGain says what the best index would bring, where that is too little.
func (a *Advice) refuseGain(j judged) {
	b, ok := best(slices.DeleteFunc(slices.Clone(j.candidates), isBeside))
	if !ok {
		b = j.candidates[0]
	}
	was, now, rows := j.views[0].plan.Root.TotalCost, b.prices[0].Cost, b.judged[0].RowsRead
	name := fmt.Sprintf("the best index on %s, %s,", j.table, sqltext.CleanLine(strings.TrimPrefix(b.candidate.Index.Definition(), "ON "+j.table.String()+" ")))
	switch {
	case now > sameCost*was:
		a.Reason = fmt.Sprintf("the planner would not use %s for these values: by its estimates the statement would cost no less than its %.4g", strings.TrimSuffix(name, ","), was)
	case rows <= halving*j.views[0].rowsRead:
		a.Reason = fmt.Sprintf("%s would read about %s rows instead of %s, but spares too little of the cost: %.4g would be left of %.4g", name, figure.Count(rows),
			figure.Count(j.views[0].rowsRead), now, was)
	default:
		a.Reason = fmt.Sprintf("%s would still read about %s of the %s rows read now, at a cost of %.4g instead of %.4g", name, figure.Count(rows),
			figure.Count(j.views[0].rowsRead), now, was)
	}
	a.Instead = "look at how often the statement runs and how many rows it asks for"
	if names, options := a.chosenValues(plan.FromHistogram, plan.FromMade); len(names) > 0 {
		a.Instead = fmt.Sprintf("the values of %s were chosen here: where callers have others that find fewer rows, give them with %s", strings.Join(names, " and "), strings.Join(options, " "))
	}
}

// chosenValues are the parameters whose values are from one of these places, and what gives them others.
func (a *Advice) chosenValues(from ...plan.ValueFrom) (names, options []string) {
	for _, p := range a.Before.Origin.Parameters {
		if p.Value != nil && slices.Contains(from, p.From) {
			names, options = append(names, fmt.Sprintf("$%d", p.N)), append(options, fmt.Sprintf("--param %d=…", p.N))
		}
	}
	return names, options
}

// sameCost is the share of the cost now above which an index changes nothing.
const sameCost = 0.98

// refuseTables says why none of the tables that the statement reads is one to draft for.
func (a *Advice) refuseTables() {
	for _, t := range a.tables {
		if err := unfit(t); err != nil {
			a.fill(err)
			return
		}
	}
	a.Reason = "the plan reads no table by a condition or in an order that an index could serve"
	if names, options := a.chosenValues(plan.FromMade, plan.FromNeutral); len(names) > 0 {
		a.Instead = fmt.Sprintf("the values of %s were made up, and the plan may be another with callers': give them with %s", strings.Join(names, " and "), strings.Join(options, " "))
	}
}

func (a *Advice) fill(why error) {
	a.Reason = why.Error()
	if no, ok := why.(*playbooks.NoDraft); ok {
		a.Reason, a.Instead = no.Reason, no.Instead
	}
}
