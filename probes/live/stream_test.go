package live

import (
	"context"
	"net"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"go.uber.org/goleak"

	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
)

func isTrouble(tick probes.Tick) bool { return tick.Trouble != nil }

func TestTroubleSaysWhatToDo(t *testing.T) {
	dsn := pgtest.Database(t)
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := "postgres://u:hunter2@" + closed.Addr().String() + "/d"
	_ = closed.Close()
	tests := []struct {
		name, dsn, sqlState, next string
	}{
		{"wrong password", pgtest.As(t, dsn, "postgres", "hunter2"), "28P01", "check the password"},
		{"wrong database", strings.Replace(dsn, "/test_", "/none_", 1), "3D000", "check the database's name"},
		{"nothing listens", nobody, "", "nothing listens there"},
		{"unknown host", "postgres://u:hunter2@no-such-host.invalid/d", "", "cannot be resolved"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := newServer(t, Config{DSN: test.dsn})
			ticks := stream(t, s)
			trouble := waitFor(t, ticks, "the trouble", isTrouble).Trouble
			if trouble.SQLState != test.sqlState || !strings.Contains(trouble.Next, test.next) || trouble.Doing != "connecting" ||
				trouble.Attempts != 1 || trouble.Target != s.Target() || trouble.Reason == "" {
				t.Errorf("trouble %+v", trouble)
			}
			if !strings.HasPrefix(test.sqlState, "28") { // a refused login is left alone for a while
				again := waitFor(t, ticks, "another attempt", isTrouble).Trouble
				if again.Attempts != 2 || !again.Since.Equal(trouble.Since) {
					t.Errorf("second trouble %+v", again)
				}
			}
			err := s.Ask().Read(t.Context(), nil)
			if all := trouble.Reason + trouble.Next + trouble.Target + err.Error(); strings.Contains(all, "hunter2") {
				t.Errorf("the password is in %q", all)
			}
		})
	}
}

func TestFullServerLetsPgmedicInWhenASlotIsFree(t *testing.T) {
	t.Parallel()
	server := pgtest.Server(t, map[string]string{"max_connections": "5", "superuser_reserved_connections": "2", "max_wal_senders": "0"})
	dsn := server.DSN("postgres")
	last := pgtest.Connect(t, dsn, nil)
	for range 4 {
		pgtest.Connect(t, dsn, nil)
	}
	ticks := stream(t, newServer(t, Config{DSN: dsn}))
	trouble := waitFor(t, ticks, "the refusal", isTrouble).Trouble
	if trouble.SQLState != "53300" || !strings.Contains(trouble.Next, "pg_use_reserved_connections") {
		t.Errorf("trouble %+v", trouble)
	}
	_ = last.Close(t.Context())
	s := waitForSample(t, ticks, "getting in", anySample)
	if c := s.Counts(); c.Total != 4 || c.Ours != 1 || s.Ceiling.Application() != 3 {
		t.Errorf("counts %+v, ceiling %+v", c, s.Ceiling)
	}
}

