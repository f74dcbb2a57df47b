package rewrite

import "strings"

// member turns x = ANY (c), where c is an array, into c @> ARRAY[x], which a GIN index serves; array_position(c, x) IS NOT NULL likewise.
func (a *attempt) member(n *node) (turn, bool) {
	a.rank = helpsIndex
	switch {
	case n.kind == anyOf && n.name == "=" && !n.args[0].varies():
		return a.contained(n.args[1].bare(), n.args[0], false)
	case n.kind == isTest && n.name == "not null":
		if e := n.args[0].bare(); e.kind == call && e.name == "array_position" && len(e.args) == 2 {
			return a.contained(e.args[0].bare(), e.args[1], true)
		}
	}
	return turn{}, false
}

// contained writes the search for one element; findsNull says that the original finds NULL too.
func (a *attempt) contained(list, element *node, findsNull bool) (turn, bool) {
	c, ok := a.resolve(list)
	if !ok || element.varies() {
		return turn{}, false
	}
	typ, isArray := strings.CutPrefix(c.typ(), "_")
	v, okValue := a.value(element)
	if !isArray || !okValue || v.typ != typ && v.lit == nil && !(isText(v.typ) && isText(typ)) && !(isInteger(v.typ) && isInteger(typ) && v.number.isConstant()) {
		return turn{}, false
	}
	if v.typ != "" && v.lit != nil && v.typ != typ && !(isText(v.typ) && isText(typ)) {
		return turn{}, false
	}
	a.as("array")
	a.columns = appendNew(a.columns, c.Name)
	if findsNull && v.lit == nil && (v.number == nil || !v.number.isConstant()) {
		a.note(true, "an element that is NULL is not found")
	}
	return turn{sql: a.source(list) + " @> ARRAY[" + unbracketed(v.text) + "]::" + castTo(c.typ(), c.Type)}, true
}
