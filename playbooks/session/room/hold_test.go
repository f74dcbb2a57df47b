package room

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/playbooks/session/sessiontest"
	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
	"github.com/pgmedic/pgmedic/probes/record"
)

// The statements of the load: both last for 20 s where nobody cancels them.
const (
	slow  = "SELECT pg_sleep(20) AS slow_one"
	other = "SELECT pg_sleep(20) AS left_alone, 1"
)

// crowd is an application whose clients send slow as soon as the call before has ended, and one call of other.
type crowd struct {
	canceled atomic.Int64 // calls of slow that failed with 57014
	spoilt   atomic.Int64 // calls of other that ended
}

func startCrowd(t *testing.T, dsn string, clients int) *crowd {
	t.Helper()
	c := &crowd{}
	ctx, stop := context.WithCancel(context.Background())
	var running sync.WaitGroup
	t.Cleanup(func() { stop(); running.Wait() })
	call := func(sql string, failed *atomic.Int64) {
		conn, err := pgx.Connect(ctx, plain(dsn))
		if err != nil {
			t.Fatal(err)
		}
		running.Go(func() {
			defer conn.Close(context.Background())
			for ctx.Err() == nil {
				_, err := conn.Exec(ctx, sql)
				var server *pgconn.PgError
				if errors.As(err, &server) && server.Code == "57014" && ctx.Err() == nil {
					failed.Add(1)
				}
			}
		})
	}
	for range clients {
		call(slow, &c.canceled)
	}
	call(other, &c.spoilt)
	return c
}

// fewSlots is a server with 27 slots for the application, and the role that plain logs in as.
func fewSlots(t *testing.T) string {
	t.Helper()
	dsn := pgtest.Server(t, map[string]string{"max_connections": "30", "compute_query_id": "on"}).DSN("postgres")
	conn := pgtest.Connect(t, dsn, nil)
	pgtest.Execute(t, conn, "CREATE ROLE crowd LOGIN PASSWORD 'secret'")
	_ = conn.Close(t.Context()) // it takes a slot
	return dsn
}

// plain is how an ordinary role logs in.
func plain(dsn string) string {
	uri, err := url.Parse(dsn)
	if err != nil {
		panic(err) // as the tests' server gives it
	}
	uri.User = url.UserPassword("crowd", "secret")
	return uri.String()
}

// holdOf drafts to hold the line of slow, within the bounds given, once its calls are seen.
func holdOf(t *testing.T, desk *sessiontest.Desk, clients int, typed string) *playbooks.Draft {
	t.Helper()
	seen := func() (probes.StatementLoad, bool) {
		for _, l := range desk.Window.Statements() {
			if l.Held >= clients && strings.Contains(l.Text, "slow_one") {
				return l, true
			}
		}
		return probes.StatementLoad{}, false
	}
	desk.Until(t, "the crowd runs its statement", func(*probes.Sample) bool { _, there := seen(); return there })
	load, _ := seen()
	book := New()
	f, why := book.(playbooks.ByHand).ByHand(desk.Window, load)
	if why != "" {
		t.Fatal(why)
	}
	d, err := book.Draft(t.Context(), desk.Server.Ask(), f)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range append([]*playbooks.Draft{d}, d.Others...) {
		if d.Meanwhile {
			within, err := d.Adjust.Draft(t.Context(), desk.Server.Ask(), typed)
			if err != nil {
				t.Fatal(err)
			}
			return within
		}
	}
	t.Fatalf("no hold was drafted, but %s", kindsOf(append([]*playbooks.Draft{d}, d.Others...)))
	return nil
}

func TestHoldEndsInTimeAndKeepsItsRate(t *testing.T) {
	dsn := fewSlots(t)
	c := startCrowd(t, dsn, 20)
	desk := sessiontest.Open(t, dsn)
	began := time.Now()
	o := desk.Carry(t, holdOf(t, desk, 15, "older than 50 ms, keep 13 free, at most 30 a minute, for 4 s"))
	if o.State != playbooks.Applied || o.Err != nil {
		t.Fatalf("outcome %+v", o)
	}
	if took := o.Ended.Sub(o.Started); took < 4*time.Second {
		t.Errorf("it held for %s of 4 s (in all %s)", took, time.Since(began))
	}
	if n := c.canceled.Load(); n != 30 {
		t.Errorf("%d calls were cancelled, want the 30 of a minute: there were always more", n)
	}
	if n := c.spoilt.Load(); n != 0 {
		t.Errorf("%d calls of another statement were cancelled", n)
	}
	facts := map[string]float64{}
	for _, f := range o.Verification.Facts {
		facts[f.Kind] = f.Value
	}
	if facts[factCalls] != 30 {
		t.Errorf("facts %v", facts)
	}
	checkShots(t, desk.Record, 30)
}

