package plan

import "testing"

// A subquery of a filter runs for the rows that it leaves out too.
func TestCallsOf(t *testing.T) {
	sub := &Node{Relationship: "SubPlan", Fields: map[string]string{"Subplan Name": "SubPlan 1"}}
	for _, c := range []struct {
		filter string
		want   float64
	}{
		{"", 10},
		{"(a = 5)", 10},
		{"(SubPlan 1)", 20},
		{"(a > (SubPlan 1))", 30},
		{"((a = 5) AND (b <= (SubPlan 1)))", 30},
		{"(a = (SubPlan 1))", 20},
	} {
		n := &Node{PlanRows: 10, Filter: c.filter, Children: []*Node{sub}}
		if got := n.CallsOf(sub); got != c.want {
			t.Errorf("%s: %v calls, want %v", c.filter, got, c.want)
		}
	}
}
