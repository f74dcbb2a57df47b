package ui

import (
	"bytes"
	"errors"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/plan"
	"github.com/pgmedic/pgmedic/probes/record"
)

func story() *App { return newStory(160, 45, looks[2]) }

func wantShown(t *testing.T, a *App, text string) {
	t.Helper()
	if !strings.Contains(a.View(), text) {
		t.Errorf("the screen does not show %q:\n%s", text, a.View())
	}
}

func wantHidden(t *testing.T, a *App, text string) {
	t.Helper()
	if strings.Contains(a.View(), text) {
		t.Errorf("the screen shows %q:\n%s", text, a.View())
	}
}

func isQuit(command tea.Cmd) bool {
	if command == nil {
		return false
	}
	_, quit := command().(tea.QuitMsg)
	return quit
}

// One key has one meaning on a page, and every action can be found in the help.
func TestActionsTable(t *testing.T) {
	for _, m := range []mode{onServer, onRecord} {
		checkActions(t, actionsIn(m))
	}
	for _, act := range actions() {
		if !strings.Contains(KeyTable(), act.help) {
			t.Errorf("the documentation's table does not hold the action %q", act.id)
		}
	}
}

func checkActions(t *testing.T, actions []action) {
	t.Helper()
	seen := map[string]string{}
	for _, act := range actions {
		if act.help == "" || act.do == nil || len(act.keys) == 0 {
			t.Errorf("the action %q is not complete", act.id)
		}
		for _, p := range []page{workbench, playbookPage, textPage} {
			for _, key := range act.keys {
				place := string(rune(p)) + key
				if act.on&p != 0 && seen[place] != "" {
					t.Errorf("%q means %s and %s on page %d", key, seen[place], act.id, p)
				}
				if act.on&p != 0 {
					seen[place] = act.id
				}
			}
		}
	}
}

// A key that does two things stands in the documentation with the page of each.
func TestKeyTableNamesThePages(t *testing.T) {
	for _, line := range []string{
		"| `q` | playbook, text | close the page", "| `q` | workbench | leave pgmedic", "| `⏎` | playbook | ask for the word", "| `⏎` | workbench | show",
		"| `?` | everywhere | this help",
	} {
		if !strings.Contains(KeyTable(), line) {
			t.Errorf("no line of the table begins with %s", line)
		}
	}
}

// An event comes with the update that saw it and again with every reading of the timeline; it is shown once, in the order of time.
func TestEventsAreAddedOnce(t *testing.T) {
	a := story()
	event := func(id string, second int) record.Event {
		return record.Event{ID: id, At: time.Unix(int64(second), 0), Title: id}
	}
	a.events, a.eventIDs = nil, map[string]bool{}
	a.addEvents([]record.Event{event("b", 2), event("c", 3), event("", 4)})
	a.addEvents([]record.Event{event("a", 1), event("b", 2), event("c", 3), event("", 5)})
	var order []string
	for _, e := range a.events {
		order = append(order, e.ID)
	}
	if want := []string{"a", "b", "c", "", ""}; !slices.Equal(order, want) {
		t.Errorf("the timeline holds %q, want %q", order, want)
	}
}

// An event of a foreign file may hold what would write anywhere on the terminal.
func TestTitlesOfEventsAreCleaned(t *testing.T) {
	a := story()
	a.Update(timelineMsg{events: []record.Event{{ID: "a", Title: "note\x1b[2Jwith more\nthan text"}}})
	if title := a.events[len(a.events)-1].Title; strings.ContainsAny(title, "\x1b\n") {
		t.Errorf("the title is shown as it came: %q", title)
	}
}

// Adding to a timeline that has grown long must not take longer the longer it is: it happens with every update.
func BenchmarkAddEventsToALongTimeline(b *testing.B) {
	a := story()
	events := make([]record.Event, 20_000)
	for i := range events {
		events[i] = record.Event{ID: strconv.Itoa(i), At: time.Unix(int64(i), 0)}
	}
	a.addEvents(events)
	for b.Loop() {
		a.addEvents(events)
	}
}

