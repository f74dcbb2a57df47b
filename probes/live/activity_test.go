package live

import (
	"strings"
	"testing"

	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
)

func TestSampleCountsSessionsByState(t *testing.T) {
	dsn := pgtest.Database(t)
	owner := pgtest.Connect(t, dsn, nil)
	pgtest.Execute(t, owner, "CREATE TABLE held (id int)", "INSERT INTO held VALUES (1)")
	idleInTx := pgtest.Connect(t, dsn, map[string]string{"application_name": "reports"})
	pgtest.Execute(t, idleInTx, "BEGIN", "LOCK TABLE held IN ACCESS EXCLUSIVE MODE")
	waiting := pgtest.InBackground(t, pgtest.Connect(t, dsn, nil), "SELECT * FROM held")
	active := pgtest.InBackground(t, pgtest.Connect(t, dsn, nil), "SELECT pg_sleep(60)")

	ticks := stream(t, newServer(t, Config{DSN: dsn}))
	s := waitForSample(t, ticks, "the lock wait and the sleep", func(s *probes.Sample) bool {
		return s.Counts().LockWaits == 1 && backend(s, active).WaitEvent == "PgSleep"
	})

	c := s.Counts()
	if c.Total != 4 || c.Active != 2 || c.Idle != 1 || c.IdleInTx != 1 || c.Unknown != 0 || c.Ours == 0 {
		t.Errorf("counts %+v", c)
	}
	if b := backend(s, waiting); b.State != "active" || b.WaitType != "Lock" || b.XactStart.IsZero() {
		t.Errorf("waiting session %+v", b)
	}
	if b := backend(s, active); b.WaitEvent != "PgSleep" || b.QueryID == 0 || b.Database == "" || b.User != "postgres" || b.Client != "127.0.0.1" {
		t.Errorf("active session %+v", b)
	}
	if b := backend(s, int32(idleInTx.PgConn().PID())); b.State != "idle in transaction" || b.Application != "reports" {
		t.Errorf("session idle in transaction %+v", b)
	}
	if s.Ceiling.MaxConnections != 100 || s.Ceiling.SuperuserReserved != 3 || s.Ceiling.DatabaseLimit != -1 {
		t.Errorf("ceiling %+v", s.Ceiling)
	}
	if s.Server.SystemIdentifier == "" || s.Server.Version < 130000 || s.Server.Database == "" || s.Server.Timeline != 1 || s.At.IsZero() {
		t.Errorf("server %+v at %s", s.Server, s.At)
	}
	if len(s.Failures) > 0 {
		t.Errorf("failures %+v", s.Failures)
	}
}

func TestOwnSessionsAreCountedApart(t *testing.T) {
	dsn := pgtest.Database(t)
	ticks := stream(t, newServer(t, Config{DSN: dsn}))
	s := waitForSample(t, ticks, "the three warm sessions", func(s *probes.Sample) bool { return s.Counts().Ours == 3 })
	if c := s.Counts(); c.Total != 0 {
		t.Errorf("pgmedic's own sessions count as the application's: %+v", c)
	}
}

func TestHeldCountsNoParallelWorkers(t *testing.T) {
	dsn := pgtest.Database(t)
	owner := pgtest.Connect(t, dsn, nil)
	pgtest.Execute(t, owner, "CREATE TABLE wide AS SELECT g, repeat('x', 500) AS filler FROM generate_series(1, 2000) g", "ANALYZE wide")
	conn := pgtest.Connect(t, dsn, map[string]string{"parallel_setup_cost": "0", "parallel_tuple_cost": "0", "min_parallel_table_scan_size": "0"})
	leader := pgtest.InBackground(t, conn, "SELECT count(*) FROM wide WHERE pg_sleep(0.05) IS NOT NULL")

	ticks := stream(t, newServer(t, Config{DSN: dsn}))
	s := waitForSample(t, ticks, "a parallel worker", func(s *probes.Sample) bool {
		for _, b := range s.Backends {
			if b.LeaderPID == leader && b.QueryID != 0 {
				return true
			}
		}
		return false
	})
	if held := s.Held(backend(s, leader).QueryID); held != 1 {
		t.Errorf("held %d, want 1: the workers are not connections", held)
	}
}

func TestHostileNamesAreHarmless(t *testing.T) {
	dsn := pgtest.Database(t)
	// The server itself turns control characters of application_name into "?" or \x1b; a role's name keeps them.
	owner := pgtest.Connect(t, dsn, nil)
	pgtest.Execute(t, owner, "CREATE ROLE \"\x1b]0;owned\x07\" LOGIN PASSWORD 'p'")
	t.Cleanup(func() { pgtest.Execute(t, pgtest.Connect(t, dsn, nil), "DROP ROLE \"\x1b]0;owned\x07\"") })
	hostile := pgtest.Connect(t, pgtest.As(t, dsn, "\x1b]0;owned\x07", "p"), map[string]string{"application_name": "\x1b[31m\u202ered"})
	ticks := stream(t, newServer(t, Config{DSN: dsn}))
	s := waitForSample(t, ticks, "a sample", anySample)
	b := backend(s, int32(hostile.PgConn().PID()))
	if text := b.Application + b.User; strings.ContainsAny(text, "\x1b\x07\u202e") || b.User == "" || b.Application == "" {
		t.Errorf("application %q, user %q", b.Application, b.User)
	}
	pgtest.Execute(t, hostile, "SELECT 1")
	_ = hostile.Close(t.Context())
}

func TestRoleWithoutRightsSeesCountsAndIsToldWhatItLacks(t *testing.T) {
	dsn := pgtest.Database(t)
	owner := pgtest.Connect(t, dsn, nil)
	pgtest.Execute(t, owner, "CREATE ROLE plain LOGIN PASSWORD 'p'")
	pgtest.InBackground(t, owner, "SELECT pg_sleep(60)")
	t.Cleanup(func() { pgtest.Execute(t, pgtest.Connect(t, dsn, nil), "DROP ROLE plain") })
	s := newServer(t, Config{DSN: pgtest.As(t, dsn, "plain", "p")})
	ticks := stream(t, s)
	sample := waitForSample(t, ticks, "a sample", anySample)
	if c := sample.Counts(); c.Unknown == 0 || c.Total < c.Unknown {
		t.Errorf("counts %+v", c)
	}
	if reason := failure(sample, "activity"); !strings.Contains(reason, "GRANT pg_read_all_stats TO plain") {
		t.Errorf("failures %+v", sample.Failures)
	}
	s.Close()
}

// failure returns why a probe has no data.
func failure(s *probes.Sample, probe string) string {
	for _, f := range s.Failures {
		if f.Probe == probe {
			return f.Reason
		}
	}
	return ""
}

// Where the server gives no ids, pgmedic makes them of the texts that it sees, and says so.
func TestWithoutQueryIDsHeldIsSampled(t *testing.T) {
	for _, mode := range []string{"auto", "off"} {
		server := pgtest.Server(t, map[string]string{"shared_preload_libraries": "", "compute_query_id": mode})
		sleeper := pgtest.InBackground(t, pgtest.Connect(t, server.DSN("postgres"), nil), "SELECT pg_sleep(60)")
		s := waitForSample(t, stream(t, newServer(t, Config{DSN: server.DSN("postgres")})), "the sleeper's statement", func(s *probes.Sample) bool {
			return backend(s, sleeper).QueryID != 0
		})
		if s.Held(backend(s, sleeper).QueryID) != 1 || s.Statements.Sampled == "" || s.Statements.Known {
			t.Errorf("%s: statements %+v", mode, s.Statements)
		}
	}
}
