package judge

import (
	"slices"

	"github.com/pgmedic/pgmedic/playbooks/index/candidate"
	"github.com/pgmedic/pgmedic/playbooks/index/shape"
	"github.com/pgmedic/pgmedic/playbooks/index/table"
	"github.com/pgmedic/pgmedic/probes/plan"
)

// inUse names the indexes of the needs' tables that a plan's own scans of them search, or take an order from.
func inUse(p *plan.Plan, all []judged) []string {
	var names []string
	for _, j := range all {
		for _, v := range j.views {
			if v.plan == p {
				names = append(names, j.used(v.need)...)
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// used names the indexes that a need's scans search by a condition, and those that serve the need without one: by their order, by their predicate. One that is only
// read from end to end instead of the table serves nothing.
func (j judged) used(need candidate.Need) []string {
	var names []string
	for _, n := range searches(need) {
		name := indexOf(j.table, n)
		serves := slices.ContainsFunc(j.serving, func(s candidate.Service) bool {
			return s.Index.Name == name && (s.Candidate.Ordered || len(s.Index.Shape.Where) > 0)
		})
		if name != "" && (serves || n.IndexCond != "") {
			names = append(names, name)
		}
	}
	return names
}

// searches are the nodes of a need's scans that read an index: bitmaps are made below the scan that takes them.
func searches(need candidate.Need) []*plan.Node {
	var all []*plan.Node
	var add func(n *plan.Node)
	add = func(n *plan.Node) {
		if n.Index != "" {
			all = append(all, n)
		}
		for _, child := range n.Children {
			if child.Type == "Bitmap Index Scan" || child.Type == "BitmapOr" || child.Type == "BitmapAnd" {
				add(child)
			}
		}
	}
	for _, scan := range need.Scans {
		add(scan)
	}
	return all
}

// indexOf names the index of a table that a node reads: of a partition's that of the whole, which has another name.
func indexOf(t *table.Table, n *plan.Node) string {
	for _, leaf := range t.Partitions {
		x, ok := leaf.Index(n.Index)
		if !ok {
			continue
		}
		if at := slices.IndexFunc(t.Indexes, func(whole table.Existing) bool { return isPartitionOf(x.Shape, whole.Shape) }); at >= 0 {
			return t.Indexes[at].Name
		}
	}
	return n.Index
}

// isPartitionOf says whether an index of a partition is one of the whole's.
func isPartitionOf(x, whole shape.Index) bool {
	x.Schema, x.Table = whole.Schema, whole.Table
	return shape.Same(x, whole)
}

// servedBy says whether an index that serves all that one can of a need is what the need's scans use.
func (j judged) servedBy(need candidate.Need) bool {
	used := j.used(need)
	return slices.ContainsFunc(j.serving, func(s candidate.Service) bool { return s.Complete && slices.Contains(used, s.Index.Name) })
}

// usesServing says whether a view's plan uses an index that serves the need, be it in part.
func (j judged) usesServing(v view) bool {
	used := j.used(v.need)
	return slices.ContainsFunc(j.serving, func(s candidate.Service) bool { return slices.Contains(used, s.Index.Name) })
}
