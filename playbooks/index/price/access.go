package price

import (
	"math"
	"strings"
)

// access is what one search of the index costs by the estimator of its method.
func (h *heap) access(s search) access {
	switch s.index.Method {
	case "", "btree":
		return h.btree(s)
	case "gin":
		return h.gin(s)
	case "brin":
		return h.brin(s)
	}
	a, _ := h.generic(s, 0)
	if s.index.Method != "hash" {
		height := 0.0
		if s.extent.pages > 1 {
			height = math.Floor(math.Log(s.extent.pages) / math.Log(100))
		}
		a.descend(math.Ceil(math.Log(max(s.extent.entries, 1))), height, s.descent, h.costs.CPUOperator)
	}
	return a
}

// generic is genericcostestimate: a share of the index's pages at random, and each entry's comparisons. entries 0: those that the index yields.
func (h *heap) generic(s search, entries float64) (a access, descents float64) {
	descents = s.descent
	a.selectivity = h.meeting(s.inside...) / h.rows
	if len(s.inside) == 0 {
		a.selectivity = 1
	}
	if entries <= 0 {
		entries = math.RoundToEven(a.selectivity * h.rows / descents)
	}
	entries = max(min(entries, s.extent.entries), 1)
	pages := 1.0
	if s.extent.pages > 1 && s.extent.entries > 1 {
		pages = math.Ceil(entries * s.extent.pages / s.extent.entries)
	}
	if scans := descents * s.times; scans > 1 {
		a.total = h.fetched(pages*scans, s.extent.pages, s.extent.pages) * h.costs.RandomPage / s.times
	} else {
		a.total = pages * h.costs.RandomPage
	}
	a.entries = entries * descents
	a.total += a.entries * (h.costs.CPUIndexTuple + h.costs.CPUOperator*s.quals)
	return a, descents
}

// pageDescent is what going through one inner page counts, in operators.
const pageDescent = 50

// descend adds what going down the tree costs: comparisons, and a charge for each level.
func (a *access) descend(comparisons, height, descents, operator float64) {
	once := (comparisons + (height+1)*pageDescent) * operator
	a.startup += once
	a.total += descents * once
}

// btree is btcostestimate. What bounds the search is read in full; the rest of the conditions only spares the table's rows. From 17 on the lists' values that
// stand near each other are found in one descent.
func (h *heap) btree(s search) access {
	entries := h.rows
	if len(s.bound) > 0 {
		entries = h.meeting(s.bound...)
	}
	if h.costs.Version >= 170000 {
		s.descent = max(min(s.descent, math.Ceil(s.extent.pages*0.3333333)), 1)
	}
	a, descents := h.generic(s, math.RoundToEven(entries/s.descent))
	a.descend(math.Ceil(math.Log2(max(s.extent.entries, 1))), s.extent.height, descents, h.costs.CPUOperator)
	a.correlation = keyColumn(s.index.Keys[0], h.table).Correlation
	if strings.HasSuffix(s.index.Keys[0].Opclass, "pattern_ops") && !bytewise(s.index.Keys[0], h.table) {
		a.correlation = 0 // the statistics are in another order
	}
	if len(s.index.Keys) > 1 {
		a.correlation *= 0.75
	}
	return a
}

// brin is brincostestimate: the map is read whole, and ranges in proportion to how well the values follow the heap.
func (h *heap) brin(s search) access {
	var correlation float64
	for _, k := range s.index.Keys {
		if len(answers(s.index, k, h.table, s.inside).conditions) > 0 {
			correlation = max(correlation, math.Abs(keyColumn(k, h.table).Correlation))
		}
	}
	ranges := s.extent.entries
	least := math.Ceil(ranges * h.meeting(s.inside...) / h.rows)
	read := ranges
	if correlation > 1e-10 {
		read = min(least/correlation, ranges)
	}
	a := access{selectivity: read / ranges, correlation: correlation, startup: h.costs.SeqPage * s.extent.revmap * s.times}
	a.total = a.startup + h.costs.RandomPage*(s.extent.pages-s.extent.revmap)*s.times + 0.1*h.costs.CPUOperator*read*s.extent.range_
	a.entries = a.selectivity * h.rows
	return a
}
