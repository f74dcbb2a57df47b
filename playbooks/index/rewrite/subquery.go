package rewrite

import "slices"

// notIn turns x NOT IN (SELECT y …) into NOT EXISTS (SELECT 1 … WHERE y = x), which the planner can join.
func (a *attempt) notIn(n *node) (turn, bool) {
	a.rank = helpsIndex
	negative := n.kind == inQuery && n.negated || n.kind == allOf && n.name == "<>" && n.args[1].kind == query
	if n.kind == not {
		n = n.args[0].bare()
		negative = n.kind == inQuery && !n.negated || n.kind == anyOf && n.name == "=" && n.args[1].kind == query
	}
	if !negative {
		return turn{}, false
	}
	outer, found := a.resolve(n.args[0].bare())
	q, ok := a.simple(n.args[1], true)
	if !found || !ok || !slices.ContainsFunc(a.sources, func(s source) bool { return s.alias == outer.source.alias }) {
		return turn{}, false
	}
	y := a.w.expression(q.list, q.from)
	inner, found := q.level.resolve(y)
	if !found || slices.ContainsFunc(q.level.sources, func(s source) bool { return s.alias == outer.source.alias || s.alias == "" }) {
		return turn{}, false
	}
	if slices.ContainsFunc(a.sources, func(s source) bool { return s.alias == inner.source.alias }) {
		return turn{}, false
	}
	a.as("subquery")
	a.columns = appendNew(a.columns, inner.Name)
	if !outer.notNull || !inner.notNull {
		a.note(true, "NOT IN finds nothing as soon as the subquery yields a NULL, and no row whose "+outer.Name+" is NULL; NOT EXISTS finds them")
	}
	return turn{sql: "NOT EXISTS (SELECT 1 " + a.joined(q, inner.written()+" = "+outer.written()) + ")"}, true
}

// selectQuery is a plain subquery: where its parts begin.
type selectQuery struct {
	list, from, where, end int // of the select list, FROM, WHERE (end where there is none), and its end
	level                  *level
}

// simple reads SELECT list FROM … [WHERE …] without anything else but DISTINCT, where that does not matter.
func (a *attempt) simple(n *node, distinct bool) (selectQuery, bool) {
	w := a.w
	lo, hi := n.lo+1, n.hi-1
	if n.kind != query || !w.is(lo, hi, "SELECT") {
		return selectQuery{}, false
	}
	list := lo + 1
	if distinct && w.is(list, hi, "DISTINCT", "ALL") && !w.is(list+1, hi, "ON") {
		list++
	}
	if w.is(list, hi, "DISTINCT", "ALL") {
		return selectQuery{}, false
	}
	q := selectQuery{list: list, end: hi, from: w.clause(lo, hi, "FROM")}
	others := append([]string{"UNION", "INTERSECT", "EXCEPT"}, behindWhere...)
	if q.from == hi || w.clause(lo, hi, others...) != hi {
		return selectQuery{}, false
	}
	q.where = w.clause(q.from, hi, "WHERE")
	q.level = w.sources(q.from+1, q.where, a.level)
	return q, true
}

// joined is the subquery from its FROM on, with one more condition.
func (a *attempt) joined(q selectQuery, condition string) string {
	from := a.w.source(q.from, q.where)
	if q.where == q.end {
		return from + " WHERE " + condition
	}
	where := a.w.source(q.where+1, q.end)
	if n := a.w.expression(q.where+1, q.end); n.kind == or || n.kind == opaque {
		where = "(" + where + ")"
	}
	return from + " WHERE " + where + " AND " + condition
}

// counted turns (SELECT count(*) …) > 0 into EXISTS (SELECT 1 …), which ends at the first row.
func (a *attempt) counted(n *node) (turn, bool) {
	a.rank = helpsIndex
	if n.kind != binary {
		return turn{}, false
	}
	left, right, op := n.args[0].bare(), n.args[1].bare(), n.name
	if right.kind == query {
		left, right, op = right, left, flipped(op)
	}
	if left.kind != query || right.kind != number {
		return turn{}, false
	}
	q, ok := a.simple(left, false)
	if !ok || !a.w.has(q.list, q.from, "count", "(", "*", ")") || q.from != q.list+4 {
		return turn{}, false
	}
	a.as("subquery")
	exists := "EXISTS (SELECT 1 " + a.w.source(q.from, q.end) + ")"
	switch op + right.name {
	case ">0", ">=1", "<>0":
		return turn{sql: exists}, true
	case "=0", "<1", "<=0":
		return turn{sql: "NOT " + exists}, true
	}
	return turn{}, false
}
