package session

import (
	"errors"
	"strings"
	"syscall"
	"testing"

	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/live"
	"github.com/pgmedic/pgmedic/probes/pgserver"
	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
)

// half is a group that is idle, seen through a wire.
type half struct {
	*scene
	wire     *wire
	seen     *playbooks.Seen
	sessions []probes.Backend
}

const inGroup = 12

func newHalf(t *testing.T, dsn string) *half {
	t.Helper()
	w, through := newWire(t, dsn)
	h := &half{scene: newScene(t, dsn, live.Config{DSN: through}), wire: w}
	conns := h.conns(inGroup)
	for _, conn := range conns {
		pgtest.Execute(t, conn, "SELECT 1")
	}
	h.seen, h.sessions = h.sees("idle", conns...)
	return h
}

// end terminates the group.
func (h *half) end() playbooks.Outcome { return h.apply(draft(live.Terminate, h.seen, h.sessions...)) }

// alive counts those of the group from a place on that live.
func (h *half) alive(from int) int {
	n := 0
	for _, b := range h.sessions[from:] {
		if h.lives(b) {
			n++
		}
	}
	return n
}

// wantHalf wants these rows, the rest not sent and alive, and the same on record.
func (h *half) wantHalf(o playbooks.Outcome, rows ...string) {
	h.t.Helper()
	wantRows(h.t, o.Verification.Rows, append(rows, repeated(inGroup-len(rows), "not sent")...)...)
	if alive := h.alive(len(rows)); alive != inGroup-len(rows) {
		h.t.Errorf("%d live, and nothing was sent to %d", alive, inGroup-len(rows))
	}
	if _, last := h.events(); last.Data["state"] != string(o.State) || strings.Count(last.Data[playbooks.DataRows],
		`"State":"not sent"`) != inGroup-len(rows) {
		h.t.Errorf("on record %+v", last)
	}
}

// Somebody ends pgmedic's act session half way: the rest is not sent, not over a new session either.
func TestActSessionTerminatedHalfWay(t *testing.T) {
	t.Parallel()
	h := newHalf(t, pgtest.Database(t))
	h.wire.on(8, func(func()) bool {
		pgtest.Execute(t, pgtest.Connect(t, h.dsn, nil),
			"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'pgmedic' AND datname = current_database() AND "+
				"query LIKE '%pgmedic:signal%' AND pid <> pg_backend_pid()")
		return false
	})
	o := h.end()
	h.wantHalf(o, append(repeated(7, "acted: the session has ended"), "unknown: the reply was lost; the session is there and goes on")...)
	if o.State != playbooks.Unfinished || o.Err == nil || !h.lives(h.sessions[7]) {
		t.Errorf("outcome %+v", o)
	}
}

// The network breaks between a signal and its reply: the signal was obeyed, and by what is not claimed.
func TestReplyLostHalfWay(t *testing.T) {
	t.Parallel()
	h := newHalf(t, pgtest.Database(t))
	h.wire.on(8, func(pass func()) bool {
		pass()
		pgtest.Eventually(t, h.dsn, "SELECT 1::bigint WHERE NOT EXISTS (SELECT FROM pg_stat_activity WHERE pid = $1)", h.sessions[7].PID)
		return true
	})
	o := h.end()
	h.wantHalf(o, append(repeated(7, "acted"), "unknown: the reply was lost; the session is gone, by this or by what broke the connection")...)
	if o.State != playbooks.Unfinished || o.Err == nil {
		t.Errorf("outcome %+v", o)
	}
}

// The first reply is lost: that the whole failed would be too much to say.
func TestReplyLostAtOnce(t *testing.T) {
	t.Parallel()
	h := newHalf(t, pgtest.Database(t))
	h.wire.on(1, func(func()) bool { return true })
	o := h.end()
	h.wantHalf(o, "unknown: the reply was lost; the session is there and goes on")
	if o.State != playbooks.Unknown || !strings.Contains(o.Next, "the sessions that are listed") {
		t.Errorf("outcome %+v", o)
	}
}

