package playbooks

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/pgmedic/pgmedic/probes/live"
	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
	"github.com/pgmedic/pgmedic/probes/record"
)

// rowTask is work that acts on three rows: of the first it reads back that it acted, the second had changed, the third was not sent.
type rowTask struct {
	act    func(ctx context.Context, send *Sender) error
	verify func()
}

func (w *rowTask) Preflight(context.Context, *live.Asker) ([]Check, error) {
	return []Check{{Verdict: Pass, Name: "rows"}}, nil
}

func (w *rowTask) Act(ctx context.Context, send *Sender) error { return w.act(ctx, send) }

func (w *rowTask) Verify(ctx context.Context, ask *live.Asker) (Verification, error) {
	if w.verify != nil {
		w.verify()
	}
	err := ask.Read(ctx, func(ctx context.Context, tx pgx.Tx) error { return tx.QueryRow(ctx, "SELECT 1").Scan(nil) })
	v := Verification{Begun: true, Rows: threeRows()}
	v.Rows[0].State, v.Rows[1].State, v.Rows[2].State = RowActed, RowChanged, RowUnsent
	return v, err
}

func threeRows() []Row { return []Row{{Name: "one"}, {Name: "two"}, {Name: "three"}} }

func actOn(t *testing.T, e *Engine, w *rowTask) Outcome {
	t.Helper()
	d := draftOf(w)
	d.Rows = threeRows()
	p, err := e.Prepare(t.Context(), d)
	if err != nil || p.Refused() != "" {
		t.Fatal(p.Refused(), err)
	}
	run, err := p.Confirm("made")
	if err != nil {
		t.Fatal(err)
	}
	return run.Outcome()
}

func wantStates(t *testing.T, rows []Row, want ...RowState) {
	t.Helper()
	if len(rows) != len(want) {
		t.Fatalf("rows %+v", rows)
	}
	for i, row := range rows {
		if row.State != want[i] {
			t.Errorf("row %+v, want %s", row, want[i])
		}
	}
}

// The server dies while it acts and does not come back: of what was sent it is not known what became of it, and of what was not sent it is.
func TestActingUnknown(t *testing.T) {
	own := cluster(t, nil)
	e, rec := engineOn(t, live.Config{DSN: own.DSN("postgres")})
	e.patience = time.Second
	o := actOn(t, e, &rowTask{act: func(_ context.Context, send *Sender) error { return errors.Join(own.Stop(), send.Exec("SELECT 1")) }})
	wantStates(t, o.Verification.Rows, RowUnknown, RowChanged, RowUnsent)
	last := rec.events[len(rec.events)-1]
	if o.State != Unknown || last.Data["rows_unknown"] != "1" || last.Data["rows_changed"] != "1" ||
		!strings.Contains(o.Next, "look at the sessions that are listed") {
		t.Errorf("outcome %+v, on record %+v", o, last)
	}
}

// Another server answers after it: what that one says of the rows does not count.
func TestActingFailover(t *testing.T) {
	e, _ := engineOn(t, live.Config{DSN: pgtest.Database(t)})
	w := &rowTask{act: func(context.Context, *Sender) error { return nil }}
	d := draftOf(w)
	d.Rows = threeRows()
	p, err := e.Prepare(t.Context(), d)
	if err != nil {
		t.Fatal(err)
	}
	confirmed := make(chan *Run, 1)
	w.verify = func() {
		run := <-confirmed
		run.server.SystemIdentifier = "1" // what it was sent to
		confirmed <- run
	}
	run, err := p.Confirm("made")
	if err != nil {
		t.Fatal(err)
	}
	confirmed <- run
	o := run.Outcome()
	wantStates(t, o.Verification.Rows, RowUnknown, RowChanged, RowUnsent)
	if o.State != Unknown || !errors.Is(o.Err, errElsewhere) {
		t.Errorf("outcome %+v", o)
	}
}

// A panic while it is read back: each row is said not to be known.
func TestActingPanic(t *testing.T) {
	e, rec := engineOn(t, live.Config{DSN: pgtest.Database(t)})
	o := actOn(t, e, &rowTask{act: func(context.Context, *Sender) error { return nil }, verify: func() { panic("no such row") }})
	wantStates(t, o.Verification.Rows, RowUnknown, RowUnknown, RowUnknown)
	if last := rec.events[len(rec.events)-1]; o.State != Unknown || last.Data["rows_unknown"] != "3" {
		t.Errorf("outcome %+v, on record %+v", o, last)
	}
}

// A statement of the act session that takes too long is ended by its own limit: nobody cancelled the work.
func TestActingIsNotCancelledByATimeout(t *testing.T) {
	e, _ := engineOn(t, live.Config{DSN: pgtest.Database(t)})
	o := actOn(t, e, &rowTask{act: func(_ context.Context, send *Sender) error { return send.Exec("SELECT pg_sleep(600)") }})
	if o.State != Unfinished || sqlState(o.Err) != queryCanceled || strings.Contains(o.Err.Error(), "somebody else") {
		t.Errorf("outcome %+v", o)
	}
}

// Stopping work that acts works without a record too; that it could not be put there is said.
func TestActingStopsWithoutRoomOnRecord(t *testing.T) {
	e, rec := engineOn(t, live.Config{DSN: pgtest.Database(t)})
	e.rec = &noWish{rec}
	acting, stopped := make(chan struct{}), make(chan struct{})
	w := &rowTask{act: func(ctx context.Context, send *Sender) error {
		close(acting)
		<-stopped
		return send.Exec(makeTable)
	}}
	d := draftOf(w)
	p, err := e.Prepare(t.Context(), d)
	if err != nil {
		t.Fatal(err)
	}
	run, err := p.Confirm("made")
	if err != nil {
		t.Fatal(err)
	}
	<-acting
	if err := run.Cancel(t.Context()); err == nil || !strings.Contains(err.Error(), "it stops, which could not be put on record") {
		t.Errorf("stopped: %v", err)
	}
	close(stopped)
	if o := run.Outcome(); o.State != Canceled || !errors.Is(o.Err, live.ErrStopped) {
		t.Errorf("outcome %+v", o)
	}
	err = e.server.Ask().Read(t.Context(), func(ctx context.Context, tx pgx.Tx) error {
		var made bool
		err := tx.QueryRow(ctx, "SELECT to_regclass('public.made') IS NOT NULL").Scan(&made)
		if made {
			t.Error("it was sent after it was stopped")
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

// noWish is a record that has no room for the wish to cancel.
type noWish struct{ *timeline }

func (l *noWish) AddEvent(e record.Event) (record.Event, error) {
	if e.Data["action"] == "cancel" {
		return record.Event{}, errors.New("no room")
	}
	return l.timeline.AddEvent(e)
}