func TestPlansOfAnOlderRequestAreDropped(t *testing.T) {
	a := story()
	tell(a, 70, 10)
	press(a, "e")
	old := a.request
	press(a, "e")
	a.Update(plansMsg{request: old, statement: dedupKey, plans: []*plan.Plan{planBefore()}})
	if a.plan.Plan() != nil {
		t.Error("the answer to an older request is shown")
	}
	a.Update(plansMsg{request: a.request, statement: dedupKey, plans: []*plan.Plan{planBefore()}})
	if a.plan.Plan() == nil {
		t.Error("the answer to the newest request is not shown")
	}
}

// A plan belongs to its statement, whatever is selected when it comes.
func TestPlanStaysWithItsStatement(t *testing.T) {
	a := story()
	tell(a, 70, 10)
	press(a, "e", "down")
	a.Update(plansMsg{request: a.request, statement: dedupKey, plans: []*plan.Plan{planBefore()}})
	if a.plan.Plan() != nil {
		t.Error("the plan of one statement is shown for another")
	}
	press(a, "up")
	if a.plan.Plan() == nil {
		t.Error("the plan is gone when its statement is selected again")
	}
}

func TestOtherPlan(t *testing.T) {
	a := story()
	tell(a, 70, 10)
	press(a, "v")
	wantShown(t, a, "there is no other plan")
	press(a, "e")
	generic := planBefore()
	generic.Origin.Class = plan.Generic
	a.Update(plansMsg{request: a.request, statement: dedupKey, plans: []*plan.Plan{planBefore(), generic}})
	for _, want := range []plan.Class{plan.Heavy, plan.Generic, plan.Heavy} {
		if got := a.plan.Plan().Origin.Class; got != want {
			t.Errorf("the plan shown is %s, want %s", got, want)
		}
		press(a, "v")
	}
}

// With ANALYZE allowed the estimates come first and the actual figures after them.
func TestAnalyzeFollowsEstimates(t *testing.T) {
	a := story()
	a.deps.Source = stillSource{}
	tell(a, 70, 10)
	press(a, "e")
	estimates := a.request
	a.Update(plansMsg{request: estimates, statement: dedupKey, plans: []*plan.Plan{planBefore()}})
	if a.explain.request <= estimates {
		t.Fatal("no EXPLAIN ANALYZE is under way")
	}
	wantShown(t, a, "EXPLAIN ANALYZE")
	a.Update(plansMsg{request: a.explain.request, statement: dedupKey, analyze: true, err: errors.New("canceled by statement_timeout")})
	if a.plan.Plan() == nil {
		t.Error("the estimates are gone after the analysed run failed")
	}
	wantShown(t, a, "canceled by statement_timeout")
}

func TestNothingIsConfirmedByTheWrongWord(t *testing.T) {
	a := story()
	preparedPage(a)
	press(a, "enter", "y")
	if command := press(a, "enter"); command == nil {
		t.Fatal("the typed word was not handed to the engine")
	}
	a.Update(runMsg{request: a.request, err: errors.New("type reports_dedup_idx")})
	if a.treatment.underWay() || a.prompt == nil {
		t.Error("after a wrong word it is not asked again")
	}
	wantShown(t, a, "type reports_dedup_idx")
}

// The confirmation binds the draft that was shown, not what is selected by then.
func TestConfirmationBindsTheDraftShown(t *testing.T) {
	a := story()
	preparedPage(a)
	first := a.treatment.prepared
	press(a, "enter")
	tell(a, 0, 3)
	a.statements.Move(2)
	if a.treatment.prepared != first || a.treatment.prepared.Draft.Finding.Statement.QueryID != first.Draft.Finding.Statement.QueryID {
		t.Error("the draft to be confirmed changed with the selection")
	}
}

func TestRefusedPreflightCannotBeConfirmed(t *testing.T) {
	a := story()
	draftPage(a)
	checks := []playbooks.Check{{Verdict: playbooks.Refuse, Name: "owner", Saw: "reports_rw does not own reports.reports", Do: "connect as its owner"}}
	a.Update(preparedMsg{request: a.request, prepared: &playbooks.Prepared{Draft: storyDraft(), Checks: checks}})
	press(a, "enter")
	if a.prompt != nil {
		t.Error("a refused draft asks for its word")
	}
	wantShown(t, a, "reports_rw does not own reports.reports")
}

