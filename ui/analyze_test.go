package ui

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/explain"
	"github.com/pgmedic/pgmedic/probes/live"
	"github.com/pgmedic/pgmedic/probes/plan"
	"github.com/pgmedic/pgmedic/probes/record"
)

// planned returns a workbench on somebody's server with the plan of the lookup on screen.
func planned(t *testing.T, before *plan.Plan) *App {
	t.Helper()
	a := story()
	a.deps.Source = stillSource{probes.Abilities{AskAnalyze: "asked first"}}
	tell(a, 70, 10)
	press(a, "e")
	a.Update(plansMsg{
		request: a.request, queryID: dedupID, question: explain.Question{Statement: "SELECT 1 -- the text that was planned", QueryID: dedupID}, plans: []*plan.Plan{before},
	})
	if a.explain.request != 0 {
		t.Fatal("EXPLAIN ANALYZE runs unasked")
	}
	return a
}

func TestAnalyzeSaysWhatItDoesAndAsksForTheWord(t *testing.T) {
	before := planBefore()
	whale := "it's a \x1b[31mwhale"
	before.Origin.Parameters = []plan.Parameter{{N: 6, Type: "text", Column: "organization_id", From: plan.FromHeavy, Value: &whale}}
	a := planned(t, before)
	press(a, "E")
	for _, want := range []string{"$6 organization_id (most common) = 'it''s a", "read-only transaction that is rolled back", "30 s", "VACUUM", "type analyze"} {
		wantShown(t, a, want)
	}
	if view := a.View(); strings.Contains(view, "\x1b[31mwhale") {
		t.Error("the value reached the terminal as it is")
	}
	press(a, "y")
	if press(a, "enter"); a.explain.request != 0 {
		t.Error("a wrong word runs the statement")
	}
	wantShown(t, a, "not run: type analyze in full")
	press(a, "E", "esc")
	if a.page != workbench || a.prompt != nil || a.explain.request != 0 {
		t.Error("esc does not leave")
	}
	press(a, "E")
	for _, letter := range analyzeWord {
		press(a, string(letter))
	}
	if command := press(a, "enter"); command == nil || a.explain.request == 0 || a.explain.queryID != dedupID || a.page != workbench {
		t.Errorf("the typed word did not run it: %+v", a.explain)
	}
}

func TestWhyNotAnalyze(t *testing.T) {
	a := planned(t, planBefore())
	if why := a.whyNotAnalyze(); why != "" {
		t.Fatalf("refused: %s", why)
	}
	generic := planBefore()
	generic.Origin.Class, generic.Origin.Parameters = plan.Generic, []plan.Parameter{{N: 1}}
	tests := map[string]func(*App){
		"e takes its plan first":      func(a *App) { a.plans = map[int64]*takenPlans{} },
		"has no values":               func(a *App) { a.plans[dedupID].plans = []*plan.Plan{generic} },
		"an intent must be on record": func(a *App) { a.deps.Record = nil },
		"through a pooler":            func(a *App) { a.deps.Source = stillSource{probes.Abilities{NoAnalyze: "through a pooler"}} },
		"nothing was run by a recording": func(a *App) {
			a.deps.Source = stillSource{probes.Abilities{NoExplain: "nothing was run by a recording"}}
		},
	}
	for want, change := range tests {
		a := planned(t, planBefore())
		change(a)
		if why := a.whyNotAnalyze(); !strings.Contains(why, want) {
			t.Errorf("%q, want %q", why, want)
		}
		if press(a, "E"); a.prompt != nil {
			t.Errorf("%s: it asks all the same", want)
		}
	}
}

// A statement of another database is named with the offer to look there; an index for it is refused with the way.
func TestStatementOfAnotherDatabaseIsOffered(t *testing.T) {
	a := story()
	tell(a, 70, 10)
	load, _ := a.statements.Selected()
	press(a, "e")
	request := a.request
	a.Update(plansMsg{request: request, queryID: load.QueryID, err: errors.Join(errors.New("reading"), &explain.ElsewhereError{Database: "sales", Here: "orders"})})
	wantShown(t, a, "it runs in database sales: press e again to look there (one more session for a moment)")
	if press(a, "e"); a.explain.request == 0 {
		t.Error("the second e does not look there")
	}
	load.Database = "sales"
	if got := a.elsewhere(load); got != "sales" {
		t.Errorf("elsewhere %q", got)
	}
	a.plans = map[int64]*takenPlans{}
	a.explain = explaining{}
	if command := a.estimate(load); command != nil || a.explain.request != 0 {
		t.Error("it looks into another database unasked")
	}
	if command := a.estimate(load); command == nil {
		t.Error("the second time it does not")
	}
}

// asking is a live server on which EXPLAIN ANALYZE waits for consent.
type asking struct{ *live.Server }

func (s asking) Can() probes.Abilities {
	can := s.Server.Can()
	can.AskAnalyze = "asked first"
	return can
}

// On a real server: the typed word runs the statement with the values of the plan shown, and that is on record before its plan is.
func TestConsentIsOnRecordBeforeTheStatementRuns(t *testing.T) {
	p := newLoop(t)
	a := p.app
	a.deps.Source = asking{a.deps.Source.(*live.Server)}
	p.until(t, "the statement to be seen", func() bool {
		for _, l := range a.statements.Listed() {
			if strings.Contains(l.Text, "done_at IS NULL AND payload") {
				return a.statements.Select(l.StatementKey)
			}
		}
		return false
	})
	p.press("e")
	p.until(t, "the estimates", func() bool { return a.plan.Plan() != nil })
	before := a.plan.Plan()
	if before.Origin.Analyzed || a.explain.request != 0 {
		t.Fatalf("it was run unasked: %+v", before.Origin)
	}
	p.press("E")
	for _, letter := range analyzeWord {
		p.press(string(letter))
	}
	p.press("enter")
	p.until(t, "the analysed plan", func() bool { return a.plan.Plan().Origin.Analyzed })
	after := a.plan.Plan()
	if after.Origin.Values != before.Origin.Values || after.Origin.Class != before.Origin.Class {
		t.Errorf("it was run with other values: %+v, shown were %+v", after.Origin, before.Origin)
	}
	events, err := a.deps.Record.Events()
	if err != nil {
		t.Fatal(err)
	}
	intent := slices.IndexFunc(events, func(e record.Event) bool { return e.Kind == record.Acted && e.Data["action"] == "analyze" })
	if intent < 0 || events[intent].Author != "oncall" || strings.Contains(events[intent].Title, "'y'") {
		t.Errorf("no intent on record, or one with a constant: %+v", events)
	}
}
