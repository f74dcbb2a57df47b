package price

import (
	"math"

	"github.com/pgmedic/pgmedic/playbooks/index/table"
)

// rowHeader is what a row in memory takes besides its columns, bytes.
const rowHeader = 24

// sorted is cost_sort above an input: in memory, on disk, or with only the first rows kept (bound; 0: all).
func sorted(c table.Costs, input cost, width, bound float64) cost {
	rows := max(input.rows, 2)
	kept := rows
	if bound > 0 && bound < rows {
		kept = bound
	}
	row := alignTo(width, maxAlign) + rowHeader
	compare := 2 * c.CPUOperator
	startup := input.total
	switch {
	case kept*row > c.WorkMem:
		startup += compare*rows*math.Log2(rows) + merging(c, rows*row)
	case rows > 2*kept || rows*row > c.WorkMem:
		startup += compare * rows * math.Log2(2*kept)
	default:
		startup += compare * rows * math.Log2(rows)
	}
	return cost{startup, startup + c.CPUOperator*rows, input.rows}
}

// merging is the reading and writing of runs on disk.
func merging(c table.Costs, bytes float64) float64 {
	pages := math.Ceil(bytes / defaultPage)
	runs := bytes / c.WorkMem
	order := mergeOrder(c.WorkMem)
	passes := 1.0
	if runs > order {
		passes = math.Ceil(math.Log(runs) / math.Log(order))
	}
	return 2 * pages * passes * (c.SeqPage*0.75 + c.RandomPage*0.25)
}

// mergeOrder is how many runs are merged at once (tuplesort_merge_order).
func mergeOrder(memory float64) float64 {
	const buffers = (2 + 32) * defaultPage
	return min(max(math.Floor(memory/buffers), 6), 500)
}
