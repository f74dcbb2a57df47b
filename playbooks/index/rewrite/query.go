package rewrite

import "slices"

// walker goes through a statement's queries and collects the rewrites of their conditions.
type walker struct {
	*text
	known Known
	ctes  map[string]bool // the names that a WITH gives
	depth int
	tried int            // conditions
	done  map[*node]bool // conditions that were turned together with another one
	names bool           // only the names in a FROM are wanted, not the conditions
	found []Rewrite

	nevers bool   // only a condition of the outermost WHERE is wanted that no row can meet
	never  string // that condition
}

// sources reads the names in a FROM alone.
func (w *walker) sources(lo, hi int, parent *level) *level {
	l := &level{parent: parent}
	probe := &walker{text: w.text, known: w.known, ctes: w.ctes, names: true}
	probe.from(lo, hi, l)
	return l
}

// statement reads the whole text; a semicolon may end it.
func (w *walker) statement() {
	end := len(w.tokens)
	for w.is(end-1, end, ";") {
		end--
	}
	if slices.ContainsFunc(w.tokens[:end], isSemicolon) {
		return
	}
	w.ctes = w.namesOfCTEs()
	w.query(0, end, nil)
	w.paging(0, end)
}

// startsQuery says whether a parenthesis holds a query.
func (t *text) startsQuery(open int) bool {
	close := t.match[open]
	at := open + 1
	for t.is(at, close, "(") && at-open < maxNesting {
		at++
	}
	return t.is(at, close, "SELECT", "WITH", "VALUES", "TABLE", "UPDATE", "DELETE", "INSERT", "MERGE") && !t.is(at+1, close, ".", ",", ")")
}

// query reads SELECT, UPDATE, DELETE or INSERT … SELECT, with WITH before and set operations between.
func (w *walker) query(lo, hi int, parent *level) {
	w.depth++
	defer func() { w.depth-- }()
	if w.depth > maxNesting || lo >= hi || w.names || w.nevers && (w.depth > 1 || w.is(lo, hi, "WITH")) {
		return
	}
	if w.is(lo, hi, "WITH") {
		main := w.find(lo, hi, func(i int) bool {
			return w.is(i, hi, "SELECT", "INSERT", "UPDATE", "DELETE", "MERGE", "VALUES", "TABLE")
		})
		w.subqueries(lo, main, parent)
		lo = main
	}
	switch {
	case w.is(lo, hi, "SELECT", "VALUES", "("):
		w.selects(lo, hi, parent)
	case w.is(lo, hi, "UPDATE"):
		w.update(lo, hi, parent)
	case w.is(lo, hi, "DELETE"):
		w.deletion(lo, hi, parent)
	case w.is(lo, hi, "INSERT"):
		from := w.find(lo, hi, func(i int) bool { return w.is(i, hi, "SELECT", "WITH", "VALUES") })
		w.query(from, w.clause(from, hi, "RETURNING", onConflict), parent)
	}
}

// selects reads the queries between UNION, INTERSECT and EXCEPT.
func (w *walker) selects(lo, hi int, parent *level) {
	if w.nevers && w.clause(lo, hi, "UNION", "INTERSECT", "EXCEPT") < hi {
		return
	}
	for lo < hi {
		end := w.clause(lo, hi, "UNION", "INTERSECT", "EXCEPT")
		if w.is(lo, end, "(") {
			w.query(lo+1, w.after(lo, end)-1, parent)
		} else {
			w.selection(lo, end, parent)
		}
		for lo = end + 1; w.is(lo, hi, "ALL", "DISTINCT"); {
			lo++
		}
	}
}

