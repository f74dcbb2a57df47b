package rewrite

import "strings"

// parser reads expressions by PostgreSQL's precedences (manual, "Operator Precedence"). A method returns nil where it does not understand; the innermost conjunct,
// argument or parentheses around is opaque then, and reading goes on behind it.
type parser struct {
	*text
	at, end int
	depth   int
}

// maxNesting bounds the recursion, of the reader and of who goes through what it read; what is nested deeper is opaque.
const maxNesting = 100

// expression reads a whole range.
func (t *text) expression(lo, hi int) *node { return t.nested(lo, hi, 0) }

func (t *text) nested(lo, hi, depth int) *node {
	p := &parser{text: t, at: lo, end: hi, depth: depth + 1}
	if depth < maxNesting && lo < hi {
		if n := p.or(); n != nil && p.at == hi {
			return n
		}
	}
	return &node{kind: opaque, lo: lo, hi: hi}
}

func (p *parser) node(k kind, lo int, name string, args ...*node) *node {
	n := &node{kind: k, name: name, args: args, lo: lo, hi: p.at}
	for _, arg := range args {
		n.deep, n.varying = max(n.deep, arg.deep+1), n.varying || arg.varies()
	}
	if n.deep > maxNesting {
		return &node{kind: opaque, lo: lo, hi: p.at}
	}
	return n
}

func (p *parser) on(words ...string) bool { return p.is(p.at, p.end, words...) }

// take steps over these words where they follow.
func (p *parser) take(words ...string) bool {
	if !p.has(p.at, p.end, words...) {
		return false
	}
	p.at += len(words)
	return true
}

func (p *parser) or() *node  { return p.chain(or, "OR", p.and) }
func (p *parser) and() *node { return p.chain(and, "AND", p.conjunct) }

// chain reads operands with a word between them.
func (p *parser) chain(k kind, word string, operand func() *node) *node {
	lo := p.at
	first := operand()
	args := []*node{first}
	for first != nil && p.take(word) {
		next := operand()
		if next == nil {
			return nil
		}
		args = append(args, next)
	}
	if len(args) == 1 {
		return first
	}
	return p.node(k, lo, "", args...)
}

// conjunct reads up to the next AND or OR, whatever stands there.
func (p *parser) conjunct() *node {
	lo := p.at
	if lo >= p.end {
		return nil
	}
	if n := p.not(); n != nil && (p.at == p.end || p.on("AND", "OR")) {
		return n
	}
	between := 0
	p.at = p.find(lo, p.end, func(i int) bool {
		if p.is(i, p.end, "BETWEEN") {
			between++
		}
		if p.is(i, p.end, "AND") && between > 0 {
			between--
			return false
		}
		return p.is(i, p.end, "AND", "OR")
	})
	if p.at == lo {
		return nil
	}
	return p.node(opaque, lo, "")
}

func (p *parser) not() *node {
	lo, depth := p.at, p.depth
	if !p.take("NOT") {
		return p.isTest()
	}
	p.depth++
	defer func() { p.depth = depth }()
	if p.depth > maxNesting {
		return nil
	}
	inner := p.not()
	if inner == nil {
		return nil
	}
	return p.node(not, lo, "", inner)
}

func (p *parser) isTest() *node {
	lo := p.at
	n := p.comparison()
	for n != nil && p.take("IS") {
		negated := p.take("NOT")
		if negated && p.take("DISTINCT", "FROM") {
			right := p.comparison()
			if right == nil {
				return nil
			}
			n = p.node(same, lo, "", n, right)
			continue
		}
		if !p.on("NULL", "TRUE", "FALSE", "UNKNOWN") {
			return nil
		}
		name := strings.ToLower(p.tokens[p.at].Text)
		if negated {
			name = "not " + name
		}
		p.at++
		n = p.node(isTest, lo, name, n)
	}
	return n
}

func (p *parser) comparison() *node {
	lo := p.at
	n := p.pattern()
	if n == nil || !p.on("=", "<", ">", "<=", ">=", "<>", "!=") {
		return n
	}
	return p.compared(lo, n)
}

// compared reads an operator and what follows it, ANY and ALL too.
func (p *parser) compared(lo int, left *node) *node {
	op := p.tokens[p.at].Text
	p.at++
	if op == "!=" {
		op = "<>"
	}
	if p.on("ANY", "SOME", "ALL") && p.is(p.at+1, p.end, "(") {
		k := anyOf
		if p.on("ALL") {
			k = allOf
		}
		p.at++
		inner := p.parentheses()
		if inner == nil {
			return nil
		}
		return p.node(k, lo, op, left, inner)
	}
	right := p.pattern()
	if right == nil {
		return nil
	}
	return p.node(binary, lo, op, left, right)
}

// pattern reads [NOT] BETWEEN, IN, LIKE and ILIKE.
func (p *parser) pattern() *node {
	lo := p.at
	n := p.other()
	if n == nil {
		return nil
	}
	negated := p.on("NOT") && p.is(p.at+1, p.end, "BETWEEN", "IN", "LIKE", "ILIKE") && p.take("NOT")
	switch {
	case p.take("BETWEEN"):
		n = p.between(lo, n)
	case p.take("IN"):
		n = p.in(lo, n)
	case p.on("LIKE", "ILIKE"):
		n = p.like(lo, n)
	}
	if n != nil {
		n.negated = n.negated || negated
	}
	return n
}

func (p *parser) between(lo int, n *node) *node {
	p.take("ASYMMETRIC")
	low := p.other()
	if low == nil || !p.take("AND") {
		return nil
	}
	high := p.other()
	if high == nil {
		return nil
	}
	return p.node(between, lo, "", n, low, high)
}

func (p *parser) in(lo int, n *node) *node {
	list := p.parentheses()
	switch {
	case list == nil || list.kind == opaque:
		return nil
	case list.kind == query:
		return p.node(inQuery, lo, "", n, list)
	}
	return p.node(inList, lo, "", append([]*node{n}, list.args...)...)
}

func (p *parser) like(lo int, n *node) *node {
	name := strings.ToUpper(p.tokens[p.at].Text)
	p.at++
	right := p.other()
	if right == nil || p.on("ESCAPE") {
		return nil
	}
	return p.node(like, lo, name, n, right)
}
