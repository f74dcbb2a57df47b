package transaction

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/playbooks/session/sessiontest"
	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

func open(t *testing.T, dsn, application string, statements ...string) *pgx.Conn {
	t.Helper()
	conn := pgtest.Connect(t, dsn, map[string]string{"application_name": application})
	pgtest.Execute(t, conn, statements...)
	return conn
}

func pidOf(conn *pgx.Conn) int32 { return int32(conn.PgConn().PID()) }

// sees says that the sample shows these sessions in a transaction.
func sees(conns ...*pgx.Conn) func(*probes.Sample) bool {
	return func(s *probes.Sample) bool {
		return !slices.ContainsFunc(conns, func(c *pgx.Conn) bool {
			return !slices.ContainsFunc(s.Backends, func(b probes.Backend) bool { return b.PID == pidOf(c) && !b.XactStart.IsZero() && b.User != "" })
		})
	}
}

// later is a window with the newest sample as it would be after some time in which nobody did anything: the times that guard the sessions stay the
// server's.
func later(d *sessiontest.Desk, after time.Duration) *probes.Window {
	s := *d.Window.Current()
	s.At = s.At.Add(after)
	w := probes.NewWindow(time.Minute)
	w.Add(&s, probes.Assessment{})
	return w
}

func theFinding(t *testing.T, w *probes.Window) playbooks.Finding {
	t.Helper()
	findings := New().Diagnose(w)
	if len(findings) != 1 {
		t.Fatalf("findings %+v", findings)
	}
	return findings[0]
}

func drafted(t *testing.T, d *sessiontest.Desk, f playbooks.Finding) *playbooks.Draft {
	t.Helper()
	draft, err := New().Draft(t.Context(), d.Server.Ask(), f)
	if err != nil {
		t.Fatal(err)
	}
	return draft
}

// A group of sessions that are idle in a transaction for long is ended, oldest first; a superuser's, one that is not idle for long and an idle one
// stay.
func TestGroup(t *testing.T) {
	dsn := pgtest.Database(t)
	role := sessiontest.Role(t, dsn, "LOGIN")
	setup := open(t, dsn, "setup", "CREATE TABLE public.orders (n int)", "GRANT ALL ON public.orders TO "+role)
	mine := pgtest.As(t, dsn, role, "secret")
	var idle []*pgx.Conn
	for i := range 4 {
		idle = append(idle, open(t, mine, fmt.Sprintf("app %d", i), "BEGIN", "INSERT INTO public.orders VALUES (1)"))
	}
	super, rests := open(t, dsn, "psql", "BEGIN", "SELECT 1"), open(t, mine, "rests", "SELECT 1")
	d := sessiontest.Open(t, dsn)
	d.Until(t, "five are idle in a transaction", sees(append(idle, super)...))
	f := theFinding(t, later(d, 6*time.Minute))
	sessiontest.MustSay(t, f.Title, fmt.Sprintf("5 sessions are idle in transaction, the oldest (pid %d, app 0) with a transaction of 6 min", pidOf(idle[0])))
	if f.Severity != playbooks.Note || f.Explains != 5 {
		t.Errorf("finding %+v", f)
	}
	draft := drafted(t, d, f)
	want := []string{"terminate 4"}
	for _, conn := range idle[:3] {
		want = append(want, fmt.Sprintf("terminate pid %d", pidOf(conn)))
	}
	if got := sessiontest.Kinds(draft); !slices.Equal(got, want) {
		t.Fatalf("drafts %v, want %v", got, want)
	}
	if draft.Word != "terminate 4 in transaction" || draft.Rows[0].Name != fmt.Sprintf("pid %d", pidOf(idle[0])) {
		t.Errorf("word %q, rows %+v", draft.Word, draft.Rows)
	}
	sessiontest.MustSay(t, sessiontest.Said(draft), "left out: 1 of 5: superusers", "4 of the 4 have written", "VACUUM: it keeps the rows that died in the last ")
	pgtest.Execute(t, idle[2], "COMMIT") // it is not what was listed any more
	o := d.Carry(t, draft)
	if o.State != playbooks.Applied || playbooks.CountRows(o.Verification.Rows, playbooks.RowActed) != 3 || o.Verification.Rows[2].State != playbooks.RowChanged {
		t.Fatalf("outcome %+v", o)
	}
	for i, conn := range append(idle, super, rests) {
		lives := conn.Ping(t.Context()) == nil
		if want := i == 2 || i >= 4; lives != want {
			t.Errorf("session %d lives: %v", i, lives)
		}
	}
	if n := pgtest.Value(t, dsn, "SELECT count(*)::text FROM public.orders"); n != "1" {
		t.Errorf("%s rows are there, want that of the session that committed", n)
	}
	_ = setup.Close(context.Background())
}

