package price

import (
	"math"

	"github.com/pgmedic/pgmedic/probes/plan"
)

// bitmap is cost_bitmap_heap_scan over one index or several that are joined by OR: the pages with rows are read in their order, and each row's conditions are
// checked again.
func (h *heap) bitmap(searches []search, checked []plan.Condition, kept float64) path {
	c := h.costs
	var index, selectivity, indexPages, entries float64
	for _, s := range searches {
		a := h.access(s)
		index += a.total + 0.1*c.CPUOperator*kept
		selectivity += a.selectivity
		indexPages += s.extent.pages
		entries += h.reads(s, a)
	}
	selectivity = min(selectivity, 1)
	times := searches[0].times
	rows := max(math.RoundToEven(selectivity*h.rows), 1)
	t := max(h.pages, 1)
	pages := 2 * t * rows / (2*t + rows)
	heapPages := min(pages, h.pages)
	if times > 1 {
		pages = h.fetched(rows*times, h.pages, indexPages) / times
	}
	if pages >= t {
		pages = t
	} else {
		pages = math.Ceil(pages)
	}
	rows = h.lossy(rows, selectivity, heapPages)
	perPage := c.RandomPage
	if pages >= 2 {
		perPage -= (c.RandomPage - c.SeqPage) * math.Sqrt(pages/t)
	}
	run := pages*perPage + rows*(c.CPUTuple+h.checks(checked))
	return path{startup: index, total: index + run, rows: kept, read: entries}
}

// pageEntry is what the bitmap takes in memory for one page of the heap, bytes (tbm_calculate_entries).
const pageEntry = 64 + 16

// lossy adds the rows that are read because the bitmap does not fit into work_mem and keeps whole pages only.
func (h *heap) lossy(rows, selectivity, heapPages float64) float64 {
	fits := max(min(math.Floor(h.costs.WorkMem/pageEntry), math.MaxInt32-1), 16)
	if heapPages <= fits {
		return rows
	}
	whole := max(heapPages-fits/2, 0)
	exact := heapPages - whole
	return max(math.RoundToEven(selectivity*exact/heapPages*h.rows+whole/heapPages*h.rows), 1)
}
