package price

import (
	"slices"
	"strconv"

	"github.com/pgmedic/pgmedic/playbooks/index/candidate"
	"github.com/pgmedic/pgmedic/playbooks/index/table"
	"github.com/pgmedic/pgmedic/probes/plan"
)

// path is one way to read the table's rows; of a lookup the figures of one.
type path struct {
	startup, total float64
	rows           float64 // that meet the conditions
	read           float64 // index entries, or rows of the heap
	once, each     float64 // what the subqueries cost besides that hang on the scan: those that run once, and for its rows
	ordered        bool    // it yields the need's order
	stops          bool    // it reads row by row: what wants no more of them ends it
	hoped          bool    // conditions are checked on rows that the index yields, and a LIMIT may have to go on to the end
}

// cost is what a node of a plan costs and yields.
type cost struct{ startup, total, rows float64 }

// above prices the nodes over a scan after it has changed: each keeps its own cost, but for those that the change concerns.
type above struct {
	need      candidate.Need
	costs     table.Costs
	paths     map[*plan.Node]path
	lookup    bool       // the scan is done once for each row of a join's other side
	called    bool       // it is so by a SubPlan, and no join changes
	joins     *plan.Node // the join that becomes a loop of lookups
	perLookup float64    // rows that one yields
	expressed bool       // conditions are on an expression that is an index's key only then
	sorts     bool       // the plan sorts the scan's rows
	serial    bool       // it is cheap enough to be done without parallel workers
	sure      bool       // no LIMIT is taken to end a scan early where that is only hoped
}

func newAbove(need candidate.Need, before *plan.Plan, lookup bool) *above {
	a := &above{need: need, costs: need.Table.Costs, paths: map[*plan.Node]path{}, lookup: lookup}
	for _, scan := range need.Scans {
		a.paths[scan] = path{}
	}
	a.sorts = a.sortsBelow(before.Root)
	a.expressed = slices.ContainsFunc(need.Conditions, func(c plan.Condition) bool { return computedBy(need.Table, c) != "" })
	if lookup {
		a.called = a.calls(before.Root, false)
		a.joins = a.joinOf(before.Root)
	}
	return a
}

// loops is how often the planner takes a lookup to be repeated, so that it finds pages in the cache: not by a SubPlan, nor
// by a subquery of its own, as LATERAL with a LIMIT is.
func (a *above) loops() float64 {
	if !a.lookup || a.called || a.need.Each {
		return 1
	}
	return max(a.need.Lookups, 1)
}

// unread is the same where reading the table costs nothing.
func (a *above) unread() *above {
	free := *a
	free.paths = map[*plan.Node]path{}
	for scan, p := range a.paths {
		p.startup, p.total = 0, 0
		free.paths[scan] = p
	}
	return &free
}

// statement is the cost of the whole.
func (a *above) statement(before *plan.Plan) float64 { return a.node(before.Root, 1, 0).total }

// node prices a node and what is below it. In a part that was parallel and no longer is, rows and own costs were those of one of so many processes.
// bound is how many rows a LIMIT above takes of it; 0: all.
func (a *above) node(n *plan.Node, processes, bound float64) cost {
	if p, ok := a.paths[n]; ok {
		return a.scan(n, p, processes, bound)
	}
	if !a.holds(n) {
		return unchanged(n, processes)
	}
	if !a.holdsAside(n) {
		if made, ok := a.shaped(n, processes, bound); ok {
			beside := a.aside(n)
			return cost{made.startup + beside.startup, made.total + beside.total, made.rows}
		}
	}
	return a.linear(n, processes, bound)
}

// shaped prices a node over the changed scan that does not cost what it did, without the subqueries that hang on it; false: it costs what it did.
func (a *above) shaped(n *plan.Node, processes, bound float64) (cost, bool) {
	switch n.Type {
	case "Gather", "Gather Merge":
		if a.serial {
			return a.node(a.child(n), divisor(n.WorkersPlanned), bound), true
		}
	case "Limit":
		return a.limit(n, processes), true
	case "Sort", "Incremental Sort":
		return a.sort(n, processes, bound), true
	case "Hash", "Materialize", "Memoize":
		if a.lookup && !a.called {
			return a.node(a.child(n), processes, 0), true
		}
	case "Nested Loop", "Hash Join", "Merge Join":
		if n == a.joins {
			return a.join(n, processes), true
		}
	case "Append", "Merge Append":
		return a.append(n, processes, bound), true
	case "Aggregate":
		if a.takesFirst(n) {
			return a.first(n, processes), true
		}
		if processes > 1 || a.serial && n.Fields["Partial Mode"] == "Finalize" {
			return a.aggregate(n, processes), true
		}
	}
	return cost{}, false
}

