package playbooks

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/live"
	"github.com/pgmedic/pgmedic/probes/pgserver"
	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
	"github.com/pgmedic/pgmedic/probes/plan"
	"github.com/pgmedic/pgmedic/probes/record"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// timeline keeps the titles of events in memory.
type timeline struct{ events []record.Event }

func (l *timeline) AddEvent(e record.Event) (record.Event, error) {
	e.ID = strconv.Itoa(len(l.events))
	l.events = append(l.events, e)
	return e, nil
}

func (l *timeline) AddPlan(*plan.Plan) (string, error) { return "plan", nil }

func (l *timeline) AddFact(f record.Fact) (record.Fact, error) { return f, nil }

// task is work on a real server whose steps the tests choose.
type task struct {
	refuse string
	apply  func(ctx context.Context, session *live.BuildSession) error
	there  string // SQL that says whether the change is there
	watch  func()
	verify func()
}

func (w *task) Preflight(context.Context, *live.Asker) ([]Check, error) {
	if w.refuse != "" {
		return []Check{{Refuse, "task", w.refuse, "do something else"}}, nil
	}
	return []Check{{Verdict: Pass, Name: "task"}}, nil
}

func (w *task) Apply(ctx context.Context, session *live.BuildSession) error {
	return w.apply(ctx, session)
}

func (w *task) Watch(context.Context, *live.Asker, int32) (Progress, error) {
	if w.watch != nil {
		w.watch()
	}
	return Progress{Phase: "at work"}, nil
}

func (w *task) Verify(ctx context.Context, ask *live.Asker) (Verification, error) {
	v := Verification{Helped: true}
	if w.verify != nil {
		w.verify()
	}
	err := ask.Read(ctx, func(ctx context.Context, tx pgx.Tx) error { return tx.QueryRow(ctx, w.there).Scan(&v.Done) })
	if !v.Done {
		v.Checks = []Check{{Refuse, "task", "not there", "look why"}}
	}
	return v, err
}

const makeTable = "CREATE TABLE public.made (id int)"

// tableMade is a task that makes a table and then replies as told.
func tableMade(reply error) *task {
	return &task{there: "SELECT to_regclass('public.made') IS NOT NULL", apply: func(ctx context.Context, s *live.BuildSession) error {
		return errors.Join(s.Exec(ctx, makeTable), reply)
	}}
}

func draftOf(w Work) *Draft {
	return &Draft{Playbook: "task", Title: "the task", SQL: []string{makeTable}, Word: "made", Target: map[string]string{"relation": "made"}, Work: w,
		Finding: Finding{Title: "there is something to do"}}
}

// engineOn makes an engine for a server of its own doors.
func engineOn(t *testing.T, cfg live.Config) (*Engine, *timeline) {
	t.Helper()
	cfg.LookOnly = true // ask and act come when they are called for
	server, err := live.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	for tick := range server.Stream(t.Context()) { // nothing is changed on a server that is not looked at
		if tick.Sample != nil {
			break
		}
	}
	rec := &timeline{}
	return NewEngine(server, rec, time.Now), rec
}

func connect(t *testing.T, dsn string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close(context.Background()) })
	return conn
}

func confirmed(t *testing.T, e *Engine, w Work) Outcome {
	t.Helper()
	p, err := e.Prepare(t.Context(), draftOf(w))
	if err != nil {
		t.Fatal(err)
	}
	run, err := p.Confirm("made")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Confirm("made"); err == nil {
		t.Error("a draft was confirmed twice")
	}
	for range run.Progress() {
	}
	return run.Outcome()
}

func TestApplied(t *testing.T) {
	e, rec := engineOn(t, live.Config{DSN: pgtest.Database(t)})
	o := confirmed(t, e, tableMade(nil))
	if o.State != Applied || o.Err != nil || o.Next != "" || !o.Ended.After(o.Started) {
		t.Errorf("outcome %+v", o)
	}
	intent, outcome, verified := rec.events[0], rec.events[1], rec.events[2]
	if intent.Data["state"] != StateIntent || intent.SQL != makeTable || intent.Data["relation"] != "made" || intent.Data["reason"] == "" ||
		intent.Server == "" || intent.Data["pid"] == "" {
		t.Errorf("intent %+v", intent)
	}
	if outcome.Data["state"] != string(Applied) || outcome.Data["intent"] != intent.ID || outcome.Data["duration_ms"] == "" {
		t.Errorf("outcome %+v", outcome)
	}
	if verified.Kind != record.Mark || verified.Data["mark"] != record.MarkVerified {
		t.Errorf("mark %+v", verified)
	}
}

