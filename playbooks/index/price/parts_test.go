package price

import (
	"context"
	"math"
	"testing"

	"github.com/pgmedic/pgmedic/playbooks/index/candidate"
	"github.com/pgmedic/pgmedic/playbooks/index/shape"
	"github.com/pgmedic/pgmedic/playbooks/index/table"
	"github.com/pgmedic/pgmedic/probes/plan"
)

func shapeOf(method, expression string) shape.Index {
	return shape.Index{Method: method, Keys: []shape.Key{{Expression: expression}}}
}

func TestListLength(t *testing.T) {
	for value, want := range map[string]float64{
		"'{1,2,3}'::integer[]": 3, "('{1,2}'::integer[])": 2, "ARRAY[$1, $2, ($3)::text]": 3, `'{"a,b",c}'::text[]`: 2, "$1": unknownList, "'{}'::integer[]": 0, "": unknownList,
	} {
		if got := listLength(value); got != want {
			t.Errorf("%s: %v values, want %v", value, got, want)
		}
	}
}

func TestSearchedKeysOfGIN(t *testing.T) {
	for _, c := range []struct {
		class, typeName, value string
		keys, begun            float64
	}{
		{"", "_text", "'{a,b}'::text[]", 2, 0},
		{"", "_text", "$1", 1, 0},
		{"", "jsonb", `'{"a": {"b": 1}, "c": [2, 3]}'::jsonb`, 6, 0},
		{"jsonb_path_ops", "jsonb", `'{"a": {"b": 1}, "c": [2, 3]}'::jsonb`, 3, 0},
		{"public.gin_trgm_ops", "text", "'%abcd%'::text", 2, 0},
		{"gin_trgm_ops", "text", "'abc%'::text", 3, 0},
		{"gin_trgm_ops", "text", "'%a%'::text", math.Inf(1), 0},
		{"", "tsvector", "'''cat'' & ''rat'':*'::tsquery", 1, 1},
	} {
		keys, begun := searchedKeys(shape.Key{Column: "x", Opclass: c.class}, c.typeName, plan.Condition{Value: c.value})
		if keys != c.keys || begun != c.begun {
			t.Errorf("%s %s: %v keys and %v beginnings, want %v and %v", c.class, c.value, keys, begun, c.keys, c.begun)
		}
	}
}

func TestBeginning(t *testing.T) {
	for pattern, want := range map[string]string{"abc%": "abc", "a_c": "a", `50\%%`: "50%", "%x": "", "plain": "plain", `x\`: "x"} {
		if got := beginning(pattern); got != want {
			t.Errorf("%s begins with %q, want %q", pattern, got, want)
		}
	}
}

// What a plan reads now: whole tables, what meets an index's conditions, and each as often as the plan runs it.
func TestNow(t *testing.T) {
	of := &table.Table{Schema: "s", Name: "t", Rows: 5000, Pages: 50}
	count := func(_ context.Context, conditions ...plan.Condition) (float64, error) {
		return 5000 / math.Pow(10, float64(len(conditions))), nil
	}
	scan := func(kind, index, recheck string) *plan.Node {
		return &plan.Node{Type: kind, Relation: "t", Schema: "s", Alias: "t", IndexCond: index, RecheckCond: recheck, Relationship: "Inner"}
	}
	outer := &plan.Node{Type: "Seq Scan", Relation: "o", Relationship: "Outer", PlanRows: 20}
	for _, c := range []struct {
		name string
		scan *plan.Node
		over string
		want float64
	}{
		{"whole table", scan("Seq Scan", "", ""), "Limit", 5000},
		{"index", scan("Index Scan", "((t.a = 1) AND (t.b = 2))", ""), "Limit", 50},
		{"bitmap", scan("Bitmap Heap Scan", "", "(t.a = 1)"), "Limit", 500},
		{"lookups", scan("Index Scan", "(t.a = o.a)", ""), "Nested Loop", 20 * 500},
		{"read again and again", scan("Seq Scan", "", ""), "Nested Loop", 20 * 5000},
	} {
		root := &plan.Node{Type: c.over, Children: []*plan.Node{outer, c.scan}}
		got, err := Now(t.Context(), count, &plan.Plan{Root: root}, candidate.Need{Table: of, Scans: []*plan.Node{c.scan}})
		if err != nil || got != c.want {
			t.Errorf("%s: %v rows, want %v (%v)", c.name, got, c.want, err)
		}
	}
}

// An index whose predicate the statement does not say is of no use to it.
func TestAPartialIndexForOtherRows(t *testing.T) {
	of := &table.Table{Schema: "s", Name: "t", Rows: 50000, Pages: 5000, Columns: map[string]table.Column{
		"a": {Name: "a", TypeName: "int4", Length: 4, Align: "i", Distinct: 5000}},
		Costs: table.Costs{SeqPage: 1, RandomPage: 4, CPUTuple: 0.01, CPUIndexTuple: 0.005, CPUOperator: 0.0025, CacheSize: 524288, WorkMem: 4 << 20,
			BitmapScans: true, Version: 150000}}
	count := func(_ context.Context, conditions ...plan.Condition) (float64, error) {
		return 50000 / math.Pow(1000, float64(len(conditions))), nil
	}
	scan := &plan.Node{Type: "Seq Scan", Relation: "t", Schema: "s", Alias: "t", TotalCost: 5625, PlanRows: 50}
	before := &plan.Plan{Root: scan}
	x := shape.Index{Table: "t", Keys: []shape.Key{{Column: "a"}}, Where: []shape.Clause{{SQL: "b IS NULL", Columns: []string{"b"}}}}
	for condition, cheaper := range map[string]bool{"(t.a = 1)": false, "((t.a = 1) AND (t.b IS NULL))": true} {
		need := candidate.Need{Table: of, Scans: []*plan.Node{scan}, Alias: "t", Lookups: 1, Conditions: plan.Conjuncts(condition), Output: []string{"c"}}
		got, err := Of(t.Context(), count, before, need, candidate.Candidate{Index: x})
		if err != nil || got.Cost < scan.TotalCost != cheaper {
			t.Errorf("%s: cost %v of %v (%v)", condition, got.Cost, scan.TotalCost, err)
		}
	}
}
