package apply

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/probes/pgerr"
	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
)

// ledger is a table of n monthly partitions, the last of which has partitions of its own.
func ledger(n int) []string {
	sql := []string{"CREATE TABLE ledger (id bigint, month int NOT NULL, account int) PARTITION BY LIST (month)"}
	for i := 1; i < n; i++ {
		sql = append(sql, fmt.Sprintf("CREATE TABLE ledger_%02d PARTITION OF ledger FOR VALUES IN (%d)", i, i))
	}
	return append(sql,
		fmt.Sprintf("CREATE TABLE ledger_rest PARTITION OF ledger FOR VALUES IN (%d) PARTITION BY HASH (id)", n),
		"CREATE TABLE ledger_rest_0 PARTITION OF ledger_rest FOR VALUES WITH (MODULUS 2, REMAINDER 0)",
		"CREATE TABLE ledger_rest_1 PARTITION OF ledger_rest FOR VALUES WITH (MODULUS 2, REMAINDER 1)",
		fmt.Sprintf("INSERT INTO ledger SELECT i, 1 + i %% %d, i %% 50 FROM generate_series(1, 20000) AS i", n),
		"ANALYZE ledger")
}

func (b *bench) isValid(t *testing.T, name string) bool {
	t.Helper()
	return pgtest.Value(t, b.dsn, "SELECT indisvalid::text FROM pg_index WHERE indexrelid = $1::regclass", name) == "true"
}

func TestPartitioned(t *testing.T) {
	t.Parallel()
	b := newBench(t, pgtest.Database(t), ledger(4)...)
	d := b.draft(t, b.index(t, "ledger", key("account")))
	outcome := b.apply(t, d)
	if outcome.State != playbooks.Applied || outcome.Next != "" {
		t.Fatalf("outcome %+v", outcome)
	}
	if !b.isValid(t, d.Word) || b.invalid(t) != "" {
		t.Error("INVALID:", b.invalid(t))
	}
	var nothing *playbooks.NoDraft
	if _, err := drafted(t.Context(), b.server.Ask(), d.Work.(*work).order); !errors.As(err, &nothing) {
		t.Error("what is there was drafted again:", err)
	}
	undo := outcome.Verification.Undo
	if outcome := b.apply(t, undo); outcome.State != playbooks.Applied || b.indexes(t, "ledger_rest_0") != "0" {
		t.Errorf("undo: %+v", outcome)
	}
	pgtest.Execute(t, b.app, undo.Undo...) // the way back of the way back makes all of it again
	if !b.isValid(t, d.Word) || b.indexes(t, "ledger_rest_0") != "1" || b.indexes(t, "ledger_01") != "1" || len(undo.Undo) != 13 {
		t.Errorf("%d statements made %s and %s indexes; INVALID: %s", len(undo.Undo), b.indexes(t, "ledger_01"), b.indexes(t, "ledger_rest_0"), b.invalid(t))
	}
}

// A build of 40 partitions that is terminated in the middle leaves what it built; drafted again, it drops the INVALID one, goes on from there, and ends valid.
// What both runs made can be taken back.
func TestResumed(t *testing.T) {
	t.Parallel()
	b := newBench(t, pgtest.Database(t), ledger(39)...)
	x := b.index(t, "ledger", key("account"))
	x.Took = 40 * time.Second
	first := b.draft(t, x)
	tx := b.writer(t, "UPDATE ledger_20 SET account = 1 WHERE id = (SELECT min(id) FROM ledger_20)")
	run := b.start(t, first)
	waits := waitsFor(writersBefore, "of shop")
	p := await(t, run, func(p playbooks.RunProgress) bool { // the step is read a moment before whom it waits for
		return waits(p) && strings.HasPrefix(p.Doing, "build public.idx_ledger_20_account_")
	})
	if p.Steps != len(first.SQL) || p.Step < 20 || p.Step > 30 {
		t.Errorf("it says %+v", p)
	}
	pgtest.Execute(t, b.app, "SELECT pg_terminate_backend(pid) FROM pg_stat_progress_create_index WHERE datname = current_database()")
	outcome := finish(run)
	if outcome.State != playbooks.Failed || !strings.Contains(outcome.Next, "draft again") {
		t.Fatalf("outcome %+v", outcome)
	}
	rollback(t, tx)
	found := leftovers(t, b, b.rec.intents())
	if len(found) != 4 || found[0].State != Invalid || !strings.Contains(found[0].Words, "draft it again to go on") {
		t.Errorf("%d leftovers, the first %s: %s", len(found), found[0].State, found[0].Words)
	}
	for _, l := range found[1:] {
		if !l.Ours || l.CleanUp == nil {
			t.Errorf("of %s it says %s", l.Index, l.Words)
		}
	}
	if p, err := b.engine.Prepare(t.Context(), first); err != nil || !strings.Contains(p.Refused(), "what is there has changed since") {
		t.Errorf("the statements of before were not refused: %v, %q", err, p.Refused())
	}
	second := b.draft(t, x)
	if second.Word != first.Word || !strings.HasPrefix(second.SQL[0], "DROP INDEX CONCURRENTLY public.idx_ledger_20_account_") || slices.ContainsFunc(second.SQL, func(sql string) bool {
		return strings.Contains(sql, "ON ONLY") || strings.Contains(sql, "CONCURRENTLY idx_ledger_19_")
	}) {
		t.Errorf("drafted again: %q", second.SQL)
	}
	outcome = b.apply(t, second)
	if outcome.State != playbooks.Applied || outcome.Next != "" || !b.isValid(t, first.Word) || b.invalid(t) != "" {
		t.Fatalf("outcome %+v; INVALID: %s", outcome, b.invalid(t))
	}
	if outcome := b.apply(t, outcome.Verification.Undo); outcome.State != playbooks.Applied || b.indexes(t, "ledger_19") != "0" || b.indexes(t, "ledger_30") != "0" {
		t.Errorf("undo: %+v", outcome)
	}
}

