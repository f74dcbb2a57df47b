package ui

import (
	tea "github.com/charmbracelet/bubbletea"

	"github.com/pgmedic/pgmedic/probes/record"
	"github.com/pgmedic/pgmedic/ui/draw"
)

func replayActions() []action {
	const on = workbench | textPage
	step := func(n int) func(*App) tea.Cmd { return func(a *App) tea.Cmd { return a.step(n) } }
	mark := func(n int) func(*App) tea.Cmd { return func(a *App) tea.Cmd { return a.goMark(n) } }
	noMark := func(n int) func(*App) string { return func(a *App) string { return a.whyNoMark(n) } }
	return []action{
		{id: "play", keys: []string{" "}, hint: "play/pause", group: groupReplay, on: on, in: onRecord, why: (*App).whyNoSamples, do: (*App).play,
			help: "play the recorded incident, or pause"},
		{id: "step", keys: []string{"right"}, hint: "step", group: groupReplay, on: on, in: onRecord, why: (*App).whyNoSamples, do: step(1),
			help: "pause, and go to the next sample"},
		{id: "step back", keys: []string{"left"}, group: groupReplay, on: on, in: onRecord, why: (*App).whyNoSamples, do: step(-1),
			help: "pause, and go to the sample before"},
		{id: "play faster", keys: []string{"]"}, hint: "faster", group: groupReplay, on: on, in: onRecord, why: (*App).whyNoSamples,
			do: func(a *App) tea.Cmd { a.deps.Player.Faster(); return nil }, help: "play faster, up to 16×"},
		{id: "play slower", keys: []string{"["}, group: groupReplay, on: on, in: onRecord, why: (*App).whyNoSamples,
			do: func(a *App) tea.Cmd { a.deps.Player.Slower(); return nil }, help: "play more slowly, down to 0.25×"},
		{id: "next mark", keys: []string{"}"}, hint: "next mark", group: groupReplay, on: on, in: onRecord, why: noMark(1), do: mark(1),
			help: "go to the next mark or starred event"},
		{id: "previous mark", keys: []string{"{"}, group: groupReplay, on: on, in: onRecord, why: noMark(-1), do: mark(-1),
			help: "go to the mark or starred event before"},
		{id: "jump", keys: []string{"J"}, hint: "jump", group: groupReplay, on: on, in: onRecord, why: (*App).whyNoSamples, do: (*App).askJump,
			help: "go to an event, or to a time: 16:20, 16:20:05, +5m, -30s, start, end"},
	}
}

func (a *App) whyNoSamples() string {
	switch {
	case !a.replay.opened:
		return "the file is still being read"
	case a.replay.From.IsZero():
		return "there are no samples to go through"
	}
	return ""
}

// play plays, or pauses.
func (a *App) play() tea.Cmd { a.deps.Player.Toggle(); return nil }

// step goes by samples.
func (a *App) step(n int) tea.Cmd { a.deps.Player.Step(n); return nil }

// goMark goes to the next mark, or the one before where n is negative. What a person starred counts as one.
func (a *App) goMark(n int) tea.Cmd {
	if e := a.mark(n); e != nil {
		a.goEvent(*e)
	}
	return nil
}

func (a *App) goEvent(e record.Event) {
	a.deps.Player.Seek(e.At)
	a.tell(draw.Clock(e.At, nil)+" "+e.Title, false)
}

// mark is the nearest one after the position, or before it where n is negative; nil: there is none.
func (a *App) mark(n int) *record.Event {
	var before *record.Event
	for i, e := range a.events {
		switch {
		case e.Kind != record.Mark && !e.Star:
		case e.At.Before(a.replay.At):
			before = &a.events[i]
		case n > 0 && e.At.After(a.replay.At):
			return &a.events[i]
		}
	}
	if n > 0 {
		return nil
	}
	return before
}

func (a *App) whyNoMark(n int) string {
	switch why := a.whyNoSamples(); {
	case why != "":
		return why
	case a.mark(n) == nil && n > 0:
		return "there is no mark after this"
	case a.mark(n) == nil:
		return "there is no mark before this"
	}
	return ""
}
