package price

import (
	"math"
	"regexp"
	"strconv"

	"github.com/pgmedic/pgmedic/playbooks/index/shape"
	"github.com/pgmedic/pgmedic/playbooks/index/table"
)

// BRIN's layout (src/include/access/brin_page.h): a range's entry holds the smallest and the largest value of each key.
const (
	revmapEntries   = 1360 // ranges of one page of the range map, at 8 kB
	defaultRange    = 128  // pages_per_range
	brinTupleHeader = 8
	brinSpecial     = 8
)

var pagesPerRange = regexp.MustCompile(`pages_per_range\s*=\s*'?(\d+)`)

func brinExtent(x shape.Index, t *table.Table, heapPages float64) extent {
	perRange := float64(defaultRange)
	if m := pagesPerRange.FindStringSubmatch(x.With); m != nil {
		if n, err := strconv.Atoi(m[1]); err == nil && n > 0 {
			perRange = float64(n)
		}
	}
	page := pageSize(t)
	ranges := max(math.Ceil(heapPages/perRange), 1)
	width := float64(brinTupleHeader)
	for _, f := range fieldsOf(x, t) {
		width += 2 * alignTo(f.width, f.align)
	}
	room := page - pageHeader - brinSpecial
	revmap := math.Ceil(ranges / (revmapEntries * page / defaultPage))
	regular := math.Ceil(ranges / math.Floor(room/(alignTo(width, maxAlign)+linePointer)))
	return extent{entries: ranges, pages: 1 + revmap + regular, revmap: revmap, range_: perRange}
}

// hashExtent: buckets of one page each for so many rows as _hash_init makes them, in steps of a quarter of a power of two above 512, a bitmap and the metapage.
func hashExtent(entries float64) extent {
	const perBucket = 307 // 75 % of a page, at 20 bytes an entry
	wanted := max(math.Ceil(entries/perBucket), 2)
	buckets := math.Exp2(math.Ceil(math.Log2(wanted)))
	if buckets > 512 {
		half := buckets / 2
		buckets = half + math.Ceil((wanted-half)/(half/4))*half/4
	}
	return extent{entries: entries, pages: buckets + 2}
}
