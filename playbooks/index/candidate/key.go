package candidate

import (
	"slices"
	"strings"

	"github.com/pgmedic/pgmedic/playbooks/index/shape"
	"github.com/pgmedic/pgmedic/playbooks/index/table"
	"github.com/pgmedic/pgmedic/probes/plan"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// widest is the average width in bytes above which a column is no key of a b-tree and is not stored in one.
const widest = 64

// key is what an index must have for a b-tree to serve the condition; false where no b-tree can, or should.
func (a *asked) key(c plan.Condition) (shape.Key, bool) {
	if c.Kind == plan.NonSargable {
		return a.expressionKey(c)
	}
	column, known := a.Table.Columns[c.Column]
	collation := a.collation(c)
	switch {
	case !known || wide(column) || unfit(column):
		return shape.Key{}, false
	case c.Cast != "" && !relabels(c.Cast, column) && !(isCollated(c, column) && (collation != "" || kind(c) == plan.Prefix)):
		return a.castKey(c)
	}
	k := shape.Key{Column: c.Column}
	if collation != column.Collation {
		k.Collation = collation // an index serves a comparison only in its own collation
	}
	return k, true
}

// relabels says whether a cast leaves the column's values as they are, so that an index on the column serves the cast too.
func relabels(cast string, c table.Column) bool {
	switch cast {
	case "text":
		return c.TypeName == "varchar" || c.TypeName == "text" && c.Type != "text" // a domain; of text itself the cast is a COLLATE
	case "character varying":
		return c.TypeName == "varchar" && c.Type != "character varying" || c.TypeName == "text"
	case "inet":
		return c.TypeName == "cidr" || c.TypeName == "inet"
	case "oid":
		return strings.HasPrefix(c.TypeName, "reg") || c.TypeName == "oid"
	}
	return false
}

// unfit says whether the column's type makes no key: large values of json and arrays make writes fail.
func unfit(c table.Column) bool {
	return !c.Orderable || c.TypeName == "json" || c.TypeName == "jsonb" || isArray(c)
}

func isArray(c table.Column) bool { return c.Category == "A" }

// wide says whether the column's values are so wide that a b-tree of them is large, or fails on the widest.
func wide(c table.Column) bool {
	return c.Length < 0 && c.Analysed && (c.Width > widest || c.Widest > table.LargestEntry)
}

// isText says whether the column's values are text that LIKE compares by character.
func isText(c table.Column) bool {
	return c.TypeName == "text" || c.TypeName == "varchar" || c.TypeName == "bpchar"
}

// sameKey says whether two keys hold the same values, in whichever direction.
func sameKey(a, b shape.Key) bool {
	return a.Column == b.Column && sqltext.PlainOperators(a.Expression) == sqltext.PlainOperators(b.Expression) && a.Collation == b.Collation
}

// holdsKey says whether one of the keys holds the same values by the same operator class.
func holdsKey(keys []shape.Key, k shape.Key) bool {
	return slices.ContainsFunc(keys, func(known shape.Key) bool { return sameKey(known, k) && known.Opclass == k.Opclass })
}

// holdsValues says whether one of the keys holds the same values, by whichever operator class.
func holdsValues(keys []shape.Key, k shape.Key) bool {
	return slices.ContainsFunc(keys, func(known shape.Key) bool { return sameKey(known, k) })
}

// columnsIn names the columns of keys.
func columnsIn(keys []shape.Key) []string { return shape.Index{Keys: keys}.Columns() }

// mostStates is the number of values up to which a column says what state a row is in, rather than which row it is.
const mostStates = 50

// IsState says whether the column has so few values that a constant of it may be worth an index of its own.
func IsState(c table.Column) bool { return c.Analysed && c.Distinct > 0 && c.Distinct <= mostStates }

// sqlOf is the condition as a clause of an index's predicate: as printed, without qualifiers.
func sqlOf(c plan.Condition) string { return shape.Bare(unqualified(c.Text, c.Qualifier)) }

// columnsUsed names every column of the relation that the condition reads.
func columnsUsed(c plan.Condition) []string {
	names := slices.Clone(c.Columns)
	if len(names) == 0 && c.Column != "" {
		names = []string{c.Column}
	}
	for _, arm := range c.Arms {
		for _, condition := range arm {
			names = append(names, columnsUsed(condition)...)
		}
	}
	return names
}
