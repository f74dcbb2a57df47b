package sampler

import (
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
)

func failureOf(s *probes.Sample, probe string) string {
	for _, f := range s.Failures {
		if f.Probe == probe {
			return f.Reason
		}
	}
	return ""
}

func backendOf(s *probes.Sample, conn *pgx.Conn) probes.Backend {
	for _, b := range s.Backends {
		if b.PID == pidOf(conn) {
			return b
		}
	}
	return probes.Backend{}
}

func TestActivityTellsWhoHoldsBackXmin(t *testing.T) {
	dsn := pgtest.Database(t)
	writer, reader, idle := pgtest.Connect(t, dsn, nil), pgtest.Connect(t, dsn, nil), pgtest.Connect(t, dsn, nil)
	pgtest.Execute(t, idle, "CREATE TABLE counted (n int)")
	pgtest.Execute(t, writer, "BEGIN", "INSERT INTO counted VALUES (1)")
	pgtest.Execute(t, reader, "BEGIN ISOLATION LEVEL REPEATABLE READ", "SELECT * FROM counted")
	for range 20 {
		pgtest.Execute(t, idle, "INSERT INTO counted VALUES (2)")
	}
	s := again(t, samplerOf(t, pgtest.Connect(t, dsn, map[string]string{"application_name": "pgmedic"})))
	if b := backendOf(s, writer); b.XidAge < 20 || b.XminAge != 0 {
		t.Errorf("writer %+v", b)
	}
	if b := backendOf(s, reader); b.XidAge != 0 || b.XminAge < 20 {
		t.Errorf("reader %+v", b)
	}
	if b := backendOf(s, idle); b.XidAge != 0 || b.XminAge != 0 {
		t.Errorf("idle %+v", b)
	}
	var pids []int32
	for _, h := range s.XminHolders() {
		if h.Age >= 20 && !h.Ours {
			pids = append(pids, h.PID)
		}
	}
	if len(pids) != 2 || pids[0]+pids[1] != pidOf(writer)+pidOf(reader) {
		t.Errorf("held back by %v, want %d and %d", pids, pidOf(writer), pidOf(reader))
	}
}

// track_activities = off hides what a session does from everybody: that is neither idle nor a matter of rights.
func TestSessionsThatDoNotTellWhatTheyDo(t *testing.T) {
	dsn := pgtest.Database(t)
	silent := pgtest.Connect(t, dsn, map[string]string{"track_activities": "off"})
	pgtest.Execute(t, silent, "SELECT 1")
	s := again(t, samplerOf(t, pgtest.Connect(t, dsn, map[string]string{"application_name": "pgmedic"})))
	if b := backendOf(s, silent); b.State != untracked || !b.IsClient() {
		t.Errorf("silent session %+v", b)
	}
	if c := s.Counts(); c.Unknown != 1 || c.Idle+c.Active+c.IdleInTx != c.Total-1 {
		t.Errorf("counts %+v", c)
	}
	if reason := failureOf(s, "activity"); !strings.Contains(reason, "what 1 session does is not told: track_activities is off") {
		t.Errorf("failures %+v", s.Failures)
	}
	everywhere := &Sampler{settings: settings{trackActivities: "off", computeQueryID: "on"}} // pgmedic's own session included
	if why := everywhere.noQueryIDs(150000, false); !strings.Contains(why, "track_activities = off") {
		t.Errorf("no query ids, because %q", why)
	}
}

// A role with no rights at all: what it cannot see is counted as unknown, each with the GRANT that mends it, and nothing fails silently.
func TestARoleWithNothing(t *testing.T) {
	dsn := pgtest.Database(t)
	owner := pgtest.Connect(t, dsn, nil)
	pgtest.Execute(t, owner, "CREATE ROLE nothing LOGIN PASSWORD 'p'")
	t.Cleanup(func() { pgtest.Execute(t, pgtest.Connect(t, dsn, nil), "DROP ROLE nothing") })
	conn := pgtest.Connect(t, pgtest.As(t, dsn, "nothing", "p"), map[string]string{"application_name": "pgmedic"})
	s := again(t, samplerOf(t, conn))
	c := s.Counts()
	if c.Unknown == 0 || c.Unknown != c.Total || s.Ceiling.MaxConnections == 0 || len(s.Settings) == 0 {
		t.Errorf("counts %+v, ceiling %+v, %d settings", c, s.Ceiling, len(s.Settings))
	}
	if b := backendOf(s, owner); b.User != "postgres" || b.State != "" || b.XidAge != 0 || !b.IsClient() {
		t.Errorf("a session of another role's: %+v", b)
	}
	if reason := failureOf(s, "activity"); !strings.Contains(reason, "GRANT pg_read_all_stats TO nothing") {
		t.Errorf("failures %+v", s.Failures)
	}
	_ = conn.Close(t.Context())
}

// TestLogicalReceiversAreNoClients: to a role that may not see what a session is, one that sends WAL for a database looks like a client's.
func TestLogicalReceiversAreNoClients(t *testing.T) {
	t.Parallel()
	server := pgtest.Server(t, map[string]string{"wal_level": "logical"})
	dsn := server.DSN("postgres")
	receiver := pgtest.Connect(t, dsn, map[string]string{"replication": "database"})
	if _, err := receiver.PgConn().Exec(t.Context(), "IDENTIFY_SYSTEM").ReadAll(); err != nil {
		t.Fatal(err)
	}
	client := pgtest.Connect(t, dsn, nil)
	sample := again(t, samplerOf(t, pgtest.Connect(t, asRole(t, dsn, "nobody", ""), nil)))
	if b := backendOf(sample, receiver); b.Type != "walsender" || b.IsClient() {
		t.Errorf("%+v", b)
	}
	if b := backendOf(sample, client); !b.IsClient() || b.State != "" {
		t.Errorf("%+v", b)
	}
	if why := failureOf(sample, "activity"); !strings.Contains(why, "background workers") {
		t.Errorf("%q", why)
	}
}