// An index that a partition has as drafted is used, whatever its name; dropping the whole would drop it too, and so is not drafted.
func TestPartitionHasItAlready(t *testing.T) {
	t.Parallel()
	b := newBench(t, pgtest.Database(t), append(ledger(3), "CREATE INDEX mine ON ledger_01 (account)")...)
	d := b.draft(t, b.index(t, "ledger", key("account")))
	sql := strings.Join(d.SQL, "\n")
	if !strings.Contains(sql, "ATTACH PARTITION public.mine ") || strings.Contains(sql, "ON public.ledger_01 ") {
		t.Errorf("drafted %s", sql)
	}
	outcome := b.apply(t, d)
	if outcome.State != playbooks.Applied || !b.isValid(t, d.Word) {
		t.Fatalf("outcome %+v", outcome)
	}
	if c := check(t, outcome.Verification.Checks, "undo"); outcome.Verification.Undo != nil || !strings.Contains(c.Saw, "public.mine") {
		t.Errorf("undo %+v, %+v", outcome.Verification.Undo, c)
	}
}

// A partition that is a foreign table cannot have an index: the others get theirs, and the partitioned table none.
func TestForeignPartition(t *testing.T) {
	t.Parallel()
	b := newBench(t, pgtest.Database(t), append(ledger(3), "CREATE FOREIGN DATA WRAPPER nowhere", "CREATE SERVER far FOREIGN DATA WRAPPER nowhere",
		"CREATE FOREIGN TABLE ledger_far PARTITION OF ledger FOR VALUES IN (99) SERVER far")...)
	d := b.draft(t, b.index(t, "ledger", key("account")))
	if !strings.Contains(strings.Join(d.Warnings, "\n"), "foreign table") || len(d.SQL) != 4 {
		t.Errorf("drafted %q; %q", d.SQL, d.Warnings)
	}
	outcome := b.apply(t, d)
	if outcome.State != playbooks.Applied || b.indexes(t, "ledger_rest_1") != "1" || b.indexes(t, "ledger") != "0" {
		t.Fatalf("outcome %+v", outcome)
	}
	if outcome := b.apply(t, outcome.Verification.Undo); outcome.State != playbooks.Applied || b.indexes(t, "ledger_rest_1") != "0" {
		t.Errorf("undo: %+v", outcome)
	}
}

// Names of partitions that differ only where a name of 63 bytes is cut give indexes different names.
func TestLongPartitionNames(t *testing.T) {
	t.Parallel()
	sql := []string{"CREATE TABLE ledger (id bigint, month int NOT NULL, account int) PARTITION BY LIST (month)"}
	for i := range 12 {
		sql = append(sql, fmt.Sprintf(`CREATE TABLE "a Partition's name that fills its sixty-three bytes to the en%02d" PARTITION OF ledger FOR VALUES IN (%d)`, i, i))
	}
	b := newBench(t, pgtest.Database(t), sql...)
	d := b.draft(t, b.index(t, "ledger", key("account")))
	if outcome := b.apply(t, d); outcome.State != playbooks.Applied || !b.isValid(t, d.Word) {
		t.Fatalf("outcome %+v", outcome)
	}
}

// readerOf holds the indexes of a table as a long report does, from the time on that they are there.
func (b *bench) readerOf(t *testing.T, relation string) (end func()) {
	t.Helper()
	reader := pgtest.Connect(t, b.dsn, map[string]string{"application_name": "report"})
	pgtest.Execute(t, reader, "BEGIN", "SELECT count(*) FROM "+relation)
	return func() { pgtest.Execute(t, reader, "COMMIT") }
}

