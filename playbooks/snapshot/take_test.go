package snapshot

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/pgserver"
	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
)

// A role without any grant sees little, and the snapshot says what and why.
func roleWithNothing(t *testing.T, scene scene) {
	t.Helper()
	s := takeIt(t, pgtest.As(t, scene.dsn, "reports_rw", "secret"), Options{For: time.Second})
	if s.Connections.StateHidden == 0 || s.Connections.Clients != 14 {
		t.Errorf("connections %+v: some should be hidden", s.Connections)
	}
	blind := ""
	for _, b := range s.Blind {
		blind += b.What + ": " + b.Reason + "\n"
	}
	if !strings.Contains(blind, "GRANT pg_read_all_stats TO reports_rw") {
		t.Errorf("not known:\n%s", blind)
	}
	if s.Blocking == nil || s.Blocking.Waiting != 2 {
		t.Errorf("blocking %+v: the sessions of its own role are to be seen", s.Blocking)
	}
	if !strings.Contains(s.Text(80, false), "Not known") || !strings.Contains(s.Markdown(), "**Not known:**") {
		t.Errorf("text:\n%s", s.Text(80, false))
	}
}

// One sample has no differences: no figure is 0 for that.
func oneSample(t *testing.T, scene scene) {
	t.Helper()
	s := takeIt(t, scene.dsn, Options{})
	first := s.Statements.Top[0]
	if s.Samples != 1 || s.Statements.WindowS != nil || first.Held == nil || *first.Held != 3 || first.Load != nil || first.Calls != nil {
		t.Errorf("%d samples, statements %+v", s.Samples, s.Statements)
	}
	if !strings.Contains(s.Text(80, false), "loads, calls and means are not known") {
		t.Errorf("text:\n%s", s.Text(80, false))
	}
}

// A role that sees no state at all: nothing of it is 0.
func stranger(t *testing.T, scene scene) {
	t.Helper()
	admin := pgtest.Connect(t, scene.dsn, nil)
	pgtest.Execute(t, admin, "CREATE ROLE stranger LOGIN PASSWORD 'secret'")
	if err := admin.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { dropRole(t, scene.dsn, "stranger") })
	as := pgtest.As(t, scene.dsn, "stranger", "secret")
	takeIt(t, as, Options{For: 200 * time.Millisecond}) // so that pgmedic's own statements are known as such
	s := takeIt(t, as, Options{For: 200 * time.Millisecond})
	c := s.Connections
	if c.Clients == 0 || c.StateHidden != c.Clients || c.Active != nil || c.Idle != nil || c.IdleInTx != nil || c.WaitForLock != nil || s.Waits != nil || s.Blocking != nil {
		t.Errorf("connections %+v, waits %v, blocking %v", c, s.Waits, s.Blocking)
	}
	if s.Transactions != nil || s.TransactionsTotal != nil || s.Xmin != nil || s.XminTotal != nil || s.Statements.Top != nil || c.ByClient != nil ||
		c.ByApplication[0].Clients != nil {
		t.Errorf("transactions %v, holders %v, statements %v, clients %v, applications %+v: what is not to be seen is not empty", s.Transactions, s.Xmin,
			s.Statements.Top, c.ByClient, c.ByApplication)
	}
	if c.Ceiling.RoleLimits == nil || s.Slots == nil || s.Findings == nil {
		t.Errorf("role limits %v, slots %v, findings %v: they are known", c.Ceiling.RoleLimits, s.Slots, s.Findings)
	}
	blind := fmt.Sprintf("; role stranger sees no state of %d of %d sessions: blind", c.Clients, c.Clients)
	if !strings.HasPrefix(s.Headline, "at most ") || !strings.HasSuffix(s.Headline, blind) {
		t.Errorf("headline %q", s.Headline)
	}
}

// Without pg_stat_statements the statements are those of the sampled activity.
func withoutTheExtension(t *testing.T, scene scene) {
	t.Helper()
	pgtest.Execute(t, pgtest.Connect(t, scene.dsn, nil), "DROP EXTENSION pg_stat_statements")
	s := takeIt(t, scene.dsn, Options{For: 2 * time.Second})
	if s.Statements.Sampled == nil || !strings.Contains(*s.Statements.Sampled, "CREATE EXTENSION") || len(s.Statements.Top) == 0 {
		t.Fatalf("statements %+v", s.Statements)
	}
	first := s.Statements.Top[0]
	if first.Held == nil || *first.Held != 3 || first.Calls != nil || first.MeanMS != nil || first.Load == nil || *first.Load < 2 || first.Text == nil {
		t.Errorf("first %+v", first)
	}
	if !strings.HasPrefix(s.Headline, "15 of 97 slots taken; 3 run one statement (SELECT … FROM reports.reports") &&
		!strings.HasPrefix(s.Headline, "16 of 97") { // with the connection that dropped it
		t.Errorf("headline %q", s.Headline)
	}
}

