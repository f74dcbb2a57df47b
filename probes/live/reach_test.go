package live

import (
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"go.uber.org/goleak"

	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/pgserver"
	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
)

// ownStandby starts a streaming standby for this test alone.
func ownStandby(t *testing.T, primary *pgserver.Server) *pgserver.Server {
	t.Helper()
	standby, err := pgserver.Standby(t.Context(), primary, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := standby.Stop(); err != nil {
			t.Error(err)
		}
	})
	return standby
}

// warm says whether all three sessions are there, on the server that was sampled.
func warm(s *probes.Sample) bool { return s.Counts().Ours == 3 }

// pids are those of the sessions that look, ask and act; 0: it is not open.
func (s *Server) pids() [3]int32 {
	return [3]int32{s.look.pid.Load(), s.ask.pid.Load(), s.act.pid.Load()}
}

// openPIDs are they as soon as all are open: the server counts a session before its client has it.
func openPIDs(s *Server) [3]int32 {
	pids := s.pids()
	for deadline := time.Now().Add(patience); slices.Contains(pids[:], 0) && time.Now().Before(deadline); pids = s.pids() {
		time.Sleep(time.Millisecond)
	}
	return pids
}

func TestAStandbyIsLookedAtAndItsPromotionSeen(t *testing.T) {
	t.Parallel()
	primary := pgtest.Server(t, nil)
	standby := ownStandby(t, primary)
	s := newServer(t, Config{DSN: standby.DSN("postgres")})
	ticks := stream(t, s)
	before := waitForSample(t, ticks, "a sample", warm)
	if !before.Server.InRecovery || !strings.HasPrefix(s.Can().NoAct, "standby") || before.Server.Timeline != 1 {
		t.Errorf("server %+v, abilities %+v", before.Server, s.Can())
	}
	if _, err := s.Act().OpenBuild(t.Context()); err == nil {
		t.Error("a build session was opened on a standby")
	}
	if asked, err := s.Ask().Server(t.Context()); err != nil || !asked.InRecovery {
		t.Errorf("ask: %+v, %v", asked, err)
	}
	pids := openPIDs(s)
	pgtest.Value(t, standby.DSN("postgres"), "SELECT pg_promote()::text")
	after := waitForSample(t, ticks, "the promotion", func(s *probes.Sample) bool { return !s.Server.InRecovery })
	if after.Server.Timeline != 2 || after.Server.SystemIdentifier != before.Server.SystemIdentifier {
		t.Errorf("server %+v", after.Server)
	}
	if asked, err := s.Ask().Server(t.Context()); err != nil || asked.InRecovery || asked.Timeline != 2 {
		t.Errorf("ask: %+v, %v", asked, err)
	}
	if now := s.pids(); now != pids {
		t.Errorf("sessions %v became %v, although a promotion ends none", pids, now)
	}
	waitForSample(t, ticks, "another sample", anySample) // the one before is taken: its news are in force
	if why := s.Can().NoAct; why != "" {
		t.Errorf("still %s", why)
	}
	openBuild(t, s)
}

func TestFailoverToAnotherHost(t *testing.T) {
	t.Parallel()
	primary := pgtest.Server(t, nil)
	standby := ownStandby(t, primary)
	hosts := fmt.Sprintf("127.0.0.1:%d,127.0.0.1:%d", standby.Port(), primary.Port())
	dsn := strings.Replace(primary.DSN("postgres"), fmt.Sprintf("127.0.0.1:%d", primary.Port()), hosts, 1) + "&target_session_attrs=read-write"
	s := newServer(t, Config{DSN: dsn})
	if !strings.Contains(s.Target(), hosts) {
		t.Errorf("target %s", s.Target())
	}
	ticks := stream(t, s)
	before := waitForSample(t, ticks, "a sample of the primary", warm)
	if before.Server.Port != primary.Port() || before.Server.InRecovery || before.Server.Timeline != 1 {
		t.Errorf("server %+v", before.Server)
	}
	if err := primary.Crash(); err != nil {
		t.Fatal(err)
	}
	trouble := waitFor(t, ticks, "no host that fits", func(tick probes.Tick) bool {
		return isTrouble(tick) && strings.Contains(tick.Trouble.Reason, "it is a standby")
	}).Trouble
	for _, server := range []*pgserver.Server{primary, standby} {
		if !strings.Contains(trouble.Reason, fmt.Sprintf(":%d", server.Port())) {
			t.Errorf("trouble %+v", trouble)
		}
	}
	pgtest.Value(t, standby.DSN("postgres"), "SELECT pg_promote()::text")
	after := waitForSample(t, ticks, "the other host", warm)
	if after.Server.Port != standby.Port() || after.Server.Timeline != 2 || after.Server.SystemIdentifier != before.Server.SystemIdentifier {
		t.Errorf("server %+v", after.Server)
	}
	if asked, err := s.Ask().Server(t.Context()); err != nil || asked.Port != standby.Port() {
		t.Errorf("ask: %+v, %v", asked, err)
	}
	b := openBuild(t, s)
	if port := b.conn.Config().Port; int(port) != standby.Port() {
		t.Errorf("the build session is on port %d", port)
	}
}

