package ui

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/explain"
	"github.com/pgmedic/pgmedic/probes/pgerr"
	"github.com/pgmedic/pgmedic/probes/plan"
	"github.com/pgmedic/pgmedic/probes/record"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// explaining is the EXPLAIN that is under way; at most one is, and a newer one takes its place.
type explaining struct {
	request   int // 0: none
	statement probes.StatementKey
	doing     string // for the pane, for example "planning…"
	cancel    context.CancelFunc
}

// takenPlans are the plans taken of one statement, the most telling first.
type takenPlans struct {
	plans     []*plan.Plan
	recorded  map[*plan.Plan]string // their ids in the record
	shown     int
	note      string           // why there is no plan, or not the one with actual figures
	question  explain.Question // that the estimates answer, with the text that was planned; never stored
	elsewhere string           // the database that it runs in, where that is another and the person was told so
}

// add puts newly taken plans in front. Older plans of the same kind go.
func (t *takenPlans) add(plans []*plan.Plan) {
	kept := append([]*plan.Plan{}, plans...)
	for _, old := range t.plans {
		if !hasKind(plans, old.Origin) {
			kept = append(kept, old)
		}
	}
	t.plans, t.shown = kept, 0
}

func hasKind(plans []*plan.Plan, o plan.Origin) bool {
	for _, p := range plans {
		if p.Origin.Class == o.Class && p.Origin.Analyzed == o.Analyzed {
			return true
		}
	}
	return false
}

// takePlans keeps the plans of a statement. Estimates are followed by the plan with actual figures where that is allowed.
func (a *App) takePlans(msg plansMsg) tea.Cmd {
	if msg.request != a.explain.request {
		return nil
	}
	a.explain = explaining{}
	taken := a.plansOf(msg.statement)
	taken.note = ""
	var elsewhere *explain.ElsewhereError
	if errors.As(msg.err, &elsewhere) {
		a.offerElsewhere(taken, elsewhere.Database)
		return nil
	}
	if msg.err != nil {
		taken.note = sqltext.Clean(msg.err.Error())
		a.tell("taking the plan: "+msg.err.Error(), true)
	}
	if len(msg.plans) == 0 {
		return nil
	}
	taken.add(msg.plans)
	maps.Copy(taken.recorded, msg.recorded)
	if msg.analyze {
		return a.readTimeline()
	}
	taken.question = msg.question
	if a.can().AnalyzesUnasked() && msg.question.Database == "" {
		q := msg.question
		q.Class, q.Analyze = plan.Heavy, true
		if msg.plans[0].Origin.Class == plan.Given {
			q.Class = plan.Given // with its own constants
		}
		return tea.Batch(a.readTimeline(), a.analyze(msg.statement, q, nil, nil))
	}
	return a.readTimeline()
}

// offerElsewhere says that a statement runs in another database and what looks there.
func (a *App) offerElsewhere(taken *takenPlans, database string) {
	taken.elsewhere = database
	taken.note = "it runs in database " + database + ": press e again to look there (one more session for a moment)"
	a.tell(taken.note, false)
}

// elsewhere returns the database that a statement runs in where that is another than the one looked at; empty: it is this one, or not known.
func (a *App) elsewhere(load probes.StatementLoad) string {
	if last := a.window.Last(); last == nil || load.Database == "" || load.Database == last.Server.Database {
		return ""
	}
	return load.Database
}

// plansOf returns where the plans of a statement are kept.
func (a *App) plansOf(statement probes.StatementKey) *takenPlans {
	if a.plans[statement] == nil {
		a.plans[statement] = &takenPlans{recorded: map[*plan.Plan]string{}}
	}
	return a.plans[statement]
}

// estimate starts EXPLAIN of a statement. That it runs in another database is said first: looking there takes one more session.
func (a *App) estimate(load probes.StatementLoad) tea.Cmd {
	taken := a.plansOf(load.StatementKey)
	database := a.elsewhere(load)
	switch {
	case database != "" && taken.elsewhere != database:
		a.offerElsewhere(taken, database)
		return nil
	case database == "" && load.Database != "": // it runs here, whatever an earlier answer said
		taken.elsewhere = ""
	}
	request := a.newExplain(load.StatementKey, "planning for the heavy hitter's values…")
	q := explain.Question{QueryID: load.QueryID, UserOID: load.UserOID, Database: taken.elsewhere}
	command, cancel := a.takeEstimates(request, load.StatementKey, q)
	a.explain.cancel = cancel
	return command
}

// analyze starts EXPLAIN ANALYZE of a statement. before is the plan whose values it runs with, nil: those that are chosen now. intent is put on record before;
// nil: nobody asked for it.
func (a *App) analyze(statement probes.StatementKey, q explain.Question, before *plan.Plan, intent *record.Event) tea.Cmd {
	request := a.newExplain(statement, "EXPLAIN ANALYZE runs it once "+withValues(q.Class)+", read-only, at most 30 s…")
	command, cancel := a.takeAnalyzed(request, statement, q, before, intent)
	a.explain.cancel = cancel
	return command
}

