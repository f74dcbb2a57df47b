package ui

import (
	"errors"
	"strings"
	"testing"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/record"
)

// A finding that is about no statement is opened by its key, and its draft is made for what the newest sample shows.
func TestAnyFindingIsRunByItsKey(t *testing.T) {
	a := story()
	room(a)
	wantShown(t, a, "⏎ make room")
	press(a, "2")
	wantShown(t, a, "4 ⏎ make room")
	if press(a, "4", "enter"); a.page != playbookPage || a.treatment.book.Name() != "room" {
		t.Fatalf("the finding's key leads to page %v", a.page)
	}
	wantShown(t, a, "drafting: reading what the sessions do")
}

// A frozen screen shows an old finding; what is drafted is the newest.
func TestDraftOfAFrozenScreenIsTheNewest(t *testing.T) {
	a := story()
	a.deps.Books = append(a.deps.Books, roomBook{})
	tell(a, 70, 8)
	press(a, "4", "down", " ")
	for i := range 4 {
		a.Update(updateMsg{storyUpdate(78+i, 8+i)})
	}
	shown, _ := a.found.Selected()
	if press(a, "enter"); a.treatment == nil || strings.Contains(a.treatment.title, shown.Title) {
		t.Fatalf("drafts for the old finding %q", shown.Title)
	}
	if seen, _ := a.treatment.look(); seen.Seen.Sample.At != a.window.Last().At {
		t.Error("it is not of the newest sample")
	}
}

// The finding that a person chose stays chosen when another comes above it.
func TestChosenFindingStaysChosen(t *testing.T) {
	a := story()
	room(a)
	a.Update(leftoversMsg{search: a.search, found: storyLeftovers()[:3]})
	a.Update(updateMsg{storyUpdate(100, 30)})
	if f, _ := a.found.Selected(); f.Playbook != "room" {
		t.Errorf("the selection went to %q", f.Title)
	}
}

func TestConfirmationOfManyListsThem(t *testing.T) {
	a := story()
	roomConfirm(a)
	for _, want := range []string{
		"terminate 50", "cannot be undone, for each of the 50: an ended session does not come back", "it acts on 50, in this order", "pid 4700", "… and 45 more, all of them below",
		"▲ caution  sessions: 45 of 50 are as listed", "c stops it at once: what was sent stays sent",
	} {
		wantShown(t, a, want)
	}
	press(a, "pgdown", "pgdown", "pgdown")
	wantShown(t, a, "pid 5043")
	wantShown(t, a, "once for each of the 50")
}

// What acts has no harm meter and no words of builds, and is stopped at once.
func TestProgressOfWhatActs(t *testing.T) {
	a := story()
	roomProgress(a)
	wantShown(t, a, "30 of 50 sessions")
	wantHidden(t, a, "others have waited")
	wantHidden(t, a, "before | after")
	if press(a, "c") == nil || a.prompt != nil {
		t.Error("c asks before it stops")
	}
}

// The tally stands first, then the rows that did not act, with why; those that did come last.
func TestOutcomeOfRows(t *testing.T) {
	a := story()
	roomOutcome(a)
	view := a.View()
	last := -1
	for _, want := range []string{"unfinished: 44 acted, 5 changed, 1 refused", "· changed    pid 4707: nothing was sent: the session has ended", "✗ refused    pid 4763", "✓ acted      pid 4700"} {
		at := strings.Index(view, want)
		if at < 0 || at < last {
			t.Errorf("%q stands at %d, after %d:\n%s", want, at, last, view)
		}
		last = at
	}
}

// R looks again: after an outcome, and on a draft whose list has become old.
func TestDraftAnew(t *testing.T) {
	a := story()
	roomPage(a)
	old := a.request
	if press(a, "R"); a.treatment.stage != drafting || a.request == old {
		t.Fatal("R does not draft anew")
	}
	if _, command := a.Update(preparedMsg{request: old, prepared: &playbooks.Prepared{Draft: storyTerminate(50)}}); command == nil || a.treatment.stage != drafting {
		t.Error("the preflight of the old draft is taken for the new one's")
	}
	roomOutcome(a)
	if press(a, "R"); a.treatment.stage != drafting || a.treatment.before.stage != finished {
		t.Error("R does not draft for what is left")
	}
	press(a, "esc", "p")
	wantShown(t, a, "44 acted")
	press(a, "u")
	wantShown(t, a, "there is nothing to take back")
}

