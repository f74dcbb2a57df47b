package rewrite

import (
	"math/big"
	"strings"
)

func trimmedRight(s string) string { return strings.TrimRight(s, " ") }

// unsign takes a minus off.
func (a *attempt) unsign(e *node, op string, v value) (turn, bool) {
	typ := a.typeOf(e.args[0])
	if e.name != "-" || !isNumber(typ) {
		return turn{}, false
	}
	v, ok := asNumber(v, typ)
	if !ok {
		return turn{}, false
	}
	a.as("arithmetic")
	a.turnsNaN(typ)
	return a.solve(e.args[0], flipped(op), numberValue(v.number.times(big.NewRat(-1, 1)), v.typ))
}

// turnsNaN notes what a change of the direction does to NaN, which is greater than every number.
func (a *attempt) turnsNaN(typ string) {
	if !isInteger(typ) {
		a.note(true, "NaN is greater than every number, on both sides")
	}
}

// asNumber reads a string without a type as the number that it would be.
func asNumber(v value, typ string) (value, bool) {
	if v.number != nil {
		return v, true
	}
	if v.lit == nil || v.typ != "" {
		return v, false
	}
	r, ok := decimal(strings.TrimSpace(*v.lit))
	if !ok || isInteger(typ) && !r.IsInt() {
		return v, false
	}
	return numberValue(constantNumber(r), typ), true
}

// unoperate takes an operation with what is the same for every row off.
func (a *attempt) unoperate(e *node, op string, v value) (turn, bool) {
	left, right := e.args[0], e.args[1]
	if left.varies() == right.varies() {
		return turn{}, false
	}
	if e.name == "||" {
		return a.unconcatenate(e, op, v)
	}
	inner, other := left, right
	if right.varies() {
		inner, other = right, left
	}
	k, ok := a.value(other)
	innerType := a.typeOf(inner)
	if !ok || innerType == "" {
		return turn{}, false
	}
	if isNumber(innerType) && (k.number != nil) {
		return a.unarithmetic(e, inner, op, v, k)
	}
	return a.unshift(e, inner, op, v, k)
}

// unarithmetic takes +, -, * or / with a number off.
func (a *attempt) unarithmetic(e, inner *node, op string, v, k value) (turn, bool) {
	typ := a.typeOf(e)
	v, ok := asNumber(v, typ)
	if !ok {
		return turn{}, false
	}
	if isFloat(typ) && !a.isElapsed(inner) || isFloat(v.typ) && !v.number.isConstant() && !a.isElapsed(inner) {
		a.note(true, noteFloat)
	}
	a.as("arithmetic")
	result := numberType(v.typ, typ)
	first := e.args[0] == inner
	switch {
	case e.name == "+":
		return a.solve(inner, op, numberValue(v.number.plus(k.number.times(big.NewRat(-1, 1))), result))
	case e.name == "-" && first:
		return a.solve(inner, op, numberValue(v.number.plus(k.number), result))
	case e.name == "-":
		a.turnsNaN(typ)
		return a.solve(inner, flipped(op), numberValue(k.number.plus(v.number.times(big.NewRat(-1, 1))), result))
	case e.name == "*":
		return a.unmultiply(inner, op, v, k, result)
	case e.name == "/" && first:
		return a.undivide(inner, op, v, k, typ)
	}
	return turn{}, false
}

// isElapsed says whether the expression is a number of seconds: it has six decimals, and what is rounded behind them does not matter.
func (a *attempt) isElapsed(e *node) bool {
	return e.holds(func(n *node) bool { return n.kind == call && (n.name == "extract" || n.name == "date_part") })
}

func (a *attempt) unmultiply(inner *node, op string, v, k value, typ string) (turn, bool) {
	if !k.number.isConstant() || k.number.offset.Sign() == 0 {
		return turn{}, false
	}
	if k.number.offset.Sign() < 0 {
		a.turnsNaN(typ)
		op = flipped(op)
	}
	bound := v.number.times(new(big.Rat).Inv(k.number.offset))
	if isInteger(typ) && !bound.isConstant() && (op == "=" || typ == "int8") { // no integer, or too long for a quotient with decimals
		return turn{}, false
	}
	if !isInteger(typ) && !bound.isConstant() && !isShort(bound.factor) {
		a.note(true, noteQuotient)
	}
	if isInteger(typ) && bound.isConstant() && !bound.offset.IsInt() {
		typ = "numeric"
	}
	return a.solve(inner, op, numberValue(bound, typ))
}

