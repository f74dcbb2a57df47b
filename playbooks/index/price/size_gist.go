package price

import (
	"math"
	"slices"
	"strings"

	"github.com/pgmedic/pgmedic/playbooks/index/shape"
	"github.com/pgmedic/pgmedic/playbooks/index/table"
)

// How full the pages of a GiST or SP-GiST index are after its build, which inserts row by row (measured).
const (
	gistInOrder    = 0.42 // each page is left half full when its values are past, and a little less
	gistOfBoxes    = 0.5
	gistOfPoints   = 0.66
	gistOfInet     = 0.61 // 0.76 of addresses at random, 0.5 of those that come in rounds
	gistSorted     = 0.9
	gistOfTrigrams = 0.65
	gistOverlaps   = 0.54 // of 18, where more than mostlyApart of the ranges overlap one well before
	mostlyApart    = 0.5
	gistOther      = 0.5
	spgistFill     = 0.75
	spgistHeader   = 16 // SpGistLeafTupleData, aligned
	boxWidth       = 32 // bytes, in which GiST keeps all shapes of the plane
	inetCommon     = 1  // byte, by which its keys of addresses are longer (GistInetKey.commonbits)
)

const (
	trigramHeader = 5 // bytes
	trigramWidth  = 3 // bytes; a text has about as many trigrams as characters
)

// isTrigrams says whether a key has a text's trigrams.
func isTrigrams(k shape.Key) bool { return strings.HasSuffix(k.Opclass, "gist_trgm_ops") }

// planar are the types that GiST keeps as boxes.
var planar = []string{"point", "box", "polygon", "circle"}

func gistExtent(x shape.Index, t *table.Table, entries float64) extent {
	fields := fieldsOf(x, t)
	for i, k := range x.Keys {
		if isTrigrams(k) {
			fields[i] = field{width: trigramHeader + trigramWidth*fields[i].width, align: maxAlign, nullFrac: fields[i].nullFrac}
		}
		if c := keyColumn(k, t); c.Category == "I" { // addresses of one family are equally wide
			fields[i] = field{width: float64(c.Width) + inetCommon, align: 1, nullFrac: fields[i].nullFrac}
		}
		if slices.Contains(planar, keyColumn(k, t).TypeName) {
			fields[i] = field{width: boxWidth, align: maxAlign, nullFrac: fields[i].nullFrac}
		}
	}
	full := max(entries*(entrySize(fields)+linePointer)/(pageSize(t)-pageHeader-btreeSpecial), 1) // pages, were they so
	return extent{entries: entries, pages: math.Ceil(gistLeaves(x.Keys[0], t, full))*1.01 + 1}
}

// gistLeaves is how many pages there are of values that would fill so many.
func gistLeaves(first shape.Key, t *table.Table, full float64) float64 {
	c := keyColumn(first, t)
	switch {
	case isTrigrams(first):
		return full / gistOfTrigrams
	case c.TypeName == "point" && t.Costs.Version < 150000:
		return full / gistSorted // the build of 14 sorts points, and packs its pages
	case c.TypeName == "point":
		return full / gistOfPoints
	case slices.Contains(planar, c.TypeName):
		return full / gistOfBoxes
	case c.Category == "I":
		return full / gistOfInet
	case c.Category != "R":
		return full / gistOther
	case t.Costs.Version >= 180000 && t.Expressions[valueName(first)].Overlaps > mostlyApart:
		return full / gistOverlaps
	case t.Costs.Version >= 180000:
		return full // the build sorts ranges, and packs the pages of those that lie apart
	case math.Abs(followsHeap(first, t)) > clusteredFrom:
		return full / gistInOrder
	}
	return halved(full)
}

// halved is how many pages values at random fill on one line: the pages fill alike and are all halved at about the same time.
func halved(full float64) float64 {
	const begins, ends = 0.85, 1.05 // of a page's room, in the mean, while pages are halved
	pages := math.Exp2(math.Round(math.Log2(max(full, 1))))
	return pages * (1 + min(max((full/pages-begins)/(ends-begins), 0), 1))
}

// followsHeap is the correlation of a key's order with the table's; of ranges, of which the server knows none, from a sample.
func followsHeap(k shape.Key, t *table.Table) float64 {
	if c, ok := t.Expressions[valueName(k)]; ok {
		return c.Correlation
	}
	return keyColumn(k, t).Correlation
}

func spgistExtent(x shape.Index, t *table.Table, entries float64) extent {
	item := laidOut(spgistHeader, fieldsOf(x, t), 0) + linePointer
	return extent{entries: entries, pages: math.Ceil(max(entries*item/((pageSize(t)-pageHeader-btreeSpecial)*spgistFill), 1)) + 3}
}
