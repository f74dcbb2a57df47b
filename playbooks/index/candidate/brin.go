package candidate

import (
	"math"
	"slices"

	"github.com/pgmedic/pgmedic/playbooks/index/shape"
	"github.com/pgmedic/pgmedic/playbooks/index/table"
)

const (
	inOrder   = 0.95 // correlation of a column with the table's order from which a range of it lies together
	manyPages = 1000 // from which on a BRIN index spares enough
)

// brin is for a range of a large table whose rows lie in the range's order, as in a log: far smaller than a b-tree, and it reads more rows.
func (a *asked) brin() []Candidate {
	ownEquality := slices.ContainsFunc(a.equal, func(p part) bool { return !p.join })
	if ownEquality || a.Limit > 0 || a.Table.Pages < manyPages {
		return nil
	}
	var found []Candidate
	for _, r := range a.ranges {
		k := r.keys[0]
		column := a.Table.Columns[k.Column]
		known := k.Column != "" && k.Opclass == "" && k.Collation == "" && serves(column, "brin") && column.Category != "R"
		if !known || r.join || math.Abs(column.Correlation) <= inOrder || a.isSorted(k) {
			continue
		}
		r.why = "the table lies in its order: the lowest and the highest value of each stretch of pages tell which to read"
		for _, with := range []string{"", "pages_per_range = 32"} {
			c := Candidate{Index: shape.Index{Schema: a.Table.Schema, Table: a.Table.Name, Method: "brin", With: with}, For: "a far smaller index"}
			c.addKeys(r)
			c.Caveats = []string{"serves as long as new rows keep the order: updates that move rows and deleted space that is filled again spoil it"}
			found = append(found, c)
		}
	}
	return found
}

// isSorted says whether the table has a whole b-tree that begins with the key: it finds a range of it without reading what lies beside.
func (a *asked) isSorted(k shape.Key) bool {
	return slices.ContainsFunc(a.Table.Indexes, func(x table.Existing) bool {
		return x.Valid && x.Known && x.Shape.Method == "btree" && len(x.Shape.Where) == 0 && sameKey(x.Shape.Keys[0], k)
	})
}
