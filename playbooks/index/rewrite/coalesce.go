package rewrite

// uncoalesce turns coalesce(c, d) = x into c = x, and c IS NULL beside it where d = x can be.
func (a *attempt) uncoalesce(e *node, op string, v value) (turn, bool) {
	if len(e.args) != 2 {
		return turn{}, false
	}
	first, second := e.args[0].bare(), e.args[1]
	typ := a.typeOf(first)
	if typ == "" || first.kind != column {
		return turn{}, false
	}
	c, found := a.resolve(first)
	if !found {
		return turn{}, false
	}
	a.as("coalesce")
	if second.varies() {
		return a.uncoalesceColumn(first, second, op, v)
	}
	d, ok := a.value(second)
	if d.typ == "" && d.lit != nil {
		d = a.likeColumn(d, c)
	}
	if !ok || d.typ != typ && !(isInteger(typ) && isInteger(d.typ)) && !(isText(typ) && isText(d.typ)) && !(typ == "numeric" && isInteger(d.typ)) {
		return turn{}, false
	}
	own, ok := a.solve(first, op, v)
	if !ok {
		return turn{}, false
	}
	if c.notNull {
		return own, true
	}
	holds, decided := decide(d, op, v)
	decided = decided && !c.Nondeterministic
	missing := turn{sql: a.source(first) + " IS NULL"}
	switch {
	case decided && !holds:
		return own, true
	case decided:
		return own.or(missing), true
	}
	return own.or(turn{sql: missing.sql + " AND " + d.text + " " + op + " " + v.text, form: and}.bracketed()), true
}

func (t turn) bracketed() turn { return turn{sql: "(" + t.sql + ")"} }

// likeColumn gives a string without a type the column's: as a text, a number, or with a cast.
func (a *attempt) likeColumn(d value, c resolved) value {
	if n, ok := asNumber(d, c.typ()); ok && isNumber(c.typ()) {
		return numberValue(n.number, c.typ())
	}
	d.text += "::" + castTo(c.typ(), c.Type)
	d.typ = c.typ()
	return d
}

// outside is the column of coalesce(c, d) where d is not within the bounds: then NULL is not either; nil where it may be.
func (a *attempt) outside(e *node, lowOp string, low value, highOp string, high value) *node {
	e = e.bare()
	if e.kind != call || e.name != "coalesce" || len(e.args) != 2 || e.args[0].bare().kind != column || e.args[1].varies() {
		return nil
	}
	d, ok := a.value(e.args[1])
	aboveLow, decidedLow := decide(d, lowOp, low)
	belowHigh, decidedHigh := decide(d, highOp, high)
	if !ok || d.typ != a.typeOf(e.args[0]) || !(decidedLow && !aboveLow || decidedHigh && !belowHigh) {
		return nil
	}
	a.as("coalesce")
	return e.args[0].bare()
}

// uncoalesceColumn turns coalesce(c, d) = x where d is a column too.
func (a *attempt) uncoalesceColumn(first, second *node, op string, v value) (turn, bool) {
	if typ, other := a.typeOf(first), a.typeOf(second); typ != other && !(isText(typ) && isText(other)) || second.bare().kind != column {
		return turn{}, false
	}
	own, ok := a.solve(first, op, v)
	if !ok {
		return turn{}, false
	}
	other, ok := a.solve(second, op, v)
	return own.or(turn{sql: a.source(first) + " IS NULL AND " + other.sql, form: and}.bracketed()), ok
}

// decide says whether a comparison of two constants holds; not decided where one is not a number or a text.
func decide(d value, op string, v value) (holds, decided bool) {
	if d.number != nil && d.number.isConstant() && v.number != nil && v.number.isConstant() {
		return ordered(d.number.offset.Cmp(v.number.offset), op), true
	}
	if d.lit == nil || v.lit == nil || op != "=" || !isText(d.typ) || v.typ != "" && !isText(v.typ) {
		return false, false
	}
	return *d.lit == *v.lit, true
}

