package record

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/pgmedic/pgmedic/probes/plan"
)

func secretPlan() *plan.Plan {
	value := "s3cret"
	child := &plan.Node{
		Type: "Index Scan", Relation: "reports", Index: "reports_pkey", ActualRows: 0.5, Loops: 3, Executed: true,
		IndexCond: "(id = 4711)", RecheckCond: "(id = 4711)", Filter: "((title = 's3cret'::text) AND (n = $1))",
		JoinFilter: "(a = 's3cret'::text)", OneTimeFilter: "('s3cret'::text = $1)", HashCond: "(h = 4711)", MergeCond: "(m = 4711)",
		SortKey: []string{"(COALESCE(title, 's3cret'::text))"}, Output: []string{"id", "'s3cret'::text"},
		Fields: map[string]string{"Function Call": "f('s3cret'::text)", "Exact Heap Blocks": "153"},
	}
	return &plan.Plan{
		Root: &plan.Node{Type: "Limit", PlanRows: 10, Children: []*plan.Node{child}},
		Origin: plan.Origin{
			Statement: "SELECT 's3cret' FROM reports WHERE id = 4711", QueryID: -42, Class: plan.Heavy, Analyzed: true, TakenAt: start,
			Parameters: []plan.Parameter{{N: 1, Type: "text", Column: "title", From: plan.FromHeavy, Value: &value}},
		},
		ExecutionTime: 150 * time.Millisecond, Settings: map[string]string{"work_mem": "64MB"},
	}
}

func TestPlanIsStoredWithoutValues(t *testing.T) {
	f := create(t)
	given := secretPlan()
	first := must[string](t)(f.AddPlan(given))
	second := must[string](t)(f.AddPlan(given))
	if !reflect.DeepEqual(given, secretPlan()) {
		t.Error("the plan given was changed")
	}
	plans := must[[]StoredPlan](t)(f.Plans())
	if len(plans) != 2 || plans[0].ID != first || plans[1].ID != second {
		t.Fatalf("plans %+v, want %s and %s", plans, first, second)
	}
	got := plans[0].Plan
	scan := got.Root.Children[0]
	if got.ExecutionTime != 150*time.Millisecond || got.Origin.Class != plan.Heavy || !got.Origin.TakenAt.Equal(start) || scan.ActualRows != 0.5 {
		t.Errorf("plan %+v", got)
	}
	if !strings.Contains(scan.Filter, "(n = $1)") || scan.Fields["Exact Heap Blocks"] != "153" {
		t.Errorf("scan %+v", scan)
	}
	noSecret(t, f)
}
