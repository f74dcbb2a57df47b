package session

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/live"
	"github.com/pgmedic/pgmedic/probes/pgerr"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// seen is what one look at sessions saw.
type seen struct {
	sessions map[int32]probes.Backend
	began    time.Time // when the session that looks did (server clock): what was lost with an earlier one of it may have broken others too
}

// Read returns how the sessions are now, by pid. One that is not there has ended; one with another backend_start is another, with none it is not
// visible to this role.
func Read(ctx context.Context, ask *live.Asker, sessions []probes.Backend) (map[int32]probes.Backend, error) {
	now, err := look(ctx, ask, sessions)
	return now.sessions, err
}

func look(ctx context.Context, ask *live.Asker, sessions []probes.Backend) (seen, error) {
	pids := make([]int32, len(sessions))
	for i, b := range sessions {
		pids[i] = b.PID
	}
	now := seen{sessions: map[int32]probes.Backend{}}
	err := ask.Read(ctx, func(ctx context.Context, tx pgx.Tx) error {
		rows, err := tx.Query(ctx, query("sessions"), pids)
		if err != nil {
			return err
		}
		var b probes.Backend
		var start, change, xact, began *time.Time
		var me bool
		_, err = pgx.ForEachRow(rows, []any{&b.PID, &start, &b.State, &change, &xact, &began, &b.WaitType, &me}, func() error {
			b.BackendStart, b.StateChange, b.XactStart, b.QueryStart = known(start), known(change), known(xact), known(began)
			if me {
				now.began = b.BackendStart
			}
			now.sessions[b.PID] = b
			return nil
		})
		return err
	})
	if err != nil {
		return seen{}, fmt.Errorf("reading what the sessions do now: %w", err)
	}
	return now, nil
}

func known(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return *t
}

// stamp writes a time for the record; empty where there is none.
func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339Nano)
}

// rights are what this role may signal.
type rights struct {
	me        string // the role
	superuser bool
	roles     map[uint32]bool // by the oid of a session's role
}

// may says whether the server lets this role signal the session.
func (r rights) may(b probes.Backend) bool { return r.superuser || r.roles[b.UserOID] && !b.Superuser }

// Rights says of how many of the sessions this role may signal. Where the server is too busy to say, as in a lock storm, that is no reason not to
// try: each row says what became of it.
func Rights(ctx context.Context, ask *live.Asker, sessions []probes.Backend) (playbooks.Check, error) {
	roles := make([]uint32, len(sessions))
	for i, b := range sessions {
		roles[i] = b.UserOID
	}
	slices.Sort(roles)
	r := rights{roles: map[uint32]bool{}}
	err := ask.Read(ctx, func(ctx context.Context, tx pgx.Tx) error {
		rows, err := tx.Query(ctx, query("rights"), slices.Compact(roles))
		if err != nil {
			return err
		}
		var role uint32
		var may bool
		_, err = pgx.ForEachRow(rows, []any{&role, &may, &r.me, &r.superuser}, func() error { r.roles[role] = may; return nil })
		return err
	})
	switch state := pgerr.State(err); {
	case state == "57014" || state == "55P03":
		return playbooks.Check{
			Verdict: playbooks.Caution, Name: "rights", Saw: "the server is too busy to say which sessions this role may signal: " + pgerr.Reason(err),
			Do: "it refuses those that the role may not: each row will say so",
		}, nil
	case err != nil:
		return playbooks.Check{}, fmt.Errorf("reading which sessions this role may signal: %w", err)
	}
	return r.check(sessions), nil
}

func (r rights) check(sessions []probes.Backend) playbooks.Check {
	n := 0
	for _, b := range sessions {
		if r.may(b) {
			n++
		}
	}
	me := sqltext.CleanLine(r.me)
	c := playbooks.Check{Verdict: playbooks.Pass, Name: "rights", Saw: "role " + me + " may signal " + probes.Counted(n, "session", "sessions")}
	advice := "GRANT pg_signal_backend TO " + sqltext.CleanLine(sqltext.Ident(r.me)) +
		", or connect with a role that has it; a superuser's session takes a superuser"
	switch {
	case n == 0:
		c.Verdict, c.Saw, c.Do = playbooks.Refuse, "role "+me+" may signal none of them", advice
	case n < len(sessions):
		c.Verdict, c.Saw, c.Do = playbooks.Caution, fmt.Sprintf("role %s may signal %d of %d", me, n, len(sessions)),
			"the server will refuse the others; "+advice
	}
	return c
}
