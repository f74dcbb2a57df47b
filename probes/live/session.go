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
	config *pgx.ConnConfig
	turn   chan struct{} // holds one token: whoever has it may use the fields below
	conn   *pgx.Conn     // nil: not open
	server probes.Server // who answered when it was opened
	closed bool
	pid    atomic.Int32 // of the backend; 0: not open. Read by others without a turn
}

func newSession(cfg *pgx.ConnConfig, r role) *session {
	s := &session{role: r, config: configFor(cfg, r), turn: make(chan struct{}, 1)}
	s.turn <- struct{}{}
	return s
}

var errClosed = errors.New("pgmedic has closed its sessions")

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
	if s.conn != nil {
		return nil
	}
	conn, err := pgx.ConnectConfig(ctx, s.config)
	if err != nil {
		return err
	}
	if err := s.check(ctx, conn); err != nil {
		drop(conn)
		return err
	}
	s.conn = conn
	return nil
}

// check reads back what the server made of the startup packet, and who it is.
func (s *session) check(ctx context.Context, conn *pgx.Conn) error {
	var pid int32
	var start time.Time
	var readOnly string
	if err := conn.QueryRow(ctx, query("check")).Scan(&pid, &start, &readOnly); err != nil {
		return fmt.Errorf("checking the session's settings: %w", err)
	}
	if s.role.readOnly() && readOnly != "on" {
		return errors.New("the session is not read-only although it was asked to be: something between pgmedic and the server (a pooler?) " +
			"drops settings; connect to the server directly")
	}
	server, err := identify(ctx, conn)
	if err != nil {
		return err
	}
	s.server = server
	s.pid.Store(pid)
	return nil
}

// forgetLost lets go of a connection that is gone, so that the next use opens a new one.
func (s *session) forgetLost() {
	if s.conn != nil && s.conn.IsClosed() {
		s.conn = nil
		s.pid.Store(0)
	}
}

// close ends the session for good.
func (s *session) close() {
	<-s.turn
	defer func() { s.turn <- struct{}{} }()
	s.closed = true
	if s.conn != nil {
		drop(s.conn)
		s.forgetLost()
	}
}

// drop closes a connection, politely where that works at once.
func drop(conn *pgx.Conn) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_ = conn.Close(ctx)
}

// identify reads which server answers. The identifier stays empty where the role may not read it.
func identify(ctx context.Context, conn *pgx.Conn) (probes.Server, error) {
	s := probes.Server{Host: conn.Config().Host, Port: int(conn.Config().Port)}
	err := conn.QueryRow(ctx, query("identity")).
		Scan(&s.Database, &s.User, &s.Version, &s.VersionText, &s.InRecovery, &s.StartedAt)
	if err != nil {
		return s, fmt.Errorf("reading which server this is: %w", err)
	}
	err = conn.QueryRow(ctx, query("control")).Scan(&s.SystemIdentifier, &s.Timeline)
	if err != nil && pgerr.State(err) == "" {
		return s, fmt.Errorf("reading which server this is: %w", err)
	}
	s.Database, s.User = sqltext.CleanLine(s.Database), sqltext.CleanLine(s.User)
	s.VersionText = sqltext.CleanLine(s.VersionText)
	_, s.TLS = conn.PgConn().Conn().(*tls.Conn)
	return s, nil
}
