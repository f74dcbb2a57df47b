package live

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/pgerr"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// session is one connection that is kept warm and opened again after a loss. It has one user at a time.
type session struct {
	role   role
	base   *pgx.ConnConfig       // as the connection string says
	home   *atomic.Pointer[home] // where look is; the others go there and nowhere else
	turn   chan struct{}         // holds one token: whoever has it may use the fields below
	conn   *pgx.Conn             // nil: not open
	place  place                 // of conn
	server probes.Server         // who answered when it was opened
	pooled pooled                // what is in between
	closed bool
	pid    atomic.Int32 // of the backend; 0: not open, or not known through a pooler. Read by others without a turn
}

// home is the server that look is connected to.
type home struct {
	place  place
	server probes.Server
	pooled pooled
}

func newSession(cfg *pgx.ConnConfig, r role, home *atomic.Pointer[home]) *session {
	s := &session{role: r, base: cfg, home: home, turn: make(chan struct{}, 1)}
	s.turn <- struct{}{}
	return s
}

var errClosed = errors.New("pgmedic has closed its sessions")

// errNotConnected is the error of who would open a session to change or run something while no server is looked at: there is nothing to tell by that
// it is the right one. An act session that is open already is, and stays of use: it can cancel a build that pgmedic began while look is out.
var errNotConnected = errors.New("not connected now: no session that changes or runs anything is opened on a server that is not looked at; " +
	"wait until samples come again")

// use waits for a turn, opens the session where needed, and runs fn with its connection.
func (s *session) use(ctx context.Context, fn func(conn *pgx.Conn) error) error {
	select {
	case <-s.turn:
	case <-ctx.Done():
		return fmt.Errorf("waiting for pgmedic's %s session: %w", s.role, ctx.Err())
	}
	defer func() { s.turn <- struct{}{} }()
	return s.run(ctx, fn)
}

// run is use for the holder of the turn.
func (s *session) run(ctx context.Context, fn func(conn *pgx.Conn) error) error {
	if s.closed {
		return errClosed
	}
	if err := s.ensureOpen(ctx); err != nil {
		return &pgerr.Step{Doing: "connecting", Err: err}
	}
	defer s.forgetLost()
	return fn(s.conn)
}

func (s *session) ensureOpen(ctx context.Context) error {
	s.forgetLost()
	at := s.home.Load()
	if s.role == look {
		at = nil
	}
	if s.conn != nil && (at == nil || at.place == s.place) {
		return nil
	}
	if s.role.bound() && at == nil {
		return errNotConnected
	}
	s.letGo() // look has moved to another server
	cfg := s.base
	if at != nil {
		cfg = only(cfg, at.place)
	}
	if err := s.open(ctx, cfg, at); err != nil {
		return err
	}
	if s.role == look {
		s.home.Store(&home{s.place, s.server, s.pooled})
	}
	return nil
}

// open connects, and finds out what it is connected to and through what.
func (s *session) open(ctx context.Context, cfg *pgx.ConnConfig, at *home) error {
	conn, err := connect(ctx, configFor(cfg, s.role))
	if err != nil && !refusesSettings(err) {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, openLimit)
	defer cancel()
	direct := false
	if err == nil {
		if direct, err = s.check(ctx, conn); err != nil {
			drop(conn)
			return err
		}
	}
	between := pooled{}
	if !direct {
		if conn != nil {
			drop(conn)
		}
		if conn, between, err = s.openPooled(ctx, cfg, at); err != nil {
			return err
		}
	}
	server, err := identify(ctx, conn)
	if err == nil && direct && server.Version >= 140000 {
		_, err = conn.Exec(ctx, query("awake"), pgx.QueryExecModeExec)
	}
	if err == nil && s.role.bound() {
		err = otherServer(s.role, at.server, server)
	}
	if err != nil {
		drop(conn)
		return err
	}
	server.Pooler = between.kind
	s.conn, s.server, s.place, s.pooled = conn, server, placeOf(conn), between
	if direct {
		s.pid.Store(int32(conn.PgConn().PID()))
	}
	return nil
}

// check reads back what became of the startup packet, and says whether the backend itself answers, with the settings that were asked for.
func (s *session) check(ctx context.Context, conn *pgx.Conn) (direct bool, err error) {
	var c sessionCheck
	if err := c.read(ctx, conn); err != nil {
		return false, err
	}
	wanted := s.role.settings()
	return c.pid == int32(conn.PgConn().PID()) && c.readOnly == wanted["default_transaction_read_only"] &&
		c.statementTimeout == wanted["statement_timeout"] && c.lockTimeout == wanted["lock_timeout"], nil
}

