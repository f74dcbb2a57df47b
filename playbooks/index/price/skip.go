package price

import (
	"math"

	"github.com/pgmedic/pgmedic/playbooks/index/shape"
	"github.com/pgmedic/pgmedic/probes/plan"
)

// skipScan says whether the server's b-tree can go through the values of a leading column that has no equality (18 and later).
func (h *heap) skipScan() bool { return h.costs.Version >= 180000 }

// skipped are the keys so far that are not fixed to values, since the last one that is.
type skipped struct {
	keys   []shape.Key
	ranges [][]plan.Condition
}

func (s *skipped) add(key shape.Key, a answered) {
	s.keys = append(s.keys, key)
	s.ranges = append(s.ranges, a.conditions)
}

func (s *skipped) pending() bool { return len(s.keys) > 0 }

// inequality is DEFAULT_RANGE_INEQ_SEL: a range that keeps less of the values is not worth skipping within.
const inequality = 1.0 / 3

// bridge counts a descent for each value of the skipped keys, where that pays (btcostestimate of 18); false where the server would not skip.
func (s *skipped) bridge(h *heap, to *search) bool {
	descents := to.descent
	for i, key := range s.keys {
		c := keyColumn(key, h.table)
		if c.Distinct == 0 {
			return false
		}
		values := distinct(c, h.rows)
		if len(s.ranges[i]) == 0 {
			values++
		} else {
			share := h.meeting(append(predicate(to.index, h.need), s.ranges[i]...)...) / h.rows
			if share < inequality {
				return false
			}
			values = max(math.RoundToEven(values*share), 1)
		}
		descents *= values
		if to.extent.pages < descents {
			return false
		}
	}
	to.descent, to.skips = descents, true
	*s = skipped{}
	return true
}
