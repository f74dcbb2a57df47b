package plan

import (
	"testing"
	"time"
)

func TestRowsReadCountsEveryLoop(t *testing.T) {
	cases := []struct {
		name string
		node Node
		want float64
		ok   bool
	}{
		{"leader and two workers", Node{Type: "Seq Scan", Executed: true, Loops: 3, ActualRows: 0.33, RemovedByFilter: 66666}, 199998.99, true},
		{"recheck", Node{Type: "Bitmap Heap Scan", Executed: true, Loops: 1, ActualRows: 10, RemovedByFilter: 5, RemovedByRecheck: 2}, 17, true},
		{"index only", Node{Type: "Index Only Scan", Executed: true, Loops: 4, ActualRows: 2}, 8, true},
		{"bitmap index", Node{Type: "Bitmap Index Scan", Executed: true, Loops: 1, ActualRows: 10}, 0, false},
		{"never executed", Node{Type: "Seq Scan"}, 0, false},
		{"no scan", Node{Type: "Sort", Executed: true, Loops: 1, ActualRows: 10}, 0, false},
		{"reads other nodes", Node{Type: "CTE Scan", Executed: true, Loops: 1, ActualRows: 10}, 0, false},
	}
	for _, c := range cases {
		if rows, ok := c.node.RowsRead(); rows != c.want || ok != c.ok {
			t.Errorf("%s: %v %v, want %v %v", c.name, rows, ok, c.want, c.ok)
		}
	}
}

func TestRowsReadOfWholePlans(t *testing.T) {
	for name, want := range map[string]float64{"15-before": 199998, "18-before": 199998.99, "15-after": 3, "18-after": 3} {
		if rows, ok := load(t, name).RowsRead(); !ok || rows != want {
			t.Errorf("%s: %v %v, want %v", name, rows, ok, want)
		}
	}
	estimated := &Plan{Root: &Node{Type: "Seq Scan", PlanRows: 10}}
	if rows, ok := estimated.RowsRead(); ok {
		t.Errorf("a plan without ANALYZE read %v rows", rows)
	}
}

func TestOwnTimeOfParallelNodesIsTheMeanOfTheProcesses(t *testing.T) {
	p := load(t, "15-before")
	scan := find(t, p, "Seq Scan")
	if scan.Processes != 3 {
		t.Fatalf("%v processes, want the leader and two workers", scan.Processes)
	}
	if own, ok := scan.OwnTime(); !ok || own != scan.ActualTotal {
		t.Errorf("own time %v, want the mean of its three loops, %v", own, scan.ActualTotal)
	}
	if p.Hottest() != scan {
		t.Errorf("the hottest node is the %s", p.Hottest().Type)
	}
}

// The sum of all own times is the time of the whole plan, though CTEs and InitPlans hang elsewhere in the tree than where they were waited for.
// A parallel bitmap heap scan's bitmap is built by one process, once.
func TestOwnTimeOfASharedBitmap(t *testing.T) {
	bitmap := &Node{Type: "Bitmap Index Scan", ActualTotal: 400 * time.Millisecond, Loops: 1, Processes: 3, Executed: true}
	heap := &Node{Type: "Bitmap Heap Scan", ActualTotal: 900 * time.Millisecond, Loops: 3, Processes: 3, Executed: true, Children: []*Node{bitmap}}
	if own, _ := bitmap.OwnTime(); own != 400*time.Millisecond {
		t.Errorf("the bitmap took %v, want 400ms", own)
	}
	if own, _ := heap.OwnTime(); own != 500*time.Millisecond {
		t.Errorf("the heap scan took %v of its own, want 500ms", own)
	}
}

func TestOwnTimesAddUp(t *testing.T) {
	for _, name := range []string{"15-cte", "18-cte", "15-before", "18-before", "15-after"} {
		p := load(t, name)
		var sum time.Duration
		p.Walk(func(n *Node, _ int) {
			own, _ := n.OwnTime()
			sum += own
		})
		if difference := (sum - p.Root.ActualTotal).Abs(); difference > p.Root.ActualTotal/20 {
			t.Errorf("%s: own times add up to %v, the plan took %v", name, sum, p.Root.ActualTotal)
		}
	}
}

func TestHottestIsNotTheScanThatWaitedForACTE(t *testing.T) {
	for _, name := range []string{"15-cte", "18-cte"} {
		if hottest := load(t, name).Hottest(); hottest.Type != "Seq Scan" && hottest.Type != "Aggregate" {
			t.Errorf("%s: the hottest node is the %s", name, hottest.Type)
		}
	}
}

func TestOwnTimeIsNeverNegative(t *testing.T) {
	child := &Node{Type: "Seq Scan", Executed: true, Loops: 1, ActualTotal: 2 * time.Millisecond, TotalCost: 20}
	n := &Node{Type: "Limit", Executed: true, Loops: 1, ActualTotal: time.Millisecond, TotalCost: 10, Children: []*Node{child}}
	if own, ok := n.OwnTime(); own != 0 || !ok {
		t.Errorf("own time %v %v", own, ok)
	}
	if own := n.OwnCost(); own != 0 {
		t.Errorf("own cost %v", own)
	}
}

func TestHottestByCostWithoutAnalyze(t *testing.T) {
	scan := &Node{Type: "Seq Scan", TotalCost: 90}
	p := &Plan{Root: &Node{Type: "Sort", TotalCost: 100, Children: []*Node{scan}}}
	if p.Hottest() != scan {
		t.Errorf("the hottest node is the %s", p.Hottest().Type)
	}
	if _, ok := scan.OwnTime(); ok {
		t.Error("a node without ANALYZE has an own time")
	}
}
