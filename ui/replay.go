package ui

import (
	"context"
	"fmt"
	"slices"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/pgmedic/pgmedic/probes/plan"
	"github.com/pgmedic/pgmedic/probes/record"
	"github.com/pgmedic/pgmedic/probes/replay"
	"github.com/pgmedic/pgmedic/probes/sqltext"
	"github.com/pgmedic/pgmedic/ui/draw"
	"github.com/pgmedic/pgmedic/ui/panes"
)

// Player moves through a recorded incident. *replay.Player is one.
type Player interface {
	Toggle()
	Faster()
	Slower()
	Step(n int)
	Seek(at time.Time)
}

// replaying is where the replay stands, as of its last move.
type replaying struct {
	replay.State
	opened bool // a move has come
	curve  []record.Point
	plans  []record.StoredPlan // of the file, oldest first
}

// The messages of a replay.
type (
	// moveMsg says where the replay stands now.
	moveMsg struct{ replay.Move }

	// storedPlansMsg brings the plans of the file.
	storedPlansMsg struct {
		plans []record.StoredPlan
		err   error
	}
)

// isReplay says whether the workbench is on a recorded incident.
func (a *App) isReplay() bool { return a.deps.Player != nil }

// startReplay reads what the file holds beside its samples, and waits for the first of those.
func (a *App) startReplay() tea.Cmd {
	return tea.Batch(a.waitMove(), a.readTimeline(), a.readPlans())
}

func (a *App) readPlans() tea.Cmd {
	return a.jobs.run(recordLimit, func(context.Context) tea.Msg {
		plans, err := a.deps.Record.Plans()
		return storedPlansMsg{plans, err}
	})
}

func (a *App) waitMove() tea.Cmd {
	moves := a.deps.Moves
	return a.jobs.run(0, func(ctx context.Context) tea.Msg {
		select {
		case move, open := <-moves:
			if !open {
				return updatesEndedMsg{}
			}
			return moveMsg{move}
		case <-ctx.Done():
			return nil
		}
	})
}

// takeMove shows what the position brings.
func (a *App) takeMove(m replay.Move) tea.Cmd {
	if a.failed = m.Failed; a.failed != nil {
		return tea.Quit
	}
	a.now = a.deps.Now()
	grown := a.replay.opened && m.To.After(a.replay.To)
	a.replay.State, a.replay.curve, a.replay.opened = m.State, m.Curve, true
	if m.Window != nil {
		a.window, a.fresh = m.Window, true
	}
	for _, r := range m.Samples {
		a.window.Add(r.Sample, r.Assessment)
		a.fresh = true
	}
	if last := a.window.Last(); last != nil {
		a.interval = last.Interval
	}
	if m.From.IsZero() {
		a.found.Show(nil, a.findingKey, "no samples", false)
	}
	switch {
	case m.Err != nil:
		a.tell(m.Err.Error(), true)
	case m.Skipped > 0:
		a.tell("nothing was recorded for "+wholeSeconds(m.Skipped)+": left out", false)
	case m.Ended:
		a.tell("the record ends here; { and J go back", false)
	}
	if grown { // it is still being written
		return tea.Batch(a.waitMove(), a.readTimeline(), a.readPlans())
	}
	return a.waitMove()
}

func (a *App) takeStoredPlans(msg storedPlansMsg) {
	if msg.err != nil {
		a.tell(msg.err.Error(), true)
		return
	}
	a.replay.plans = msg.plans
}

// showStoredPlans puts those of the statement's plans in the file where plans are kept that were taken by the position, the newest first.
func (a *App) showStoredPlans() {
	selected, ok := a.statements.Selected()
	if !ok {
		return
	}
	var plans []*plan.Plan
	for _, stored := range a.replay.plans {
		if o := stored.Plan.Origin; o.QueryID == selected.QueryID && !o.TakenAt.After(a.replay.At) {
			plans = append(plans, stored.Plan)
		}
	}
	slices.Reverse(plans)
	if taken := a.plansOf(selected.StatementKey); !slices.Equal(taken.plans, plans) {
		taken.plans, taken.shown = plans, 0
	}
}

// takenAt says when a plan of the file was taken.
func (a *App) takenAt(p *plan.Plan) []string {
	if !a.isReplay() {
		return nil
	}
	return []string{"as it was stored, taken at " + draw.Clock(p.Origin.TakenAt, nil) + " UTC"}
}

// happened are the events up to the position; in the live workbench all of them.
func (a *App) happened() []record.Event {
	if !a.isReplay() {
		return a.events
	}
	n, _ := slices.BinarySearchFunc(a.events, a.replay.At, func(e record.Event, at time.Time) int {
		if e.At.After(at) {
			return 1
		}
		return -1
	})
	return a.events[:n]
}

// replayBanner says what a file without samples has to offer.
func (a *App) replayBanner() string {
	switch {
	case !a.replay.opened:
		return "reading " + sqltext.CleanLine(a.target()) + "…"
	case a.replay.From.IsZero():
		return fmt.Sprintf("● this file holds no samples: there is nothing to play. Its timeline holds %s; n adds a note, x writes the report",
			draw.Counted(int64(len(a.events)), "event", "events"))
	}
	return "reading the samples…"
}

// replayTitle stands in the header in the place of what says that the workbench is live.
func (a *App) replayTitle() string {
	sign := "‖"
	if a.replay.Playing {
		sign = "▶"
	}
	return "REPLAY " + sign + " " + speedText(a.replay.Speed)
}

// speedText is a speed as people write it: 0.25×, 16×.
func speedText(speed float64) string { return fmt.Sprintf("%g×", speed) }

func (a *App) showScrub() {
	data := panes.ScrubData{Curve: a.replay.curve, From: a.replay.From, To: a.replay.To, At: a.replay.At, Events: a.events}
	if a.replay.Reading {
		data.Note = "baselines…"
	}
	a.scrub.Show(data)
}
