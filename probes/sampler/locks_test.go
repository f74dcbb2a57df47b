package sampler

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/pgerr"
	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
)

// lookAt opens a sampler over a connection of its own.
func lookAt(t testing.TB, dsn string) *Sampler {
	t.Helper()
	conn := pgtest.Connect(t, dsn, map[string]string{"application_name": probes.ApplicationName})
	var server probes.Server
	const identity = "SELECT current_database()::text, current_user::text, current_setting('server_version_num')::int, pg_is_in_recovery()"
	err := conn.QueryRow(t.Context(), identity).Scan(&server.Database, &server.User, &server.Version, &server.InRecovery)
	if err != nil {
		t.Fatal(err)
	}
	return New(conn, server)
}

// readOne takes what one probe reads, with the activity and the names, whatever its pace.
func readOne(t testing.TB, s *Sampler, read func(context.Context, *probes.Sample) error) (*probes.Sample, error) {
	t.Helper()
	sample := &probes.Sample{Server: s.server}
	var err error
	if sample.Backends, err = readActivity(t.Context(), s.conn, s.server.Version, nil); err != nil {
		t.Fatal(err)
	}
	readErr := read(t.Context(), sample)
	if err := s.names.read(t.Context(), sample); err != nil && err != errIdle {
		t.Fatal(err)
	}
	s.names.fill(sample)
	return sample, readErr
}

func pidOf(conn *pgx.Conn) int32 { return int32(conn.PgConn().PID()) }

// waitUntilWaiting waits until so many sessions of the database wait for a lock.
func waitUntilWaiting(t testing.TB, dsn string, sessions int) {
	t.Helper()
	pgtest.Eventually(t, dsn, "SELECT 1::bigint FROM pg_locks AS l JOIN pg_stat_activity AS a ON a.pid = l.pid "+
		"WHERE NOT l.granted AND a.wait_event_type = 'Lock' AND a.datname = current_database() HAVING count(*) = $1", sessions)
}

// waits returns the sample's waits by session.
func waits(s *probes.Sample) map[int32]probes.LockWait {
	found := map[int32]probes.LockWait{}
	for _, w := range s.Waits {
		found[w.PID] = w
	}
	return found
}

// TestLockConflictsAreTheServers tries each mode against each.
func TestLockConflictsAreTheServers(t *testing.T) {
	dsn := pgtest.Database(t)
	holder, other := pgtest.Connect(t, dsn, nil), pgtest.Connect(t, dsn, nil)
	pgtest.Execute(t, holder, "CREATE TABLE held ()")
	modes := map[string]string{
		accessShare: "ACCESS SHARE", rowShare: "ROW SHARE", rowExclusive: "ROW EXCLUSIVE", shareUpdate: "SHARE UPDATE EXCLUSIVE",
		share: "SHARE", shareRowExclusive: "SHARE ROW EXCLUSIVE", exclusive: "EXCLUSIVE", accessExclusive: "ACCESS EXCLUSIVE",
	}
	for held, heldSQL := range modes {
		pgtest.Execute(t, holder, "BEGIN", "LOCK TABLE held IN "+heldSQL+" MODE")
		for wanted, wantedSQL := range modes {
			pgtest.Execute(t, other, "BEGIN")
			_, err := other.Exec(t.Context(), "LOCK TABLE held IN "+wantedSQL+" MODE NOWAIT")
			if refused := pgerr.State(err) == "55P03"; refused != inTheWay(held, wanted) || err != nil && !refused {
				t.Errorf("%s held, %s wanted: %v, want a conflict: %v", held, wanted, err, inTheWay(held, wanted))
			}
			pgtest.Execute(t, other, "ROLLBACK")
		}
		pgtest.Execute(t, holder, "ROLLBACK")
	}
	if len(lockConflicts) != len(modes) {
		t.Errorf("%d modes known, %d tried", len(lockConflicts), len(modes))
	}
}

