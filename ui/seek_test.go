package ui

import (
	"testing"
	"time"

	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/live"
)

// withRunning is a story whose first search has found a change that runs in session 77.
func withRunning() *App {
	a := story()
	a.deps.Ask = &live.Asker{}
	tell(a, 70, 0)
	a.seekAt = time.Time{}
	a.seek()
	a.Update(leftoversMsg{search: a.search, found: storyLeftovers()[:1]})
	return a
}

// sampleOf is the sample of second i with what session 77 does.
func sampleOf(a *App, i int, does ...probes.Backend) {
	u := storyUpdate(i, -1)
	for _, b := range does {
		b.PID, b.Type = 77, "client backend"
		u.Tick.Sample.Backends = append(u.Tick.Sample.Backends, b)
	}
	a.take(u)
}

// A change that runs is looked up again when its session has ended, rests or does something else, and now and then; not with every sample.
func TestRunningIsLookedUpAgain(t *testing.T) {
	busy := probes.Backend{State: "active", QueryStart: storyStart}
	for _, c := range []struct {
		name string
		at   int // second of the story; the search was in second 69
		does []probes.Backend
		want bool
	}{
		{"it still runs", 75, []probes.Backend{busy}, false},
		{"its session has ended", 75, nil, true},
		{"its session has ended just now", 70, nil, false},
		{"it rests", 75, []probes.Backend{{State: "idle", QueryStart: storyStart}}, true},
		{"it runs the next statement", 75, []probes.Backend{{State: "active", QueryStart: storyStart.Add(72 * time.Second)}}, true},
		{"it has run for long", 85, []probes.Backend{busy}, true},
		{"what it does may not be seen", 75, []probes.Backend{{}}, false},
	} {
		a := withRunning()
		sampleOf(a, c.at, c.does...)
		if got := a.seek() != nil; got != c.want {
			t.Errorf("%s: looked up again %v, want %v", c.name, got, c.want)
		}
	}
	a := withRunning()
	press(a, "enter")
	if sampleOf(a, 85); a.seek() != nil {
		t.Error("looked up again while it is followed")
	}
}

// Who starts pgmedic while a build runs is where its key works; who has begun to look around stays there, and is told the way.
func TestRunningIsReachedByTheKeyOnScreen(t *testing.T) {
	a := withRunning()
	wantShown(t, a, "  ⏎ watch it to its end")
	if press(a, "enter"); a.page != playbookPage || a.treatment.found == nil {
		t.Error("the key on the screen does not open it")
	}
	a = story()
	tell(a, 70, 0)
	press(a, "down")
	a.Update(leftoversMsg{search: a.search, found: storyLeftovers()[:1]})
	if a.focus != statementsPane {
		t.Error("the focus was taken away")
	}
	wantShown(t, a, "4 ⏎ watch it to its end")
	if press(a, "4", "enter"); a.page != playbookPage {
		t.Error("the keys on the screen do not open it")
	}
}

// What has ended has nothing left to be done, and that is not a lack of a playbook.
func TestEndedHasNothingLeftToDo(t *testing.T) {
	a := story()
	leftoversPage(a)
	press(a, "G", "enter")
	wantShown(t, a, "it has ended; nothing is left to do")
}

// A notice gives the keys back after a while; the end of a change that is not on screen is told until the next key.
func TestNoticeGivesTheKeysBack(t *testing.T) {
	a := story()
	outcomePage(a)
	wantShown(t, a, "u undo")
	a.tell("sent to the clipboard", false)
	a.Update(clockMsg(a.now.Add(tellGood - time.Second)))
	wantShown(t, a, "sent to the clipboard")
	a.Update(clockMsg(a.now.Add(time.Second)))
	wantHidden(t, a, "sent to the clipboard")
	wantShown(t, a, "u undo")

	a = story()
	progressPage(a)
	press(a, "esc")
	a.Update(outcomeMsg{request: a.request, outcome: playbooks.Outcome{State: playbooks.Failed}})
	a.Update(clockMsg(a.now.Add(time.Hour)))
	wantShown(t, a, "reports.reports: failed")
}

// What is typed is shown harmless; what it is stays as it was typed.
func TestTypedIsShownHarmless(t *testing.T) {
	p := newPrompt("its name: ", "a\u202eb")
	if got := p.shown(); got != `a\u202Eb▏` || p.input.Value() != "a\u202eb" {
		t.Errorf("shown %q, typed %q", got, p.input.Value())
	}
}

// While the server is away, the page of what is being applied says so and promises nothing.
func TestApplyingWhileTheServerIsAway(t *testing.T) {
	a := story()
	waitPage(a)
	wantShown(t, a, "it goes on when the wait ends")
	u := storyUpdate(0, 0)
	u.Tick = probes.Tick{Trouble: &probes.Trouble{At: a.now, Since: a.now, Doing: "connecting to", Target: "db-prod-1:5432", Reason: "no answer"}}
	a.Update(updateMsg{u})
	wantShown(t, a, "how it goes on is read when the server answers again")
	wantShown(t, a, "esc: back, whether it goes on is not known now")
	wantHidden(t, a, "it goes on when the wait ends")
	a.Update(updateMsg{storyUpdate(101, 30)})
	wantShown(t, a, "it goes on when the wait ends")
}
