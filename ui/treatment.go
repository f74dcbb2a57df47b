package ui

import (
	"errors"
	"fmt"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/plan"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// indexBook is the playbook that d runs on a statement.
const indexBook = "index"

// startDraft opens the playbook's page on a finding and asks for its draft.
func (a *App) startDraft(book playbooks.Playbook, finding playbooks.Finding) tea.Cmd {
	left := a.dropTreatment()
	a.request++
	title := fmt.Sprintf("%s · %s", book.Name(), finding.Title)
	command, cancel := a.draftFix(a.request, book, finding)
	a.treatment = &treatment{
		request: a.request, stage: drafting, title: title, statement: finding.Statement.StatementKey, cancel: cancel, before: a.treatment,
	}
	a.steps.Reset(title, "drafting: reading plans, statistics and existing indexes…")
	a.page = playbookPage
	return tea.Batch(left, command)
}

// startUndo opens the playbook's page on the draft that takes an applied one back.
func (a *App) startUndo(draft *playbooks.Draft) tea.Cmd {
	a.request++
	a.treatment = &treatment{request: a.request, title: draft.Title, statement: a.treatment.statement, before: a.treatment}
	a.page = playbookPage
	return a.takeDrafts(variants(draft), 0)
}

// variants are a draft and the others of its finding.
func variants(d *playbooks.Draft) []*playbooks.Draft {
	return append([]*playbooks.Draft{d}, d.Others...)
}

// takeDrafts shows the drafts of one finding and starts the preflight of the chosen one.
func (a *App) takeDrafts(drafts []*playbooks.Draft, chosen int) tea.Cmd {
	t, draft := a.treatment, drafts[chosen]
	t.drafts, t.draft, t.title, t.asked = drafts, draft, draft.Title, false
	a.steps.Reset(draft.Title, "")
	a.steps.ShowDrafts(drafts, chosen)
	if why := a.whyNotApply(); why != "" {
		t.stage = refused
		a.tell("this draft cannot be applied: "+why, true)
		return nil
	}
	t.stage = preparing
	command, cancel := a.prepare(t.request, draft)
	t.cancel = cancel
	return command
}

// dropTreatment lets go of a treatment in which nothing was confirmed, and returns to the one before it. One that is under way, or ended, stays.
func (a *App) dropTreatment() tea.Cmd {
	t := a.treatment
	if t == nil || t.underWay() || t.stage == finished {
		return nil
	}
	a.treatment = t.before
	if a.treatment != nil {
		a.showEnded(a.treatment)
	}
	return a.letGo(t)
}

// letGo ends the preflight of a treatment, or gives back the session that it has brought.
func (a *App) letGo(t *treatment) tea.Cmd {
	if t.cancel != nil {
		t.cancel()
	}
	if t.stage == ready {
		return a.abandon(t.prepared)
	}
	return nil
}

// showEnded shows a treatment again that has ended.
func (a *App) showEnded(t *treatment) {
	a.steps.Reset(t.title, "")
	a.steps.ShowDrafts([]*playbooks.Draft{t.draft}, 0)
	if t.found != nil {
		a.steps.ShowFound(t.found.Ours)
	} else {
		a.steps.ShowChecks(t.prepared.Checks, "")
		a.steps.ShowConfirmed(t.draft.Word, t.confirmed)
	}
	a.steps.ShowOutcome(t.outcome)
}

// treatmentNews takes what a command found out for the treatment. An answer that nobody waits for any more is dropped, and what it holds is given back.
func (a *App) treatmentNews(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case draftMsg:
		if a.awaits(msg.request, drafting) {
			return a.drafted(msg)
		}
	case preparedMsg:
		if a.awaits(msg.request, preparing) {
			return a.prepared(msg)
		} else if msg.prepared != nil {
			return a.abandon(msg.prepared)
		}
	case renamedMsg:
		if a.awaits(msg.request, renaming) {
			return a.renamed(msg)
		}
	case runMsg:
		if a.awaits(msg.request, starting) {
			return a.confirmed(msg)
		}
	case attachedMsg:
		if a.awaits(msg.request, starting) {
			return a.attached(msg)
		}
	case progressMsg:
		if a.awaits(msg.request, applying) {
			a.treatment.progress = msg.progress
			a.steps.ShowProgress(msg.progress)
		}
		return a.follow(msg.request, msg.run)
	case outcomeMsg:
		if a.awaits(msg.request, applying) {
			return a.takeOutcome(msg.outcome)
		}
	}
	return nil
}

// awaits says whether the treatment is at the stage that the answer to this request ends or goes on with.
func (a *App) awaits(request int, at stage) bool {
	t := a.treatment
	return t != nil && t.request == request && t.stage == at
}

