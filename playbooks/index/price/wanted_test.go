package price

import (
	"context"
	"fmt"
	"math"
	"testing"

	"github.com/pgmedic/pgmedic/playbooks/index/candidate"
	"github.com/pgmedic/pgmedic/playbooks/index/shape"
	"github.com/pgmedic/pgmedic/playbooks/index/table"
	"github.com/pgmedic/pgmedic/probes/plan"
)

// What stands above a scan tells how many of its rows are wanted.
func TestWanted(t *testing.T) {
	scan := &plan.Node{Type: "Index Scan", Relation: "t", PlanRows: 500, TotalCost: 900, Relationship: "Outer"}
	over := func(kind string, rows float64, child *plan.Node) *plan.Node {
		return &plan.Node{Type: kind, PlanRows: rows, TotalCost: child.TotalCost, Relationship: "Outer", Children: []*plan.Node{child}}
	}
	inner := *scan
	inner.Relationship = "Inner"
	sub := *scan
	sub.Relationship = "InitPlan"
	join := func(kind string, child *plan.Node) *plan.Node {
		return &plan.Node{Type: "Nested Loop", JoinType: kind, PlanRows: 50, Children: []*plan.Node{{Type: "Seq Scan", Relationship: "Outer", PlanRows: 9}, child}}
	}
	for _, c := range []struct {
		name   string
		scan   *plan.Node
		root   *plan.Node
		sorted bool
		want   float64
	}{
		{"all", scan, over("Aggregate", 1, scan), true, 0},
		{"limit", scan, over("Limit", 10, over("LockRows", 500, scan)), false, 10},
		{"sort", scan, over("Limit", 10, over("Sort", 500, scan)), false, 0},
		{"sort that falls away", scan, over("Limit", 10, over("Sort", 500, scan)), true, 10},
		{"aggregate below the limit", scan, over("Limit", 10, over("Aggregate", 50, scan)), true, 0},
		{"each outer row yields two", scan, over("Limit", 10, over("Nested Loop", 1000, scan)), true, 5},
		{"lookup", &inner, join("Inner", &inner), true, 0},
		{"lookup of any", &inner, join("Semi", &inner), true, 1},
		{"lookup of none", &inner, join("Anti", &inner), true, 1},
		{"EXISTS", &sub, &plan.Node{Type: "Result", TotalCost: 2, Children: []*plan.Node{&sub}}, true, 1},
		{"value of a subquery", &sub, &plan.Node{Type: "Result", TotalCost: 900.01, Children: []*plan.Node{&sub}}, true, 0},
	} {
		got, found := wanted(c.root, c.scan, 0, func(*plan.Node) bool { return c.sorted })
		if !found || got != c.want {
			t.Errorf("%s: %v rows, want %v", c.name, got, c.want)
		}
	}
}

// heapOf is a table of one column without a server.
func heapOf(rows float64) *table.Table {
	return &table.Table{Schema: "s", Name: "t", Kind: "r", Rows: rows, Pages: int64(rows / 60), AllVisible: int64(rows / 60), Columns: map[string]table.Column{
		"a": {Name: "a", TypeName: "int4", Length: 4, Align: "i", Distinct: -1}},
		Costs: table.Costs{SeqPage: 1, RandomPage: 4, CPUTuple: 0.01, CPUIndexTuple: 0.005, CPUOperator: 0.0025, CacheSize: 524288, WorkMem: 4 << 20,
			BitmapScans: true, IndexOnlyScans: true, SeqScans: true, Version: 150000}}
}

