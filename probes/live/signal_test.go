package live

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/pgerr"
	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
)

// actSession looks at the server and opens the act session.
func actSession(t testing.TB, s *Server) *ActSession {
	t.Helper()
	if err := s.look.use(t.Context(), func(*pgx.Conn) error { return nil }); err != nil {
		t.Fatal(err)
	}
	session, err := s.Act().Session(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return session
}

// shownBy reads a session as a sample shows it.
func shownBy(t testing.TB, dsn string, pid int32) probes.Backend {
	t.Helper()
	b := probes.Backend{PID: pid}
	var xact, began *time.Time
	err := pgtest.Connect(t, dsn, nil).QueryRow(t.Context(),
		"SELECT backend_type, backend_start, COALESCE(state, ''), COALESCE(state_change, backend_start), xact_start, query_start "+
			"FROM pg_stat_activity WHERE pid = $1", pid).
		Scan(&b.Type, &b.BackendStart, &b.State, &b.StateChange, &xact, &began)
	if err != nil {
		t.Fatal(err)
	}
	if xact != nil {
		b.XactStart = *xact
	}
	if began != nil {
		b.QueryStart = *began
	}
	return b
}

func pidOf(conn *pgx.Conn) int32 { return int32(conn.PgConn().PID()) }

// Whatever differs from what was shown, be it by a microsecond, keeps the signal from being sent: a pid that is used again has another start, a
// session that went on has other times. The session lives on in the same transaction, and its statement is not cancelled.
func TestSignalIsGuarded(t *testing.T) {
	dsn := pgtest.Database(t)
	s := newServer(t, Config{DSN: dsn})
	act := actSession(t, s)
	for _, kind := range []struct {
		name  string
		begin func(conn *pgx.Conn)
		works string // SQL that says whether it does what it did
	}{
		{"idle in transaction", func(conn *pgx.Conn) { pgtest.Execute(t, conn, "BEGIN", "SELECT 1") }, "idle in transaction"},
		{"active", func(conn *pgx.Conn) {
			pid := pgtest.InBackground(t, conn, "BEGIN; SELECT pg_sleep(600)")
			pgtest.Eventually(t, dsn, "SELECT 1::bigint FROM pg_stat_activity WHERE pid = $1 AND wait_event = 'PgSleep'", pid)
		}, "active"},
		{"idle", func(conn *pgx.Conn) { pgtest.Execute(t, conn, "SELECT 1") }, "idle"},
	} {
		target := pgtest.Connect(t, dsn, nil)
		kind.begin(target)
		shown := shownBy(t, dsn, pidOf(target))
		for _, stale := range []struct {
			name, says string
			change     func(b *probes.Backend)
		}{
			{"the pid is another session's", "is another session now", func(b *probes.Backend) { b.BackendStart = b.BackendStart.Add(-time.Microsecond) }},
			{"the pid is nobody's", "the session has ended", func(b *probes.Backend) { b.PID = 1 << 30 }},
			{"another state", "it is " + kind.name + " now", func(b *probes.Backend) { b.State = "idle in transaction (aborted)" }},
			{"another state_change", "", func(b *probes.Backend) { b.StateChange = b.StateChange.Add(time.Microsecond) }},
			{"another query_start", "", func(b *probes.Backend) { b.QueryStart = b.QueryStart.Add(-time.Microsecond) }},
			{"no query_start", "", func(b *probes.Backend) { b.QueryStart = time.Time{} }},
			{"another xact_start", "it is in another transaction now", func(b *probes.Backend) { b.XactStart = b.StateChange.Add(-time.Hour) }},
		} {
			for _, signal := range []Signal{CancelQuery, Terminate} {
				was := shown
				stale.change(&was)
				answers, err := act.SignalAll(signal, []probes.Backend{was, was})
				alone, aloneErr := act.Signal(signal, was)
				for _, answer := range append(answers, alone) {
					if err != nil || aloneErr != nil || answer.Sent || answer.Refused != "" || answer.Change == "" ||
						!strings.Contains(answer.Change, stale.says) {
						t.Errorf("%s, %s, %s: %+v, %v", kind.name, stale.name, signal, answer, err)
					}
				}
				if len(answers) != 2 {
					t.Errorf("%d answers", len(answers))
				}
			}
		}
		if now := shownBy(t, dsn, shown.PID); now != shown {
			t.Errorf("%s: it is %+v, and was %+v: something was sent", kind.name, now, shown)
		}
		if answer, err := act.Signal(Terminate, shown); err != nil || !answer.Sent || answer.At.IsZero() {
			t.Errorf("%s, as it is: %+v, %v", kind.name, answer, err)
		}
		pgtest.Eventually(t, dsn, "SELECT 1::bigint WHERE NOT EXISTS (SELECT FROM pg_stat_activity WHERE pid = $1)", shown.PID)
	}
}

// Who is no client, and who is pgmedic, is refused although it is exactly what was shown.
func TestWhoIsNeverSignalled(t *testing.T) {
	server := pgtest.Server(t, map[string]string{
		"autovacuum_naptime": "1s", "autovacuum_vacuum_cost_delay": "100ms", "autovacuum_vacuum_cost_limit": "1",
		"autovacuum_vacuum_threshold": "10000", "autovacuum_analyze_threshold": "1000000", // the table alone, else workers come and go in other databases
	})
	dsn := server.DSN("postgres")
	s := newServer(t, Config{DSN: dsn})
	act := actSession(t, s)
	setup := pgtest.Connect(t, dsn, nil)
	pgtest.Execute(t, setup, "CREATE TABLE worn AS SELECT n FROM generate_series(1, 200000) AS n", "DELETE FROM worn")
	if err := setup.Close(context.Background()); err != nil { // before 15 it tells of the dead rows at its end only
		t.Fatal(err)
	}
	receiver := pgtest.Connect(t, dsn, map[string]string{"replication": "database"})
	b := openBuild(t, s)
	other := pgtest.Connect(t, dsn, map[string]string{"application_name": probes.ApplicationName})
	pid := func(which string) int32 {
		return int32(pgtest.Eventually(t, dsn, "SELECT min(pid)::bigint FROM pg_stat_activity WHERE backend_type = $1 OR query LIKE $1 HAVING count(*) > 0", which))
	}
	for name, c := range map[string]struct {
		pid  int32
		says string
	}{
		"walsender":         {pidOf(receiver), "it is no client's session (walsender)"},
		"autovacuum worker": {pid("autovacuum: VACUUM%public.worn"), "it is no client's session (autovacuum worker)"},
		"checkpointer":      {pid("checkpointer"), "it is no client's session (checkpointer)"},
		"the act session":   {act.PID, "it is a session of pgmedic"},
		"the build session": {b.PID, "it is a session of pgmedic"},
		"another pgmedic's": {pidOf(other), "it is a session of pgmedic"},
	} {
		shown := shownBy(t, dsn, c.pid)
		for _, signal := range []Signal{CancelQuery, Terminate} {
			if answer, err := act.Signal(signal, shown); err != nil || answer.Sent || answer.Refused != c.says {
				t.Errorf("%s, %s: %+v, %v", name, signal, answer, err)
			}
		}
		if pgtest.Value(t, dsn, "SELECT count(*)::text FROM pg_stat_activity WHERE pid = $1 AND backend_start = $2", c.pid, shown.BackendStart) != "1" {
			t.Errorf("%s has ended", name)
		}
	}
}

// A role that the server does not let sends nothing, and is told its code.
func TestSignalWithoutTheRight(t *testing.T) {
	dsn := pgtest.Database(t)
	admin := pgtest.Connect(t, dsn, nil)
	pgtest.Execute(t, admin, "CREATE ROLE onlooker LOGIN PASSWORD 'x' IN ROLE pg_monitor", "CREATE ROLE stranger LOGIN PASSWORD 'x'")
	t.Cleanup(func() { pgtest.Execute(t, admin, "DROP ROLE onlooker", "DROP ROLE stranger") })
	act := actSession(t, newServer(t, Config{DSN: pgtest.As(t, dsn, "onlooker", "x")}))
	shown := shownBy(t, dsn, pidOf(admin))
	if answer, err := act.Signal(Terminate, shown); answer.Sent || err != nil || answer.Refused != NoRight {
		t.Errorf("%+v, %v", answer, err)
	}
	own := pgtest.Connect(t, pgtest.As(t, dsn, "onlooker", "x"), nil)
	pgtest.Execute(t, own, "SELECT 1")
	of := shownBy(t, dsn, pidOf(own))
	stranger := pgtest.Connect(t, pgtest.As(t, dsn, "stranger", "x"), nil)
	pgtest.Execute(t, stranger, "SELECT 1")
	answers, err := act.SignalAll(Terminate, []probes.Backend{shownBy(t, dsn, pidOf(stranger)), of, of})
	if err != nil || len(answers) != 3 || answers[0].Refused != NoRight || answers[0].Sent || !answers[1].Sent { // one refusal does not touch the others
		t.Errorf("a stranger's, one's own: %+v, %v", answers, err)
	}
	pgtest.Execute(t, admin, "GRANT pg_signal_backend TO onlooker") // which takes no superuser's
	if answers, err := act.SignalAll(Terminate, []probes.Backend{shownBy(t, dsn, pidOf(admin))}); answers != nil || pgerr.State(err) != "42501" || errors.Is(err, ErrNotSent) {
		t.Errorf("a superuser's: %+v, %v", answers, err)
	}
}

// What was confirmed over one session is not sent over another that was opened since, which may be on another server.
func TestALostActSessionSendsNothingMore(t *testing.T) {
	dsn := pgtest.Database(t)
	s := newServer(t, Config{DSN: dsn})
	act := actSession(t, s)
	target := pgtest.Connect(t, dsn, nil)
	pgtest.Execute(t, target, "SELECT 1")
	shown := shownBy(t, dsn, pidOf(target))
	s.act.letGo()
	for _, again := range []bool{false, true} {
		if again {
			actSession(t, s) // another one is open
		}
		if _, err := act.Signal(Terminate, shown); !errors.Is(err, ErrNotSent) || !strings.Contains(err.Error(), "was lost") {
			t.Errorf("signal: %v", err)
		}
		if err := act.Exec("CREATE TABLE public.made ()"); !errors.Is(err, ErrNotSent) {
			t.Errorf("statement: %v", err)
		}
	}
	if now := shownBy(t, dsn, shown.PID); now != shown || pgtest.Value(t, dsn, "SELECT (to_regclass('public.made') IS NULL)::text") != "true" {
		t.Errorf("something was sent: %+v", now)
	}
}

// BenchmarkSignal is the guard's cost of one row: of a session that changed meanwhile, so that it can be asked again and again. 0.11 ms with its
// round trip on the 2-core machine that this was written on.
func BenchmarkSignal(b *testing.B) {
	dsn := pgtest.Database(b)
	s, err := New(Config{DSN: dsn})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(s.Close)
	act := actSession(b, s)
	target := pgtest.Connect(b, dsn, nil)
	pgtest.Execute(b, target, "BEGIN", "SELECT 1")
	shown := shownBy(b, dsn, pidOf(target))
	shown.QueryStart = shown.QueryStart.Add(-time.Second)
	for b.Loop() {
		if answer, err := act.Signal(Terminate, shown); err != nil || answer.Sent {
			b.Fatalf("%+v, %v", answer, err)
		}
	}
}

// A session that this role does not see any more is not called another one: its start is hidden, not changed.
func TestSignalOfWhatIsHiddenNow(t *testing.T) {
	dsn := pgtest.Database(t)
	admin := pgtest.Connect(t, dsn, nil)
	pgtest.Execute(t, admin, "CREATE ROLE seer LOGIN PASSWORD 'x' IN ROLE pg_signal_backend, pg_read_all_stats", "CREATE ROLE hidden LOGIN PASSWORD 'x'")
	t.Cleanup(func() { pgtest.Execute(t, admin, "DROP ROLE seer", "DROP ROLE hidden") })
	act := actSession(t, newServer(t, Config{DSN: pgtest.As(t, dsn, "seer", "x")}))
	conn := pgtest.Connect(t, pgtest.As(t, dsn, "hidden", "x"), nil)
	pgtest.Execute(t, conn, "SELECT 1")
	shown := shownBy(t, dsn, pidOf(conn))
	pgtest.Execute(t, admin, "REVOKE pg_read_all_stats FROM seer")
	if answer, err := act.Signal(Terminate, shown); err != nil || answer.Sent || answer.Change != "what it does is not visible to this role" {
		t.Errorf("%+v, %v", answer, err)
	}
}