// TestWaitsAreTheServers makes waits of every usual kind at once, and compares who is in the way with what pg_blocking_pids() says.
func TestWaitsAreTheServers(t *testing.T) {
	dsn := pgtest.Database(t)
	setup := pgtest.Connect(t, dsn, nil)
	pgtest.Execute(t, setup, "CREATE TABLE orders (id int PRIMARY KEY, n int)", "INSERT INTO orders VALUES (1, 1), (2, 2)", "CREATE TABLE busy ()",
		"CREATE TABLE \"left\" ()", "CREATE TABLE \"right\" ()", "CREATE TABLE written (n int)")
	open := func(statements ...string) *pgx.Conn {
		conn := pgtest.Connect(t, dsn, map[string]string{"deadlock_timeout": "600000"}) // ms: the deadlock stays
		pgtest.Execute(t, conn, statements...)
		return conn
	}
	waiters := 0
	waitsWith := func(conn *pgx.Conn, sql string) int32 {
		pid := pgtest.InBackground(t, conn, sql)
		waiters++
		waitUntilWaiting(t, dsn, waiters) // so that the queues have this order
		return pid
	}
	const update = "UPDATE orders SET n = n + 1 WHERE id = 1"
	row, reader := open("BEGIN", update), open("BEGIN", "SELECT FROM busy")
	first := waitsWith(open(), update)
	second, third := waitsWith(open(), update), waitsWith(open(), update)
	ddl := waitsWith(open(), "ALTER TABLE busy ADD n int")
	queued := waitsWith(open(), "SELECT FROM busy")
	key := open("SELECT pg_advisory_lock(1)")
	advisory := waitsWith(open(), "SELECT pg_advisory_lock_shared(1)")
	writer := open("BEGIN", "INSERT INTO written VALUES (1)")
	build := waitsWith(open(), "CREATE INDEX CONCURRENTLY ON written (n)")
	one, two := open("BEGIN", "LOCK TABLE \"left\""), open("BEGIN", "LOCK TABLE \"right\"")
	waitsWith(one, "LOCK TABLE \"right\"")
	waitsWith(two, "LOCK TABLE \"left\"")

	s := lookAt(t, dsn)
	sample, err := readOne(t, s, s.readLocks)
	if err != nil || len(sample.Failures) > 0 {
		t.Fatalf("%v, %v", err, sample.Failures)
	}
	got := waits(sample)
	if len(sample.Waits) != waiters || len(got) != waiters {
		t.Errorf("%d waits of %d sessions, want %d", len(sample.Waits), len(got), waiters)
	}
	for pid, w := range got {
		var servers []int32
		if err := setup.QueryRow(t.Context(), "SELECT pg_blocking_pids($1)", pid).Scan(&servers); err != nil {
			t.Fatal(err)
		}
		for _, blocker := range w.BlockedBy {
			if !slices.Contains(servers, blocker) {
				t.Errorf("%+v: the server says %v", w, servers)
			}
		}
	}
	for _, want := range []struct {
		waiter   int32
		by       int32
		kind     string
		mode     string
		heldMode string
		relation string
	}{
		{first, pidOf(row), "transactionid", share, exclusive, "public.orders"},
		{second, first, "tuple", exclusive, exclusive, "public.orders"},
		{third, first, "tuple", exclusive, exclusive, "public.orders"},
		{ddl, pidOf(reader), "relation", accessExclusive, accessShare, "public.busy"},
		{queued, ddl, "relation", accessShare, accessExclusive, "public.busy"},
		{advisory, pidOf(key), "advisory", share, exclusive, ""},
		{build, pidOf(writer), "virtualxid", share, exclusive, ""},
		{pidOf(one), pidOf(two), "relation", accessExclusive, accessExclusive, `public."right"`},
		{pidOf(two), pidOf(one), "relation", accessExclusive, accessExclusive, `public."left"`},
	} {
		w := got[want.waiter]
		if !slices.Equal(w.BlockedBy, []int32{want.by}) ||
			w.Kind != want.kind || w.Mode != want.mode || w.HeldMode != want.heldMode || w.Relation != want.relation {
			t.Errorf("%+v, want %+v", w, want)
		}
		if s.server.Version >= 140000 == w.Since.IsZero() {
			t.Errorf("since %s", w.Since)
		}
	}
	checkTree(t, sample, row, first, queued)
}

