package ui

import (
	"cmp"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/ui/panes"
)

// looker makes the finding that is drafted for, as the newest sample shows it. Where there is nothing to draft for, why says so.
type looker func() (f playbooks.Finding, why string)

// openFinding runs the playbook of a finding.
func (a *App) openFinding(f playbooks.Finding) tea.Cmd {
	if f.Leftover != nil {
		return a.openLeftover(f)
	}
	return a.startDraft(a.book(f.Playbook), func() (playbooks.Finding, string) { return a.newestOf(f), "" })
}

// newestOf is a finding as the newest sample shows it; the same where it is not known which of its findings that is.
func (a *App) newestOf(f playbooks.Finding) playbooks.Finding {
	now := a.book(f.Playbook).Diagnose(a.window)
	if i := panes.SameFinding(now, f); i >= 0 {
		return now[i]
	}
	return f
}

// draftAgain looks again and drafts anew for what is there now.
func (a *App) draftAgain() tea.Cmd { return a.startDraft(a.treatment.book, a.treatment.look) }

func (a *App) whyNotAgain() string {
	t := a.treatment
	switch {
	case t.look == nil:
		return "this is drafted but once"
	case t.stage == drafting || t.stage == adjusting:
		return "the draft is not there yet"
	case t.underWay():
		return "it was confirmed and is being applied"
	}
	return a.whyNoDraft()
}

// openPlaybook returns to the playbook's page, until what it showed has ended and the person has left it; then it lists the playbooks that a person can start.
func (a *App) openPlaybook() tea.Cmd {
	t := a.treatment
	if t != nil && !t.left {
		a.page = playbookPage
		return nil
	}
	title, entries := "playbooks", a.bookEntries()
	if chosen := a.chosen(); chosen.QueryID != 0 {
		title += " · the selected statement is " + statementLine(chosen)
	}
	if t != nil {
		entries = append([]entry{{name: "back", label: "back to what has ended: " + t.title, do: func() tea.Cmd { a.page = playbookPage; return nil }}}, entries...)
	}
	a.palette = newPalette(title, entries)
	return nil
}

func (a *App) whyNoPlaybook() string {
	if a.treatment == nil && a.window.Last() == nil {
		return "there is no sample yet"
	}
	return ""
}

// bookEntries start the playbooks that a person can start without a finding, the index playbook as its key does.
func (a *App) bookEntries() []entry {
	var entries []entry
	for _, act := range a.actions {
		if act.id == "draft" && act.on&a.page != 0 {
			entries = append(entries, a.actionEntry(act))
		}
	}
	return append(entries, a.handEntries()...)
}

// handEntries start the playbooks that a person can start without a finding.
func (a *App) handEntries() []entry {
	var entries []entry
	chosen := a.chosen()
	for _, book := range a.deps.Books {
		hand, can := book.(playbooks.ByHand)
		if !can {
			continue
		}
		look := func() (playbooks.Finding, string) { return hand.ByHand(a.window, a.newest(chosen)) }
		why := a.whyNoDraft()
		if why == "" {
			_, why = look()
		}
		do := func() tea.Cmd { return a.startDraft(book, look) }
		if why != "" {
			do = func() tea.Cmd { a.tell(hand.Offer()+": "+why, true); return nil }
		}
		entries = append(entries, entry{name: hand.Offer(), label: hand.Offer(), why: why, do: do})
	}
	return entries
}

// chosen is the statement that a playbook started by hand is about; its QueryID is 0 where none is selected.
func (a *App) chosen() probes.StatementLoad {
	if load, ok := a.selected(); ok {
		return load
	}
	load, _ := a.statements.Selected()
	return load
}

// whyNoDraft says why nothing can be drafted now.
func (a *App) whyNoDraft() string {
	switch {
	case a.busy() != nil:
		return "another change is being applied; p shows it"
	case a.isReplay():
		return a.can().NoAct
	case a.deps.Ask == nil:
		return "there is no server to ask"
	case a.trouble != nil:
		return "the server does not answer now"
	case a.window.Last() == nil:
		return "there is no sample yet"
	}
	return ""
}

// whyNotFinding says why the selected finding's playbook cannot be run.
func (a *App) whyNotFinding() string {
	f, ok := a.found.Selected()
	switch {
	case !ok:
		return "there is no finding"
	case f.Playbook == "" && f.Leftover != nil:
		return "it has ended; nothing is left to do"
	case f.Playbook == "":
		return "no playbook treats this yet"
	case f.Leftover != nil:
		return a.whyNoLeftover()
	case a.book(f.Playbook) == nil:
		return "the " + f.Playbook + " playbook is not there"
	case f.Seen != nil || f.Statement.QueryID == 0:
		return a.whyNoDraft()
	}
	return cmp.Or(a.whyNotTreat(f.Statement), a.whyNoExplain())
}

// whyNotTreat says why nothing can be drafted for a statement.
func (a *App) whyNotTreat(load probes.StatementLoad) string {
	if database := a.elsewhere(load); database != "" {
		return inDatabase(database, "treats it")
	}
	return a.whyNoDraft()
}
