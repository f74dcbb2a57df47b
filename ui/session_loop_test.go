package ui

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/playbooks/session"
	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/live"
	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
	"github.com/pgmedic/pgmedic/probes/record"
)

// endBook ends the sessions of an application that are idle in transaction, whatever their age.
type endBook struct{ application string }

func (endBook) Name() string { return "end" }

func (endBook) Offer() string { return "end what was forgotten" }

func (b endBook) forgotten(s *probes.Sample) []probes.Backend {
	list := slices.DeleteFunc(slices.Clone(s.Backends), func(x probes.Backend) bool { return x.Application != b.application || !session.IsInTransaction(x) })
	session.OldestFirst(list)
	return list
}

func (b endBook) Diagnose(w *probes.Window) []playbooks.Finding {
	if w.Last() == nil || len(b.forgotten(w.Last())) == 0 {
		return nil
	}
	return []playbooks.Finding{{Playbook: "end", Severity: playbooks.Critical, Action: "end them", Seen: playbooks.See(w),
		Title: fmt.Sprintf("%d transactions were forgotten", len(b.forgotten(w.Last())))}}
}

func (b endBook) ByHand(w *probes.Window, _ probes.StatementLoad) (playbooks.Finding, string) {
	if found := b.Diagnose(w); len(found) > 0 {
		return found[0], ""
	}
	return playbooks.Finding{}, "none was forgotten"
}

func (b endBook) Draft(_ context.Context, _ *live.Asker, f playbooks.Finding) (*playbooks.Draft, error) {
	list := b.forgotten(f.Seen.Sample)
	d := session.Draft("end", f, session.Order{Signal: live.Terminate, Sessions: list, Seen: f.Seen})
	d.Title = fmt.Sprintf("end %d forgotten transactions", len(list))
	return d, nil
}

// forget leaves n transactions of an application open, and waits until the workbench has a finding of all of them.
func (p *program) forget(t *testing.T, n int) []*pgx.Conn {
	t.Helper()
	a := p.app
	conns := make([]*pgx.Conn, n)
	for i := range conns {
		conns[i] = pgtest.Connect(t, p.dsn, map[string]string{"application_name": "forgetful"})
		pgtest.Execute(t, conns[i], "BEGIN", fmt.Sprintf("UPDATE jobs SET payload = 'held' WHERE id = %d", i+1))
	}
	title := fmt.Sprintf("%d transactions were forgotten", n)
	p.until(t, "the finding", func() bool {
		return slices.ContainsFunc(a.findings, func(f playbooks.Finding) bool { return f.Title == title })
	})
	return conns
}

// On a real server, by keys alone: a finding of sessions is opened, the list is confirmed by its word, one of them goes on meanwhile; the others are ended, and it is
// read back and on record.
func TestSessionsAreEndedByKeys(t *testing.T) {
	p := newLoop(t, endBook{"forgetful"}, longBook{endBook{"forgetful"}})
	a := p.app
	conns := p.forget(t, 4)
	p.press("4", "g", "enter")
	p.until(t, "the preflight", func() bool { return a.treatment != nil && a.treatment.stage == ready })
	p.press("enter")
	for _, conn := range conns {
		wantShown(t, a, fmt.Sprintf("pid %d", conn.PgConn().PID()))
	}
	pgtest.Execute(t, conns[2], "COMMIT")
	p.press("terminate 3 in transaction", "enter")
	p.until(t, "the wrong word to be refused", func() bool { return a.treatment.stage == ready && a.prompt != nil })
	p.press("ctrl+u", "terminate 4 in transaction", "enter")
	p.until(t, "the outcome", func() bool { return a.treatment.stage == finished })
	wantShown(t, a, "3 acted, 1 changed")
	wantShown(t, a, fmt.Sprintf("· changed    pid %d: nothing was sent: it is idle now", conns[2].PgConn().PID()))
	for i, conn := range conns {
		_, err := conn.Exec(context.Background(), "SELECT 1")
		if (err == nil) != (i == 2) {
			t.Errorf("session %d: %v", i, err)
		}
	}
	p.until(t, "the outcome on the timeline", func() bool {
		return slices.ContainsFunc(a.events, func(e record.Event) bool {
			return e.Kind == record.Acted && e.Data["rows_acted"] == "3" && e.Data["rows_changed"] == "1"
		})
	})
}

// longBook begins what goes on until it is stopped.
type longBook struct{ endBook }

func (longBook) Name() string { return "long" }

func (longBook) Offer() string { return "go on for long" }

func (longBook) Diagnose(*probes.Window) []playbooks.Finding { return nil }

func (longBook) Draft(_ context.Context, _ *live.Asker, f playbooks.Finding) (*playbooks.Draft, error) {
	return &playbooks.Draft{Playbook: "long", Title: "go on for long", Finding: f, Word: "long", SQL: []string{"SELECT 1"}, Meanwhile: true, Work: longWork{}}, nil
}

type longWork struct{}

func (longWork) Preflight(context.Context, *live.Asker) ([]playbooks.Check, error) { return nil, nil }

func (longWork) Act(ctx context.Context, send *playbooks.Sender) error {
	send.Report(playbooks.Progress{Phase: "going on", Unit: "looks", Done: 7})
	<-ctx.Done()
	return live.ErrStopped
}

func (longWork) Verify(context.Context, *live.Asker) (playbooks.Verification, error) {
	return playbooks.Verification{}, nil
}

// begin starts what goes on for long by hand, and leaves its page.
func (p *program) begin(t *testing.T) {
	t.Helper()
	a := p.app
	p.press("2", "p", "go on for", "enter")
	p.until(t, "the preflight", func() bool { return a.treatment != nil && a.treatment.stage == ready })
	p.press("enter", "long", "enter")
	p.until(t, "its progress", func() bool { return strings.Contains(a.View(), "7 looks") })
	p.press("esc")
	wantShown(t, a, "● going on: 7 looks")
}

// On a real server: what goes on for minutes runs beside another playbook, is stopped on its page, and its outcome is read back.
func TestOneGoesOnBesideAnother(t *testing.T) {
	p := newLoop(t, endBook{"forgetful"}, longBook{endBook{"forgetful"}})
	a := p.app
	p.forget(t, 2)
	p.begin(t)
	p.press("4", "g", "enter")
	p.until(t, "the other's preflight", func() bool { return a.treatment != nil && a.treatment.stage == ready })
	p.press("enter", "terminate 2 in transaction", "enter")
	p.until(t, "the other's outcome", func() bool { return a.treatment.stage == finished })
	wantShown(t, a, "2 acted")
	wantShown(t, a, "● going on: 7 looks")
	p.press("H", "c")
	p.until(t, "its end", func() bool { return a.treatment.title == "go on for long" && a.treatment.stage == finished })
	wantShown(t, a, "✗ stopped")
	p.press("esc")
	wantShown(t, a, "2 acted")
}

// On a real server: leaving pgmedic stops what acts over its session, and its outcome is on record when the workbench has ended.
func TestLeavingStopsWhatActs(t *testing.T) {
	p := newLoop(t, endBook{"forgetful"}, longBook{endBook{"forgetful"}})
	a := p.app
	p.forget(t, 1)
	p.begin(t)
	p.press("q")
	wantShown(t, a, "go on for long stops with pgmedic")
	a.close()
	events, err := a.deps.Record.Events()
	if err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(events, func(e record.Event) bool {
		return e.Data["playbook"] == "long" && e.Data["state"] == string(playbooks.Canceled)
	}) {
		t.Errorf("no outcome on record: %+v", events)
	}
}