// A preflight that comes back after the page was left gives its session back.
func TestLatePreflightIsAbandoned(t *testing.T) {
	a := story()
	draftPage(a)
	request := a.request
	press(a, "esc")
	if a.treatment != nil {
		t.Error("a treatment without a confirmation outlives its page")
	}
	if _, command := a.Update(preparedMsg{request: request, prepared: &playbooks.Prepared{Draft: storyDraft()}}); command == nil {
		t.Error("the session of the late preflight is not given back")
	}
}

func TestEscNeverQuitsAndNeverStopsABuild(t *testing.T) {
	a := story()
	progressPage(a)
	for range 5 {
		if isQuit(press(a, "esc")) {
			t.Fatal("esc quits")
		}
	}
	if !a.treatment.underWay() {
		t.Error("esc stopped the build")
	}
	press(a, "p")
	wantShown(t, a, "scanning table")
}

func TestQuitAsksWhileSomethingIsApplied(t *testing.T) {
	a := story()
	progressPage(a)
	press(a, "esc")
	if isQuit(press(a, "q")) {
		t.Fatal("q leaves without a question")
	}
	wantShown(t, a, "q leaves")
	press(a, "z")
	if a.leaving || a.zoomed {
		t.Error("any other key must stay and do nothing else")
	}
	if !isQuit(press(a, "q", "q")) {
		t.Error("q twice does not leave")
	}
}

func TestQuitAndLeave(t *testing.T) {
	if !isQuit(press(story(), "q")) {
		t.Error("q does not leave")
	}
	a := story()
	confirmPage(a)
	if !isQuit(press(a, "ctrl+c")) {
		t.Error("ctrl-c does not leave from a prompt")
	}
}

func TestOutcomeIsToldOnEveryPage(t *testing.T) {
	a := story()
	progressPage(a)
	request := a.request
	press(a, "esc")
	a.Update(outcomeMsg{request: request, outcome: storyOutcome()})
	wantShown(t, a, "applied")
	press(a, "p")
	if press(a, "u") == nil || a.treatment.draft.Title != "drop reports_dedup_idx" {
		t.Error("u does not draft the undo")
	}
}

func TestCancelNeedsItsWord(t *testing.T) {
	a := story()
	progressPage(a)
	press(a, "c", "y", "enter")
	wantShown(t, a, "not cancelled")
	if press(a, "c", "cancel", "enter") == nil {
		t.Error("the typed word does not cancel")
	}
}

// Several keys that the terminal sends at once are several keys; a paste is none.
func TestKeysAtOnceAndPaste(t *testing.T) {
	a := story()
	tell(a, 70, 10)
	press(a, "3z")
	if a.focus != planPane || !a.zoomed {
		t.Error("two keys at once were not taken one by one")
	}
	a.Update(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune("q"), Paste: true})
	a.Update(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune("z"), Paste: true})
	if !a.zoomed {
		t.Error("pasted text triggered a key")
	}
}

func TestFilter(t *testing.T) {
	a := story()
	tell(a, 70, 10)
	press(a, "/", "users", "enter")
	if load, ok := a.statements.Selected(); !ok || load.QueryID != userID {
		t.Errorf("the filter shows %v", load.Text)
	}
	press(a, "esc")
	if len(a.filter) != 0 {
		t.Error("esc does not take the filter away")
	}
}

func TestPaletteFindsActionsAndStatements(t *testing.T) {
	a := story()
	tell(a, 70, 10)
	press(a, ":", "zoom", "enter")
	if !a.zoomed {
		t.Error("the palette did not zoom")
	}
	press(a, "z", ":", "users", "enter")
	if load, _ := a.statements.Selected(); load.QueryID != userID {
		t.Errorf("the palette selected %q", load.Text)
	}
	press(a, ":", "no such thing at all", "enter", "esc")
}

