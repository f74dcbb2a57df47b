package price

import (
	"slices"
	"strings"

	"github.com/pgmedic/pgmedic/probes/plan"
)

// passing are the nodes that ask for no more rows of their child than are asked of them.
var passing = []string{"Gather", "Gather Merge", "Subquery Scan", "LockRows", "Append", "Merge Append", "Result", "ProjectSet", "Materialize", "Memoize", "Limit"}

// wanted is how many rows one run of the scan has to yield, because what stands above ends when it has enough: a LIMIT, an EXISTS, a semi join; 0: all. inOrder says of a
// sort whether it falls away.
func wanted(n, scan *plan.Node, bound float64, inOrder func(sort *plan.Node) bool) (float64, bool) {
	if n == scan {
		return bound, true
	}
	for _, child := range n.Children {
		if found, ok := wanted(child, scan, asks(n, child, bound, inOrder), inOrder); ok {
			return found, true
		}
	}
	return 0, false
}

// asks is how many rows a node wants of a child where so many are wanted of itself.
func asks(n, child *plan.Node, bound float64, inOrder func(*plan.Node) bool) float64 {
	switch {
	case child.Relationship == "InitPlan" || child.Relationship == "SubPlan":
		if findsOne(n, child) {
			return 1
		}
		return 0
	case n.Type == "Limit":
		return n.PlanRows + skippedBy(n, child)
	case n.Type == "Nested Loop" && child.Relationship == "Inner":
		if endsAtFirst(n) {
			return 1
		}
		return 0
	case n.Type == "Nested Loop":
		return bound * child.PlanRows / max(n.PlanRows, 1)
	case strings.HasSuffix(n.Type, "Sort") && inOrder(n), slices.Contains(passing, n.Type):
		return bound
	}
	return 0
}

// endsAtFirst says whether a join needs only one match of each row.
func endsAtFirst(n *plan.Node) bool {
	return strings.HasSuffix(n.JoinType, "Semi") || strings.HasSuffix(n.JoinType, "Anti")
}

// findsOne says whether a subquery without values of the rows outside is an EXISTS: the node's cost then has only one row's share of the subquery's (cost_subplan).
func findsOne(n, child *plan.Node) bool {
	return child.Relationship == "InitPlan" && n.TotalCost < child.TotalCost
}

// skippedBy is how many rows a LIMIT leaves out first (OFFSET), as far as its cost shows.
func skippedBy(limit, child *plan.Node) float64 {
	if run := child.TotalCost - child.StartupCost; run > 0 {
		return max(limit.StartupCost-child.StartupCost, 0) / run * child.PlanRows
	}
	return 0
}