// What was applied and not measured is not called verified, and what is not known stands on record.
func TestVerifiedIsMeasured(t *testing.T) {
	pass, concern := Check{Verdict: Pass, Name: "valid", Saw: "valid"}, Check{Verdict: Caution, Name: "plan", Saw: "does not use it"}
	for _, c := range []struct {
		v    Verification
		want string
	}{
		{Verification{Done: true, Checks: []Check{pass}}, record.MarkNotVerified},
		{Verification{Done: true, Checks: []Check{pass}, Helped: true}, record.MarkVerified},
		{Verification{Done: true, Checks: []Check{pass, concern}, Helped: true}, record.MarkNotVerified},
	} {
		if got := c.v.mark(); got != c.want {
			t.Errorf("%+v is marked %q", c.v, got)
		}
	}
	if got := readBackLines(Verification{Checks: []Check{pass}, Unknown: []string{"its use"}}); got != "valid: valid\nnot known: its use" {
		t.Errorf("on record %q", got)
	}
}

// The reply is lost although the change was made: what was read back counts.
func TestReplyLost(t *testing.T) {
	e, _ := engineOn(t, live.Config{DSN: pgtest.Database(t)})
	if o := confirmed(t, e, tableMade(io.ErrUnexpectedEOF)); o.State != Applied || !errors.Is(o.Err, io.ErrUnexpectedEOF) {
		t.Errorf("outcome %+v", o)
	}
}

// What was not sent has no reply that could be lost, and nobody cancelled it.
func TestNotSentIsNoLostReply(t *testing.T) {
	for _, err := range []error{io.ErrUnexpectedEOF, errors.New("it is gone")} {
		unsent := fmt.Errorf("drop i: %w", &NotSent{What: "nothing was sent", Err: err})
		if !lost(err) || lost(unsent) || wasCanceled(unsent) || (&Run{}).byWhom(unsent) != unsent {
			t.Errorf("%v is taken for lost or cancelled", unsent)
		}
	}
}

// A cancel that comes between two statements is not lost: the second is not sent.
func TestCanceledBetweenStatements(t *testing.T) {
	e, rec := engineOn(t, live.Config{DSN: pgtest.Database(t)})
	first, canceled := make(chan struct{}), make(chan struct{})
	w := tableMade(nil)
	w.apply = func(ctx context.Context, s *live.BuildSession) error {
		err := s.Exec(ctx, "CREATE TABLE public.first (n int)")
		close(first)
		<-canceled
		return errors.Join(err, s.Exec(ctx, makeTable))
	}
	p, err := e.Prepare(t.Context(), draftOf(w))
	if err != nil {
		t.Fatal(err)
	}
	run, err := p.Confirm("made")
	if err != nil {
		t.Fatal(err)
	}
	<-first
	if err := run.Cancel(t.Context()); err != nil {
		t.Error(err)
	}
	close(canceled)
	if o := run.Outcome(); o.State != Canceled || !errors.Is(o.Err, live.ErrStopped) {
		t.Errorf("outcome %+v", o)
	}
	if wish := rec.events[1]; wish.Data["action"] != "cancel" {
		t.Errorf("the wish %+v", wish)
	}
}

// Somebody terminates the session that applies.
func TestTerminated(t *testing.T) {
	dsn := pgtest.Database(t)
	other := connect(t, dsn)
	e, rec := engineOn(t, live.Config{DSN: dsn})
	w := tableMade(nil)
	w.apply = func(ctx context.Context, s *live.BuildSession) error {
		if _, err := other.Exec(ctx, "SELECT pg_terminate_backend($1)", s.PID); err != nil {
			t.Error(err)
		}
		return s.Exec(ctx, makeTable)
	}
	o := confirmed(t, e, w)
	if o.State != Failed || o.Err == nil || o.Next != "look why" {
		t.Errorf("outcome %+v", o)
	}
	if last := rec.events[len(rec.events)-1]; last.Data["state"] != string(Failed) {
		t.Errorf("last event %+v", last)
	}
}