// A statement that runs for long is cancelled first; an index build that waits for it is told, and makes it a warning.
func TestLongStatementHoldsBuild(t *testing.T) {
	dsn := pgtest.Database(t)
	open(t, dsn, "setup", "CREATE TABLE public.orders (n int)")
	report := open(t, dsn, "report", "BEGIN", "INSERT INTO public.orders VALUES (1)")
	pid := pgtest.InBackground(t, report, "SELECT pg_sleep(600)")
	builder := open(t, dsn, "migrate")
	done := make(chan error, 1)
	go func() {
		_, err := builder.Exec(context.Background(), "CREATE INDEX CONCURRENTLY orders_n ON public.orders (n)")
		done <- err
	}()
	d := sessiontest.Open(t, dsn)
	d.Until(t, "the build waits", func(s *probes.Sample) bool {
		return slices.ContainsFunc(s.Builds, func(b probes.IndexBuild) bool { return b.CurrentLockerPID == pid && b.Relation != "" })
	})
	f := theFinding(t, later(d, 31*time.Minute))
	sessiontest.MustSay(t, f.Title, fmt.Sprintf("1 session runs one statement for 31 min 0 s and more (pid %d, report)", pid), "1 index build waits for them")
	if f.Severity != playbooks.Warning {
		t.Errorf("finding %+v", f)
	}
	draft := drafted(t, d, f)
	if got, want := sessiontest.Kinds(draft), []string{fmt.Sprintf("cancel pid %d", pid), fmt.Sprintf("terminate pid %d", pid)}; !slices.Equal(got, want) {
		t.Fatalf("drafts %v, want %v: the build itself is maintenance", got, want)
	}
	sessiontest.MustSay(t, sessiontest.Said(draft), "fails 1 request that has run for 31 min", "CREATE INDEX CONCURRENTLY of pid", "on public.orders, which is waiting for writers before build", "it has written")
	if o := d.Carry(t, draft); o.State != playbooks.Applied {
		t.Fatalf("outcome %+v", o)
	}
	select {
	case err := <-done:
		if err != nil {
			t.Error("the build failed:", err)
		}
	case <-time.After(30 * time.Second):
		t.Error("the build goes on waiting")
	}
}

// A prepared transaction that nobody ends is drafted for; by hand sooner than it is a finding.
func TestPrepared(t *testing.T) {
	dsn := pgtest.Server(t, map[string]string{"max_prepared_transactions": "2"}).DSN("postgres")
	open(t, dsn, "setup", "CREATE TABLE public.orders (n int)", "BEGIN", "INSERT INTO public.orders VALUES (1)", "PREPARE TRANSACTION 'tpc-1'")
	d := sessiontest.Open(t, dsn)
	d.Until(t, "it is listed", func(s *probes.Sample) bool { return len(s.Prepared) == 1 })
	if findings := New().Diagnose(later(d, 2*time.Minute)); len(findings) != 0 {
		t.Errorf("findings %+v", findings)
	}
	f, why := New().(playbooks.ByHand).ByHand(later(d, 2*time.Minute), probes.StatementLoad{})
	if why != "" {
		t.Fatal(why)
	}
	sessiontest.MustSay(t, f.Title, "1 prepared transaction is open, the oldest (tpc-1) for 2 min")
	draft := drafted(t, d, f)
	if draft.Word != "tpc-1" {
		t.Errorf("draft %+v", draft)
	}
	sessiontest.MustSay(t, sessiontest.Said(draft), "VACUUM: it keeps the rows that died in the last 1 transaction")
	if o := d.Carry(t, draft); o.State != playbooks.Applied {
		t.Fatalf("outcome %+v", o)
	}
	if _, why := New().(playbooks.ByHand).ByHand(later(d, 0), probes.StatementLoad{}); !strings.Contains(why, "no session is idle in a transaction for more than 1 min") {
		t.Errorf("why %q", why)
	}
}

