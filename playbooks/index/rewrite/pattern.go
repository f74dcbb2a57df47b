package rewrite

import (
	"strings"
	"unicode/utf8"

	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// pattern turns comparisons of a part of a text.
func (a *attempt) pattern(n *node) (turn, bool) {
	switch {
	case n.kind == like && !n.negated:
		return a.liked(n)
	case n.kind == call && n.name == "starts_with" && len(n.args) == 2 && a.known.Version < 150000:
		return a.prefix(n.args[0], n.args[1])
	case n.kind == binary && n.name == "^@" && a.known.Version < 150000:
		return a.prefix(n.args[0], n.args[1])
	case n.kind == binary && isComparison(n.name) || n.kind == binary && n.name == "<>":
		left, right, op := n.args[0].bare(), n.args[1].bare(), n.name
		if right.kind == call {
			left, right, op = right, left, flipped(op)
		}
		if left.kind == call {
			return a.partCompared(left, op, right)
		}
	}
	return turn{}, false
}

// textColumn resolves a column of text or varchar, perhaps with a cast to one of them.
func (a *attempt) textColumn(n *node) (string, bool) {
	n = n.bare()
	for n.kind == cast && isText(n.name) && !n.limited {
		n = n.args[0].bare()
	}
	c, ok := a.resolve(n)
	if !ok || !isText(c.typ()) || c.Nondeterministic {
		return "", false
	}
	a.columns = appendNew(a.columns, c.Name)
	return a.source(n), true
}

// constantText is a string constant's value; false where it is empty or something else.
func constantText(n *node) (string, bool) {
	n = n.bare()
	for n.kind == cast && isText(n.name) && !n.limited {
		n = n.args[0].bare()
	}
	return n.name, n.kind == str && n.name != ""
}

var wildcards = strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`)

// likeLiteral writes a pattern; one with a backslash works whatever standard_conforming_strings says.
func likeLiteral(pattern string) string { return sqltext.Literal(pattern) }

func (a *attempt) prefix(whole, part *node) (turn, bool) {
	text, ok := constantText(part)
	c, okColumn := a.textColumn(whole)
	a.as("text")
	return turn{sql: c + " LIKE " + likeLiteral(wildcards.Replace(text)+"%")}, ok && okColumn
}

// liked turns ILIKE without wildcards, LIKE with one in front, and LIKE of a point in time's text.
func (a *attempt) liked(n *node) (turn, bool) {
	text, ok := constantText(n.args[1])
	if !ok || strings.Contains(text, `\`) {
		return turn{}, false
	}
	if to, ok := a.likedMoment(n, text); ok {
		return to, true
	}
	c, ok := a.textColumn(n.args[0])
	a.as("text")
	switch tail, suffix := strings.CutPrefix(text, "%"); {
	case !ok:
	case n.name == "ILIKE" && !strings.ContainsAny(text, "%_"):
		a.rank = needsExpression
		a.note(false, "it needs an index on lower("+c+"); letters are folded by the column's collation")
		return turn{sql: "lower(" + c + ") = lower(" + a.source(n.args[1]) + ")"}, true
	case n.name == "LIKE" && suffix && strings.Trim(tail, "%_") != "" && !strings.HasPrefix(tail, "%") &&
		!strings.HasSuffix(tail, "%") && !strings.HasSuffix(tail, "_"): // a pattern that begins with a wildcard helps no index
		return a.suffix(c, tail), true
	}
	return turn{}, false
}

// suffix looks for the end of a text, whose pattern is given.
func (a *attempt) suffix(c, pattern string) turn {
	a.rank = needsExpression
	a.note(false, "it needs an index on reverse("+c+")")
	return turn{sql: "reverse(" + c + ") LIKE " + likeLiteral(reversed(pattern)+"%")}
}

// reversed turns a pattern around; what is escaped stays so.
func reversed(pattern string) string {
	var b strings.Builder
	for len(pattern) > 0 {
		_, size := utf8.DecodeLastRuneInString(pattern)
		at := len(pattern) - size
		if at > 0 && pattern[at-1] == '\\' {
			at--
		}
		b.WriteString(pattern[at:])
		pattern = pattern[:at]
	}
	return b.String()
}

// partCompared turns left(c, n) = text and its like, and position(text in c) = 1.
func (a *attempt) partCompared(e *node, op string, right *node) (turn, bool) {
	switch {
	case e.name == "left" && len(e.args) == 2 && op == "=":
		return a.cutText(e.args[0], e.args[1], right, false)
	case e.name == "right" && len(e.args) == 2 && op == "=":
		return a.cutText(e.args[0], e.args[1], right, true)
	case (e.name == "substring" || e.name == "substr") && len(e.args) == 3 && op == "=" && e.args[1].kind == number && e.args[1].name == "1":
		return a.cutText(e.args[0], e.args[2], right, false)
	case e.name == "strpos" && len(e.args) == 2:
		return a.found(e.args[0], e.args[1], op, right)
	case e.name == "position" && len(e.args) == 2:
		return a.found(e.args[1], e.args[0], op, right)
	}
	return turn{}, false
}

// cutText turns the first or last n characters of a column.
func (a *attempt) cutText(whole, length, right *node, end bool) (turn, bool) {
	v, ok := a.value(length)
	if !ok || v.number == nil || !v.number.isConstant() || !v.number.offset.IsInt() {
		return turn{}, false
	}
	text, ok := constantText(right)
	c, okColumn := a.textColumn(whole)
	n, characters := v.number.offset.Num(), int64(utf8.RuneCountInString(text))
	a.none = ok && okColumn && n.Sign() >= 0 && n.IsInt64() && n.Int64() < characters
	if !ok || !okColumn || !n.IsInt64() || n.Int64() < characters || !utf8.ValidString(text) {
		return turn{}, false
	}
	a.as("text")
	switch {
	case n.Int64() > characters:
		return turn{sql: c + " = " + a.source(right)}, true
	case end:
		return a.suffix(c, wildcards.Replace(text)), true
	}
	return turn{sql: c + " LIKE " + likeLiteral(wildcards.Replace(text)+"%")}, true
}

// found turns the position of a text in a column.
func (a *attempt) found(whole, part *node, op string, right *node) (turn, bool) {
	text, ok := constantText(part)
	if !ok || right.kind != number {
		return turn{}, false
	}
	switch op + right.name {
	case "=1":
		return a.prefix(whole, part)
	case ">0", ">=1", "<>0":
		c, ok := a.textColumn(whole)
		a.as("text")
		a.rank = needsExpression
		a.note(false, "it needs a trigram index")
		return turn{sql: c + " LIKE " + likeLiteral("%"+wildcards.Replace(text)+"%")}, ok
	}
	return turn{}, false
}

// likedMoment turns c::text LIKE '2024-01%' of a point in time into a half-open range.
func (a *attempt) likedMoment(n *node, text string) (turn, bool) {
	e := n.args[0].bare()
	if e.kind != cast || !isText(e.name) || e.limited || !isTime(a.typeOf(e.args[0])) || n.name != "LIKE" {
		return turn{}, false
	}
	start, found := strings.CutSuffix(text, "%")
	if !found {
		return turn{}, false
	}
	start = strings.TrimSuffix(start, "-")
	for _, f := range formats[:4] {
		v := value{text: "'" + start + "'", lit: &start}
		if len(start) != len(f.layout) || f.format != "YYYY-MM-DD" && f.format != "YYYY-MM" {
			continue
		}
		a.note(true, "as long as DateStyle is ISO")
		return a.unformatted(e.args[0], f.layout, f.unit, v)
	}
	return turn{}, false
}

// unconcatenate takes a constant text off that a column is joined with.
func (a *attempt) unconcatenate(e *node, op string, v value) (turn, bool) {
	inner, other := e.args[0], e.args[1]
	if inner.varies() == other.varies() || op != "=" && !isEmpty(e) {
		return turn{}, false
	}
	after := inner.varies()
	if !after {
		inner, other = other, inner
	}
	if !isText(a.typeOf(inner)) {
		return turn{}, false
	}
	if isEmpty(e) {
		a.as("text")
		return a.solve(inner, op, v)
	}
	part, ok := constantText(other)
	if !ok || v.lit == nil {
		return turn{}, false
	}
	rest, found := strings.CutPrefix(*v.lit, part)
	if after {
		rest, found = strings.CutSuffix(*v.lit, part)
	}
	a.as("text")
	if !found {
		return turn{}, false
	}
	return a.solve(inner, op, value{text: sqltext.Literal(rest), lit: &rest})
}

// isEmpty says whether an empty string is one side of the operation.
func isEmpty(e *node) bool {
	for _, arg := range e.args {
		if n := arg.bare(); n.kind == str && n.name == "" {
			return true
		}
	}
	return false
}
