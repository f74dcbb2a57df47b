package price

import (
	"context"
	"math"
	"slices"

	"github.com/pgmedic/pgmedic/playbooks/index/candidate"
	"github.com/pgmedic/pgmedic/probes/plan"
)

const (
	enoughRows    = 10  // of a sample that met a condition tell how many rows of the table do
	clusteredFrom = 0.5 // |correlation| from which the rows of one value lie near each other: then pages are counted, not rows
)

// Count counts in the sample what it can tell, and asks the planner for the rest. Where only a few rows of the sample met the conditions, the planner's estimate is scaled by what
// was counted of the conditions that many rows met, and kept within what the sample allows. Conditions that were not in the sample scale likewise, by the planner's idea of how
// they change the number.
func (s *Sample) Count(fallback Count) Count {
	return func(ctx context.Context, conditions ...plan.Condition) (float64, error) {
		all, err := fallback(ctx)
		if err != nil || len(conditions) == 0 {
			return all, err
		}
		known, rest := s.split(conditions)
		if len(known) == 0 {
			return fallback(ctx, conditions...)
		}
		rows, err := s.rows(ctx, fallback, all, known)
		if err != nil || len(rest) == 0 {
			return max(rows, 1), err
		}
		share, err := ratio(ctx, fallback, conditions, s.conditionsOf(known))
		return max(rows*share, 1), err
	}
}

// CountAtLeast is Count for values that pgmedic chose for each column by itself: no row need have them together, though callers ask for such as do. So of several conditions no
// fewer rows are taken to meet them than the planner expects, to which the columns are independent; but no more than meet any one of
// them.
func (s *Sample) CountAtLeast(fallback Count) Count {
	inSample := s.Count(fallback)
	return func(ctx context.Context, conditions ...plan.Condition) (float64, error) {
		rows, err := inSample(ctx, conditions...)
		if err != nil || len(conditions) < 2 {
			return rows, err
		}
		expected, err := fallback(ctx, conditions...)
		for _, c := range conditions {
			if err != nil {
				return 0, err
			}
			var alone float64
			alone, err = inSample(ctx, c)
			expected = min(expected, alone)
		}
		return max(rows, expected), err
	}
}

// In is the sample of those leaves of a partitioned table that a need's scans read; nil where no row of theirs is in it.
func (s *Sample) In(need candidate.Need) *Sample {
	scanned := leavesOf(need)
	if scanned == nil {
		return s
	}
	isRead := map[int64]bool{}
	for _, leaf := range need.Table.Partitions {
		isRead[int64(leaf.OID)] = scanned[[2]string{leaf.Schema, leaf.Name}]
	}
	part := *s
	part.groups = slices.DeleteFunc(slices.Clone(s.groups), func(g combination) bool { return !isRead[g.leaf] })
	if part.Rows = meeting(part.groups, nil); part.Rows == 0 {
		return nil
	}
	return &part
}

// Counts says whether the sample knows all of the conditions.
func (s *Sample) Counts(conditions ...plan.Condition) bool {
	_, rest := s.split(conditions)
	return len(rest) == 0
}

// Knows says whether the sample tells of all but a few of the conditions that a sample of its table could tell of.
func (s *Sample) Knows(conditions []plan.Condition, few int) bool {
	known, missing := map[string]bool{}, map[string]bool{}
	for _, c := range everyOne(conditions) {
		if !c.Harmless() {
			continue
		}
		if s.bit(c) < 0 {
			missing[c.Text] = true
		} else {
			known[c.Text] = true
		}
	}
	return len(missing) <= min(few, len(known))
}

// split tells the bits of the conditions in the sample from those that are not in it.
func (s *Sample) split(conditions []plan.Condition) (known []int, rest []plan.Condition) {
	for _, c := range conditions {
		if i := s.bit(c); i >= 0 {
			known = append(known, i)
		} else {
			rest = append(rest, c)
		}
	}
	return known, rest
}

func (s *Sample) bit(c plan.Condition) int {
	name, known := s.names[c.Text]
	if !known {
		name = sampleName(c)
		s.names[c.Text] = name
	}
	for i, k := range s.conditions {
		if k.name == name && !k.dropped {
			return i
		}
	}
	return -1
}

func (s *Sample) conditionsOf(bits []int) []plan.Condition {
	var conditions []plan.Condition
	for _, i := range bits {
		conditions = append(conditions, s.conditions[i].condition)
	}
	return conditions
}

// ratio is by how much the planner takes a larger set of conditions to be met by fewer rows than a smaller one.
func ratio(ctx context.Context, fallback Count, larger, smaller []plan.Condition) (float64, error) {
	few, err := fallback(ctx, larger...)
	if err != nil {
		return 0, err
	}
	many, err := fallback(ctx, smaller...)
	return min(few/max(many, 1), 1), err
}

// rows is how many of all rows meet the conditions of these bits.
func (s *Sample) rows(ctx context.Context, fallback Count, all float64, bits []int) (float64, error) {
	if rows, ok := s.exactly(bits); ok {
		return rows, nil
	}
	scale := all / s.Rows
	n, weight := s.met(bits), s.weight(bits)
	if s.Whole || weight >= enoughRows {
		return n * scale, nil
	}
	enough := s.enough(bits)
	share, err := ratio(ctx, fallback, s.conditionsOf(bits), s.conditionsOf(enough))
	if err != nil {
		return 0, err
	}
	least, most := s.bounds(n, weight, bits)
	return min(max(s.met(enough)*share, least), most) * scale, nil
}

// met is how many rows of the sample meet the conditions of the bits.
func (s *Sample) met(bits []int) float64 { return meeting(s.groups, bits) }

func meeting(groups []combination, bits []int) float64 {
	var mask, n int64
	for _, i := range bits {
		mask |= 1 << i
	}
	for _, g := range groups {
		if g.met&mask == mask {
			n += g.rows
		}
	}
	return float64(n)
}

// weight is how many independent rows those are worth: rows on one page are one where they lie near each other.
func (s *Sample) weight(bits []int) float64 {
	n := s.met(bits)
	clustered := s.clustered(bits)
	if len(clustered) == 0 || n == 0 {
		return n
	}
	pages := s.met(clustered) / max(s.density, 1)
	return n * pages / (pages + n)
}

func (s *Sample) clustered(bits []int) []int {
	var some []int
	for _, i := range bits {
		if s.conditions[i].clustered {
			some = append(some, i)
		}
	}
	return some
}

// enough is a set of the bits that many rows meet: the one that leaves out the fewest of them, the rarest first.
func (s *Sample) enough(bits []int) []int {
	var set []int
	for {
		best, most := -1, 0.0
		for _, i := range bits {
			if !contains(set, i) {
				if n := s.weight(with(set, i)); n >= enoughRows && (best < 0 || n < most) {
					best, most = i, n
				}
			}
		}
		if best < 0 {
			return set
		}
		set = with(set, best)
	}
}

func with(set []int, i int) []int { return append(append([]int{}, set...), i) }

func contains(set []int, i int) bool {
	for _, j := range set {
		if i == j {
			return true
		}
	}
	return false
}

// bounds are how many rows of the sample could have met the conditions in the mean over all samples (about 95 %), where n did.
func (s *Sample) bounds(n, weight float64, bits []int) (least, most float64) {
	each := 1.0 // rows for one that is independent
	switch {
	case n > 0:
		each = n / max(weight, 0.1)
	case len(s.clustered(bits)) > 0:
		each = max(s.density, 1)
	}
	spread := 2 * math.Sqrt(weight+1)
	return max(weight+1-spread, 0) * each, (weight + 2 + spread) * each
}
