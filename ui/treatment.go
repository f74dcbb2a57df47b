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

// startDraft opens the playbook's page on the finding that look makes, and asks for its draft.
func (a *App) startDraft(book playbooks.Playbook, look looker) tea.Cmd {
	finding, why := look()
	if why != "" {
		a.tell(why, true)
		return nil
	}
	left := a.dropTreatment()
	title := fmt.Sprintf("%s · %s", book.Name(), finding.Title)
	t := a.begin(&treatment{stage: drafting, title: title, book: book, look: look, statement: finding.Statement.StatementKey})
	t.steps.Reset(title, draftingNote(finding))
	command, cancel := a.draftFix(t.request, book, finding)
	t.cancel = cancel
	return tea.Batch(left, command)
}

// draftingNote says what a playbook reads for a draft.
func draftingNote(f playbooks.Finding) string {
	if f.Seen != nil {
		return "drafting: reading what the sessions do…"
	}
	return "drafting: reading plans, statistics and existing indexes…"
}

// begin opens the playbook's page on a treatment.
func (a *App) begin(t *treatment) *treatment {
	a.request++
	t.request, t.before, t.from = a.request, a.treatment, workbench
	a.treatment, a.page = t, playbookPage
	return t
}

// startUndo opens the playbook's page on the draft that takes an applied one back.
func (a *App) startUndo(draft *playbooks.Draft) tea.Cmd {
	t := a.begin(&treatment{title: draft.Title, statement: a.treatment.statement})
	return a.takeDrafts(t, variants(draft), 0)
}

// variants are a draft and the others of its finding.
func variants(d *playbooks.Draft) []*playbooks.Draft {
	return append([]*playbooks.Draft{d}, d.Others...)
}

