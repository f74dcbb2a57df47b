package rewrite

import (
	"math/big"

	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// compared turns a comparison of an expression over one column with what is the same for every row.
func (a *attempt) compared(n *node) (turn, bool) {
	if n.kind != binary || !isComparison(n.name) {
		return turn{}, false
	}
	left, right, op := n.args[0], n.args[1], n.name
	if right.varies() {
		left, right, op = right, left, flipped(op)
	}
	if !left.varies() || right.varies() {
		return turn{}, false
	}
	v, ok := a.value(right)
	if !ok {
		return turn{}, false
	}
	return a.solve(left, op, v)
}

// betweens turns BETWEEN of an expression over one column.
func (a *attempt) betweens(n *node) (turn, bool) {
	if n.kind != between || n.negated || !n.args[0].varies() || n.args[1].varies() || n.args[2].varies() {
		return turn{}, false
	}
	low, ok := a.value(n.args[1])
	high, okHigh := a.value(n.args[2])
	if !ok || !okHigh {
		return turn{}, false
	}
	return a.within(n.args[0], ">=", low, "<=", high)
}

// within is what two bounds of one expression become.
func (a *attempt) within(e *node, lowOp string, low value, highOp string, high value) (turn, bool) {
	if c := a.outside(e, lowOp, low, highOp, high); c != nil {
		e = c
	}
	first, ok := a.solve(e, lowOp, low)
	if !ok {
		return turn{}, false
	}
	second, ok := a.solve(e, highOp, high)
	return first.and(second), ok
}

// solve takes the expression off the column, layer by layer, and does the reverse to the value. op is one of the comparisons.
func (a *attempt) solve(e *node, op string, v value) (turn, bool) {
	if !e.varies() || !v.number.isHandy() {
		return turn{}, false
	}
	switch e.kind {
	case paren:
		return a.solve(e.args[0], op, v)
	case column:
		return a.bound(e, op, v)
	case unary:
		return a.unsign(e, op, v)
	case binary:
		return a.unoperate(e, op, v)
	case cast:
		return a.uncast(e, op, v)
	case atZone:
		return a.unzone(e, op, v)
	case call:
		if undo := undoOf(e.name); undo != nil {
			return undo(a, e, op, v)
		}
	}
	return turn{}, false
}

// undoOf takes a function off a column; nil: it cannot be taken off.
func undoOf(name string) func(*attempt, *node, string, value) (turn, bool) {
	return map[string]func(*attempt, *node, string, value) (turn, bool){
		"extract": (*attempt).unextract, "date_part": (*attempt).unextract, "age": (*attempt).unage,
		"date_trunc": (*attempt).untruncate, "date": (*attempt).undate, "to_char": (*attempt).unformat,
		"coalesce": (*attempt).uncoalesce, "nullif": (*attempt).unnullif,
		"floor": (*attempt).unround, "ceil": (*attempt).unround, "ceiling": (*attempt).unround, "round": (*attempt).unround, "trunc": (*attempt).unround,
		"abs": (*attempt).unabs,
	}[name]
}

// bound compares the bare column, with the value in a type that the column's index can be searched by.
func (a *attempt) bound(n *node, op string, v value) (turn, bool) {
	c, ok := a.resolve(n)
	if !ok {
		return turn{}, false
	}
	op, text, ok := a.fit(c.typ(), op, v)
	if !ok {
		return turn{}, false
	}
	a.columns = appendNew(a.columns, c.Name)
	return turn{sql: a.w.source(n.lo, n.hi) + " " + op + " " + text}, true
}

// fit writes the value for a comparison with a column of the type.
func (a *attempt) fit(typ, op string, v value) (string, string, bool) {
	switch {
	case isInteger(typ) && v.number != nil:
		return a.fitInteger(typ, op, v)
	case isInteger(typ):
		return op, v.text, v.lit != nil && v.typ == ""
	case typ == "numeric" && v.number != nil:
		return a.fitNumeric(op, v)
	case isFloat(typ) && v.number != nil:
		return op, unbracketed(v.plain(typ)), true
	case isTime(typ):
		return op, unbracketed(v.plain(typ)), isTime(v.typ) || v.lit != nil && v.typ == ""
	case typ == "bpchar" && isText(v.typ):
		return a.fitPadded(op, v)
	case isText(typ):
		return op, v.plain(typ), isText(v.typ) || v.typ == "" || v.typ == "bpchar" || v.typ == "name"
	}
	return op, v.plain(typ), typ == v.typ || v.typ == "" && v.lit != nil
}

// plain is the value without the cast that the server would find itself beside a column of the type.
func (v value) plain(typ string) string {
	if v.bare != "" && v.typ == typ {
		return v.bare
	}
	return v.text
}

// unbracketed takes off the parentheses around a whole expression: a comparison binds less than any operator in it.
func unbracketed(text string) string {
	t := scan(text)
	if len(t.tokens) > 2 && t.is(0, 1, "(") && t.match[0] == len(t.tokens)-1 {
		return text[1 : len(text)-1]
	}
	return text
}

// fitInteger makes an integer of a number, which bounds the same integers.
func (a *attempt) fitInteger(typ, op string, v value) (string, string, bool) {
	l := v.number
	if l.isConstant() {
		a.none = a.none || op == "=" && !l.offset.IsInt()
		op, bound, ok := integerBound(op, l.offset)
		if ok && !isInteger(v.typ) {
			a.as("cast")
		}
		return op, bound, ok
	}
	if isInteger(v.typ) && l.factor.IsInt() && l.isComputed() {
		if v.typ == "int8" {
			a.note(true, "where the limit leaves the range of bigint the statement fails")
		}
		return op, unbracketed(l.widened().sql("int8")), true
	}
	if isInteger(v.typ) && l.factor.IsInt() {
		return op, unbracketed(v.plain(typ)), true
	}
	a.as("cast")
	switch op {
	case "=":
		if !l.factor.IsInt() && isInteger(v.typ) {
			return op, "", false
		}
		a.note(true, "a number with decimals is rounded, which equals no integer")
		return op, l.sql(v.typ) + "::bigint", true
	case ">", "<=":
		return op, "floor(" + l.expression(v.typ) + ")::bigint", true
	}
	return op, "ceil(" + l.expression(v.typ) + ")::bigint", true
}

// integerBound is the comparison of integers that holds for the same integers as the one with r.
func integerBound(op string, r *big.Rat) (string, string, bool) {
	bound := r.Num()
	switch {
	case r.IsInt():
	case op == "=":
		return op, "", false
	case op == ">" || op == "<=":
		bound = floorOf(r)
	default:
		bound = ceilOf(r)
	}
	return op, bound.String(), bound.IsInt64()
}

func (a *attempt) fitNumeric(op string, v value) (string, string, bool) {
	if isFloat(v.typ) && !v.number.isConstant() {
		a.as("cast")
		a.note(true, noteFloat)
		return op, v.number.sql(v.typ) + "::numeric", true
	}
	if v.number.isConstant() && !isShort(v.number.offset) {
		a.note(true, noteDecimals)
	}
	return op, unbracketed(v.plain("numeric")), true
}

// What a rewrite with numbers must say.
const (
	noteFloat    = "floating point numbers are rounded otherwise"
	noteDecimals = "the limit is rounded to 20 decimals"
	noteQuotient = "the server rounds quotients"
)

// fitPadded makes a padded string of a text, which an index of character(n) can be searched for.
func (a *attempt) fitPadded(op string, v value) (string, string, bool) {
	if op != "=" {
		return op, "", false
	}
	a.as("cast")
	if v.lit != nil {
		return op, sqltext.Literal(*v.lit) + "::bpchar", *v.lit == trimmedRight(*v.lit)
	}
	a.note(true, "blanks at the end of the value count no longer")
	return op, v.text + "::bpchar", true
}
