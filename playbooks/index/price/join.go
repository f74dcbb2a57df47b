package price

import (
	"math"
	"slices"

	"github.com/pgmedic/pgmedic/probes/plan"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// joinOf is the lowest join over the scan whose other side has the values that its conditions compare with; nil: there is none that could look up.
func (a *above) joinOf(n *plan.Node) *plan.Node {
	for _, child := range n.Children {
		if a.holds(child) {
			if found := a.joinOf(child); found != nil {
				return found
			}
			if other := otherChild(n, child); isJoin(n) && other != nil && a.nullable(n, child) && a.comesFrom(other) {
				return n
			}
		}
	}
	return nil
}

// comesFrom says whether a join condition of the need compares with a relation below the node.
func (a *above) comesFrom(n *plan.Node) bool {
	for _, c := range a.need.Conditions {
		if c.Join && n.Alias != "" && slices.Contains(tokens(c.Text), sqltext.Ident(n.Alias)) {
			return true
		}
	}
	return slices.ContainsFunc(n.Children, a.comesFrom)
}

// join becomes a nested loop: one lookup for each row of the other side (initial_cost_nestloop, final_cost_nestloop). The joins between it and the scan are done
// over it.
func (a *above) join(n *plan.Node, processes float64) cost {
	inner := a.child(n)
	if a.need.Each && n.Type == "Nested Loop" { // the lookups have a LIMIT of their own
		outer, each, rows := unchanged(otherChild(n, inner), processes), a.node(inner, 1, 0), n.PlanRows*processes
		return cost{outer.startup + each.startup, outer.total + outer.rows*each.total + rows*a.costs.CPUTuple, rows}
	}
	var found path
	for _, p := range a.paths {
		found.startup += p.startup
		found.total += p.total + p.each
	}
	made := a.loop(n, unchanged(bareInput(otherChild(n, inner)), processes), found, n.PlanRows*processes)
	for between := inner; !a.isScan(between); between = a.child(between) {
		if other := otherChild(between, a.child(between)); isJoin(between) && other != nil {
			made.total += unchanged(other, processes).total + made.rows*a.costs.CPUTuple
			made.startup += other.TotalCost
		}
	}
	return made
}

func (a *above) isScan(n *plan.Node) bool {
	_, ok := a.paths[n]
	return ok || len(n.Children) == 0
}

// loop runs the inner path for each outer row. Where only one match is wanted it ends, in the mean, halfway.
func (a *above) loop(n *plan.Node, outer cost, inner path, rows float64) cost {
	one, pairs := inner.total, rows
	switch n.JoinType {
	case "Semi", "Anti", "Right Semi", "Right Anti":
		matches := max(a.perLookup, 1)
		matched := min(rows, outer.rows)
		if n.JoinType == "Anti" || n.JoinType == "Right Anti" {
			matched = max(outer.rows-rows, 0)
		}
		share := 2 / (matches + 1)
		run := inner.total - inner.startup
		spent := matched*(inner.startup+run*share) + (outer.rows-matched)*(inner.startup+run/matches)
		pairs = matched*matches*share + (outer.rows - matched)
		return cost{outer.startup + inner.startup, outer.total + spent + pairs*a.costs.CPUTuple, rows}
	}
	pairs = math.Max(pairs, outer.rows*a.perLookup)
	filter := float64(len(plan.Conjuncts(n.JoinFilter))) * a.costs.CPUOperator
	return cost{outer.startup + inner.startup, outer.total + outer.rows*one + pairs*(a.costs.CPUTuple+filter), rows}
}

// nullable says whether the join may look its rows up on the side of the child: not where all rows of that side are kept.
func (a *above) nullable(n, inner *plan.Node) bool {
	first := len(n.Children) > 0 && n.Children[0] == inner
	switch n.JoinType {
	case "Full":
		return false
	case "Left", "Anti", "Semi":
		return !first
	case "Right", "Right Anti", "Right Semi":
		return first
	}
	return true
}

// otherChild is the join's other side.
func otherChild(n, inner *plan.Node) *plan.Node {
	for _, c := range n.Children {
		if c != inner && (c.Relationship == "Outer" || c.Relationship == "Inner") {
			return c
		}
	}
	return nil
}

// bareInput is a join's side without what the old join needed of it.
func bareInput(n *plan.Node) *plan.Node {
	for len(n.Children) == 1 && (n.Type == "Hash" || n.Type == "Sort" || n.Type == "Materialize" || n.Type == "Memoize") {
		n = n.Children[0]
	}
	return n
}