// checkShots wants every shot's intent on record before its outcome, and so many calls acted on.
func checkShots(t *testing.T, rec *record.File, want int) {
	t.Helper()
	events, err := rec.Events()
	if err != nil {
		t.Fatal(err)
	}
	intents, acted, open := map[string]bool{}, 0, 0
	for _, e := range events {
		switch {
		case e.Data["run"] == "":
		case e.Data["state"] == playbooks.StateIntent:
			intents[e.ID] = true
			open++
			if e.Data["sessions"] == "" || !strings.Contains(e.Body, "pid ") {
				t.Errorf("the intent does not say of whom: %+v", e)
			}
		default:
			open--
			if !intents[e.Data["intent"]] {
				t.Errorf("an outcome without an intent before it: %+v", e)
			}
			n, _ := strconv.Atoi(e.Data["rows_acted"])
			acted += n
		}
	}
	if open != 0 || acted != want {
		t.Errorf("%d shots have no outcome; %d calls acted on, want %d", open, acted, want)
	}
}

// A person stops it: nothing is cancelled afterwards, and it has held all the same. While it holds there is no other.
func TestHoldIsStoppedAndAlone(t *testing.T) {
	dsn := fewSlots(t)
	c := startCrowd(t, dsn, 18)
	desk, second := sessiontest.Open(t, dsn), sessiontest.Open(t, dsn)
	draft := holdOf(t, desk, 15, "older than 50 ms, keep 13 free, at most 6000 a minute, for 10 min")
	run, err := desk.Prepare(t, draft).Confirm("hold the line")
	if err != nil {
		t.Fatal(err)
	}
	var last playbooks.RunProgress
	for p := range run.Progress() {
		last = p
		if p.Done >= 20 {
			break
		}
	}
	if last.Phase != "holding the line" || !strings.Contains(last.Doing, "slots free now") || last.LeftAll <= 0 || last.LeftAll > 10*time.Minute {
		t.Errorf("progress %+v", last)
	}
	if refused := desk.Prepare(t, draft).Refused(); !strings.Contains(refused, "never two holds at once") {
		t.Errorf("a second hold is prepared: %q", refused)
	}
	if o := second.Carry(t, holdOf(t, second, 1, "older than 50 ms, keep 13 free, at most 6000 a minute, for 10 min")); o.State != playbooks.Failed ||
		!errors.Is(o.Err, errElsewhere) {
		t.Errorf("another pgmedic holds too: %+v", o)
	}
	if err := run.Cancel(t.Context()); err != nil {
		t.Fatal(err)
	}
	o := run.Outcome()
	n := c.canceled.Load()
	if o.State != playbooks.Applied || n < 20 || c.spoilt.Load() != 0 {
		t.Errorf("outcome %s, %d cancelled, %d of another statement: %v", o.State, n, c.spoilt.Load(), o.Err)
	}
	for range 5 { // samples, in which calls grow old
		desk.Until(t, "there is a sample", func(*probes.Sample) bool { return true })
	}
	if after := c.canceled.Load(); after > n+1 { // the client of one may have been told late
		t.Errorf("%d calls were cancelled after it was stopped", after-n)
	}
	if o := second.Carry(t, holdOf(t, second, 1, "older than 50 ms, keep 13 free, at most 1 a minute, for 1 s")); o.State != playbooks.Applied {
		t.Errorf("when it has ended another cannot begin: %+v", o)
	}
}

// A hold of a pgmedic in another database of the server is one too.
func TestHoldElsewhere(t *testing.T) {
	dsn := fewSlots(t)
	startCrowd(t, dsn, 18)
	desk := sessiontest.Open(t, dsn)
	draft := holdOf(t, desk, 15, "older than 50 ms, keep 13 free, at most 1 a minute, for 1 s")
	uri, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	uri.Path = "/template1"
	elsewhere := pgtest.Connect(t, uri.String(), nil)
	pgtest.Execute(t, elsewhere, query("hold_begin"))
	if o := desk.Carry(t, draft); o.State != playbooks.Failed || !errors.Is(o.Err, errElsewhere) {
		t.Errorf("outcome %+v", o)
	}
	pgtest.Execute(t, elsewhere, query("hold_end"))
	if o := desk.Carry(t, draft); o.State != playbooks.Applied {
		t.Errorf("when it has ended: %+v", o)
	}
}

// fullDisk is a record that takes so many events, and no more.
type fullDisk struct {
	*record.File
	left atomic.Int64
}

func (f *fullDisk) AddEvent(e record.Event) (record.Event, error) {
	if f.left.Add(-1) < 0 {
		return e, errors.New("no space left on device")
	}
	return f.File.AddEvent(e)
}

