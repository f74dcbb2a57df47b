package price

import "github.com/pgmedic/pgmedic/probes/plan"

// Serial is what a plan costs where no workers share it, as the price of an index has the rest of a plan that it leaves serial.
func Serial(p *plan.Plan) float64 { return serial(p.Root, 1) }

func serial(n *plan.Node, processes float64) float64 {
	if (n.Type == "Gather" || n.Type == "Gather Merge") && len(n.Children) > 0 {
		return serial(n.Children[0], divisor(n.WorkersPlanned))
	}
	if len(n.Children) == 0 {
		return unchanged(n, processes).total
	}
	own, total := n.TotalCost, 0.0
	for _, child := range n.Children {
		own -= child.TotalCost
		total += serial(child, processes)
	}
	if n.Type == "Append" { // workers do one child each
		return total
	}
	return total + own*processes
}