// A person stops it half way: what was sent stays sent, the rest is not.
func TestStoppedHalfWay(t *testing.T) {
	t.Parallel()
	h := newHalf(t, pgtest.Database(t))
	p := h.prepare(draft(live.Terminate, h.seen, h.sessions...))
	started := make(chan *playbooks.Run, 1)
	h.wire.on(8, func(func()) bool {
		if err := (<-started).Cancel(t.Context()); err != nil {
			t.Error(err)
		}
		return false
	})
	run := h.confirm(p)
	started <- run
	o := run.Outcome()
	h.wantHalf(o, repeated(8, "acted")...)
	if o.State != playbooks.Canceled || !errors.Is(o.Err, live.ErrStopped) || !strings.Contains(o.Err.Error(), "cancelled from here") {
		t.Errorf("outcome %+v", o)
	}
	if events, _ := h.events(); len(events) != 3 || events[1].Data["action"] != "cancel" || events[1].Data["state"] != playbooks.StateIntent {
		t.Errorf("events %+v", events)
	}
}

// The server stops at once half way, and comes back: all sessions are gone, and by what is not claimed of any. What was not sent is known.
func TestServerDiesHalfWay(t *testing.T) {
	t.Parallel()
	server := pgtest.Server(t, nil)
	h := newHalf(t, server.DSN("postgres"))
	h.wire.on(8, func(func()) bool {
		if err := errors.Join(server.Crash(), server.Revive(t.Context())); err != nil {
			t.Error(err)
		}
		return false
	})
	o := h.end()
	want := append(repeated(7, "unknown: the session is gone, by this or by what broke pgmedic's own connection since"),
		"unknown: the reply was lost; the session is gone")
	wantRows(t, o.Verification.Rows, append(want, repeated(inGroup-8, "not sent")...)...)
	if o.State != playbooks.Unknown {
		t.Errorf("outcome %+v", o)
	}
	if _, last := h.events(); last.Data["state"] != string(playbooks.Unknown) || last.Data["rows_unknown"] != "8" || last.Data["rows_not_sent"] != "4" {
		t.Errorf("on record %+v", last)
	}
}

// One of the server's processes crashes half way, which ends all sessions and leaves the server's start as it was.
func TestBackendCrashesHalfWay(t *testing.T) {
	t.Parallel()
	server := pgtest.Server(t, map[string]string{"restart_after_crash": "on"})
	h := newHalf(t, server.DSN("postgres"))
	victim := pgtest.Connect(t, h.dsn, nil)
	h.wire.on(8, func(func()) bool {
		if err := syscall.Kill(int(pidOf(victim)), syscall.SIGKILL); err != nil {
			t.Error(err)
		}
		return false
	})
	o := h.end()
	for i, row := range o.Verification.Rows {
		if i < 7 && row.State != playbooks.RowUnknown || row.State == playbooks.RowActed || row.State == playbooks.RowNoEffect {
			t.Errorf("row %d: %+v", i, row)
		}
	}
	if o.State != playbooks.Unknown {
		t.Errorf("outcome %+v", o)
	}
}

// Where nothing can be changed, nothing is drafted to its end: the reason is said, and nobody is sent anything.
func TestWhereNothingIsSent(t *testing.T) {
	t.Parallel()
	primary := pgtest.Server(t, nil)
	standby, err := pgserver.Standby(t.Context(), primary, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := standby.Stop(); err != nil {
			t.Error(err)
		}
	})
	dsn := primary.DSN("postgres")
	onStandby := newScene(t, standby.DSN("postgres"), live.Config{DSN: standby.DSN("postgres")})
	readOnly := newScene(t, dsn, live.Config{DSN: dsn, ReadOnly: "--read-only"})
	unrecorded := newScene(t, dsn, live.Config{DSN: dsn})
	unrecorded.engine = playbooks.NewEngine(unrecorded.server, nil, nil)
	for says, s := range map[string]*scene{
		"standby: nothing can be changed here": onStandby, "--read-only": readOnly, "start pgmedic with recording": unrecorded,
	} {
		conn := s.conns(1)[0]
		pgtest.Execute(t, conn, "SELECT 1")
		seen, sessions := s.sees("idle", conn)
		if refused := s.refused(draft(live.Terminate, seen, sessions...)); !strings.Contains(refused, says) || !s.lives(sessions[0]) {
			t.Errorf("%s: refused %q", says, refused)
		}
		if events, err := s.rec.Events(); len(events) > 0 || err != nil {
			t.Errorf("%s: on record %+v, %v", says, events, err)
		}
	}
}
