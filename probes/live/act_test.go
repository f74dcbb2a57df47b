package live

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/pgerr"
	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
)

func TestBuildSessionHasNoTimeouts(t *testing.T) {
	dsn := pgtest.Database(t)
	owner := pgtest.Connect(t, dsn, nil)
	name := pgtest.Value(t, dsn, "SELECT current_database()::text")
	pgtest.Execute(t, owner, "ALTER DATABASE "+name+" SET lock_timeout = '50ms'", "ALTER DATABASE "+name+" SET default_transaction_read_only = on")
	b := openBuild(t, newServer(t, Config{DSN: dsn}))
	for _, setting := range []string{"statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout"} {
		var v string
		if err := b.conn.QueryRow(t.Context(), "SELECT current_setting($1)", setting).Scan(&v); err != nil || v != "0" {
			t.Errorf("%s = %s, %v", setting, v, err)
		}
	}
	for _, sql := range []string{"CREATE TABLE public.built (n int)", "CREATE INDEX CONCURRENTLY built_n ON public.built (n)"} {
		if err := b.Exec(t.Context(), sql); err != nil {
			t.Errorf("%s: %v", sql, err)
		}
	}
	if err := b.Exec(t.Context(), "SELECT 1; DROP TABLE built"); pgerr.State(err) != "42601" {
		t.Errorf("two statements in one: %v", err)
	}
}

// lookAt opens the look session.
func lookAt(t *testing.T, s *Server) {
	t.Helper()
	if err := s.look.use(t.Context(), func(*pgx.Conn) error { return nil }); err != nil {
		t.Fatal(err)
	}
}

// openBuild opens a build session, on the server that is looked at or is now.
func openBuild(t *testing.T, s *Server) *BuildSession {
	t.Helper()
	if s.home.Load() == nil {
		lookAt(t, s)
	}
	b, err := s.Act().OpenBuild(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	return b
}

// An act session that is open can cancel what pgmedic began while look is out; none is opened then.
func TestCancelsWhileLookIsOut(t *testing.T) {
	dsn := pgtest.Database(t)
	s := newServer(t, Config{DSN: dsn})
	b := openBuild(t, s)
	if err := s.act.use(t.Context(), func(*pgx.Conn) error { return nil }); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- b.Exec(t.Context(), "SELECT pg_sleep(60)") }()
	pgtest.Eventually(t, dsn, "SELECT pid FROM pg_stat_activity WHERE pid = $1 AND wait_event = 'PgSleep'", b.PID)
	drop(s.look.conn)
	s.look.forgetLost()
	if sent, err := s.Act().Cancel(t.Context(), b.PID, b.BackendStart); !sent || err != nil {
		t.Errorf("sent %v, %v", sent, err)
	}
	if err := <-ended; pgerr.State(err) != "57014" {
		t.Errorf("the build's end: %v", err)
	}
	drop(s.act.conn)
	if sent, err := s.Act().Cancel(t.Context(), b.PID, b.BackendStart); sent || !errors.Is(err, errNotConnected) {
		t.Errorf("without one sent %v, %v", sent, err)
	}
}

func TestARefusedBuildSessionWithoutAdvice(t *testing.T) {
	err := noBuildSession(&pgconn.PgError{Code: "XX000", Message: "broken"})
	if err.Error() != "opening the build session: broken (SQLSTATE XX000)" {
		t.Error(err)
	}
}

