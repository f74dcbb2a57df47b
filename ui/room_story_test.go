package ui

import (
	"context"
	"fmt"
	"time"

	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/live"
)

// The story goes on with a playbook that acts on sessions: it ends fifty that rest in a transaction, or holds the line for minutes.

// roomBook sees that slots are few, and can be started by hand where there is a session.
type roomBook struct{}

func (roomBook) Name() string { return "room" }

func (roomBook) Offer() string { return "make room" }

func (roomBook) Diagnose(w *probes.Window) []playbooks.Finding {
	if w.Last() == nil || w.Last().Counts().Total < 60 {
		return nil
	}
	return []playbooks.Finding{roomFinding(w)}
}

func (roomBook) ByHand(w *probes.Window, _ probes.StatementLoad) (playbooks.Finding, string) {
	if w.Last().Counts().Total == 0 {
		return playbooks.Finding{}, "no session holds a slot"
	}
	return roomFinding(w), ""
}

func (roomBook) Draft(context.Context, *live.Asker, playbooks.Finding) (*playbooks.Draft, error) {
	return nil, &playbooks.NoDraft{Reason: "not asked in this test"}
}

func roomFinding(w *probes.Window) playbooks.Finding {
	return playbooks.Finding{
		Playbook: "room", Severity: playbooks.Warning, Action: "make room", Seen: playbooks.See(w),
		Title: fmt.Sprintf("%d slots left (%d application + 3 pgmedic of 97)", 94-w.Last().Counts().Total, w.Last().Counts().Total),
	}
}

// storyActing is the work of the story's drafts on sessions; the test sends what becomes of them itself.
type storyActing struct{}

func (storyActing) Preflight(context.Context, *live.Asker) ([]playbooks.Check, error) {
	return nil, nil
}

func (storyActing) Verify(context.Context, *live.Asker) (playbooks.Verification, error) {
	return playbooks.Verification{}, nil
}

func (storyActing) Act(context.Context, *playbooks.Sender) error { return nil }

const signalSQL = "SELECT CASE WHEN same THEN pg_terminate_backend(pid) ELSE false END FROM pg_stat_get_activity($1) WHERE backend_start = $2 AND state = $3"

// storyRows are n sessions that rest in a transaction, the oldest first.
func storyRows(n int) []playbooks.Row {
	rows := make([]playbooks.Row, n)
	for i := range rows {
		rows[i] = playbooks.Row{
			Name: fmt.Sprintf("pid %d", 4700+7*i),
			What: fmt.Sprintf("report-worker · reports_rw · 10.0.0.%d · idle in transaction for %d s · UPDATE reports.reports SET completed_at = $1 WHERE id = $2", 1+i%10, 600-10*i),
		}
	}
	return rows
}

func storyTerminate(n int) *playbooks.Draft {
	word := fmt.Sprintf("terminate %d", n)
	if n == 1 {
		word = "4700"
	}
	return &playbooks.Draft{
		Playbook: "room", Title: fmt.Sprintf("end %d of 62 sessions that are idle in transaction", n), Word: word, Kind: "terminate", For: "idle in transaction, oldest first",
		SQL: []string{signalSQL}, Rows: storyRows(n), Work: storyActing{},
		Reasons:   []playbooks.Reason{{Part: "terminate", Why: "a session that is idle in transaction ignores a cancel"}, {Part: "50", Why: "at most so many at a time"}},
		Prices:    []playbooks.Price{{Name: "slots free", Now: "2", Value: "52", How: "counted; until the application reconnects"}},
		Warnings:  []string{"the transactions of 50 sessions are rolled back: what they wrote is lost, and their clients get an error"},
		NoWayBack: "an ended session does not come back: its open transaction is rolled back, and its client gets an error at its next use",
		Lost:      "what was sent stays sent, nothing more is", Stopped: "what was sent stays sent, nothing more is",
		Others: []*playbooks.Draft{storyHold()},
	}
}

func storyHold() *playbooks.Draft {
	return &playbooks.Draft{
		Playbook: "room", Title: "hold the line on SELECT id, title FROM reports.reports", Word: "hold the line", Kind: "hold the line", For: "calls of the dedup lookup, for 10 min",
		SQL: []string{signalSQL}, Work: storyActing{}, Meanwhile: true,
		NoWayBack: "a cancelled statement does not come back: its client gets error 57014",
		Warnings:  []string{"cancelling fails about 40 requests a second"},
		Lost:      "it stops; what was sent stays sent", Stopped: "what was sent stays sent, nothing more is",
		Adjust: &playbooks.Adjust{What: "its bounds", Value: "older than 1 s, keep 10 free, at most 600 a minute, for 10 min"},
	}
}

