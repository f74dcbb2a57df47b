package price

import (
	"context"
	"math"

	"github.com/pgmedic/pgmedic/playbooks/index/table"
	"github.com/pgmedic/pgmedic/probes/plan"
)

// beyondHistogram is what share of the rows the planner expects beyond the last bound of a histogram of a hundred parts, where no index tells it the last value
// (ineq_histogram_selectivity, get_actual_variable_range).
const beyondHistogram = 0.0001

// ends is the planner's count as it will be when an index tells it the least and the greatest value: of a bound at the very end of what its statistics know it then expects as
// many rows as there are, which the sample tells.
func (s *Sample) ends(t *table.Table, planner Count) Count {
	return func(ctx context.Context, conditions ...plan.Condition) (float64, error) {
		rows, err := planner(ctx, conditions...)
		for _, c := range conditions {
			if err != nil || c.Kind != plan.Range || c.Param != 0 || c.Join || !s.Counts(c) {
				continue
			}
			var all, expected float64
			if all, err = planner(ctx); err != nil {
				return 0, err
			}
			if expected, err = planner(ctx, c); err == nil && isBeyond(expected, all, t.Columns[c.Column].NullFrac) {
				rows = max(rows*s.found(c, expected, all)/expected, 1)
			}
		}
		return rows, err
	}
}

// isBeyond says whether so many of all rows are what the planner expects beyond a histogram.
func isBeyond(expected, all, nullFrac float64) bool {
	beyond := all * beyondHistogram * (1 - nullFrac)
	return beyond >= 2 && math.Abs(expected-beyond) <= 1
}

// found is how many of all rows meet a condition by what the sample has; where it has few, no more than the planner expects.
func (s *Sample) found(c plan.Condition, expected, all float64) float64 {
	bits, _ := s.split([]plan.Condition{c})
	n, scale := s.met(bits), all/max(s.Rows, 1)
	if s.Whole || s.weight(bits) >= enoughRows {
		return n * scale
	}
	return min((n+0.5)*scale, expected)
}
