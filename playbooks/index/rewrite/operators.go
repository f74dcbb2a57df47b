package rewrite

import "github.com/pgmedic/pgmedic/probes/sqltext"

// other reads all operators that are neither comparisons nor arithmetic: they share one precedence.
func (p *parser) other() *node {
	lo, depth := p.at, p.depth
	if p.isOther() { // a prefix operator
		p.depth++
		defer func() { p.depth = depth }()
		op := p.tokens[p.at].Text
		p.at++
		if p.depth > maxNesting {
			return nil
		}
		inner := p.other()
		if inner == nil {
			return nil
		}
		return p.node(unary, lo, op, inner)
	}
	n := p.additive()
	for n != nil && p.isOther() {
		op := p.tokens[p.at].Text
		if p.is(p.at+1, p.end, "ANY", "SOME", "ALL") {
			return p.compared(lo, n)
		}
		p.at++
		right := p.additive()
		if right == nil {
			return nil
		}
		n = p.node(binary, lo, op, n, right)
	}
	return n
}

func (p *parser) isOther() bool {
	return p.at < p.end && p.tokens[p.at].Kind == sqltext.Operator &&
		!p.on("=", "<", ">", "<=", ">=", "<>", "!=", "+", "-", "*", "/", "%", "^", "::", ":=", "=>")
}

func (p *parser) additive() *node       { return p.operators(p.multiplicative, "+", "-") }
func (p *parser) multiplicative() *node { return p.operators(p.power, "*", "/", "%") }
func (p *parser) power() *node          { return p.operators(p.zoned, "^") }

// operators reads operands with one of these operators between them, from the left.
func (p *parser) operators(operand func() *node, ops ...string) *node {
	lo := p.at
	n := operand()
	for n != nil && p.on(ops...) {
		op := p.tokens[p.at].Text
		p.at++
		right := operand()
		if right == nil {
			return nil
		}
		n = p.node(binary, lo, op, n, right)
	}
	return n
}

func (p *parser) zoned() *node {
	lo := p.at
	n := p.signed()
	for n != nil && p.take("AT", "TIME", "ZONE") {
		zone := p.signed()
		if zone == nil {
			return nil
		}
		n = p.node(atZone, lo, "", n, zone)
	}
	if p.on("COLLATE", "AT") {
		return nil
	}
	return n
}

func (p *parser) signed() *node {
	lo, depth := p.at, p.depth
	if !p.on("-", "+") {
		return p.casts()
	}
	p.depth++
	defer func() { p.depth = depth }()
	op := p.tokens[p.at].Text
	p.at++
	if p.depth > maxNesting {
		return nil
	}
	inner := p.signed()
	if inner == nil {
		return nil
	}
	return p.node(unary, lo, op, inner)
}

// casts reads :: behind a primary expression; what a subscript or a field of it is, nobody knows here.
func (p *parser) casts() *node {
	lo := p.at
	n := p.primary()
	for n != nil && p.take("::") {
		n = p.typed(lo, n)
	}
	if n != nil && p.on("[", ".") {
		return nil
	}
	return n
}

// typed reads a type's name and makes the cast of it.
func (p *parser) typed(lo int, inner *node) *node {
	end := min(sqltext.TypeEnd(p.tokens, p.at), p.end)
	if end == p.at {
		return nil
	}
	name, limited := typeName(p.source(p.at, end))
	p.at = end
	n := p.node(cast, lo, name, inner)
	n.limited = limited
	return n
}
