package plan

import (
	"math"
	"regexp"
	"slices"
)

// ancestors returns the nodes above a node, nearest first, each with the child that leads to it. It ends where a CTE, an InitPlan or a SubPlan
// begins: what is above takes no rows of the node.
func (p *Plan) ancestors(n *Node) []step {
	if p.Root == nil {
		return nil
	}
	steps, _ := stepsTo(p.Root, n)
	for i, s := range steps {
		if s.child.Relationship == "InitPlan" || s.child.Relationship == "SubPlan" {
			return steps[:i]
		}
	}
	return steps
}

// step leads from a node up to its parent.
type step struct{ child, parent *Node }

func stepsTo(root, target *Node) ([]step, bool) {
	if root == target {
		return nil, true
	}
	for _, child := range root.Children {
		if steps, found := stepsTo(child, target); found {
			return append(steps, step{child, root}), true
		}
	}
	return nil, false
}

// other returns the join's child that does not lead to the node.
func (s step) other() *Node {
	for _, child := range s.parent.Children {
		if child != s.child && (child.Relationship == "Outer" || child.Relationship == "Inner") {
			return child
		}
	}
	return nil
}

func (n *Node) isJoin() bool { return family(n.Type) == "join" }

func (n *Node) isAppend() bool { return family(n.Type) == "append" }

// processesOf returns how many processes the planner reckons to share the rows of the nodes below a Gather (get_parallel_divisor of costsize.c):
// where the leader takes part, it does the less, the more workers feed it.
func processesOf(gather *Node) float64 {
	workers := float64(gather.WorkersPlanned)
	return max(workers+max(1-0.3*workers, 0), 1)
}

// holdsParallel says whether a node of the tree takes a share of its rows in each process.
func (n *Node) holdsParallel() bool {
	return n.Parallel || slices.ContainsFunc(n.Children, (*Node).holdsParallel)
}

// childAlias matches the alias that the planner gives to a partition: that of the partitioned table with a number.
var childAlias = regexp.MustCompile(`^(.*?)(?:_\d+)?$`)

// isSibling says whether two aliases may be those of partitions of one table.
func isSibling(a, b string) bool {
	return childAlias.FindStringSubmatch(a)[1] == childAlias.FindStringSubmatch(b)[1]
}

// shareOf returns a's part of b; 1 where one of them says nothing.
func shareOf(a, b float64) float64 {
	if a <= 0 || b <= 0 || math.IsInf(a, 0) || math.IsInf(b, 0) {
		return 1
	}
	return a / b
}
