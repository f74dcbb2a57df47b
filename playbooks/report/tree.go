package report

import (
	"fmt"
	"strings"

	"github.com/pgmedic/pgmedic/probes/plan"
)

// tree draws a plan as indented text: each node with the rows that it kept and removed over all its loops, and its conditions below.
func tree(p *plan.Plan) string {
	var b strings.Builder
	drawNode(&b, p.Root, "", "")
	if p.Origin.Analyzed {
		fmt.Fprintf(&b, "planning %s, execution %s\n", millis(inMillis(p.PlanningTime)), millis(inMillis(p.ExecutionTime)))
	}
	return b.String()
}

func drawNode(b *strings.Builder, n *plan.Node, first, rest string) {
	fmt.Fprintf(b, "%s%s\n", first, nodeTitle(n))
	inner := rest + "  "
	if len(n.Children) > 0 {
		inner = rest + "│ "
	}
	for _, line := range nodeLines(n) {
		fmt.Fprintf(b, "%s%s\n", inner, line)
	}
	for i, child := range n.Children {
		if i == len(n.Children)-1 {
			drawNode(b, child, rest+"└ ", rest+"  ")
		} else {
			drawNode(b, child, rest+"├ ", rest+"│ ")
		}
	}
}

func nodeTitle(n *plan.Node) string {
	title := n.Type
	if n.Parallel {
		title = "Parallel " + title
	}
	if n.Index != "" {
		title += " using " + n.Index
	}
	if n.Relation != "" {
		title += " on " + strings.TrimPrefix(n.Schema+"."+n.Relation, ".")
	}
	return title
}

// nodeLines are a node's conditions and figures.
func nodeLines(n *plan.Node) []string {
	var lines []string
	add := func(name, text string) {
		if text != "" {
			lines = append(lines, name+": "+text)
		}
	}
	add("index condition", n.IndexCond)
	add("recheck", n.RecheckCond)
	add("filter", n.Filter)
	add("join filter", n.JoinFilter)
	add("hash condition", n.HashCond)
	add("merge condition", n.MergeCond)
	add("one-time filter", n.OneTimeFilter)
	add("sort key", strings.Join(n.SortKey, ", "))
	return append(lines, figureLine(n))
}

// figureLine says what the node really did, or what the planner expects where it was not run.
func figureLine(n *plan.Node) string {
	each := ""
	if n.Loops > 1 {
		each = " a loop"
	}
	estimate := "estimated " + rows(n.PlanRows) + each
	switch {
	case !n.Executed && n.ActualTotal == 0 && n.Loops == 0:
		return fmt.Sprintf("estimated %s, cost %s (not measured)", rows(n.PlanRows), number(n.TotalCost))
	case !n.Executed:
		return estimate + ", never executed"
	}
	parts := []string{"kept " + rows(n.ActualRows*n.Loops)}
	removed := func(perLoop float64, by string) {
		if perLoop > 0 {
			parts = append(parts, fmt.Sprintf("removed %s by %s", rows(perLoop*n.Loops), by))
		}
	}
	removed(n.RemovedByFilter, "filter")
	removed(n.RemovedByJoin, "join filter")
	removed(n.RemovedByRecheck, "recheck")
	line := strings.Join(parts, ", ")
	if n.Loops > 1 {
		line += fmt.Sprintf(", over %s loops", number(n.Loops))
	}
	if n.WorkersLaunched > 0 {
		line += fmt.Sprintf(", %d workers and the leader", n.WorkersLaunched)
	}
	return fmt.Sprintf("%s; %s; %s%s", line, estimate, millis(inMillis(n.ActualTotal)), each)
}

func rows(n float64) string { return counted(n, unitRows) }
