package rewrite

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// paging turns ORDER BY … LIMIT m OFFSET n of the outermost query into a template that goes on behind the last row of the page before.
func (w *walker) paging(lo, hi int) {
	if !w.is(lo, hi, "SELECT") || w.is(lo+1, hi, "DISTINCT") {
		return
	}
	order, offset := w.clause(lo, hi, "ORDER"), w.clause(lo, hi, "OFFSET")
	others := []string{"GROUP", "HAVING", "WINDOW", "UNION", "INTERSECT", "EXCEPT", "FETCH", "FOR"}
	if order == hi || offset < order || w.clause(lo, hi, others...) != hi || w.clause(lo, hi, "LIMIT") == hi || !w.isSkip(offset, hi) {
		return
	}
	from := w.clause(lo, hi, "FROM")
	where := w.clause(from, order, "WHERE")
	if from >= order || w.aggregates(lo+1, from) {
		return
	}
	a := &attempt{level: w.sources(from+1, where, nil), w: w, known: w.known, rule: "paging", rank: needsProgram}
	keys, ok := a.orderKeys(lo+1, from, order+2, w.clause(order, hi, "LIMIT", "OFFSET"))
	if !ok {
		return
	}
	w.addPaging(a, keys, where, order, offset)
}

// isSkip says whether OFFSET skips by a parameter or a number above zero.
func (w *walker) isSkip(offset, hi int) bool {
	if !w.is(offset, hi, "OFFSET") || offset+1 >= hi {
		return false
	}
	t := w.tokens[offset+1]
	return (offset+2 == hi || w.is(offset+2, hi, "LIMIT", "ROWS", "ROW")) && (t.Kind == sqltext.Parameter || t.Kind == sqltext.Number && t.Text != "0")
}

// aggregates says whether the select list holds a function that could make one row of many.
func (t *text) aggregates(lo, hi int) bool {
	for i := lo; i+1 < hi; i++ {
		if t.isName(i, hi) && t.is(i+1, hi, "(") && !t.is(i, hi, "IN", "lower", "upper", "coalesce", "to_char", "date_trunc") || t.is(i, hi, "OVER") {
			return true
		}
	}
	return false
}

// orderKey is one column of an ORDER BY.
type orderKey struct {
	sql  string
	op   string // that finds what comes after
	null bool   // it can be NULL
}

// mostColumns are those of an index.
const mostColumns = 32

// orderKeys reads an ORDER BY of plain columns, none of them the new name of something else.
func (a *attempt) orderKeys(list, from, lo, hi int) ([]orderKey, bool) {
	var keys []orderKey
	parts := a.w.split(lo, hi)
	if len(parts) > mostColumns {
		return nil, false
	}
	for _, part := range parts {
		end, op := part[1], ">"
		if a.w.is(end-1, end, "ASC", "DESC") {
			if a.w.is(end-1, end, "DESC") {
				op = "<"
			}
			end--
		}
		e := a.w.expression(part[0], end)
		c, ok := a.resolve(e)
		if !ok || len(e.path) == 1 && a.w.renamed(list, from, c.Name) {
			return nil, false
		}
		a.columns = appendNew(a.columns, c.Name)
		keys = append(keys, orderKey{a.source(e), op, !c.notNull})
	}
	return keys, len(keys) > 0
}

// renamed says whether the select list gives this name to something else.
func (t *text) renamed(lo, hi int, name string) bool {
	for _, part := range t.split(lo, hi) {
		last := part[1] - 1
		if t.isName(last, hi) && t.name(last) == name && last > part[0] && !(t.is(last-1, hi, ".") && last-2 == part[0]) {
			return true
		}
	}
	return false
}

func (w *walker) addPaging(a *attempt, keys []orderKey, where, order, offset int) {
	parameters := w.placeholders(offset, len(keys))
	condition := after(keys, parameters)
	a.note(true, fmt.Sprintf("%s: the values of the last row of the page before; the order must be unique", strings.Join(parameters, ", ")))
	if slices.ContainsFunc(keys, func(k orderKey) bool { return k.null }) {
		a.note(true, "rows without a value to order by are left out")
	}
	end := offset + 2
	if w.is(end, len(w.tokens), "ROWS", "ROW") {
		end++
	}
	r := Rewrite{From: w.source(offset, end), To: condition, Caveat: strings.Join(a.notes, "; "), Rule: a.rule, Columns: a.columns, rank: a.rank}
	r.edits = append(w.added(where, order, condition), edit{w.end(offset - 1), w.end(end - 1), ""})
	r.SQL = apply(w.sql, r.edits)
	r.renumber(w.sql)
	w.found = append(w.found, r)
}

// added puts one more condition into the WHERE, or makes one before the ORDER BY.
func (w *walker) added(where, order int, condition string) []edit {
	if where == order {
		return []edit{{w.start[order], w.start[order], "WHERE " + condition + " "}}
	}
	last := w.end(order - 1)
	if n := w.expression(where+1, order); n.kind == or || n.kind == opaque {
		return []edit{{w.start[where+1], w.start[where+1], "("}, {last, last, ") AND " + condition}}
	}
	return []edit{{last, last, " AND " + condition}}
}

// placeholders are new parameters; the first takes the place of the offset's.
func (w *walker) placeholders(offset, n int) []string {
	used := parametersOf(w.sql)
	highest := 0
	if len(used) > 0 {
		highest = parameterNumber(used[len(used)-1])
	}
	var names []string
	if t := w.tokens[offset+1]; t.Kind == sqltext.Parameter && strings.Count(w.sql, t.Text) == 1 {
		names = append(names, t.Text)
	}
	for len(names) < n {
		highest++
		names = append(names, parameterName(highest))
	}
	return names
}

// after is the condition for the rows behind a given one: a row comparison where all columns go in one direction.
func after(keys []orderKey, parameters []string) string {
	op := keys[0].op
	if slices.ContainsFunc(keys, func(k orderKey) bool { return k.op != op }) {
		return mixedAfter(keys, parameters)
	}
	if len(keys) == 1 {
		return keys[0].sql + " " + op + " " + parameters[0]
	}
	names := make([]string, len(keys))
	for i, k := range keys {
		names[i] = k.sql
	}
	return "(" + strings.Join(names, ", ") + ") " + op + " (" + strings.Join(parameters, ", ") + ")"
}

func mixedAfter(keys []orderKey, parameters []string) string {
	k := keys[0]
	first := k.sql + " " + k.op + " " + parameters[0]
	if len(keys) == 1 {
		return first
	}
	return "(" + first + " OR " + k.sql + " = " + parameters[0] + " AND " + mixedAfter(keys[1:], parameters[1:]) + ")"
}
