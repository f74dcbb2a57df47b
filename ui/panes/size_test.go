package panes

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/lipgloss"
	"github.com/muesli/termenv"
	"pgregory.net/rapid"

	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/plan"
	"github.com/pgmedic/pgmedic/probes/record"
	"github.com/pgmedic/pgmedic/ui/draw"
)

func testTheme(profile termenv.Profile) *draw.Theme {
	r := lipgloss.NewRenderer(io.Discard)
	r.SetColorProfile(profile)
	return draw.NewTheme(r, true, false)
}

// plain draws a pane without colours.
func plain(p Pane, w, h int) string {
	p.SetSize(w, h)
	return p.View(testTheme(termenv.Ascii), false)
}

// misfit says where a view has not exactly h lines of w cells; empty: nowhere.
func misfit(view string, w, h int) string {
	lines := strings.Split(view, "\n")
	if len(lines) != h {
		return fmt.Sprintf("%d lines, want %d", len(lines), h)
	}
	for i, line := range lines {
		if got := draw.Width(line); got != w {
			return fmt.Sprintf("line %d has %d cells, want %d: %q", i, got, w, line)
		}
	}
	return ""
}

func seedPanes() map[string]Pane {
	w := seedWindow()
	var (
		connections Connections
		statements  Statements
		tree        PlanTree
		compare     Compare
		findings    Findings
		header      Header
		ticker      Ticker
	)
	connections.Show(w)
	statements.Show(w)
	tree.Show(seedPlan())
	compare.Show(seedPlan(), seedPlanAfter())
	findings.Show(seedFindings(), func(f playbooks.Finding) string { return f.Playbook }, "", false)
	header.Show(w, seedStatus())
	ticker.Show(seedEvents(), nil)
	panes := map[string]Pane{
		"connections": &connections, "statements": &statements, "tree": &tree, "compare": &compare,
		"findings": &findings, "header": &header, "ticker": &ticker,
	}
	for name, steps := range seedSteps() {
		panes[name] = steps
	}
	return panes
}

// seedSteps is the playbook's page at each of its steps.
func seedSteps() map[string]*Steps {
	pages := map[string]*Steps{}
	at := func(name string, show ...func(*Steps)) {
		s := &Steps{}
		s.Reset("index · the dedup lookup", "drafting …")
		for _, f := range show {
			f(s)
		}
		pages[name] = s
	}
	draft := func(s *Steps) { s.ShowDrafts([]*playbooks.Draft{seedDraft()}, 0) }
	checks := func(s *Steps) { s.ShowChecks(seedChecks(), "an index of this name exists") }
	prompt := func(s *Steps) { s.ShowPrompt(seedIndex, "reports_us", "type it in full") }
	progress := func(s *Steps) { s.ShowProgress(seedProgress()) }
	outcome := func(s *Steps) { s.ShowOutcome(seedOutcome()) }
	at("drafting")
	at("draft", draft)
	at("variants", func(s *Steps) { s.ShowDrafts(seedDrafts(), 1) })
	at("long names", func(s *Steps) { s.ShowDrafts(seedDrafts(), 2) })
	at("no draft", func(s *Steps) { s.ShowNoDraft("no index serves it as it is written", seedRewrite()) })
	at("steps", draft, func(s *Steps) {
		s.drafts[0].Lost = "the statement that was sent goes on, the others are not sent; pgmedic finds it again"
		s.ShowProgress(seedPartitions())
	})
	at("foreign", draft, progress, func(s *Steps) { s.ShowFound(false) })
	at("checks", draft, checks)
	at("prompt", draft, checks, prompt)
	at("progress", draft, checks, prompt, progress)
	at("outcome", draft, checks, prompt, progress, outcome)
	at("before after", draft, checks, prompt, progress, outcome, func(s *Steps) { s.Go(1) })
	return pages
}

func TestPanesFitAnySize(t *testing.T) {
	theme := testTheme(termenv.TrueColor)
	for name, pane := range seedPanes() {
		for _, w := range []int{1, 2, 3, 5, 6, 7, 11, 16, 23, 31, 39, 40, 41, 52, 60, 79, 80, 99, 100, 120, 160, 200} {
			for _, h := range []int{1, 2, 3, 4, 5, 6, 8, 10, 12, 16, 24, 45, 60} {
				pane.SetSize(w, h)
				if wrong := misfit(pane.View(theme, w%2 == 0), w, h); wrong != "" {
					t.Fatalf("%s at %dx%d: %s", name, w, h, wrong)
				}
			}
		}
	}
}