func TestStreamComesBackAfterACrash(t *testing.T) {
	t.Parallel()
	server := pgtest.Server(t, nil)
	ticks := stream(t, newServer(t, Config{DSN: server.DSN("postgres")}))
	before := waitForSample(t, ticks, "a sample", func(s *probes.Sample) bool { return s.Counts().Ours == 3 })

	victim := pgtest.Connect(t, server.DSN("postgres"), nil)
	if err := syscall.Kill(int(victim.PgConn().PID()), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	waitFor(t, ticks, "the loss", isTrouble)
	after := waitForSample(t, ticks, "the way back", func(s *probes.Sample) bool { return s.Counts().Ours == 3 })
	if after.Server.SystemIdentifier != before.Server.SystemIdentifier || !after.At.After(before.At) {
		t.Errorf("before %+v, after %+v", before.Server, after.Server)
	}

	if err := server.Stop(); err != nil {
		t.Fatal(err)
	}
	trouble := waitFor(t, ticks, "the end", func(tick probes.Tick) bool { return isTrouble(tick) && tick.Trouble.Attempts > 1 }).Trouble
	if !strings.Contains(trouble.Next, "nothing listens") {
		t.Errorf("trouble %+v", trouble)
	}
}

func TestASlowReaderLosesNoDeltas(t *testing.T) {
	dsn := pgtest.Database(t)
	app := pgtest.Connect(t, dsn, nil)
	ticks := stream(t, newServer(t, Config{DSN: dsn}))
	waitForSample(t, ticks, "a sample", anySample)
	pgtest.Execute(t, app, "SELECT cbrt(length('a'))")
	id := queryIDOf(t, dsn, "SELECT cbrt%")
	seen := delta(waitForSample(t, ticks, "the statement", func(s *probes.Sample) bool { return delta(s, id).Calls > 0 }), id).Calls
	for range 20 { // nobody reads meanwhile: one sample waits in the channel, and no other is made
		pgtest.Execute(t, app, "SELECT cbrt(length('a'))", "SELECT pg_sleep(0.02)")
	}
	waitForSample(t, ticks, "all calls", func(s *probes.Sample) bool {
		seen += delta(s, id).Calls
		return seen == 21
	})
}

func TestStreamEndsWithItsContextAndLeavesNothing(t *testing.T) {
	dsn := pgtest.Database(t)
	before := goleak.IgnoreCurrent()
	s := newServer(t, Config{DSN: dsn})
	ctx, cancel := context.WithCancel(t.Context())
	ticks := s.Stream(ctx)
	waitForSample(t, ticks, "a sample", anySample)
	cancel()
	for range ticks { // until it is closed
	}
	s.Close()
	goleak.VerifyNone(t, before)
	if err := s.Ask().Read(t.Context(), nil); err == nil {
		t.Error("a closed server can still be read")
	}
	const left = "SELECT count(*)::text FROM pg_stat_activity WHERE application_name = 'pgmedic' AND datname = current_database()"
	for deadline := time.Now().Add(patience); pgtest.Value(t, dsn, left) != "0"; { // a backend ends some time after its client has said goodbye
		if time.Now().After(deadline) {
			t.Fatalf("%s sessions are left", pgtest.Value(t, dsn, left))
		}
	}
}

// A panic in one of the stream's goroutines comes to the reader, here because a session does not know where look is.
func TestStreamHandsAPanicOver(t *testing.T) {
	for name, broken := range map[string]func(*Server) *session{"look": func(s *Server) *session { return s.look }, "ask": func(s *Server) *session { return s.ask }} {
		t.Run(name, func(t *testing.T) {
			s := newServer(t, Config{DSN: pgtest.Database(t)})
			broken(s).home = nil
			var last probes.Tick
			for last = range stream(t, s) {
			}
			if last.Failed == nil || !strings.Contains(last.Failed.Error(), "nil pointer") || !strings.Contains(last.Failed.Error(), "ensureOpen") {
				t.Errorf("the last tick is %+v: no panic, or not where it was", last)
			}
		})
	}
}

func TestCloseEndsARunningStream(t *testing.T) {
	s := newServer(t, Config{DSN: pgtest.Database(t), Interval: time.Hour})
	ticks := s.Stream(t.Context())
	waitForSample(t, ticks, "a sample", anySample)
	s.Close()
	if _, open := <-ticks; open {
		t.Error("the stream goes on")
	}
}

func TestBrokenConnectionStringsKeepThePassword(t *testing.T) {
	for _, dsn := range []string{
		"postgres://u:hunter2@host:port/db", "postgres://u:hun@ter2@host:1:2/db", "host=h password=hunter2 port=x", "password=hunter2 nonsense",
		"postgres://u:hunter2@h/d?sslmode=wrong", "postgres://u:hunter2@h/d?sslrootcert=/no/such/file&sslmode=verify-full",
	} {
		_, err := New(Config{DSN: dsn})
		if err == nil || strings.Contains(err.Error(), "ter2") {
			t.Errorf("%s: %v", dsn, err)
		}
	}
}

func TestTarget(t *testing.T) {
	tests := map[string]string{
		"postgres://me:hunter2@db-1:6432/orders":     "me@db-1:6432/orders",
		"host=/run/postgresql user=me dbname=orders": "me@/run/postgresql:5432/orders",
		"postgres://me@[::1]:5432/orders":            "me@[::1]:5432/orders",
		"postgres://me:hunter2@db-1":                 "me@db-1:5432/me",
	}
	for dsn, want := range tests {
		if got := newServer(t, Config{DSN: dsn}).Target(); got != want {
			t.Errorf("%s: %s, want %s", dsn, got, want)
		}
	}
}

func TestAFullServerIsNotAskedForEver(t *testing.T) {
	full := &pgconn.PgError{Code: "53300"}
	if d := warmAfter(full, patientAttempts); d > 300*time.Millisecond {
		t.Errorf("at first a pause of %s", d)
	}
	if d := warmAfter(full, patientAttempts+1); d < time.Second || d > 2*time.Second {
		t.Errorf("later a pause of %s", d)
	}
	if d := retryAfter(full, patientAttempts+1); d > 300*time.Millisecond {
		t.Errorf("the look session waits %s", d)
	}
}
