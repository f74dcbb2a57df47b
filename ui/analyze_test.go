package ui

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/explain"
	"github.com/pgmedic/pgmedic/probes/live"
	"github.com/pgmedic/pgmedic/probes/pgerr"
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
		request: a.request, statement: dedupKey, question: explain.Question{Statement: "SELECT 1 -- the text that was planned", QueryID: dedupID}, plans: []*plan.Plan{before},
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
	for _, want := range []string{"in database orders, with these values", "a session of its own", "ACCESS SHARE", "$6 organization_id (most common) = 'it''s a", "read-only transaction that is rolled back", "30 s", "VACUUM", "type analyze"} {
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
	if command := press(a, "enter"); command == nil || a.explain.request == 0 || a.explain.statement != dedupKey || a.page != workbench {
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
		"e takes its plan first":           func(a *App) { a.plans = map[probes.StatementKey]*takenPlans{} },
		"has no values":                    func(a *App) { a.plans[dedupKey].plans = []*plan.Plan{generic} },
		"an intent must be on record":      func(a *App) { a.deps.Record = nil },
		"pgmedic -d 'my sales' can run it": func(a *App) { a.plans[dedupKey].question.Database = "my sales" },
		"through a pooler":                 func(a *App) { a.deps.Source = stillSource{probes.Abilities{NoAnalyze: "through a pooler"}} },
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
	a.Update(plansMsg{request: request, statement: load.StatementKey, err: errors.Join(errors.New("reading"), &explain.ElsewhereError{Database: "sales", Here: "orders"})})
	wantShown(t, a, "it runs in database sales: press e again to look there (one more session for a moment)")
	if press(a, "e"); a.explain.request == 0 {
		t.Error("the second e does not look there")
	}
	load.Database = "sales"
	if got := a.elsewhere(load); got != "sales" {
		t.Errorf("elsewhere %q", got)
	}
	a.plans = map[probes.StatementKey]*takenPlans{}
	a.explain = explaining{}
	if command := a.estimate(load); command != nil || a.explain.request != 0 {
		t.Error("it looks into another database unasked")
	}
	if command := a.estimate(load); command == nil {
		t.Error("the second time it does not")
	}
}

// What is shown while it runs names the values that it really runs with.
func TestAnalyzeNamesItsValues(t *testing.T) {
	for class, want := range map[plan.Class]string{plan.Heavy: "the heavy hitter's values", plan.Typical: "typical values", plan.Given: "the values of the plan shown"} {
		a := planned(t, planBefore())
		a.plans[dedupKey].plans[0].Origin.Class = class
		press(a, "E", analyzeWord, "enter")
		if !strings.Contains(a.explain.doing, "runs it once with "+want) {
			t.Errorf("%s: %q", class, a.explain.doing)
		}
	}
}

// Databases that were made from one template have the same query ids: each statement has its own plans all the same.
func TestPlansBelongToTheirDatabase(t *testing.T) {
	a := planned(t, planBefore())
	here, _ := a.statements.Selected()
	there := here
	there.DatabaseOID, there.Database = 9, "tenant"
	a.plansOf(there.StatementKey).elsewhere = "tenant"
	elsewhere := planBefore()
	elsewhere.Origin.Database = "tenant"
	a.explain.request = 77
	a.Update(plansMsg{request: 77, statement: there.StatementKey, question: explain.Question{Statement: "SELECT 2", QueryID: dedupID, Database: "tenant"}, plans: []*plan.Plan{elsewhere}})
	if got := a.plan.Plan(); got == nil || got.Origin.Database != "orders" {
		t.Fatalf("the plan of another database is shown: %+v", got)
	}
	wantHidden(t, a, "in database tenant")
	if why := a.whyNotAnalyze(); why != "" {
		t.Errorf("refused here: %s", why)
	}
	a.plans[here.StatementKey].add([]*plan.Plan{elsewhere})
	a.show()
	wantShown(t, a, "in database tenant")
}

// An answer that named another database is no longer followed once the statement is known to run in this one.
func TestOfferOfAnotherDatabaseEnds(t *testing.T) {
	a := story()
	tell(a, 70, 10)
	load, _ := a.statements.Selected()
	a.plansOf(load.StatementKey).elsewhere = "sales"
	if a.estimate(load); a.plans[load.StatementKey].elsewhere != "" {
		t.Error("it is still looked for in database sales")
	}
}

// asking is a live server on which EXPLAIN ANALYZE waits for consent.
type asking struct{ *live.Server }

func (s asking) Can() probes.Abilities {
	can := s.Server.Can()
	can.AskAnalyze = "asked first"
	return can
}

// askedLoop is a loop on a real server on which EXPLAIN ANALYZE waits for consent, with the estimates of the slow lookup on screen.
func askedLoop(t *testing.T) *program {
	t.Helper()
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
	if before := a.plan.Plan(); before.Origin.Analyzed || a.explain.request != 0 {
		t.Fatalf("it was run unasked: %+v", before.Origin)
	}
	return p
}

// chosen is what was taken of the selected statement.
func chosen(p *program) *takenPlans {
	selected, _ := p.app.statements.Selected()
	return p.app.plans[selected.StatementKey]
}

// consent types the word, waits for the answer and returns the events of the intent and the outcome.
func (p *program) consent(t *testing.T) (intent, outcome record.Event) {
	t.Helper()
	p.press("E", analyzeWord, "enter")
	p.until(t, "the answer", func() bool { return p.app.explain.request == 0 })
	events, err := p.app.deps.Record.Events()
	if err != nil {
		t.Fatal(err)
	}
	asked := slices.DeleteFunc(events, func(e record.Event) bool { return e.Kind != record.Acted })
	if len(asked) != 2 || asked[0].Data["state"] != playbooks.StateIntent || asked[1].Data["intent"] != asked[0].ID {
		t.Fatalf("not one intent and its outcome on record: %+v\n%s", asked, p.app.View())
	}
	for _, e := range asked {
		if e.Author != "oncall" || e.Data["action"] != "analyze" || !strings.Contains(e.Server, "system ") || strings.Contains(e.Title+e.SQL, "'y'") ||
			!strings.HasPrefix(e.SQL, "EXPLAIN (ANALYZE") || !strings.Contains(e.SQL, "FROM jobs") || e.At.IsZero() {
			t.Errorf("the event says too little, or a constant: %+v", e)
		}
	}
	return asked[0], asked[1]
}

// On a real server: the typed word runs the statement with the values of the plan shown. That is on record before, and afterwards how it ended.
func TestConsentAndOutcomeAreOnRecord(t *testing.T) {
	p := askedLoop(t)
	before := p.app.plan.Plan()
	intent, outcome := p.consent(t)
	after := p.app.plan.Plan()
	if !after.Origin.Analyzed || after.Origin.Values != before.Origin.Values || after.Origin.Class != before.Origin.Class || after.Origin.Note != "" {
		t.Errorf("it was run with other values: %+v, shown were %+v", after.Origin, before.Origin)
	}
	plans, err := p.app.deps.Record.Plans()
	if err != nil {
		t.Fatal(err)
	}
	analyzed := slices.IndexFunc(plans, func(s record.StoredPlan) bool { return s.Plan.Origin.Analyzed })
	if analyzed < 0 || len(intent.Evidence) != 1 || !slices.Equal(outcome.Evidence, []string{intent.Evidence[0], plans[analyzed].ID}) {
		t.Errorf("the plans are no evidence: intent %v, outcome %v", intent.Evidence, outcome.Evidence)
	}
	if outcome.Data["state"] != "applied" || !strings.HasPrefix(outcome.Title, "ran in ") || outcome.At.Before(intent.At) {
		t.Errorf("the outcome: %+v", outcome)
	}
}

// On a real server: a statement that cannot be run leaves an outcome too, with the server's reason.
func TestRefusedAnalyzeIsOnRecord(t *testing.T) {
	p := askedLoop(t)
	chosen(p).question.Statement = "SELECT id FROM jobs WHERE owner = $1 AND nobody_has_this_column = $2"
	_, outcome := p.consent(t)
	if outcome.Data["state"] != "failed" || outcome.Data["sqlstate"] != "42703" || !strings.HasPrefix(outcome.Title, "failed after ") || outcome.Body == "" || len(outcome.Evidence) != 1 {
		t.Errorf("the outcome: %+v", outcome)
	}
}

// On a real server: nothing is run where another server answers than the one that was looked at when the person was asked.
func TestAnalyzeOfAnotherServerIsRefused(t *testing.T) {
	p := askedLoop(t)
	before := *p.app.window.Last()
	before.Server.StartedAt = before.Server.StartedAt.Add(-time.Hour)
	p.app.window.Add(&before, probes.Assessment{})
	_, outcome := p.consent(t)
	if outcome.Data["state"] != "failed" || !strings.Contains(outcome.Body, "not the server that you were asked about") {
		t.Errorf("the outcome: %+v", outcome)
	}
}

// On a real server: so does one that pgmedic itself refuses to run.
func TestLockingAnalyzeIsOnRecord(t *testing.T) {
	p := askedLoop(t)
	chosen(p).question.Statement = "SELECT id FROM jobs WHERE owner = $1 AND payload <> $2 FOR UPDATE"
	_, outcome := p.consent(t)
	if outcome.Data["state"] != "failed" || !strings.Contains(outcome.Body, "change or lock rows") {
		t.Errorf("the outcome: %+v", outcome)
	}
}

// The server's word decides how it ended; where it gave none after it was asked, nobody knows.
func TestAnalyzeState(t *testing.T) {
	for _, c := range []struct {
		err  error
		want playbooks.OutcomeState
	}{
		{&pgconn.PgError{Code: "57014"}, playbooks.Canceled},
		{pgerr.Harmless(&pgconn.PgError{Code: "57P01"}), playbooks.Failed},
		{errors.New("EXPLAIN ANALYZE would change or lock rows"), playbooks.Failed},
		{&pgerr.Step{Doing: "connecting", Err: io.ErrUnexpectedEOF}, playbooks.Failed},
		{pgerr.Harmless(fmt.Errorf("explaining the statement: %w", io.ErrUnexpectedEOF)), playbooks.Unknown},
		{fmt.Errorf("explaining: %w", context.DeadlineExceeded), playbooks.Unknown},
	} {
		if got := analyzeState(c.err); got != c.want {
			t.Errorf("%v: %s, want %s", c.err, got, c.want)
		}
	}
}
