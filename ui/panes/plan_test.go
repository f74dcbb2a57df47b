package panes

import (
	"strings"
	"testing"
	"time"

	"github.com/pgmedic/pgmedic/probes/plan"
)

func TestPlanTree(t *testing.T) {
	var p PlanTree
	p.Show(seedPlan())
	want := strings.TrimPrefix(`
╭─ 3 plan · heavy hitter ──────────────────────────────────────────╮
│ Limit                                                            │
│ │ est 1 → 0 rows · own 0.1 ms                                    │
│ └ Sort reports.created_at DESC                                   │
│   │ est 1 → 0 rows · own 0.3 ms                                  │
│   └ Gather · 2 workers + leader                                  │
│     │ est 1 → 0 rows · own 21 ms                                 │
│     └ Parallel Index Scan ▸ reports_organization_id_ind… ◀ 100 % │
│         est 3 → kept 0 of 454,416 rows                           │
│         cond (reports.organization_id = $6)                      │
│         filter ((reports.completed_at IS NULL) AND (reports.rep… │
│         own 8.4 s · 3 loops · 151,388 buffers                    │
│ ANALYZE 16:16:28 · ran 8.4 s                                     │
╰──────────────────────────────────────────────────────────────────╯`, "\n")
	if got := plain(&p, 68, 14); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestPlanTreeSaysWhatIsEstimated(t *testing.T) {
	estimate := seedPlan()
	estimate.Origin.Analyzed, estimate.Origin.Class = false, plan.Generic
	var p PlanTree
	p.Show(estimate)
	got := plain(&p, 80, 20)
	for _, want := range []string{"generic", "est 1 row · own cost", "◀ 93 % of est cost", "estimates only"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
	if strings.Contains(got, "kept") || strings.Contains(got, " ms") {
		t.Errorf("actual figures in a plan that was not run:\n%s", got)
	}
}

func TestPlanTreeSelection(t *testing.T) {
	var p PlanTree
	p.SetSize(60, 7)
	p.Show(seedPlan())
	selected := func() string { return p.nodes[p.cursor.at].node.Type }
	if got := selected(); got != "Index Scan" {
		t.Errorf("selected %s, want the hottest node", got)
	}
	p.Move(-10)
	if got := plain(&p, 60, 7); selected() != "Limit" || !strings.Contains(got, "Limit") {
		t.Errorf("the root is not on screen:\n%s", got)
	}
	p.Move(2)
	if got := selected(); got != "Gather" {
		t.Errorf("selected %s, want Gather", got)
	}
	p.Move(10)
	if got := plain(&p, 60, 7); !strings.Contains(got, "└ Parallel Index Scan") {
		t.Errorf("the head of the selected node is not on screen:\n%s", got)
	}
	p.ShowNote("e takes the plan")
	if p.Plan() != nil || !strings.Contains(plain(&p, 60, 7), "e takes the plan") {
		t.Error("a note does not stand in place of the plan")
	}
}

func TestMisestimatesArePointedAt(t *testing.T) {
	n := &plan.Node{Type: "Seq Scan", PlanRows: 300, ActualRows: 150006, Loops: 1, Executed: true}
	line := rowsLine(n, true)
	if got := line.text; got != "est 300 → kept 150,006 of 150,006 rows" {
		t.Errorf("got %q", got)
	}
	theme := testTheme(0)
	if line.ink(theme) != theme.Warning {
		t.Error("a wrong estimate is not pointed at")
	}
	n.PlanRows = 140000
	if line := rowsLine(n, true); line.ink(theme) != theme.Text {
		t.Errorf("a good estimate is pointed at: %q", line.text)
	}
}

func TestCompare(t *testing.T) {
	var c Compare
	c.Show(seedPlan(), seedPlanAfter())
	got := plain(&c, 150, 24)
	for _, want := range []string{
		"rows read 454,416 → 7 · ×64,917 fewer", "run time  8.4 s → 0.3 ms", "buffers   151,388 → 7",
		"before · heavy hitter · ANALYZE 16:16:28", "after · heavy hitter · ANALYZE 16:20:08",
		"◆ Index Scan ▸ reports_user_id_organization_id_created_at_idx", "→ kept 0 of 7 rows",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
}

func TestCompareOnlyLikeWithLike(t *testing.T) {
	generic := seedPlanAfter()
	generic.Origin.Class, generic.Origin.Analyzed = plan.Generic, false
	var c Compare
	c.Show(seedPlan(), generic)
	got := plain(&c, 150, 24)
	for _, want := range []string{"not like for like: heavy hitter against generic", "rows read not measured", "(estimated)"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
	if strings.Contains(got, "fewer") {
		t.Errorf("a factor between unlike plans:\n%s", got)
	}
	c.Show(nil, seedPlanAfter())
	if got := plain(&c, 150, 24); !strings.Contains(got, "before · no plan") || !strings.Contains(got, "Index Scan") {
		t.Errorf("a plan without the other:\n%s", got)
	}
}

func TestTimesAreNoChangeByThemselves(t *testing.T) {
	line := func(p part, text string, figure float64) nodeLine {
		return nodeLine{part: p, text: text, figure: figure}
	}
	for _, c := range []struct {
		before, after nodeLine
		want          bool
	}{
		{line(partCost, "8.4 s", 8.4), line(partCost, "8.0 s", 8.0), false},
		{line(partCost, "8.4 s", 8.4), line(partCost, "0.1 s", 0.1), true},
		{line(partRows, "7 rows · 1 ms", 7), line(partRows, "7 rows · 2 ms", 7), false},
		{line(partFilter, "a", 0), line(partFilter, "b", 0), true},
		{line(partFilter, "a", 0), nodeLine{}, false},
	} {
		if got := changed(c.before, c.after); got != c.want {
			t.Errorf("%q to %q: changed is %v", c.before.text, c.after.text, got)
		}
	}
}

func TestClassNamesThePattern(t *testing.T) {
	if got := planClass(plan.Origin{Class: plan.Given, Pattern: "whale", TakenAt: time.Time{}}); got != "given “whale”" {
		t.Errorf("got %q", got)
	}
}

// A zoomed pane shows long conditions in full, and cuts them again afterwards.
func TestLongConditionsAreWrapped(t *testing.T) {
	var p PlanTree
	p.SetSize(70, 30)
	p.Show(seedPlan())
	p.Wrap(true)
	if got := plain(&p, 70, 30); strings.Contains(got, "rep…") || !strings.Contains(got, "(reports.user_id = $4))") || !strings.Contains(got, "own 8.4 s") {
		t.Errorf("the condition is not shown in full:\n%s", got)
	}
	p.Wrap(false)
	if got := plain(&p, 70, 30); strings.Contains(got, "(reports.user_id = $4))") {
		t.Errorf("the condition is not cut again:\n%s", got)
	}
}

func TestCompareSaysWhatItCannotShow(t *testing.T) {
	var c Compare
	c.Show(seedPlan(), seedPlanAfter())
	got := plain(&c, 80, 14)
	for _, want := range []string{"more lines", "ANALYZE 16:16:28 · ran 8.4 s ", "ANALYZE 16:20:08 · ran 0.3 ms "} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
	c.Scroll(100)
	if got := plain(&c, 80, 14); strings.Contains(got, "more lines") {
		t.Errorf("not at the end:\n%s", got)
	}
}