// ordered says whether the comparison holds for this order.
func ordered(order int, op string) bool {
	switch op {
	case "<":
		return order < 0
	case "<=":
		return order <= 0
	case ">":
		return order > 0
	case ">=":
		return order >= 0
	}
	return order == 0
}

// unnullif turns nullif(c, k) = x into c = x, and c <> k beside it where k = x can be.
func (a *attempt) unnullif(e *node, op string, v value) (turn, bool) {
	if len(e.args) != 2 || e.args[0].bare().kind != column || e.args[1].varies() {
		return turn{}, false
	}
	c, found := a.resolve(e.args[0].bare())
	typ := c.typ()
	k, ok := a.value(e.args[1])
	ok = ok && found
	if k.typ == "" && k.lit != nil {
		k = a.likeColumn(k, c)
	}
	if !ok || typ == "" || k.typ != typ && !(isInteger(typ) && isInteger(k.typ)) && !(isText(typ) && isText(k.typ)) {
		return turn{}, false
	}
	a.as("coalesce")
	own, ok := a.solve(e.args[0], op, v)
	holds, decided := decide(k, op, v)
	decided = decided && !c.Nondeterministic
	switch {
	case !ok || decided && !holds:
		return own, ok
	case decided && op == "=": // no row
		a.none = true
		return turn{}, false
	}
	return own.and(turn{sql: a.source(e.args[0].bare()) + " <> " + k.text}), true
}

// boolean turns coalesce(b, false) without a comparison, and comparisons of it with true and false.
func (a *attempt) boolean(n *node) (turn, bool) {
	wanted := true
	switch {
	case n.kind == isTest && (n.name == "true" || n.name == "false"):
		n, wanted = n.args[0], n.name == "true"
	case n.kind == not:
		n, wanted = n.args[0], false
	case n.kind == binary && n.name == "=" && n.args[1].kind == keyword && (n.args[1].name == "true" || n.args[1].name == "false"):
		n, wanted = n.args[0], n.args[1].name == "true"
	}
	n = n.bare()
	if n.kind != call || n.name != "coalesce" || len(n.args) != 2 || n.args[1].kind != keyword || a.typeOf(n.args[0]) != "bool" {
		return turn{}, false
	}
	missing := n.args[1].name == "true"
	if n.args[1].name != "true" && n.args[1].name != "false" || n.args[0].bare().kind != column {
		return turn{}, false
	}
	c, _ := a.resolve(n.args[0].bare())
	a.as("coalesce")
	a.columns = appendNew(a.columns, c.Name)
	own := turn{sql: a.source(n.args[0].bare())}
	if !wanted {
		own = turn{sql: "NOT " + own.sql}
	}
	if missing != wanted || c.notNull {
		return own, true
	}
	return own.or(turn{sql: a.source(n.args[0].bare()) + " IS NULL"}), true
}

// notDistinct turns c IS NOT DISTINCT FROM x into c = x, and c IS NULL beside it where x can be NULL.
func (a *attempt) notDistinct(n *node) (turn, bool) {
	if n.kind != same {
		return turn{}, false
	}
	left, right := n.args[0], n.args[1]
	if right.varies() {
		left, right = right, left
	}
	if !left.varies() || right.varies() || left.bare().kind != column {
		return turn{}, false
	}
	v, ok := a.value(right)
	c, found := a.resolve(left.bare())
	if !ok || !found {
		return turn{}, false
	}
	a.as("coalesce")
	own, ok := a.solve(left, "=", v)
	constant := v.lit != nil || v.number != nil && v.number.isConstant()
	if !ok || c.notNull || constant || v.moving && v.bare == "" {
		return own, ok
	}
	return own.or(turn{sql: a.source(left.bare()) + " IS NULL AND " + v.text + " IS NULL", form: and}.bracketed()), true
}
