package price

import (
	"math"
	"slices"
	"strings"

	"github.com/pgmedic/pgmedic/playbooks/index/shape"
	"github.com/pgmedic/pgmedic/playbooks/index/table"
)

// How CREATE INDEX fills a b-tree (src/backend/access/nbtree/nbtsort.c).
const (
	btreeSpecial = 16   // BTPageOpaqueData
	leafFill     = 0.90 // BTREE_DEFAULT_FILLFACTOR
	innerFill    = 0.70 // BTREE_NONLEAF_FILLFACTOR
	pointer      = 6    // ItemPointerData, in a posting list
	postingShare = 0.1  // of a page that one posting list may take while it is built
)

// btreeExtent lays the entries out on leaf pages, equal ones merged into posting lists where the types allow it, and the levels above.
func btreeExtent(x shape.Index, t *table.Table, rows, entries float64) extent {
	page := pageSize(t)
	fields := fieldsOf(x, t)
	single := entrySize(fields)
	room := page - pageHeader - btreeSpecial - 2*linePointer - page*(1-leafFill)
	used, onPage := (single+linePointer)*entries, wholeItems(room, single+linePointer)
	if merges(x, t) {
		items, bytes := merged(x, t, rows, entries, single, page)
		if used = bytes + items*linePointer; items < entries*0.9 {
			onPage = room // the lists fill it up
		}
	}
	leaves := math.Ceil(max(used/onPage, 1))
	height, inner := levels(leaves, single, page)
	return extent{entries: entries, pages: leaves + inner + 1, height: height}
}

// wholeItems is how many bytes of items of one size a page takes.
func wholeItems(room, item float64) float64 {
	return max(math.Floor(room/item), 1) * item
}

// levels counts the levels above the leaves and their pages.
func levels(leaves, single, page float64) (height, pages float64) {
	fanout := max(math.Floor((page*innerFill-pageHeader-btreeSpecial-2*linePointer)/(single+linePointer)), 2)
	for below := leaves; below > 1; {
		below = math.Ceil(below / fanout)
		pages += below
		height++
	}
	return height, pages
}

// merges says whether a b-tree of these keys keeps equal entries as one posting list (13 and later): not with stored columns, and not where equal values
// can look different (manual, "B-Tree Deduplication").
func merges(x shape.Index, t *table.Table) bool {
	if len(x.Include) > 0 || x.Unique || strings.Contains(x.With, "deduplicate_items") {
		return false
	}
	return !slices.ContainsFunc(x.Keys, func(k shape.Key) bool {
		c := keyColumn(k, t)
		switch c.TypeName {
		case "numeric", "jsonb", "float4", "float8":
			return true
		}
		ofExtension := c.TypeOID >= table.FirstOwnType && c.Category != "E" // citext, ltree and the like do not say that equal is the same
		return c.Nondeterministic || ofExtension || c.Category == "A" || c.Category == "R" || c.Category == "C"
	})
}

// merged returns the items that entries become when equal ones are merged, and their size without line pointers.
func merged(x shape.Index, t *table.Table, rows, entries, single, page float64) (items, bytes float64) {
	most := math.Floor((math.Floor((math.Floor(page*postingShare/maxAlign)*maxAlign-linePointer)/maxAlign)*maxAlign - single) / pointer) // pointers of one list
	for _, g := range groups(x, t, rows, entries) {
		i, b := lists(g, single, most)
		items += i
		bytes += b
	}
	return items, bytes
}

// shared is a number of keys that as many entries share in the mean.
type shared struct{ keys, each float64 }

// part is a share of the values of a column or of several, spread evenly over so many different ones that there could be; least: that there are.
type part struct{ values, share, least float64 }

// partsOf splits a column's values in the index: NULL, the commonest, and the rest.
func partsOf(x shape.Index, c table.Column, rows float64) []part {
	nulls := nullsLeft(x, c)
	common := c.Commonest * (1 - nulls) / max(1-c.NullFrac, 1e-9)
	values := distinct(c, rows)
	var parts []part
	if nulls > 0 {
		parts = append(parts, part{1, nulls, 1})
	}
	if common > 2/values && values > 1 {
		parts = append(parts, part{1, common, 1})
		values--
	} else {
		common = 0
	}
	if rest := 1 - nulls - common; rest > 1e-9 {
		parts = append(parts, part{values, rest, values})
	}
	return parts
}

