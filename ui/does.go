package ui

import (
	"slices"
	"strings"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/ui/draw"
)

// The functions here are what the actions do.

// far is more lines than there are.
const far = 1 << 20

func (a *App) explainSelected() tea.Cmd {
	selected, _ := a.selected()
	a.leaveText()
	a.statements.Select(selected.StatementKey)
	return a.estimate(selected)
}

func (a *App) otherPlan() tea.Cmd {
	selected, _ := a.statements.Selected()
	taken := a.plans[selected.StatementKey]
	taken.shown = (taken.shown + 1) % len(taken.plans)
	return nil
}

func (a *App) draftSelected() tea.Cmd {
	selected, _ := a.selected()
	a.leaveText()
	a.statements.Select(selected.StatementKey)
	return a.startDraft(a.book(indexBook), func() (playbooks.Finding, string) { return a.findingFor(indexBook, a.newest(selected)), "" })
}

// openConfirmation asks for the word, as soon as the preflight is done.
func (a *App) openConfirmation() tea.Cmd {
	if a.treatment.stage == preparing {
		a.treatment.asked = true
		return nil
	}
	return a.askConfirmation("")
}

func (a *App) openUndo() tea.Cmd {
	undo := a.treatment.undo()
	return tea.Batch(a.dropTreatment(), a.startUndo(undo))
}

func (a *App) askNote() tea.Cmd {
	label := "note: "
	if a.isReplay() {
		label = "note at " + draw.Clock(a.serverNow(), nil) + ": "
	}
	a.prompt = newPrompt(label, "")
	a.prompt.done = func(text string) tea.Cmd {
		if text = strings.TrimSpace(text); text == "" {
			return nil
		}
		return a.writeNote(text)
	}
	return nil
}

func (a *App) startReport() tea.Cmd {
	a.tell("writing the report…", false)
	return a.writeReport()
}

func (a *App) copySelected() tea.Cmd {
	text, what := a.copyable()
	return a.copyText(text, what)
}

// copyable returns what y copies here, and its name.
func (a *App) copyable() (text, what string) {
	if a.page == playbookPage {
		if a.treatment.draft == nil {
			return "", ""
		}
		return strings.Join(a.treatment.draft.SQL, ";\n") + ";\n", "the draft's SQL"
	}
	selected, ok := a.selected()
	if !ok {
		return "", ""
	}
	return selected.Text, "the statement's text"
}

func (a *App) askFilter() tea.Cmd {
	before := a.filter
	set := func(text string) {
		a.filter = text
		a.statements.SetFilter(text)
	}
	a.focus = statementsPane
	a.prompt = newPrompt("filter: ", a.filter)
	a.prompt.changed = set
	a.prompt.done = func(text string) tea.Cmd { set(text); return nil }
	a.prompt.back = func() { set(before) }
	return nil
}

func (a *App) open() tea.Cmd {
	if a.focus == findingsPane {
		f, _ := a.found.Selected()
		return a.openFinding(f)
	}
	load, _ := a.statements.Selected()
	a.read("statement", func(w int) []string { return a.statementLines(a.newest(load), w) })
	a.pager.shown = &load
	return nil
}

func (a *App) freeze() tea.Cmd {
	a.frozen = !a.frozen
	return nil
}

// intervalSetter is a source whose samples can be asked for more or less often.
type intervalSetter interface{ SetInterval(time.Duration) }

// The shortest and the longest time between samples.
const (
	LeastInterval = 200 * time.Millisecond
	MostInterval  = time.Minute
)

// intervals are the times between samples on offer, shortest first.
func intervals() []time.Duration {
	return []time.Duration{
		LeastInterval, 250 * time.Millisecond, 500 * time.Millisecond,
		time.Second, 2 * time.Second, 5 * time.Second, 10 * time.Second, 30 * time.Second, MostInterval,
	}
}

// shorter returns the next shorter interval on offer, or the same where there is none.
func shorter(d time.Duration) time.Duration {
	for _, step := range slices.Backward(intervals()) {
		if step < d {
			return step
		}
	}
	return d
}

// longer returns the next longer interval on offer, or the same where there is none.
func longer(d time.Duration) time.Duration {
	for _, step := range intervals() {
		if step > d {
			return step
		}
	}
	return d
}

// setInterval asks the source for a sample every so often.
func (a *App) setInterval(d time.Duration) tea.Cmd {
	a.interval = d
	a.deps.Source.(intervalSetter).SetInterval(a.interval)
	a.tell("a sample every "+draw.Duration(a.interval), false)
	return nil
}

func (a *App) nextPane(n int) tea.Cmd {
	a.focus = (a.focus + paneID(n) + paneCount) % paneCount
	return nil
}

// move moves the selection of what has the focus by n lines.
func (a *App) move(n int) tea.Cmd {
	switch {
	case a.page == playbookPage:
		a.treatment.steps.Scroll(n)
	case a.page == textPage:
		a.pager.scroll(n)
	case a.focus == statementsPane:
		a.statements.Move(n)
	case a.focus == planPane:
		a.plan.Move(n)
	case a.focus == findingsPane:
		a.found.Move(n)
	}
	return nil
}

// movePages is move by whole screens.
func (a *App) movePages(n int) tea.Cmd {
	lines := 1
	switch {
	case a.page == playbookPage:
		lines = a.treatment.steps.Page()
	case a.page == textPage:
		lines = a.pager.page()
	case a.focus == statementsPane:
		lines = a.statements.Page()
	case a.focus == planPane:
		lines = a.plan.Page()
	}
	return a.move(n * max(lines, 1))
}

// back goes one step towards the workbench's plain screen.
func (a *App) back() tea.Cmd {
	switch {
	case a.page == playbookPage:
		return a.leavePage()
	case a.page == textPage:
		a.leaveText()
	case a.zoomed:
		a.zoomed = false
	default:
		a.filter = ""
		a.statements.SetFilter("")
	}
	return nil
}

// leavePage leaves the playbook's page to where it was opened.
func (a *App) leavePage() tea.Cmd {
	t := a.treatment
	a.page, t.left = t.from, t.stage == finished
	if a.setAside(); a.treatment != t {
		return nil
	}
	return a.dropTreatment()
}

// leaveText closes the text page, where it is open.
func (a *App) leaveText() {
	if a.pager != nil {
		a.pager.end()
		a.page, a.pager = a.pager.from, nil
	}
}

func (a *App) openHelp() tea.Cmd {
	a.read("help", a.helpLines)
	return nil
}

func (a *App) quit() tea.Cmd {
	if a.whenLeft() == "" {
		return tea.Quit
	}
	a.leaving = true
	return nil
}