// takeDrafts shows the drafts of one finding and starts the preflight of the chosen one.
func (a *App) takeDrafts(t *treatment, drafts []*playbooks.Draft, chosen int) tea.Cmd {
	draft := drafts[chosen]
	t.drafts, t.draft, t.title, t.asked = drafts, draft, draft.Title, false
	t.steps.Reset(draft.Title, "")
	t.steps.ShowDrafts(drafts, chosen)
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

// dropTreatment lets go of a treatment in which nothing was confirmed, and returns to the one before it. One that is under way, or ended, stays, or is put aside.
func (a *App) dropTreatment() tea.Cmd {
	a.setAside()
	t := a.treatment
	if t == nil || t.underWay() || t.stage == finished {
		return nil
	}
	a.treatment = t.before
	if a.treatment != nil {
		a.treatment.steps.ShowNewest()
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

// treatmentNews takes what a command found out for the treatment. An answer that nobody waits for any more is dropped, and what it holds is given back.
func (a *App) treatmentNews(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case draftMsg:
		if t := a.awaiting(msg.request, drafting); t != nil {
			return a.drafted(t, msg)
		}
	case preparedMsg:
		if t := a.awaiting(msg.request, preparing); t != nil {
			return a.prepared(t, msg)
		} else if msg.prepared != nil {
			return a.abandon(msg.prepared)
		}
	case adjustedMsg:
		if t := a.awaiting(msg.request, adjusting); t != nil {
			return a.adjusted(t, msg)
		}
	case runMsg:
		if t := a.awaiting(msg.request, starting); t != nil {
			return a.confirmed(t, msg)
		}
	case attachedMsg:
		if t := a.awaiting(msg.request, starting); t != nil {
			return a.attached(t, msg)
		}
	case progressMsg:
		if t := a.awaiting(msg.request, applying); t != nil {
			t.progress = msg.progress
			t.steps.ShowProgress(msg.progress)
		}
		return a.follow(msg.request, msg.run)
	case outcomeMsg:
		if t := a.awaiting(msg.request, applying); t != nil {
			return a.takeOutcome(t, msg.outcome)
		}
	}
	return nil
}

func (a *App) drafted(t *treatment, msg draftMsg) tea.Cmd {
	if msg.err == nil {
		return a.takeDrafts(t, variants(msg.draft), 0)
	}
	t.stage = refused
	var none *playbooks.NoDraft
	if errors.As(msg.err, &none) {
		t.steps.ShowNoDraft(sqltext.Clean(msg.err.Error()), none.Rewrite)
	} else {
		t.steps.ShowNote(sqltext.Clean(msg.err.Error()))
	}
	return nil
}

func (a *App) prepared(t *treatment, msg preparedMsg) tea.Cmd {
	if msg.err != nil {
		t.stage = refused
		t.steps.ShowNote(sqltext.Clean("preflight: " + msg.err.Error()))
		return nil
	}
	t.stage, t.prepared = ready, msg.prepared
	why := msg.prepared.Refused()
	t.steps.ShowChecks(msg.prepared.Checks, why)
	switch {
	case why != "":
		return nil
	case t.asked && a.isAnswerable(t):
		return a.askConfirmation("")
	}
	a.tell("preflight done (→ shows it) · ⏎ confirms", false)
	return nil
}

// isAnswerable says whether the treatment's page has the keys, so that a question can be asked on it.
func (a *App) isAnswerable(t *treatment) bool {
	return a.treatment == t && a.page == playbookPage && !a.hasQuestion()
}

// askConfirmation asks for the draft's word. The confirmation binds the draft on the page, whatever is selected elsewhere.
func (a *App) askConfirmation(problem string) tea.Cmd {
	t := a.treatment
	prepared := t.prepared
	word := prepared.Draft.Word
	a.prompt = newPrompt("to confirm: ", "")
	a.prompt.hint = "⏎ sends · esc leaves · ↑↓ move the page"
	a.prompt.scroll = func(pages, lines int) { t.steps.Scroll(pages*t.steps.Page() + lines) }
	a.prompt.changed = func(typed string) {
		if typed == word {
			problem = ""
		}
		t.steps.ShowPrompt(word, a.prompt.shown(), problem)
	}
	a.prompt.back = func() { t.steps.ShowPrompt(word, "", "") }
	a.prompt.done = func(typed string) tea.Cmd {
		t.stage = starting
		return a.confirm(t.request, prepared, typed)
	}
	a.prompt.changed("")
	return nil
}

// confirmed takes the engine's decision on the typed word.
func (a *App) confirmed(t *treatment, msg runMsg) tea.Cmd {
	if msg.err != nil {
		t.stage = ready
		a.tell(msg.err.Error(), true)
		if a.isAnswerable(t) {
			return a.askConfirmation(a.notice.text)
		}
		return nil
	}
	t.stage, t.run, t.confirmed = applying, msg.run, a.serverNow()
	t.steps.ShowConfirmed(t.draft.Word, t.confirmed)
	t.steps.ShowProgress(playbooks.RunProgress{})
	if a.treatment == t && !a.isShown(t) {
		a.setAside()
	}
	return tea.Batch(a.follow(msg.request, msg.run), a.readTimeline())
}

// askCancel asks for the word that cancels the apply. What acts by itself is stopped at once: nothing is half done then.
func (a *App) askCancel() tea.Cmd {
	const word = "cancel"
	run := a.treatment.run
	if a.treatment.acts() {
		return a.cancelRun(run, "it stops: nothing more is sent, and what was sent is read back")
	}
	a.prompt = newPrompt("what is half done stays behind, as the draft says · type "+word+": ", "")
	a.prompt.done = func(typed string) tea.Cmd {
		if typed != word {
			a.tell("not cancelled: type "+word+" in full", true)
			return nil
		}
		return a.cancelRun(run, "the server was asked to cancel; waiting for what is left behind")
	}
	return nil
}

// takeOutcome takes the outcome. Elsewhere than on its own page, which says it all, it is told until the next key: it must not be missed.
func (a *App) takeOutcome(t *treatment, outcome playbooks.Outcome) tea.Cmd {
	if outcome.Err != nil {
		outcome.Err = errors.New(sqltext.Clean(outcome.Err.Error()))
	}
	t.stage, t.outcome = finished, outcome
	t.steps.ShowOutcome(outcome)
	if after := outcome.Verification.After; after != nil {
		a.plansOf(t.statement).add([]*plan.Plan{after})
	}
	t.unseen = !a.isShown(t)
	if a.page != playbookPage || t.unseen || a.hasQuestion() {
		a.tell(outcomeLine(t.title, outcome), outcome.State != playbooks.Applied)
		a.notice.until = time.Time{}
	}
	return tea.Batch(a.readTimeline(), a.findLeftovers())
}

func outcomeLine(title string, o playbooks.Outcome) string {
	line := fmt.Sprintf("%s: %s", title, o.State)
	if tally := playbooks.Tally(o.Verification.Rows); tally != "" {
		line += ", " + tally
	}
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
