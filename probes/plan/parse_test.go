package plan

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// load reads a plan of testdata: what EXPLAIN (ANALYZE, VERBOSE, BUFFERS, SETTINGS, FORMAT JSON) printed on a server of that version.
func load(t testing.TB, name string) *Plan {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	p, err := Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// find returns the first node of a type.
func find(t testing.TB, p *Plan, nodeType string) *Node {
	t.Helper()
	var found *Node
	p.Walk(func(n *Node, _ int) {
		if found == nil && n.Type == nodeType {
			found = n
		}
	})
	if found == nil {
		t.Fatalf("the plan has no %s", nodeType)
	}
	return found
}

func TestParseReadsARealPlan(t *testing.T) {
	p := load(t, "15-before")
	if p.PlanningTime <= 0 || p.ExecutionTime <= 0 || !p.Origin.Analyzed || p.Settings["enable_bitmapscan"] != "off" {
		t.Errorf("planning %v, execution %v, analyzed %v, settings %v", p.PlanningTime, p.ExecutionTime, p.Origin.Analyzed, p.Settings)
	}
	sort := find(t, p, "Sort")
	if len(sort.SortKey) != 1 || sort.SortKey[0] != "reports.created_at DESC" || sort.SortMethod != "quicksort" || sort.SortSpaceType != "Memory" {
		t.Errorf("sort %+v", sort)
	}
	gather := find(t, p, "Gather")
	if gather.WorkersPlanned != 2 || gather.WorkersLaunched != 2 || gather.Fields["Single Copy"] != "false" {
		t.Errorf("gather %+v", gather)
	}
	scan := find(t, p, "Seq Scan")
	if scan.Schema != "reports" || scan.Relation != "reports" || !scan.Parallel || scan.Loops != 3 || scan.RemovedByFilter != 66666 || scan.BlocksHit == 0 {
		t.Errorf("scan %+v", scan)
	}
	if _, taken := scan.Fields["Filter"]; taken || !strings.Contains(scan.Fields["Workers"], `"Worker Number":0`) {
		t.Errorf("fields %v", scan.Fields)
	}
}

func TestParseKeepsFractionsOf18(t *testing.T) {
	if rows := find(t, load(t, "18-before"), "Seq Scan").ActualRows; rows != 0.33 {
		t.Errorf("actual rows %v, want 0.33", rows)
	}
}

func TestParseWithoutAnalyze(t *testing.T) {
	p, err := Parse([]byte(`[{"Plan": {"Node Type": "Seq Scan", "Relation Name": "t\u001b[2J", "Total Cost": 1.5, "Filter": "(a = '` + "\u202e" + `')"},
		"Query Identifier": -6551133084428991486}]`))
	if err != nil {
		t.Fatal(err)
	}
	if p.Root.Relation != `t\x1B[2J` || p.Root.Filter != `(a = '\u202E')` {
		t.Errorf("texts are not harmless: %q %q", p.Root.Relation, p.Root.Filter)
	}
	if p.Origin.Analyzed || p.Root.Executed || p.Origin.QueryID != -6551133084428991486 {
		t.Errorf("origin %+v, executed %v", p.Origin, p.Root.Executed)
	}
}

func TestParseRefusesWhatIsNoPlan(t *testing.T) {
	deep := strings.Repeat(`{"Node Type": "Limit", "Plans": [`, 3000) + strings.Repeat(`]}`, 3000)
	for _, text := range []string{``, `{}`, `[]`, `[{}]`, `["Utility Statement"]`, `[{"Plan": {}}]`, `[{"Plan": {"Node Type": "Limit"}}] x`,
		`[{"Plan": {"Node Type": "Limit", "Plans": [1]}}]`, `[{"Plan": ` + deep + `}]`} {
		if p, err := Parse([]byte(text)); err == nil {
			t.Errorf("Parse(%.60q) = %+v, want an error", text, p)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, name := range []string{"15-before", "15-cte", "18-after"} {
		data, err := os.ReadFile(filepath.Join("testdata", name+".json"))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Add([]byte(`[{"Plan": {"Node Type": "Seq Scan", "Actual Loops": 1e999, "Actual Total Time": -1, "Sort Key": [1, null, {"a": []}]}}]`))
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := Parse(data)
		if err != nil {
			return
		}
		if p.Hottest() == nil || len(Align(p, p)) == 0 {
			t.Error("a plan without a hottest node or without pairs")
		}
		p.Walk(func(n *Node, _ int) {
			if own, _ := n.OwnTime(); own < 0 {
				t.Errorf("own time %v of %s", own, n.Type)
			}
		})
	})
}