func TestEmptyPanesFitAnySize(t *testing.T) {
	theme := testTheme(termenv.TrueColor)
	empty := []Pane{&Connections{}, &Statements{}, &PlanTree{}, &Compare{}, &Findings{}, &Header{}, &Ticker{}, &Steps{}}
	for _, pane := range empty {
		for w := 1; w <= 130; w += 9 {
			for h := 1; h <= 20; h += 3 {
				pane.SetSize(w, h)
				if wrong := misfit(pane.View(theme, true), w, h); wrong != "" {
					t.Fatalf("%T at %dx%d: %s", pane, w, h, wrong)
				}
			}
		}
	}
}

// TestPanesFitAnyData draws whatever a server might send.
func TestPanesFitAnyData(t *testing.T) {
	theme := testTheme(termenv.TrueColor)
	rapid.Check(t, func(t *rapid.T) {
		w, h := rapid.IntRange(1, 200).Draw(t, "w"), rapid.IntRange(1, 60).Draw(t, "h")
		for name, pane := range randomPanes(t) {
			pane.SetSize(w, h)
			if wrong := misfit(pane.View(theme, true), w, h); wrong != "" {
				t.Fatalf("%s at %dx%d: %s", name, w, h, wrong)
			}
		}
	})
}

func anyText() *rapid.Generator[string] {
	return rapid.StringOf(rapid.SampledFrom([]rune("abcdefgh  …日本語👩🚀éßж́\n\t–◀▲()")))
}

func randomPanes(t *rapid.T) map[string]Pane {
	text := func(label string) string { return anyText().Draw(t, label) }
	number := func(label string) float64 { return rapid.Float64().Draw(t, label) }
	window := randomWindow(t)
	var (
		connections Connections
		statements  Statements
		tree        PlanTree
		compare     Compare
		findings    Findings
		header      Header
		ticker      Ticker
		steps       Steps
	)
	connections.Show(window)
	connections.SetStale(text("stale"))
	statements.SetFilter(text("filter"))
	statements.Show(window)
	statements.Move(rapid.IntRange(-3, 30).Draw(t, "move"))
	p, q := randomPlan(t), randomPlan(t)
	tree.Show(p)
	tree.Move(rapid.IntRange(-3, 30).Draw(t, "move in tree"))
	compare.Show(p, q)
	compare.Scroll(rapid.IntRange(-3, 30).Draw(t, "scroll"))
	found := []playbooks.Finding{{Title: text("finding"), Action: text("action"), Severity: playbooks.Critical}}
	findings.Show(found, func(playbooks.Finding) string { return "d" }, text("locks"), true)
	header.Show(window, Status{
		Title: text("title"), Target: text("target"), Applying: text("applying"), Lost: text("lost"), RecordErr: text("error"), Now: spikeBegan,
	})
	ticker.Show([]record.Event{{Kind: record.Said, At: spikeBegan, Title: text("event")}}, nil)
	steps.Reset(text("page"), text("note"))
	var drafts []*playbooks.Draft
	for range rapid.IntRange(1, 3).Draw(t, "drafts") {
		drafts = append(drafts, &playbooks.Draft{
			SQL: []string{text("sql")}, Reasons: []playbooks.Reason{{Part: text("part"), Why: text("why")}}, Explained: text("code") + commentMark + text("comment"),
			Prices:   []playbooks.Price{{Name: text("price"), Value: text("value")}, {Name: playbooks.PriceCost, Now: text("now"), Value: text("with it"), How: text("how")}},
			Warnings: []string{text("warning")}, Before: p, Kind: text("kind"), For: text("for"), Lost: text("lost"), Stopped: text("stopped"),
			Rewrite: &playbooks.Rewrite{From: text("from"), To: text("to"), SQL: text("rewritten"), Caveat: text("caveat"), Plan: q},
		})
	}
	steps.ShowDrafts(drafts, rapid.IntRange(0, len(drafts)-1).Draw(t, "chosen"))
	progress := playbooks.Progress{
		Phase: text("phase"), Done: number("done"), Total: number("total"), Waiting: text("waiting"), Rate: number("rate"), Unit: text("unit"),
		Left: time.Duration(rapid.Int64().Draw(t, "left")), LeftAll: time.Duration(rapid.Int64().Draw(t, "left in all")), Step: 1, Steps: 3, Doing: text("doing"), Behind: text("behind"),
	}
	steps.ShowProgress(playbooks.RunProgress{Progress: progress})
	if rapid.Bool().Draw(t, "ended") {
		verification := playbooks.Verification{Before: p, After: q}
		steps.ShowOutcome(playbooks.Outcome{Err: errors.New(text("failure")), Next: text("next"), Verification: verification})
	}
	return map[string]Pane{
		"connections": &connections, "statements": &statements, "tree": &tree, "compare": &compare,
		"findings": &findings, "header": &header, "ticker": &ticker,
		"steps": &steps,
	}
}