// cluster is a server of the test's own, to be stopped.
func cluster(t *testing.T, settings map[string]string) *pgserver.Server {
	t.Helper()
	server, err := pgserver.Start(t.Context(), pgserver.Options{Settings: settings})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Stop() })
	return server
}

// A panic while a run is followed costs the following alone, and is on record with its stack.
func TestPanicWhileFollowing(t *testing.T) {
	e, rec := engineOn(t, live.Config{DSN: pgtest.Database(t)})
	w := tableMade(nil)
	w.watch = func() { panic("no such phase") }
	o := confirmed(t, e, w)
	if o.State != Applied || o.Err == nil || !strings.Contains(o.Err.Error(), "no such phase") {
		t.Errorf("outcome %+v", o)
	}
	if outcome := rec.events[1]; outcome.Data["state"] != string(Applied) || !strings.Contains(outcome.Data["stack"], "Watch") {
		t.Errorf("outcome's event %+v", outcome)
	}
}

// A panic while it is read back leaves open what became of it.
func TestPanicWhileReadingBack(t *testing.T) {
	e, rec := engineOn(t, live.Config{DSN: pgtest.Database(t)})
	w := tableMade(nil)
	w.verify = func() { panic("no such state") }
	o := confirmed(t, e, w)
	if o.State != Unknown || o.Err == nil || !strings.Contains(o.Err.Error(), "no such state") || !strings.Contains(o.Next, "look at made on the server") {
		t.Errorf("outcome %+v", o)
	}
	last := rec.events[len(rec.events)-1]
	if last.Data["state"] != string(Unknown) || last.Data["intent"] != rec.events[0].ID || !strings.Contains(last.Data["stack"], "Verify") {
		t.Errorf("last event %+v", last)
	}
}

// brokenTimeline panics with the outcome.
type brokenTimeline struct{ timeline }

func (l *brokenTimeline) AddEvent(e record.Event) (record.Event, error) {
	if e.Data["state"] != StateIntent {
		panic("no such page")
	}
	return l.timeline.AddEvent(e)
}

// A panic while the outcome is put on record leaves the outcome as it was read back.
func TestPanicWhileRecording(t *testing.T) {
	e, _ := engineOn(t, live.Config{DSN: pgtest.Database(t)})
	e.rec = &brokenTimeline{}
	if o := confirmed(t, e, tableMade(nil)); o.State != Applied || !strings.Contains(o.Next, "could not be recorded: pgmedic itself failed (no such page)") {
		t.Errorf("outcome %+v", o)
	}
}

// A panic after the change was sent is a reply that was lost: what was read back counts.
func TestPanicWhileApplying(t *testing.T) {
	e, rec := engineOn(t, live.Config{DSN: pgtest.Database(t)})
	w := tableMade(nil)
	w.apply = func(ctx context.Context, s *live.BuildSession) error {
		if err := s.Exec(ctx, makeTable); err != nil {
			return err
		}
		panic("no such reply")
	}
	o := confirmed(t, e, w)
	if o.State != Applied || o.Err == nil || o.Err.Error() != "pgmedic itself failed (no such reply); please report it with the stack, which is on record" {
		t.Errorf("outcome %+v", o)
	}
	if outcome := rec.events[1]; outcome.Data["state"] != string(Applied) || !strings.Contains(outcome.Data["stack"], "panic") {
		t.Errorf("outcome's event %+v", outcome)
	}
}

// The server dies while it applies and does not come back.
func TestUnknown(t *testing.T) {
	own := cluster(t, nil)
	e, rec := engineOn(t, live.Config{DSN: own.DSN("postgres")})
	e.patience = time.Second
	w := tableMade(nil)
	w.apply = func(ctx context.Context, s *live.BuildSession) error {
		return errors.Join(own.Stop(), s.Exec(ctx, makeTable))
	}
	o := confirmed(t, e, w)
	if o.State != Unknown || !strings.Contains(o.Next, "look at made on the server") {
		t.Errorf("outcome %+v", o)
	}
	if last := rec.events[len(rec.events)-1]; last.Data["state"] != string(Unknown) {
		t.Errorf("last event %+v", last)
	}
}