// Nothing is sent once an intent cannot be saved, and it says so.
func TestHoldEndsWithItsRecord(t *testing.T) {
	dsn := fewSlots(t)
	c := startCrowd(t, dsn, 18)
	desk := sessiontest.Open(t, dsn)
	draft := holdOf(t, desk, 15, "older than 50 ms, keep 13 free, at most 6000 a minute, for 10 min")
	rec := &fullDisk{File: desk.Record}
	rec.left.Store(3) // the run's intent, one shot's with its outcome
	prepared, err := playbooks.NewEngine(desk.Server, rec, time.Now).Prepare(t.Context(), draft)
	if err != nil {
		t.Fatal(err)
	}
	run, err := prepared.Confirm(draft.Word)
	if err != nil {
		t.Fatal(err)
	}
	o := run.Outcome()
	if o.State != playbooks.Unfinished || o.Err == nil || !strings.Contains(o.Err.Error(), "no space left on device") {
		t.Errorf("outcome %s: %v", o.State, o.Err)
	}
	acted := 0
	events, err := desk.Record.Events()
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range events {
		n, _ := strconv.Atoi(e.Data["rows_acted"])
		acted += n
	}
	if n := c.canceled.Load(); n == 0 || int(n) > 2*acted+mostAtOnce || acted == 0 {
		t.Errorf("%d cancelled, of which %d are on record", n, acted)
	}
}

// The act session is bound to what was confirmed: when it is lost the hold ends, and what it sent is read back.
func TestHoldEndsWithItsSession(t *testing.T) {
	dsn := fewSlots(t)
	c := startCrowd(t, dsn, 18)
	desk := sessiontest.Open(t, dsn)
	prepared := desk.Prepare(t, holdOf(t, desk, 15, "older than 50 ms, keep 13 free, at most 6000 a minute, for 10 min"))
	run, err := prepared.Confirm("hold the line")
	if err != nil {
		t.Fatal(err)
	}
	for p := range run.Progress() {
		if p.Done > 0 {
			break
		}
	}
	pid := ""
	for _, check := range prepared.Checks {
		if check.Name == "session" {
			_, pid, _ = strings.Cut(check.Saw, "pid ")
		}
	}
	pgtest.Execute(t, pgtest.Connect(t, dsn, nil), fmt.Sprintf("SELECT pg_terminate_backend(%s)", pid))
	o := run.Outcome()
	if o.State != playbooks.Unfinished || o.Err == nil || len(o.Verification.Checks) != 3 || o.Verification.Checks[0].Verdict != playbooks.Caution {
		t.Errorf("outcome %+v", o)
	}
	if c.canceled.Load() == 0 || c.spoilt.Load() != 0 {
		t.Errorf("%d cancelled, %d of another statement", c.canceled.Load(), c.spoilt.Load())
	}
}

// Each of the drafts that act once is carried out: on a server whose sessions have been what they are for a minute, by the sample's clock.
func TestEndedOnce(t *testing.T) {
	dsn := fewSlots(t)
	for range 6 {
		pgtest.Connect(t, plain(dsn), nil)
	}
	for range 4 {
		pgtest.Execute(t, pgtest.Connect(t, plain(dsn), nil), "BEGIN", "SELECT 1")
	}
	for range 10 {
		pgtest.InBackground(t, pgtest.Connect(t, plain(dsn), nil), slow)
	}
	boss := pgtest.Connect(t, dsn, nil)
	pgtest.Execute(t, boss, "BEGIN", "SELECT 1")
	desk := sessiontest.Open(t, dsn)
	desk.Until(t, "all of them are seen", func(s *probes.Sample) bool {
		c := s.Counts()
		return c.Idle >= 6 && c.IdleInTx >= 5 && c.Active >= 10
	})
	f, _ := New().(playbooks.ByHand).ByHand(desk.Window, probes.StatementLoad{})
	later := *f.Seen.Sample
	later.At = later.At.Add(time.Minute)
	later.Ceiling.MaxConnections = 25 // so that room is wanted for ten
	f.Seen = &playbooks.Seen{Sample: &later, Statements: f.Seen.Statements}
	d, err := New().Draft(t.Context(), desk.Server.Ask(), f)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]int{"terminate idle": 6, "terminate idle in transaction": 4, "cancel active": 10}
	for _, d := range append([]*playbooks.Draft{d}, d.Others...) {
		if d.Meanwhile {
			continue
		}
		o := desk.Carry(t, d)
		if n := playbooks.CountRows(o.Verification.Rows, playbooks.RowActed); o.State != playbooks.Applied || n != want[d.Kind] {
			t.Errorf("%s: outcome %s (%v), %d acted, want %d", d.Title, o.State, o.Err, n, want[d.Kind])
		}
		delete(want, d.Kind)
	}
	if len(want) > 0 {
		t.Errorf("not drafted: %v", want)
	}
	if _, err := boss.Exec(t.Context(), "COMMIT"); err != nil {
		t.Errorf("the superuser's session was ended: %v", err)
	}
}
