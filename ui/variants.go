package ui

import (
	"slices"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// chosen is the position of the chosen draft among those of the finding.
func (t *treatment) chosen() int { return max(slices.Index(t.drafts, t.draft), 0) }

// chooseNext chooses the draft n further, round and round.
func (a *App) chooseNext(n int) tea.Cmd {
	t := a.treatment
	return a.choose((t.chosen() + n + len(t.drafts)) % len(t.drafts))
}

// choose shows another draft of the same finding. Its preflight is its own: what was prepared of the other is given back.
func (a *App) choose(i int) tea.Cmd {
	t := a.treatment
	if i == t.chosen() {
		return nil
	}
	return tea.Batch(a.redraft(), a.takeDrafts(t, t.drafts, i))
}

// redraft lets go of the chosen draft's preflight, and waits for what takes its place.
func (a *App) redraft() tea.Cmd {
	t := a.treatment
	left := a.letGo(t)
	a.request++
	t.request, t.stage, t.prepared, t.cancel, t.asked = a.request, adjusting, nil, nil, false
	return left
}

// askAdjusted asks for the part of the draft that can be typed otherwise.
func (a *App) askAdjusted() tea.Cmd { return a.askAdjustedAgain(a.treatment.draft.Adjust.Value, "") }

// askAdjustedAgain asks with a text to begin with, and says what was wrong with it.
func (a *App) askAdjustedAgain(text, problem string) tea.Cmd {
	t := a.treatment
	t.steps.ShowNote(problem)
	a.prompt = newPrompt(t.draft.Adjust.What+": ", text)
	a.prompt.back = func() { t.steps.ShowNote("") }
	a.prompt.done = func(typed string) tea.Cmd {
		t.steps.ShowNote("")
		if typed == t.draft.Adjust.Value {
			return nil
		}
		left := a.redraft()
		command, cancel := a.adjust(t.request, t.draft, typed)
		t.cancel = cancel
		t.steps.ShowNote("drafting it anew with " + t.draft.Adjust.What + " as typed…")
		return tea.Batch(left, command)
	}
	return nil
}

// adjusted takes the draft as it was typed in the place of the old one. What is wrong with that is said, and the old draft stays.
func (a *App) adjusted(t *treatment, msg adjustedMsg) tea.Cmd {
	at, drafts := t.chosen(), slices.Clone(t.drafts)
	if msg.err == nil {
		drafts[at] = msg.draft
		return a.takeDrafts(t, drafts, at)
	}
	command := a.takeDrafts(t, drafts, at)
	problem := sqltext.Clean(msg.err.Error())
	if a.isAnswerable(t) {
		return tea.Batch(command, a.askAdjustedAgain(msg.typed, problem))
	}
	t.steps.ShowNote(problem)
	return command
}

// whyNoVariants says why there is no other draft to choose.
func (a *App) whyNoVariants() string {
	t := a.treatment
	if len(t.drafts) < 2 {
		return "there is no other draft"
	}
	return t.whyFixed()
}

// whyNoVariant says why the draft at i cannot be chosen.
func (a *App) whyNoVariant(i int) string {
	if why := a.whyNoVariants(); why != "" {
		return why
	}
	if i >= len(a.treatment.drafts) {
		return "there are no more drafts than the page lists"
	}
	return ""
}

func (a *App) whyNotAdjust() string {
	t := a.treatment
	switch {
	case t.draft == nil:
		return "there is no draft yet"
	case t.draft.Adjust == nil:
		return "nothing of it can be typed otherwise"
	}
	return t.whyFixed()
}

// whyFixed says why the draft is what it is by now; empty: it can still be changed.
func (t *treatment) whyFixed() string {
	switch t.stage {
	case drafting, adjusting:
		return "the draft is not there yet"
	case starting, applying:
		return "it was confirmed and is being applied"
	case finished:
		return "it has ended"
	}
	return ""
}