// clause returns where a clause begins; hi where there is none.
func (t *text) clause(lo, hi int, words ...string) int {
	return t.find(lo, hi, func(i int) bool {
		if t.has(i, hi, "ON", "CONFLICT") {
			return slices.Contains(words, onConflict)
		}
		if !t.is(i, hi, words...) || t.is(i-1, hi, ".", "AS", "WITHIN") {
			return false
		}
		return !t.is(i, hi, "FROM") || !t.is(i-1, hi, "DISTINCT") || !t.is(i-2, hi, "IS", "NOT")
	})
}

// onConflict stands for the two words in a list of clauses.
const onConflict = "ON CONFLICT"

// behindWhere are the clauses that can follow a WHERE.
var behindWhere = []string{"GROUP", "HAVING", "WINDOW", "ORDER", "LIMIT", "OFFSET", "FETCH", "FOR", "RETURNING", onConflict}

func (w *walker) selection(lo, hi int, parent *level) {
	from := w.clause(lo, hi, append([]string{"FROM", "WHERE"}, behindWhere...)...)
	l := &level{parent: parent}
	rest := from
	if w.is(from, hi, "FROM") {
		rest = w.clause(from+1, hi, append([]string{"WHERE"}, behindWhere...)...)
		w.from(from+1, rest, l)
	}
	w.subqueries(lo, from, l)
	w.where(rest, hi, l)
}

// where reads the WHERE that begins at lo, if one does, and the subqueries behind it.
func (w *walker) where(lo, hi int, l *level) {
	end := lo
	if w.is(lo, hi, "WHERE") {
		end = w.clause(lo+1, hi, behindWhere...)
		if w.nevers {
			w.never = w.neverIn(w.expression(lo+1, end), l)
		}
		w.condition(lo+1, end, l)
	}
	w.subqueries(end, hi, l)
}

func (w *walker) update(lo, hi int, parent *level) {
	set := w.clause(lo, hi, "SET")
	l := &level{parent: parent}
	w.from(lo+1, set, l)
	from := w.clause(set, hi, "FROM", "WHERE", "RETURNING")
	rest := from
	if w.is(from, hi, "FROM") {
		rest = w.clause(from+1, hi, "WHERE", "RETURNING")
		w.from(from+1, rest, l)
	}
	w.subqueries(set, from, l)
	w.where(rest, hi, l)
}

func (w *walker) deletion(lo, hi int, parent *level) {
	if !w.is(lo+1, hi, "FROM") {
		return
	}
	l := &level{parent: parent}
	using := w.clause(lo+2, hi, "USING", "WHERE", "RETURNING")
	w.from(lo+2, using, l)
	rest := using
	if w.is(using, hi, "USING") {
		rest = w.clause(using+1, hi, "WHERE", "RETURNING")
		w.from(using+1, rest, l)
	}
	w.where(rest, hi, l)
}

// subqueries reads the queries in parentheses in a range, at any depth.
func (w *walker) subqueries(lo, hi int, l *level) {
	for i := lo; i < hi; i++ {
		if w.is(i, hi, "(") && w.match[i] > i && w.match[i] < hi && w.startsQuery(i) {
			w.query(i+1, w.match[i], l)
			i = w.match[i]
		}
	}
}

// condition reads a WHERE or an ON, and the subqueries in it.
func (w *walker) condition(lo, hi int, l *level) {
	if w.names || w.nevers {
		return
	}
	w.subqueries(lo, hi, l)
	w.conjuncts(w.expression(lo, hi), l, nil)
}

// conjuncts goes through what must be true: conjuncts, the arms of OR, and what stands in their parentheses. There NULL and false are the same.
func (w *walker) conjuncts(n *node, l *level, parent *node) {
	if w.done[n] || len(w.found) >= maxRewrites || w.tried >= maxConditions {
		return
	}
	switch n.kind {
	case opaque:
		return
	case and:
		w.monthOfYear(n, l)
	case or:
		if w.try(n, l, parent) {
			return
		}
	case paren:
	default:
		w.try(n, l, parent)
		return
	}
	for _, arg := range n.args {
		w.conjuncts(arg, l, n)
	}
}
