package rewrite

import "strings"

// step is one column of an order, and what it is compared with.
type step struct{ left, right *node }

// keyset turns a > x OR (a = x AND b > y) into (a, b) > (x, y).
func (a *attempt) keyset(n *node) (turn, bool) {
	a.rank = helpsIndex
	steps, op, ok := a.steps(n)
	if !ok || len(steps) < 2 {
		return turn{}, false
	}
	var left, right []string
	for _, s := range steps {
		c, found := a.resolve(s.left)
		if !found || s.right.varies() {
			return turn{}, false
		}
		a.columns = appendNew(a.columns, c.Name)
		left, right = append(left, a.source(s.left)), append(right, a.source(s.right))
	}
	a.as("keyset")
	return turn{sql: "(" + strings.Join(left, ", ") + ") " + op + " (" + strings.Join(right, ", ") + ")"}, true
}

// steps reads the arms: the first compares the first column, each further one holds equalities of those before.
func (a *attempt) steps(n *node) ([]step, string, bool) {
	n = n.bare()
	if n.kind != or {
		s, op, ok := a.compares(n)
		return []step{s}, op, ok && op != "="
	}
	first, op, ok := a.compares(n.args[0].bare())
	if !ok || op != "<" && op != ">" {
		return nil, "", false
	}
	steps, last := []step{first}, op
	for _, arm := range n.args[1:] {
		rest, op, ok := a.arm(arm.bare(), steps)
		if !ok || op[0] != last[0] || len(last) > 1 {
			return nil, "", false
		}
		steps, last = append(steps, rest...), op
	}
	return steps, last, true
}

// arm reads equalities of the steps so far and the comparisons of the next ones.
func (a *attempt) arm(n *node, before []step) ([]step, string, bool) {
	if n.kind != and || len(n.args) != len(before)+1 {
		return nil, "", false
	}
	for i, s := range before {
		equal, op, ok := a.compares(n.args[i].bare())
		if !ok || op != "=" || !sameText(a.source(equal.left), a.source(s.left)) || !sameText(a.source(equal.right), a.source(s.right)) {
			return nil, "", false
		}
	}
	return a.steps(n.args[len(before)])
}

// compares reads a comparison with the column on the left.
func (a *attempt) compares(n *node) (step, string, bool) {
	if n.kind != binary || !isComparison(n.name) {
		return step{}, "", false
	}
	left, right, op := n.args[0].bare(), n.args[1].bare(), n.name
	if left.kind != column {
		left, right, op = right, left, flipped(op)
	}
	return step{left, right}, op, left.kind == column
}
