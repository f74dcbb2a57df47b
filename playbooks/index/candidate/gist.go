package candidate

import (
	"slices"
	"strings"

	"github.com/pgmedic/pgmedic/playbooks/index/shape"
	"github.com/pgmedic/pgmedic/playbooks/index/table"
	"github.com/pgmedic/pgmedic/probes/plan"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// rangeOperators are those that a GiST index of ranges serves besides equality (manual, "GiST", built-in operator classes).
var rangeOperators = []string{"&&", "@>", "<@", "<<", ">>", "&<", "&>", "-|-"}

// placeOperators are those of the geometric types.
var placeOperators = []string{"&&", "@>", "<@", "<<", ">>", "&<", "&>", "~=", "<<|", "|>>"}

// treeOperators are those of ltree.
var treeOperators = []string{"@>", "<@", "~", "?", "@"}

// geometric types that GiST has a default operator class for.
var geometric = []string{"point", "box", "polygon", "circle"}

// gist is one GiST index for each column that is searched by place: ranges, geometry, networks.
func (a *asked) gist() []Candidate {
	var found []Candidate
	for _, c := range a.rest {
		if k, ok := a.madeRange(c); ok {
			found = append(found, a.inverted("gist", part{keys: []shape.Key{k}, conditions: []plan.Condition{c}, why: "GiST finds what overlaps or contains"})...)
			continue
		}
		column, known := a.Table.Columns[c.Column]
		if !known || c.Cast != "" && !relabels(c.Cast, column) || !slices.Contains([]plan.Kind{plan.Contains, plan.Opaque, plan.Prefix}, c.Kind) {
			continue
		}
		p := part{keys: []shape.Key{{Column: c.Column}}, conditions: a.onColumn(c.Column), why: "GiST finds what overlaps or contains"}
		switch {
		case c.Op == "^@" && isText(column) && serves(column, "spgist"):
			p.conditions, p.why = []plan.Condition{c}, "SP-GiST finds values by their first characters, whatever the collation"
			found = append(found, a.inverted("spgist", p)...)
		case column.Category == "R" && serves(column, "gist") && slices.Contains(rangeOperators, c.Op):
			found = append(found, a.inverted("gist", p)...)
			found = append(found, a.withEquality("gist", p)...)
			if c.Op == "<@" && serves(column, "spgist") {
				found = append(found, a.inverted("spgist", p)[:1]...)
			}
		case slices.Contains(geometric, column.TypeName) && serves(column, "gist") && slices.Contains(placeOperators, c.Op):
			found = append(found, a.inverted("gist", p)...)
		case isNetwork(column) && slices.Contains([]string{"&&", ">>", ">>=", "<<", "<<="}, c.Op):
			p.keys[0].Opclass = "inet_ops"
			found = append(found, a.inverted("gist", p)...)
		case column.TypeName == "ltree" && serves(column, "gist") && slices.Contains(treeOperators, c.Op):
			found = append(found, a.inverted("gist", p)...)
		}
	}
	return distinct(append(found, a.nearest()...))
}

// constructors make a range of two columns (manual, "Constructing Ranges and Multiranges").
var constructors = []string{"int4range(", "int8range(", "numrange(", "tsrange(", "tstzrange(", "daterange("}

// MakesRange says whether an expression is a range made of other values.
func MakesRange(expression string) bool {
	return slices.ContainsFunc(constructors, func(name string) bool { return strings.HasPrefix(shape.Bare(expression), name) })
}

// madeRange is the range that a condition makes of two columns and searches, as a key.
func (a *asked) madeRange(c plan.Condition) (shape.Key, bool) {
	if c.Kind != plan.NonSargable || !MakesRange(c.Expression) || len(c.Columns) < 2 || !slices.Contains(rangeOperators, c.Op) {
		return shape.Key{}, false
	}
	return a.expression(c)
}

func isNetwork(column table.Column) bool {
	return column.TypeName == "inet" || column.TypeName == "cidr"
}

// IsPlaced says whether a condition asks by an operator that only a GiST or SP-GiST index looks for, of those that have no kind of their own.
func IsPlaced(c plan.Condition) bool {
	operators := slices.Concat(placeOperators, rangeOperators, treeOperators, []string{">>=", "<<="})
	return c.Kind == plan.Opaque && c.Column != "" && slices.Contains(operators, c.Op)
}

// nearest is a GiST index for ORDER BY column <-> constant: it yields the nearest first.
func (a *asked) nearest() []Candidate {
	if len(a.Order) != 1 || a.Order[0].Descending || len(a.Order[0].Columns) != 1 || !outermost(a.Order[0].Expression, "<->") {
		return nil
	}
	column := a.Table.Columns[a.Order[0].Columns[0]]
	p := part{keys: []shape.Key{{Column: column.Name}}, why: "GiST yields the nearest first"}
	switch trigrams := a.Table.Extensions["pg_trgm"]; {
	case slices.Contains(geometric, column.TypeName) && serves(column, "gist"):
	case trigrams != "" && a.Limit > 0 && (column.TypeName == "text" || column.TypeName == "varchar") && !wide(column):
		p.keys[0].Opclass, p.why = sqltext.Ident(trigrams, "gist_trgm_ops"), "GiST yields the most similar first"
	default:
		return nil
	}
	found := a.inverted("gist", p)
	for i := range found {
		found[i].Ordered = true
	}
	return found
}

// serves says whether the column's type has a default operator class for the method.
func serves(column table.Column, method string) bool {
	_, ok := column.Opclass(method, "")
	return ok
}

// onColumn are the conditions of other methods on a column.
func (a *asked) onColumn(name string) []plan.Condition {
	return slices.DeleteFunc(slices.Clone(a.rest), func(c plan.Condition) bool {
		return c.Column != name || c.Kind != plan.Contains && c.Kind != plan.Opaque
	})
}
