package ui

import (
	"context"
	"errors"
	"fmt"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/probes/explain"
	"github.com/pgmedic/pgmedic/probes/plan"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// explaining is the EXPLAIN that is under way; at most one is, and a newer one takes its place.
type explaining struct {
	request int // 0: none
	queryID int64
	doing   string // for the pane, for example "planning…"
	cancel  context.CancelFunc
}

// takenPlans are the plans taken of one statement, the most telling first.
type takenPlans struct {
	plans []*plan.Plan
	shown int
	note  string // why there is no plan, or not the one with actual figures
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
	taken := a.plansOf(msg.queryID)
	taken.note = ""
	if msg.err != nil {
		taken.note = sqltext.Clean(msg.err.Error())
		a.tell("taking the plan: "+msg.err.Error(), true)
	}
	if len(msg.plans) == 0 {
		return nil
	}
	taken.add(msg.plans)
	if !msg.analyze && a.can().NoAnalyze == "" {
		return tea.Batch(a.readTimeline(), a.analyze(msg.queryID))
	}
	return a.readTimeline()
}

// plansOf returns where the plans of a statement are kept.
func (a *App) plansOf(queryID int64) *takenPlans {
	if a.plans[queryID] == nil {
		a.plans[queryID] = &takenPlans{}
	}
	return a.plans[queryID]
}

// estimate starts EXPLAIN of a statement.
func (a *App) estimate(queryID int64) tea.Cmd {
	request := a.newExplain(queryID, "planning for the heavy hitter's values…")
	command, cancel := a.takeEstimates(request, queryID)
	a.explain.cancel = cancel
	return command
}

// analyze starts EXPLAIN ANALYZE of a statement.
func (a *App) analyze(queryID int64) tea.Cmd {
	request := a.newExplain(queryID, "EXPLAIN ANALYZE runs it once with the heavy hitter's values, read-only, at most 30 s…")
	command, cancel := a.takeAnalyzed(request, queryID)
	a.explain.cancel = cancel
	return command
}

// newExplain puts a request in the place of the one under way, and returns its id.
func (a *App) newExplain(queryID int64, doing string) int {
	if a.explain.cancel != nil {
		a.explain.cancel()
	}
	a.request++
	a.explain = explaining{request: a.request, queryID: queryID, doing: doing}
	return a.request
}

// takeEstimates plans the statement for its heavy hitters and for unknown parameters. Nothing is run.
func (a *App) takeEstimates(request int, queryID int64) (tea.Cmd, context.CancelFunc) {
	return a.jobs.job(explainLimit, func(ctx context.Context) tea.Msg {
		msg := plansMsg{request: request, queryID: queryID}
		msg.plans, msg.err = a.askPlans(ctx, queryID, false, plan.Heavy, plan.Generic)
		return msg
	})
}

// takeAnalyzed runs the statement for its heavy hitters and brings the plan with actual figures.
func (a *App) takeAnalyzed(request int, queryID int64) (tea.Cmd, context.CancelFunc) {
	return a.jobs.job(analyzeLimit, func(ctx context.Context) tea.Msg {
		msg := plansMsg{request: request, queryID: queryID, analyze: true}
		msg.plans, msg.err = a.askPlans(ctx, queryID, true, plan.Heavy)
		return msg
	})
}

// askPlans asks for a plan of each class and records them. It returns the plans that could be had, and what went wrong with the others.
func (a *App) askPlans(ctx context.Context, queryID int64, analyze bool, classes ...plan.Class) ([]*plan.Plan, error) {
	text, err := a.deps.Ask.StatementText(ctx, queryID)
	if err != nil {
		return nil, fmt.Errorf("reading the statement's text: %w", err)
	}
	var plans []*plan.Plan
	var failures []error
	for _, class := range classes {
		p, err := a.deps.Ask.Explain(ctx, explain.Question{Statement: text, QueryID: queryID, Class: class, Analyze: analyze})
		if err == nil {
			plans = append(plans, p)
			err = a.recordPlan(p)
		}
		if err != nil {
			failures = append(failures, err)
		}
	}
	return plans, errors.Join(failures...)
}

// recordPlan puts a plan into the record and onto the timeline.
func (a *App) recordPlan(p *plan.Plan) error {
	if a.deps.Record == nil {
		return nil
	}
	_, err := playbooks.KeepPlan(a.deps.Record, p)
	return err
}

// showPlan shows the selected statement's plan, or what to press for it.
func (a *App) showPlan() {
	selected, ok := a.statements.Selected()
	switch {
	case a.window.Last() == nil:
		a.plan.ShowNote("not connected")
		return
	case !ok:
		a.plan.ShowNote("no statement is selected")
		return
	}
	taken := a.plans[selected.QueryID]
	switch {
	case taken != nil && len(taken.plans) > 0:
		if shown := taken.plans[taken.shown]; a.plan.Plan() != shown {
			a.plan.Show(shown)
		}
	case a.explain.request != 0 && a.explain.queryID == selected.QueryID:
		a.plan.ShowNote(a.explain.doing)
	case taken != nil && taken.note != "":
		a.plan.ShowNote(taken.note)
	case a.whyNoExplain() != "":
		a.plan.ShowNote("no plan: " + a.whyNoExplain())
	default:
		a.plan.ShowNote("e takes the plan")
	}
}
