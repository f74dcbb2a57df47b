package ui

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
	"github.com/pgmedic/pgmedic/probes/record"
)

// What was found stays among the findings with every sample, and a search that failed is tried again.
func TestLeftoversAmongTheFindings(t *testing.T) {
	a := story()
	leftoversPage(a)
	a.Update(updateMsg{storyUpdate(71, -1)})
	wantShown(t, a, "⏎ watch it to its end")
	wantShown(t, a, "users_name_idx was built and is valid")
	if a.seek() != nil {
		t.Error("looks for them with every sample")
	}
	a.Update(leftoversMsg{search: a.search, err: errors.New("timeout\x1b[2J")})
	wantShown(t, a, `timeout\x1B[2J`)
	if a.now = a.now.Add(seekAgain); a.seek() == nil {
		t.Error("a search that failed is not tried again")
	}
	press(a, "G", "enter")
	if a.page != workbench {
		t.Error("what has ended opens a page")
	}
}

// A build of ours goes on being followed when its page is left; one of somebody else is let go.
func TestLeavingWhatIsFollowed(t *testing.T) {
	a := story()
	attachedPage()(a)
	press(a, "esc")
	wantShown(t, a, "◆ index reports_dedup_idx on reports.reports")
	press(a, "enter")
	wantShown(t, a, "another change is being applied; p shows it")
	press(a, "q")
	wantShown(t, a, "the work goes on in the server")

	a = story()
	attachedPage("down")(a)
	press(a, "c")
	wantShown(t, a, "it is somebody else's, and pgmedic only looks on")
	old := a.request
	press(a, "esc")
	a.Update(outcomeMsg{request: old, outcome: playbooks.Outcome{State: playbooks.Unknown}})
	if a.treatment != nil || a.page != workbench || a.notice.text != "" {
		t.Errorf("left with %+v, notice %q", a.treatment, a.notice.text)
	}
}

func TestCannotBeFollowed(t *testing.T) {
	a := story()
	leftoversPage(a)
	press(a, "enter")
	a.Update(attachedMsg{request: a.request, err: errors.New("connecting: \x1b[2Jno answer")})
	wantShown(t, a, `it cannot be followed: connecting: \x1B[2Jno answer`)
	if press(a, "esc"); a.treatment != nil {
		t.Error("it stays")
	}
}

// untilPhase waits until the session builds an index. It asks in transactions of their own: within one the server tells the same every time.
func (p *program) untilPhase(t *testing.T, pid int) {
	t.Helper()
	conn := pgtest.Connect(t, p.dsn, nil)
	p.until(t, "the build to wait", func() bool {
		var there bool
		err := conn.QueryRow(t.Context(), "SELECT EXISTS (SELECT FROM pg_stat_progress_create_index WHERE pid = $1 AND phase LIKE 'waiting for writers%')", pid).Scan(&there)
		return err == nil && there
	})
}

// openLeftover waits for the finding whose title has the words, and opens it.
func (p *program) openLeftover(t *testing.T, words string) {
	t.Helper()
	a := p.app
	p.until(t, "the finding", func() bool {
		for i, f := range a.findings {
			if f.Leftover != nil && strings.Contains(f.Title, words) {
				a.focus = findingsPane
				a.found.Move(-far)
				a.found.Move(i)
				return true
			}
		}
		return false
	})
	p.press("enter")
}

// On a real server: a build that a lost pgmedic began is found by an earlier record, followed and cancelled; what it leaves is found in turn, and dropped.
func TestLostBuildIsFoundFollowedAndCleanedUp(t *testing.T) {
	p := newLoop(t)
	a := p.app
	writer, builder := pgtest.Connect(t, p.dsn, map[string]string{"application_name": "writer"}), pgtest.Connect(t, p.dsn, nil)
	pgtest.Execute(t, writer, "BEGIN", "UPDATE jobs SET payload = 'held' WHERE id = 1")
	var began time.Time
	pid := int(builder.PgConn().PID())
	if err := builder.QueryRow(t.Context(), "SELECT backend_start FROM pg_stat_activity WHERE pid = pg_backend_pid()").Scan(&began); err != nil {
		t.Fatal(err)
	}
	const sql = "CREATE INDEX CONCURRENTLY lost_idx ON public.jobs (owner)"
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_, _ = builder.Exec(context.Background(), sql) // it is cancelled
		_ = builder.Close(context.Background())        // a session whose client is lost ends with its statement
	}()
	t.Cleanup(func() { <-ended })
	t.Cleanup(func() { _, _ = writer.Exec(context.Background(), "ROLLBACK") })
	p.until(t, "the first sample", func() bool { return a.window.Last() != nil })
	p.untilPhase(t, pid)
	intent := record.Event{
		ID: "lost", Kind: record.Acted, At: a.serverNow(), Source: "engine", Title: "applying: index lost_idx on public.jobs", SQL: sql, Server: record.Identity(a.window.Last().Server),
		Data: map[string]string{"playbook": "index", "state": "intent", "pid": strconv.Itoa(pid), "backend_start": began.UTC().Format(time.RFC3339Nano), "index": "lost_idx", "schema": "public"},
	}
	elsewhere := intent
	elsewhere.ID, elsewhere.Server = "elsewhere", strings.ReplaceAll(intent.Server, "system ", "system 9")
	a.deps.Earlier = func() []record.Event { return []record.Event{intent, elsewhere} }
	a.seekAt = time.Time{}
	p.openLeftover(t, "still runs in session")
	if len(a.leftovers) != 1 {
		t.Errorf("found %+v, want the build of this server alone", a.leftovers)
	}
	p.until(t, "whom it waits for", func() bool {
		return strings.Contains(a.View(), "▲ waits for pid") && strings.Contains(a.View(), "writer")
	})
	wantShown(t, a, "waiting for writers before build")
	p.press("c", "cancel", "enter")
	p.until(t, "the end", func() bool { return a.treatment.stage == finished })
	if a.treatment.outcome.State != playbooks.Canceled {
		t.Fatalf("it ended as %+v", a.treatment.outcome)
	}
	pgtest.Execute(t, writer, "ROLLBACK")
	p.press("esc")
	p.openLeftover(t, "INVALID")
	p.until(t, "the preflight", func() bool { return a.treatment.stage == ready })
	wantShown(t, a, "DROP INDEX CONCURRENTLY public.lost_idx")
	p.press("enter", "lost_idx", "enter")
	p.until(t, "the clean-up", func() bool { return a.treatment.stage == finished })
	if a.treatment.outcome.State != playbooks.Applied {
		t.Fatalf("the clean-up ended as %+v", a.treatment.outcome)
	}
	p.until(t, "nothing left", func() bool { return len(a.leftovers) == 0 })
	events, err := a.deps.Record.Events()
	if err != nil {
		t.Fatal(err)
	}
	closed := false
	for _, e := range events {
		closed = closed || e.Data["intent"] == "lost" && e.Data["state"] == "failed" && e.Data["sent"] == intent.At.Format(time.RFC3339Nano)
	}
	if !closed {
		t.Error("the end of the lost build is not on record")
	}
}
