package unblock

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
	"github.com/pgmedic/pgmedic/probes/record"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

func TestQueries(t *testing.T) { pgtest.Queries(t, sqlFiles, query) }

const (
	table  = "CREATE TABLE public.orders (id int PRIMARY KEY, n int)"
	rows   = "INSERT INTO public.orders VALUES (1, 1), (2, 2)"
	write  = "UPDATE public.orders SET n = n + 1 WHERE id = 1"
	read   = "SELECT count(*) FROM public.orders"
	change = "ALTER TABLE public.orders ADD added int"

	waitingSQL = "SELECT 1::bigint FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database() HAVING count(*) >= $1"
)

// open opens a session of that application.
func open(t *testing.T, dsn, application string, statements ...string) *pgx.Conn {
	t.Helper()
	conn := pgtest.Connect(t, dsn, map[string]string{"application_name": application, "deadlock_timeout": "600000"}) // ms: a deadlock stays
	pgtest.Execute(t, conn, statements...)
	return conn
}

func pidOf(conn *pgx.Conn) int32 { return int32(conn.PgConn().PID()) }

// behind sends a statement in the background, and waits until it is so many that wait in the database.
func behind(t *testing.T, dsn, sql string, waiting int) int32 {
	t.Helper()
	pid := pgtest.InBackground(t, open(t, dsn, "app"), sql)
	pgtest.Eventually(t, dsn, waitingSQL, waiting)
	return pid
}

// pileUp is a table on which one session, idle in its transaction, is in the way of an ALTER TABLE, and that of readers.
func pileUp(t *testing.T, dsn string, readers int) (root *pgx.Conn, ddl int32) {
	t.Helper()
	open(t, dsn, "setup", table, rows)
	root = open(t, dsn, "psql", "BEGIN", write)
	ddl = behind(t, dsn, change, 1)
	for i := range readers {
		behind(t, dsn, read, 2+i)
	}
	return root, ddl
}

// rootBehind says that the first root has so many behind it.
func rootBehind(n int) func(*probes.Sample) bool {
	return func(s *probes.Sample) bool {
		tree := s.Blocking()
		return len(tree.Roots) > 0 && tree.Roots[0].Behind == n
	}
}