func storyGuard(n int) []playbooks.Check {
	return []playbooks.Check{
		{Verdict: playbooks.Caution, Name: "sessions", Saw: fmt.Sprintf("%d of %d are as listed", n-5, n), Do: "nothing is sent to the others; draft anew to take the list as it is now"},
		{Verdict: playbooks.Pass, Name: "rights", Saw: "role oncall may signal 50 sessions"},
	}
}

func holdProgress() playbooks.RunProgress {
	return playbooks.RunProgress{Elapsed: 3 * time.Minute, Progress: playbooks.Progress{
		Phase: "holding the line", Doing: "12 slots free now, least 9 since there was room", LeftAll: 7 * time.Minute, Done: 214, Unit: "calls cancelled"}}
}

// endedRows are n rows of which five had changed and one is a superuser's.
func endedRows(n int) []playbooks.Row {
	rows := storyRows(n)
	for i := range rows {
		rows[i].State, rows[i].Saw = playbooks.RowActed, "the session has ended, seen after 52 ms"
	}
	for i, saw := range []string{"the session has ended", "pid 4714 is another session now", "it is idle now", "it is in another transaction now", "it has run something since"} {
		rows[i+1].State, rows[i+1].Saw = playbooks.RowChanged, "nothing was sent: "+saw
	}
	rows[9].State, rows[9].Saw = playbooks.RowRefused, "this role may not signal it (42501): for a superuser's session it takes a superuser"
	return rows
}

func terminateOutcome(n int) playbooks.Outcome {
	return playbooks.Outcome{
		State: playbooks.Unfinished, Started: storyStart.Add(100 * time.Second), Ended: storyStart.Add(101200 * time.Millisecond),
		Phases: []playbooks.Phase{{Name: "signalling", Took: time.Second}},
		Verification: playbooks.Verification{Begun: true, Rows: endedRows(n), Checks: []playbooks.Check{
			{Verdict: playbooks.Caution, Name: "terminate", Saw: playbooks.Tally(endedRows(n)), Do: "look at the rows: each says what became of it; draft anew for those that are left"},
		}},
		Next: "look at the rows: each says what became of it; draft anew for those that are left",
	}
}

func holdOutcome() playbooks.Outcome {
	return playbooks.Outcome{
		State: playbooks.Applied, Started: storyStart.Add(100 * time.Second), Ended: storyStart.Add(700 * time.Second),
		Verification: playbooks.Verification{Done: true, Helped: true, Checks: []playbooks.Check{
			{Verdict: playbooks.Pass, Name: "slots free", Saw: "least 10, median 14 while it held, in 2,310 looks"}}},
	}
}

// room gives the workbench the playbook, and brings it into the spike with the finding selected.
func room(a *App) {
	a.deps.Books = append(a.deps.Books, roomBook{})
	spike(a)
	press(a, "4", "down")
}

// roomPage is the page of the finding's drafts, the first chosen.
func roomPage(a *App) {
	room(a)
	press(a, "enter")
	a.Update(draftMsg{request: a.request, draft: storyTerminate(50)})
}

func roomConfirm(a *App) {
	roomPage(a)
	a.Update(preparedMsg{request: a.request, prepared: &playbooks.Prepared{Draft: a.treatment.draft, Checks: storyGuard(50)}})
	press(a, "enter", "terminate 5")
}

func roomProgress(a *App) {
	roomConfirm(a)
	press(a, "0", "enter")
	a.Update(runMsg{request: a.request, run: &playbooks.Run{}})
	a.Update(progressMsg{request: a.request, run: &playbooks.Run{}, progress: playbooks.RunProgress{
		Elapsed: time.Second, Progress: playbooks.Progress{Phase: "signalling", Done: 30, Total: 50, Unit: "sessions"}}})
}

func roomOutcome(a *App) {
	roomProgress(a)
	a.Update(outcomeMsg{request: a.request, outcome: terminateOutcome(50)})
}

// holdPage holds the line, and shows how that goes.
func holdPage(a *App) {
	roomPage(a)
	press(a, "tab")
	a.Update(preparedMsg{request: a.request, prepared: &playbooks.Prepared{Draft: a.treatment.draft, Checks: storyGuard(50)[1:]}})
	press(a, "enter", "hold the line", "enter")
	a.Update(runMsg{request: a.request, run: &playbooks.Run{}})
	a.Update(progressMsg{request: a.request, run: &playbooks.Run{}, progress: holdProgress()})
}

// holdAside holds the line while an index is drafted.
func holdAside(a *App) {
	holdPage(a)
	press(a, "esc", "2", "d")
	a.Update(draftMsg{request: a.request, draft: storyDraft()})
}

// booksPage lists the playbooks that can be started by hand.
func booksPage(a *App) {
	room(a)
	press(a, "2", "p")
}
