package plan

import "time"

// IsScan says whether the node reads a table, an index or a function rather than other nodes' rows.
func (n *Node) IsScan() bool {
	switch n.Type {
	case "Seq Scan", "Sample Scan", "Index Scan", "Index Only Scan", "Bitmap Index Scan", "Bitmap Heap Scan", "Tid Scan", "Tid Range Scan",
		"Function Scan", "Table Function Scan", "Foreign Scan":
		return true
	case "Custom Scan": // an extension's: of a table, or a way to combine other nodes
		return n.Relation != "" && len(n.Children) == 0
	}
	return false
}

// RowsRead returns the rows that this scan touched over all its loops: (kept + removed by filter + removed by recheck) × loops; false
// where the node is no scan or has no actual figures. EXPLAIN prints means per loop, rounded before version 18: with more than one loop the product
// is exact to half a row a loop. Loops of a parallel scan are those of the workers and of the leader. A bitmap index scan has none: its heap scan counts.
func (n *Node) RowsRead() (float64, bool) {
	if !n.IsScan() || n.Type == "Bitmap Index Scan" || !n.Executed {
		return 0, false
	}
	return (n.ActualRows + n.RemovedByFilter + n.RemovedByRecheck) * n.Loops, true
}

// RowsRead adds up RowsRead of the plan's scans; false without ANALYZE. A bitmap heap scan counts, the bitmap index scans below it do not: they yield no rows
// of their own. A scan that never ran read nothing.
func (p *Plan) RowsRead() (float64, bool) {
	if p.Root == nil || !p.Root.Executed {
		return 0, false
	}
	var sum float64
	p.Walk(func(n *Node, _ int) {
		rows, _ := n.RowsRead()
		sum += rows
	})
	return sum, true
}

// OwnTime is the node's time over all loops less its children's; parallel workers' time is divided among them as EXPLAIN does: below a Gather the loops of
// different processes run side by side, so what counts is the mean of the processes, which is near the time on the clock. The time of a CTE or an InitPlan is
// taken from the nodes that waited for it, where EXPLAIN counts it too, and stays with its own nodes. Figures are rounded means: what would fall below zero is
// zero. False without ANALYZE.
func (n *Node) OwnTime() (time.Duration, bool) {
	if !n.Executed {
		return 0, false
	}
	own := n.wallTime() - n.SharedTime
	for _, child := range n.Children {
		if child.Relationship != "InitPlan" {
			own -= child.wallTime()
		}
	}
	return max(own, 0), true
}

// wallTime is the node's time over all loops with those below it, where processes work side by side the mean of those that ran it: a bitmap is
// built by one of them, and the others wait.
func (n *Node) wallTime() time.Duration {
	return time.Duration(float64(n.ActualTotal) * n.Loops / max(min(n.Processes, n.Loops), 1))
}

// OwnCost is the node's total cost less its children's, at least zero: a Limit costs less than what it stops.
func (n *Node) OwnCost() float64 {
	own := n.TotalCost
	for _, child := range n.Children {
		own -= child.TotalCost
	}
	return max(own, 0)
}

// Hottest returns the node with the most own time, or with the most own cost where there is no ANALYZE; the first of equals.
func (p *Plan) Hottest() *Node {
	if p.Root == nil {
		return nil
	}
	heat := (*Node).OwnCost
	if p.Root.Executed {
		heat = ownSeconds
	}
	hottest := p.Root
	p.Walk(func(n *Node, _ int) {
		if heat(n) > heat(hottest) {
			hottest = n
		}
	})
	return hottest
}

func ownSeconds(n *Node) float64 {
	own, _ := n.OwnTime()
	return own.Seconds()
}

// Walk calls visit for each node, parents first, with its depth; the root's is 0.
func (p *Plan) Walk(visit func(n *Node, depth int)) {
	if p.Root != nil {
		walk(p.Root, 0, visit)
	}
}

func walk(n *Node, depth int, visit func(n *Node, depth int)) {
	visit(n, depth)
	for _, child := range n.Children {
		walk(child, depth+1, visit)
	}
}