// openPooled connects without settings, and finds out how the pooler shares its connections. Who changes things is refused.
func (s *session) openPooled(ctx context.Context, cfg *pgx.ConnConfig, at *home) (*pgx.Conn, pooled, error) {
	var between pooled
	cfg = pooledConfig(configFor(cfg, s.role), s.role)
	conn, err := connect(ctx, cfg)
	if err != nil {
		return nil, between, err
	}
	if at != nil && at.pooled.kind != probes.NoPooler {
		between = at.pooled
	} else {
		if between.kind, err = recognise(ctx, conn); err != nil {
			drop(conn)
			return nil, between, err
		}
		if conn.IsClosed() { // a pooler by statement has hung up
			if conn, err = connect(ctx, cfg); err != nil {
				return nil, between, err
			}
		}
		var c sessionCheck
		if err := c.read(ctx, conn); err != nil {
			drop(conn)
			return nil, between, err
		}
		between.port = c.port
	}
	if !s.role.readOnly() {
		drop(conn)
		return nil, between, between.refuse("to change anything")
	}
	return conn, between, nil
}

// sessionCheck is the row of check.sql.
type sessionCheck struct {
	pid                                     int32
	start                                   time.Time
	readOnly, statementTimeout, lockTimeout string
	port                                    int
}

func (c *sessionCheck) read(ctx context.Context, conn *pgx.Conn) error {
	err := conn.QueryRow(ctx, query("check"), pgx.QueryExecModeExec).
		Scan(&c.pid, &c.start, &c.readOnly, &c.statementTimeout, &c.lockTimeout, &c.port)
	if err != nil {
		return fmt.Errorf("checking the session's settings: %w", err)
	}
	return nil
}

// forgetLost lets go of a connection that is gone, so that the next use opens a new one.
func (s *session) forgetLost() {
	if s.conn != nil && s.conn.IsClosed() {
		s.conn = nil
		s.pid.Store(0)
		if s.role == look {
			s.home.Store(nil)
		}
	}
}

// letGo closes the connection, if there is one.
func (s *session) letGo() {
	if s.conn != nil {
		drop(s.conn)
		s.forgetLost()
	}
}

// close ends the session for good.
func (s *session) close() {
	<-s.turn
	defer func() { s.turn <- struct{}{} }()
	s.closed = true
	s.letGo()
}

// drop closes a connection, politely where that works at once.
func drop(conn *pgx.Conn) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_ = conn.Close(ctx)
}

// identify reads which server answers. The identifier and the timeline stay unknown where the role may not read them.
func identify(ctx context.Context, conn *pgx.Conn) (probes.Server, error) {
	s := probes.Server{Host: conn.Config().Host, Port: int(conn.Config().Port)}
	err := conn.QueryRow(ctx, query("identity"), pgx.QueryExecModeExec).
		Scan(&s.Database, &s.User, &s.Version, &s.VersionText, &s.InRecovery, &s.StartedAt)
	if err == nil {
		err = ifAllowed(conn.QueryRow(ctx, query("control"), pgx.QueryExecModeExec).Scan(&s.SystemIdentifier, &s.Timeline))
	}
	if err == nil && !s.InRecovery {
		err = ifAllowed(conn.QueryRow(ctx, query("timeline"), pgx.QueryExecModeExec).Scan(&s.Timeline))
	}
	if err != nil {
		return s, fmt.Errorf("reading which server this is: %w", err)
	}
	s.Database, s.User = sqltext.CleanLine(s.Database), sqltext.CleanLine(s.User)
	s.VersionText = sqltext.CleanLine(s.VersionText)
	_, s.TLS = conn.PgConn().Conn().(*tls.Conn)
	return s, nil
}

// ifAllowed passes over what the server refuses to say.
func ifAllowed(err error) error {
	if pgerr.State(err) != "" {
		return nil
	}
	return err
}

// refresh reads again what can change while a connection lasts: a standby's promotion, its timeline.
func (s *session) refresh(ctx context.Context) error {
	server, err := identify(ctx, s.conn)
	if err != nil {
		return err
	}
	server.Pooler = s.pooled.kind
	s.server = server
	return nil
}