// TestSessionsFollowLook lets look alone lose its connection: the first host is there again meanwhile.
func TestSessionsFollowLook(t *testing.T) {
	t.Parallel()
	first, second := pgtest.Server(t, nil), pgtest.Server(t, nil)
	if err := first.Crash(); err != nil {
		t.Fatal(err)
	}
	addMedic := func(s *pgserver.Server) {
		admin := pgtest.Connect(t, s.DSN("postgres"), nil)
		pgtest.Execute(t, admin, "CREATE ROLE medic LOGIN PASSWORD 'x'", "GRANT pg_monitor TO medic")
	}
	addMedic(second)
	dsn := fmt.Sprintf("postgres://medic:x@127.0.0.1:%d,127.0.0.1:%d/postgres?sslmode=disable", first.Port(), second.Port())
	s := newServer(t, Config{DSN: dsn})
	ticks := stream(t, s)
	waitForSample(t, ticks, "the second host", func(sample *probes.Sample) bool { return warm(sample) && sample.Server.Port == second.Port() })
	if err := first.Revive(t.Context()); err != nil {
		t.Fatal(err)
	}
	addMedic(first)
	pgtest.Value(t, second.DSN("postgres"), "SELECT pg_terminate_backend($1)::text", s.look.pid.Load())
	waitForSample(t, ticks, "the first host", func(sample *probes.Sample) bool { return warm(sample) && sample.Server.Port == first.Port() })
	if asked, err := s.Ask().Server(t.Context()); err != nil || asked.Port != first.Port() {
		t.Errorf("ask: %+v, %v", asked, err)
	}
}

func TestAServerThatIsKilledAndComesBack(t *testing.T) {
	t.Parallel()
	server := pgtest.Server(t, nil)
	ticks := stream(t, newServer(t, Config{DSN: server.DSN("postgres")}))
	before := waitForSample(t, ticks, "a sample", warm)
	if err := server.Crash(); err != nil {
		t.Fatal(err)
	}
	waitFor(t, ticks, "the loss", isTrouble)
	if err := server.Revive(t.Context()); err != nil {
		t.Fatal(err)
	}
	after := waitForSample(t, ticks, "the way back", warm)
	if !after.Server.StartedAt.After(before.Server.StartedAt) {
		t.Errorf("started at %s, before at %s", after.Server.StartedAt, before.Server.StartedAt)
	}
}

func TestAnAdministratorEndsTheSession(t *testing.T) {
	dsn := pgtest.Database(t)
	s := newServer(t, Config{DSN: dsn})
	ticks := stream(t, s)
	waitForSample(t, ticks, "a sample", warm)
	pgtest.Value(t, dsn, "SELECT pg_terminate_backend($1)::text", s.look.pid.Load())
	if trouble := waitFor(t, ticks, "the loss", isTrouble).Trouble; trouble.SQLState != "57P01" || !strings.Contains(trouble.Next, "administrator") {
		t.Errorf("trouble %+v", trouble)
	}
	waitForSample(t, ticks, "the way back", warm)
}

func TestACancelledStatementKeepsTheConnection(t *testing.T) {
	dsn := pgtest.Database(t)
	s := newServer(t, Config{DSN: dsn})
	ticks := stream(t, s)
	waitForSample(t, ticks, "a sample", warm)
	pid := s.look.pid.Load()
	// No statement of pgmedic's lasts long enough to be aimed at, so it is cancelled as often as it takes.
	somebody := pgtest.Connect(t, dsn, nil)
	pgtest.InBackground(t, somebody, "DO $$ BEGIN FOR i IN 1..1000000 LOOP PERFORM pg_cancel_backend("+fmt.Sprint(pid)+"); PERFORM pg_sleep(0.0005); END LOOP; END $$")
	waitFor(t, ticks, "a statement that was cancelled", func(tick probes.Tick) bool {
		if isTrouble(tick) {
			return tick.Trouble.SQLState == "57014"
		}
		for _, f := range tick.Sample.Failures {
			if strings.Contains(f.Reason, "took too long") {
				return true
			}
		}
		return false
	})
	pgtest.Value(t, dsn, "SELECT pg_cancel_backend($1)::text", int32(somebody.PgConn().PID()))
	waitForSample(t, ticks, "a sample", anySample)
	if now := s.look.pid.Load(); now != pid {
		t.Errorf("session %d became %d", pid, now)
	}
}

