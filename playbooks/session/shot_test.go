package session

import (
	"context"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/live"
	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
)

// Rights that go while a signal is under way: a session that cannot be seen any more has not ended.
func TestHiddenWhileReadBack(t *testing.T) {
	shot := Shot{Signal: live.Terminate, Session: probes.Backend{PID: 7, BackendStart: noon, State: "idle"}, Answered: noon}
	hidden := seen{sessions: map[int32]probes.Backend{7: {PID: 7}}}
	if shot.settle(hidden, false); shot.State != "" {
		t.Errorf("at once: %+v", shot)
	}
	if shot.settle(hidden, true); shot.State != playbooks.RowUnknown || !strings.Contains(shot.Saw, "not visible") {
		t.Errorf("in the end: %+v", shot)
	}
}

// The reply to a cancel is lost: that its statement has ended since proves nothing, and that it goes on neither.
func TestLostCancel(t *testing.T) {
	shown := probes.Backend{PID: 7, BackendStart: noon, State: "active", QueryStart: noon}
	idle := shown
	idle.State = "idle"
	for says, now := range map[string]seen{
		"its statement has ended, by this or by itself": {sessions: map[int32]probes.Backend{7: idle}},
		"the session is there and goes on":              {sessions: map[int32]probes.Backend{7: shown}},
		"the session is gone":                           {},
	} {
		shot := Shot{Signal: live.CancelQuery, Session: shown, Lost: true}
		shot.settle(now, true)
		if shot.State != playbooks.RowUnknown || !strings.Contains(shot.Saw, says) {
			t.Errorf("want %s, got %+v", says, shot)
		}
	}
}

// volley sends its signals in one statement, as a hold does.
type volley struct{ work }

func (v *volley) Act(_ context.Context, send *playbooks.Sender) (err error) {
	v.shots, err = FireAll(send, v.order.Sessions)
	return err
}

// A superuser's call among many makes the server refuse the statement midway: the others are cancelled all the same, and none is told of as untouched.
func TestVolleyWithASuperusers(t *testing.T) {
	t.Parallel()
	server := pgtest.Server(t, nil)
	dsn := server.DSN("postgres")
	admin := pgtest.Connect(t, dsn, nil)
	pgtest.Execute(t, admin, "CREATE ROLE app LOGIN PASSWORD 'x'", "CREATE ROLE medic LOGIN PASSWORD 'x' IN ROLE pg_signal_backend, pg_monitor")
	s := newScene(t, dsn, live.Config{DSN: pgtest.As(t, dsn, "medic", "x")})
	conns := []*pgx.Conn{pgtest.Connect(t, pgtest.As(t, dsn, "app", "x"), nil), pgtest.Connect(t, dsn, nil), pgtest.Connect(t, pgtest.As(t, dsn, "app", "x"), nil)}
	for _, conn := range conns {
		pgtest.InBackground(t, conn, "SELECT pg_sleep(600)")
	}
	seen, sessions := s.sees("active", conns...)
	d := draft(live.CancelQuery, seen, sessions...)
	d.Work = &volley{*d.Work.(*work)}
	rows := s.apply(d).Verification.Rows
	if rows[0].State != playbooks.RowUnknown && rows[0].State != playbooks.RowActed || strings.Contains(rows[0].Saw, "nothing was sent") {
		t.Errorf("before the superuser's: %+v", rows[0])
	}
	if rows[1].State != playbooks.RowRefused || rows[2].State != playbooks.RowActed {
		t.Errorf("the superuser's %+v, behind it %+v", rows[1], rows[2])
	}
	pgtest.Eventually(t, dsn, "SELECT 1 WHERE (SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%pg_sleep%' AND pid <> pg_backend_pid()) = 1")
}
