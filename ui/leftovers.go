package ui

import (
	"context"
	"slices"
	"strings"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/record"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// leftoversLimit bounds a search for what changes have left behind, seekAgain is the time until one that failed is tried again.
const (
	leftoversLimit = 15 * time.Second
	seekAgain      = 5 * time.Second
)

// While a change runs that nobody here follows, what is said of it is looked up again: as soon as a sample shows that its session does something else, or nothing,
// and otherwise now and then.
const (
	seekEnded   = 2 * time.Second
	seekRunning = 15 * time.Second
)

// seek looks for what changes have left behind as soon as the server answers, and again while one runs.
func (a *App) seek() tea.Cmd {
	if a.window.Last() == nil || a.trouble != nil || a.now.Before(a.seekAt) && !a.mayHaveEnded() {
		return nil
	}
	return a.findLeftovers()
}

// mayHaveEnded says whether a change among the findings may not run any more. Samples that come anyway tell that; one that is followed tells it by itself.
func (a *App) mayHaveEnded() bool {
	last := a.window.Last()
	since := last.At.Sub(a.sought)
	return since >= seekEnded && a.busy() == nil && slices.ContainsFunc(a.leftovers, func(f playbooks.Finding) bool {
		r := f.Leftover.Running
		return r != nil && (since >= seekRunning || !isBusy(last, r, a.sought))
	})
}

// isBusy says whether the session of a change still does what it did at a time of the server's clock, or something that this role may not see.
func isBusy(s *probes.Sample, r *playbooks.Running, since time.Time) bool {
	return slices.ContainsFunc(s.Backends, func(b probes.Backend) bool {
		same := b.PID == r.PID && (r.BackendStart.IsZero() || b.BackendStart.IsZero() || b.BackendStart.Equal(r.BackendStart))
		return same && !strings.HasPrefix(b.State, "idle") && !b.QueryStart.After(since)
	})
}

// findLeftovers asks the playbooks for changes that run or were left half done. What they say has ended is put on record.
func (a *App) findLeftovers() tea.Cmd {
	a.seekAt = a.now.Add(far * time.Hour)
	last := a.window.Last()
	if a.deps.Ask == nil || last == nil {
		return nil
	}
	server, ended, earlier := last.Server, a.serverNow(), a.deps.Earlier
	a.sought = last.At
	a.search++
	search := a.search
	return a.jobs.run(leftoversLimit, func(ctx context.Context) tea.Msg {
		found, err := a.leftoversOf(ctx, server, earlier)
		if err == nil {
			err = a.closeEnded(found, ended)
		}
		return leftoversMsg{search, found, err}
	})
}

// leftoversOf asks every playbook that can tell.
func (a *App) leftoversOf(ctx context.Context, server probes.Server, earlier func() []record.Event) ([]playbooks.Finding, error) {
	events, err := a.done(server, earlier)
	if err != nil {
		return nil, err
	}
	var found []playbooks.Finding
	for _, book := range a.deps.Books {
		if finder, can := book.(playbooks.Finder); can {
			more, err := finder.Leftovers(ctx, a.deps.Ask, events)
			if err != nil {
				return nil, err
			}
			found = append(found, more...)
		}
	}
	return found, nil
}

// done is what is on record of changes to this database of this server, of this incident and of earlier ones.
func (a *App) done(server probes.Server, earlier func() []record.Event) ([]record.Event, error) {
	var events []record.Event
	if earlier != nil {
		events = earlier()
	}
	if a.deps.Record != nil {
		own, err := a.deps.Record.Events()
		if err != nil {
			return nil, err
		}
		events = append(events, own...)
	}
	return slices.DeleteFunc(events, func(e record.Event) bool { return e.Kind != record.Acted || !e.Concerns(server) }), nil
}

// closeEnded puts the end of what nobody watched on record.
func (a *App) closeEnded(found []playbooks.Finding, at time.Time) error {
	if a.deps.Record == nil {
		return nil
	}
	for _, f := range found {
		if f.Leftover.End == nil {
			continue
		}
		if _, err := a.deps.Record.AddEvent(f.Leftover.End(at)); err != nil {
			return err
		}
	}
	return nil
}

func (a *App) takeLeftovers(msg leftoversMsg) tea.Cmd {
	if msg.search != a.search {
		return nil // a newer search is under way, or has answered
	}
	if msg.err != nil {
		a.seekAt = a.now.Add(seekAgain)
		a.tell("looking for what earlier changes have left: "+msg.err.Error(), true)
		return nil
	}
	a.leftovers = msg.found
	for i := range a.leftovers {
		a.leftovers[i].Title = sqltext.CleanLine(a.leftovers[i].Title)
	}
	a.fresh = a.window.Last() != nil // they are shown with the findings
	a.goToRunning()
	return a.readTimeline()
}

// goToRunning brings who has just started pgmedic to a change that runs, so that the key which stands behind it does what it says.
func (a *App) goToRunning() {
	if a.touched || a.window.Last() == nil {
		return
	}
	a.diagnose()
	if i := slices.IndexFunc(a.findings, func(f playbooks.Finding) bool { return f.Leftover != nil && f.Leftover.Running != nil }); i >= 0 {
		a.focus = findingsPane
		a.found.Move(-far)
		a.found.Move(i)
	}
}

// openLeftover follows what runs, or shows what cleans up.
func (a *App) openLeftover(f playbooks.Finding) tea.Cmd {
	left := a.dropTreatment()
	t := a.begin(&treatment{title: f.Leftover.Draft.Title, found: f.Leftover.Running})
	if f.Leftover.Running == nil {
		return tea.Batch(left, a.takeDrafts(t, variants(f.Leftover.Draft), 0))
	}
	t.stage, t.draft, t.drafts = starting, f.Leftover.Draft, variants(f.Leftover.Draft)
	t.steps.Reset(t.title, "")
	t.steps.ShowDrafts(t.drafts, 0)
	t.steps.ShowFound(t.found.Ours)
	command, cancel := a.attach(t.request, f.Leftover)
	t.cancel = cancel
	return tea.Batch(left, command)
}

// attach begins to follow a change that was begun elsewhere. It is followed until cancel, and at most as long as the workbench is there.
func (a *App) attach(request int, l *playbooks.Leftover) (tea.Cmd, context.CancelFunc) {
	following, cancel := context.WithCancel(a.jobs.ctx)
	return a.jobs.run(prepareLimit, func(context.Context) tea.Msg {
		run, err := a.deps.Engine.Attach(following, l)
		return attachedMsg{request, run, err}
	}), cancel
}

func (a *App) attached(t *treatment, msg attachedMsg) tea.Cmd {
	if msg.err != nil {
		t.stage = refused
		t.steps.ShowNote(sqltext.Clean("it cannot be followed: " + msg.err.Error()))
		return nil
	}
	t.stage, t.run = applying, msg.run
	t.steps.ShowProgress(playbooks.RunProgress{})
	return a.follow(msg.request, msg.run)
}

// whyNoLeftover says why what was found at the start cannot be followed or cleaned up.
func (a *App) whyNoLeftover() string {
	if a.deps.Engine == nil {
		return "there is no server to ask"
	}
	return a.whyNoDraft()
}