// An EXISTS reads all of a table where nothing is found, however little its hope costs: an index must be seen to spare that.
func TestAnEXISTSThatHopes(t *testing.T) {
	of := heapOf(60000)
	count := func(_ context.Context, conditions ...plan.Condition) (float64, error) {
		return 60000 / math.Pow(300, float64(len(conditions))), nil
	}
	scan := &plan.Node{Type: "Seq Scan", Relation: "t", Schema: "s", Alias: "t", TotalCost: 1750, PlanRows: 200, Relationship: "InitPlan", Filter: "(t.a = 1)"}
	before := &plan.Plan{Root: &plan.Node{Type: "Result", StartupCost: 8.75, TotalCost: 8.76, PlanRows: 1, Children: []*plan.Node{scan}}}
	need := candidate.Need{Table: of, Scans: []*plan.Node{scan}, Alias: "t", Lookups: 1, Conditions: plan.Conjuncts("(t.a = 1)")}
	now, err := Now(t.Context(), count, before, need)
	if err != nil || now != 60000 {
		t.Errorf("it reads %v rows now, want all (%v)", now, err)
	}
	got, err := Of(t.Context(), count, before, need, candidate.Candidate{Index: shape.Index{Table: "t", Keys: []shape.Key{{Column: "a"}}}})
	if err != nil || got.Cost > 4.5 || got.RowsRead != 1 {
		t.Errorf("cost %v, %v rows read (%v); want about 0.3 and one", got.Cost, got.RowsRead, err)
	}
}

// Of a bound at the end of what the statistics know the planner will expect what the sample has, once it can look the end up.
func TestBeyondTheHistogram(t *testing.T) {
	of := heapOf(60000)
	sampled := plan.Conjuncts("((t.a > 9) AND (t.a > 8) AND (t.a > 5))")
	expected := map[string]float64{"(t.a > 9)": 6, "(t.a > 8)": 6, "(t.a > 5)": 300, "(t.a > 4)": 6}
	planner := func(_ context.Context, conditions ...plan.Condition) (float64, error) {
		rows := 60000.0
		for _, c := range conditions {
			rows = min(rows, expected[c.Text])
		}
		return rows, nil
	}
	s := &Sample{Rows: 60000, Whole: true, names: map[string]string{}, groups: []combination{{met: 0b110, rows: 6}, {met: 0b100, rows: 234}}}
	for _, c := range sampled {
		s.conditions = append(s.conditions, counted{name: sampleName(c), sql: c.Text, condition: c})
	}
	for condition, want := range map[string]float64{
		"(t.a > 9)": 1,   // no row has it
		"(t.a > 8)": 6,   // they are there
		"(t.a > 5)": 300, // within the histogram: the planner will say the same
		"(t.a > 4)": 6,   // not in the sample
	} {
		rows, err := s.ends(of, planner)(t.Context(), plan.Conjuncts(condition)...)
		if err != nil || rows != want {
			t.Errorf("%s: %v rows, want %v (%v)", condition, rows, want, err)
		}
	}
}

// A thousand partitions are a few kinds, and add up to what they are.
func TestPartsOfAThousandPartitions(t *testing.T) {
	whole := heapOf(0)
	whole.Kind = "p"
	need := candidate.Need{Table: whole, Alias: "t", Lookups: 1}
	for i := range 1000 {
		leaf := heapOf(float64(10000 + 37*(i%100)))
		leaf.Name = fmt.Sprintf("t_%d", i)
		whole.Partitions = append(whole.Partitions, leaf)
		whole.Rows, whole.Pages = whole.Rows+leaf.Rows, whole.Pages+leaf.Pages
		need.Scans = append(need.Scans, &plan.Node{Type: "Seq Scan", Relation: leaf.Name, Schema: "s", Alias: leaf.Name})
	}
	h := newHeap(t.Context(), func(context.Context, ...plan.Condition) (float64, error) { return whole.Rows, nil }, need)
	kinds, rows := map[*heap]bool{}, 0.0
	for _, part := range h.parts() {
		kinds[part] = true
		rows += part.rows
	}
	if len(kinds) > 10 || math.Abs(rows/whole.Rows-1) > 0.1 {
		t.Errorf("%d kinds with %v rows of %v", len(kinds), rows, whole.Rows)
	}
	each := 0.0
	x := shape.Index{Table: "t", Keys: []shape.Key{{Column: "a"}}}
	for _, leaf := range whole.Partitions {
		each += extentOf(x, leaf, leaf.Rows, float64(leaf.Pages), leaf.Rows).pages
	}
	if got := h.built(x).pages; math.Abs(got/each-1) > 0.1 {
		t.Errorf("%v pages, each by itself %v", got, each)
	}
}
