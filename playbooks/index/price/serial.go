package price

import "github.com/pgmedic/pgmedic/probes/plan"

// Serial is what a plan costs where no workers share it, as the price of an index has the rest of a plan that it leaves serial.
func Serial(p *plan.Plan) float64 { return serial(p.Root, 1).total }

func serial(n *plan.Node, processes float64) cost {
	main := 0
	var startup, children, beside, was float64
	var input cost
	for _, child := range n.Children {
		if isAside(child) {
			beside += child.TotalCost * max(n.PlanRows, 1)
			continue
		}
		now := serial(child, processesBelow(n, processes))
		if main == 0 || n.Type == "Merge Append" {
			startup, was = startup+now.startup, was+child.StartupCost
		}
		children += child.TotalCost
		input = cost{startup, input.total + now.total, input.rows + now.rows}
		main++
	}
	if main == 0 {
		return unchanged(n, processes)
	}
	own := n.TotalCost - children
	switch n.Type {
	case "Gather", "Gather Merge":
		input.total += min(beside, max(own, 0))
		return input
	case "Append": // workers do one child each
		return input
	case "Limit":
		share := min(n.PlanRows*processes/max(input.rows, 1), 1)
		return cost{input.startup, input.startup + (input.total-input.startup)*share, n.PlanRows * processes}
	}
	if n.StartupCost >= children && children > 0 { // it reads all before it yields
		startup, was = input.total, children
	}
	return cost{startup + max(n.StartupCost-was, 0)*processes, input.total + own*processes, n.PlanRows * processes}
}

// processesBelow is by how many processes the work below a node is shared.
func processesBelow(n *plan.Node, processes float64) float64 {
	if n.Type == "Gather" || n.Type == "Gather Merge" {
		return divisor(n.WorkersPlanned)
	}
	return processes
}