func TestIdleSessionsAreKept(t *testing.T) {
	if pgtest.Version(t) < 140000 {
		return // there is no idle_session_timeout
	}
	dsn := pgtest.Database(t)
	name := pgtest.Value(t, dsn, "SELECT current_database()::text")
	admin := pgtest.Connect(t, dsn, nil)
	pgtest.Execute(t, admin, "ALTER DATABASE "+name+" SET idle_session_timeout = '300ms'")
	s := newServer(t, Config{DSN: dsn})
	ticks := stream(t, s)
	waitForSample(t, ticks, "a sample", warm)
	s.SetInterval(time.Hour)
	open := openPIDs(s)
	pids := open[:]
	pgtest.Execute(t, admin, "SELECT pg_sleep(1.5)")
	var left int
	if err := admin.QueryRow(t.Context(), "SELECT count(*) FROM pg_stat_activity WHERE pid = ANY ($1)", pids).Scan(&left); err != nil || left != 3 {
		t.Errorf("%d sessions are left of %v, %v", left, pids, err)
	}
}

// silence accepts connections, tells that it did, and says nothing until the test ends.
func silence(t *testing.T) (address string, accepted <-chan struct{}) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done, called := make(chan struct{}), make(chan struct{}, 10)
	go func() {
		defer close(done)
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			select {
			case called <- struct{}{}:
			default:
			}
			go func() { _, _ = io.Copy(io.Discard, conn); _ = conn.Close() }()
		}
	}()
	t.Cleanup(func() { _ = listener.Close(); <-done })
	return listener.Addr().String(), called
}

func TestAConnectThatHangs(t *testing.T) {
	address, accepted := silence(t)
	s := newServer(t, Config{DSN: "postgres://u:hunter2@" + address + "/d?connect_timeout=1"})
	started := time.Now()
	trouble := waitFor(t, stream(t, s), "the trouble", isTrouble).Trouble
	if !strings.Contains(trouble.Next, "no answer") || trouble.SQLState != "" {
		t.Errorf("trouble %+v", trouble)
	}
	if took := time.Since(started); took < time.Second || took > 10*time.Second {
		t.Errorf("after %s", took)
	}

	s.Close()
	for len(accepted) > 0 { // the first ones
		<-accepted
	}
	leaks := goleak.IgnoreCurrent()
	waiting := newServer(t, Config{DSN: "postgres://u:hunter2@" + address + "/d?connect_timeout=60"})
	_ = waiting.Stream(t.Context())
	<-accepted
	waiting.Close() // in the midst of it
	goleak.VerifyNone(t, leaks)

	dsn := pgtest.Database(t)
	other := strings.Replace(dsn, "@", "@"+address+",", 1) + "&connect_timeout=1"
	ticks := stream(t, newServer(t, Config{DSN: other}))
	sample := waitForSample(t, ticks, "the second host", anySample)
	if strings.HasSuffix(address, fmt.Sprintf(":%d", sample.Server.Port)) {
		t.Errorf("server %+v", sample.Server)
	}
}

func TestClearTextIsSaidAndNeverInsteadOfRequire(t *testing.T) {
	dsn := pgtest.Database(t) // of a server without TLS
	preferred := strings.Replace(dsn, "sslmode=disable", "sslmode=prefer", 1)
	if s := waitForSample(t, stream(t, newServer(t, Config{DSN: preferred})), "a sample", anySample); s.Server.TLS {
		t.Error("encrypted by a server without TLS")
	}
	required := strings.Replace(dsn, "sslmode=disable", "sslmode=require", 1)
	ticks := stream(t, newServer(t, Config{DSN: required}))
	for range 2 {
		trouble := waitFor(t, ticks, "the trouble", func(tick probes.Tick) bool {
			if tick.Sample != nil {
				t.Fatal("a connection in clear text, although TLS is required")
			}
			return true
		}).Trouble
		if !strings.Contains(trouble.Reason, "TLS") {
			t.Errorf("trouble %+v", trouble)
		}
	}
	for state, other := range map[string]bool{"53300": false, "57P03": false, "28P01": false, "28000": true} {
		if mayLieInTLS(&pgconn.PgError{Code: state}) != other {
			t.Errorf("after %s the same host is asked in clear text: %v", state, !other)
		}
	}
}

func TestPreferStandby(t *testing.T) {
	t.Parallel()
	primary := pgtest.Server(t, nil)
	dsn := primary.DSN("postgres") + "&target_session_attrs=prefer-standby"
	if s := waitForSample(t, stream(t, newServer(t, Config{DSN: dsn})), "a sample", anySample); s.Server.InRecovery {
		t.Errorf("server %+v", s.Server)
	}
	standby := ownStandby(t, primary)
	both := fmt.Sprintf("127.0.0.1:%d,127.0.0.1:%d", primary.Port(), standby.Port())
	dsn = strings.Replace(dsn, fmt.Sprintf("127.0.0.1:%d", primary.Port()), both, 1)
	if s := waitForSample(t, stream(t, newServer(t, Config{DSN: dsn})), "a sample", anySample); s.Server.Port != standby.Port() || !s.Server.InRecovery {
		t.Errorf("server %+v", s.Server)
	}
}
