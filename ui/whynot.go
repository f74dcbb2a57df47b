package ui

import (
	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/plan"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// The functions here say why an action is not possible now, for a person; empty: it is possible.

// selected returns the statement that keys act on: the one on the text page, or that of the selected finding where the findings have the focus.
func (a *App) selected() (probes.StatementLoad, bool) {
	if a.page == textPage {
		if a.pager.shown == nil {
			return probes.StatementLoad{}, false
		}
		return a.newest(*a.pager.shown), true
	}
	if a.focus == findingsPane {
		f, ok := a.found.Selected()
		return f.Statement, ok && f.Statement.QueryID != 0
	}
	return a.statements.Selected()
}

// whyNoExplain is whyNotExplain but for the selection.
func (a *App) whyNoExplain() string {
	switch {
	case a.can().NoExplain != "":
		return a.can().NoExplain
	case a.deps.Ask == nil:
		return "there is no server to ask"
	case a.trouble != nil:
		return "the server does not answer now"
	}
	return ""
}

func (a *App) whyNotExplain() string {
	if _, ok := a.selected(); !ok {
		return "select a statement first"
	}
	return a.whyNoExplain()
}

func (a *App) whyNoOtherPlan() string {
	selected, ok := a.statements.Selected()
	if ok && a.isReplay() && len(a.plansOf(selected.StatementKey).plans) < 2 {
		return "no other plan of this statement was taken by then"
	}
	if !ok || a.plans[selected.StatementKey] == nil || len(a.plans[selected.StatementKey].plans) < 2 {
		return "there is no other plan of this statement; e takes them"
	}
	return ""
}

// inDatabase says that a statement runs in another database, and what a pgmedic does that looks at it.
func inDatabase(database, does string) string {
	return "it runs in database " + database + ": pgmedic -d " + sqltext.ShellDatabase(database) + " " + does
}

// whyNotAnalyze says why EXPLAIN ANALYZE of the plan shown cannot be asked for.
func (a *App) whyNotAnalyze() string {
	if why := a.whyNotExplain(); why != "" {
		return why
	}
	if why := a.can().NoAnalyze; why != "" {
		return why
	}
	selected, _ := a.selected()
	if database := a.elsewhere(selected); database != "" {
		return inDatabase(database, "can run it")
	}
	if a.deps.Record == nil {
		return "nothing is being recorded, and an intent must be on record before anything is run"
	}
	taken := a.plans[selected.StatementKey]
	switch {
	case taken == nil || len(taken.plans) == 0 || taken.question.Statement == "":
		return "e takes its plan first: it is run with that plan's values"
	case taken.question.Database != "":
		return inDatabase(taken.question.Database, "can run it")
	case taken.plans[taken.shown].Origin.Class == plan.Generic && len(taken.plans[taken.shown].Origin.Parameters) > 0:
		return "the plan shown has no values to run it with; v shows the next one"
	}
	return ""
}

func (a *App) whyNotDraft() string {
	if a.book(indexBook) == nil {
		return "the index playbook is not there"
	}
	if selected, ok := a.selected(); ok && a.elsewhere(selected) != "" {
		return inDatabase(a.elsewhere(selected), "drafts an index for it")
	}
	if a.busy() != nil {
		return "another change is being applied; p shows it"
	}
	return a.whyNotExplain()
}

// whyNotApply says why a draft stays a draft.
func (a *App) whyNotApply() string {
	switch {
	case a.deps.Engine == nil:
		return "there is nothing to apply it with"
	case a.can().NoAct != "":
		return a.can().NoAct
	case a.deps.Record == nil:
		return "nothing is being recorded, and an intent must be on record before anything is changed"
	}
	return ""
}

func (a *App) whyNotConfirm() string {
	t := a.treatment
	if busy := a.busy(); busy != nil && busy != t {
		return "another change is being applied: " + busy.title
	}
	switch t.stage {
	case drafting, adjusting:
		return "the draft is not there yet"
	case preparing:
		return "" // the word is asked for as soon as the preflight is done
	case ready:
		return t.prepared.Refused()
	case starting, applying:
		return "it was confirmed and is being applied"
	case finished:
		return "it has ended"
	}
	return "there is nothing that could be applied"
}

func (a *App) whyNoNextStep() string {
	if a.treatment.steps.IsLast() {
		return "there is no step after this one yet"
	}
	return ""
}

func (a *App) whyNotCancel() string {
	switch {
	case a.treatment.stage != applying:
		return "nothing is being applied"
	case a.treatment.looksOn():
		return "it is somebody else's, and pgmedic only looks on"
	}
	return ""
}

func (a *App) whyNoUndo() string {
	if a.treatment.undo() == nil {
		return "there is nothing to take back"
	}
	if a.busy() != nil {
		return "another change is being applied"
	}
	return ""
}

func (a *App) whyNoRecord() string {
	if a.deps.Record == nil {
		return "nothing is being recorded"
	}
	return ""
}

func (a *App) whyNoCopy() string {
	if text, _ := a.copyable(); text == "" {
		return "there is nothing to copy here"
	}
	return ""
}

func (a *App) whyNotOpen() string {
	if a.focus == findingsPane {
		return a.whyNotFinding()
	}
	if _, ok := a.statements.Selected(); !ok {
		return "select a statement first"
	}
	return ""
}

func (a *App) whyNoInterval() string {
	if _, ok := a.deps.Source.(intervalSetter); !ok {
		return "this source has no interval"
	}
	return ""
}

func (a *App) whyNoWayBack() string {
	if a.page == workbench && !a.zoomed && a.filter == "" {
		return "this is the top; q leaves"
	}
	return ""
}
