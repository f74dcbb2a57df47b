package live

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/pgerr"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// Actor is the door for changing things. Only the playbooks' engine holds it.
type Actor struct{ server *Server }

// Act returns the acting door.
func (s *Server) Act() *Actor { return &Actor{s} }

// refused says why nothing may be changed; nil where it may.
func (a *Actor) refused() error {
	if why := a.server.Can().NoAct; why != "" {
		return errors.New("nothing can be changed here: " + why)
	}
	return nil
}

// ErrRests is the error of who cancels a session that runs nothing: nothing was sent, the session would have lost it.
var ErrRests = errors.New("the session runs nothing now")

// Cancel asks the server to cancel what the backend runs, guarded by its start: no such session any more means false, and nothing was sent.
func (a *Actor) Cancel(ctx context.Context, pid int32, backendStart time.Time) (bool, error) {
	if err := a.refused(); err != nil {
		return false, err
	}
	var sent, rests bool
	err := a.server.act.use(ctx, func(conn *pgx.Conn) error {
		err := conn.QueryRow(ctx, query("cancel"), pid, backendStart).Scan(&sent, &rests)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		return err
	})
	switch {
	case rests:
		return false, fmt.Errorf("cancelling session %d: %w", pid, ErrRests)
	case err == nil:
		return sent, nil
	}
	err = fmt.Errorf("cancelling session %d: %w", pid, err)
	if pgerr.State(err) == "42501" {
		err = fmt.Errorf("%w; it takes the session's own role or pg_signal_backend, for a superuser's session a superuser", err)
	}
	return false, pgerr.Harmless(err)
}

// BuildSession is one warm session that may change the server.
type BuildSession struct {
	PID          int32
	BackendStart time.Time
	conn         *pgx.Conn
	version      int // of the server

	mutex         sync.Mutex
	busy, stopped bool
}

// ErrStopped is the error of a statement that was not sent, because the session was stopped before.
var ErrStopped = errors.New("it was stopped, and nothing more was sent")

// Stop keeps the session from sending anything more, and says whether it has sent something that has not ended yet: that goes on.
func (b *BuildSession) Stop() (busy bool) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	b.stopped = true
	return b.busy
}

// enter says whether a statement may be sent.
func (b *BuildSession) enter() bool {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	b.busy = !b.stopped
	return b.busy
}

func (b *BuildSession) leave() {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	b.busy = false
}

// endlessSettings are every timeout that could end a long statement, with the version that brought it. A short lock_timeout of the role is what
// usually kills builds and leaves INVALID indexes behind.
var endlessSettings = []struct {
	name  string
	since int
}{
	{"statement_timeout", 0},
	{"lock_timeout", 0},
	{"idle_in_transaction_session_timeout", 0},
	{"client_connection_check_interval", 140000},
	{"idle_session_timeout", 140000},
	{"transaction_timeout", 170000},
}

// slotPatience is how long a full server is asked for a slot. Clients that hammer it fill even the reserved ones for moments, while they
// are being refused.
const slotPatience = 15 * time.Second

// connectWhenFree connects, and while the server is full it asks again at a bounded rate, one attempt at a time.
func connectWhenFree(ctx context.Context, cfg *pgx.ConnConfig) (*pgx.Conn, error) {
	patience, cancel := context.WithTimeout(ctx, slotPatience)
	defer cancel()
	for {
		conn, err := connect(ctx, cfg)
		if pgerr.State(err) != "53300" || !sleep(patience, retryAfter(err, 1)) {
			return conn, err
		}
	}
}

