package candidate

import (
	"strings"

	"github.com/pgmedic/pgmedic/playbooks/index/shape"
	"github.com/pgmedic/pgmedic/probes/plan"
)

// addPrefix adds LIKE 'constant%': one stretch of an index that orders by byte values, be it by its collation or by its operator class.
func (a *asked) addPrefix(p part) {
	opclass, ok := a.patternClass(p.keys[0])
	if !ok {
		return
	}
	p.keys[0].Opclass = opclass
	a.addRange(p)
	last := &a.ranges[len(a.ranges)-1]
	last.why = "values that begin with a constant: one stretch of the index"
	if opclass != "" {
		last.why += "; only " + opclass + " orders so in this collation"
	}
}

// patternClass is the operator class that a prefix search needs on the key: none where it is ordered by byte values already; false where none serves.
func (a *asked) patternClass(k shape.Key) (string, bool) {
	if k.Column == "" {
		return "text_pattern_ops", true
	}
	column := a.Table.Columns[k.Column]
	switch {
	case !isText(column) || column.Nondeterministic:
		return "", false
	case k.Collation == "" && column.CollatesC:
		return "", true
	}
	return column.Opclass("btree", column.TypeName+"_pattern_ops")
}

// isPattern says whether a key orders by byte values, which is no order that a statement asks for.
func isPattern(k shape.Key) bool { return strings.HasSuffix(k.Opclass, "_pattern_ops") }

// addHiddenRange adds what the planner makes a stretch of an index of, though the condition does not look like one: LIKE with a parameter, which may
// be a prefix, a regular expression with a plain beginning, and networks within a network.
func (a *asked) addHiddenRange(c plan.Condition) {
	key, ok := a.key(c)
	if !ok {
		return
	}
	p := part{keys: []shape.Key{key}, conditions: []plan.Condition{c}, share: 0.3, join: c.Join}
	switch column := a.Table.Columns[c.Column]; {
	case kind(c) == plan.Search && c.Op == "~~" && a.open(c):
		p.caveat = a.whereOpen(c, "the pattern begins with plain characters")
		a.addPrefix(p)
	case kind(c) == plan.Search && c.Op == "~":
		if _, ok := Beginning(c); ok {
			p.caveat = a.whereOpen(c, "the pattern begins with ^ and plain characters")
			a.addPrefix(p)
		}
	case column.TypeName == "inet" || column.TypeName == "cidr":
		if _, ok := Within(c); ok {
			p.caveat = a.whereOpen(c, "the network is known when the plan is made")
			a.addRange(p)
		}
	}
}

// whereOpen is the caveat of a condition whose constant is a parameter's value.
func (a *asked) whereOpen(c plan.Condition, when string) string {
	if !a.open(c) {
		return ""
	}
	return "serves where " + when + " and the plan is made for the value (plan_cache_mode)"
}