// The server dies while it applies and another one takes its place, which even has what was to be made.
func TestFailover(t *testing.T) {
	own, next := cluster(t, nil), cluster(t, nil)
	uri := parsed(t, own.DSN("postgres"))
	password, _ := uri.User.Password()
	if _, err := connect(t, next.DSN("postgres")).Exec(t.Context(), makeTable); err != nil {
		t.Fatal(err)
	}
	if _, err := connect(t, next.DSN("postgres")).Exec(t.Context(), "ALTER ROLE CURRENT_USER PASSWORD "+sqltext.Literal(password)); err != nil {
		t.Fatal(err)
	}
	uri.Host += "," + parsed(t, next.DSN("postgres")).Host
	e, rec := engineOn(t, live.Config{DSN: uri.String()})
	w := tableMade(nil)
	w.apply = func(ctx context.Context, s *live.BuildSession) error {
		return errors.Join(own.Stop(), s.Exec(ctx, makeTable))
	}
	o := confirmed(t, e, w)
	if o.State != Unknown || !errors.Is(o.Err, errElsewhere) || o.Verification.Done {
		t.Errorf("outcome %+v", o)
	}
	if !strings.Contains(o.Next, rec.events[0].Server) {
		t.Errorf("the server to look at is not named: %s", o.Next)
	}
	now, err := e.server.Ask().Server(t.Context())
	if body := rec.events[1].Body; err != nil || !strings.Contains(body, "sent to "+rec.events[0].Server) || !strings.Contains(body, "now "+record.Identity(now)) {
		t.Errorf("not both servers are named on record: %s", body)
	}
}

func parsed(t *testing.T, dsn string) *url.URL {
	t.Helper()
	uri, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	return uri
}

func TestSameServer(t *testing.T) {
	at := time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)
	server := probes.Server{SystemIdentifier: "7", Timeline: 1, Database: "app", StartedAt: at.Add(-time.Hour)}
	id := identity{Server: server, At: at}
	for name, c := range map[string]struct {
		change func(*probes.Server)
		same   bool
	}{
		"nothing":                      {func(*probes.Server) {}, true},
		"restarted since":              {func(s *probes.Server) { s.StartedAt = at.Add(time.Second) }, true},
		"another system":               {func(s *probes.Server) { s.SystemIdentifier = "8" }, false},
		"another database":             {func(s *probes.Server) { s.Database = "other" }, false},
		"promoted":                     {func(s *probes.Server) { s.Timeline = 2 }, false},
		"promoted, timeline not known": {func(s *probes.Server) { s.StartedAt = at.Add(-time.Minute) }, false},
		"a standby of the same system": {func(s *probes.Server) { s.InRecovery = true }, false},
	} {
		now := server
		c.change(&now)
		if got := id.same(identity{Server: now}); got != c.same {
			t.Errorf("%s: same is %v", name, got)
		}
	}
}

func TestRefusals(t *testing.T) {
	dsn := pgtest.Database(t)
	e, rec := engineOn(t, live.Config{DSN: dsn})
	readOnly, _ := engineOn(t, live.Config{DSN: dsn, ReadOnly: "--read-only"})
	unrecorded := NewEngine(e.server, nil, time.Now)
	impossible := tableMade(nil)
	impossible.refuse = "it cannot be done"
	for name, c := range map[string]struct {
		engine *Engine
		work   Work
		says   string
	}{
		"read only":   {readOnly, tableMade(nil), "--read-only"},
		"no record":   {unrecorded, tableMade(nil), "start pgmedic with recording"},
		"preflight":   {e, impossible, "it cannot be done; do something else"},
		"full server": {fullServer(t), tableMade(nil), "no connection slot is free"},
	} {
		p, err := c.engine.Prepare(t.Context(), draftOf(c.work))
		if err != nil {
			t.Fatal(name, err)
		}
		if !strings.Contains(p.Refused(), c.says) {
			t.Errorf("%s: refused %q", name, p.Refused())
		}
		if _, err := p.Confirm("made"); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: confirmed, error %v", name, err)
		}
	}
	if len(rec.events) != 0 {
		t.Errorf("a refusal left events: %+v", rec.events)
	}
}

