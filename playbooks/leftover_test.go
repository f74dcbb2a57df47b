package playbooks

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/pgmedic/pgmedic/probes/live"
	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
	"github.com/pgmedic/pgmedic/probes/record"
)

// sleeper is a change that runs for as long as its session sleeps.
func sleeper(t *testing.T, dsn string, verify func() (Verification, error)) (l *Leftover, wake func()) {
	t.Helper()
	conn := connect(t, dsn)
	ctx, wake := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { defer close(ended); _, _ = conn.Exec(ctx, "SELECT pg_sleep(600)") }()
	t.Cleanup(func() { wake(); <-ended })
	pid := int32(conn.PgConn().PID())
	running := &Running{PID: pid, Ours: true, Began: time.Now().Add(-time.Hour)}
	running.Look = func(ctx context.Context, ask *live.Asker) (p Progress, there bool, err error) {
		err = ask.Read(ctx, func(ctx context.Context, tx pgx.Tx) error {
			return tx.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_stat_get_activity($1) AS a WHERE a.state = 'active')", pid).Scan(&there)
		})
		return Progress{Phase: "at work"}, there, err
	}
	running.Verify = func(context.Context, *live.Asker) (Verification, error) { return verify() }
	running.End = func(_ Verification, at time.Time) record.Event {
		return record.Event{Kind: record.Acted, At: at, Title: "found again", Data: map[string]string{"intent": "lost"}}
	}
	e, _ := engineOn(t, live.Config{DSN: dsn})
	if err := until(t.Context(), func() bool { _, there, err := running.Look(t.Context(), e.server.Ask()); return err == nil && there }); err != nil {
		t.Fatal(err)
	}
	return &Leftover{Draft: draftOf(nil), Running: running}, wake
}

func attach(t *testing.T, ctx context.Context, e *Engine, l *Leftover) *Run {
	t.Helper()
	run, err := e.Attach(ctx, l)
	if err != nil {
		t.Fatal(err)
	}
	return run
}

// A change that was begun elsewhere is followed to its end, read back, and its intent closed.
func TestAttach(t *testing.T) {
	for _, c := range []struct {
		name   string
		verify func() (Verification, error)
		want   OutcomeState
		closes int
	}{
		{"there", func() (Verification, error) { return Verification{Done: true}, nil }, Applied, 1},
		{"not there", func() (Verification, error) { return Verification{}, nil }, Failed, 1},
		{"begun", func() (Verification, error) { return Verification{Begun: true}, nil }, Unfinished, 1},
		{"not readable", func() (Verification, error) { return Verification{}, errElsewhere }, Unknown, 0},
		{"a defect", func() (Verification, error) { panic("broken") }, Unknown, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			dsn := pgtest.Database(t)
			e, rec := engineOn(t, live.Config{DSN: dsn})
			l, wake := sleeper(t, dsn, c.verify)
			run := attach(t, t.Context(), e, l)
			if p := <-run.Progress(); p.Phase != "at work" || p.Elapsed < time.Hour {
				t.Errorf("reported %+v, want the phase, and an hour since it began", p)
			}
			wake()
			for range run.Progress() {
			}
			o := run.Outcome()
			if o.State != c.want || len(rec.events) != c.closes {
				t.Errorf("ended as %+v, with %d events", o, len(rec.events))
			}
			if p := o.Phases; c.closes > 0 && (o.EndUnseen || len(p) != 2 || p[0].Name != phaseUnwatched || p[0].Took < time.Hour || p[0].Took > time.Hour+time.Minute) {
				t.Errorf("phases %+v, end unseen: %v", p, o.EndUnseen)
			}
		})
	}
}

// Whoever does not look on any more gets no outcome; nothing is sent, and nothing recorded.
func TestAttachLeft(t *testing.T) {
	dsn := pgtest.Database(t)
	e, rec := engineOn(t, live.Config{DSN: dsn})
	l, _ := sleeper(t, dsn, nil)
	ctx, leave := context.WithCancel(t.Context())
	run := attach(t, ctx, e, l)
	<-run.Progress()
	leave()
	if o := run.Outcome(); o.State != Unknown || !errors.Is(o.Err, context.Canceled) || len(rec.events) != 0 {
		t.Errorf("ended as %+v, with %d events", o, len(rec.events))
	}
}

// What had ended before it was looked at took at most the time until then, and of its phases nothing is known.
func TestAttachAfterTheEnd(t *testing.T) {
	dsn := pgtest.Database(t)
	e, _ := engineOn(t, live.Config{DSN: dsn})
	l, wake := sleeper(t, dsn, func() (Verification, error) { return Verification{Done: true}, nil })
	wake()
	if err := until(t.Context(), func() bool { _, there, err := l.Running.Look(t.Context(), e.server.Ask()); return err == nil && !there }); err != nil {
		t.Fatal(err)
	}
	if o := attach(t, t.Context(), e, l).Outcome(); o.State != Applied || !o.EndUnseen || len(o.Phases) != 0 || o.Started.IsZero() {
		t.Errorf("ended as %+v", o)
	}
	l.Running.Began = time.Time{}
	if o := attach(t, t.Context(), e, l).Outcome(); o.State != Applied || !o.Started.IsZero() {
		t.Errorf("when it began is not known, and it says %+v", o)
	}
}
