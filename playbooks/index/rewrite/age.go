package rewrite

import (
	"math/big"

	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// unshift takes a sum or difference of points in time and intervals off.
func (a *attempt) unshift(e, inner *node, op string, v, k value) (turn, bool) {
	innerType, columnFirst := a.typeOf(inner), e.args[0] == inner
	if k.typ == "" && k.lit != nil && e.name == "+" && isMoment(innerType) {
		k = value{text: k.text + "::interval", typ: "interval", span: readSpan(*k.lit)}
	}
	switch {
	case !isTime(innerType) || e.name != "+" && e.name != "-":
		return turn{}, false
	case k.typ == "interval" && (columnFirst || e.name == "+"):
		return a.unshiftInterval(e, inner, op, v, k)
	case innerType == "date" && isInteger(k.typ) && (columnFirst || e.name == "+"):
		return a.unshiftDays(e, inner, op, v, k)
	case e.name == "-" && innerType == "date" && k.typ == "date":
		return a.undistanceDays(inner, op, v, k, columnFirst)
	case e.name == "-" && isTime(k.typ):
		return a.undistance(inner, op, v, k, columnFirst)
	}
	return turn{}, false
}

// typed writes a string without a type as one of the type; another value stays.
func typed(v value, typ string) value {
	if v.typ == "" && v.lit != nil {
		v.text += "::" + castName(typ)
		v.typ = typ
	}
	return v
}

var reverseSign = map[string]string{"+": "-", "-": "+"}

// unshiftInterval turns c + interval > v into c > v - interval.
func (a *attempt) unshiftInterval(e, inner *node, op string, v, k value) (turn, bool) {
	typ := a.typeOf(e)
	v = typed(v, typ)
	if !isTime(v.typ) {
		return turn{}, false
	}
	a.as("age")
	a.calendar(k.span, momentType(typ, v.typ))
	moved := value{text: "(" + v.text + " " + reverseSign[e.name] + " " + k.text + ")", typ: shifted(v.typ), moving: v.moving || k.moving}
	return a.solve(inner, op, moved)
}

// unshiftDays turns date + days > v into date > v - days.
func (a *attempt) unshiftDays(e, inner *node, op string, v, k value) (turn, bool) {
	if v.typ == "" {
		if _, plain := readMoment(v); !plain {
			return turn{}, false
		}
	}
	v = typed(v, "date")
	if v.typ != "date" {
		return turn{}, false
	}
	a.as("age")
	return a.solve(inner, op, value{text: "(" + v.text + " " + reverseSign[e.name] + " " + k.number.sql(k.typ) + ")", typ: "date", unit: "day", moving: v.moving})
}

// undistanceDays turns today - date > days into date < today - days.
func (a *attempt) undistanceDays(inner *node, op string, v, k value, columnFirst bool) (turn, bool) {
	v, ok := asNumber(v, "int4")
	if !ok || !isInteger(v.typ) {
		return turn{}, false
	}
	a.as("age")
	sign := "+"
	if !columnFirst {
		sign, op = "-", flipped(op)
	}
	if v.number.isConstant() && v.number.offset.Sign() < 0 {
		sign, v = reverseSign[sign], numberValue(v.number.times(big.NewRat(-1, 1)), v.typ)
	}
	return a.solve(inner, op, value{text: "(" + k.text + " " + sign + " " + v.number.sql(v.typ) + ")", typ: "date", unit: "day", moving: k.moving})
}

// undistance turns now() - c < interval into c > now() - interval. The difference of two points in time has no months, and its days are of 24 hours.
func (a *attempt) undistance(inner *node, op string, v, k value, columnFirst bool) (turn, bool) {
	typ := momentType(a.typeOf(inner), k.typ)
	if v.typ == "" && v.lit != nil {
		v = value{text: "interval " + v.text, typ: "interval", lit: v.lit, span: readSpan(*v.lit)}
	}
	if v.typ != "interval" {
		return turn{}, false
	}
	a.as("age")
	if a.rough {
		a.note(!k.moving, noteRounded)
	}
	sign := "+"
	if !columnFirst {
		sign, op = "-", flipped(op)
	}
	return a.solve(inner, op, value{text: "(" + k.text + " " + sign + " " + a.elapsed(v, typ) + ")", typ: typ, moving: k.moving})
}

// unextract takes EXTRACT and date_part off.
func (a *attempt) unextract(e *node, op string, v value) (turn, bool) {
	if len(e.args) != 2 || v.number == nil {
		return turn{}, false
	}
	inner := e.args[1].bare()
	isDistance := inner.kind == binary && inner.name == "-" && a.typeOf(inner) == "interval"
	isAge := inner.kind == call && inner.name == "age"
	switch name := field(e.args[0]); {
	case e.args[0].kind == param && isDistance:
		a.note(true, e.args[0].name+" is taken for epoch")
		return a.solve(inner, op, a.seconds(v))
	case name == "epoch" && (isDistance || isAge):
		return a.solve(inner, op, a.seconds(v))
	case name == "epoch" && isMoment(a.typeOf(inner)):
		return a.unepoch(inner, op, v)
	case name == "day" && isDistance:
		return a.wholeDays(inner, op, v)
	case name == "year" && isAge:
		return a.wholeYears(inner, op, v)
	case name == "year" && isTime(a.typeOf(inner)):
		return a.unyear(inner, op, v)
	}
	return turn{}, false
}

// field is the name of a part of a point in time.
func field(n *node) string {
	if n.kind != str {
		return ""
	}
	name := n.name
	if len(name) > 1 && name[len(name)-1] == 's' && units[name[:len(name)-1]].step != "" {
		name = name[:len(name)-1]
	}
	return name
}

// field is the unit that a call of date_trunc names.
func (n *node) field() string {
	if len(n.args) == 0 {
		return ""
	}
	return field(n.args[0])
}

// unepoch turns seconds since 1970 into a point in time.
func (a *attempt) unepoch(inner *node, op string, v value) (turn, bool) {
	a.as("age")
	if isFloat(v.typ) || v.number.isConstant() && !new(big.Rat).Mul(v.number.offset, big.NewRat(secondLong, 1)).IsInt() || !v.number.isConstant() && !isInteger(v.typ) {
		a.note(true, noteRounded)
	}
	to := value{text: "to_timestamp(" + v.number.expression(v.typ) + ")", typ: "timestamptz"}
	if a.typeOf(inner) == "timestamp" {
		to = value{text: "(" + to.text + " AT TIME ZONE 'UTC')", typ: "timestamp"}
	}
	return a.solve(inner, op, to)
}

// wholeDays turns the whole days of a difference, which are cut off towards zero.
func (a *attempt) wholeDays(inner *node, op string, v value) (turn, bool) {
	n := v.number
	if !n.isConstant() {
		return a.wholeDaysOfParameter(inner, op, v)
	}
	if !n.offset.IsInt() || n.offset.Sign() < 0 || n.offset.Sign() == 0 && op != ">" && op != "<=" {
		return turn{}, false
	}
	return a.stepped2(inner, op, n.offset, func(n *big.Rat) value {
		length := new(big.Rat).Mul(n, big.NewRat(dayLong, 1))
		return value{text: a.lengthSQL(length, "timestamptz"), typ: "interval", span: &span{length: length}}
	})
}

func (a *attempt) wholeDaysOfParameter(inner *node, op string, v value) (turn, bool) {
	whole := &linear{"floor(" + v.number.expression(v.typ) + ")::integer", big.NewRat(24, 1), new(big.Rat)}
	switch op {
	case ">", "<=":
		whole.offset = big.NewRat(24, 1)
		op = map[string]string{">": ">=", "<=": "<"}[op]
	case "=":
		return turn{}, false
	default:
		a.note(true, "a number with decimals is cut off")
	}
	a.note(true, noteNegate)
	return a.solve(inner, op, value{text: "make_interval(hours => " + whole.expression("int4") + ")", typ: "interval", span: &span{}})
}

// stepped2 turns a comparison of a function that cuts off decimals, for n above zero.
func (a *attempt) stepped2(inner *node, op string, n *big.Rat, bound func(*big.Rat) value) (turn, bool) {
	next := new(big.Rat).Add(n, big.NewRat(1, 1))
	switch op {
	case ">=", "<":
		return a.solve(inner, op, bound(n))
	case ">":
		return a.solve(inner, ">=", bound(next))
	case "<=":
		return a.solve(inner, "<", bound(next))
	}
	return a.within(inner, ">=", bound(n), "<", bound(next))
}

// unage turns age(now(), c) < interval into c > now() - interval.
func (a *attempt) unage(e *node, op string, v value) (turn, bool) {
	inner, k, ok := a.ageOf(e)
	if !ok {
		return turn{}, false
	}
	if v.typ == "" && v.lit != nil {
		v = value{text: "interval " + v.text, typ: "interval", lit: v.lit, span: readSpan(*v.lit)}
	}
	if v.typ != "interval" {
		return turn{}, false
	}
	a.as("age")
	if a.rough {
		a.note(!k.moving, noteRounded)
	}
	a.noteAge(v.span, momentType(a.typeOf(inner), k.typ))
	return a.solve(inner, flipped(op), value{text: "(" + k.text + " - " + v.text + ")", typ: shifted(k.typ), moving: k.moving})
}

// ageOf is what age() looks from, and the expression whose age it is.
func (a *attempt) ageOf(e *node) (*node, value, bool) {
	if len(e.args) == 1 {
		return e.args[0], value{text: "current_date", typ: "date", moving: true}, isTime(a.typeOf(e.args[0]))
	}
	if len(e.args) != 2 || e.args[0].varies() || !e.args[1].varies() || !isTime(a.typeOf(e.args[1])) {
		return nil, value{}, false
	}
	k, ok := a.value(e.args[0])
	k = typed(k, a.typeOf(e.args[1]))
	return e.args[1], k, ok && isTime(k.typ)
}

// noteAge notes where age() is not the time that has passed: it is below the shortest month.
func (a *attempt) noteAge(s *span, typ string) {
	shortest := big.NewRat(28*dayLong, 1)
	if s == nil || s.length == nil || s.months || s.length.Sign() <= 0 || s.length.Cmp(shortest) > 0 {
		a.note(true, noteAge)
	}
	if !a.daysAreEven(typ) {
		a.note(true, noteDays)
	}
}

// wholeYears turns the years of an age().
func (a *attempt) wholeYears(age *node, op string, v value) (turn, bool) {
	inner, k, ok := a.ageOf(age)
	if !ok || v.typ == "" {
		return turn{}, false
	}
	a.as("age")
	if a.typeOf(inner) != "date" || k.typ != "date" && !isMidnight(k) {
		a.note(true, noteDays)
	}
	years := func(n string) value {
		return value{text: "(" + k.text + " - make_interval(years => " + n + "))", typ: shifted(k.typ), moving: k.moving}
	}
	if n := v.number; n.isConstant() {
		if !n.offset.IsInt() || n.offset.Sign() < 0 || n.offset.Sign() == 0 && op != ">" && op != "<=" {
			return turn{}, false
		}
		return a.yearsAgo(inner, op, n.offset, func(n *big.Rat) value { return years(decimalText(n)) })
	}
	a.note(true, noteNegate)
	whole := "floor(" + v.number.expression(v.typ) + ")::integer"
	switch op {
	case ">":
		return a.solve(inner, "<=", years(whole+" + 1"))
	case "<=":
		return a.solve(inner, ">", years(whole+" + 1"))
	case ">=", "<":
		a.note(true, "a number with decimals is cut off")
		return a.solve(inner, flipped(op), years(whole))
	}
	return turn{}, false
}

// yearsAgo bounds a date by whole years before another.
func (a *attempt) yearsAgo(inner *node, op string, n *big.Rat, ago func(*big.Rat) value) (turn, bool) {
	next := new(big.Rat).Add(n, big.NewRat(1, 1))
	switch op {
	case ">=":
		return a.solve(inner, "<=", ago(n))
	case ">":
		return a.solve(inner, "<=", ago(next))
	case "<":
		return a.solve(inner, ">", ago(n))
	case "<=":
		return a.solve(inner, ">", ago(next))
	}
	return a.within(inner, ">", ago(next), "<=", ago(n))
}

func isMidnight(k value) bool { return k.text == sqltext.Ident("current_date") }
