package session

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/live"
	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
)

// endless runs one long statement after the other, until the test ends: who cancels it finds it in another one.
func endless(t *testing.T, conn *pgx.Conn) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		for ctx.Err() == nil && !conn.IsClosed() {
			_, _ = conn.Exec(ctx, "SELECT pg_sleep(600)")
		}
	}()
	t.Cleanup(func() { cancel(); <-done })
}

// Of fifty sessions five are not what was listed any more when the word is typed: one ended, one runs another statement, one committed, one
// reconnected, one became idle. 45 are ended, and the five are named with the reason of each. Nothing was sent to them: who is there lives on.
func TestFiftyOfWhichFiveChanged(t *testing.T) {
	s := newSceneOn(t)
	conns := s.conns(50)
	const ended, another, committed, reconnected, idle = 7, 8, 21, 33, 49 // places in the list
	for i, conn := range conns {
		switch i {
		case another:
			endless(t, conn)
		case idle:
			pgtest.InBackground(t, conn, "SELECT pg_sleep(600)")
		default:
			pgtest.Execute(t, conn, "BEGIN", "SELECT 1")
		}
	}
	working := "SELECT 1::bigint FROM pg_stat_activity WHERE pid = ANY ($1) AND wait_event = 'PgSleep' HAVING count(*) = 2"
	pgtest.Eventually(t, s.dsn, working, []int32{pidOf(conns[another]), pidOf(conns[idle])})
	var sessions []probes.Backend
	seen := s.see("the fifty", func(sample *probes.Sample) bool {
		sessions = sessions[:0]
		for _, conn := range conns {
			if b := backend(sample, pidOf(conn)); b.User != "" {
				sessions = append(sessions, b)
			}
		}
		return len(sessions) == 50
	})
	d := draft(live.Terminate, seen, sessions...)
	if d.Word != "terminate 50" || len(d.Rows) != 50 {
		t.Errorf("word %s, %d rows", d.Word, len(d.Rows))
	}
	p := s.prepare(d)
	if c := check(t, p.Checks, "sessions"); c.Verdict != playbooks.Pass || c.Saw != "all 50 sessions are as listed" {
		t.Errorf("check %+v", c)
	}

	_ = conns[ended].Close(t.Context())
	_ = conns[reconnected].Close(t.Context())
	anew := s.conns(1)[0]
	pgtest.Execute(t, anew, "BEGIN", "SELECT 1")
	pgtest.Execute(t, conns[committed], "COMMIT")
	admin := pgtest.Connect(t, s.dsn, nil)
	for _, i := range []int{another, idle} {
		pgtest.Execute(t, admin, "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE pid = "+strings.TrimPrefix(d.Rows[i].Name, "pid "))
	}
	const settled = "SELECT 1::bigint FROM pg_stat_activity AS a " +
		"WHERE (a.pid = $1 AND a.query_start > $2 AND a.state = 'active' OR a.pid = $3 AND a.state = 'idle') " +
		"AND NOT EXISTS (SELECT FROM pg_stat_activity AS b WHERE b.pid = ANY ($4)) HAVING count(*) = 2"
	pgtest.Eventually(t, s.dsn, settled, sessions[another].PID, sessions[another].QueryStart, sessions[idle].PID,
		[]int32{sessions[ended].PID, sessions[reconnected].PID})
	if c := check(t, s.prepare(d).Checks, "sessions"); c.Verdict != playbooks.Caution || c.Saw != "45 of 50 are as listed" {
		t.Errorf("check %+v", c)
	}

	began := time.Now()
	run := s.confirm(p)
	typed := time.Since(began)
	o := run.Outcome()
	t.Logf("50 sessions, from the word typed: intent durable after %s, all sent and read back after %s", typed, time.Since(began))
	if o.State != playbooks.Applied || o.Verification.Checks[0].Saw != "45 acted, 5 changed" {
		t.Errorf("outcome %+v", o)
	}
	want := repeated(50, "acted: the session has ended, seen after")
	want[ended] = "changed: nothing was sent: the session has ended"
	want[another] = "changed: nothing was sent: it is in another transaction now"
	want[committed] = "changed: nothing was sent: it is idle now"
	want[reconnected] = "changed: nothing was sent: the session has ended"
	want[idle] = "changed: nothing was sent: it is idle now"
	wantRows(t, o.Verification.Rows, want...)
	for _, i := range []int{another, committed, idle} {
		if !s.lives(sessions[i]) {
			t.Errorf("row %d was sent something: it has ended", i)
		}
	}
	pgtest.Execute(t, anew, "COMMIT")
	s.wantRecorded(d, 45)
	if _, last := s.events(); !strings.Contains(last.Body,
		d.Rows[committed].Name+" ("+d.Rows[committed].What+"): changed, nothing was sent: it is idle now") {
		t.Errorf("not named on record: %s", last.Body)
	}
}

// A session that runs one statement more in its transaction is not what was listed either.
func TestSameTransactionAnotherStatement(t *testing.T) {
	s := newSceneOn(t)
	conns := s.conns(2)
	for _, conn := range conns {
		pgtest.Execute(t, conn, "BEGIN", "SELECT 1")
	}
	seen, sessions := s.sees("idle in transaction", conns...)
	p := s.prepare(draft(live.Terminate, seen, sessions...))
	pgtest.Execute(t, conns[0], "SELECT 2")
	wantRows(t, s.confirm(p).Outcome().Verification.Rows, "changed: nothing was sent: it has run something since", "acted")
	pgtest.Execute(t, conns[0], "COMMIT")
}
