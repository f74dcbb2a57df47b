package rewrite

import (
	"math/big"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// uncast takes a cast off the column.
func (a *attempt) uncast(e *node, op string, v value) (turn, bool) {
	inner := e.args[0]
	from, to := a.typeOf(inner), e.name
	if e.limited || from == "" {
		return turn{}, false
	}
	switch {
	case from == to || isText(from) && isText(to):
		return a.solve(inner, op, v)
	case isMoment(from) && to == "date":
		return a.undate(e, op, v)
	case isTime(from) && isMoment(to):
		return a.uncastMoment(inner, from, to, op, v)
	case isNumber(from) && isNumber(to):
		return a.uncastNumber(inner, from, to, op, v)
	case isText(to) && op == "=":
		return a.uncastText(inner, from, v)
	}
	return turn{}, false
}

// uncastMoment takes a cast off that loses nothing.
func (a *attempt) uncastMoment(inner *node, from, to, op string, v value) (turn, bool) {
	v = typed(v, to)
	if !isTime(v.typ) {
		return turn{}, false
	}
	if from == "timestamptz" && to == "timestamp" && !isUTC(a.known.TimeZone) {
		a.note(true, noteChange)
	}
	if v.typ != to && (from != "date" || to != "timestamp") {
		return turn{}, false
	}
	a.as("cast")
	return a.solve(inner, op, v)
}

// uncastNumber takes a cast off that loses nothing, or that rounds a numeric.
func (a *attempt) uncastNumber(inner *node, from, to, op string, v value) (turn, bool) {
	v, ok := asNumber(v, to)
	if !ok {
		return turn{}, false
	}
	a.as("cast")
	wider := slices.Index(integers, to) >= slices.Index(integers, from)
	switch {
	case isInteger(from) && isInteger(to) && wider, isInteger(from) && to == "numeric", from == "float4" && to == "float8":
		return a.solve(inner, op, v)
	case isInteger(from) && to == "float8" && from != "int8":
		return a.solve(inner, op, v)
	case from == "numeric" && isInteger(to) && v.number.isConstant() && v.number.offset.IsInt():
		return a.stepped(inner, op, v.number.offset, roundings["round"])
	}
	return turn{}, false
}

var (
	plainUUID    = regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)
	integerBytes = map[string]int{"int2": 16, "int4": 32, "int8": 64}
)

// uncastText compares the column's own type instead of its text.
func (a *attempt) uncastText(inner *node, from string, v value) (turn, bool) {
	if v.typ != "" && !isText(v.typ) {
		return turn{}, false
	}
	a.as("cast")
	if v.lit != nil {
		own, ok := ownValue(from, *v.lit)
		if from == "date" {
			a.note(true, "as long as DateStyle is ISO")
		}
		if from == "bpchar" && ok {
			own.text = v.inner()
		}
		if !ok {
			a.none = isInteger(from) || from == "bool"
			return turn{}, false
		}
		return a.solve(inner, "=", own)
	}
	if !isInteger(from) && from != "uuid" || v.text == "" {
		return turn{}, false
	}
	a.note(true, "the value must be written as the server writes "+map[bool]string{true: "a uuid", false: "an integer"}[from == "uuid"]+": another one fails, or finds rows")
	own := value{text: v.text + "::" + castName(from), typ: from}
	if isInteger(from) {
		own.number = &linear{text: own.text, factor: big.NewRat(1, 1), offset: new(big.Rat)}
	}
	return a.solve(inner, "=", own)
}

// ownValue is the value of the type whose text this is; false where there is none.
func ownValue(typ, text string) (value, bool) {
	v := value{text: "'" + text + "'", lit: &text}
	switch {
	case isInteger(typ):
		n, err := strconv.ParseInt(text, 10, integerBytes[typ])
		return numberValue(constantNumber(new(big.Rat).SetInt64(n)), typ), err == nil && strconv.FormatInt(n, 10) == text
	case typ == "uuid":
		return v, plainUUID.MatchString(text)
	case typ == "bool":
		return value{text: text, typ: typ}, text == "true" || text == "false"
	case typ == "date":
		m, plain := readMoment(v)
		return v, plain && m.layout == layouts[0]
	case typ == "bpchar":
		return value{text: "'" + strings.ReplaceAll(text, "'", "''") + "'", lit: &text}, !strings.HasSuffix(text, " ")
	}
	return v, false
}

// listed turns x IN (a, b) and x = ANY (array) where each element can be turned.
func (a *attempt) listed(n *node) (turn, bool) {
	if n.negated || len(n.args) == 0 || !n.args[0].varies() {
		return turn{}, false
	}
	if n.kind == anyOf && n.name == "=" {
		return a.anyOfArray(n)
	}
	if n.kind != inList {
		return turn{}, false
	}
	c := innermost(n.args[0])
	if c == nil {
		return turn{}, false
	}
	return a.elements(n.args[0], c, n.args[1:])
}

// mostArms is how many elements of a list become arms of an OR at most.
const mostArms = 20

// innermost is the column inside, without its parentheses; nil where there is none.
func innermost(e *node) *node {
	var found *node
	e.holds(func(n *node) bool {
		if n.kind == column {
			found = n
		}
		return false
	})
	return found
}

// elements turns each element for itself, and gathers what the column is compared with; where an element is more than an equality, each becomes an arm of
// an OR.
func (a *attempt) elements(e, c *node, elements []*node) (turn, bool) {
	head, plain := a.source(c)+" = ", true
	var list []string
	var arms turn
	for i, element := range elements {
		if element.varies() {
			return turn{}, false
		}
		v, ok := a.value(element)
		if !ok {
			return turn{}, false
		}
		one, ok := a.solve(e, "=", v)
		text, found := strings.CutPrefix(one.sql, head)
		plain = plain && one.form == opaque && found
		if !ok || !plain && len(elements) > mostArms {
			return turn{}, false
		}
		list = append(list, text)
		switch {
		case i == 0:
			arms = one
		case len(elements) <= mostArms:
			arms = turn{arms.sql + " OR " + one.sql, or}
		}
	}
	if !plain {
		return arms, true
	}
	return turn{sql: a.source(c) + " IN (" + strings.Join(list, ", ") + ")"}, true
}

// anyOfArray turns c::text = ANY ($1), where $1 is an array of texts, and its like with numbers.
func (a *attempt) anyOfArray(n *node) (turn, bool) {
	e, list := n.args[0].bare(), n.args[1].bare()
	if list.kind == array {
		c := innermost(e)
		if c == nil {
			return turn{}, false
		}
		return a.elements(e, c, list.args)
	}
	v, ok := a.value(list)
	if !ok || list.varies() || e.kind != cast || e.limited || e.args[0].bare().kind != column {
		return turn{}, false
	}
	c, found := a.resolve(e.args[0].bare())
	element := strings.TrimPrefix(v.typ, "_")
	if !found || element == v.typ || !isText(e.name) || !isText(element) || c.typ() != "uuid" && !isInteger(c.typ()) {
		return turn{}, false
	}
	a.as("cast")
	a.note(true, "the values must be written as the server writes them: another one fails, or finds rows")
	a.columns = appendNew(a.columns, c.Name)
	return turn{sql: a.source(e.args[0].bare()) + " = ANY (" + v.text + "::" + castTo(c.typ(), c.Type) + "[])"}, true
}
