package ui

import (
	"context"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/jackc/pgx/v5"

	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/playbooks/catalogue"
	"github.com/pgmedic/pgmedic/probes/live"
	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
	"github.com/pgmedic/pgmedic/probes/record"
	"github.com/pgmedic/pgmedic/probes/watch"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// The table and the load of the test: one statement that reads a whole table for the few rows of one owner that are not done.
const (
	createJobs = `CREATE TABLE jobs (id bigserial PRIMARY KEY, owner int NOT NULL, done_at timestamptz, payload text NOT NULL);
		INSERT INTO jobs (owner, done_at, payload)
		SELECT CASE WHEN n % 4 = 0 THEN 1 ELSE n % 900 END, CASE WHEN n % 50 <> 0 THEN now() END, repeat('x', 60) FROM generate_series(1, 60000) n;
		ANALYZE jobs`
	slowLookup = `SELECT id FROM jobs WHERE owner = $1 AND done_at IS NULL AND payload <> $2`
)

// program runs the model as bubbletea does, but for the terminal: commands in goroutines, their messages one after the other.
type program struct {
	app      *App
	dsn      string
	messages chan tea.Msg
}

func (p *program) start(command tea.Cmd) {
	if command == nil {
		return
	}
	go func() {
		switch msg := command().(type) {
		case nil:
		case tea.BatchMsg:
			for _, c := range msg {
				p.start(c)
			}
		default:
			p.messages <- msg
		}
	}()
}

func (p *program) press(keys ...string) {
	for _, key := range keys {
		_, command := p.app.Update(keyNamed(key))
		p.start(command)
	}
}

// until takes messages until the condition holds.
func (p *program) until(t *testing.T, what string, holds func() bool) {
	t.Helper()
	deadline := time.After(30 * time.Second)
	for !holds() {
		select {
		case msg := <-p.messages:
			_, command := p.app.Update(msg)
			p.start(command)
		case <-deadline:
			t.Fatalf("waited in vain for %s; the screen:\n%s", what, p.app.View())
		}
	}
}

// load runs the slow lookup until ctx ends.
func load(ctx context.Context, dsn string) error {
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		return err
	}
	defer conn.Close(context.Background())
	for ctx.Err() == nil {
		if _, err := conn.Exec(ctx, slowLookup, 1, "y"); err != nil && ctx.Err() == nil {
			return err
		}
	}
	return nil
}

func newLoop(t *testing.T, books ...playbooks.Playbook) *program {
	t.Helper()
	dsn := pgtest.Database(t)
	ctx, cancel := context.WithCancel(context.Background())
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Exec(ctx, createJobs, pgx.QueryExecModeSimpleProtocol); err != nil {
		t.Fatal(err)
	}
	conn.Close(ctx)
	server, err := live.New(live.Config{DSN: dsn, Interval: 200 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	file, err := record.Create(t.TempDir(), "jobs", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	loadEnded := make(chan error, 1)
	go func() { loadEnded <- load(ctx, dsn) }()
	updates := watch.Follow(ctx, server, file)
	app := New(Deps{
		Updates: updates, Source: server, Ask: server.Ask(), Engine: playbooks.NewEngine(server, file, time.Now), Books: append(catalogue.All(), books...), Record: file,
		ReportFolder: t.TempDir(), Now: time.Now, Theme: looks[2].theme(), Author: "oncall",
	})
	app.Update(tea.WindowSizeMsg{Width: 160, Height: 45})
	p := &program{app: app, dsn: dsn, messages: make(chan tea.Msg, 1000)}
	t.Cleanup(func() {
		app.close()
		cancel()
		for range updates { // until Follow has ended
		}
		server.Close()
		if err := <-loadEnded; err != nil {
			t.Errorf("the load: %v", err)
		}
		if err := file.Close(); err != nil {
			t.Errorf("closing the record: %v", err)
		}
	})
	p.start(app.Init())
	return p
}

// The whole loop on a real server: see the statement, take its plan, draft, type the name, watch, compare, take a note, write the report.
func TestTheWholeLoop(t *testing.T) {
	p := newLoop(t)
	a := p.app
	p.until(t, "the statement to be seen", func() bool {
		for _, l := range a.statements.Listed() {
			if strings.Contains(l.Text, "done_at IS NULL AND payload") {
				return a.statements.Select(l.StatementKey)
			}
		}
		return false
	})
	p.press("e")
	p.until(t, "the analysed plan", func() bool { return a.plan.Plan() != nil && a.plan.Plan().Origin.Analyzed })
	p.press("d")
	p.until(t, "the preflight", func() bool { return a.treatment.stage == ready || a.treatment.stage == refused })
	if why := a.whyNotConfirm(); why != "" {
		t.Fatalf("the draft cannot be confirmed: %s\n%s", why, a.View())
	}
	p.press("r", "ctrl+u", strings.Repeat("n", 64), "enter")
	p.until(t, "the name to be refused", func() bool { return a.prompt != nil && strings.Contains(a.View(), "the name has 64 bytes") })
	p.press("ctrl+u", "jobs_of_owner_idx", "enter")
	p.until(t, "the preflight under the new name", func() bool { return a.treatment.stage == ready })
	word := a.treatment.draft.Word
	if word != "jobs_of_owner_idx" {
		t.Fatalf("the word to type is %s", word)
	}
	p.press("enter", "no", "enter")
	p.until(t, "the wrong word to be refused", func() bool { return a.treatment.stage == ready })
	p.press(word, "enter")
	p.until(t, "the build to end", func() bool { return a.treatment.stage == finished })
	outcome := a.treatment.outcome
	if outcome.State != playbooks.Applied || !outcome.Verification.Done || outcome.Verification.After == nil {
		t.Fatalf("the index was not built and verified: %+v\n%s", outcome, a.View())
	}
	wantShown(t, a, word)

	p.press("n", "the lookup had no index", "enter")
	p.until(t, "the note on the timeline", func() bool {
		return slices.ContainsFunc(a.events, func(e record.Event) bool { return e.Kind == record.Said && e.Title == "the lookup had no index" })
	})
	p.press("x")
	p.until(t, "the report", func() bool { return a.notice.text == "report written:" && a.notice.path != "" })
	if _, err := os.Stat(a.notice.path); err != nil {
		t.Error(err)
	}
}

// Who follows the server panicked: the workbench ends, so that the terminal is restored before it is told.
func TestAPanicOfTheFollowerEndsTheWorkbench(t *testing.T) {
	a, broken := story(), errors.New("broken")
	if _, command := a.Update(updateMsg{watch.Update{Failed: broken}}); !isQuit(command) || a.failed != broken {
		t.Errorf("goes on, with %v kept to be told", a.failed)
	}
}
