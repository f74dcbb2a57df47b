package plan

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// assignProcesses tells every node how many processes ran it side by side. Below a Gather these are the launched workers and the leader, where it takes
// part: just as many times more often than the Gather its child ran.
func assignProcesses(n *Node, processes float64) {
	n.Processes = processes
	for _, child := range n.Children {
		below := processes
		if isGather(n) && child.Relationship == "Outer" && n.Loops > 0 {
			below = max(child.Loops/n.Loops, 1)
		}
		assignProcesses(child, below)
	}
}

func isGather(n *Node) bool { return n.Type == "Gather" || n.Type == "Gather Merge" }

// assignSharedTime finds the nodes that waited for each CTE and InitPlan. EXPLAIN hangs these plans below the top node of their query, but they run, and are
// timed, inside the node that first needs a row of theirs.
func assignSharedTime(root *Node) {
	walk(root, 0, func(parent *Node, _ int) {
		for _, child := range parent.Children {
			if took := child.wallTime(); child.Relationship == "InitPlan" && took > 0 {
				share(took, consumers(parent, child))
			}
		}
	})
}

// share takes the time from the consumers in their order, from each at most its own time.
func share(left time.Duration, consumers []*Node) {
	for _, n := range consumers {
		own, _ := n.OwnTime()
		part := min(left, own)
		n.SharedTime += part
		left -= part
	}
}

// consumers returns the nodes below parent that use the result of the plan, those with the most own time first, because the first to need a row waits for it.
// Last comes parent itself.
func consumers(parent, initPlan *Node) []*Node {
	uses := usesOf(initPlan.Fields["Subplan Name"])
	var found []*Node
	walk(parent, 0, func(n *Node, _ int) {
		if n != parent && uses(n) {
			found = append(found, n)
		}
	})
	slices.SortStableFunc(found, func(a, b *Node) int { return cmp.Compare(ownSeconds(b), ownSeconds(a)) })
	return append(found, parent)
}

// usesOf returns a test for the nodes that use a plan of this name: "CTE recent"; "InitPlan 1 (returns $0,$1)" before version 17, "InitPlan 1" since.
func usesOf(name string) func(*Node) bool {
	if cte, ok := strings.CutPrefix(name, "CTE "); ok {
		return func(n *Node) bool { return n.Type == "CTE Scan" && n.Fields["CTE Name"] == cte }
	}
	short, returns, _ := strings.Cut(name, " (returns ")
	outputs := parameters(returns)
	return func(n *Node) bool {
		return slices.ContainsFunc(n.expressions(), func(expression string) bool {
			return strings.Contains(expression, "("+short+")") || haveCommon(parameters(expression), outputs)
		})
	}
}

// parameters returns every $n of an expression.
func parameters(expression string) []string {
	var found []string
	for _, t := range sqltext.Scan(expression) {
		if t.Kind == sqltext.Parameter {
			found = append(found, t.Text)
		}
	}
	return found
}

func haveCommon(a, b []string) bool {
	return slices.ContainsFunc(a, func(s string) bool { return slices.Contains(b, s) })
}

// expressions returns the node's conditions and output.
func (n *Node) expressions() []string {
	return append([]string{n.IndexCond, n.RecheckCond, n.Filter, n.JoinFilter, n.OneTimeFilter, n.HashCond, n.MergeCond}, n.Output...)
}