// withValues says with which values a statement is run.
func withValues(class plan.Class) string {
	switch class {
	case plan.Heavy:
		return "with the heavy hitter's values"
	case plan.Typical:
		return "with typical values"
	}
	return "with the values of the plan shown"
}

// newExplain puts a request in the place of the one under way, and returns its id.
func (a *App) newExplain(statement probes.StatementKey, doing string) int {
	if a.explain.cancel != nil {
		a.explain.cancel()
	}
	a.request++
	a.explain = explaining{request: a.request, statement: statement, doing: doing}
	return a.request
}

// takeEstimates plans the statement for its heavy hitters, for typical values and for unknown parameters. Nothing is run.
func (a *App) takeEstimates(request int, statement probes.StatementKey, q explain.Question) (tea.Cmd, context.CancelFunc) {
	return a.jobs.job(explainLimit, func(ctx context.Context) tea.Msg {
		msg := plansMsg{request: request, statement: statement, recorded: map[*plan.Plan]string{}}
		text, values, err := a.deps.Ask.StatementTextIn(ctx, q.Database, q.QueryID)
		if err != nil {
			msg.err = fmt.Errorf("reading the statement's text: %w", err)
			return msg
		}
		q.Statement, q.Constants = text, values
		msg.question = q
		msg.plans, msg.err = a.askPlans(ctx, q, msg.recorded, plan.Heavy, plan.Typical, plan.Generic)
		return msg
	})
}

// askPlans asks for a plan of each class and records them; their ids go into recorded. It returns the plans that could be had, and what went wrong with the others. Where a plan was not made
// for what was asked, because the statement has no parameters or its statistics cannot be read, others of its class are not asked for.
func (a *App) askPlans(ctx context.Context, q explain.Question, recorded map[*plan.Plan]string, classes ...plan.Class) ([]*plan.Plan, error) {
	var plans []*plan.Plan
	var failures []error
	for _, class := range classes {
		q.Class = class
		if len(plans) > 0 && class != plan.Generic && plans[0].Origin.Class != plan.Heavy {
			continue
		}
		p, err := a.deps.Ask.Explain(ctx, q)
		if err == nil && hasKind(plans, p.Origin) {
			continue
		}
		if err == nil {
			plans = append(plans, p)
			recorded[p], err = a.recordPlan(p)
		}
		if err != nil && !slices.ContainsFunc(failures, func(f error) bool { return f.Error() == err.Error() }) {
			failures = append(failures, err)
		}
		if pgerr.State(err) == lockTimeout { // a lock that keeps this one out keeps the others out
			break
		}
	}
	return plans, errors.Join(failures...)
}

// lockTimeout is the SQLSTATE of lock_not_available.
const lockTimeout = "55P03"

// recordPlan puts a plan into the record and onto the timeline, and returns its id.
func (a *App) recordPlan(p *plan.Plan) (string, error) {
	if a.deps.Record == nil {
		return "", nil
	}
	event, err := playbooks.KeepPlan(a.deps.Record, p)
	if err != nil {
		return "", err
	}
	return event.Evidence[0], nil
}

// otherDatabase says in which database a plan was made where that is another than the one looked at.
func (a *App) otherDatabase(p *plan.Plan) []string {
	if last := a.window.Last(); last == nil || p.Origin.Database == "" || p.Origin.Database == last.Server.Database {
		return nil
	}
	return []string{"in database " + sqltext.CleanLine(p.Origin.Database)}
}

// showPlan shows the selected statement's plan, or what to press for it.
func (a *App) showPlan() {
	selected, ok := a.statements.Selected()
	switch {
	case a.window.Last() == nil && a.isReplay():
		a.plan.ShowNote("no samples")
		return
	case a.window.Last() == nil:
		a.plan.ShowNote("not connected")
		return
	case !ok:
		a.plan.ShowNote("no statement is selected")
		return
	}
	if a.isReplay() {
		a.showStoredPlans()
	}
	taken := a.plans[selected.StatementKey]
	switch {
	case taken != nil && len(taken.plans) > 0:
		if shown := taken.plans[taken.shown]; a.plan.Plan() != shown {
			a.plan.Show(shown, slices.Concat(a.takenAt(shown), a.otherDatabase(shown))...)
		}
	case a.explain.request != 0 && a.explain.statement == selected.StatementKey:
		a.plan.ShowNote(a.explain.doing)
	case taken != nil && taken.note != "":
		a.plan.ShowNote(taken.note)
	case a.isReplay():
		a.plan.ShowNote("no plan of this statement was taken by then")
	case a.whyNoExplain() != "":
		a.plan.ShowNote("no plan: " + a.whyNoExplain())
	default:
		a.plan.ShowNote("e takes the plan")
	}
}