// The line is held while another draft is made and applied; its page is a key away, and its end is told.
func TestHoldingTheLineBesideABuild(t *testing.T) {
	a := story()
	holdPage(a)
	hold := a.request
	wantShown(t, a, "214 calls cancelled")
	wantShown(t, a, "7 min left")
	wantShown(t, a, "older than 1 s, keep 10 free")
	press(a, "esc")
	wantShown(t, a, "● holding the line: 214 calls cancelled, 12 slots free now, least 9 since there was room, 7 min left")
	press(a, "2", "d")
	a.Update(draftMsg{request: a.request, draft: storyDraft()})
	build := a.request
	a.Update(preparedMsg{request: build, prepared: &playbooks.Prepared{Draft: storyDraft(), Checks: storyChecks()}})
	press(a, "enter", "reports_dedup_idx", "enter")
	a.Update(runMsg{request: build, run: &playbooks.Run{}})

	later := holdProgress()
	later.Done = 300
	a.Update(progressMsg{request: hold, run: &playbooks.Run{}, progress: later})
	a.Update(progressMsg{request: build, run: &playbooks.Run{}, progress: storyProgress()})
	wantShown(t, a, "holding the line: 300 calls cancelled")
	wantShown(t, a, "scanning table")
	press(a, "H")
	wantShown(t, a, "c stops it at once")
	wantHidden(t, a, "phase") // of the build
	if press(a, "c") == nil {
		t.Error("c does not stop it")
	}
	a.Update(outcomeMsg{request: build, outcome: storyOutcome()})
	wantShown(t, a, "applied") // told on the page of the hold
	press(a, "esc")
	wantShown(t, a, "indisvalid") // where H was pressed
	wantShown(t, a, "holding the line: 300 calls cancelled")
	press(a, "esc")
	a.Update(outcomeMsg{request: hold, outcome: holdOutcome()})
	press(a, "up")
	wantShown(t, a, "✓ done and read back · hold the line")
	press(a, "H")
	wantShown(t, a, "least 10, median 14 while it held")
	press(a, "esc")
	wantHidden(t, a, "shows it")
	if press(a, "H"); a.page != playbookPage {
		t.Error("what has ended cannot be looked at again")
	}
	press(a, "esc", "p", "enter")
	wantShown(t, a, "indisvalid")
}

// A draft that is read stays while the hold is looked at.
func TestLookingAtTheHoldKeepsTheDraft(t *testing.T) {
	a := story()
	holdAside(a)
	request := a.request
	press(a, "H")
	a.Update(preparedMsg{request: request, prepared: &playbooks.Prepared{Draft: storyDraft(), Checks: storyChecks()}})
	wantShown(t, a, "holding the line")
	press(a, "esc")
	if a.page != playbookPage || a.treatment.stage != ready {
		t.Fatalf("back on page %v at stage %d", a.page, a.treatment.stage)
	}
	press(a, "H", "R")
	if a.treatment.stage != applying {
		t.Error("the hold is drafted anew while it runs")
	}
	press(a, "?", "esc", "esc", "esc")
	if a.page != workbench || a.treatment != nil || len(a.aside) != 1 {
		t.Errorf("left with page %v, %v, %d aside", a.page, a.treatment, len(a.aside))
	}
}

// Leaving the page before the engine has answered the typed word puts the hold aside all the same.
func TestHoldThatBeginsAfterItsPageWasLeft(t *testing.T) {
	a := story()
	roomPage(a)
	press(a, "tab")
	a.Update(preparedMsg{request: a.request, prepared: &playbooks.Prepared{Draft: a.treatment.draft, Checks: storyGuard(50)[1:]}})
	press(a, "enter", "hold the line", "enter", "esc")
	request := a.request
	press(a, "4", "enter")
	wantShown(t, a, "another change is being applied")
	a.Update(runMsg{request: request, run: &playbooks.Run{}})
	if a.treatment != nil || len(a.aside) != 1 {
		t.Fatalf("%v on the page, %d aside", a.treatment, len(a.aside))
	}
	press(a, "H")
	wantShown(t, a, "▶ apply")
}

func TestQuitSaysWhatStops(t *testing.T) {
	a := story()
	holdPage(a)
	if isQuit(press(a, "esc", "q")) {
		t.Fatal("q leaves without a question")
	}
	wantShown(t, a, "hold the line stops with pgmedic")
	press(a, "z")
	if !isQuit(press(a, "q", "q")) {
		t.Error("q twice does not leave")
	}
	press(a, "2", "d")
	a.Update(draftMsg{request: a.request, draft: storyDraft()})
	a.Update(preparedMsg{request: a.request, prepared: &playbooks.Prepared{Draft: storyDraft(), Checks: storyChecks()}})
	press(a, "enter", "reports_dedup_idx", "enter", "esc", "q")
	wantShown(t, a, "stops with pgmedic · the work goes on in the server")
}