// checkTree checks the tree of TestWaitsAreTheServers.
func checkTree(t *testing.T, sample *probes.Sample, row *pgx.Conn, first, queued int32) {
	t.Helper()
	tree := sample.Blocking()
	if len(tree.Roots) != 5 || len(tree.Unknown) != 0 || tree.Waiting != 9 {
		t.Fatalf("%d roots, %d unknown, %d wait", len(tree.Roots), len(tree.Unknown), tree.Waiting)
	}
	root := tree.Roots[0]
	if root.PID != pidOf(row) || root.Behind != 3 || root.Backend.State != "idle in transaction" || root.Since.IsZero() ||
		root.Waiters[0].PID != first || len(root.Waiters[0].Waiters) != 2 {
		t.Errorf("first root %+v", root)
	}
	cycles := 0
	for _, root := range tree.Roots {
		if root.Cycle {
			cycles++
		}
		for _, w := range root.Waiters {
			for _, last := range w.Waiters {
				if last.PID == queued && !last.StatementUnknown() {
					t.Error("the statement of a session that is still parsing it is known")
				}
			}
		}
	}
	if cycles != 1 {
		t.Errorf("%d roots stand in a cycle, want the deadlock", cycles)
	}
}

func TestLocksAreNotReadWhereNobodyWaits(t *testing.T) {
	dsn := pgtest.Database(t)
	s := lookAt(t, dsn)
	sample, err := readOne(t, s, s.readLocks)
	if err != errIdle || sample.Waits != nil {
		t.Errorf("%v, %v", sample.Waits, err)
	}
	if n := pgtest.Value(t, dsn, "SELECT count(*)::text FROM pg_stat_statements AS s JOIN pg_database AS d ON d.oid = s.dbid "+
		"WHERE d.datname = current_database() AND query LIKE '%pgmedic:locks%' AND query NOT LIKE '%pg_stat_statements%'"); n != "0" {
		t.Errorf("sent %s times", n)
	}
}

// A storm of deadlock checks holds the lock table: nothing is sent then, and the sample says so.
func TestLocksAreNotReadInAStormOfDeadlockChecks(t *testing.T) {
	s := &Sampler{}
	sample := &probes.Sample{Backends: []probes.Backend{{PID: 1, WaitType: "Lock", WaitEvent: "tuple"}}}
	for pid := range int32(contended) {
		sample.Backends = append(sample.Backends, probes.Backend{PID: pid + 2, WaitType: "LWLock", WaitEvent: "LockManager"})
	}
	err := s.readLocks(t.Context(), sample)
	if err != errIdle || len(sample.Failures) != 1 || !strings.Contains(sample.Failures[0].Reason, "10 sessions") {
		t.Errorf("%v, %+v", err, sample.Failures)
	}
	if tree := sample.Blocking(); len(tree.Unknown) != 1 || tree.Contending != contended {
		t.Errorf("%+v", tree)
	}
}

// Workers wait for their leader and hold its locks; none of them is in the leader's way.
func TestParallelWorkersCountAsTheirLeader(t *testing.T) {
	tag := lockTag{kind: "relation", database: 1, relation: 2}
	locks := []lockRow{
		{lockTag: tag, pid: 10, mode: accessShare, granted: true}, {lockTag: tag, pid: 11, mode: accessShare, granted: true},
		{lockTag: tag, pid: 21, mode: accessExclusive}, {lockTag: tag, pid: 20, mode: accessExclusive},
		{lockTag: tag, pid: 20, mode: accessShare, granted: true},
	}
	backends := []probes.Backend{{PID: 10}, {PID: 11, LeaderPID: 10}, {PID: 20}, {PID: 21, LeaderPID: 20}}
	found := findWaits(locks, backends)
	if len(found) != 1 || found[0].PID != 20 || !slices.Equal(found[0].BlockedBy, []int32{10}) {
		t.Errorf("%+v", found)
	}
}

func TestBlockersAreBounded(t *testing.T) {
	tag := lockTag{kind: "relation", relation: 2}
	locks := []lockRow{{lockTag: tag, pid: 1, mode: accessExclusive}}
	var backends []probes.Backend
	for i := range int32(3 * probes.BlockersKept) {
		for _, mode := range []string{accessShare, rowExclusive} {
			locks = append(locks, lockRow{lockTag: tag, pid: 100 + i, mode: mode, granted: true})
		}
		backends = append(backends, probes.Backend{PID: 100 + i, XactStart: noon.Add(-time.Duration(i) * time.Second)})
	}
	w := findWaits(locks, backends)[0]
	if len(w.BlockedBy) != probes.BlockersKept || w.BlockedBy[0] != 100+3*probes.BlockersKept-1 {
		t.Errorf("%d blockers, first %d", len(w.BlockedBy), w.BlockedBy[0])
	}
}

