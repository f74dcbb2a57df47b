package price

import (
	"context"
	"maps"
	"slices"

	"github.com/pgmedic/pgmedic/playbooks/index/candidate"
	"github.com/pgmedic/pgmedic/playbooks/index/shape"
	"github.com/pgmedic/pgmedic/playbooks/index/table"
	"github.com/pgmedic/pgmedic/probes/plan"
)

// Expected is the planner's count as it will be when the index is there and the table is analysed: an index tells the planner the ends of its values, and ANALYZE gathers statistics
// of an index's expressions, where it now takes a default for every value. Both are told by the sample.
func (s *Sample) Expected(t *table.Table, planner Count) Count {
	planner = s.ends(t, planner)
	return func(ctx context.Context, conditions ...plan.Condition) (float64, error) {
		var rest []plan.Condition
		of := map[string][]plan.Condition{} // by their expressions
		for _, c := range conditions {
			if name := computedBy(t, c); name != "" && s.Counts(c) {
				of[name] = append(of[name], c)
			} else {
				rest = append(rest, c)
			}
		}
		rows, err := planner(ctx, rest...)
		if err != nil || len(of) == 0 {
			return rows, err
		}
		for _, name := range slices.Sorted(maps.Keys(of)) {
			rows *= s.shareOf(of[name], t.Expressions[name], max(t.Rows, 1))
		}
		return max(rows, 1), nil
	}
}

// computedBy names the expression that a condition is on, where it would be an index's and the planner has no statistics of it yet; empty: it has, or it is on a column. Of what is
// contained, but for ranges, and of patterns the planner only guesses, with statistics too.
func computedBy(t *table.Table, c plan.Condition) string {
	expression, compared := candidate.Expressed(c)
	name := valueName(shape.Key{Expression: shape.Bare(expression)})
	if compared == plan.Contains && !candidate.MakesRange(expression) || compared == plan.Search || compared == plan.Opaque || !knows(t.Expressions, name) {
		return ""
	}
	if slices.ContainsFunc(t.Indexes, func(x table.Existing) bool {
		return slices.ContainsFunc(x.Shape.Keys, func(k shape.Key) bool { return k.Column == "" && sameText(k.Expression, expression) })
	}) {
		return ""
	}
	return name
}

// allListed is up to how many different values ANALYZE keeps the frequency of each (default_statistics_target).
const allListed = 100

// shareOf is the share of the rows that the planner will expect to meet conditions on one expression. Of a value that is rarer than most it knows only how many different ones
// there are, of a range that few rows of the sample meet only that it is narrow.
func (s *Sample) shareOf(conditions []plan.Condition, values table.Column, all float64) float64 {
	bits, _ := s.split(conditions)
	share := s.met(bits) / s.Rows
	listed, different := valuesOf(conditions[0]), distinct(values, all)
	switch {
	case len(conditions) == 1 && listed > 0 && values.Distinct != 0:
		if usual := listed * max(1-values.NullFrac-values.Commonest, 0) / different; different > allListed && (share < usual || s.weight(bits) < enoughRows && !s.Whole) {
			share = usual
		}
	case conditions[0].Compared == plan.Range && s.weight(bits) < enoughRows && !s.Whole:
		share = max(share, 0.5/s.Rows)
	}
	return min(share, 1)
}

// valuesOf is how many values a condition compares its expression with for equality; 0: it compares otherwise.
func valuesOf(c plan.Condition) float64 {
	switch _, compared := candidate.Expressed(c); compared {
	case plan.Equality:
		return 1
	case plan.AnyOf:
		return listLength(c.Value)
	}
	return 0
}
