package price

import (
	"context"
	"math"

	"github.com/pgmedic/pgmedic/playbooks/index/candidate"
	"github.com/pgmedic/pgmedic/playbooks/index/shape"
	"github.com/pgmedic/pgmedic/playbooks/index/table"
	"github.com/pgmedic/pgmedic/probes/plan"
)

// heap is a table, or one partition of it, as the planner sees it.
type heap struct {
	ctx   context.Context
	count Count
	err   error // the first of the count
	table *table.Table
	need  candidate.Need
	costs table.Costs

	all     float64 // rows of the whole table
	share   float64 // of the rows that meet conditions, what lies in this partition
	rows    float64
	pages   float64
	visible float64 // share of the pages that are all-visible
	others  float64 // pages of the other tables of the statement
	cut     []*heap // see parts
}

// newHeap reads the planner's idea of the table: its rows now, and as many pages as they fill at the density of the last VACUUM (estimate_rel_size).
func newHeap(ctx context.Context, count Count, need candidate.Need) *heap {
	h := &heap{ctx: ctx, count: count, table: need.Table, need: need, costs: need.Table.Costs, share: 1}
	h.rows = h.counted()
	h.all = h.rows
	h.pages = max(float64(need.Table.Pages), 1)
	if need.Table.Rows > 0 {
		h.pages = max(math.Round(h.pages*h.rows/need.Table.Rows), 1)
	}
	h.visible = min(float64(need.Table.AllVisible)/max(float64(need.Table.Pages), 1), 1)
	return h
}

// partition is the part of a partitioned table's heap that one of its leaves is, where the plan reads leaves of so many rows in all.
func (h *heap) partition(leaf *table.Table, read float64) *heap {
	part, of := *h, *leaf
	of.Expressions, of.Items = h.need.Table.Expressions, itemsOfPart(h.need.Table.Items, max(leaf.Rows, 1)/max(h.need.Table.Rows, 1))
	part.table = &of
	part.rows = max(leaf.Rows, 1)
	part.share = part.rows / max(read, 1)
	part.pages = max(float64(leaf.Pages), 1)
	part.visible = min(float64(leaf.AllVisible)/part.pages, 1)
	return &part
}

func (h *heap) counted(conditions ...plan.Condition) float64 {
	if h.err != nil {
		return 1
	}
	rows, err := h.count(h.ctx, conditions...)
	if err != nil {
		h.err = err
		return 1
	}
	return max(rows, 1)
}

// meeting is how many rows of this heap meet the conditions.
func (h *heap) meeting(conditions ...plan.Condition) float64 {
	if len(conditions) == 0 {
		return h.rows
	}
	return min(max(h.counted(conditions...)*h.share, 1), h.rows)
}

// search is one way to look for a set of conditions in an index.
type search struct {
	index   shape.Index
	extent  extent
	bound   []plan.Condition // that tell where the search begins and ends, and the predicate
	inside  []plan.Condition // all that the index answers, and the predicate
	kept    []plan.Condition // the conditions that it answers, as the statement has them
	filter  []plan.Condition // that are checked on the table's rows
	quals   float64          // comparisons for each entry
	descent float64          // how often the tree is gone down: once for each value of the lists
	times   float64          // how often the whole search is done: once for each row of a join's other side
	skips   bool             // by 18's skip scan
	only    bool             // the index holds all that is read
	ordered bool
}

// access is what reading the index alone costs (amcostestimate).
type access struct {
	startup, total float64
	selectivity    float64 // share of the heap's rows that it yields
	correlation    float64 // of its order with the heap's
	entries        float64 // that one search reads
}

// pick sorts the conditions by what the index does with them; false where it answers none.
func (h *heap) pick(x shape.Index, e extent, conditions []plan.Condition) (search, bool) {
	s := search{index: x, extent: e, descent: 1, times: 1}
	where := added(x, h.need)
	known := implied(x, conditions)
	s.bound = append(s.bound, where...)
	s.inside = append(s.inside, where...)
	answered := h.take(&s, conditions)
	s.kept = append(s.kept, answered...)
	for _, c := range conditions {
		if !has(answered, c) && !has(known, c) || c.Kind == plan.Prefix || c.Kind == plan.Search || candidate.IsWithin(c) {
			s.filter = append(s.filter, c)
		}
	}
	return s, len(answered) > 0
}

// reads is how many rows the search yields, as EXPLAIN ANALYZE counts them: those that meet what it answers. The planner's idea of a beginning's range is often far too
// small; what BRIN yields is more, as whole ranges are read.
func (h *heap) reads(s search, a access) float64 {
	rows := h.meeting(append(added(s.index, h.need), s.kept...)...)
	if s.index.Method != "" && s.index.Method != "btree" {
		rows = max(rows, a.entries)
	}
	return max(rows, 1)
}

// take goes through the keys: those fixed to values, and one more, bound the search; the rest only saves reading the table's rows.
func (h *heap) take(s *search, conditions []plan.Condition) []plan.Condition {
	var all []plan.Condition
	bounding := true
	var skip skipped
	for i, key := range s.index.Keys {
		a := answers(s.index, key, h.table, conditions)
		all = append(all, a.conditions...)
		s.quals += float64(a.quals)
		if s.index.Method != "" && s.index.Method != "btree" {
			s.inside = append(s.inside, a.conditions...)
			s.bound = append(s.bound, a.conditions...)
			s.descent *= a.list
			continue
		}
		limits := a.limits(key, h.table)
		s.inside = append(s.inside, limits...)
		if bounding && i > 0 && len(a.conditions) > 0 && skip.pending() {
			bounding = skip.bridge(h, s)
		}
		if bounding && len(a.conditions) > 0 {
			s.bound = append(s.bound, limits...)
			s.descent *= a.list
		}
		if !a.equal {
			skip.add(key, a)
			bounding = bounding && !a.rowwise && h.skipScan()
		}
	}
	return all
}

func has(conditions []plan.Condition, c plan.Condition) bool {
	for _, other := range conditions {
		if other.Text == c.Text && other.Kind == c.Kind {
			return true
		}
	}
	return false
}