// smallServer has four slots for everybody, and a role.
func smallServer(t *testing.T) *pgserver.Server {
	t.Helper()
	server, err := pgserver.Start(t.Context(), pgserver.Options{Settings: map[string]string{"max_connections": "7", "superuser_reserved_connections": "3",
		"max_wal_senders": "0"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Stop(); err != nil {
			t.Error(err)
		}
	})
	pgtest.Execute(t, pgtest.Connect(t, server.DSN("postgres"), nil), "CREATE ROLE app LOGIN PASSWORD 'secret'")
	return server
}

func TestFullServer(t *testing.T) {
	server := smallServer(t) // one slot is that of its first connection
	app := pgtest.As(t, server.DSN("postgres"), "app", "secret")
	last := pgtest.Connect(t, app, nil)
	for range 2 {
		pgtest.Connect(t, app, nil)
	}
	_, err := tryIt(t, app, Options{For: 0, Wait: time.Second})
	if err == nil {
		t.Fatal("a snapshot of a server without a free slot")
	}
	for _, want := range []string{"no snapshot of app@127.0.0.1:", "(SQLSTATE 53300)", "attempts in 1 s", "a superuser gets into the reserved slots"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("error %q lacks %q", err, want)
		}
	}
	s := takeIt(t, server.DSN("postgres"), Options{For: 0}) // a superuser's reserve
	if s.Headline != "FULL: 0 of 4 slots left for applications; 3 idle of role app" {
		t.Errorf("headline %q", s.Headline)
	}
	if err := last.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	takeIt(t, app, Options{For: 0})
}

// A login that is refused is not tried again.
func TestRefusedLogin(t *testing.T) {
	started := time.Now()
	_, err := tryIt(t, pgtest.As(t, pgtest.Database(t), "nobody_of_that_name", "secret"), Options{Wait: 5 * time.Minute})
	if err == nil || !strings.Contains(err.Error(), "SQLSTATE 28") || strings.Contains(err.Error(), "secret") || strings.Contains(err.Error(), "keeps trying") {
		t.Errorf("error %v", err)
	}
	if took := time.Since(started); took > 2*time.Minute {
		t.Errorf("it took %s", took)
	}
}

func TestInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Take(ctx, tape{}, Options{Wait: time.Minute}); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}

// tape plays ticks, then says nothing until its context ends.
type tape []probes.Tick

func (p tape) Can() probes.Abilities { return probes.Abilities{} }

func (p tape) Stream(ctx context.Context) <-chan probes.Tick {
	ticks := make(chan probes.Tick)
	go func() {
		defer close(ticks)
		for _, tick := range p {
			select {
			case ticks <- tick:
			case <-ctx.Done():
				return
			}
		}
		<-ctx.Done()
	}()
	return ticks
}

// What was seen before the connection was lost is shown, with the loss.
func TestLostDuringTheLook(t *testing.T) {
	at := time.Date(2026, 11, 23, 16, 0, 0, 0, time.UTC)
	s, err := Take(t.Context(), tape{
		{Trouble: &probes.Trouble{Doing: "connecting", Target: "db", Reason: "full", SQLState: "53300"}},
		{Sample: &probes.Sample{At: at}},
		{Trouble: &probes.Trouble{Doing: "sampling", Target: "db", Reason: "an administrator ended it", SQLState: "57P01"}},
	}, Options{For: 10 * time.Millisecond, Wait: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	want := Blind{"connection", "the connection was lost after the first sample and not regained: an administrator ended it, while sampling"}
	if s.Samples != 1 || s.Blind[0] != want || s.BrokenOff == nil {
		t.Errorf("%d samples, broken off: %v, not known %+v", s.Samples, s.BrokenOff, s.Blind)
	}
}

// A connection that comes back is no reason to give up, and is told.
func TestBackDuringTheLook(t *testing.T) {
	at := time.Date(2026, 11, 23, 16, 0, 0, 0, time.UTC)
	s, err := Take(t.Context(), tape{
		{Sample: &probes.Sample{At: at}},
		{Trouble: &probes.Trouble{Doing: "sampling", Target: "db", Reason: "an administrator ended it", SQLState: "57P01"}},
		{Sample: &probes.Sample{At: at.Add(2 * time.Second)}},
	}, Options{For: 2 * time.Second, Wait: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	want := Blind{"connection", "lost during the look, while sampling: an administrator ended it"}
	if s.Samples != 2 || s.Blind[0] != want || s.BrokenOff != nil {
		t.Errorf("%d samples, broken off: %v, not known %+v", s.Samples, s.BrokenOff, s.Blind)
	}
}

func TestNobodyAnswers(t *testing.T) {
	_, err := Take(t.Context(), tape{}, Options{Wait: 10 * time.Millisecond})
	if err == nil || err.Error() != "no answer within 10 ms; --wait gives it longer" {
		t.Errorf("error %v", err)
	}
	_, err = Take(t.Context(), tape{{Trouble: &probes.Trouble{Doing: "connecting", Target: "app@db:5432/x", Reason: "refused", Attempts: 3,
		Next: "nothing listens there: check host and port", Trying: "pgmedic keeps trying"}}}, Options{Wait: 10 * time.Millisecond})
	if want := "no snapshot of app@db:5432/x, connecting: refused (3 attempts in 10 ms; --wait gives it longer)\nnothing listens there: check host and port"; err == nil ||
		err.Error() != want {
		t.Errorf("error %v", err)
	}
}
