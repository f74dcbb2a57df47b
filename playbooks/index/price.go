package index

import (
	"fmt"
	"math"
	"strings"

	"github.com/pgmedic/pgmedic/playbooks"
)

// The b-tree's own layout (PostgreSQL manual, "B-Tree Structure"; src/include/access/itup.h, nbtree.h).
const (
	tupleHeader   = 8   // IndexTupleData
	linePointer   = 4   // ItemIdData
	maxAlign      = 8   // MAXALIGN
	pageOverhead  = 40  // page header and the b-tree's special space
	fillFactor    = 0.9 // of leaf pages, the default
	shortVarlena  = 127 // bytes up to which a value of varying length is stored unaligned
	buildReadings = 2   // CREATE INDEX CONCURRENTLY reads the table twice
)

// bytesOf estimates the size of a b-tree over rows entries, from the columns' widths in pg_stats; without de-duplication, so rather too large.
func bytesOf(d definition, t *table, rows float64) float64 {
	width := tupleHeader
	for _, k := range d.Keys {
		width = t.Columns[k.Column].endsAt(width)
	}
	entry := float64(align(width, maxAlign) + linePointer)
	pages := math.Ceil(rows*entry/(float64(t.PageSize-pageOverhead)*fillFactor)) + 1 // the metapage
	return pages * float64(t.PageSize)
}

// endsAt returns where a value of the column ends that is stored at offset or the next place it may stand.
func (c column) endsAt(offset int) int {
	if c.Length > 0 {
		return align(offset, map[string]int{"s": 2, "i": 4, "d": 8}[c.Align]) + c.Length
	}
	if c.Width >= shortVarlena {
		offset = align(offset, 4)
	}
	return offset + c.Width
}

func align(offset, to int) int {
	if to == 0 {
		return offset
	}
	return (offset + to - 1) / to * to
}

// prices says what the index gains and costs.
func prices(c *chooser, now reading) []playbooks.Price {
	t := c.table
	return []playbooks.Price{
		{Name: "rows read", Value: fmt.Sprintf("%s → about %s", count(now.rows), count(c.rows)),
			How: fmt.Sprintf("before %s, after %s, for the same values", now.how, byPlanner)},
		{Name: "size", Value: "about " + size(bytesOf(c.definition, t, c.entries)),
			How: fmt.Sprintf("estimated from the widths in pg_stats for %s entries, without de-duplication", count(c.entries))},
		{Name: "build", Value: fmt.Sprintf("reads the table twice: %s", size(buildReadings*float64(t.Pages*t.PageSize))),
			How: "pg_class.relpages, as of the last VACUUM or ANALYZE; the time is unknown until it runs"},
		{Name: "writes", Value: hotUpdates(t), How: "pg_stat_user_tables since the statistics were reset; an update that changes " +
			strings.Join(c.definition.columns(), ", ") + " can not be HOT with this index"},
	}
}

// columns names every column whose change the index must follow, each once.
func (d definition) columns() []string {
	var names []string
	seen := map[string]bool{}
	add := func(column string) {
		if !seen[column] {
			seen[column] = true
			names = append(names, column)
		}
	}
	for _, k := range d.Keys {
		add(k.Column)
	}
	for _, p := range d.Predicate {
		add(p.Column)
	}
	return names
}

func hotUpdates(t *table) string {
	if t.Updates == 0 {
		return "no update was counted so far"
	}
	return fmt.Sprintf("%s of %s updates were HOT so far", percent(float64(t.HotUpdates)/float64(t.Updates)), count(float64(t.Updates)))
}
