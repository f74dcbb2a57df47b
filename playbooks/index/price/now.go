package price

import (
	"context"
	"strings"

	"github.com/pgmedic/pgmedic/playbooks/index/candidate"
	"github.com/pgmedic/pgmedic/probes/plan"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// Now is how many rows of the need's table one run of the statement reads as it is planned: those that were read where the plan was analysed, else all rows
// of a sequential scan and those that meet an index's conditions, as often as the plan runs the scan. A LIMIT ends only a scan all of whose rows are wanted: that
// the wanted ones come early is a hope.
func Now(ctx context.Context, count Count, before *plan.Plan, need candidate.Need) (float64, error) {
	h := newHeap(ctx, count, need)
	runs := loops(before.Root, need.Scans)
	limit, _ := wanted(before.Root, need.Scans[0], 0, func(*plan.Node) bool { return false })
	var sum float64
	for i, scan := range need.Scans {
		read, ok := scan.RowsRead()
		if !ok {
			part := h.parts()[i]
			read = part.takes(scan, part.scanned(scan), limit) * max(runs[scan], 1)
			h.err = part.err
		}
		if sum += read; h.err != nil {
			return 0, h.err
		}
	}
	return sum, nil
}

// takes is how many of the rows that a scan could read are taken of it where so many of all scans are wanted; 0: all.
func (h *heap) takes(scan *plan.Node, rows, limit float64) float64 {
	if limit == 0 || scan.Filter != "" || scan.Type == "Bitmap Heap Scan" {
		return rows
	}
	return min(max(limit*h.share, 1), rows)
}

// scanned is what one run of a scan reads of its heap.
func (h *heap) scanned(scan *plan.Node) float64 {
	return h.meeting(h.searched(scan)...)
}

// searched are the conditions that an index leaves of the rows that a scan reads; none: it reads all.
func (h *heap) searched(scan *plan.Node) []plan.Condition {
	switch scan.Type {
	case "Index Scan", "Index Only Scan":
		return h.known(scan.Index, h.own(plan.Conjuncts(scan.IndexCond)))
	case "Bitmap Heap Scan":
		var conditions []plan.Condition
		for _, name := range bitmapIndexes(scan) {
			conditions = h.known(name, conditions)
		}
		return append(conditions, h.own(plan.Conjuncts(scan.RecheckCond))...)
	}
	return nil
}

// NowBy is how Now knows: an estimate stands in it where one scan at least is neither analysed nor searched by conditions that the sample knows. sample is nil where there
// is none.
func NowBy(ctx context.Context, count Count, sample *Sample, need candidate.Need) Source {
	h := newHeap(ctx, count, need)
	source := Measured
	for i, scan := range need.Scans {
		if _, ok := scan.RowsRead(); ok {
			continue
		}
		if conditions := h.parts()[i].searched(scan); sample == nil || len(conditions) == 0 || !sample.Counts(conditions...) {
			return Estimated
		}
		source = Sampled
	}
	return source
}

// own names the columns of conditions by the need's alias: each scan of a partition has an alias of its own.
func (h *heap) own(conditions []plan.Condition) []plan.Condition {
	for i, c := range conditions {
		if c.Qualifier != "" && c.Qualifier != h.need.Alias && !c.Join && h.need.Table.Kind == "p" {
			conditions[i].Text = strings.ReplaceAll(c.Text, sqltext.Ident(c.Qualifier)+".", sqltext.Ident(h.need.Alias)+".")
			conditions[i].Qualifier = h.need.Alias
		}
	}
	return conditions
}

// known adds the predicate of an index to conditions: its entries meet that too.
func (h *heap) known(index string, conditions []plan.Condition) []plan.Condition {
	if x, ok := h.table.Index(index); ok {
		for _, w := range x.Shape.Where {
			conditions = append(conditions, plan.Conjuncts(w.SQL)...)
		}
	}
	return conditions
}

func bitmapIndexes(n *plan.Node) []string {
	var names []string
	if n.Type == "Bitmap Index Scan" {
		names = append(names, n.Index)
	}
	if n.Type == "BitmapOr" {
		return nil // each index yields rows of its own
	}
	for _, child := range n.Children {
		names = append(names, bitmapIndexes(child)...)
	}
	return names
}

// loops is how often the plan runs each of the scans: the inner side of a nested loop once for each outer row, unless what it read is kept.
func loops(root *plan.Node, scans []*plan.Node) map[*plan.Node]float64 {
	found := make(map[*plan.Node]float64, len(scans))
	for _, scan := range scans {
		found[scan] = 0
	}
	addLoops(root, 1, found)
	return found
}

func addLoops(n *plan.Node, times float64, found map[*plan.Node]float64) {
	if _, ok := found[n]; ok {
		found[n] = times
	}
	for _, child := range n.Children {
		again := times
		switch {
		case n.Type == "Nested Loop" && child.Relationship == "Inner" && child.Type != "Materialize":
			again *= max(otherChild(n, child).PlanRows, 1)
		case n.Type == "Recursive Union" && child.Relationship == "Inner":
			again *= rounds
		case child.Relationship == "SubPlan" && !isHashed(n, child) && child.Type != "Materialize":
			again *= n.CallsOf(child)
		}
		addLoops(child, again, found)
	}
}