func (a *attempt) undivide(inner *node, op string, v, k value, typ string) (turn, bool) {
	if isInteger(typ) {
		return a.undivideInteger(inner, op, v, k)
	}
	switch {
	case k.number.isConstant() && k.number.offset.Sign() != 0:
		if k.number.offset.Sign() < 0 {
			a.turnsNaN(typ)
			op = flipped(op)
		}
		if !isFloat(typ) && !a.isElapsed(inner) {
			a.note(true, noteQuotient)
		}
		return a.solve(inner, op, numberValue(v.number.times(k.number.offset), numberType(v.typ, k.typ)))
	case !k.number.isConstant() && a.isElapsed(inner):
		a.note(true, noteNegate)
		return a.solve(inner, op, arithmetic("*", v, k, numberType(v.typ, k.typ)))
	}
	return turn{}, false
}

// undivideInteger takes a division of integers off, which cuts decimals off: x / k >= n where x >= n · k for n > 0, and where x > (n - 1) · k for the others.
func (a *attempt) undivideInteger(inner *node, op string, v, k value) (turn, bool) {
	n, d := v.number, k.number
	if !n.isConstant() || !d.isConstant() || !d.offset.IsInt() || d.offset.Sign() <= 0 {
		return turn{}, false
	}
	if !n.offset.IsInt() {
		if op == "=" {
			a.none = true
			return turn{}, false
		}
		whole := floorOf(n.offset)
		if op == ">=" || op == "<" {
			whole = ceilOf(n.offset)
		}
		n = constantNumber(new(big.Rat).SetInt(whole))
	}
	return a.stepped(inner, op, n.offset, func(step *big.Rat) (string, *big.Rat) {
		if step.Sign() > 0 {
			return ">=", new(big.Rat).Mul(step, d.offset)
		}
		return ">", new(big.Rat).Mul(new(big.Rat).Sub(step, big.NewRat(1, 1)), d.offset)
	})
}

// stepped turns a comparison of a function that rises in steps of whole numbers. atLeast is the comparison of what is inside that holds where the function has
// reached a number.
func (a *attempt) stepped(inner *node, op string, n *big.Rat, atLeast func(*big.Rat) (string, *big.Rat)) (turn, bool) {
	next := new(big.Rat).Add(n, big.NewRat(1, 1))
	reach := func(n *big.Rat) (turn, bool) {
		op, bound := atLeast(n)
		return a.solve(inner, op, numberValue(constantNumber(bound), boundType(bound)))
	}
	below := func(n *big.Rat) (turn, bool) {
		op, bound := atLeast(n)
		return a.solve(inner, opposite(op), numberValue(constantNumber(bound), boundType(bound)))
	}
	switch op {
	case ">=":
		return reach(n)
	case ">":
		return reach(next)
	case "<":
		return below(n)
	case "<=":
		return below(next)
	}
	first, ok := reach(n)
	if !ok {
		return turn{}, false
	}
	second, ok := below(next)
	return first.and(second), ok
}

func boundType(r *big.Rat) string { return numberLiteralType(strings.TrimPrefix(decimalText(r), "-")) }

// opposite is the comparison that holds where this one does not, NULL aside.
func opposite(op string) string {
	return map[string]string{"<": ">=", "<=": ">", ">": "<=", ">=": "<"}[op]
}

// unround takes floor, ceil, round and trunc off a number with decimals.
func (a *attempt) unround(e *node, op string, v value) (turn, bool) {
	if len(e.args) != 1 || v.number == nil || !v.number.isConstant() || !v.number.offset.IsInt() {
		return turn{}, false
	}
	typ := a.typeOf(e.args[0])
	if typ != "numeric" && !(isFloat(typ) && e.name != "round" && e.name != "trunc") {
		return turn{}, false
	}
	a.as("arithmetic")
	return a.stepped(e.args[0], op, v.number.offset, roundings[strings.TrimSuffix(e.name, "ing")])
}

// roundings say where a number's rounding has reached n.
var roundings = map[string]func(n *big.Rat) (string, *big.Rat){
	"floor": func(n *big.Rat) (string, *big.Rat) { return ">=", n },
	"ceil":  func(n *big.Rat) (string, *big.Rat) { return ">", new(big.Rat).Sub(n, big.NewRat(1, 1)) },
	"round": func(n *big.Rat) (string, *big.Rat) {
		if n.Sign() > 0 { // a half is rounded away from zero
			return ">=", new(big.Rat).Sub(n, big.NewRat(1, 2))
		}
		return ">", new(big.Rat).Sub(n, big.NewRat(1, 2))
	},
	"trunc": func(n *big.Rat) (string, *big.Rat) {
		if n.Sign() > 0 {
			return ">=", n
		}
		return ">", new(big.Rat).Sub(n, big.NewRat(1, 1))
	},
}

// unabs turns abs(x) < v into a range around zero.
func (a *attempt) unabs(e *node, op string, v value) (turn, bool) {
	if len(e.args) != 1 || op != "<" && op != "<=" || v.number == nil {
		return turn{}, false
	}
	a.as("arithmetic")
	low := numberValue(v.number.times(big.NewRat(-1, 1)), v.typ)
	return a.within(e.args[0], flipped(op), low, op, v)
}
