package rewrite

import (
	"slices"
	"strings"

	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// valueKeywords stand for a value without parentheses.
var valueKeywords = []string{"true", "false", "null", "current_date", "current_timestamp", "localtimestamp"}

// notNames are the keywords that can begin neither a column nor a call here.
var notNames = strings.Fields(`all analyse analyze and any as asc asymmetric both case check collate column constraint create current_catalog current_role
 current_schema current_time current_user default deferrable desc distinct do else end except fetch for foreign from grant group having ilike in initially intersect
 interval into is isnull lateral leading like limit localtime not notnull offset on only or order placing primary references returning select session_user similar
 some symmetric system_user table then to trailing trim overlay union unique user using variadic when where window with xmlelement xmlforest xmlparse xmlpi
 xmlroot xmlserialize xmltable json_table json_value json_query json_exists json_object json_array json_arrayagg json_objectagg json json_scalar json_serialize normalize`)

// primary reads what needs no operator.
func (p *parser) primary() *node {
	if p.at >= p.end {
		return nil
	}
	lo, t := p.at, p.tokens[p.at]
	switch t.Kind {
	case sqltext.Number:
		p.at++
		return p.node(number, lo, t.Text)
	case sqltext.Parameter:
		p.at++
		return p.node(param, lo, t.Text)
	case sqltext.String:
		return p.string()
	case sqltext.Mark:
		if t.Is("(") {
			return p.parentheses()
		}
		return nil
	case sqltext.Word, sqltext.QuotedName:
		return p.word()
	}
	return nil
}

// string reads a string whose value is plain to see.
func (p *parser) string() *node {
	lo := p.at
	value, ok := stringValue(p.tokens[lo].Text)
	if !ok {
		return nil
	}
	p.at++
	return p.node(str, lo, value)
}

// stringValue is what a string constant holds: without backslashes, escapes and tags.
func stringValue(literal string) (string, bool) {
	if len(literal) < 2 || literal[0] != '\'' || literal[len(literal)-1] != '\'' || strings.ContainsAny(literal, "\\\x00") {
		return "", false
	}
	inner := literal[1 : len(literal)-1]
	if strings.Count(inner, "'") != 2*strings.Count(inner, "''") { // several strings, one behind the other
		return "", false
	}
	return strings.ReplaceAll(inner, "''", "'"), true
}

func (p *parser) word() *node {
	lo := p.at
	if p.tokens[lo].Kind == sqltext.Word {
		word := strings.ToLower(p.tokens[lo].Text)
		calls := p.is(lo+1, p.end, "(")
		switch {
		case slices.Contains(valueKeywords, word):
			return p.valueKeyword(word)
		case word == "interval":
			return p.interval()
		case word == "row" && calls:
			p.at++
			return p.rowOf()
		case word == "array" && p.is(lo+1, p.end, "["):
			return p.array()
		case word == "exists" && calls:
			p.at++
			return p.renamed(lo, p.parentheses())
		case word == "cast" && calls:
			return p.castCall()
		case calls && specialCall(word) != nil:
			return specialCall(word)(p)
		case slices.Contains(notNames, word):
			return nil
		}
	}
	if end := sqltext.TypeEnd(p.tokens[:p.end], lo); end < p.end && p.tokens[end].Kind == sqltext.String { // DATE '…'
		return p.typedConstant(end)
	}
	return p.nameOrCall()
}

// renamed is a call of EXISTS.
func (p *parser) renamed(lo int, inner *node) *node {
	if inner == nil || inner.kind != query {
		return nil
	}
	return p.node(opaque, lo, "exists", inner)
}

func (p *parser) valueKeyword(word string) *node {
	lo := p.at
	p.at++
	if p.on("(") { // current_timestamp(3)
		p.at = p.after(p.at, p.end)
	}
	return p.node(keyword, lo, word)
}

func (p *parser) typedConstant(end int) *node {
	lo := p.at
	name, limited := typeName(p.source(lo, end))
	p.at = end
	inner := p.string()
	if inner == nil {
		return nil
	}
	n := p.node(cast, lo, name, inner)
	n.limited = limited
	return n
}

// interval reads INTERVAL '…' with the fields that may follow: their names are kept in the value.
func (p *parser) interval() *node {
	lo := p.at
	p.at++
	if p.on("(") {
		return nil
	}
	if p.at >= p.end || p.tokens[p.at].Kind != sqltext.String {
		return nil
	}
	inner := p.string()
	if inner == nil {
		return nil
	}
	from := p.at
	for p.on("YEAR", "MONTH", "DAY", "HOUR", "MINUTE", "SECOND", "TO") {
		p.at++
	}
	if p.on("(") {
		return nil
	}
	if p.at > from {
		inner.name += " " + p.source(from, p.at)
	}
	return p.node(cast, lo, "interval", inner)
}

// nameOrCall reads a column, or a function with its arguments.
func (p *parser) nameOrCall() *node {
	lo := p.at
	var path []string
	for {
		if !p.isName(p.at, p.end) {
			return nil
		}
		path = append(path, p.name(p.at))
		p.at++
		if !p.take(".") {
			break
		}
	}
	if !p.on("(") {
		if p.tokens[lo].Kind == sqltext.Word && len(path) == 1 && p.at < p.end && p.tokens[p.at].Kind == sqltext.String {
			return nil
		}
		n := p.node(column, lo, "")
		n.path = path
		return n
	}
	name := strings.Join(path, ".")
	if len(path) == 2 && path[0] == "pg_catalog" {
		name = path[1]
	}
	return p.arguments(lo, name)
}

// arguments reads a call's arguments; an aggregate's or a window function's further clauses make it something else.
func (p *parser) arguments(lo int, name string) *node {
	open, close := p.at, p.match[p.at]
	if close < 0 || close >= p.end {
		return nil
	}
	var args []*node
	for _, part := range p.split(open+1, close) {
		args = append(args, p.argument(part[0], part[1]))
	}
	p.at = close + 1
	if p.on("FILTER", "OVER", "WITHIN", "IGNORE", "RESPECT") {
		return nil
	}
	return p.node(call, lo, name, args...)
}

func (p *parser) argument(lo, hi int) *node {
	if p.isName(lo, hi) && p.is(lo+1, hi, "=>", ":=") {
		inner := p.nested(lo+2, hi, p.depth)
		return &node{kind: named, name: p.name(lo), args: []*node{inner}, lo: lo, hi: hi, deep: inner.deep, varying: inner.varies()}
	}
	return p.nested(lo, hi, p.depth)
}

// parentheses reads (expression), (a, b) or (SELECT …).
func (p *parser) parentheses() *node {
	lo := p.at
	if !p.on("(") || p.match[lo] < 0 || p.match[lo] >= p.end {
		return nil
	}
	open, close := lo+1, p.match[lo]
	p.at = close + 1
	if p.startsQuery(lo) {
		return p.node(query, lo, "")
	}
	var args []*node
	for _, part := range p.split(open, close) {
		args = append(args, p.nested(part[0], part[1], p.depth))
	}
	switch len(args) {
	case 0:
		return nil
	case 1:
		return p.node(paren, lo, "", args...)
	}
	return p.node(row, lo, "", args...)
}

func (p *parser) rowOf() *node {
	lo := p.at - 1
	n := p.parentheses()
	if n == nil || n.kind == query || n.kind == opaque {
		return nil
	}
	return p.node(row, lo, "", n.args...)
}

func (p *parser) array() *node {
	lo := p.at
	close := p.match[lo+1]
	if close < 0 || close >= p.end {
		return nil
	}
	var args []*node
	for _, part := range p.split(lo+2, close) {
		args = append(args, p.nested(part[0], part[1], p.depth))
	}
	p.at = close + 1
	return p.node(array, lo, "", args...)
}