func TestFrozenScreenKeepsItsDataWhileSamplesGoOn(t *testing.T) {
	a := story()
	tell(a, 70, 0)
	press(a, " ")
	samples := len(a.window.Counts())
	for i := range 10 {
		a.Update(updateMsg{storyUpdate(70+i, i)})
	}
	if len(a.window.Counts()) != samples+10 {
		t.Error("a frozen screen loses samples")
	}
	if load, _ := a.statements.Selected(); load.Held > 1 {
		t.Error("a frozen screen shows new data")
	}
	press(a, " ")
	if load, _ := a.statements.Selected(); load.Held < 60 {
		t.Error("the screen does not catch up")
	}
}

func TestTroubleSaysAgeAndRecovers(t *testing.T) {
	a := story()
	lost(a)
	wantShown(t, a, "the server refuses connections")
	wantShown(t, a, "3 attempts")
	press(a, "e")
	wantShown(t, a, "does not answer")
	a.Update(updateMsg{storyUpdate(101, 31)})
	wantHidden(t, a, "the server refuses connections")
}

func TestBlindSpotsAreSaid(t *testing.T) {
	a := story()
	u := storyUpdate(1, -1)
	u.Tick.Sample.Failures = []probes.Failure{{Probe: "activity", Reason: "the state of 9 sessions is hidden from role oncall"}}
	a.Update(updateMsg{u})
	wantShown(t, a, "the state of 9 sessions is hidden from role oncall")
}

// A pooler stays: what is not seen through it takes one line, the rest of it stands on the activity page.
func TestBannerOfAPoolerTakesOneLine(t *testing.T) {
	a := story()
	reason := "through a pooler (transaction mode): " + strings.Repeat("connections are those of the pooler, not of its clients; ", 4) + "connect to the server directly"
	tell := func(kind probes.Pooler) {
		u := storyUpdate(1, -1)
		u.Tick.Sample.Server.Pooler = kind
		u.Tick.Sample.Failures = []probes.Failure{{Probe: "activity", Reason: reason}}
		a.Update(updateMsg{u})
	}
	for _, w := range []int{160, 120, 80} {
		a.Update(tea.WindowSizeMsg{Width: w, Height: 45})
		if tell(probes.NoPooler); len(a.layout.banner) != 2 {
			t.Fatalf("%d cells: the words need %d lines, the test needs 2", w, len(a.layout.banner))
		}
		tell(probes.PoolTransaction)
		if len(a.layout.banner) != 1 || !strings.HasSuffix(a.layout.banner[0], "· a shows it in full") {
			t.Errorf("%d cells: %q", w, a.layout.banner)
		}
	}
}

func TestClickFocusesAndSelects(t *testing.T) {
	a := story()
	tell(a, 70, 10)
	for _, s := range a.layout.spots {
		a.Update(tea.MouseMsg{X: s.x + 1, Y: s.y + 1, Button: tea.MouseButtonLeft, Action: tea.MouseActionPress})
		if a.focus != s.pane {
			t.Errorf("a click into pane %d focused pane %d", s.pane, a.focus)
		}
	}
	press(a, "2")
	a.Update(tea.MouseMsg{Button: tea.MouseButtonWheelDown})
	if load, _ := a.statements.Selected(); load.QueryID == dedupID {
		t.Error("the wheel does not move the selection")
	}
}

func TestDisabledActionsSayWhy(t *testing.T) {
	a := story()
	a.deps.Source = stillSource{probes.Abilities{NoExplain: "recorded incident", NoAct: "recorded incident"}}
	tell(a, 70, 10)
	press(a, "d")
	wantShown(t, a, "recorded incident")
	if a.page != workbench {
		t.Error("a disabled action was done")
	}
}

func TestIntervalGoesThroughItsSteps(t *testing.T) {
	a := story()
	press(a, "+", "+")
	if a.interval != 5*time.Second {
		t.Errorf("the interval is %v after two steps", a.interval)
	}
	press(a, "-", "-", "-")
	if a.interval != 500*time.Millisecond {
		t.Errorf("the interval is %v after three steps back", a.interval)
	}
}

