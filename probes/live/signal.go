package live

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/pgerr"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// Signal is what a session is sent (PostgreSQL manual, "Server Signaling Functions").
type Signal string

// The signals, the gentler first.
const (
	CancelQuery Signal = "cancel"    // pg_cancel_backend: its statement fails with 57014, its transaction is aborted, the session stays
	Terminate   Signal = "terminate" // pg_terminate_backend: the session ends, its transaction is rolled back
)

// SignalSQL is the statement that Signal and SignalAll send, with $1 to $7 for what was shown.
func SignalSQL() string { return query("signal") }

// Answer is what became of a signal.
type Answer struct {
	Sent    bool
	Refused string    // where nothing was sent because such a session never is signalled: why, for a person
	Change  string    // where nothing was sent because it is not what was shown: how it differs, for a person
	At      time.Time // when the server answered, by its clock; zero where there was no such session
}

// sendLimit bounds one guarded statement of the act session: more than the session's own timeouts.
const sendLimit = 5 * time.Second

// ErrNotSent is in the error of a statement that did not leave pgmedic: the server has done nothing.
var ErrNotSent = errors.New("nothing was sent")

// ActSession is the act session as it was when it was asked for: what is sent goes over that connection, or not at all. One that was opened since
// may be on another server.
type ActSession struct {
	PID          int32
	BackendStart time.Time
	actor        *Actor
	conn         *pgx.Conn
}

// Session returns the act session, opened where it is not.
func (a *Actor) Session(ctx context.Context) (*ActSession, error) {
	if err := a.refused(); err != nil {
		return nil, err
	}
	session := &ActSession{actor: a}
	err := a.server.act.use(ctx, func(conn *pgx.Conn) error {
		var c sessionCheck
		err := c.read(ctx, conn)
		session.PID, session.BackendStart, session.conn = c.pid, c.start, conn
		return err
	})
	if err != nil {
		return nil, pgerr.Harmless(err)
	}
	return session, nil
}

// send runs fn over the session's connection. Where the error is ErrNotSent, the server got nothing of it.
func (s *ActSession) send(fn func(ctx context.Context, conn *pgx.Conn) error) error {
	if err := s.actor.refused(); err != nil {
		return fmt.Errorf("%w: %w", ErrNotSent, err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), sendLimit)
	defer cancel()
	sending := false
	err := s.actor.server.act.use(ctx, func(conn *pgx.Conn) error {
		if conn != s.conn {
			return fmt.Errorf("pgmedic's act session of pid %d was lost, and opened anew since", s.PID)
		}
		sending = true
		return fn(ctx, conn)
	})
	if err != nil && (!sending || pgconn.SafeToRetry(err)) {
		err = fmt.Errorf("%w: %w", ErrNotSent, err)
	}
	return pgerr.Harmless(err)
}

// Signal signals a session if it still is and does what was shown, in one statement. The answer says whether the server took the signal, not what
// it did: a session that is idle in transaction takes a cancel and ignores it.
func (s *ActSession) Signal(signal Signal, shown probes.Backend) (Answer, error) {
	answers, err := s.SignalAll(signal, []probes.Backend{shown})
	if err != nil {
		return Answer{}, err
	}
	return answers[0], nil
}

// SignalAll is Signal for many in one statement: on a machine that is busy each round trip waits for its turn, and the calls to be cancelled would be over by then.
// The answers are in the order of the sessions. Where there is an error, nothing is known of any of them: among them a session that takes a superuser (42501) spoils all.
func (s *ActSession) SignalAll(signal Signal, shown []probes.Backend) ([]Answer, error) {
	answers := make([]Answer, len(shown))
	for i, b := range shown {
		answers[i] = signalled{gone: true}.answer(b)
	}
	err := s.send(func(ctx context.Context, conn *pgx.Conn) error {
		rows, err := conn.Query(ctx, query("signal"), guards(signal, shown)...)
		if err != nil {
			return err
		}
		var n int
		var got signalled
		_, err = pgx.ForEachRow(rows, []any{&n, &got.sent, &got.same, &got.may, &got.reused, &got.kind, &got.ours, &got.state, &got.sameXact, &got.at}, func() error {
			answers[n-1] = got.answer(shown[n-1])
			return nil
		})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("signalling %s: %w", sessionsWords(shown), err)
	}
	return answers, nil
}

func sessionsWords(shown []probes.Backend) string {
	if len(shown) == 1 {
		return fmt.Sprintf("session %d", shown[0].PID)
	}
	return fmt.Sprintf("%d sessions", len(shown))
}

// guards are the parameters of signal.sql.
func guards(signal Signal, shown []probes.Backend) []any {
	pids, states := make([]int32, len(shown)), make([]string, len(shown))
	starts, changes, xacts, queries := make([]time.Time, len(shown)), make([]time.Time, len(shown)), make([]*time.Time, len(shown)), make([]*time.Time, len(shown))
	for i, b := range shown {
		pids[i], states[i], starts[i], changes[i], xacts[i], queries[i] = b.PID, b.State, b.BackendStart, b.StateChange, orNull(b.XactStart), orNull(b.QueryStart)
	}
	return []any{pids, starts, states, changes, xacts, queries, signal == Terminate}
}

// orNull is NULL for a time that is not there.
func orNull(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// signalled is a row of signal.sql.
type signalled struct {
	gone, sent, same, may, reused, ours, sameXact bool
	kind, state                                   string
	at                                            time.Time
}

func (g signalled) answer(shown probes.Backend) Answer {
	a := Answer{Sent: g.sent, At: g.at}
	switch {
	case g.sent:
	case g.gone || g.reused:
		a.Change = g.change(shown)
	case g.kind != "" && g.kind != clientBackend:
		a.Refused = "it is no client's session (" + sqltext.CleanLine(g.kind) + ")"
	case g.ours:
		a.Refused = "it is a session of pgmedic"
	case g.same && !g.may:
		a.Refused = NoRight
	default:
		a.Change = g.change(shown)
	}
	return a
}

// NoRight says that this role may not signal a session.
const NoRight = "this role may not signal it (42501): it takes its role, or pg_signal_backend; for a superuser's session a superuser"

// clientBackend is the backend_type of whom alone is signalled (PostgreSQL manual, pg_stat_activity).
const clientBackend = "client backend"

// change says how the session differs from what was shown.
func (g signalled) change(shown probes.Backend) string {
	switch {
	case g.gone:
		return "the session has ended"
	case g.reused:
		return fmt.Sprintf("pid %d is another session now", shown.PID)
	case g.same:
		return "the session ended just then"
	case g.state == "":
		return "what it does is not visible to this role"
	case g.state == "disabled":
		return "it does not report what it does (track_activities is off)"
	case g.state != shown.State:
		return "it is " + sqltext.CleanLine(g.state) + " now"
	case !g.sameXact:
		return "it is in another transaction now"
	case g.state == "active":
		return "it runs another statement now"
	}
	return "it has run something since"
}

// Exec sends one short statement alone over the act session, and waits for its end.
func (s *ActSession) Exec(sql string) error {
	return s.send(func(ctx context.Context, conn *pgx.Conn) error {
		_, err := conn.PgConn().ExecParams(ctx, sql, nil, nil, nil, nil).Close() // this protocol refuses a second statement
		return err
	})
}
