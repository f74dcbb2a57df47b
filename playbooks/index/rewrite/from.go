package rewrite

// from reads the items of a FROM, and the conditions of its joins.
func (w *walker) from(lo, hi int, l *level) {
	var conditions [][2]int
	w.items(lo, hi, l, &conditions)
	for _, c := range conditions {
		w.condition(c[0], c[1], l)
	}
}

// items reads tables, subqueries, functions and joins; what it does not know makes a source of which nothing is known.
func (w *walker) items(lo, hi int, l *level, conditions *[][2]int) {
	w.depth++
	defer func() { w.depth-- }()
	if w.depth > maxNesting {
		l.sources = append(l.sources, source{})
		return
	}
	for at := lo; at < hi; {
		switch {
		case w.is(at, hi, ","):
			at++
		case w.isJoin(at, hi):
			at = w.join(at, hi, l)
		case w.is(at, hi, "ON"):
			end := w.find(at+1, hi, func(i int) bool { return w.is(i, hi, ",", "ON", "USING") || w.isJoin(i, hi) })
			*conditions = append(*conditions, [2]int{at + 1, end})
			at = end
		case w.is(at, hi, "USING") && w.is(at+1, hi, "("):
			for i := at + 2; i < w.after(at+1, hi)-1; i++ {
				if w.isName(i, hi) {
					l.merged = append(l.merged, w.name(i))
				}
			}
			at = w.after(at+1, hi)
		default:
			end := max(at+1, w.find(at, hi, func(i int) bool { return w.is(i, hi, ",", "ON", "USING") || w.isJoin(i, hi) }))
			w.item(at, end, l, conditions)
			at = end
		}
	}
}

// isJoin says whether a join begins; left(…) and right(…) are functions.
func (t *text) isJoin(i, hi int) bool {
	if t.is(i-1, hi, ".", "AS") {
		return false
	}
	return t.is(i, hi, "JOIN", "INNER", "CROSS", "NATURAL") || t.is(i, hi, "LEFT", "RIGHT", "FULL") && t.is(i+1, hi, "JOIN", "OUTER")
}

func (w *walker) join(at, hi int, l *level) int {
	for ; w.is(at, hi, "JOIN", "INNER", "CROSS", "NATURAL", "LEFT", "RIGHT", "FULL", "OUTER"); at++ {
		l.outer = l.outer || w.is(at, hi, "LEFT", "RIGHT", "FULL")
		l.natural = l.natural || w.is(at, hi, "NATURAL")
		if w.is(at, hi, "JOIN") {
			return at + 1
		}
	}
	return at
}

// item reads one table, subquery, function or parenthesised join.
func (w *walker) item(lo, hi int, l *level, conditions *[][2]int) {
	lateral := w.is(lo, hi, "LATERAL")
	for w.is(lo, hi, "LATERAL", "ONLY") && !w.is(lo+1, hi, ",") {
		lo++
	}
	if w.is(lo, hi, "(") {
		w.parenthesised(lo, hi, l, lateral, conditions)
		return
	}
	var path []string
	at := lo
	for w.isName(at, hi) {
		path = append(path, w.name(at))
		at++
		if !w.is(at, hi, ".") {
			break
		}
		at++
	}
	if len(path) == 0 || w.is(at, hi, "(") { // a function: what its subqueries see is not followed
		w.subqueries(at, hi, &level{sources: []source{{}}})
		l.sources = append(l.sources, source{alias: w.alias(w.after(at, hi), hi)})
		return
	}
	if w.is(at, hi, "*") {
		at++
	}
	s := source{alias: path[len(path)-1], table: w.table(path)}
	if alias := w.alias(at, hi); alias != "" {
		s.alias = alias
	} else if len(path) == 2 {
		s.schema = path[0]
	}
	if w.renames(at, hi) {
		s.table = nil
	}
	l.sources = append(l.sources, s)
}

// parenthesised reads a subquery or a join in parentheses.
func (w *walker) parenthesised(lo, hi int, l *level, lateral bool, conditions *[][2]int) {
	close := w.match[lo]
	if close < 0 || close >= hi {
		l.sources = append(l.sources, source{})
		return
	}
	alias := w.alias(close+1, hi)
	switch {
	case w.startsQuery(lo):
		around := l.parent
		if lateral {
			around = l
		}
		w.query(lo+1, close, around)
		l.sources = append(l.sources, source{alias: alias})
	case alias != "": // it hides the names inside
		inner := &level{parent: l.parent}
		w.items(lo+1, close, inner, &[][2]int{})
		l.sources = append(l.sources, source{alias: alias})
	default:
		w.items(lo+1, close, l, conditions)
	}
}

// alias is the name that follows an item; empty: none does.
func (w *walker) alias(at, hi int) string {
	if w.is(at, hi, "WITH") && w.is(at+1, hi, "ORDINALITY") {
		at += 2
	}
	if w.is(at, hi, "AS") {
		at++
	} else if w.is(at, hi, "TABLESAMPLE", "SET", "WITH") {
		return ""
	}
	if !w.isName(at, hi) {
		return ""
	}
	return w.name(at)
}

// renames says whether columns are named anew behind the alias, as in t AS x(a, b).
func (w *walker) renames(at, hi int) bool {
	if w.is(at, hi, "AS") {
		at++
	}
	return w.isName(at, hi) && !w.is(at, hi, "TABLESAMPLE") && w.is(at+1, hi, "(")
}
