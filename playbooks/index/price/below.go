package price

import (
	"slices"
	"strings"

	"github.com/pgmedic/pgmedic/probes/plan"
)

// calls says whether the scan runs in a SubPlan for values of the rows outside, without a join in between.
func (a *above) calls(n *plan.Node, inside bool) bool {
	if _, ok := a.paths[n]; ok {
		return inside
	}
	for _, child := range n.Children {
		below := (inside || child.Relationship == "SubPlan") && !isJoin(n)
		if a.holds(child) && a.calls(child, below || child.Relationship == "SubPlan") {
			return true
		}
	}
	return false
}

// isHashed says whether a node runs a SubPlan once and keeps its rows in a hash table, as of NOT IN where they fit into work_mem.
func isHashed(n, child *plan.Node) bool {
	name := "hashed " + child.Fields["Subplan Name"] + ")"
	return slices.ContainsFunc(append([]string{n.Filter, n.JoinFilter, n.OneTimeFilter}, n.Output...), func(text string) bool { return strings.Contains(text, name) })
}

// isSearched says whether the scan is below a SubPlan whose rows are gone through again for each row outside, which an index on its conditions does not spare: of a NOT IN whose rows
// do not fit into work_mem.
func (a *above) isSearched(n *plan.Node) bool {
	return slices.ContainsFunc(n.Children, func(child *plan.Node) bool {
		return a.holds(child) && (child.Relationship == "SubPlan" && !isHashed(n, child) || a.isSearched(child))
	})
}

func isJoin(n *plan.Node) bool {
	return n.Type == "Nested Loop" || n.Type == "Hash Join" || n.Type == "Merge Join"
}

// holds says whether a changed scan is below the node.
func (a *above) holds(n *plan.Node) bool {
	if _, ok := a.paths[n]; ok {
		return true
	}
	return slices.ContainsFunc(n.Children, a.holds)
}

// child is the one that holds the scan, else the first.
func (a *above) child(n *plan.Node) *plan.Node {
	for _, c := range n.Children {
		if a.holds(c) {
			return c
		}
	}
	return n.Children[0]
}

// sortsBelow says whether a sort stands over the scan.
func (a *above) sortsBelow(n *plan.Node) bool {
	if strings.HasSuffix(n.Type, "Sort") && a.holds(n) {
		return true
	}
	return slices.ContainsFunc(n.Children, a.sortsBelow)
}
