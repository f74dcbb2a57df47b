package session

import (
	"strconv"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/probes/live"
	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
)

// Every kind of session is cancelled and terminated, and what became of it is read back, and stands on record.
func TestEveryKindOfTarget(t *testing.T) {
	const idle, active, inTransaction, aborted = "idle", "active", "idle in transaction", "idle in transaction (aborted)"
	for _, kind := range []struct {
		name, state string
		make        func(t *testing.T, conn, holder *pgx.Conn)
		runs        bool // something that can be cancelled
	}{
		{"idle", idle, func(t *testing.T, conn, _ *pgx.Conn) { pgtest.Execute(t, conn, "SELECT 1") }, false},
		{"active", active, func(t *testing.T, conn, _ *pgx.Conn) { pgtest.InBackground(t, conn, "SELECT pg_sleep(600)") }, true},
		{"idle in transaction", inTransaction, func(t *testing.T, conn, _ *pgx.Conn) { pgtest.Execute(t, conn, "BEGIN", "SELECT 1") }, false},
		{"aborted transaction", aborted, func(t *testing.T, conn, _ *pgx.Conn) {
			pgtest.Execute(t, conn, "BEGIN")
			fails(t, conn, "SELECT 1 / 0")
		}, false},
		{"waits for a lock", active, func(t *testing.T, conn, holder *pgx.Conn) {
			pgtest.Execute(t, holder, "CREATE TABLE held (n int)", "BEGIN", "LOCK TABLE held")
			pid := pgtest.InBackground(t, conn, "SELECT * FROM held")
			pgtest.Eventually(t, conn.Config().ConnString(), "SELECT 1::bigint FROM pg_locks WHERE pid = $1 AND NOT granted", pid)
		}, true},
	} {
		for _, signal := range []live.Signal{live.CancelQuery, live.Terminate} {
			t.Run(string(signal)+" "+kind.name, func(t *testing.T) {
				s := newSceneOn(t)
				conns := s.conns(2)
				kind.make(t, conns[0], conns[1])
				seen, sessions := s.sees(kind.state, conns[0])
				d := draft(signal, seen, sessions...)
				if d.Word != strconv.Itoa(int(sessions[0].PID)) || d.NoWayBack == "" || len(d.Undo) > 0 {
					t.Errorf("draft %+v", d)
				}
				if signal == live.CancelQuery && !kind.runs {
					if refused := s.refused(d); !strings.Contains(refused, "terminate") || !s.lives(sessions[0]) {
						t.Errorf("refused %q", refused)
					}
					return
				}
				o := s.apply(d)
				if o.State != playbooks.Applied || o.Err != nil || !o.Verification.Helped {
					t.Errorf("outcome %+v", o)
				}
				if signal == live.Terminate {
					wantRows(t, o.Verification.Rows, "acted: the session has ended, seen after")
				} else {
					wantRows(t, o.Verification.Rows, "acted: its statement has ended, seen after")
				}
				if s.lives(sessions[0]) != (signal == live.CancelQuery) {
					t.Error("the session lives on or not, against what was read back")
				}
				s.wantRecorded(d, 1)
			})
		}
	}
}

func newSceneOn(t *testing.T) *scene {
	t.Helper()
	dsn := pgtest.Database(t)
	return newScene(t, dsn, live.Config{DSN: dsn})
}

// wantRecorded wants an intent that holds the SQL and the guard of every session, and an outcome with so many that acted.
func (s *scene) wantRecorded(d *playbooks.Draft, acted int) {
	s.t.Helper()
	events, _ := s.events()
	intent, outcome := events[0], events[1]
	if intent.Data["state"] != playbooks.StateIntent || intent.SQL != live.SignalSQL() || intent.Data["count"] != strconv.Itoa(len(d.Rows)) ||
		strings.Count(intent.Data["sessions"], `"backend_start":"2`) != len(d.Rows) || !strings.Contains(intent.Body, d.Rows[0].Name) {
		s.t.Errorf("intent %+v", intent)
	}
	if outcome.Data["intent"] != intent.ID || outcome.Data["rows_acted"] != strconv.Itoa(acted) ||
		strings.Count(outcome.Data[playbooks.DataRows], `"State":`) != len(d.Rows) {
		s.t.Errorf("outcome %+v", outcome)
	}
}

// A statement that swallows its cancel goes on: that is no success, whatever the server answered. The same draft applied once more tells of the
// second time alone.
func TestCancelWithoutEffect(t *testing.T) {
	t.Parallel()
	s := newSceneOn(t)
	conns := s.conns(2)
	pgtest.InBackground(t, conns[0], "DO $$ BEGIN LOOP BEGIN PERFORM pg_sleep(60); EXCEPTION WHEN query_canceled THEN NULL; END; END LOOP; END $$")
	pgtest.InBackground(t, conns[1], "SELECT pg_sleep(600)")
	for _, conn := range conns {
		pgtest.Eventually(t, s.dsn, "SELECT 1::bigint FROM pg_stat_activity WHERE pid = $1 AND wait_event = 'PgSleep'", pidOf(conn))
	}
	seen, sessions := s.sees("active", conns...)
	d := draft(live.CancelQuery, seen, sessions...)
	o := s.apply(d)
	if o.State != playbooks.Unfinished || o.Verification.Helped {
		t.Errorf("outcome %+v", o)
	}
	wantRows(t, o.Verification.Rows, "no effect: it was signalled and goes on after 5", "acted: its statement has ended")
	if _, last := s.events(); last.Data["rows_no_effect"] != "1" || last.Data["state"] != string(playbooks.Unfinished) {
		t.Errorf("on record %+v", last)
	}
	o = s.apply(d)
	wantRows(t, o.Verification.Rows, "no effect: it was signalled and goes on after 5", "changed: nothing was sent: it is idle now")
	if o.State != playbooks.Failed {
		t.Errorf("outcome %+v", o)
	}
	o = s.apply(draft(live.Terminate, seen, sessions[0]))
	wantRows(t, o.Verification.Rows, "acted: the session has ended")
}

// Of a group to cancel, only who runs a statement is sent anything: the others would ignore it, and a statement that they begin just then would die
// of it.
func TestCancelOfWhatDoesNotRun(t *testing.T) {
	s := newSceneOn(t)
	conns := s.conns(2)
	pgtest.Execute(t, conns[0], "BEGIN", "SELECT 1")
	pgtest.InBackground(t, conns[1], "SELECT pg_sleep(600)")
	s.sees("active", conns[1])
	seen, sessions := s.sees("idle in transaction", conns[0])
	sessions = append(sessions, backend(seen.Sample, pidOf(conns[1])))
	p := s.prepare(draft(live.CancelQuery, seen, sessions...))
	if c := check(t, p.Checks, "statements"); c.Verdict != playbooks.Caution || !strings.Contains(c.Saw, "1 session runs") {
		t.Errorf("check %+v", c)
	}
	o := s.confirm(p).Outcome()
	wantRows(t, o.Verification.Rows, "refused: nothing was sent: it runs no statement", "acted: its statement has ended")
	if o.State != playbooks.Unfinished || pgtest.Value(t, s.dsn, "SELECT state FROM pg_stat_activity WHERE pid = $1",
		sessions[0].PID) != "idle in transaction" {
		t.Errorf("outcome %+v", o)
	}
}