func TestPlaybooksByHand(t *testing.T) {
	a := story()
	press(a, "p")
	wantShown(t, a, "there is no sample yet")
	booksPage(a)
	wantShown(t, a, "playbooks · the selected statement is SELECT … FROM reports.reports")
	wantShown(t, a, "draft – draft an index")
	wantShown(t, a, "make room")
	if press(a, "down", "enter"); a.page != playbookPage || a.treatment.book.Name() != "room" {
		t.Fatal("the list does not start the playbook")
	}
	a.Update(draftMsg{request: a.request, err: &playbooks.NoDraft{Reason: "nothing may be ended", Instead: "ask the owners"}})
	wantShown(t, a, "nothing may be ended. Instead: ask the owners")
	press(a, ":", "make room", "enter")
	if a.treatment.stage != drafting || a.treatment.before != nil {
		t.Error("the palette does not start the playbook from a playbook's page")
	}
	press(a, "esc")
	lost(a)
	press(a, "p", "make room", "enter")
	wantShown(t, a, "make room: the server does not answer now")
}

// The single shots of a hold are its own; on the line of the timeline the run stands for them.
func TestShotsAreFolded(t *testing.T) {
	a := story()
	shot := record.Event{ID: "s", Kind: record.Acted, Title: "cancelled 12 calls", At: storyStart, Data: map[string]string{"run": "r"}}
	a.Update(timelineMsg{events: []record.Event{{ID: "r", Kind: record.Acted, Title: "applying: hold the line", At: storyStart}, shot}})
	wantShown(t, a, "applying: hold the line")
	wantHidden(t, a, "cancelled 12 calls")
}

// While sessions wait the pane does not say that there is nothing.
func TestEmptyFindingsNameTheLocks(t *testing.T) {
	a := story()
	pileUp(a)
	wantShown(t, a, "2 wait behind pid 4711")
	wantHidden(t, a, "none")
}

// What the engine refused after the word leaves the draft as it was, and nothing aside.
func TestRefusedHoldIsNotAside(t *testing.T) {
	a := story()
	roomPage(a)
	press(a, "tab")
	a.Update(preparedMsg{request: a.request, prepared: &playbooks.Prepared{Draft: a.treatment.draft, Checks: storyGuard(50)[1:]}})
	press(a, "enter", "hold the line", "enter")
	a.Update(runMsg{request: a.request, err: errors.New("nothing was sent: the record is full")})
	wantShown(t, a, "the record is full")
	press(a, "esc", "esc")
	if len(a.aside) != 0 || a.treatment != nil {
		t.Errorf("%d aside, %v on the page", len(a.aside), a.treatment)
	}
}

// At any size the new pages fit.
func TestSizesOfSessionPages(t *testing.T) {
	for _, do := range []func(*App){roomPage, roomConfirm, roomProgress, roomOutcome, holdPage, holdAside, booksPage} {
		a := story()
		do(a)
		for _, size := range [][2]int{{200, 60}, {60, 16}, {61, 17}, {100, 20}, {79, 70}} {
			a.Update(tea.WindowSizeMsg{Width: size[0], Height: size[1]})
			checkSize(t, a, size[0], size[1])
		}
	}
}

// The finding that a person is about to run stays selected when the findings change their order, which they do with every sample of an incident.
func TestFindingStaysSelectedWhereTheFocusIs(t *testing.T) {
	a := story()
	a.deps.Books = append(a.deps.Books, roomBook{})
	spike(a)
	press(a, "4")
	before, _ := a.found.Selected()
	a.deps.Books = []playbooks.Playbook{criticalBook{}, storyBook{}}
	a.Update(updateMsg{storyUpdate(100, 30)})
	if after, _ := a.found.Selected(); after.Playbook != before.Playbook {
		t.Errorf("the selection went from %q to %q", before.Title, after.Title)
	}
	press(a, "2")
	a.Update(updateMsg{storyUpdate(101, 31)})
	if press(a, "4", "g", "enter"); a.treatment.book.Name() != "room" {
		t.Error("the top finding is not the worst")
	}
}

// criticalBook sees the same as roomBook and calls it worse than all else.
type criticalBook struct{ roomBook }

func (b criticalBook) Diagnose(w *probes.Window) []playbooks.Finding {
	found := b.roomBook.Diagnose(w)
	for i := range found {
		found[i].Severity, found[i].Explains = playbooks.Critical, 1000
	}
	return found
}