// found is the desk's one finding.
func found(t *testing.T, d *sessiontest.Desk) playbooks.Finding {
	t.Helper()
	findings := New().Diagnose(d.Window)
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

// The pile-up of a session that went idle in its transaction: it is explained, and ending it frees everybody.
func TestIdleRootIsTerminated(t *testing.T) {
	dsn := pgtest.Database(t)
	root, ddl := pileUp(t, dsn, 8)
	d := sessiontest.Open(t, dsn)
	d.Until(t, "nine wait", rootBehind(9))
	f := found(t, d)
	sessiontest.MustSay(t, f.Title, fmt.Sprintf("9 sessions wait behind pid %d (idle in transaction for ", pidOf(root)), fmt.Sprintf(", psql), 8 of them behind pid %d, which waits for AccessExclusiveLock on public.orders", ddl))
	if f.Severity != playbooks.Warning || f.Explains != 9 || f.Action == "" {
		t.Errorf("finding %+v", f)
	}
	draft := drafted(t, d, f)
	if got, want := sessiontest.Kinds(draft), []string{fmt.Sprintf("terminate pid %d", pidOf(root)), fmt.Sprintf("cancel pid %d", ddl)}; !slices.Equal(got, want) {
		t.Fatalf("drafts %v, want %v", got, want)
	}
	sessiontest.MustSay(t, sessiontest.Said(draft), "frees 9 of 9", "holds: RowExclusiveLock on public.orders", "1 directly, 8 through others; the one that waits longest does for",
		fmt.Sprintf("the waiting ALTER TABLE on public.orders (pid %d) is in the way of 8", ddl), "gets its lock next", "what its transaction did since", "a cancel would be ignored")
	sessiontest.MustSay(t, sessiontest.Said(draft.Others[0]), "frees 8 of 9 at once; rolled back is its own transaction alone, which began with the statement or a moment before", fmt.Sprintf("pid %d stays in the way", pidOf(root)), "cancelling fails 1 request")
	if draft.Word != fmt.Sprint(pidOf(root)) || draft.NoWayBack == "" || len(draft.Rows) != 1 {
		t.Errorf("draft %+v", draft)
	}
	o := d.Carry(t, draft)
	if o.State != playbooks.Applied || !o.Verification.Helped || o.Next != "" {
		t.Fatalf("outcome %+v", o)
	}
	sessiontest.MustSay(t, o.Verification.Checks[1].Saw, "9 of the 9 that it should free wait no more", "0 sessions wait")
	if root.Ping(t.Context()) == nil {
		t.Error("the root lives on")
	}
	if n := pgtest.Value(t, dsn, "SELECT count(*)::text FROM information_schema.columns WHERE table_name = 'orders'"); n != "3" {
		t.Errorf("the ALTER TABLE was not done: %s columns", n)
	}
	marks, facts := 0, map[string]float64{}
	events, err := d.Record.Events()
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range events {
		if e.Data["mark"] == record.MarkVerified {
			marks++
		}
	}
	stored, err := d.Record.Facts()
	if err != nil {
		t.Fatal(err)
	}
	for _, fact := range stored {
		facts[fact.Kind] = fact.Value
	}
	if marks != 1 || facts[factBefore] != 9 || facts[factAfter] != 0 {
		t.Errorf("%d marks of verification, facts %v", marks, facts)
	}
}

// Cancelling the DDL statement in between frees those behind it, and the root stays.
func TestWaitingDDLIsCancelled(t *testing.T) {
	dsn := pgtest.Database(t)
	root, _ := pileUp(t, dsn, 6)
	behind(t, dsn, write, 8) // waits for the DDL in the queue, and for the root's row after it
	d := sessiontest.Open(t, dsn)
	d.Until(t, "eight wait", rootBehind(8))
	draft := drafted(t, d, found(t, d)).Others[0]
	o := d.Carry(t, draft)
	if o.State != playbooks.Applied || o.Verification.Rows[0].State != playbooks.RowActed {
		t.Fatalf("outcome %+v", o)
	}
	sessiontest.MustSay(t, o.Verification.Checks[1].Saw, "6 of the 7 that it should free wait no more", fmt.Sprintf("next in the way is pid %d (UPDATE)", pidOf(root)))
	if o.Verification.Helped {
		t.Error("one of seven still waits, and it is called verified")
	}
	if err := root.Ping(t.Context()); err != nil {
		t.Error("the root was ended too:", err)
	}
	if n := pgtest.Value(t, dsn, "SELECT count(*)::text FROM information_schema.columns WHERE table_name = 'orders'"); n != "2" {
		t.Errorf("the ALTER TABLE was done: %s columns", n)
	}
}

// A root that runs a statement is cancelled first.
func TestActiveRootIsCancelled(t *testing.T) {
	dsn := pgtest.Database(t)
	open(t, dsn, "setup", table, rows)
	root := open(t, dsn, "batch", "BEGIN", write)
	pid := pgtest.InBackground(t, root, "SELECT pg_sleep(600)")
	for i := range 5 {
		behind(t, dsn, write, 1+i)
	}
	d := sessiontest.Open(t, dsn)
	d.Until(t, "five wait, and what the root runs", func(s *probes.Sample) bool {
		return rootBehind(5)(s) && d.Window.Text(s.Blocking().Roots[0].Backend.QueryID) != ""
	})
	f := found(t, d)
	draft := drafted(t, d, f)
	if got, want := sessiontest.Kinds(draft), []string{fmt.Sprintf("cancel pid %d", pid), fmt.Sprintf("terminate pid %d", pid)}; !slices.Equal(got, want) {
		t.Fatalf("drafts %v, want %v: who waits for the place in the row's queue goes on by nobody else", got, want)
	}
	sessiontest.MustSay(t, f.Title, "(active for ", ", batch)")
	sessiontest.MustSay(t, sessiontest.Said(draft), "frees 5 of 5", "pg_sleep")
	if o := d.Carry(t, draft); o.State != playbooks.Applied || !o.Verification.Helped {
		t.Fatalf("outcome %+v", o)
	}
	if got := pgtest.Value(t, dsn, "SELECT state FROM pg_stat_activity WHERE pid = $1", pid); got != "idle in transaction (aborted)" {
		t.Errorf("the root is %s", got)
	}
}

// Three in a row: the first is the root, whoever is behind whom.
func TestChain(t *testing.T) {
	dsn := pgtest.Database(t)
	open(t, dsn, "setup", table, rows, "CREATE TABLE public.other (id int PRIMARY KEY)", "INSERT INTO public.other VALUES (1)")
	root := open(t, dsn, "first", "BEGIN", write)
	middle := open(t, dsn, "second", "BEGIN", "UPDATE public.other SET id = 1")
	pgtest.InBackground(t, middle, write)
	for i := range 4 {
		behind(t, dsn, "UPDATE public.other SET id = 1", 2+i)
	}
	d := sessiontest.Open(t, dsn)
	d.Until(t, "five wait, and what the second runs", func(s *probes.Sample) bool {
		i := slices.IndexFunc(s.Backends, func(b probes.Backend) bool { return b.PID == pidOf(middle) })
		return rootBehind(5)(s) && i >= 0 && d.Window.Text(s.Backends[i].QueryID) != ""
	})
	f := found(t, d)
	sessiontest.MustSay(t, f.Title, fmt.Sprintf("5 sessions wait behind pid %d (idle in transaction", pidOf(root)), fmt.Sprintf("4 of them behind the waiting UPDATE on public.orders (pid %d)", pidOf(middle)))
	draft := drafted(t, d, f)
	if got := sessiontest.Kinds(draft); !slices.Equal(got, []string{fmt.Sprintf("terminate pid %d", pidOf(root)), fmt.Sprintf("cancel pid %d", pidOf(middle))}) {
		t.Fatalf("drafts %v", got)
	}
	sessiontest.MustSay(t, sessiontest.Said(draft.Others[0]), "rolled back is its own transaction alone")
	// The root goes, and the second then holds the others up, idle in its transaction: that is told.
	o := d.Carry(t, draft)
	if o.State != playbooks.Applied || o.Verification.Helped {
		t.Fatalf("outcome %+v", o)
	}
	sessiontest.MustSay(t, o.Verification.Checks[1].Saw, "1 of the 5 that it should free wait no more", fmt.Sprintf("next in the way is pid %d (UPDATE)", pidOf(middle)))
	sessiontest.MustSay(t, o.Next, "draft anew")
}

// A root that ended or went on, or whose pid is another session's, is not signalled.
func TestRootThatChanged(t *testing.T) {
	dsn := pgtest.Database(t)
	root, _ := pileUp(t, dsn, 5)
	d := sessiontest.Open(t, dsn)
	d.Until(t, "six wait", rootBehind(6))
	f := found(t, d)
	reused := f
	reused.Seen = &playbooks.Seen{Sample: asBefore(f.Seen.Sample, pidOf(root))}
	if p := d.Prepare(t, drafted(t, d, reused)); !strings.Contains(p.Refused(), "none of the sessions is as listed") {
		t.Errorf("a pid that is another session's now is not refused: %+v", p.Checks)
	}
	p := d.Prepare(t, drafted(t, d, f))
	pgtest.Execute(t, root, "COMMIT")
	if _, err := p.Confirm(p.Draft.Word); err == nil {
		t.Error("a root that committed meanwhile is signalled")
	}
	if err := root.Ping(t.Context()); err != nil {
		t.Error("the root was ended:", err)
	}
}

// asBefore is the sample with that session as if it had begun a second before: the pid was another's then.
func asBefore(s *probes.Sample, pid int32) *probes.Sample {
	stale := *s
	stale.Backends = slices.Clone(s.Backends)
	for i := range stale.Backends {
		if stale.Backends[i].PID == pid {
			stale.Backends[i].BackendStart = stale.Backends[i].BackendStart.Add(-time.Second)
		}
	}
	return &stale
}

// Who waits for each other is left to the server.
func TestDeadlock(t *testing.T) {
	dsn := pgtest.Database(t)
	open(t, dsn, "setup", table, rows)
	one, two := open(t, dsn, "one", "BEGIN", write), open(t, dsn, "two", "BEGIN", "UPDATE public.orders SET n = 5 WHERE id = 2")
	pgtest.InBackground(t, one, "UPDATE public.orders SET n = 5 WHERE id = 2")
	pgtest.InBackground(t, two, write)
	d := sessiontest.Open(t, dsn)
	d.Until(t, "there is a deadlock", func(s *probes.Sample) bool {
		roots := s.Blocking().Roots
		return len(roots) == 1 && roots[0].Cycle && s.Settings != nil
	})
	f, why := New().(playbooks.ByHand).ByHand(d.Window, probes.StatementLoad{})
	if why != "" {
		t.Fatal(why)
	}
	sessiontest.MustSay(t, f.Title, "a deadlock")
	_, err := New().Draft(t.Context(), d.Server.Ask(), f)
	var none *playbooks.NoDraft
	if !errors.As(err, &none) || !strings.Contains(none.Error(), "the server itself cancels one of them deadlock_timeout (1s)") {
		t.Errorf("error %v", err)
	}
}

// Who is not allowed to see what the root does is told which right is missing; the statement in between of its own role can be cancelled.
func TestHiddenRoot(t *testing.T) {
	dsn := pgtest.Database(t)
	role := sessiontest.Role(t, dsn, "LOGIN")
	open(t, dsn, "setup", table, rows, "GRANT ALL ON public.orders TO "+role)
	root := open(t, dsn, "psql", "BEGIN", write)
	mine := pgtest.As(t, dsn, role, "secret")
	for i := range 5 {
		pgtest.InBackground(t, pgtest.Connect(t, mine, nil), write)
		pgtest.Eventually(t, dsn, waitingSQL, 1+i)
	}
	d := sessiontest.Open(t, mine)
	d.Until(t, "five wait", rootBehind(5))
	_, err := New().Draft(t.Context(), d.Server.Ask(), found(t, d))
	var none *playbooks.NoDraft
	if !errors.As(err, &none) || !strings.Contains(none.Error(), "pg_read_all_stats") || !strings.Contains(none.Error(), fmt.Sprint(pidOf(root))) {
		t.Errorf("error %v", err)
	}
}

// Where the waits of other roles are hidden, by hand it is said which right shows them.
func TestHiddenWaiters(t *testing.T) {
	dsn := pgtest.Database(t)
	role := sessiontest.Role(t, dsn, "LOGIN")
	pileUp(t, dsn, 1)
	d := sessiontest.Open(t, pgtest.As(t, dsn, role, "secret"))
	d.Until(t, "the waits are hidden", func(s *probes.Sample) bool {
		return slices.ContainsFunc(s.Failures, func(f probes.Failure) bool { return f.Probe == "locks" })
	})
	if _, why := New().(playbooks.ByHand).ByHand(d.Window, probes.StatementLoad{}); !strings.Contains(why, "pg_read_all_stats") {
		t.Errorf("why %q", why)
	}
}

// A root of pgmedic's own is left alone: what waits for it can be cancelled.
func TestBarredRoot(t *testing.T) {
	dsn := pgtest.Database(t)
	open(t, dsn, "setup", table, rows)
	root := open(t, dsn, probes.ApplicationName, "BEGIN", write)
	ddl := behind(t, dsn, change, 1)
	for i := range 5 {
		behind(t, dsn, read, 2+i)
	}
	d := sessiontest.Open(t, dsn)
	d.Until(t, "six wait", rootBehind(6))
	draft := drafted(t, d, found(t, d))
	if got := sessiontest.Kinds(draft); !slices.Equal(got, []string{fmt.Sprintf("cancel pid %d", ddl)}) {
		t.Fatalf("drafts %v", got)
	}
	sessiontest.MustSay(t, sessiontest.Said(draft), fmt.Sprintf("pid %d stays in the way: pid %d is left alone: it is pgmedic's own session", pidOf(root), pidOf(root)))
}

// Nobody waits: there is nothing to find, and by hand it is said why.
func TestNobodyWaits(t *testing.T) {
	d := sessiontest.Open(t, pgtest.Database(t))
	d.Until(t, "there is a sample", func(*probes.Sample) bool { return true })
	if findings := New().Diagnose(d.Window); len(findings) != 0 {
		t.Errorf("findings %+v", findings)
	}
	if _, why := New().(playbooks.ByHand).ByHand(d.Window, probes.StatementLoad{}); why != "no session waits for a lock" {
		t.Errorf("why %q", why)
	}
}

// autovacuumOf waits until an autovacuum worker is at the table big. What is changed there is counted by messages that a busy server of 14 may lose,
// so that it goes on being changed.
func autovacuumOf(t *testing.T, conn *pgx.Conn) (pid int32) {
	t.Helper()
	for deadline := time.Now().Add(3 * time.Minute); time.Now().Before(deadline); {
		pgtest.Execute(t, conn, "UPDATE public.big SET id = id WHERE id = 1")
		err := conn.QueryRow(t.Context(), "SELECT p.pid FROM pg_sleep(0.2), pg_stat_progress_vacuum AS p WHERE p.relid = 'public.big'::regclass").Scan(&pid)
		if err == nil {
			return pid
		}
		if !errors.Is(err, pgx.ErrNoRows) {
			t.Fatal(err)
		}
	}
	t.Fatal("no autovacuum worker came")
	return 0
}

// An autovacuum worker is left alone, and it is said why.
func TestAutovacuumWorker(t *testing.T) {
	server := pgtest.Server(t, map[string]string{"autovacuum_naptime": "1s"})
	dsn := server.DSN("postgres")
	setup := open(t, dsn, "setup", "CREATE TABLE public.big (id int, filler text) WITH (autovacuum_vacuum_threshold = 1, autovacuum_vacuum_scale_factor = 0, "+
		"autovacuum_vacuum_cost_delay = 100, autovacuum_vacuum_cost_limit = 1)",
		"INSERT INTO public.big SELECT g, repeat('x', 900) FROM generate_series(1, 20000) AS g", "DELETE FROM public.big WHERE id % 2 = 0")
	worker := autovacuumOf(t, setup)
	ddl := pgtest.InBackground(t, open(t, dsn, "app"), "ALTER TABLE public.big ADD added int")
	pgtest.Eventually(t, dsn, "SELECT 1::bigint FROM pg_stat_activity WHERE pid = $1 AND wait_event_type = 'Lock'", ddl)
	_ = setup.Close(context.Background())
	d := sessiontest.Open(t, dsn)
	d.Until(t, "it waits for the worker", func(s *probes.Sample) bool {
		roots := s.Blocking().Roots
		return len(roots) == 1 && roots[0].PID == worker && roots[0].Backend != nil
	})
	f, why := New().(playbooks.ByHand).ByHand(d.Window, probes.StatementLoad{})
	if why != "" {
		t.Fatal(why)
	}
	_, err := New().Draft(t.Context(), d.Server.Ask(), f)
	var none *playbooks.NoDraft
	if !errors.As(err, &none) || !strings.Contains(none.Error(), "it is an autovacuum worker: it gives way by itself") {
		t.Errorf("error %v", err)
	}
}

// A prepared transaction in the way is told with its identifier, owner and age, and rolled back.
func TestPreparedRoot(t *testing.T) {
	dsn := pgtest.Server(t, map[string]string{"max_prepared_transactions": "2"}).DSN("postgres")
	open(t, dsn, "setup", table, rows, "BEGIN", write, "PREPARE TRANSACTION 'tpc''1'")
	for i := range 5 {
		behind(t, dsn, write, 1+i)
	}
	d := sessiontest.Open(t, dsn)
	d.Until(t, "five wait", func(s *probes.Sample) bool { return rootBehind(5)(s) && s.Blocking().Roots[0].Prepared != nil })
	f := found(t, d)
	sessiontest.MustSay(t, f.Title, "5 sessions wait behind prepared transaction tpc'1 (of postgres, prepared ")
	draft := drafted(t, d, f)
	if len(draft.Others) != 0 || draft.Word != "tpc'1" || !slices.Equal(draft.SQL, []string{"ROLLBACK /* pgmedic:rollback_prepared */ PREPARED 'tpc''1'"}) {
		t.Fatalf("draft %+v", draft)
	}
	sessiontest.MustSay(t, sessiontest.Said(draft), "holds: RowExclusiveLock on public.orders", "frees 5 of 5", "outlives a restart", "COMMIT PREPARED")
	o := d.Carry(t, draft)
	if o.State != playbooks.Applied || !o.Verification.Helped {
		t.Fatalf("outcome %+v", o)
	}
	sessiontest.MustSay(t, o.Verification.Checks[1].Saw, "5 of the 5 that it should free wait no more")
}

// Who goes on where somebody is taken out, and who does not.
func TestFreed(t *testing.T) {
	wait := func(pid int32, kind string, by ...int32) probes.LockWait {
		return probes.LockWait{PID: pid, Kind: kind, BlockedBy: by}
	}
	for _, c := range []struct {
		name  string
		waits []probes.LockWait
		out   int32
		want  []int32
	}{
		{"the root of a queue for a row", []probes.LockWait{wait(2, "transactionid", 1), wait(3, "tuple", 2), wait(4, "tuple", 2)}, 1, []int32{2, 3, 4}},
		{"the first of a queue for a row", []probes.LockWait{wait(2, "transactionid", 1), wait(3, "tuple", 2), wait(4, "tuple", 2)}, 2, nil},
		{"a DDL statement in between", []probes.LockWait{wait(2, "relation", 1), wait(3, "relation", 2), wait(4, "relation", 2)}, 2, []int32{3, 4}},
		{"one of two in the way", []probes.LockWait{wait(2, "relation", 1, 9), wait(3, "relation", 2)}, 1, nil},
		{"one who wrote and waits", []probes.LockWait{wait(2, "transactionid", 1), wait(3, "transactionid", 2), wait(4, "tuple", 3)}, 2, []int32{3, 4}},
		{"one behind two, of whom the other goes on too", []probes.LockWait{wait(2, "relation", 1), wait(3, "relation", 1, 2)}, 1, []int32{2, 3}},
		{"a prepared transaction is in the way as well", []probes.LockWait{wait(2, "transactionid", 1, 0)}, 1, nil},
	} {
		q := queueOf(&probes.Sample{Waits: c.waits})
		if got := q.freed(party{pid: c.out}); !slices.Equal(got, c.want) {
			t.Errorf("%s: without %d go on %v, want %v", c.name, c.out, got, c.want)
		}
	}
}

// 900 wait for one row, as in a storm: finding out who goes on takes milliseconds.
func BenchmarkDiagnose(b *testing.B) {
	s := &probes.Sample{}
	for pid := int32(1); pid <= 900; pid++ {
		s.Backends = append(s.Backends, probes.Backend{PID: pid, Type: "client backend", State: "active", BackendStart: time.Unix(1, 0)})
		by := []int32{1}
		if pid > 2 {
			by = []int32{2}
		}
		if pid > 1 {
			s.Waits = append(s.Waits, probes.LockWait{PID: pid, Kind: "tuple", BlockedBy: by})
		}
	}
	w := probes.NewWindow(time.Minute)
	w.Add(s, probes.Assessment{})
	for b.Loop() {
		if len(New().Diagnose(w)) != 1 {
			b.Fatal("no finding")
		}
	}
}

// slow makes an index build last.
const slow = "CREATE FUNCTION public.slow(n int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS 'BEGIN PERFORM pg_catalog.pg_sleep(600); RETURN n; END'"

// A root that builds an index may be cancelled, alone, and it is said what that leaves.
func TestBuildingRoot(t *testing.T) {
	dsn := pgtest.Database(t)
	open(t, dsn, "setup", table, rows, slow)
	build := pgtest.InBackground(t, open(t, dsn, "migrate"), "CREATE INDEX ON public.orders (public.slow(n))")
	pgtest.Eventually(t, dsn, "SELECT 1::bigint FROM pg_locks WHERE pid = $1 AND mode = 'ShareLock' AND granted", build)
	for i := range 5 {
		behind(t, dsn, write, 1+i)
	}
	d := sessiontest.Open(t, dsn)
	d.Until(t, "five wait for a build", func(s *probes.Sample) bool {
		return rootBehind(5)(s) && slices.ContainsFunc(s.Builds, func(b probes.IndexBuild) bool { return b.PID == build })
	})
	draft := drafted(t, d, found(t, d))
	if got, want := sessiontest.Kinds(draft), []string{fmt.Sprintf("cancel pid %d", build), fmt.Sprintf("terminate pid %d", build)}; !slices.Equal(got, want) {
		t.Fatalf("drafts %v, want %v", got, want)
	}
	sessiontest.MustSay(t, sessiontest.Said(draft), "it builds an index: ended, that is undone", "holds: ShareLock on public.orders")
	if o := d.Carry(t, draft); o.State != playbooks.Applied || !o.Verification.Helped {
		t.Fatalf("outcome %+v", o)
	}
}

// In a storm of deadlock checks the locks are not read, and that is said.
func TestHeldInAStorm(t *testing.T) {
	s := &probes.Sample{}
	for range contended {
		s.Backends = append(s.Backends, probes.Backend{WaitType: "LWLock", WaitEvent: "LockManager"})
	}
	c := scene{seen: &playbooks.Seen{Sample: s}, root: &probes.Blocked{PID: 1}}
	if got := c.held(t.Context()); got != "could not be read: 10 sessions wait for the lock table itself" {
		t.Errorf("held %q", got)
	}
}
