package ui

import (
	"cmp"
	"slices"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/probes/record"
	"github.com/pgmedic/pgmedic/probes/sqltext"
	"github.com/pgmedic/pgmedic/probes/watch"
	"github.com/pgmedic/pgmedic/ui/panes"
)

// news takes what commands found out.
func (a *App) news(msg tea.Msg) tea.Cmd {
	var next tea.Cmd
	switch msg := msg.(type) {
	case clockMsg:
		a.now = time.Time(msg)
		if until := a.notice.until; !until.IsZero() && !a.now.Before(until) {
			a.notice = notice{}
		}
		next = a.tick()
	case updateMsg:
		if a.failed = msg.Failed; a.failed != nil {
			return tea.Quit
		}
		a.take(msg.Update)
		next = tea.Batch(a.waitUpdate(), a.seek())
	case moveMsg:
		next = a.takeMove(msg.Move)
	case storedPlansMsg:
		a.takeStoredPlans(msg)
	case updatesEndedMsg:
		a.ended = true
	case plansMsg:
		next = a.takePlans(msg)
	case tablesMsg:
		a.takeTables(msg)
	case leftoversMsg:
		next = a.takeLeftovers(msg)
	case draftMsg, adjustedMsg, preparedMsg, runMsg, attachedMsg, progressMsg, outcomeMsg:
		next = a.treatmentNews(msg)
	case timelineMsg:
		next = a.takeTimeline(msg)
	case noticeMsg:
		a.tell(msg.text, msg.bad)
		if a.notice.path = sqltext.CleanLine(msg.path); msg.path != "" {
			a.notice.until = time.Time{}
		}
	}
	a.show()
	return next
}

// take takes an update of the source.
func (a *App) take(u watch.Update) {
	a.now = a.deps.Now()
	a.recordErr = u.RecordErr
	a.addEvents(u.Events)
	switch tick := u.Tick; {
	case tick.Sample != nil:
		a.trouble = nil
		a.offset = tick.Sample.At.Sub(a.now)
		a.window.Add(tick.Sample, u.Assessment)
		a.fresh = true
	case tick.Trouble != nil:
		a.trouble = tick.Trouble
	}
}

// addEvents adds to the timeline what is not in it yet. An event without an id is on no record and cannot come twice. A title may hold
// what anybody typed or what stands in a foreign file.
func (a *App) addEvents(events []record.Event) {
	before := len(a.events)
	for _, e := range events {
		if e.ID != "" && a.eventIDs[e.ID] {
			continue
		}
		a.eventIDs[e.ID] = true
		e.Title = sqltext.CleanLine(e.Title) // a note may have been pasted
		e.Title = sqltext.CleanLine(e.Title)
		a.events = append(a.events, e)
	}
	if len(a.events) == before {
		return
	}
	slices.SortStableFunc(a.events, func(x, y record.Event) int { return x.At.Compare(y.At) })
}

// How long the last line says something: the keys, which it hides, come back.
const (
	tellGood = 5 * time.Second
	tellBad  = 15 * time.Second
)

// tell says something in the last line for a while, and at most until the next key. The text may hold what a server said.
func (a *App) tell(text string, bad bool) {
	a.notice = notice{text: sqltext.CleanLine(text), bad: bad, until: a.now.Add(tellGood)}
	if bad {
		a.notice.until = a.now.Add(tellBad)
	}
}

func (a *App) takeTimeline(msg timelineMsg) tea.Cmd {
	if msg.err != nil {
		a.tell("reading the timeline: "+msg.err.Error(), true)
		return nil
	}
	a.addEvents(msg.events)
	return nil
}

// show brings the panes up to date with the state. A frozen screen keeps its data.
func (a *App) show() {
	if !a.frozen {
		a.showData()
	}
	if a.treatment != nil {
		a.treatment.steps.SetStale(a.lostReason())
	}
	a.showPlan()
	a.showHeader()
	a.ticker.Show(a.happened(), time.UTC)
	a.showScrub()
	a.arrange()
}

// showData draws the newest sample, once.
func (a *App) showData() {
	if a.fresh {
		a.fresh = false
		a.connections.Show(a.window)
		a.statements.Show(a.window)
		a.diagnose()
		if a.pager != nil {
			a.pager.refresh()
		}
	}
	if a.pager != nil && a.pager.live {
		a.pager.stale = a.staleReason()
	}
	a.connections.SetStale(a.staleReason())
	a.statements.SetStale(a.staleReason())
	a.found.SetStale(a.staleReason())
}

// diagnose asks every playbook what it sees, worst first.
func (a *App) diagnose() {
	a.findings = nil
	for _, book := range a.deps.Books {
		a.findings = append(a.findings, book.Diagnose(a.window)...)
	}
	a.findings = append(a.findings, a.leftovers...)
	slices.SortStableFunc(a.findings, func(x, y playbooks.Finding) int {
		return cmp.Or(cmp.Compare(y.Severity, x.Severity), cmp.Compare(y.Explains, x.Explains))
	})
	waits := panes.LockHeadline(a.window)
	if waits != "" {
		waits += " · a shows the locks"
	}
	a.found.Show(a.findings, a.findingKey, waits, a.focus == findingsPane)
}