// groups tells how entries share keys: by how many different ones the columns have together, where they are known to depend on each other; else as if they had nothing to do with each other, each
// combination of their parts for itself.
func groups(x shape.Index, t *table.Table, rows, entries float64) []shared {
	if together := t.Expressions[togetherName(x)]; together.Analysed {
		return sharing(partsOf(x, together, rows), rows, entries)
	}
	return sharing(combinations(x, t, rows), rows, entries)
}

// combinations are those of the columns' parts.
func combinations(x shape.Index, t *table.Table, rows float64) []part {
	combined := []part{{1, 1, 1}}
	for _, k := range x.Keys {
		var more []part
		for _, one := range combined {
			for _, p := range partsOf(x, keyColumn(k, t), rows) {
				more = append(more, part{one.values * p.values, one.share * p.share, max(one.least, p.least)})
			}
		}
		if len(more) > maxParts {
			last, values := combined[len(combined)-1], distinct(keyColumn(k, t), rows)
			more = []part{{values * last.values, 1, max(values, last.least)}}
		}
		combined = more
	}
	return combined
}

// sharing is how so many entries of the rows share the keys of the parts.
func sharing(parts []part, rows, entries float64) []shared {
	var all []shared
	for _, p := range parts {
		if members := p.share * entries; members >= 1 {
			keys := met(p, rows*p.share, members)
			all = append(all, shared{keys, members / keys})
		}
	}
	return all
}

// maxParts bounds the combinations of many columns' parts.
const maxParts = 500

// met is how many of a part's values its entries have: of those that there could be the ones that so many draws meet, and of the rows' those that a subset has
// (estimate_num_groups).
func met(p part, rows, members float64) float64 {
	keys := max(p.values*(1-math.Exp(-rows/max(p.values, 1))), min(p.least, p.values))
	if members < rows {
		keys *= 1 - math.Pow(max(1-members/max(rows, 1), 0), max(rows/max(keys, 1), 1))
	}
	return min(max(keys, 1), members)
}

// distinct is how many different values a column has.
func distinct(c table.Column, rows float64) float64 {
	switch {
	case c.Distinct > 0:
		return c.Distinct
	case c.Distinct < 0:
		return max(-c.Distinct*rows, 1)
	}
	return max(rows, 1)
}

// lists returns the items and bytes of keys, by how many entries a key has: Poisson around the mean, at least one.
func lists(g shared, single, most float64) (items, bytes float64) {
	one := func(n float64) (float64, float64) {
		full := math.Floor(n / most)
		left := n - full*most
		i, b := full, full*alignTo(single+most*pointer, maxAlign)
		switch {
		case left >= 2:
			i, b = i+1, b+alignTo(single+left*pointer, maxAlign)
		case left > 0:
			i, b = i+left, b+left*single
		}
		return i, b
	}
	if g.each > 30 || g.keys == 1 {
		items, bytes = one(g.each)
		return items * g.keys, bytes * g.keys
	}
	if g.each <= 1 {
		return g.keys * g.each, g.keys * g.each * single
	}
	mean := truncatedMean(g.each)
	probability, sum := math.Exp(-mean)/(1-math.Exp(-mean)), 0.0
	for n := 1.0; n < 100; n++ {
		probability *= mean / n
		i, b := one(n)
		items, bytes, sum = items+probability*i, bytes+probability*b, sum+probability
	}
	return items * g.keys / sum, bytes * g.keys / sum
}

// truncatedMean is the mean of a Poisson distribution whose values above zero have this mean.
func truncatedMean(each float64) float64 {
	low, high := 0.0, each
	for range 40 {
		middle := (low + high) / 2
		if middle/(1-math.Exp(-middle)) < each {
			low = middle
		} else {
			high = middle
		}
	}
	return max((low+high)/2, 1e-9)
}
