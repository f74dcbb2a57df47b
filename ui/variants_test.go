package ui

import (
	"errors"
	"strings"
	"testing"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/pgmedic/pgmedic/playbooks"
)

// tellAll runs the commands and tells the model what they say, but for those that need a server.
func tellAll(a *App, command tea.Cmd) {
	if command == nil {
		return
	}
	switch msg := command().(type) {
	case tea.BatchMsg:
		for _, c := range msg {
			tellAll(a, c)
		}
	case adjustedMsg:
		a.Update(msg)
	}
}

// Each draft has its own preflight: that of the one before is dropped when it comes.
func TestChoosingAmongDrafts(t *testing.T) {
	a := story()
	variantsPage(a)
	wantShown(t, a, "▶ 2 btree · statements on completed reports too")
	wantShown(t, a, "CREATE INDEX CONCURRENTLY reports_whole_idx")
	second := a.request
	press(a, "shift+tab")
	wantShown(t, a, "▶ 1 partial btree")
	a.Update(preparedMsg{request: second, prepared: &playbooks.Prepared{Draft: storyVariants().Others[0], Checks: storyChecks()}})
	if a.treatment.stage != preparing {
		t.Error("the preflight of a draft that is not chosen any more is taken for that of the chosen one")
	}
	a.Update(preparedMsg{request: a.request, prepared: &playbooks.Prepared{Draft: a.treatment.draft, Checks: storyChecks()}})
	press(a, "3")
	if a.treatment.stage != preparing || a.treatment.prepared != nil || !strings.HasPrefix(a.treatment.draft.Word, "nnn") {
		t.Errorf("3 leads to %q at stage %d", a.treatment.draft.Word, a.treatment.stage)
	}
	if press(a, "3"); a.treatment.chosen() != 2 {
		t.Error("choosing the chosen one changes something")
	}
	if press(a, "tab"); a.treatment.chosen() != 0 {
		t.Error("the last draft is not followed by the first")
	}
	a = story()
	draftPage(a)
	press(a, "tab")
	wantShown(t, a, "there is no other draft")
	progressPage(a)
	for _, key := range []string{"tab", "1", "r"} {
		if press(a, key); !a.notice.bad {
			t.Errorf("%s can be pressed while it is applied", key)
		}
	}
}

// The typed confirmation is for the new name.
func TestRename(t *testing.T) {
	a := story()
	preparedPage(a)
	press(a, "r")
	wantShown(t, a, "its name: reports_dedup_idx▏")
	tellAll(a, press(a, "_2", "enter"))
	wantShown(t, a, "CREATE INDEX CONCURRENTLY reports_dedup_idx_2")
	if a.treatment.stage != preparing || a.treatment.draft.Word != "reports_dedup_idx_2" {
		t.Fatalf("the preflight is not done anew: stage %d, %s", a.treatment.stage, a.treatment.draft.Word)
	}
	a.Update(preparedMsg{request: a.request, prepared: &playbooks.Prepared{Draft: a.treatment.draft, Checks: storyChecks()}})
	press(a, "enter")
	wantShown(t, a, "reports_dedup_idx_2")
	if press(a, "esc", "r", "enter"); a.treatment.stage != ready {
		t.Error("the same name makes the preflight anew")
	}
}

// A name that cannot be is asked for again, with what is wrong; the draft stays as it was.
func TestRenameRefused(t *testing.T) {
	a := story()
	preparedPage(a)
	press(a, "r", "ctrl+u")
	tellAll(a, press(a, "taken", "enter"))
	wantShown(t, a, "the name taken is that of another index")
	wantShown(t, a, "its name: taken▏")
	if a.treatment.draft.Word != "reports_dedup_idx" || a.treatment.stage != preparing {
		t.Errorf("left with %s at stage %d", a.treatment.draft.Word, a.treatment.stage)
	}
	press(a, "esc")
	wantHidden(t, a, "is that of another index")
	old := a.request
	press(a, "r", "x", "enter", "esc")
	a.Update(adjustedMsg{request: old + 1, typed: "x", err: errors.New("too late")})
	wantHidden(t, a, "too late")
	if a.page != workbench || a.treatment != nil {
		t.Error("esc does not leave the page while the new draft is made")
	}
}