func (a *App) drafted(msg draftMsg) tea.Cmd {
	if msg.err == nil {
		return a.takeDrafts(variants(msg.draft), 0)
	}
	a.treatment.stage = refused
	var none *playbooks.NoDraft
	if errors.As(msg.err, &none) {
		a.steps.ShowNoDraft(sqltext.Clean(msg.err.Error()), none.Rewrite)
	} else {
		a.steps.ShowNote(sqltext.Clean(msg.err.Error()))
	}
	return nil
}

func (a *App) prepared(msg preparedMsg) tea.Cmd {
	t := a.treatment
	if msg.err != nil {
		t.stage = refused
		a.steps.ShowNote(sqltext.Clean("preflight: " + msg.err.Error()))
		return nil
	}
	t.stage, t.prepared = ready, msg.prepared
	why := msg.prepared.Refused()
	a.steps.ShowChecks(msg.prepared.Checks, why)
	switch {
	case why != "":
		return nil
	case t.asked && a.page == playbookPage && !a.hasQuestion():
		return a.askConfirmation("")
	}
	a.tell("preflight done (→ shows it) · ⏎ confirms", false)
	return nil
}

// askConfirmation asks for the draft's word. The confirmation binds the draft on the page, whatever is selected elsewhere.
func (a *App) askConfirmation(problem string) tea.Cmd {
	prepared := a.treatment.prepared
	word := prepared.Draft.Word
	a.prompt = newPrompt("to confirm: ", "")
	a.prompt.hint = "⏎ sends · esc leaves · ↑↓ move the page"
	a.prompt.scroll = func(pages, lines int) { a.steps.Scroll(pages*a.steps.Page() + lines) }
	a.prompt.changed = func(typed string) {
		if typed == word {
			problem = ""
		}
		a.steps.ShowPrompt(word, a.prompt.shown(), problem)
	}
	a.prompt.back = func() { a.steps.ShowPrompt(word, "", "") }
	a.prompt.done = func(typed string) tea.Cmd {
		a.treatment.stage = starting
		return a.confirm(a.treatment.request, prepared, typed)
	}
	a.prompt.changed("")
	return nil
}

// confirmed takes the engine's decision on the typed word.
func (a *App) confirmed(msg runMsg) tea.Cmd {
	t := a.treatment
	if msg.err != nil {
		t.stage = ready
		a.tell(msg.err.Error(), true)
		if a.page == playbookPage && a.prompt == nil {
			return a.askConfirmation(a.notice.text)
		}
		return nil
	}
	t.stage, t.run, t.confirmed = applying, msg.run, a.serverNow()
	a.steps.ShowConfirmed(t.draft.Word, t.confirmed)
	a.steps.ShowProgress(playbooks.RunProgress{})
	return tea.Batch(a.follow(msg.request, msg.run), a.readTimeline())
}

// askCancel asks for the word that cancels the apply.
func (a *App) askCancel() tea.Cmd {
	const word = "cancel"
	run := a.treatment.run
	a.prompt = newPrompt("what is half done stays behind, as the draft says · type "+word+": ", "")
	a.prompt.done = func(typed string) tea.Cmd {
		if typed != word {
			a.tell("not cancelled: type "+word+" in full", true)
			return nil
		}
		return a.cancelRun(run)
	}
	return nil
}

// takeOutcome takes the outcome. Elsewhere than on its own page, which says it all, it is told until the next key: it must not be missed.
func (a *App) takeOutcome(outcome playbooks.Outcome) tea.Cmd {
	if outcome.Err != nil {
		outcome.Err = errors.New(sqltext.Clean(outcome.Err.Error()))
	}
	t := a.treatment
	t.stage, t.outcome = finished, outcome
	a.steps.ShowOutcome(outcome)
	if after := outcome.Verification.After; after != nil {
		a.plansOf(t.statement).add([]*plan.Plan{after})
	}
	if a.page != playbookPage || a.hasQuestion() {
		a.tell(outcomeLine(t.title, outcome), outcome.State != playbooks.Applied)
		a.notice.until = time.Time{}
	}
	return tea.Batch(a.readTimeline(), a.findLeftovers())
}

func outcomeLine(title string, o playbooks.Outcome) string {
	line := fmt.Sprintf("%s: %s", title, o.State)
	if o.Err != nil {
		line += ": " + o.Err.Error()
	}
	if o.Next != "" {
		line += " · " + o.Next
	}
	return line
}

// findingFor returns the playbook's finding on a statement, or makes one where the playbook itself saw no symptom.
func (a *App) findingFor(book string, load probes.StatementLoad) playbooks.Finding {
	for _, f := range a.findings {
		if f.Playbook == book && f.Statement.StatementKey == load.StatementKey {
			return f
		}
	}
	return playbooks.Finding{
		Playbook: book, Severity: playbooks.Note, Title: "chosen by hand: " + statementLine(load), Explains: load.Held, Load: load.Load, Statement: load,
	}
}
