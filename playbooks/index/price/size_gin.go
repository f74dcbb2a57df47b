package price

import (
	"math"
	"strings"

	"github.com/pgmedic/pgmedic/playbooks/index/shape"
	"github.com/pgmedic/pgmedic/playbooks/index/table"
)

// ginExtent is a GIN index as its metapage tells the planner.
type ginExtent struct{ entries, entryPages, dataPages float64 }

// GIN's layout (src/include/access/ginblock.h, src/backend/access/gin/ginpostinglist.c).
const (
	ginMeta     = 2    // the metapage and the root
	longestList = 2712 // bytes of a list that stands with its key; a longer one has pages of its own
	firstItem   = 8    // of a list: the first row and the length
	ginDataFill = 0.96
)

// ginEntryFill is how full the pages of keys are: keys come in order and split them in the middle; where the build's memory does not hold them all they come again
// and fill the gaps. Workers (18 and later) bring them in order once.
func ginEntryFill(atOnce float64) float64 {
	if atOnce >= 1 {
		return 0.53
	}
	return 0.7
}

// ginAtOnce is the share of all keys that the build takes in before its memory is full and it writes them.
func ginAtOnce(g ginExtent, items, heapPages float64, version int) float64 {
	const memory, perKey, perItem, parallel = 64 << 20, 120, 8, 1024
	if version >= 180000 && heapPages >= parallel {
		return 1
	}
	return min(memory/max(g.entries*perKey+items*perItem, 1), 1)
}

// outgrown are the bytes that a list leaves empty among the keys: it stood there after the build's first writes, until it had to have pages of its own. The memory for it doubles as
// it grows, so of lists of about the same length less fits.
func outgrown(list, atOnce float64) float64 {
	const doubling = 1.5
	if atOnce >= 1 {
		return 0
	}
	written := list * atOnce / doubling
	return math.Floor(longestList/max(written, 1)) * written
}

// ginExtentOf adds up the keys and their lists of rows.
func ginExtentOf(x shape.Index, t *table.Table, rows, heapPages, entries float64) extent {
	share := min(entries/max(rows, 1), 1)
	var g ginExtent
	var all float64
	for _, k := range x.Keys {
		items := itemsIn(k, t, rows)
		all += items.All * share
		g.entries += items.Distinct * min(share*items.All/max(items.Distinct, 1), 1)
	}
	atOnce := ginAtOnce(g, all, heapPages, t.Costs.Version)
	room := pageSize(t) - pageHeader - btreeSpecial
	var bytes float64
	for _, k := range x.Keys {
		items := itemsIn(k, t, rows)
		for _, list := range items.Lists {
			entry, pages := ginList(ginKey(k, items), list.Rows*share, heapPages, room, atOnce)
			bytes += list.Keys * entry
			g.dataPages += list.Keys * pages
		}
	}
	g.entryPages = math.Ceil(bytes / (room * ginEntryFill(atOnce)))
	g.dataPages = math.Ceil(g.dataPages)
	return extent{entries: entries, pages: ginMeta + g.entryPages + g.dataPages, gin: g}
}

// itemsIn is what is known of the keys that GIN takes from a column.
func itemsIn(k shape.Key, t *table.Table, rows float64) table.Items {
	if items, ok := t.Items[valueName(k)]; ok {
		return items
	}
	return guessedItems(k, keyColumn(k, t), rows)
}

// ginKey is the width of a key as it is stored.
func ginKey(k shape.Key, items table.Items) float64 {
	switch {
	case strings.HasSuffix(k.Opclass, "trgm_ops") || strings.HasSuffix(k.Opclass, "path_ops"):
		return 4
	case items.Width > 8:
		return items.Width + 1
	}
	return items.Width
}

// ginList is what one key takes in the tree of keys, and in pages of its own.
func ginList(key, rows, heapPages, room, atOnce float64) (entry, pages float64) {
	list := firstItem + max(rows-1, 0)*bytesApart(heapPages/max(rows, 1))
	if list > longestList {
		return alignTo(tupleHeader+key+1, maxAlign) + linePointer + outgrown(list, atOnce), math.Ceil(list * 1.03 / (room * ginDataFill))
	}
	return alignTo(alignTo(tupleHeader+key, 2)+list, maxAlign) + linePointer, 0
}

// bytesApart is the mean length of the distance from one row of a list to the next, so many pages on: seven bits a byte, of which eleven are the place on the page. So one on
// the same page takes one byte, and the first on another page two at least.
func bytesApart(pages float64) float64 {
	pages = max(pages, 1e-6)
	within := func(limit float64) float64 { return 1 - math.Exp(-limit/pages) }
	samePage := 1 - pages*within(1)
	return 4 - samePage - within(8) - within(1024)
}

// guessedItems are the keys of a column of which nothing but the mean width is known.
func guessedItems(k shape.Key, c table.Column, rows float64) table.Items {
	body := max(float64(c.Width)-1, 1)
	perRow, keys, width := max((body-20)/8, 1), min(rows, 2000), 8.0
	switch {
	case strings.HasSuffix(k.Opclass, "trgm_ops"):
		perRow, keys, width = body*0.9, min(20000, rows*body/2), 4
	case strings.HasSuffix(k.Opclass, "jsonb_path_ops"):
		perRow, keys, width = max(body/18, 1), max(rows/10, 1), 4
	case c.TypeName == "jsonb":
		perRow, keys, width = max(body/9, 1), max(rows/5, 1), 10
	case c.TypeName == "tsvector":
		perRow, keys, width = max(body/14, 1), min(rows, 50000), 7
	}
	all := perRow * rows * (1 - c.NullFrac)
	return table.Items{All: all, Distinct: keys, Width: width, Lists: []table.List{{Keys: keys, Rows: all / keys}}}
}
