package price

import (
	"slices"

	"github.com/pgmedic/pgmedic/probes/plan"
)

// isAside says whether a child is a subquery that only hangs on its node: the node's rows are not made of the child's.
func isAside(child *plan.Node) bool {
	return child.Relationship == "InitPlan" || child.Relationship == "SubPlan"
}

// holdsAside says whether the changed scan is in a subquery that hangs on the node, and not below it.
func (a *above) holdsAside(n *plan.Node) bool {
	return !slices.ContainsFunc(n.Children, func(c *plan.Node) bool { return !isAside(c) && a.holds(c) })
}

// aside is what the subqueries that hang on a node cost it, which the change below the node leaves as they are: at most what the node costs besides its rows.
func (a *above) aside(n *plan.Node) cost {
	var sum cost
	own := n.TotalCost
	for _, child := range n.Children {
		if !isAside(child) {
			own -= child.TotalCost
			continue
		}
		sum.total += child.TotalCost * a.times(n, child)
		if child.Relationship == "InitPlan" {
			sum.startup += child.TotalCost
		}
	}
	own = max(own, 0)
	return cost{startup: min(sum.startup, own), total: min(sum.total, own)}
}

// withAside adds to a path what the subqueries cost that hang on the scan now: those that its filter asks once for each row that it reads, the others as they are. A scan that
// many workers share costs each a part.
func (h *heap) withAside(p path, n *plan.Node, processes float64) path {
	once, checked := 0.0, false
	for _, child := range n.Children {
		switch {
		case child.Relationship == "InitPlan" || child.Relationship == "SubPlan" && isHashed(n, child):
			once += child.TotalCost
		case child.Relationship == "SubPlan":
			checked = checked || n.Filters(child)
		}
	}
	if !slices.ContainsFunc(n.Children, isAside) {
		return p
	}
	if !n.Parallel {
		processes = 1
	}
	all := max(n.TotalCost-h.bare(n, processes), 0)
	once = min(once, all)
	each := (all - once) * processes
	if checked {
		each *= p.read / max(h.scanned(n), 1)
	}
	p.once, p.each = once, each
	return p
}

// bare is what a scan costs as it is without the subqueries that hang on it.
func (h *heap) bare(n *plan.Node, processes float64) float64 {
	conditions := h.usable(false)
	switch n.Type {
	case "Seq Scan":
		return h.pages*h.costs.SeqPage + h.rows*(h.costs.CPUTuple+h.checks(conditions))/processes
	case "Index Scan", "Index Only Scan", "Bitmap Heap Scan":
		var least float64
		for _, x := range h.table.Indexes {
			if x.Known && finds(n, x.Name) {
				s, _ := h.pick(x.Shape, h.extentOf(x.Shape), conditions)
				s.only = n.Type == "Index Only Scan"
				if n.Type == "Bitmap Heap Scan" {
					least += h.bitmap([]search{s}, conditions, h.meeting(conditions...)).total
				} else {
					least += h.plain(s).total
				}
			}
		}
		return least
	}
	return 0
}

// finds says whether a scan reads the index.
func finds(n *plan.Node, index string) bool {
	return n.Index == index || slices.ContainsFunc(n.Children, func(c *plan.Node) bool { return !isAside(c) && finds(c, index) })
}

// processesOf is by how much workers divide the work of a scan.
func processesOf(root, scan *plan.Node) float64 {
	for n := root; n != scan; {
		i := slices.IndexFunc(n.Children, func(c *plan.Node) bool { return isOver(c, scan) })
		if i < 0 {
			return 1
		}
		if n.WorkersPlanned > 0 {
			return divisor(n.WorkersPlanned)
		}
		n = n.Children[i]
	}
	return 1
}

func isOver(n, scan *plan.Node) bool {
	return n == scan || slices.ContainsFunc(n.Children, func(c *plan.Node) bool { return isOver(c, scan) })
}

// recurs says whether a scan is in the part of a WITH RECURSIVE that runs once a round.
func recurs(n, scan *plan.Node) bool {
	return slices.ContainsFunc(n.Children, func(c *plan.Node) bool {
		return isOver(c, scan) && (n.Type == "Recursive Union" && c.Relationship == "Inner" || recurs(c, scan))
	})
}
