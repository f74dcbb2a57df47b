package rewrite

import (
	"math/big"
	"slices"
	"strconv"
	"strings"
)

// value is an expression that is the same for every row: what a column is compared with.
type value struct {
	text    string  // SQL that an operator can stand beside
	typ     string  // as pg_type names it; empty: a string without a type
	bare    string  // of a parameter without a cast: $n alone, for a place where the server finds its type
	lit     *string // of a string constant, with or without a type: what it holds
	number  *linear // of a number
	span    *span   // of an interval: what is known of its parts
	unit    string  // of a point in time: it is the start of one of these
	moving  bool    // it moves with the clock
	unknown bool    // it is a point in time that may or may not be the start of a unit: a parameter

	infinite bool // it is a point in time that can be infinite
}

// value reads an expression that is the same for every row; false where it is not, or its type is not known, or its number is longer than any that counts something.
func (a *attempt) value(n *node) (value, bool) {
	v, ok := a.constant(n)
	return v, ok && v.number.isHandy()
}

func (a *attempt) constant(n *node) (value, bool) {
	switch n.kind {
	case number:
		r, ok := decimal(n.name)
		return value{text: n.name, typ: numberLiteralType(n.name), number: constantNumber(r)}, ok
	case str:
		return value{text: a.source(n), lit: &n.name}, true
	case param:
		return a.valueOfParameter(n)
	case paren:
		v, ok := a.value(n.args[0])
		if ok && v.bare == "" && v.number == nil && v.lit == nil {
			v.text = a.source(n)
		}
		return v, ok
	case keyword:
		return a.valueOfKeyword(n)
	case cast:
		return a.valueOfCast(n)
	case unary:
		return a.valueOfSign(n)
	case call, atZone:
		return a.valueOfCall(n)
	case binary:
		return a.valueOfBinary(n)
	}
	return value{}, false
}

func numberLiteralType(written string) string {
	switch i, err := strconv.ParseInt(written, 10, 64); {
	case err != nil:
		return "numeric"
	case i <= 1<<31-1:
		return "int4"
	}
	return "int8"
}

func (a *attempt) valueOfParameter(n *node) (value, bool) {
	typ := a.parameterType(n.name)
	if typ == "" {
		return value{}, false
	}
	v := value{text: n.name + "::" + castTo(typ, a.known.Parameters[parameterNumber(n.name)-1]), typ: typ, bare: n.name, unknown: true}
	if isNumber(typ) {
		v.number = &linear{text: v.text, factor: big.NewRat(1, 1), offset: new(big.Rat)}
	}
	v.unit = unitOfType(typ)
	return v, true
}

// castName is how the type is written behind ::.
func castName(typ string) string {
	if element, isArray := strings.CutPrefix(typ, "_"); isArray {
		return castName(element) + "[]"
	}
	for _, long := range []string{"smallint", "integer", "bigint", "real", "double precision", "boolean"} {
		if shortTypes[long] == typ {
			return long
		}
	}
	return typ
}

// unitOfType says that every date is the start of a day.
func unitOfType(typ string) string {
	if typ == "date" {
		return "day"
	}
	return ""
}

func (a *attempt) valueOfKeyword(n *node) (value, bool) {
	typ := a.typeOf(n)
	return value{text: a.source(n), typ: typ, unit: unitOfType(typ), moving: true}, typ != ""
}

func (a *attempt) valueOfCast(n *node) (value, bool) {
	inner, ok := a.value(n.args[0])
	if !ok && n.args[0].kind != param || n.name == "" {
		return value{}, false
	}
	v := value{text: a.operand(n), typ: n.name, unit: unitOfType(n.name), moving: inner.moving, unknown: n.args[0].kind == param}
	switch {
	case n.limited:
	case inner.lit != nil && (inner.typ == "" || inner.typ == n.name): // another type may have cut it
		v.lit = inner.lit
		if n.name == "interval" {
			v.span = readSpan(*inner.lit)
		}
		if r, ok := decimal(*inner.lit); ok && isNumber(n.name) {
			v.number = constantNumber(r)
		}
	case inner.number != nil && inner.number.isConstant() && n.name == "numeric":
		v.number = inner.number
	case inner.number != nil && inner.number.isConstant() && isNumber(n.name) && inner.number.offset.IsInt():
		v.number = inner.number
	}
	if v.number == nil && isNumber(n.name) {
		v.number = &linear{text: v.text, factor: big.NewRat(1, 1), offset: new(big.Rat)}
	}
	return v, true
}

// maxDigits are the digits of a number that is read at most: arithmetic with long ones takes a time and a memory of its own.
const maxDigits = 100

// decimal reads a plain decimal number.
func decimal(s string) (*big.Rat, bool) {
	if s == "" || len(s) > maxDigits || strings.Trim(s, "0123456789.-") != "" || strings.Count(s, ".") > 1 || strings.LastIndex(s, "-") > 0 {
		return nil, false
	}
	return new(big.Rat).SetString(s)
}

func (a *attempt) valueOfSign(n *node) (value, bool) {
	inner, ok := a.value(n.args[0])
	if !ok || n.name != "-" {
		return value{}, false
	}
	if inner.number != nil {
		return numberValue(inner.number.times(big.NewRat(-1, 1)), inner.typ), true
	}
	return value{text: "(" + a.source(n) + ")", typ: inner.typ, moving: inner.moving}, inner.typ == "interval"
}

// steady are functions of pg_catalog whose result is the same for every row of a statement where their arguments are.
var steady = strings.Fields(`now transaction_timestamp statement_timestamp clock_timestamp date_trunc make_interval make_date make_timestamp make_timestamptz
 to_timestamp to_date date lower upper`)

func (a *attempt) valueOfCall(n *node) (value, bool) {
	if n.kind == call && !slices.Contains(steady, n.name) {
		return value{}, false
	}
	v := value{text: a.operand(n), typ: a.typeOf(n)}
	for _, arg := range n.args {
		if arg.kind == named {
			arg = arg.args[0]
		}
		inner, ok := a.value(arg)
		if !ok {
			return value{}, false
		}
		v.moving = v.moving || inner.moving
	}
	v.unit = unitOfType(v.typ)
	switch n.name {
	case "now", "transaction_timestamp", "statement_timestamp":
		v.moving = true
	case "clock_timestamp":
		v.moving = true
		a.as("clock")
		a.note(true, "clock_timestamp() is another one for each row and no index can look for it; statement_timestamp() is when the statement began")
	case "date_trunc":
		if unit := n.field(); units[unit].step != "" {
			v.unit = unit
		}
	case "make_interval":
		v.span = a.spanOfCall(n)
	}
	return v, v.typ != ""
}

func (a *attempt) valueOfBinary(n *node) (value, bool) {
	left, ok := a.value(n.args[0])
	if !ok {
		return value{}, false
	}
	right, ok := a.value(n.args[1])
	typ := a.typeOf(n)
	if !ok || typ == "" {
		return value{}, false
	}
	if left.number != nil && right.number != nil && isNumber(typ) {
		return arithmetic(n.name, left, right, typ), true
	}
	v := value{text: "(" + left.inner() + " " + n.name + " " + right.inner() + ")", typ: typ, moving: left.moving || right.moving}
	v.unit = unitOfType(typ)
	v.span = combinedSpan(n.name, left, right)
	return v, true
}

// inner is the value as it stood: the parameter's type is found as it was before.
func (v value) inner() string {
	if v.bare != "" {
		return v.bare
	}
	return v.text
}