func TestBuildIsSeenAndEndsWithItsContext(t *testing.T) {
	dsn := pgtest.Database(t)
	writer := pgtest.Connect(t, dsn, nil)
	pgtest.Execute(t, writer, `CREATE TABLE "Odd" (n int)`, "BEGIN", `INSERT INTO "Odd" VALUES (1)`)
	s := newServer(t, Config{DSN: dsn})
	ticks := stream(t, s)
	b := openBuild(t, s)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- b.Exec(ctx, `CREATE INDEX CONCURRENTLY odd_n ON public."Odd" (n)`) }()

	sample := waitForSample(t, ticks, "the build waiting", func(s *probes.Sample) bool {
		return len(s.Builds) == 1 && s.Builds[0].CurrentLockerPID != 0
	})
	build := sample.Builds[0]
	if build.PID != b.PID || build.Relation != `public."Odd"` || build.Command != "CREATE INDEX CONCURRENTLY" ||
		build.Phase != "waiting for writers before build" || build.CurrentLockerPID != int32(writer.PgConn().PID()) ||
		build.Database != sample.Server.Database {
		t.Errorf("build %+v", build)
	}
	waitForSample(t, ticks, "the index's name", func(s *probes.Sample) bool { return len(s.Builds) == 1 && s.Builds[0].Index == "public.odd_n" })
	cancel()
	if err := <-done; err == nil {
		t.Error("the build ended well although it was cancelled")
	}
	waitForSample(t, ticks, "the build's end", func(s *probes.Sample) bool { return len(s.Builds) == 0 })
	pgtest.Execute(t, writer, "ROLLBACK")
	if err := b.Exec(t.Context(), "DROP INDEX public.odd_n"); err != nil {
		t.Errorf("the session did not survive the cancellation: %v", err)
	}
}

func TestCancelIsGuarded(t *testing.T) {
	dsn := pgtest.Database(t)
	s := newServer(t, Config{DSN: dsn})
	b := openBuild(t, s)
	done := make(chan error, 1)
	go func() { done <- b.Exec(t.Context(), "SELECT pg_sleep(60)") }()
	pgtest.Eventually(t, dsn, "SELECT pid FROM pg_stat_activity WHERE pid = $1 AND state = 'active'", b.PID)

	if sent, err := s.Act().Cancel(t.Context(), b.PID, b.BackendStart.Add(-time.Microsecond)); sent || err != nil {
		t.Errorf("another session's start: sent %v, %v", sent, err)
	}
	if sent, err := s.Act().Cancel(t.Context(), 1, b.BackendStart); sent || err != nil {
		t.Errorf("no such session: sent %v, %v", sent, err)
	}
	if sent, err := s.Act().Cancel(t.Context(), b.PID, b.BackendStart); !sent || err != nil {
		t.Errorf("the session: sent %v, %v", sent, err)
	}
	if err := <-done; pgerr.State(err) != "57014" {
		t.Errorf("the statement ended with %v", err)
	}
}

// A session that runs nothing would lose a cancel: none is sent, that is said, and one that was stopped sends nothing more.
func TestCancelAtRest(t *testing.T) {
	s := newServer(t, Config{DSN: pgtest.Database(t)})
	b := openBuild(t, s)
	if sent, err := s.Act().Cancel(t.Context(), b.PID, b.BackendStart); sent || !errors.Is(err, ErrRests) {
		t.Errorf("sent %v, %v", sent, err)
	}
	if b.Stop() {
		t.Error("it is busy with nothing")
	}
	if err := b.Exec(t.Context(), "CREATE TABLE late (n int)"); !errors.Is(err, ErrStopped) {
		t.Errorf("sent after it was stopped: %v", err)
	}
}

func TestNothingIsChangedWhereItIsNotAllowed(t *testing.T) {
	s := newServer(t, Config{DSN: pgtest.Database(t), ReadOnly: "--read-only"})
	_, err := s.Act().OpenBuild(t.Context())
	_, cancelErr := s.Act().Cancel(t.Context(), 1, time.Now())
	if err == nil || cancelErr == nil || !strings.Contains(err.Error(), "--read-only") || s.Can().NoAct != "--read-only" {
		t.Errorf("build %v, cancel %v", err, cancelErr)
	}
}

func TestCancelledReadKeepsTheSession(t *testing.T) {
	s := newServer(t, Config{DSN: pgtest.Database(t)})
	ask := s.Ask()
	ctx, cancel := context.WithCancel(t.Context())
	pid := int32(0)
	err := ask.Read(ctx, func(ctx context.Context, tx pgx.Tx) error {
		pid = s.ask.pid.Load()
		time.AfterFunc(50*time.Millisecond, cancel)
		_, err := tx.Exec(ctx, "SELECT pg_sleep(1.5)")
		return err
	})
	if !errors.Is(err, context.Canceled) && pgerr.State(err) != "57014" {
		t.Errorf("error %v", err)
	}
	if _, err := ask.Server(t.Context()); err != nil {
		t.Fatal(err)
	}
	if now := s.ask.pid.Load(); now != pid {
		t.Errorf("session %d became %d: a full server would not have let it in again", pid, now)
	}
}
