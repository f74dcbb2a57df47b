package price

import (
	"math"
	"slices"
	"strings"
	"time"

	"github.com/pgmedic/pgmedic/playbooks/index/shape"
	"github.com/pgmedic/pgmedic/playbooks/index/table"
)

// What building takes, in microseconds, measured with PostgreSQL 15 on two cores of 2026's cloud servers with the table in memory: a million rows of 400 bytes, keys of many
// kinds. Machines differ by a factor of two either way, and a cold or busy disk adds to the passes.
const (
	passPage      = 3.0  // to read a page of the heap; CREATE INDEX CONCURRENTLY reads it twice
	passRow       = 0.15 // to look at a row
	judgeRow      = 0.05 // to compute a predicate for it
	computeRow    = 0.25 // to compute an expression for it
	entryFixed    = 0.6  // to sort and write an entry whose first key is a number or a time
	entryUUID     = 0.8
	entryNumeric  = 1.0
	entryBytes    = 1.2 // a text that compares by its bytes, or of another type
	entryText     = 1.6 // one that compares by the rules of a language
	entryKey      = 0.3 // for each further key
	entryOrdered  = 0.5 // of it where the rows lie in the key's order
	entryHash     = 2.0
	entryGist     = 3.3
	entryBrin     = 0.1
	entryItem     = 0.8 // for each of the keys that GIN takes from a value
	entryScanned  = 0.1 // for each byte of a text that trigrams are taken of
	unknownItems  = 8
	sortedAtOnce  = 1 << 26 // bytes, as maintenance_work_mem is as a rule: above that the sort goes through files
	sortedInFiles = 1.3
	calibrated    = 20.0 // log2 of the entries of the measurement
)

// BuildTime is about how long CREATE INDEX CONCURRENTLY takes on an idle server for an index of so many entries and bytes, without the transactions that it must wait for;
// to two figures.
func BuildTime(t *table.Table, x shape.Index, entries, bytes float64) time.Duration {
	rows, pages := max(t.Rows, 0), float64(t.Pages)
	each := entryTime(t, x)
	if x.Method == "" || x.Method == "btree" {
		each *= max(math.Log2(max(entries, 2))/calibrated, 0.5)
		if bytes > sortedAtOnce {
			each *= sortedInFiles
		}
	}
	look := passRow
	if len(x.Where) > 0 {
		look += judgeRow
	}
	if slices.ContainsFunc(x.Keys, func(k shape.Key) bool { return k.Column == "" }) {
		look += computeRow
	}
	microseconds := 2*(passPage*pages+look*rows) + each*entries
	return twoFigures(time.Duration(microseconds) * time.Microsecond)
}

// entryTime is what one entry takes.
func entryTime(t *table.Table, x shape.Index) float64 {
	if len(x.Keys) == 0 {
		return entryFixed
	}
	switch x.Method {
	case "hash":
		return entryHash
	case "brin":
		return entryBrin
	case "gist", "spgist":
		return entryGist
	case "gin":
		items := unknownItems * float64(len(x.Keys))
		if known, ok := t.Items[valueName(x.Keys[0])]; ok && known.All > 0 && t.Rows > 0 {
			items = known.All / t.Rows
		}
		return items*entryItem + scanned(t, x.Keys)
	}
	first := keyColumn(x.Keys[0], t)
	each := firstKeyTime(first, bytewise(x.Keys[0], t))
	if math.Abs(first.Correlation) > 0.9 {
		each *= entryOrdered
	}
	return each + entryKey*float64(len(x.Keys)-1)
}

// scanned is what it takes to find the trigrams of a row's texts, however few different ones there are.
func scanned(t *table.Table, keys []shape.Key) float64 {
	width := 0
	for _, k := range keys {
		if strings.HasSuffix(k.Opclass, "trgm_ops") {
			width += keyColumn(k, t).Width
		}
	}
	return entryScanned * float64(width)
}

func firstKeyTime(c table.Column, byBytes bool) float64 {
	switch {
	case c.TypeName == "uuid":
		return entryUUID
	case c.TypeName == "numeric":
		return entryNumeric
	case c.Length > 0 && c.Length <= 8:
		return entryFixed
	case c.Category == "S" && !byBytes:
		return entryText
	}
	return entryBytes
}

// twoFigures rounds to what such an estimate is worth.
func twoFigures(d time.Duration) time.Duration {
	if d < 100*time.Millisecond {
		return 100 * time.Millisecond
	}
	unit := time.Duration(math.Pow(10, math.Floor(math.Log10(float64(d)))-1))
	return d.Round(unit)
}