// TestWaitForAPreparedTransaction: it has no session, and after a crash no virtual transaction of its own either.
func TestWaitForAPreparedTransaction(t *testing.T) {
	t.Parallel()
	server := pgtest.Server(t, map[string]string{"max_prepared_transactions": "5"})
	dsn := server.DSN("postgres")
	setup := pgtest.Connect(t, dsn, nil)
	pgtest.Execute(t, setup, "CREATE TABLE orders (id int PRIMARY KEY, n int)", "INSERT INTO orders VALUES (1, 1)", "CREATE ROLE app SUPERUSER",
		"SET ROLE app", "BEGIN", "UPDATE orders SET n = 2", "PREPARE TRANSACTION E'two\\x1bphase'", "BEGIN", "INSERT INTO orders VALUES (2, 2)",
		"PREPARE TRANSACTION 'other'", "RESET ROLE")
	check := func(when string) {
		t.Helper()
		waiter := pgtest.InBackground(t, pgtest.Connect(t, dsn, nil), "UPDATE orders SET n = 3 WHERE id = 1")
		waitUntilWaiting(t, dsn, 1)
		s := lookAt(t, dsn)
		sample, err := readOne(t, s, s.readLocks)
		if err != nil || len(sample.Prepared) != 2 {
			t.Fatalf("%s: %v; %+v", when, err, sample.Prepared)
		}
		w := waits(sample)[waiter]
		if !slices.Equal(w.BlockedBy, []int32{0}) || len(w.Prepared) != 1 || w.Kind != "transactionid" || w.Relation != "public.orders" {
			t.Errorf("%s: %+v", when, w)
		}
		tree := sample.Blocking()
		if len(tree.Roots) != 1 || tree.Roots[0].Prepared == nil {
			t.Fatalf("%s: %+v", when, tree)
		}
		p := tree.Roots[0].Prepared
		if p.GID != `two\x1Bphase` || p.Owner != "app" || p.Database != "postgres" || p.PreparedAt.IsZero() || p.XidAge < 1 {
			t.Errorf("%s: %+v", when, p)
		}
	}
	check("prepared")
	if err := server.Crash(); err != nil {
		t.Fatal(err)
	}
	if err := server.Revive(t.Context()); err != nil {
		t.Fatal(err)
	}
	check("after a crash")
}

// TestLocksByRole: who may see the activity sees who waits; who may not is told so.
func TestLocksByRole(t *testing.T) {
	dsn := pgtest.Database(t)
	setup := pgtest.Connect(t, dsn, nil)
	pgtest.Execute(t, setup, "CREATE TABLE held ()", "BEGIN", "LOCK TABLE held")
	waiter := pgtest.InBackground(t, pgtest.Connect(t, dsn, nil), "SELECT FROM held")
	waitUntilWaiting(t, dsn, 1)
	for role, grant := range map[string]string{"postgres": "", "monitoring": "pg_monitor", "stats": "pg_read_all_stats", "nobody": ""} {
		t.Run(role, func(t *testing.T) {
			s := lookAt(t, asRole(t, dsn, role, grant))
			sample, err := readOne(t, s, s.readLocks)
			if role == "nobody" {
				if err != errIdle || len(sample.Failures) != 1 || !strings.Contains(sample.Failures[0].Reason, "GRANT pg_read_all_stats TO nobody") {
					t.Errorf("%v, %+v", err, sample.Failures)
				}
				return
			}
			w := waits(sample)[waiter]
			if err != nil || len(sample.Failures) > 0 || !slices.Equal(w.BlockedBy, []int32{pidOf(setup)}) || w.Relation != "public.held" {
				t.Errorf("%v, %+v, %+v", err, w, sample.Failures)
			}
		})
	}
}

// asRole makes a role for the test, a member of another where given, and returns the DSN for it; postgres is there.
func asRole(t *testing.T, dsn, role, memberOf string) string {
	t.Helper()
	if role == "postgres" {
		return dsn
	}
	admin := pgtest.Connect(t, dsn, nil)
	pgtest.Execute(t, admin, fmt.Sprintf("CREATE ROLE %s LOGIN PASSWORD 'p'", role))
	t.Cleanup(func() { pgtest.Execute(t, pgtest.Connect(t, dsn, nil), "DROP ROLE "+role) })
	if memberOf != "" {
		pgtest.Execute(t, admin, fmt.Sprintf("GRANT %s TO %s", memberOf, role))
	}
	return pgtest.As(t, dsn, role, "p")
}
