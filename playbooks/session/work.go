package session

import (
	"context"
	"fmt"
	"slices"

	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/live"
)

// work signals the sessions of an order, one after the other. It implements playbooks.Acting.
type work struct {
	order Order
	rows  []playbooks.Row // as the draft shows them; what became of each is in shots
	shots []Shot
}

// Preflight implements playbooks.Work: how many of them still are what was shown, whether they may be signalled, and whether the signal would do
// anything.
func (w *work) Preflight(ctx context.Context, ask *live.Asker) ([]playbooks.Check, error) {
	now, err := Read(ctx, ask, w.order.Sessions)
	if err != nil {
		return nil, err
	}
	rights, err := Rights(ctx, ask, w.order.Sessions)
	if err != nil {
		return nil, err
	}
	checks := []playbooks.Check{w.unchanged(now), rights}
	if w.order.Signal == live.CancelQuery {
		checks = append(checks, runCheck(w.order.Sessions))
	}
	return checks, nil
}

// runCheck says how many of the sessions to cancel run something.
func runCheck(sessions []probes.Backend) playbooks.Check {
	n := 0
	for _, b := range sessions {
		if IsActive(b) {
			n++
		}
	}
	c := playbooks.Check{Verdict: playbooks.Pass, Name: "statements", Saw: probes.Counted(n, "session runs", "sessions run") +
		" a statement that can be cancelled"}
	switch {
	case n == 0:
		c.Verdict, c.Saw, c.Do = playbooks.Refuse, "nothing runs that could be cancelled: a session between two statements ignores it",
			"end the session instead (terminate)"
	case n < len(sessions):
		c.Verdict, c.Do = playbooks.Caution, "nothing is sent to the others: they would ignore it; to get rid of them, end them (terminate)"
	}
	return c
}

// unchanged says how many of the sessions are as they were shown.
func (w *work) unchanged(now map[int32]probes.Backend) playbooks.Check {
	n := 0
	for _, b := range w.order.Sessions {
		if sameAs(b, now[b.PID]) {
			n++
		}
	}
	all := len(w.order.Sessions)
	c := playbooks.Check{Verdict: playbooks.Pass, Name: "sessions", Saw: "all " + probes.Counted(all, "session is", "sessions are") + " as listed"}
	switch {
	case n == 0:
		c.Verdict, c.Saw, c.Do = playbooks.Refuse, "none of the sessions is as listed any more: each has ended or does something else",
			"look again and draft anew"
	case n < all:
		c.Verdict, c.Saw, c.Do = playbooks.Caution, fmt.Sprintf("%d of %d are as listed", n, all),
			"nothing is sent to the others; draft anew to take the list as it is now"
	case all == 1:
		c.Saw = "the session is as listed"
	}
	return c
}

// sameAs says whether a session is and does what was shown.
func sameAs(shown, now probes.Backend) bool {
	return now.BackendStart.Equal(shown.BackendStart) && now.State == shown.State && now.StateChange.Equal(shown.StateChange) &&
		now.XactStart.Equal(shown.XactStart) && now.QueryStart.Equal(shown.QueryStart)
}

// Act implements playbooks.Acting.
func (w *work) Act(_ context.Context, send *playbooks.Sender) error {
	w.shots = nil // of an earlier run of the same draft
	for i, b := range w.order.Sessions {
		shot, err := Fire(send, w.order.Signal, b)
		w.shots = append(w.shots, shot)
		if err != nil {
			return err
		}
		send.Report(playbooks.Progress{Phase: "signalling", Done: float64(i + 1), Total: float64(len(w.order.Sessions)), Unit: "sessions"})
	}
	return nil
}

// Verify implements playbooks.Work: it waits a while until each that was signalled has done what it was told. Where that cannot be read back the
// rows say so.
func (w *work) Verify(ctx context.Context, ask *live.Asker) (playbooks.Verification, error) {
	err := Settle(ctx, ask, w.shots)
	v := playbooks.Verification{Rows: w.outcomes()}
	acted, changed := playbooks.CountRows(v.Rows, playbooks.RowActed), playbooks.CountRows(v.Rows, playbooks.RowChanged)
	v.Begun = acted > 0
	v.Done = v.Begun && acted+changed == len(v.Rows)
	v.Helped = v.Done
	v.Checks = []playbooks.Check{{Verdict: playbooks.Pass, Name: string(w.order.Signal), Saw: playbooks.Tally(v.Rows)}}
	if !v.Done {
		v.Checks[0].Verdict, v.Checks[0].Do = playbooks.Caution, "look at the rows: each says what became of it; draft anew for those that are left"
	}
	return v, err
}

// outcomes are the rows with what became of each as far as it is known now.
func (w *work) outcomes() []playbooks.Row {
	rows := slices.Clone(w.rows)
	for i := range rows {
		rows[i].State = playbooks.RowUnsent
		if i >= len(w.shots) {
			continue
		}
		shot := w.shots[i]
		if rows[i].State, rows[i].Saw = shot.State, shot.Saw; shot.State == "" {
			rows[i].State, rows[i].Saw = playbooks.RowUnknown, "it was signalled, and could not be read back"
		}
	}
	return rows
}
