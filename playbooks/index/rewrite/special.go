package rewrite

import (
	"strings"

	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// castCall reads CAST(x AS type).
func (p *parser) castCall() *node {
	lo, close := p.at, p.match[p.at+1]
	if close < 0 || close >= p.end {
		return nil
	}
	as := p.find(lo+2, close, func(i int) bool { return p.is(i, close, "AS") })
	if as == close {
		return nil
	}
	inner := p.nested(lo+2, as, p.depth)
	p.at = as + 1
	n := p.typed(lo, inner)
	if n == nil || p.at != close {
		return nil
	}
	p.at = close + 1
	n.hi = p.at
	return n
}

// specialCall reads a function with a syntax of its own, and leaves the reader behind the closing parenthesis; nil: it is none.
func specialCall(name string) func(*parser) *node {
	return map[string]func(*parser) *node{"extract": (*parser).extract, "substring": (*parser).substring, "position": (*parser).position}[name]
}

// extract reads EXTRACT(field FROM x).
func (p *parser) extract() *node {
	lo, close := p.at, p.match[p.at+1]
	if close < 0 || close >= p.end || !p.is(lo+3, close, "FROM") {
		return nil
	}
	field := &node{kind: str, lo: lo + 2, hi: lo + 3}
	switch t := p.tokens[lo+2]; t.Kind {
	case sqltext.Word:
		field.name = strings.ToLower(t.Text)
	case sqltext.Parameter:
		field.kind, field.name = param, t.Text
	default:
		value, ok := stringValue(t.Text)
		if !ok {
			return nil
		}
		field.name = strings.ToLower(value)
	}
	inner := p.nested(lo+4, close, p.depth)
	p.at = close + 1
	return p.node(call, lo, "extract", field, inner)
}

// substring reads SUBSTRING(x, a, b) and SUBSTRING(x FROM a FOR b).
func (p *parser) substring() *node {
	lo, close := p.at, p.match[p.at+1]
	if close < 0 || close >= p.end {
		return nil
	}
	if len(p.split(lo+2, close)) > 1 {
		p.at++
		return p.arguments(lo, "substring")
	}
	from := p.find(lo+2, close, func(i int) bool { return p.is(i, close, "FROM") })
	length := p.find(lo+2, close, func(i int) bool { return p.is(i, close, "FOR") })
	if from >= length || length == close {
		return nil
	}
	args := []*node{p.nested(lo+2, from, p.depth), p.nested(from+1, length, p.depth), p.nested(length+1, close, p.depth)}
	p.at = close + 1
	return p.node(call, lo, "substring", args...)
}

// position reads POSITION(part IN whole).
func (p *parser) position() *node {
	lo, close := p.at, p.match[p.at+1]
	if close < 0 || close >= p.end {
		return nil
	}
	in := p.find(lo+2, close, func(i int) bool { return p.is(i, close, "IN") })
	if in == close {
		return nil
	}
	args := []*node{p.nested(lo+2, in, p.depth), p.nested(in+1, close, p.depth)}
	p.at = close + 1
	return p.node(call, lo, "position", args...)
}