// OpenBuild opens the build session, with every timeout that could end a long build set to 0 and read back. On a full server it waits a while for
// a slot.
func (a *Actor) OpenBuild(ctx context.Context) (*BuildSession, error) {
	if err := a.refused(); err != nil {
		return nil, err
	}
	at := a.server.home.Load()
	if at == nil {
		return nil, fmt.Errorf("opening the build session: %w", errNotConnected)
	}
	conn, err := connectWhenFree(ctx, configFor(only(a.server.base, at.place), build))
	if err != nil {
		return nil, noBuildSession(err)
	}
	b := &BuildSession{conn: conn}
	if err := b.prepare(ctx, at); err != nil {
		b.Close()
		return nil, pgerr.Harmless(fmt.Errorf("opening the build session: %w", err))
	}
	return b, nil
}

func noBuildSession(err error) error {
	advice := pgerr.Next(err)
	if pgerr.State(err) == "53300" {
		advice = fmt.Sprintf("no slot came free in %s: make room first, or connect with a role that gets into the reserved slots", slotPatience)
	}
	if advice != "" {
		advice = "; " + advice
	}
	return pgerr.Say("opening the build session: "+pgerr.Reason(err)+advice, err)
}

// prepare makes sure that the session is on the server that is looked at, without a pooler in between, and switches the timeouts off.
func (b *BuildSession) prepare(ctx context.Context, at *home) error {
	var c sessionCheck
	if err := c.read(ctx, b.conn); err != nil {
		return err
	}
	b.PID, b.BackendStart = c.pid, c.start
	if uint32(c.pid) != b.conn.PgConn().PID() {
		return errors.New("there is a pooler in between: " + pooled{port: c.port}.direct())
	}
	server, err := identify(ctx, b.conn)
	b.version = server.Version
	if err == nil {
		err = otherServer(build, at.server, server)
	}
	if err != nil {
		return err
	}
	for _, setting := range endlessSettings {
		if server.Version < setting.since {
			continue
		}
		if err := b.setEndless(ctx, setting.name); err != nil {
			return err
		}
	}
	return nil
}

// setEndless switches a timeout off and reads it back. Costs under 0.1 ms, every role may.
func (b *BuildSession) setEndless(ctx context.Context, setting string) error {
	if err := b.Exec(ctx, "SET "+probes.OwnTag+"setting */ "+sqltext.Ident(setting)+" = 0"); err != nil {
		return fmt.Errorf("switching %s off: %w", setting, err)
	}
	var value string
	if err := b.conn.QueryRow(ctx, query("setting"), setting).Scan(&value); err != nil {
		return fmt.Errorf("reading %s back: %w", setting, err)
	}
	if value != "0" {
		return fmt.Errorf("%s stayed at %s although it was switched off: it would end the build", setting, sqltext.CleanLine(value))
	}
	return nil
}

// Exec sends one statement alone and waits for its end. Ending ctx cancels it on the server.
func (b *BuildSession) Exec(ctx context.Context, sql string) error {
	if !b.enter() {
		return ErrStopped
	}
	defer b.leave()
	_, err := b.conn.PgConn().ExecParams(ctx, sql, nil, nil, nil, nil).Close() // this protocol refuses a second statement
	return pgerr.Harmless(err)
}

// Read reads between two statements, as Asker.Read does: what the session itself is about to change.
func (b *BuildSession) Read(ctx context.Context, fn func(ctx context.Context, tx pgx.Tx) error) error {
	if !b.enter() {
		return ErrStopped
	}
	defer b.leave()
	return pgerr.Harmless(readOnly(ctx, b.conn, b.version, readTimeout, func(tx pgx.Tx, _ opened) error { return fn(ctx, tx) }))
}

// RequestCancel asks the server to cancel what the session runs, by the protocol's own request: it takes no session and no slot, and the postmaster
// takes it. Whether there was something to cancel it does not say.
func (b *BuildSession) RequestCancel(ctx context.Context) error {
	if err := b.conn.PgConn().CancelRequest(ctx); err != nil {
		return pgerr.Harmless(fmt.Errorf("asking the server by the protocol's cancel request: %w", err))
	}
	return nil
}

// Close ends the session, where it is one of ours.
func (b *BuildSession) Close() {
	if b.conn != nil {
		drop(b.conn)
	}
}
