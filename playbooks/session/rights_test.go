package session

import (
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/live"
	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
)

// Of a group the server refuses those that the role may not signal: the preflight counts them, and each row says so. With pg_signal_backend all but
// superusers' may be.
func TestRightsForSomeOfAGroup(t *testing.T) {
	t.Parallel()
	server := pgtest.Server(t, nil)
	dsn := server.DSN("postgres")
	admin := pgtest.Connect(t, dsn, nil)
	pgtest.Execute(t, admin, "CREATE ROLE app LOGIN PASSWORD 'x'", "CREATE ROLE other LOGIN PASSWORD 'x'",
		"CREATE ROLE boss SUPERUSER LOGIN PASSWORD 'x'",
		"CREATE ROLE medic LOGIN PASSWORD 'x' IN ROLE app, pg_monitor", `CREATE ROLE "on looker" LOGIN PASSWORD 'x' IN ROLE pg_monitor`)
	group := func() []*pgx.Conn {
		var conns []*pgx.Conn
		for _, role := range []string{"app", "other", "app", "boss"} {
			conn := pgtest.Connect(t, pgtest.As(t, dsn, role, "x"), nil)
			pgtest.Execute(t, conn, "SELECT 1")
			conns = append(conns, conn)
		}
		return conns
	}
	const refused = "refused: nothing was sent: this role may not signal it (42501)"
	as := func(role string) (*scene, *playbooks.Seen, []probes.Backend) {
		conns := group()
		s := newScene(t, dsn, live.Config{DSN: pgtest.As(t, dsn, role, "x")})
		seen, sessions := s.sees("idle", conns...)
		return s, seen, sessions
	}

	s, seen, sessions := as("medic")
	p := s.prepare(draft(live.Terminate, seen, sessions...))
	if c := check(t, p.Checks, "rights"); c.Verdict != playbooks.Caution || c.Saw != "role medic may signal 2 of 4" ||
		!strings.Contains(c.Do, "GRANT pg_signal_backend TO medic") {
		t.Errorf("check %+v", c)
	}
	o := s.confirm(p).Outcome()
	wantRows(t, o.Verification.Rows, "acted", refused, "acted", refused)
	if o.State != playbooks.Unfinished || o.Err != nil || !s.lives(sessions[1]) || !s.lives(sessions[3]) {
		t.Errorf("outcome %+v", o)
	}

	s, seen, sessions = as("on looker")
	if why := s.refused(draft(live.Terminate, seen, sessions...)); !strings.Contains(why,
		"role on looker may signal none of them; GRANT pg_signal_backend TO \"on looker\"") {
		t.Errorf("refused %q", why)
	}

	pgtest.Execute(t, admin, "GRANT pg_signal_backend TO medic")
	s, seen, sessions = as("medic")
	p = s.prepare(draft(live.Terminate, seen, sessions...))
	if c := check(t, p.Checks, "rights"); c.Verdict != playbooks.Caution || c.Saw != "role medic may signal 3 of 4" {
		t.Errorf("check %+v", c)
	}
	wantRows(t, s.confirm(p).Outcome().Verification.Rows, "acted", "acted", "acted", refused)

	// taken away between the preflight and the word
	s, seen, sessions = as("medic")
	p = s.prepare(draft(live.Terminate, seen, sessions[1]))
	pgtest.Execute(t, admin, "REVOKE pg_signal_backend FROM medic")
	if _, err := p.Confirm(p.Draft.Word); err == nil || !strings.Contains(err.Error(), "may signal none of them") || !s.lives(sessions[1]) {
		t.Errorf("confirmed: %v", err)
	}
}

// A role that does not see what other roles' sessions do cannot guard a signal by it: nothing is sent to them, although it may.
func TestHiddenSessions(t *testing.T) {
	t.Parallel()
	server := pgtest.Server(t, nil)
	dsn := server.DSN("postgres")
	admin := pgtest.Connect(t, dsn, nil)
	pgtest.Execute(t, admin, "CREATE ROLE app LOGIN PASSWORD 'x'", "CREATE ROLE medic LOGIN PASSWORD 'x' IN ROLE pg_signal_backend, pg_read_all_stats")
	conn := pgtest.Connect(t, pgtest.As(t, dsn, "app", "x"), nil)
	pgtest.Execute(t, conn, "SELECT 1")
	s := newScene(t, dsn, live.Config{DSN: pgtest.As(t, dsn, "medic", "x")})
	seen, sessions := s.sees("idle", conn)
	pgtest.Execute(t, admin, "REVOKE pg_read_all_stats FROM medic")
	hidden := s.see("the hidden session", func(sample *probes.Sample) bool { return backend(sample, pidOf(conn)).State == "" })
	if why := Spared(hidden.Sample, backend(hidden.Sample, pidOf(conn))); why == "" {
		t.Error("it is not spared")
	}
	if why := s.refused(draft(live.Terminate, seen, sessions...)); !strings.Contains(why, "none of the sessions is as listed") || !s.lives(sessions[0]) {
		t.Errorf("refused %q", why)
	}
}
