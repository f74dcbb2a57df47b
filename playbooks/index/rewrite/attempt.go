package rewrite

import (
	"regexp"
	"strings"

	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// attempt is one try to turn a condition: what is found out on the way.
type attempt struct {
	*level
	w       *walker
	known   Known
	rule    string
	rank    int
	differs bool
	notes   []string
	columns []string
	turned  bool // something was taken off the column
	rough   bool // a length of time was rounded to a microsecond
	derived bool // what is compared is a subquery's column
	none    bool // the expression is never what it is compared with
}

// turn is what stands instead of a condition.
type turn struct {
	sql  string
	form kind // and, or; opaque: neither
}

func (t turn) and(other turn) turn { return turn{t.beside(or) + " AND " + other.beside(or), and} }
func (t turn) or(other turn) turn  { return turn{t.beside(and) + " OR " + other.beside(and), or} }

// beside puts parentheses around it where it is of that form.
func (t turn) beside(form kind) string {
	if t.form == form {
		return "(" + t.sql + ")"
	}
	return t.sql
}

// note adds to the caveat; differs says that the rewrite does not mean quite the same there.
func (a *attempt) note(differs bool, text string) {
	a.differs = a.differs || differs
	a.notes = appendNew(a.notes, text)
}

// as names the rule; of nested ones the first counts that is more than arithmetic.
func (a *attempt) as(rule string) {
	a.turned = true
	if a.rule == "" || a.rule == "arithmetic" && rule != "cast" {
		a.rule = rule
	}
}

func isSemicolon(t sqltext.Token) bool { return t.Is(";") }

// rule turns a condition, where it knows it.
type rule func(*attempt, *node) (turn, bool)

// rules are tried in this order; the first that turns the condition is taken.
func rules() []rule {
	return []rule{
		(*attempt).keyset, (*attempt).notIn, (*attempt).counted, (*attempt).json, (*attempt).member, (*attempt).pattern, (*attempt).boolean, (*attempt).truth,
		(*attempt).notDistinct, (*attempt).listed, (*attempt).betweens, (*attempt).compared,
	}
}

// try turns one condition where a rule knows it.
func (w *walker) try(n *node, l *level, parent *node) bool {
	w.tried++
	a, to, ok := w.turn(n, l)
	if ok {
		w.add(a, n.lo, n.hi, inside(to, parent))
	}
	return ok
}

// turn is what a rule makes of a condition.
func (w *walker) turn(n *node, l *level) (*attempt, turn, bool) {
	for _, rule := range rules() {
		a := &attempt{level: l, w: w, known: w.known}
		if to, ok := rule(a, n); ok && a.turned {
			return a, to, true
		}
	}
	return nil, turn{}, false
}

// truth takes IS TRUE off a condition: it counts NULL as false, as the WHERE does. What is left is turned too where that can be.
func (a *attempt) truth(n *node) (turn, bool) {
	if n.kind != isTest || n.name != "true" {
		return turn{}, false
	}
	inner := n.args[0].bare()
	compares := inner.kind == binary && isComparison(inner.name) || inner.kind == between || inner.kind == inList || inner.kind == like
	if !inner.varies() || !compares {
		return turn{}, false
	}
	if turned, to, ok := a.w.turn(inner, a.level); ok {
		*a = *turned
		return to, true
	}
	a.as("boolean")
	a.rank = helpsIndex
	if c := innermost(inner); c != nil {
		a.columns = appendNew(a.columns, c.path[len(c.path)-1])
	}
	return turn{sql: a.source(inner)}, true
}

// inside is how a turned condition stands in what is around it.
func inside(to turn, parent *node) string {
	if to.form == or && parent != nil && parent.kind == and || to.form == and && parent != nil && parent.kind == or {
		return "(" + to.sql + ")"
	}
	return to.sql
}

// add keeps the rewrite of the tokens from lo to before hi.
func (w *walker) add(a *attempt, lo, hi int, to string) {
	from := w.source(lo, hi)
	if sameText(from, to) || len(w.found) >= maxRewrites {
		return
	}
	r := Rewrite{From: from, To: to, Equivalent: !a.differs, Caveat: strings.Join(a.notes, "; "), Rule: a.rule, Columns: a.columns, Derived: a.derived, rank: a.rank}
	r.edits = []edit{{w.start[lo], w.end(hi - 1), withComments(to, from)}}
	r.SQL = apply(w.sql, r.edits)
	r.renumber(w.sql)
	w.found = append(w.found, r)
}

var clock = regexp.MustCompile(`(?i)\bclock_timestamp\s*\(\s*\)`)

// source is an expression's text. The clock that no index can look for is exchanged by the one that stands during a statement.
func (a *attempt) source(n *node) string {
	text := a.w.source(n.lo, n.hi)
	if n.holds(func(n *node) bool { return n.kind == call && n.name == "clock_timestamp" }) {
		return clock.ReplaceAllString(text, "statement_timestamp()")
	}
	return text
}

// operand is an expression's text as an operator can stand beside it.
func (a *attempt) operand(n *node) string {
	if n.isPrimary() {
		return a.source(n)
	}
	return "(" + a.source(n) + ")"
}

// parameterType is the type of $n as pg_type names it; empty: not known.
func (a *attempt) parameterType(name string) string {
	n := parameterNumber(name)
	if n < 1 || n > len(a.known.Parameters) {
		return ""
	}
	typ, _ := typeName(a.known.Parameters[n-1])
	return typ
}