func randomWindow(t *rapid.T) *probes.Window {
	w := probes.NewWindow(time.Minute)
	at := spikeBegan
	for range rapid.IntRange(0, 5).Draw(t, "samples") {
		at = at.Add(time.Duration(rapid.Int64Range(1, int64(time.Hour)).Draw(t, "gap")))
		s := &probes.Sample{At: at, Interval: time.Second}
		s.Ceiling = probes.Ceiling{MaxConnections: rapid.IntRange(0, 200).Draw(t, "max"), DatabaseLimit: -1}
		s.Server.Database, s.Server.Host = anyText().Draw(t, "database"), anyText().Draw(t, "host")
		s.Failures = []probes.Failure{{Probe: "statements", Reason: anyText().Draw(t, "reason")}}
		s.Statements = probes.Statements{Known: true, Since: at.Add(-time.Second), Texts: map[int64]string{}}
		for i := range rapid.IntRange(0, 30).Draw(t, "backends") {
			id := int64(rapid.IntRange(0, 20).Draw(t, "query"))
			s.Backends = append(s.Backends, probes.Backend{
				PID: int32(i), Type: "client backend", State: "active", QueryID: id, Application: anyText().Draw(t, "application"),
				User: anyText().Draw(t, "user"), WaitType: "IO", WaitEvent: anyText().Draw(t, "wait"), Client: anyText().Draw(t, "client"),
			})
			s.Statements.Texts[id] = anyText().Draw(t, "text")
			s.Statements.Deltas = append(s.Statements.Deltas, delta(id, rapid.Int64().Draw(t, "calls"), time.Duration(rapid.Int64().Draw(t, "mean"))))
		}
		w.Add(s, probes.Assessment{Baseline: probes.Baseline{Median: rapid.Float64().Draw(t, "median"), N: 100}, Onset: at})
	}
	return w
}

func randomPlan(t *rapid.T) *plan.Plan {
	analyzed := rapid.Bool().Draw(t, "analyzed")
	node := func() *plan.Node {
		return &plan.Node{
			Type:     rapid.SampledFrom([]string{"Index Scan", "Seq Scan", "Hash Join", "Sort", "Gather"}).Draw(t, "type"),
			Index:    anyText().Draw(t, "index"),
			Relation: anyText().Draw(t, "relation"), Filter: anyText().Draw(t, "filter"), PlanRows: rapid.Float64().Draw(t, "rows"),
			ActualRows: rapid.Float64().Draw(t, "actual"), Loops: rapid.Float64().Draw(t, "loops"), Executed: analyzed, TotalCost: rapid.Float64().Draw(t, "cost"),
		}
	}
	root := node()
	under := root
	for range rapid.IntRange(0, 8).Draw(t, "nodes") {
		child := node()
		under.Children = append(under.Children, child)
		if rapid.Bool().Draw(t, "down") {
			under = child
		}
	}
	return &plan.Plan{Root: root, Origin: plan.Origin{Class: plan.Given, Pattern: anyText().Draw(t, "pattern"), Analyzed: analyzed}}
}

// BenchmarkPanes draws the three panes at the largest screen with 1,000 sessions and 5,000 statements.
func BenchmarkPanes(b *testing.B) {
	w := seedWindow()
	s := seedSample(w.Last().At.Add(time.Second), 1000)
	s.Ceiling.MaxConnections = 1200
	for i := range 5000 {
		id := int64(1000 + i)
		s.Statements.Deltas = append(s.Statements.Deltas, delta(id, int64(i), time.Millisecond))
	}
	w.Add(s, w.Assessment())
	var (
		connections Connections
		statements  Statements
		tree        PlanTree
	)
	connections.Show(w)
	statements.Show(w)
	tree.Show(seedPlan())
	theme := testTheme(termenv.TrueColor)
	connections.SetSize(50, 50)
	statements.SetSize(90, 50)
	tree.SetSize(60, 50)
	for b.Loop() {
		draw.SideBySide(connections.View(theme, false), statements.View(theme, true), tree.View(theme, false))
	}
}