// What holds VACUUM back and is not pgmedic's to end is told with what lets go of it, and why pgmedic does not send that.
func TestSlotHoldsBack(t *testing.T) {
	at := time.Now()
	sample := func(age int64, active bool) *probes.Window {
		w := probes.NewWindow(time.Minute)
		w.Add(&probes.Sample{At: at, Slots: []probes.Slot{{Name: "it's", Kind: "logical", CatalogXminAge: age, Active: active}}}, probes.Assessment{})
		return w
	}
	for _, c := range []struct {
		age  int64
		want playbooks.Severity
	}{{oldHorizon, playbooks.Warning}, {ancientHorizon, playbooks.Critical}} {
		f := theFinding(t, sample(c.age, false))
		if f.Severity != c.want {
			t.Errorf("%d transactions: %+v", c.age, f)
		}
		_, err := New().Draft(t.Context(), nil, f)
		var none *playbooks.NoDraft
		if !errors.As(err, &none) {
			t.Fatal(err)
		}
		sessiontest.MustSay(t, none.Error(), "slot it's holds VACUUM back by ", "SELECT pg_drop_replication_slot('it''s') lets go of it", "nobody uses it now", "set up anew, which is why")
	}
	if findings := New().Diagnose(sample(oldHorizon-1, false)); len(findings) != 0 {
		t.Errorf("findings %+v", findings)
	}
}

// A session that is not open for long, but whose snapshot is old, is drafted for; a replica beside it is told.
func TestOldSnapshot(t *testing.T) {
	dsn := pgtest.Database(t)
	reader := open(t, dsn, "reader", "BEGIN ISOLATION LEVEL REPEATABLE READ", "SELECT 1")
	d := sessiontest.Open(t, dsn)
	d.Until(t, "it is there", sees(reader))
	s := *d.Window.Current()
	s.Backends = slices.Clone(s.Backends)
	for i := range s.Backends {
		if s.Backends[i].PID == pidOf(reader) {
			s.Backends[i].XminAge = 2_500_000
		}
	}
	s.Replicas = []probes.Replica{{PID: 1, Application: "standby", XminAge: 3_000_000}}
	w := probes.NewWindow(time.Minute)
	w.Add(&s, probes.Assessment{})
	f := theFinding(t, w)
	sessiontest.MustSay(t, f.Title, "replica standby (pid 1) holds VACUUM back by 3.0 million transactions")
	if _, err := New().Draft(t.Context(), d.Server.Ask(), f); err == nil || !strings.Contains(err.Error(), "hot_standby_feedback is on there") {
		t.Errorf("error %v", err)
	}
	s.Replicas = nil
	w.Add(&s, probes.Assessment{})
	draft := drafted(t, d, theFinding(t, w))
	if got := sessiontest.Kinds(draft); !slices.Equal(got, []string{fmt.Sprintf("terminate pid %d", pidOf(reader))}) {
		t.Fatalf("drafts %v", got)
	}
	sessiontest.MustSay(t, sessiontest.Said(draft), "VACUUM: it keeps the rows that died in the last 2.5 million transactions")
	if o := d.Carry(t, draft); o.State != playbooks.Applied {
		t.Fatalf("outcome %+v", o)
	}
}

// A group is of 50 at most, the oldest.
func TestCap(t *testing.T) {
	at := time.Now()
	s := &probes.Sample{At: at}
	for i := range 60 {
		began := at.Add(-time.Hour - time.Duration(i)*time.Second)
		s.Backends = append(s.Backends, probes.Backend{PID: int32(100 + i), Type: "client backend", User: "app", State: "idle in transaction", BackendStart: began,
			XactStart: began, QueryStart: began, StateChange: began})
	}
	w := probes.NewWindow(time.Minute)
	w.Add(s, probes.Assessment{})
	draft, err := New().Draft(t.Context(), nil, theFinding(t, w))
	if err != nil {
		t.Fatal(err)
	}
	if draft.Word != "terminate 50 in transaction" || len(draft.Rows) != 50 || draft.Rows[0].Name != "pid 159" {
		t.Errorf("word %q, %d rows, first %+v", draft.Word, len(draft.Rows), draft.Rows[0])
	}
	sessiontest.MustSay(t, sessiontest.Said(draft), "left out: 10 of 60")
}
