package price

import (
	"math"
	"testing"

	"github.com/pgmedic/pgmedic/probes/plan"
)

// What workers share is priced for one process; a LIMIT keeps its share, and a subquery that hangs on a Gather stays.
func TestSerial(t *testing.T) {
	scan := &plan.Node{Type: "Seq Scan", Parallel: true, Relationship: "Outer", TotalCost: 6000, PlanRows: 100000}
	sort := &plan.Node{Type: "Sort", Relationship: "Outer", StartupCost: 8000, TotalCost: 8250, PlanRows: 100000, Children: []*plan.Node{scan}}
	gather := &plan.Node{Type: "Gather Merge", Relationship: "Outer", WorkersPlanned: 2, StartupCost: 9000, TotalCost: 33000, PlanRows: 240000, Children: []*plan.Node{sort}}
	limit := &plan.Node{Type: "Limit", StartupCost: 9000, TotalCost: 9001, PlanRows: 10, Children: []*plan.Node{gather}}
	few := &plan.Node{Type: "Seq Scan", Parallel: true, Relationship: "Outer", TotalCost: 6000, PlanRows: 3}
	sub := &plan.Node{Type: "Aggregate", Relationship: "SubPlan", TotalCost: 5000, PlanRows: 1}
	asks := &plan.Node{Type: "Gather", WorkersPlanned: 2, TotalCost: 42000, PlanRows: 7, Children: []*plan.Node{few, sub}}
	for _, c := range []struct {
		name string
		root *plan.Node
		want float64
	}{
		{"limit over workers", limit, 6000*1.7 + 2000*2.4},
		{"subquery for each row", asks, 6000*1.7 + 7*5000},
	} {
		if got := Serial(&plan.Plan{Root: c.root}); math.Abs(got/c.want-1) > 0.01 {
			t.Errorf("%s: %.0f, want %.0f", c.name, got, c.want)
		}
	}
}
