package session

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/live"
	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
	"github.com/pgmedic/pgmedic/probes/record"
)

// patience bounds what a test waits for.
const patience = 60 * time.Second

// noon is some time.
var noon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

// scene is pgmedic looking at a real server, with a real incident file.
type scene struct {
	t      testing.TB
	dsn    string // of the application, not through what stands in between
	server *live.Server
	ticks  <-chan probes.Tick
	rec    *record.File
	engine *playbooks.Engine
}

// newScene looks at the database as cfg says.
func newScene(t testing.TB, dsn string, cfg live.Config) *scene {
	t.Helper()
	return newSceneIn(t, dsn, cfg, t.TempDir())
}

// newSceneIn is newScene with the incident file in that folder.
func newSceneIn(t testing.TB, dsn string, cfg live.Config, folder string) *scene {
	t.Helper()
	rec, err := record.Create(folder, "app", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = rec.Close() }) // of a full disk it fails
	cfg.LookOnly, cfg.Interval = true, 100*time.Millisecond
	server, err := live.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	return &scene{t: t, dsn: dsn, server: server, ticks: server.Stream(t.Context()), rec: rec, engine: playbooks.NewEngine(server, rec, time.Now)}
}

// see waits for a sample that begins from now on and fits.
func (s *scene) see(what string, fits func(*probes.Sample) bool) *playbooks.Seen {
	s.t.Helper()
	deadline, now := time.After(patience), time.Now() // the server's clock is this machine's
	for {
		select {
		case tick, open := <-s.ticks:
			if !open {
				s.t.Fatalf("the samples ended before %s", what)
			}
			if tick.Sample != nil && tick.Sample.At.After(now) && fits(tick.Sample) {
				return &playbooks.Seen{Sample: tick.Sample}
			}
		case <-deadline:
			s.t.Fatalf("%s was not seen", what)
		}
	}
}

// sees waits for a sample in which each of the sessions is in this state, and returns it with their rows in that order.
func (s *scene) sees(state string, conns ...*pgx.Conn) (*playbooks.Seen, []probes.Backend) {
	s.t.Helper()
	var found []probes.Backend
	seen := s.see("that all are "+state, func(sample *probes.Sample) bool {
		found = found[:0]
		for _, conn := range conns {
			if b := backend(sample, pidOf(conn)); b.State == state && b.User != "" {
				found = append(found, b)
			}
		}
		return len(found) == len(conns)
	})
	return seen, found
}

func backend(s *probes.Sample, pid int32) probes.Backend {
	i := slices.IndexFunc(s.Backends, func(b probes.Backend) bool { return b.PID == pid })
	if i < 0 {
		return probes.Backend{}
	}
	return s.Backends[i]
}

func pidOf(conn *pgx.Conn) int32 { return int32(conn.PgConn().PID()) }

// conns opens sessions of the application's.
func (s *scene) conns(n int) []*pgx.Conn {
	s.t.Helper()
	conns := make([]*pgx.Conn, n)
	for i := range conns {
		conns[i] = pgtest.Connect(s.t, s.dsn, map[string]string{"application_name": "app"})
	}
	return conns
}

// draft is one signal to sessions.
func draft(signal live.Signal, seen *playbooks.Seen, sessions ...probes.Backend) *playbooks.Draft {
	d := Draft("test", playbooks.Finding{Title: "the slots are taken"}, Order{Signal: signal, Sessions: sessions, Seen: seen})
	d.Title = string(signal) + " sessions"
	return d
}

// prepare does the preflight.
func (s *scene) prepare(d *playbooks.Draft) *playbooks.Prepared {
	s.t.Helper()
	p, err := s.engine.Prepare(s.t.Context(), d)
	if err != nil {
		s.t.Fatal(err)
	}
	return p
}

// confirm types the word.
func (s *scene) confirm(p *playbooks.Prepared) *playbooks.Run {
	s.t.Helper()
	run, err := p.Confirm(p.Draft.Word)
	if err != nil {
		s.t.Fatal(err)
	}
	return run
}

// apply does it all, and returns what became of it.
func (s *scene) apply(d *playbooks.Draft) playbooks.Outcome {
	s.t.Helper()
	return s.confirm(s.prepare(d)).Outcome()
}

// refused is why the draft cannot be applied.
func (s *scene) refused(d *playbooks.Draft) string {
	s.t.Helper()
	p := s.prepare(d)
	if _, err := p.Confirm(d.Word); (err == nil) == (p.Refused() != "") {
		s.t.Errorf("refused %q, and its confirmation says %v", p.Refused(), err)
	}
	return p.Refused()
}

// lives says whether the server still has exactly this session.
func (s *scene) lives(b probes.Backend) bool {
	s.t.Helper()
	return pgtest.Value(s.t, s.dsn, "SELECT count(*)::text FROM pg_stat_activity WHERE pid = $1 AND backend_start = $2", b.PID, b.BackendStart) == "1"
}

// check returns one of the preflight's checks.
func check(t testing.TB, checks []playbooks.Check, name string) playbooks.Check {
	t.Helper()
	i := slices.IndexFunc(checks, func(c playbooks.Check) bool { return c.Name == name })
	if i < 0 {
		t.Fatalf("no check %s in %+v", name, checks)
	}
	return checks[i]
}

// wantRows compares what became of each row: want is its state, and ": " and a part of what was seen where that matters.
func wantRows(t testing.TB, rows []playbooks.Row, want ...string) {
	t.Helper()
	if len(rows) != len(want) {
		t.Fatalf("%d rows, want %d: %+v", len(rows), len(want), rows)
	}
	for i, row := range rows {
		state, saw, _ := strings.Cut(want[i], ": ")
		if string(row.State) != state || !strings.Contains(row.Saw, saw) {
			t.Errorf("row %d, %s (%s): %s, %s; want %s", i, row.Name, row.What, row.State, row.Saw, want[i])
		}
	}
}

// repeated is n times the same.
func repeated(n int, want string) []string { return slices.Repeat([]string{want}, n) }

// events are the record's, and the last of them.
func (s *scene) events() ([]record.Event, record.Event) {
	s.t.Helper()
	events, err := s.rec.Events()
	if err != nil || len(events) == 0 {
		s.t.Fatalf("%d events, %v", len(events), err)
	}
	return events, events[len(events)-1]
}

// fails runs a statement that must fail.
func fails(t testing.TB, conn *pgx.Conn, sql string) {
	t.Helper()
	if _, err := conn.Exec(context.Background(), sql); err == nil {
		t.Fatalf("%s did not fail", sql)
	}
}