// scan is the changed scan itself, sorted where the plan took its order from another index.
func (a *above) scan(n *plan.Node, p path, processes, bound float64) cost {
	made := cost{p.startup + p.once, p.total + p.once + p.each, n.PlanRows * processes}
	if a.expressed && !a.lookup {
		made.rows = p.rows // the plan was made without statistics of the expression
	}
	if n.PlanRows <= 1 { // the least that the planner expects, of each process too
		made.rows = min(made.rows, p.rows)
	}
	if a.mustSort(p) && (a.need.Limit > 0 || bound > 0) {
		return sorted(a.costs, made, float64(n.PlanWidth), max(bound, a.need.Limit))
	}
	return made
}

// mustSort says whether the rows of a path come in another order than the scan's that it takes the place of, which the plan took from an index and
// did not sort. A lookup has that order only where each has a LIMIT of its own.
func (a *above) mustSort(p path) bool {
	return !p.ordered && len(a.need.Order) > 0 && !a.sorts && (!a.lookup || a.need.Each)
}

// unchanged is a node that the index does not concern. What each worker did its share of is done by one process: about half of the cost, that of reading pages,
// stays the same.
func unchanged(n *plan.Node, processes float64) cost {
	if !isShared(n) {
		processes = 1
	}
	more := (1 + processes) / 2
	return cost{n.StartupCost * more, n.TotalCost * more, n.PlanRows * processes}
}

// isShared says whether workers divide a node's rows among them.
func isShared(n *plan.Node) bool {
	if n.Type == "Gather" || n.Type == "Gather Merge" {
		return false
	}
	return n.Parallel || slices.ContainsFunc(n.Children, isShared)
}

// divides says whether workers could still share the work: the other side of the join is theirs.
func (a *above) divides() bool {
	if a.joins == nil || a.called {
		return false
	}
	return isShared(otherChild(a.joins, a.child(a.joins)))
}

// divisor is by how much workers divide a scan: the leader helps the less the more there are (get_parallel_divisor).
func divisor(workers int) float64 {
	return float64(workers) + max(1-0.3*float64(workers), 0)
}

// linear is a node that costs what it did over its children: its own share does not depend on how they get their rows.
func (a *above) linear(n *plan.Node, processes, bound float64) cost {
	own := n.TotalCost
	ownStartup := n.StartupCost
	var made cost
	first := true
	for _, child := range n.Children {
		times := a.times(n, child)
		now, was := a.node(child, processes, bound), cost{child.StartupCost, child.TotalCost, child.PlanRows}
		if findsOne(n, child) {
			now, was = a.one(child, now), firstRow(was)
		}
		own -= was.total * times
		made.total += now.total * times
		switch {
		case child.Relationship == "InitPlan":
			ownStartup -= was.total
			made.startup += now.total
		case child.Relationship == "SubPlan" || !first:
		case n.StartupCost >= child.TotalCost && child.TotalCost > child.StartupCost && !(n.Type == "Aggregate" && a.inOrder(n)): // it reads all before it yields
			first = false
			ownStartup -= child.TotalCost
			made.startup += now.total
		default:
			first = false
			ownStartup -= child.StartupCost
			made.startup += now.startup
		}
	}
	made.total += max(own, 0) * processes
	made.startup = min(made.startup+max(ownStartup, 0)*processes, made.total)
	made.rows = n.PlanRows * processes
	return made
}

// one is a subquery of which only one row is wanted.
func (a *above) one(n *plan.Node, all cost) cost {
	if a.sure && a.holds(n) && a.endsEarly() {
		return all
	}
	return firstRow(all)
}

// firstRow is what the first row costs where all are spread evenly.
func firstRow(all cost) cost {
	return cost{all.startup, all.startup + (all.total-all.startup)/max(all.rows, 1), 1}
}

// rounds is how many the planner takes a recursion to have (cost_recursive_union).
const rounds = 10

// times is how often a node runs a child: a SubPlan once for each row that asks it, as far as the node's cost shows; what recurs once a round.
func (a *above) times(n, child *plan.Node) float64 {
	if n.Type == "Recursive Union" && child.Relationship == "Inner" {
		return rounds
	}
	if child.Relationship != "SubPlan" || child.TotalCost <= 0 || isHashed(n, child) {
		return 1
	}
	rest := n.TotalCost
	for _, other := range n.Children {
		if other != child {
			rest -= other.TotalCost
		}
	}
	wanted := n.PlanRows
	switch {
	case n.Filters(child): // of the rows that it leaves out too
		wanted = rest / child.TotalCost
	case a.holds(child):
		wanted = max(wanted, a.need.Lookups)
	}
	return max(min(wanted, rest/child.TotalCost), 1)
}