// Whatever the interval was set to, a key never moves it the other way.
func TestIntervalGoesTheKeysWay(t *testing.T) {
	for _, c := range []struct{ from, slower, faster time.Duration }{
		{100 * time.Millisecond, LeastInterval, 100 * time.Millisecond},
		{LeastInterval, 250 * time.Millisecond, LeastInterval},
		{300 * time.Millisecond, 500 * time.Millisecond, 250 * time.Millisecond},
		{time.Second, 2 * time.Second, 500 * time.Millisecond},
		{45 * time.Second, MostInterval, 30 * time.Second},
		{MostInterval, MostInterval, 30 * time.Second},
	} {
		for key, want := range map[string]time.Duration{"+": c.slower, "-": c.faster} {
			a := story()
			a.interval = c.from
			if press(a, key); a.interval != want {
				t.Errorf("%s at %v leads to %v, want %v", key, c.from, a.interval, want)
			}
		}
	}
}

func TestCopySendsTheStatementToTheTerminal(t *testing.T) {
	t.Setenv("TMUX", "")
	a := story()
	var screen bytes.Buffer
	a.screen = &screen
	tell(a, 70, 10)
	command := press(a, "y")
	for _, msg := range messagesOf(command) {
		a.Update(msg)
	}
	if !strings.HasPrefix(screen.String(), "\x1b]52;c;") {
		t.Errorf("the terminal was sent %q", screen.String())
	}
	wantShown(t, a, "sent to the clipboard")
}

// messagesOf runs a command and returns its messages, those of a batch one by one.
func messagesOf(command tea.Cmd) []tea.Msg {
	if command == nil {
		return nil
	}
	switch msg := command().(type) {
	case nil:
		return nil
	case tea.BatchMsg:
		var all []tea.Msg
		for _, c := range msg {
			all = append(all, messagesOf(c)...)
		}
		return all
	default:
		return []tea.Msg{msg}
	}
}

// What a server said never reaches the terminal raw.
func TestHostileErrorsAreMadeHarmless(t *testing.T) {
	hostile := errors.New("relation \"\x1b]0;owned\a\u202e\" does not exist")
	a := story()
	tell(a, 70, 10)
	for _, msg := range []func() tea.Msg{
		func() tea.Msg { press(a, "e"); return plansMsg{request: a.request, statement: dedupKey, err: hostile} },
		func() tea.Msg { press(a, "d"); return draftMsg{request: a.request, err: hostile} },
		func() tea.Msg { return timelineMsg{err: hostile} },
		func() tea.Msg {
			return timelineMsg{events: []record.Event{{Kind: record.Said, Title: hostile.Error()}}}
		},
		func() tea.Msg { return noticeMsg{text: hostile.Error()} },
		func() tea.Msg { u := storyUpdate(81, 11); u.RecordErr = hostile; return updateMsg{u} },
		func() tea.Msg {
			progressPage(a)
			o := storyOutcome()
			o.Err = hostile
			return outcomeMsg{request: a.request, outcome: o}
		},
	} {
		a.Update(msg())
		if strings.ContainsAny(a.View(), "\x1b\a\u202e") {
			t.Errorf("the screen holds raw controls:\n%q", a.View())
		}
	}
}

// Leaving the page of an undo that was not confirmed brings back the page of what was applied, with its way back.
func TestUndoThatIsLeftCanBeAskedForAgain(t *testing.T) {
	a := story()
	outcomePage(a)
	press(a, "u", "esc")
	if a.treatment.undo() == nil {
		t.Fatal("the way back is lost")
	}
	press(a, "p")
	wantShown(t, a, "indisvalid")
}

// A draft asked for afterwards that finds nothing to apply does not hide the way back of what was applied.
func TestUndoBehindADraftOfNothing(t *testing.T) {
	a := story()
	outcomePage(a)
	press(a, "esc")
	noDraftPage(a)
	press(a, "u")
	wantShown(t, a, "drop reports_dedup_idx")
	press(a, "esc", "p", "enter")
	wantShown(t, a, "indisvalid")
}

func TestLateSamplesAreCalledOld(t *testing.T) {
	a := story()
	tell(a, 70, 0)
	a.Update(clockMsg(a.window.Last().At.Add(30 * time.Second)))
	wantShown(t, a, "30 s old")
}
