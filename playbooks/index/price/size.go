package price

import (
	"math"

	"github.com/pgmedic/pgmedic/playbooks/index/shape"
	"github.com/pgmedic/pgmedic/playbooks/index/table"
)

// extent is how large an index is, as the planner sees it after the build.
type extent struct {
	entries float64 // heap rows that it holds
	pages   float64 // all of them, the metapage too
	height  float64 // of a b-tree: levels above the leaves
	gin     ginExtent
	revmap  float64 // of BRIN: pages of the range map
	range_  float64 // of BRIN: heap pages of one range
}

// extentOf estimates the size of an index over so many of the table's rows.
func extentOf(x shape.Index, t *table.Table, rows, heapPages, entries float64) extent {
	switch x.Method {
	case "", "btree":
		return btreeExtent(x, t, rows, entries)
	case "gin":
		return ginExtentOf(x, t, rows, heapPages, entries)
	case "brin":
		return brinExtent(x, t, heapPages)
	case "hash":
		return hashExtent(entries)
	case "spgist":
		return spgistExtent(x, t, entries)
	}
	return gistExtent(x, t, entries)
}

// The layout of pages and index entries (manual, "Database Page Layout"; src/include/access/itup.h, storage/bufpage.h).
const (
	pageHeader   = 24
	tupleHeader  = 8 // IndexTupleData
	linePointer  = 4 // ItemIdData
	nullBitmap   = 4 // for 32 columns
	maxAlign     = 8 // MAXALIGN
	shortVarlena = 127
	defaultPage  = 8192
)

func alignTo(offset, to float64) float64 { return math.Ceil(offset/to) * to }

// pageSize is the server's, bytes.
func pageSize(t *table.Table) float64 {
	if t.PageSize > 0 {
		return float64(t.PageSize)
	}
	return defaultPage
}

// field is one stored value of an index entry.
type field struct {
	width    float64 // mean, bytes
	align    float64
	varies   bool
	nullFrac float64
}

// fieldOf is what a column stores.
func fieldOf(c table.Column) field {
	f := field{width: float64(c.Length), align: map[string]float64{"c": 1, "s": 2, "i": 4, "d": 8}[c.Align], nullFrac: c.NullFrac}
	f.align = max(f.align, 1)
	if c.Length <= 0 {
		f.width, f.varies = float64(c.Width)+0.5, true // pg_stats cuts the fraction off
		if c.Width == 0 {
			f.width = 32 // not analysed
		}
		if f.width < shortVarlena {
			f.align = 1
		}
		if c.TypeName == "numeric" { // most have the same number of digits
			f.width, f.varies = math.Ceil(f.width), false
		}
	}
	return f
}

// fieldsOf are the stored values of an index, keys first. The predicate says of some columns that they are NULL, or never.
func fieldsOf(x shape.Index, t *table.Table) []field {
	var fields []field
	add := func(c table.Column) {
		f := fieldOf(c)
		f.nullFrac = nullsLeft(x, c)
		fields = append(fields, f)
	}
	for _, k := range x.Keys {
		add(keyColumn(k, t))
	}
	for _, name := range x.Include {
		add(t.Columns[name])
	}
	return fields
}

// keyColumn is what is known of a key's values.
func keyColumn(k shape.Key, t *table.Table) table.Column {
	if k.Column != "" {
		return t.Columns[k.Column]
	}
	if c, ok := t.Expressions[valueName(k)]; ok {
		return c
	}
	var widest table.Column
	for _, name := range k.Columns {
		if c := t.Columns[name]; c.Width > widest.Width {
			widest = c
		}
	}
	return table.Column{Type: widest.Type, TypeName: widest.TypeName, Length: widest.Length, Align: widest.Align, Width: min(widest.Width, shortVarlena),
		Distinct: widest.Distinct, NullFrac: widest.NullFrac}
}

// entrySize is the mean size of an index entry, aligned, without its line pointer.
func entrySize(fields []field) float64 {
	anyNull := 1.0
	for _, f := range fields {
		anyNull *= 1 - f.nullFrac
	}
	anyNull = 1 - anyNull
	if anyNull == 0 {
		return laidOut(tupleHeader, fields, 0)
	}
	return (1-anyNull)*laidOut(tupleHeader, fields, 0) + anyNull*laidOut(alignTo(tupleHeader+nullBitmap, maxAlign), fields, anyNull)
}

// laidOut is the size of an entry whose fields follow a header; each is NULL in nullFrac / anyNull of the entries.
func laidOut(header float64, fields []field, anyNull float64) float64 {
	end, spread := header, 0.0
	for _, f := range fields {
		there := 1.0
		if anyNull > 0 {
			there = 1 - f.nullFrac/anyNull
		}
		end += (alignedAbout(end, spread, f.align) - end + f.width) * there
		if f.varies {
			spread += f.width * variation
		}
		if there > 0 && there < 1 {
			spread += maxAlign
		}
	}
	return max(alignedAbout(end, spread, maxAlign), header)
}

// variation is by how much of its mean the width of a value goes up and down.
const variation = 0.3

// alignedAbout is where in the mean the next field begins, if the one before ends as often at each byte so far around its mean end.
func alignedAbout(end, spread, to float64) float64 {
	if spread < 1 {
		return alignTo(end, to)
	}
	var sum, n float64
	for at := math.Round(end - spread); at <= end+spread; at++ {
		sum, n = sum+alignTo(at, to), n+1
	}
	return sum / n
}

// nullsLeft is the share of a column's values in the index that are NULL.
func nullsLeft(x shape.Index, c table.Column) float64 {
	for _, w := range x.Where {
		for _, column := range w.Columns {
			switch {
			case column != c.Name || column == "":
			case sameText(w.SQL, column+" IS NULL"):
				return 1
			default:
				return 0
			}
		}
	}
	return c.NullFrac
}