// A long reader holds up the attaching, and nobody else: who reads the partition meanwhile waits for a piece of the wait at most. It ends well when the reader ends.
func TestAttachWaitsInPieces(t *testing.T) {
	t.Parallel()
	b := newBench(t, pgtest.Database(t), ledger(3)...)
	d := b.draft(t, b.index(t, "ledger", key("account")))
	tx := b.writer(t, "UPDATE ledger_02 SET account = 1")
	run := b.start(t, d)
	await(t, run, inPhase(writersBefore))
	end := b.readerOf(t, "ledger_01") // whose index is built, and not attached yet
	rollback(t, tx)
	await(t, run, waitsFor("waiting for the table's lock", "of report (postgres), idle in transaction"))
	app, longest := pgtest.Connect(t, b.dsn, nil), time.Duration(0)
	for range 20 {
		began := time.Now()
		pgtest.Execute(t, app, "SELECT count(*) FROM ledger_01")
		longest = max(longest, time.Since(began))
	}
	if longest > 10*lockPiece { // a machine that is busy beside
		t.Errorf("a reader waited for %v behind the attaching", longest)
	}
	end()
	if outcome := finish(run); outcome.State != playbooks.Applied || !b.isValid(t, d.Word) {
		t.Errorf("outcome %+v", outcome)
	}
}

// A lock that does not come for long is given up; what is built stays, and drafting again attaches what is left.
func TestLockGivenUp(t *testing.T) {
	t.Parallel()
	b := newBench(t, pgtest.Database(t), ledger(3)...)
	x := b.index(t, "ledger", key("account"))
	d := b.draft(t, x)
	hasty := d.Work.(*work)
	for i := range hasty.steps {
		hasty.steps[i].patience = time.Millisecond
	}
	tx := b.writer(t, "UPDATE ledger_02 SET account = 1")
	run := b.start(t, d)
	await(t, run, inPhase(writersBefore))
	end := b.readerOf(t, "ledger_01")
	rollback(t, tx)
	outcome := finish(run)
	if outcome.State != playbooks.Failed || pgerr.State(outcome.Err) != lockNotAvailable || !strings.Contains(outcome.Next, "draft again") {
		t.Fatalf("outcome %+v", outcome)
	}
	end()
	rest := b.draft(t, x)
	if slices.ContainsFunc(rest.SQL, func(sql string) bool { return strings.Contains(sql, "CREATE") }) {
		t.Errorf("drafted again: %q", rest.SQL)
	}
	if outcome := b.apply(t, rest); outcome.State != playbooks.Applied || !b.isValid(t, d.Word) {
		t.Errorf("outcome %+v", outcome)
	}
}

// A writer of the partitioned table is not made to wait for longer than a piece either, while the index of the parent is made.
func TestParentWaitsInPieces(t *testing.T) {
	t.Parallel()
	b := newBench(t, pgtest.Database(t), ledger(3)...)
	tx := b.writer(t, "UPDATE ledger SET account = 1 WHERE id = 1")
	run := b.start(t, b.draft(t, b.index(t, "ledger", key("account"))))
	await(t, run, func(p playbooks.RunProgress) bool {
		return waitsFor("waiting for the table's lock", "of shop")(p) && p.Step == 2 && p.Steps == 15 && strings.HasPrefix(p.Doing, "make public.idx_ledger_account_")
	})
	app := pgtest.Connect(t, b.dsn, nil)
	ctx, cancel := context.WithTimeout(t.Context(), 10*lockPiece)
	defer cancel()
	if _, err := app.Exec(ctx, "INSERT INTO ledger VALUES (0, 1, 1)"); err != nil {
		t.Error("a writer waits behind the build:", err)
	}
	rollback(t, tx)
	if outcome := finish(run); outcome.State != playbooks.Applied {
		t.Errorf("outcome %+v", outcome)
	}
}

// Whoever does not own a partition learns which and whose it is.
func TestPartitionOfAnother(t *testing.T) {
	t.Parallel()
	dsn := pgtest.Database(t)
	admin := newBench(t, dsn, append(ledger(3), "CREATE ROLE teller LOGIN PASSWORD 'teller'", "GRANT pg_read_all_stats TO teller", "GRANT CREATE, USAGE ON SCHEMA public TO teller",
		"ALTER TABLE ledger OWNER TO teller", "ALTER TABLE ledger_01 OWNER TO teller", "ALTER TABLE ledger_02 OWNER TO teller")...)
	t.Cleanup(func() { pgtest.Execute(t, pgtest.Connect(t, dsn, nil), "DROP OWNED BY teller", "DROP ROLE teller") })
	b := newBench(t, pgtest.As(t, dsn, "teller", "teller"))
	p, err := b.engine.Prepare(t.Context(), b.draft(t, admin.index(t, "ledger", key("account"))))
	if err != nil || !strings.Contains(p.Refused(), "owner: its partition public.ledger_rest is owned by postgres") {
		t.Errorf("refused %q, %v", p.Refused(), err)
	}
}
