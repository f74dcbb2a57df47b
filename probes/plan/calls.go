package plan

import (
	"regexp"
)

// comparedAbove is a comparison of order with what a subquery yields, as a filter has it.
var comparedAbove = regexp.MustCompile(`(?:[^<]>|<=?|>=) \(?SubPlan`)

// CallsOf is how often a node runs a SubPlan as the planner reckons: once for each row that it yields, and where its filter asks it for those too that this leaves out: half of
// the rows, of an inequality two in three.
func (n *Node) CallsOf(child *Node) float64 {
	calls := max(n.PlanRows, 1)
	switch {
	case !n.Filters(child):
		return calls
	case comparedAbove.MatchString(n.Filter + n.JoinFilter):
		return 3 * calls
	}
	return 2 * calls
}

// Filters says whether the node's filter asks the SubPlan.
func (n *Node) Filters(child *Node) bool {
	name := child.Fields["Subplan Name"]
	return name != "" && regexp.MustCompile(regexp.QuoteMeta(name)+`\b`).MatchString(n.Filter+" "+n.JoinFilter)
}
