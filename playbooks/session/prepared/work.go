package prepared

import (
	"context"
	"errors"
	"strings"

	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/probes/live"
	"github.com/pgmedic/pgmedic/probes/pgerr"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// work rolls one prepared transaction back. It implements playbooks.Acting.
type work struct {
	shown transaction
	row   playbooks.Row
	sent  bool   // the statement was, or may have been
	lost  bool   // the reply was
	fault string // what the server answered instead that it is done, harmless; empty: it did not
}

// Preflight implements playbooks.Work: it is still there, this is its database, and this role may end it.
func (w *work) Preflight(ctx context.Context, ask *live.Asker) ([]playbooks.Check, error) {
	now, there, err := read(ctx, ask, w.shown.XID, w.shown.PreparedAt)
	if err != nil {
		return nil, err
	}
	if !there || now.GID != w.shown.GID || now.Owner != w.shown.Owner {
		return []playbooks.Check{{
			Verdict: playbooks.Refuse, Name: "prepared transaction", Saw: "it has been committed or rolled back", Do: "look again and draft anew",
		}}, nil
	}
	return []playbooks.Check{
		{Verdict: playbooks.Pass, Name: "prepared transaction", Saw: "it is there as listed: " + now.words()}, databaseCheck(now), rightsCheck(now),
	}, nil
}

func databaseCheck(now transaction) playbooks.Check {
	c := playbooks.Check{Verdict: playbooks.Pass, Name: "database", Saw: "it is of the database that pgmedic is connected to"}
	if !now.here {
		c.Verdict, c.Saw = playbooks.Refuse, "it is of database "+now.database+", and can be ended there alone"
		c.Do = "start pgmedic on database " + now.database
	}
	return c
}

func rightsCheck(now transaction) playbooks.Check {
	c := playbooks.Check{Verdict: playbooks.Pass, Name: "rights", Saw: "role " + now.me + " may end it"}
	if !now.mine {
		c.Verdict = playbooks.Refuse
		c.Saw = "role " + now.me + " may not end it: its owner " + now.owner + " may, and a superuser; membership of the owner is not enough"
		c.Do = "connect as " + sqltext.Ident(now.owner) + " or as a superuser"
	}
	return c
}

// Act implements playbooks.Acting.
func (w *work) Act(_ context.Context, send *playbooks.Sender) error {
	w.row.State, w.row.Saw, w.sent, w.lost, w.fault = "", "", false, false, "" // of an earlier run of the same draft
	answer, err := send.RollbackPrepared(w.shown.TwoPhase)
	switch state := pgerr.State(err); {
	case errors.Is(err, live.ErrStopped):
		return err
	case errors.Is(err, live.ErrNotSent):
		w.row.State, w.row.Saw = playbooks.RowUnsent, err.Error()
		return err
	case state == "42501":
		w.row.State, w.row.Saw = playbooks.RowRefused, "the server lets its owner and superusers end it, and nobody else (42501)"
		return nil
	case state == "42704":
		w.row.State, w.row.Saw = playbooks.RowChanged, "somebody else committed it or rolled it back just then (42704)"
		return nil
	case state != "" && !strings.HasPrefix(state, "08") && !strings.HasPrefix(state, "57P"):
		w.sent, w.fault = true, pgerr.Reason(err) // what it had done by then is read back
		return nil
	case err != nil:
		w.sent, w.lost = true, true
		return err
	case !answer.Sent:
		w.row.State, w.row.Saw = playbooks.RowChanged, "nothing was sent: "+answer.Change
		return nil
	}
	w.sent = true
	return nil
}

// Verify implements playbooks.Work: whether it is still listed.
func (w *work) Verify(ctx context.Context, ask *live.Asker) (playbooks.Verification, error) {
	_, there, err := read(ctx, ask, w.shown.XID, w.shown.PreparedAt)
	if err != nil {
		return playbooks.Verification{}, err
	}
	row := w.outcome(there)
	done := row.State == playbooks.RowActed
	v := playbooks.Verification{Rows: []playbooks.Row{row}, Begun: done, Done: done, Helped: done,
		Checks: []playbooks.Check{{Verdict: playbooks.Pass, Name: "prepared transaction", Saw: row.Saw}}}
	if !done {
		v.Checks[0].Verdict, v.Checks[0].Do = playbooks.Caution, "look at pg_prepared_xacts, and ask the coordinator what it decided"
	}
	return v, nil
}

// outcome is the row with what became of it.
func (w *work) outcome(there bool) playbooks.Row {
	row := w.row
	switch {
	case row.State != "":
	case !w.sent:
		row.State, row.Saw = playbooks.RowUnsent, "it was stopped before"
	case w.fault != "" && there:
		row.State, row.Saw = playbooks.RowRefused, "the server answered with an error, and it is still in pg_prepared_xacts: "+w.fault
	case w.fault != "":
		row.State = playbooks.RowUnknown
		row.Saw = "it is gone from pg_prepared_xacts, rolled back by this or ended by somebody else: the server answered with an error, " + w.fault
	case w.lost && there:
		row.State, row.Saw = playbooks.RowUnknown, "the reply was lost; it is still in pg_prepared_xacts"
	case w.lost:
		row.State, row.Saw = playbooks.RowUnknown, "the reply was lost; it is gone from pg_prepared_xacts, rolled back by this or ended by somebody else"
	case there:
		row.State, row.Saw = playbooks.RowNoEffect, "the server took the statement, and it is still in pg_prepared_xacts"
	default:
		row.State, row.Saw = playbooks.RowActed, "rolled back: it is gone from pg_prepared_xacts"
	}
	return row
}
