package ui

import (
	"testing"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/pgmedic/pgmedic/playbooks"
)

// ⏎ before the preflight is done keeps the word's first letters from being taken for commands, and asks for the word when it is done.
func TestConfirmingBeforeThePreflightIsDone(t *testing.T) {
	a := story()
	draftPage(a)
	if press(a, "enter", "x", " ", "?", ":"); a.notice.text != "" || a.page != playbookPage || a.palette != nil {
		t.Errorf("a letter of the word was taken for a command:\n%s", a.View())
	}
	wantShown(t, a, "the preflight runs; then type the word")
	a.Update(preparedMsg{request: a.request, prepared: &playbooks.Prepared{Draft: storyDraft(), Checks: storyChecks()}})
	if a.prompt == nil {
		t.Fatal("the word is not asked for")
	}
	press(a, "x")
	wantShown(t, a, "▸ x▏")
	wantShown(t, a, "one transaction is 42 s old") // the preflight's caution must not be passed over
}

func TestEscTakesTheEarlyConfirmationBack(t *testing.T) {
	a := story()
	draftPage(a)
	press(a, "enter", "esc")
	if a.page != playbookPage || a.treatment == nil {
		t.Error("esc leaves the page")
	}
	a.Update(preparedMsg{request: a.request, prepared: &playbooks.Prepared{Draft: storyDraft(), Checks: storyChecks()}})
	if a.prompt != nil {
		t.Error("the word is asked for all the same")
	}
}

// A refused preflight asks for nothing, however early ⏎ came.
func TestEarlyConfirmationOfARefusedDraft(t *testing.T) {
	a := story()
	draftPage(a)
	press(a, "enter")
	refused := []playbooks.Check{{Verdict: playbooks.Refuse, Name: "owner", Saw: "oncall does not own it"}}
	a.Update(preparedMsg{request: a.request, prepared: &playbooks.Prepared{Draft: storyDraft(), Checks: refused}})
	if a.prompt != nil {
		t.Error("a refused draft asks for its word")
	}
}

// On a low terminal what is to be minded stands below: it can be read while the word is asked for.
func TestTheConfirmationIsRead(t *testing.T) {
	a := story()
	preparedPage(a)
	a.Update(tea.WindowSizeMsg{Width: 80, Height: 24})
	press(a, "enter")
	wantHidden(t, a, "cancelling leaves an INVALID index behind")
	press(a, "pgdown")
	wantShown(t, a, "cancelling leaves an INVALID index behind")
	press(a, "pgup")
	wantShown(t, a, "to go ahead, type in full")
	press(a, "reports_d", "down")
	wantShown(t, a, "to confirm: reports_d▏")
}

// The right word takes the complaint about the wrong one away; leaving the question takes what was typed away.
func TestComplaintAboutTheWord(t *testing.T) {
	const complaint = "nothing was sent: type reports_dedup_idx in full"
	a := story()
	preparedPage(a)
	press(a, "enter")
	a.askConfirmation(complaint)
	wantShown(t, a, complaint)
	press(a, "reports_dedup_idx")
	wantHidden(t, a, complaint)
	press(a, "esc")
	wantHidden(t, a, "▏")
}

func TestNextStepIsOfferedOnlyWhereThereIsOne(t *testing.T) {
	a := story()
	draftPage(a)
	wantHidden(t, a, "→ next step")
	a.Update(preparedMsg{request: a.request, prepared: &playbooks.Prepared{Draft: storyDraft(), Checks: storyChecks()}})
	press(a, "up") // takes the notice away
	wantShown(t, a, "→ next step")
}

func TestStepsOfAnEndedRunSayWhatWasDone(t *testing.T) {
	a := story()
	outcomePage(a)
	press(a, "left")
	wantShown(t, a, "applied in 13.0 s")
	press(a, "left")
	wantShown(t, a, "by typing reports_dedup_idx; sent")
	press(a, "u", "esc", "p", "enter", "left", "left")
	wantShown(t, a, "by typing reports_dedup_idx; sent")
}

// The guide's line follows the story.
func TestSceneFollowsTheStory(t *testing.T) {
	a := story()
	var seen Scene
	a.deps.Guide = func(s Scene) string { seen = s; return "the guide speaks" }
	draftPage(a)
	wantShown(t, a, "the guide speaks")
	if !seen.Drafted || seen.Word != "reports_dedup_idx" || seen.Applying || !seen.InIncident() {
		t.Errorf("with a draft: %+v", seen)
	}
	a = story()
	a.deps.Guide = func(s Scene) string { seen = s; return "" }
	progressPage(a)
	if a.View(); !seen.Applying || seen.Drafted {
		t.Errorf("while it is applied: %+v", seen)
	}
	a.Update(outcomeMsg{request: a.request, outcome: storyOutcome()})
	if a.View(); !seen.Applied || seen.Applying {
		t.Errorf("after it: %+v", seen)
	}
}
