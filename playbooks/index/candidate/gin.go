package candidate

import (
	"slices"
	"strings"

	"github.com/pgmedic/pgmedic/playbooks/index/shape"
	"github.com/pgmedic/pgmedic/playbooks/index/table"
	"github.com/pgmedic/pgmedic/probes/plan"
)

// gin is one GIN index for each column or expression that is searched inside, alone and with the need's predicates.
func (a *asked) gin() []Candidate {
	var found []Candidate
	for _, c := range a.rest {
		if k, why, caveat, ok := a.ginKey(c); ok {
			p := part{keys: []shape.Key{k}, conditions: a.sharing(c), why: why, caveat: caveat}
			if a.isPrefixByChance(c) {
				other := a.inverted("gin", p)[0]
				other.Beside, other.For = true, "patterns that begin with a wildcard"
				found = append(found, other)
				continue
			}
			found = append(found, a.inverted("gin", p)...)
			found = append(found, a.withEquality("gin", p)...)
		}
	}
	return distinct(found)
}

// isPrefixByChance says whether a LIKE is one of a prefix only for the value that the plan was made with, where a b-tree serves it and pg_trgm would
// serve others.
func (a *asked) isPrefixByChance(c plan.Condition) bool {
	return c.Kind == plan.Prefix && c.Op == "~~" && a.open(c) && a.Table.Extensions["pg_trgm"] != "" && !wide(a.Table.Columns[c.Column])
}

// withEquality is the index with the columns of one value before, where an extension (btree_gin, btree_gist) lets the method hold them.
func (a *asked) withEquality(method string, p part) []Candidate {
	c := Candidate{Index: shape.Index{Schema: a.Table.Schema, Table: a.Table.Name, Method: method}, For: "equality and " + method + " in one index"}
	for _, e := range a.equal {
		k := e.keys[0]
		if !e.join && k.Column != "" && k.Collation == "" && kind(e.conditions[0]) == plan.Equality && serves(a.Table.Columns[k.Column], method) {
			c.addKeys(e)
		}
	}
	if len(c.Index.Keys) == 0 {
		return nil
	}
	c.addKeys(p)
	return []Candidate{c}
}

// inverted is an index of a method other than b-tree on one part, for each predicate.
func (a *asked) inverted(method string, p part) []Candidate {
	var found []Candidate
	for _, w := range a.predicates() {
		c := Candidate{Index: shape.Index{Schema: a.Table.Schema, Table: a.Table.Name, Method: method}}
		c.addKeys(p)
		for _, clause := range w.parts {
			c.addWhere(clause)
		}
		found = append(found, c)
	}
	return found
}

// sharing are the conditions that the same index serves: those of other methods on the same column or expression.
func (a *asked) sharing(c plan.Condition) []plan.Condition {
	return slices.DeleteFunc(slices.Clone(a.rest), func(o plan.Condition) bool {
		return o.Column != c.Column || shape.Bare(o.Expression) != shape.Bare(c.Expression) || kind(o) != kind(c)
	})
}

// ginKey is the key of a GIN index that serves the condition.
func (a *asked) ginKey(c plan.Condition) (k shape.Key, why, caveat string, ok bool) {
	column := table.Column{}
	if c.Kind == plan.NonSargable {
		k, ok = a.expression(c)
		column.TypeName, column.Category = a.typeInside(c)
	} else {
		column, ok = a.Table.Columns[c.Column]
		k = shape.Key{Column: c.Column}
	}
	if !ok || c.Kind != plan.NonSargable && c.Cast != "" && !relabels(c.Cast, column) {
		return k, "", "", false
	}
	switch kind(c) {
	case plan.Search:
		return a.trigramKey(k, column, c)
	case plan.Prefix: // of what is too wide for a b-tree, or by chance
		if k, why, caveat, ok = a.trigramKey(k, column, c); wide(column) || a.isPrefixByChance(c) {
			return k, why, caveat, ok
		}
	case plan.Contains:
		k.Opclass, why, ok = a.containsClass(column, c)
		return k, why, "", ok
	}
	return k, "", "", false
}

// typeInside guesses what an expression yields, by what it is searched for and what it does.
func (a *asked) typeInside(c plan.Condition) (typeName, category string) {
	of := castOf(c.Value)
	for _, p := range a.Parameters {
		if of == "" && c.Param > 0 && p.N == c.Param {
			of = p.Type
		}
	}
	switch {
	case kind(c) == plan.Search:
		return "text", "S"
	case c.Op == "@@" && (of == "tsquery" || holds(c.Value, "to_tsquery", "plainto_tsquery", "phraseto_tsquery", "websearch_to_tsquery")):
		return "tsvector", "U"
	case of == "jsonb" || (of == "" || slices.Contains(documentKeys, c.Op)) && IsDocument(c.Expression):
		return "jsonb", "U"
	case strings.HasSuffix(of, "[]"):
		return "_" + strings.TrimSuffix(of, "[]"), "A"
	}
	return "", ""
}

// containsClass is the operator class of GIN for what is searched inside the column.
func (a *asked) containsClass(column table.Column, c plan.Condition) (opclass, why string, ok bool) {
	switch {
	case column.TypeName == "jsonb":
		return a.jsonbClass(c)
	case isArray(column) && slices.Contains([]string{"@>", "<@", "&&", "@@"}, c.Op):
		return a.arrayClass(column, c)
	case column.TypeName == "tsvector" && c.Op == "@@":
		return "", "every word is an entry of its own", true
	case column.TypeName == "hstore" && slices.Contains([]string{"@>", "?", "?|", "?&"}, c.Op):
		return "", "every key and value is an entry of its own", true
	}
	return "", "", false
}

// documentKeys are the operators that look for a key of a document, or for an element of a list.
var documentKeys = []string{"?", "?|", "?&"}

// jsonbClass: jsonb_path_ops is smaller and finds a path at once, but knows only @>, @? and @@.
func (a *asked) jsonbClass(c plan.Condition) (opclass, why string, ok bool) {
	paths := []string{"@>", "@?", "@@"}
	onlyPaths := true
	for _, o := range a.sharing(c) {
		onlyPaths = onlyPaths && slices.Contains(paths, o.Op)
	}
	switch {
	case onlyPaths:
		return "jsonb_path_ops", "every path with its value is an entry of its own; jsonb_path_ops serves @>, @? and @@ only, and is smaller for it", true
	case slices.Contains(paths, c.Op) || slices.Contains(documentKeys, c.Op):
		return "", "every key and every value is an entry of its own: the default operator class serves ? too", true
	}
	return "", "", false
}

// arrayClass: the extension intarray brings operators of its own for int4[], which only its own operator class serves; its operators win by their
// exact type.
func (a *asked) arrayClass(column table.Column, c plan.Condition) (opclass, why string, ok bool) {
	why = "every element is an entry of its own"
	if own, has := column.Opclass("gin", "gin__int_ops"); has && c.Kind != plan.NonSargable {
		return own, why, true
	}
	return "", why, c.Op != "@@" && hasElementOrder(column)
}

// hasElementOrder says whether GIN can sort the array's elements, by those types of the server that have no order.
func hasElementOrder(c table.Column) bool {
	return !slices.Contains(strings.Fields("_json _xml _point _box _line _lseg _path _polygon _circle _xid _cid _txid_snapshot"), c.TypeName)
}
