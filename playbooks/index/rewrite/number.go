package rewrite

import (
	"math/big"
	"strings"
)

// linear is the number factor · text + offset; without a text the offset alone.
type linear struct {
	text           string
	factor, offset *big.Rat
}

func constantNumber(r *big.Rat) *linear { return &linear{factor: new(big.Rat), offset: r} }

func (l *linear) isConstant() bool { return l.text == "" }

// handyBits are the bits of a number's numerator and denominator at most, beyond which no sum or product of it is worked out.
const handyBits = 1024

// isHandy says whether the number, where it is one, is short enough to go on with.
func (l *linear) isHandy() bool {
	if l == nil {
		return true
	}
	for _, r := range []*big.Rat{l.factor, l.offset} {
		if r != nil && max(r.Num().BitLen(), r.Denom().BitLen()) > handyBits {
			return false
		}
	}
	return true
}

// arithmetic is an operation of two numbers.
func arithmetic(op string, left, right value, typ string) value {
	l, r := left.number, right.number
	switch {
	case op == "+":
		return numberValue(l.plus(r), typ)
	case op == "-":
		return numberValue(l.plus(r.times(big.NewRat(-1, 1))), typ)
	case op == "*" && r.isConstant():
		return numberValue(l.times(r.offset), typ)
	case op == "*" && l.isConstant():
		return numberValue(r.times(l.offset), typ)
	case op == "/" && r.isConstant() && r.offset.Sign() != 0 && !isInteger(typ):
		return numberValue(l.times(new(big.Rat).Inv(r.offset)), typ)
	}
	return numberValue(&linear{text: "(" + left.text + " " + op + " " + right.text + ")", factor: big.NewRat(1, 1), offset: new(big.Rat)}, typ)
}

func numberValue(l *linear, typ string) value {
	return value{text: l.sql(typ), typ: typ, number: l}
}

func (l *linear) times(r *big.Rat) *linear {
	product := &linear{l.text, new(big.Rat).Mul(l.factor, r), new(big.Rat).Mul(l.offset, r)}
	if r.Sign() == 0 {
		product.text = ""
	}
	return product
}

func (l *linear) plus(r *linear) *linear {
	switch {
	case r.isConstant():
		return &linear{l.text, l.factor, new(big.Rat).Add(l.offset, r.offset)}
	case l.isConstant():
		return r.plus(l)
	}
	return &linear{"(" + l.widened().sql("numeric") + " + " + r.widened().sql("numeric") + ")", big.NewRat(1, 1), new(big.Rat)}
}

// isComputed says whether the number is more than a text that stood in the statement: then it can leave the range of that one's type.
func (l *linear) isComputed() bool {
	return l.factor.Cmp(big.NewRat(1, 1)) != 0 || l.offset.Sign() != 0 || strings.HasPrefix(l.text, "(")
}

// widened is the number in bigint, where it is of parameters that are narrower.
func (l *linear) widened() *linear {
	if strings.HasSuffix(l.text, "::integer") || strings.HasSuffix(l.text, "::smallint") {
		return &linear{l.text + "::bigint", l.factor, l.offset}
	}
	return l
}

// decimals are the digits behind the point where a number has no end.
const decimals = 20

func decimalText(r *big.Rat) string {
	if r.IsInt() {
		return r.Num().String()
	}
	digits, exact := r.FloatPrec()
	if !exact || digits > decimals {
		digits = decimals
	}
	return r.FloatString(digits)
}

// isShort says whether the number has an end behind the point.
func isShort(r *big.Rat) bool {
	digits, exact := r.FloatPrec()
	return exact && digits <= decimals
}

// sql writes the number as an operator can stand beside it.
func (l *linear) sql(typ string) string {
	text := l.expression(typ)
	if text != l.text && !l.isConstant() || strings.HasPrefix(text, "-") {
		return "(" + text + ")"
	}
	return text
}

// expression writes the number as an argument.
func (l *linear) expression(typ string) string {
	if l.isConstant() {
		return decimalText(l.offset)
	}
	text := l.text
	switch factor := l.factor; {
	case factor.Cmp(big.NewRat(1, 1)) == 0:
	case factor.Cmp(big.NewRat(-1, 1)) == 0:
		text = "-" + text
	case factor.IsInt():
		text += " * " + signed(factor.Num().String())
	case factor.Num().IsInt64() && factor.Num().Int64() == 1:
		text = wide(text, typ) + " / " + factor.Denom().String()
	case isShort(factor):
		text = wide(text, typ) + " * " + signed(decimalText(factor))
	default:
		text = wide(text, typ) + " * " + signed(factor.Num().String()) + " / " + factor.Denom().String()
	}
	switch l.offset.Sign() {
	case 1:
		text += " + " + decimalText(l.offset)
	case -1:
		text += " - " + decimalText(new(big.Rat).Neg(l.offset))
	}
	return text
}

// wide makes a quotient of integers one with decimals.
func wide(text, typ string) string {
	if isFloat(typ) {
		return text
	}
	return text + "::numeric"
}

// signed puts a negative number in parentheses.
func signed(text string) string {
	if strings.HasPrefix(text, "-") {
		return "(" + text + ")"
	}
	return text
}
