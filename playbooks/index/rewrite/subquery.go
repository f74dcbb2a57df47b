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
	if found && !ok {
		return a.notListed(outer, n.args[1])
	}
	if !found || !slices.ContainsFunc(a.sources, func(s source) bool { return s.alias == outer.source.alias }) {
		return turn{}, false
	}
	y := a.w.expression(q.list, q.from)
	inner, found := q.level.resolve(y)
	if !found {
		return a.notListed(outer, n.args[1])
	}
	if slices.ContainsFunc(q.level.sources, func(s source) bool { return s.alias == outer.source.alias || s.alias == "" }) {
		return turn{}, false
	}
	if slices.ContainsFunc(a.sources, func(s source) bool { return s.alias == inner.source.alias }) {
		return turn{}, false
	}
	a.as("subquery")
	a.columns = appendNew(a.columns, inner.Name)
	a.noteNulls(outer, inner.notNull)
	return turn{sql: "NOT EXISTS (SELECT 1 " + a.joined(q, inner.written()+" = "+outer.written()) + ")"}, true
}

// noteNulls notes what NOT IN and NOT EXISTS do not have in common, where one side can be NULL.
func (a *attempt) noteNulls(outer resolved, innerNotNull bool) {
	if !outer.notNull || !innerNotNull {
		a.note(true, "NOT IN finds nothing as soon as the subquery yields a NULL, and no row whose "+outer.Name+" is NULL; NOT EXISTS finds them")
	}
}

// listedAs is the name of a subquery that stands in a FROM of its own.
const listedAs = "listed"

// notListed turns NOT IN of a subquery with UNION, GROUP BY, LIMIT and the like: it stays as it is, in the FROM of the NOT EXISTS.
func (a *attempt) notListed(outer resolved, subquery *node) (turn, bool) {
	lo, hi := subquery.lo+1, subquery.hi-1
	if subquery.kind != query || !a.w.is(lo, hi, "SELECT") || outer.source.alias == listedAs || outer.source.alias == "" ||
		!slices.ContainsFunc(a.sources, func(s source) bool { return s.alias == outer.source.alias }) {
		return turn{}, false
	}
	notNull := true
	for lo < hi {
		end := a.w.clause(lo, hi, "UNION", "INTERSECT", "EXCEPT")
		one, yieldsOne := a.yields(lo, end)
		if !yieldsOne {
			return turn{}, false
		}
		notNull = notNull && one
		for lo = end + 1; a.w.is(lo, hi, "ALL", "DISTINCT"); {
			lo++
		}
	}
	a.as("subquery")
	a.derived = true
	a.noteNulls(outer, notNull)
	from := a.source(subquery) + " AS " + listedAs + " (value)"
	return turn{sql: "NOT EXISTS (SELECT 1 FROM " + from + " WHERE " + outer.written() + " = " + listedAs + ".value)"}, true
}

// yields says whether a SELECT yields one column, and whether that is never NULL: a column of a table that cannot be.
func (a *attempt) yields(lo, hi int) (notNull, one bool) {
	w := a.w
	list := lo + 1
	if w.is(list, hi, "DISTINCT", "ALL") && !w.is(list+1, hi, "ON") {
		list++
	}
	from := w.clause(list, hi, append([]string{"FROM", "WHERE"}, behindWhere...)...)
	if !w.is(lo, hi, "SELECT") || list >= from || len(w.split(list, from)) != 1 || w.is(from-1, hi, "*") {
		return false, false
	}
	if !w.is(from, hi, "FROM") {
		return false, true
	}
	l := w.sources(from+1, w.clause(from+1, hi, append([]string{"WHERE"}, behindWhere...)...), a.level)
	c, found := l.resolve(w.expression(list, from))
	grouped := w.find(lo, hi, func(i int) bool { return w.is(i, hi, "ROLLUP", "CUBE", "GROUPING") }) != hi // these yield NULL where they add up
	return found && c.notNull && !grouped, true
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