// limit takes its rows' share of the child's cost.
func (a *above) limit(n *plan.Node, processes float64) cost {
	child := a.child(n)
	wanted := n.PlanRows * processes
	skipped := skippedBy(n, child)
	now := a.node(child, processes, wanted+skipped)
	share := min((wanted+skipped)/max(now.rows, 1), 1)
	offset := min(skipped/max(now.rows, 1), 1)
	if a.sure && a.endsEarly() || wanted+skipped >= child.PlanRows*processes { // a LIMIT beyond all rows says nothing of how many it would take
		share = 1
	}
	run := now.total - now.startup
	return cost{now.startup + run*offset, now.startup + run*share, wanted}
}

// endsEarly says whether a scan is hoped to find the LIMIT's rows among those that its index yields.
func (a *above) endsEarly() bool {
	for _, p := range a.paths {
		if p.hoped && (p.ordered || !a.sorts) {
			return true
		}
	}
	return false
}

// sort falls away where the scan is in order.
func (a *above) sort(n *plan.Node, processes, bound float64) cost {
	child := a.child(n)
	if a.inOrder(child) {
		return a.node(child, processes, bound)
	}
	now := a.node(child, processes, 0)
	return sorted(a.costs, now, float64(n.PlanWidth), bound)
}

// keepOrder are the nodes that need not mix their rows; an aggregate in groups goes by the order where there is one.
var keepOrder = []string{"Gather", "Gather Merge", "Subquery Scan", "LockRows", "Append", "Merge Append", "Result", "ProjectSet", "Aggregate", "Group", "Unique", "WindowAgg"}

// inOrder says whether the rows reach this node in the need's order: nothing between it and the scan mixes them.
func (a *above) inOrder(n *plan.Node) bool {
	if p, ok := a.paths[n]; ok {
		return p.ordered
	}
	if !slices.Contains(keepOrder, n.Type) || n.Type == "Aggregate" && n.Strategy == "Plain" {
		return false
	}
	return !slices.ContainsFunc(n.Children, func(c *plan.Node) bool { return a.holds(c) && !a.inOrder(c) })
}

// append adds up; where the changed scans are in order they are merged at little more, with what else there is sorted.
func (a *above) append(n *plan.Node, processes, bound float64) cost {
	var made cost
	merged := a.inOrder(n)
	for i, child := range n.Children {
		now := a.node(child, processes, bound)
		if merged && len(a.need.Order) > 0 && n.Type == "Append" && !a.holds(child) {
			now = sorted(a.costs, now, float64(child.PlanWidth), bound)
		}
		made.total += now.total
		made.rows += now.rows
		if i == 0 || merged || n.Type == "Merge Append" {
			made.startup += now.startup
		}
	}
	all := a.planned(n) // the planner's cost has those too that only the run rules out
	made.total *= all
	made.rows *= all
	made.total += made.rows * a.costs.CPUTuple * 0.5 // APPEND_CPU_COST_MULTIPLIER
	return made
}

// planned is how many times as much the planner reckoned with as the children of an Append have: the values of the run rule partitions out.
func (a *above) planned(n *plan.Node) float64 {
	removed, _ := strconv.ParseFloat(n.Fields["Subplans Removed"], 64)
	scanned := leavesOf(a.need)
	var left, others, read float64
	for _, leaf := range a.need.Table.Partitions {
		if scanned[[2]string{leaf.Schema, leaf.Name}] {
			read += max(leaf.Rows, 0)
		} else {
			left, others = left+1, others+max(leaf.Rows, 0)
		}
	}
	return 1 + min(removed/max(left, 1), 1)*others/max(read, 1)
}

// aggregate is one that was done in two halves, by the workers and over them, and is done at once: the half of the workers is all of it.
func (a *above) aggregate(n *plan.Node, processes float64) cost {
	if mode := n.Fields["Partial Mode"]; mode == "Finalize" || mode == "Simple" { // of DISTINCT each worker makes the least of its share
		return a.node(a.child(n), processes, 0)
	}
	made := a.linear(n, processes, 0)
	made.rows = n.PlanRows
	return made
}

// takesFirst says whether the node is a min or max that reads one row where the rows are in order (build_minmax_path).
func (a *above) takesFirst(n *plan.Node) bool {
	return a.need.Limit == 1 && len(a.need.Order) > 0 && n.Strategy == "Plain" && a.inOrder(a.child(n)) && (!a.lookup || a.called)
}

// ends is how many of min and max a node asks for: each takes the first row of its own.
func ends(n *plan.Node) float64 {
	var asked []string
	for _, output := range n.Output {
		words := tokens(output)
		for i, w := range words[:max(len(words)-1, 0)] {
			if (w == "min" || w == "max") && words[i+1] == "(" && !slices.Contains(asked, w) {
				asked = append(asked, w)
			}
		}
	}
	return max(float64(len(asked)), 1)
}

func (a *above) first(n *plan.Node, processes float64) cost {
	now := a.node(a.child(n), processes, 1)
	one := firstRow(now).total
	if a.sure && a.endsEarly() {
		one = now.total
	}
	one *= ends(n)
	return cost{one, one + a.costs.CPUTuple, 1}
}
