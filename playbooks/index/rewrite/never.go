package rewrite

import "math/big"

// Never returns a condition that no row can meet, as the statement has it: then the statement finds nothing, whatever its tables hold. Empty: none is
// known.
func Never(statement string, in Known) string {
	if len(statement) > maxStatement {
		return ""
	}
	w := &walker{text: scan(statement), known: in, nevers: true}
	w.statement()
	return w.never
}

// neverIn is a condition among those that must all be met which no row can meet, or two of them that exclude each other.
func (w *walker) neverIn(n *node, l *level) string {
	bounds := map[string]*limits{}
	for _, c := range conjunctsOf(n) {
		a := &attempt{level: l, w: w, known: w.known}
		if a.isNever(c) {
			return w.source(c.lo, c.hi)
		}
		for _, b := range a.boundsOf(c) {
			if bounds[b.column] == nil {
				bounds[b.column] = &limits{}
			}
			if other := bounds[b.column].excludes(b); other != nil {
				return w.both(other, c)
			}
		}
	}
	return ""
}

func (w *walker) both(a, b *node) string {
	if a == b {
		return w.source(a.lo, a.hi)
	}
	return w.source(a.lo, a.hi) + " AND " + w.source(b.lo, b.hi)
}

// conjunctsOf are the conditions that AND joins, without the parentheses around them.
func conjunctsOf(n *node) []*node {
	n = n.bare()
	if n.kind != and {
		return []*node{n}
	}
	var all []*node
	for _, arg := range n.args {
		all = append(all, conjunctsOf(arg)...)
	}
	return all
}

// isNever says whether one condition can be met by no row, as it compares an expression with what that cannot be. Comparisons with NULL are the server's
// matter, which may be set to take them for another.
func (a *attempt) isNever(n *node) bool {
	if n.kind != binary || n.name != "=" || n.holds(func(n *node) bool { return n.kind == call && n.name == "coalesce" }) {
		return false
	}
	for _, turn := range []rule{(*attempt).compared, (*attempt).pattern} {
		try := &attempt{level: a.level, w: a.w, known: a.known}
		if _, turned := turn(try, n); !turned && try.none && !try.differs {
			return true
		}
	}
	return false
}

// limit is what a condition asks of a column, as a number or a text.
type limit struct {
	column    string
	from      *node
	low, high *big.Rat // nil: none
	open      bool     // the limit itself is left out
	text      *string  // that it equals
}

// limits are the narrowest ones of a column so far.
type limits struct {
	low, high, text limit
}

// excludes adds a limit, and returns the condition that it cannot be met together with; nil: there is none so far.
func (all *limits) excludes(b limit) *node {
	switch {
	case b.text != nil && all.text.text != nil && *b.text != *all.text.text:
		return all.text.from
	case b.text != nil:
		all.text = b
		return nil
	}
	if b.low != nil && (all.low.low == nil || b.low.Cmp(all.low.low) > 0 || b.low.Cmp(all.low.low) == 0 && b.open) {
		all.low = b
	}
	if b.high != nil && (all.high.high == nil || b.high.Cmp(all.high.high) < 0 || b.high.Cmp(all.high.high) == 0 && b.open) {
		all.high = b
	}
	if all.low.low == nil || all.high.high == nil {
		return nil
	}
	order := all.low.low.Cmp(all.high.high)
	switch {
	case order < 0 || order == 0 && !all.low.open && !all.high.open:
		return nil
	case all.low.from == b.from:
		return all.high.from
	}
	return all.low.from
}

// boundsOf are the limits that a comparison of a bare column with constants sets.
func (a *attempt) boundsOf(n *node) []limit {
	switch {
	case n.kind == between && !n.negated:
		return append(a.boundOf(n, n.args[0], ">=", n.args[1]), a.boundOf(n, n.args[0], "<=", n.args[2])...)
	case n.kind == binary && isComparison(n.name) && n.args[0].varies():
		return a.boundOf(n, n.args[0], n.name, n.args[1])
	case n.kind == binary && isComparison(n.name):
		return a.boundOf(n, n.args[1], flipped(n.name), n.args[0])
	}
	return nil
}

func (a *attempt) boundOf(from, e *node, op string, constant *node) []limit {
	c, found := a.resolve(e.bare())
	if !found || constant.varies() {
		return nil
	}
	v, ok := a.value(constant)
	b := limit{column: c.written(), from: from}
	if at := a.place(c.typ(), v); ok && at != nil {
		return b.at(at, op, isInteger(c.typ()) || c.typ() == "date")
	}
	if ok && op == "=" && v.lit != nil && isText(c.typ()) && !c.Nondeterministic && (v.typ == "" || isText(v.typ)) {
		b.text = v.lit
		return []limit{b}
	}
	return nil
}

// place is where a constant stands among the column's values: a number, or the days since 1970; nil: that is not known for sure, as floating point numbers
// are rounded, and times of day are moved by time zones.
func (a *attempt) place(typ string, v value) *big.Rat {
	switch {
	case isInteger(typ) || typ == "numeric":
		if v.number != nil && v.number.isConstant() && !isFloat(v.typ) {
			return v.number.offset
		}
	case isTime(typ) && (v.typ == "" || v.typ == typ || v.typ == "date"):
		if m, plain := readMoment(v); plain && m.layout == layouts[0] {
			return big.NewRat(m.Unix(), dayLong/secondLong)
		}
	}
	return nil
}

// at sets the limit; whole says that the column's values are whole numbers.
func (b limit) at(r *big.Rat, op string, whole bool) []limit {
	low, high := b, b
	low.low, high.high = r, r
	low.open, high.open = op == ">", op == "<"
	if whole {
		low.low, high.high = new(big.Rat).SetInt(ceilOf(r)), new(big.Rat).SetInt(floorOf(r))
		one := big.NewRat(1, 1)
		if low.open && r.IsInt() {
			low.low.Add(low.low, one)
		}
		if high.open && r.IsInt() {
			high.high.Sub(high.high, one)
		}
		low.open, high.open = false, false
	}
	switch op {
	case ">", ">=":
		return []limit{low}
	case "<", "<=":
		return []limit{high}
	}
	return []limit{low, high}
}
