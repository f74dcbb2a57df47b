package apply

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/probes/live"
	"github.com/pgmedic/pgmedic/probes/pgerr"
)

// unread is a session that cannot read: the first time it fails with one error, then with another.
type unread struct {
	first, then error
	sent, reads int
}

func (s *unread) Exec(context.Context, string) error { s.sent++; return nil }

func (s *unread) Read(context.Context, func(context.Context, pgx.Tx) error) error {
	s.reads++
	if s.reads == 1 {
		return s.first
	}
	return s.then
}

// What cannot be read just before a statement is sent keeps that from being sent: our own timeout is nobody's cancel, unless the session was stopped from here.
func TestReadingBeforeSending(t *testing.T) {
	t.Parallel()
	timeout := &pgconn.PgError{Severity: "ERROR", Code: queryCanceled, Message: "canceling statement due to statement timeout"}
	target := &dropTarget{schema: "public", name: "i"}
	step := Step{SQL: "DROP", What: "drop i", kind: stepDrop, drops: target}
	for _, c := range []struct {
		name        string
		first, then error
		steps       []Step
		want        string
		sent        int
	}{
		{"reserving", timeout, nil, nil, "nothing was sent: the server did not answer in time", 0},
		{"the first step", timeout, nil, []Step{step}, "drop i: nothing was sent: the server did not answer in time", 0},
		{"a later step", timeout, nil, []Step{{SQL: "SET"}, step}, "drop i: it was not sent: the server did not answer in time", 1},
		{"lost", io.ErrUnexpectedEOF, nil, []Step{step}, "nothing was sent: unexpected EOF", 0},
		{"cancelled from here", timeout, live.ErrStopped, nil, live.ErrStopped.Error(), 0},
	} {
		session := &unread{first: c.first, then: c.then}
		w := &work{}
		err := w.begin(t.Context(), session)
		if c.steps != nil {
			session.reads, session.sent = 0, 0
			err = sendAll(t.Context(), session, c.steps, func(int) {})
		}
		var unsent *playbooks.NotSent
		if err == nil || !strings.Contains(err.Error(), c.want) || pgerr.State(err) != "" || errors.As(err, &unsent) == errors.Is(err, live.ErrStopped) || session.sent != c.sent {
			t.Errorf("%s: %v; %d sent", c.name, err, session.sent)
		}
	}
}

// Where nothing was sent there is nothing to take back, although a build of before left something.
func TestNoUndoOfNothing(t *testing.T) {
	t.Parallel()
	w := &work{parts: []part{{schema: "public", name: "i", there: true, ours: true}}}
	w.at.Store(nothingSent)
	if undo, err := w.undo(t.Context(), nil, []state{{oid: 1}}); undo != nil || err != nil {
		t.Errorf("undo %+v, %v", undo, err)
	}
}

// The statement of a partitioned table's index is told by its head, whatever names and literals it holds.
func TestOnOnly(t *testing.T) {
	t.Parallel()
	for sql, want := range map[string]bool{
		"CREATE INDEX i ON ONLY public.ledger USING btree (account)":                   true,
		`CREATE UNIQUE INDEX "a "" ON x" ON ONLY public.ledger USING btree (account)`:  true,
		"CREATE INDEX i ON public.t USING btree (a) WHERE (b = 'x ON ONLY y'::text)":   false,
		`CREATE INDEX "i ON ONLY t" ON public.t USING btree (a)`:                       false,
		`CREATE INDEX i ON public.t USING btree (a) WHERE ("c ON ONLY d" IS NOT NULL)`: false,
	} {
		if onOnly(sql) != want {
			t.Errorf("%s: %v", sql, !want)
		}
	}
}