// fullServer is an engine that looks at a server without a free slot.
func fullServer(t *testing.T) *Engine {
	t.Helper()
	own := cluster(t, map[string]string{"max_connections": "6", "superuser_reserved_connections": "1"})
	e, _ := engineOn(t, live.Config{DSN: own.DSN("postgres")})
	if _, err := e.identify(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	fillUp(t, own)
	return e
}

// fillUp takes every slot that is left, those too that are just being left.
func fillUp(t *testing.T, own *pgserver.Server) {
	t.Helper()
	for refused := 0; refused < 10; refused++ {
		conn, err := pgx.Connect(t.Context(), own.DSN("postgres"))
		if sqlState(err) == tooManyConnections {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		refused = 0
		t.Cleanup(func() { conn.Close(context.Background()) })
	}
}

// On a server so full that no act session can be had, a build is cancelled by the protocol's own request.
func TestCancelOnAFullServer(t *testing.T) {
	for _, lost := range []bool{false, true} {
		own := cluster(t, map[string]string{"max_connections": "8", "superuser_reserved_connections": "1"})
		e, rec := engineOn(t, live.Config{DSN: own.DSN("postgres")})
		started := make(chan struct{})
		w := tableMade(nil)
		w.apply = func(ctx context.Context, s *live.BuildSession) error {
			close(started)
			return s.Exec(ctx, "SELECT pg_sleep(600)")
		}
		if lost { // the act session was there, and is gone
			if _, err := e.server.Act().Session(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		p, err := e.Prepare(t.Context(), draftOf(w))
		if err != nil || p.Refused() != "" {
			t.Fatal(p.Refused(), err)
		}
		run, err := p.Confirm("made")
		if err != nil {
			t.Fatal(err)
		}
		<-started
		pgtest.Eventually(t, own.DSN("postgres"), "SELECT 1::bigint FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(600)' AND wait_event = 'PgSleep'")
		if lost {
			pgtest.Execute(t, connect(t, own.DSN("postgres")), "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%pgmedic:check%' AND pid <> pg_backend_pid()")
		}
		fillUp(t, own)
		if !lost {
			if _, err := e.server.Act().Session(t.Context()); sqlState(err) != tooManyConnections {
				t.Errorf("the act session: %v", err)
			}
		}
		began := time.Now()
		if err := run.Cancel(t.Context()); err != nil {
			t.Error(err)
		}
		o := run.Outcome()
		t.Logf("cancelled %s after it was asked for", time.Since(began))
		if o.State != Canceled || sqlState(o.Err) != queryCanceled || !strings.Contains(o.Err.Error(), "cancelled from here") {
			t.Errorf("outcome %+v", o)
		}
		if wish := rec.events[1]; wish.Data["action"] != "cancel" {
			t.Errorf("the wish %+v", wish)
		}
	}
}

// What was true at the preflight is read again after the word was typed.
func TestChangedSincePreflight(t *testing.T) {
	dsn := pgtest.Database(t)
	e, rec := engineOn(t, live.Config{DSN: dsn})
	w := tableMade(nil)
	p, err := e.Prepare(t.Context(), draftOf(w))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Confirm("Made"); err == nil || !strings.Contains(err.Error(), "type made in full") {
		t.Error("another word:", err)
	}
	w.refuse = "somebody else did it"
	if _, err := p.Confirm("made"); err == nil || !strings.Contains(err.Error(), "somebody else did it") {
		t.Error("a preflight that fails now:", err)
	}
	w.refuse = ""
	other := p.server
	p.server.SystemIdentifier = "1"
	if _, err := p.Confirm("made"); err == nil || !strings.Contains(err.Error(), "another server") {
		t.Error("another server:", err)
	}
	p.server = other
	p.session.Close()
	if err := until(t.Context(), func() bool { id, err := e.identify(t.Context(), p.session); return err == nil && !id.SessionThere }); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Confirm("made"); err == nil || !strings.Contains(err.Error(), "has ended") {
		t.Error("without its session:", err)
	}
	p.Abandon()
	if len(rec.events) != 0 {
		t.Errorf("nothing was sent and the timeline has %+v", rec.events)
	}
}

func TestPhaseList(t *testing.T) {
	phases := []Phase{
		{"initializing", 20 * time.Millisecond},
		{"waiting for writers before build", 3 * time.Second},
		{"building index: scanning table", 1400 * time.Millisecond},
	}
	if got, want := phaseList(phases), "initializing 0.0 s; waiting for writers before build 3.0 s; building index: scanning table 1.4 s"; got != want {
		t.Errorf("got %q", got)
	}
}
