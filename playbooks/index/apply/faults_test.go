package apply

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/playbooks/index/shape"
	"github.com/pgmedic/pgmedic/probes/live"
	"github.com/pgmedic/pgmedic/probes/pgerr"
	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
)

// The server's phases of a build.
const (
	writersBefore  = "waiting for writers before build"
	scanning       = "building index: scanning table"
	writersAfter   = "waiting for writers before validation"
	validating     = "index validation: scanning table"
	waitsSnapshots = "waiting for old snapshots"
)

// writer has written the table and keeps its transaction open.
func (b *bench) writer(t *testing.T, sql string) pgx.Tx {
	t.Helper()
	conn := pgtest.Connect(t, b.dsn, map[string]string{"application_name": "shop"})
	tx, err := conn.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = tx.Rollback(context.Background()) })
	if _, err := tx.Exec(t.Context(), sql); err != nil {
		t.Fatal(err)
	}
	return tx
}

const touch = "UPDATE events SET kind = 'secret' WHERE id = 1"

// A role's own short timeouts do not end a build that has to wait for longer.
func TestTimeoutsOfTheRole(t *testing.T) {
	t.Parallel()
	dsn := pgtest.Database(t)
	admin := newBench(t, dsn, append(events("2000"), "CREATE ROLE hasty LOGIN PASSWORD 'hasty'", "GRANT pg_read_all_stats TO hasty", "GRANT CREATE, USAGE ON SCHEMA public TO hasty",
		"ALTER TABLE events OWNER TO hasty", "ALTER ROLE hasty SET lock_timeout = '50ms'", "ALTER ROLE hasty SET statement_timeout = '100ms'",
		"ALTER ROLE hasty SET idle_in_transaction_session_timeout = '100ms'")...)
	t.Cleanup(func() { pgtest.Execute(t, pgtest.Connect(t, dsn, nil), "DROP OWNED BY hasty", "DROP ROLE hasty") })
	if pgtest.Version(t) >= 140000 {
		pgtest.Execute(t, admin.app, "ALTER ROLE hasty SET client_connection_check_interval = '100ms'", "ALTER ROLE hasty SET idle_session_timeout = '100ms'")
	}
	if pgtest.Version(t) >= 170000 {
		pgtest.Execute(t, admin.app, "ALTER ROLE hasty SET transaction_timeout = '100ms'")
	}
	b := newBench(t, pgtest.As(t, dsn, "hasty", "hasty"))
	tx := admin.writer(t, touch)
	run := b.start(t, b.draft(t, admin.index(t, "events", key("account"))))
	seen := await(t, run, inPhase(writersBefore))
	await(t, run, func(p playbooks.RunProgress) bool { return p.Elapsed > seen.Elapsed+time.Second }) // ten times the timeouts
	if err := tx.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	if outcome := finish(run); outcome.State != playbooks.Applied {
		t.Errorf("outcome %+v", outcome)
	}
}

// A writer that is idle in transaction is named before and while the build waits for it, with what can be done; its literals are not shown.
func TestWaitsForIdleWriter(t *testing.T) {
	t.Parallel()
	b := newBench(t, pgtest.Database(t), events("2000")...)
	tx := b.writer(t, touch)
	d := b.draft(t, b.index(t, "events", key("account")))
	if c := check(t, b.prepare(t, d).Checks, "writers"); !strings.HasPrefix(c.Saw, "1 transaction that wrote") || !strings.Contains(c.Saw, "of shop (postgres), idle in transaction") {
		t.Errorf("%+v", c)
	}
	run := b.start(t, d)
	p := await(t, run, waitsFor(writersBefore, "idle in transaction"))
	for _, word := range []string{"of shop (postgres)", "last: UPDATE events SET kind", "pg_terminate_backend("} {
		if !strings.Contains(p.Waiting, word) {
			t.Errorf("%q lacks %q", p.Waiting, word)
		}
	}
	if strings.Contains(p.Waiting, "secret") {
		t.Errorf("a literal is shown: %q", p.Waiting)
	}
	if err := tx.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	if outcome := finish(run); outcome.State != playbooks.Applied {
		t.Errorf("outcome %+v", outcome)
	}
}

// A snapshot that is held on any table of the database holds the build at its end; the person can wait, and it ends well.
func TestWaitsForSnapshotElsewhere(t *testing.T) {
	t.Parallel()
	b := newBench(t, pgtest.Database(t), append(events("2000"), "CREATE TABLE other ()")...)
	reader := pgtest.Connect(t, b.dsn, map[string]string{"application_name": "report"})
	pgtest.Execute(t, reader, "BEGIN ISOLATION LEVEL REPEATABLE READ", "SELECT FROM other")
	d := b.draft(t, b.index(t, "events", key("account")))
	if c := check(t, b.prepare(t, d).Checks, "old snapshots"); !strings.HasPrefix(c.Saw, "1 session of") || !strings.Contains(c.Saw, "of report (postgres), idle in transaction") {
		t.Errorf("%+v", c)
	}
	run := b.start(t, d)
	await(t, run, waitsFor(waitsSnapshots, "of report (postgres), idle in transaction"))
	pgtest.Execute(t, reader, "COMMIT")
	if outcome := finish(run); outcome.State != playbooks.Applied {
		t.Errorf("outcome %+v", outcome)
	}
}

// A prepared transaction has no session: it is named itself, and not the innocent one whose pid the server reports.
func TestWaitsForPreparedTransaction(t *testing.T) {
	t.Parallel()
	server := pgtest.Server(t, map[string]string{"max_prepared_transactions": "2"})
	b := newBench(t, server.DSN("postgres"), events("2000")...)
	pgtest.Execute(t, b.app, "BEGIN", touch, "PREPARE TRANSACTION 'it''s forgotten'")
	d := b.draft(t, b.index(t, "events", key("account")))
	c := check(t, b.prepare(t, d).Checks, "prepared transactions")
	if want := "ROLLBACK PREPARED 'it''s forgotten'"; c.Verdict != playbooks.Caution || !strings.Contains(c.Do, want) {
		t.Errorf("%+v", c)
	}
	run := b.start(t, d)
	p := await(t, run, waitsFor(writersBefore, "prepared transaction it's forgotten"))
	if strings.Contains(p.Waiting, "pid ") {
		t.Errorf("another is named: %q", p.Waiting)
	}
	pgtest.Execute(t, b.app, "ROLLBACK PREPARED 'it''s forgotten'")
	if outcome := finish(run); outcome.State != playbooks.Applied {
		t.Errorf("outcome %+v", outcome)
	}
}

// An administrator cancels or terminates the build: what is left is INVALID, is not built over, and is cleaned up.
func TestEndedByAdministrator(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		function string
		state    playbooks.OutcomeState
		says     string
	}{{"pg_cancel_backend", playbooks.Canceled, "cancelled by somebody else"}, {"pg_terminate_backend", playbooks.Failed, ""}} {
		t.Run(c.function, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, pgtest.Database(t), events("2000")...)
			tx := b.writer(t, touch)
			d := b.draft(t, b.index(t, "events", key("account")))
			run := b.start(t, d)
			await(t, run, inPhase(writersBefore))
			pgtest.Execute(t, b.app, "SELECT "+c.function+"(pid) FROM pg_stat_progress_create_index WHERE datname = current_database()")
			outcome := finish(run)
			if outcome.State != c.state || !strings.Contains(outcome.Err.Error(), c.says) || !strings.Contains(outcome.Next, "DROP INDEX CONCURRENTLY public."+d.Word) || b.invalid(t) != d.Word {
				t.Fatalf("outcome %+v; INVALID: %s", outcome, b.invalid(t))
			}
			if err := tx.Rollback(t.Context()); err != nil {
				t.Fatal(err)
			}
			if p, err := b.engine.Prepare(t.Context(), d); err != nil || !strings.Contains(p.Refused(), "is INVALID") {
				t.Error("a build over an INVALID leftover was not refused:", err)
			}
			if outcome := b.apply(t, outcome.Verification.Undo); outcome.State != playbooks.Applied || b.invalid(t) != "" {
				t.Errorf("clean-up: %+v", outcome)
			}
		})
	}
}

// pastItsCheck waits for a report, and then until who waited by then has looked for a deadlock, which a session does once, deadlock_timeout (1 s) after it began to
// wait: who comes to wait later is the victim of one that is made after that.
func pastItsCheck(t *testing.T, run *playbooks.Run, wanted func(playbooks.RunProgress) bool) playbooks.RunProgress {
	t.Helper()
	seen := await(t, run, wanted)
	return await(t, run, func(p playbooks.RunProgress) bool { return p.Elapsed > seen.Elapsed+2*time.Second })
}

// An application transaction that wrote the table and then runs DDL on it is the victim of a deadlock, as said beforehand; the build ends well.
func TestDeadlock(t *testing.T) {
	t.Parallel()
	b := newBench(t, pgtest.Database(t), events("2000")...)
	d := b.draft(t, b.index(t, "events", key("account")))
	if !strings.Contains(strings.Join(d.Warnings, "\n"), "deadlock") {
		t.Error("it is not said beforehand:", d.Warnings)
	}
	tx := b.writer(t, touch)
	if _, err := tx.Exec(t.Context(), "SET LOCAL deadlock_timeout = '10ms'"); err != nil {
		t.Fatal(err)
	}
	run := b.start(t, d)
	pastItsCheck(t, run, inPhase(writersBefore))
	if _, err := tx.Exec(t.Context(), "ALTER TABLE events ADD COLUMN more int"); pgerr.State(err) != "40P01" {
		t.Errorf("the transaction's DDL ended with %v", err)
	}
	if err := tx.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	if outcome := finish(run); outcome.State != playbooks.Applied {
		t.Errorf("outcome %+v", outcome)
	}
}

// Rows that are there twice end the building of a unique index before its first scan has ended: it stays INVALID, and rejects nothing, which is said.
func TestUniqueViolation(t *testing.T) {
	t.Parallel()
	b := newBench(t, pgtest.Database(t), events("2000")...)
	x := b.index(t, "events", key("account"))
	x.Shape.Unique = true
	outcome := b.apply(t, b.draft(t, x))
	if outcome.State != playbooks.Failed || pgerr.State(outcome.Err) != "23505" || b.invalid(t) != x.name() {
		t.Fatalf("outcome %+v", outcome)
	}
	if c := outcome.Verification.Checks[0]; !strings.Contains(c.Saw, "rejects no row") {
		t.Errorf("%+v", c)
	}
	pgtest.Execute(t, b.app, "INSERT INTO events SELECT 90001, account, kind, at FROM events WHERE id = 1")
	if outcome := b.apply(t, outcome.Verification.Undo); outcome.State != playbooks.Applied || b.invalid(t) != "" {
		t.Errorf("clean-up: %+v", outcome)
	}
}

// A second build on the table waits for the first, and so is refused; so is a draft whose own index is being built.
func TestSecondBuild(t *testing.T) {
	t.Parallel()
	b := newBench(t, pgtest.Database(t), events("2000")...)
	tx := b.writer(t, touch)
	first, second := b.draft(t, b.index(t, "events", key("account"))), b.draft(t, b.index(t, "events", key("at")))
	run := b.start(t, first)
	await(t, run, inPhase(writersBefore))
	p, err := b.engine.Prepare(t.Context(), second)
	if err != nil || !strings.Contains(p.Refused(), "builds an index on it") {
		t.Errorf("refused %q, %v", p.Refused(), err)
	}
	if p, err = b.engine.Prepare(t.Context(), first); err != nil || !strings.Contains(p.Refused(), "is being built now") {
		t.Errorf("refused %q, %v", p.Refused(), err)
	}
	if err := tx.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	if outcome := finish(run); outcome.State != playbooks.Applied {
		t.Errorf("outcome %+v", outcome)
	}
}

// What happens between the preflight and the typed word stops the build before anything is sent.
func TestChangedBeforeConfirmation(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, sql, refused string }{
		{"name taken", "CREATE INDEX %s ON events (kind)", "is taken on public.events"},
		{"name taken by a table", "CREATE TABLE %s ()", "is taken on public.%s"},
		{"table dropped", "DROP TABLE events", "the table is gone"},
		{"table renamed", "ALTER TABLE events RENAME TO old_events", "is not public.events any more"},
		{"same index", "CREATE INDEX by_hand ON events (account)", "by_hand has the same shape"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, pgtest.Database(t), events("100")...)
			d := b.draft(t, b.index(t, "events", key("account")))
			p := b.prepare(t, d)
			pgtest.Execute(t, b.app, strings.ReplaceAll(c.sql, "%s", d.Word))
			if _, err := p.Confirm(d.Word); err == nil || !strings.Contains(err.Error(), strings.ReplaceAll(c.refused, "%s", d.Word)) {
				t.Errorf("confirmed, or refused with %v", err)
			}
			if len(b.rec.events) != 0 {
				t.Error("there is an intent:", b.rec.events)
			}
		})
	}
}

// meddling is work with which something happens just before it is sent.
type meddling struct {
	playbooks.Building
	first func()
}

func (w meddling) Apply(ctx context.Context, session *live.BuildSession) error {
	w.first()
	return w.Building.Apply(ctx, session)
}

// lastMoment does something when the tables are reserved and looked at again, just before the first statement is sent.
type lastMoment struct {
	*work
	first func()
}

func (w lastMoment) Apply(ctx context.Context, session *live.BuildSession) error {
	if err := w.begin(ctx, session); err != nil {
		return err
	}
	w.first()
	return w.send(ctx, session)
}

// The table is dropped, or another put in its place, after the confirmation: no index on another table passes for success.
func TestTableGoneAfterConfirmation(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		sql  []string
		saw  string
	}{
		{"dropped", []string{"DROP TABLE events"}, "there is no index"},
		{"swapped", []string{"ALTER TABLE events RENAME TO old_events", "CREATE TABLE events (LIKE old_events)"}, "is not on the table that was drafted for: public.events has it"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, pgtest.Database(t), events("100")...)
			d := b.draft(t, b.index(t, "events", key("account")))
			d.Work = lastMoment{d.Work.(*work), func() { pgtest.Execute(t, b.app, c.sql...) }}
			outcome := b.apply(t, d)
			if outcome.State != playbooks.Failed || !strings.Contains(outcome.Verification.Checks[0].Saw, c.saw) {
				t.Errorf("outcome %+v", outcome)
			}
		})
	}
}

// A name that no server takes is refused in words.
func TestNames(t *testing.T) {
	t.Parallel()
	b := newBench(t, pgtest.Database(t), events("100")...)
	x := b.index(t, "events", key("account"))
	x.Name = strings.Repeat("ü", 32)
	p, err := b.engine.Prepare(t.Context(), b.draft(t, x))
	if err != nil || !strings.Contains(p.Refused(), "64 bytes") {
		t.Errorf("refused %q, %v", p.Refused(), err)
	}
	x.Name = `my "own" Index.of 63 bytes é ` + strings.Repeat("x", 33)
	if outcome := b.apply(t, b.draft(t, x)); outcome.State != playbooks.Applied {
		t.Errorf("outcome %+v", outcome)
	}
}

// Statements that need more temporary files than the role may have are refused beforehand; where the estimate was too low, the build fails and is cleaned up.
func TestTempFileLimit(t *testing.T) {
	t.Parallel()
	dsn := pgtest.Database(t)
	admin := newBench(t, dsn, append(events("100000"), "CREATE ROLE narrow LOGIN PASSWORD 'narrow'", "GRANT CREATE, USAGE ON SCHEMA public TO narrow", "GRANT pg_read_all_stats TO narrow",
		"ALTER TABLE events OWNER TO narrow", "ALTER ROLE narrow SET temp_file_limit = '1MB'", "ALTER ROLE narrow SET maintenance_work_mem = '1MB'")...)
	t.Cleanup(func() { pgtest.Execute(t, pgtest.Connect(t, dsn, nil), "DROP OWNED BY narrow", "DROP ROLE narrow") })
	b := newBench(t, pgtest.As(t, dsn, "narrow", "narrow"))
	x := b.index(t, "events", key("account"), key("at"), shape.Key{Column: "kind"})
	x.Bytes = 4e6
	p, err := b.engine.Prepare(t.Context(), b.draft(t, x))
	if err != nil || !strings.Contains(p.Refused(), "temp_file_limit: 1 MB") {
		t.Errorf("refused %q, %v", p.Refused(), err)
	}
	x.Bytes = 1e5
	outcome := b.apply(t, b.draft(t, x))
	if outcome.State != playbooks.Failed || pgerr.State(outcome.Err) != "53400" || b.invalid(t) != x.name() {
		t.Fatalf("outcome %+v", outcome)
	}
	if outcome := b.apply(t, outcome.Verification.Undo); outcome.State != playbooks.Applied || b.invalid(t) != "" {
		t.Errorf("clean-up: %+v", outcome)
	}
	_ = admin
}

// VACUUM at work on the table would hold the build up, and so it is refused, with who runs it.
func TestVacuumRuns(t *testing.T) {
	t.Parallel()
	b := newBench(t, pgtest.Database(t), append(events("20000"), "DELETE FROM events WHERE id % 2 = 0")...)
	d := b.draft(t, b.index(t, "events", key("account")))
	vacuum := pgtest.Connect(t, b.dsn, map[string]string{"application_name": "cron", "vacuum_cost_delay": "100", "vacuum_cost_limit": "1"})
	pgtest.InBackground(t, vacuum, "VACUUM events")
	pgtest.Eventually(t, b.dsn, "SELECT 1 FROM pg_stat_progress_vacuum WHERE datname = current_database()")
	p, err := b.engine.Prepare(t.Context(), d)
	if err != nil || !strings.Contains(p.Refused(), "of cron (postgres), active") || !strings.Contains(p.Refused(), "vacuums it") {
		t.Errorf("refused %q, %v", p.Refused(), err)
	}
}

// DDL that comes while the build runs waits for it, and everybody behind that DDL: the harm is counted, and it is said who it is and what to do. Done in time, the
// build ends well; else it is the victim of a deadlock at its end.
func TestQueueBehindDDL(t *testing.T) {
	t.Parallel()
	for _, cancelled := range []bool{true, false} {
		t.Run(fmt.Sprint("cancelled ", cancelled), func(t *testing.T) {
			t.Parallel()
			b := newBench(t, pgtest.Database(t), events("2000")...)
			d := b.draft(t, b.index(t, "events", key("account")))
			tx := b.writer(t, touch)
			run := b.start(t, d)
			await(t, run, inPhase(writersBefore))
			ddl := pgtest.InBackground(t, pgtest.Connect(t, b.dsn, map[string]string{"application_name": "migration"}), "ALTER TABLE events ADD COLUMN more int")
			pgtest.Eventually(t, b.dsn, "SELECT 1 FROM pg_locks WHERE pid = $1 AND NOT granted", ddl)
			pgtest.InBackground(t, pgtest.Connect(t, b.dsn, nil), "SELECT count(*) FROM events")
			p := pastItsCheck(t, run, func(p playbooks.RunProgress) bool { return strings.Contains(p.Behind, "and 1 behind it") })
			if want := fmt.Sprintf("SELECT pg_cancel_backend(%d)", ddl); !strings.Contains(p.Behind, "of migration (postgres), active") || !strings.HasSuffix(p.Behind, want) {
				t.Errorf("behind: %q", p.Behind)
			}
			checks, err := d.Work.Preflight(t.Context(), b.server.Ask())
			if err != nil {
				t.Fatal(err)
			}
			if c := check(t, checks, "waiting DDL"); c.Verdict != playbooks.Caution || !strings.Contains(c.Saw, "of migration (postgres), active") {
				t.Errorf("%+v", c)
			}
			if cancelled {
				pgtest.Execute(t, b.app, fmt.Sprintf("SELECT pg_cancel_backend(%d)", ddl))
			}
			rollback(t, tx)
			switch outcome := finish(run); {
			case outcome.Harm <= 1:
				t.Errorf("harm %v", outcome.Harm)
			case cancelled && outcome.State != playbooks.Applied:
				t.Errorf("outcome %+v", outcome)
			case !cancelled && (outcome.State != playbooks.Failed || pgerr.State(outcome.Err) != "40P01" || b.invalid(t) != d.Word):
				t.Errorf("outcome %+v", outcome)
			}
		})
	}
}

// A table that is locked against everybody answers in a moment that it is.
func TestTableLocked(t *testing.T) {
	t.Parallel()
	b := newBench(t, pgtest.Database(t), events("2000")...)
	x := b.index(t, "events", shape.Key{Expression: "lower(kind)", Columns: []string{"kind"}})
	d := b.draft(t, x)
	b.writer(t, "LOCK TABLE events IN ACCESS EXCLUSIVE MODE")
	began := time.Now()
	p, err := b.engine.Prepare(t.Context(), d)
	if err != nil || time.Since(began) > 10*time.Second {
		t.Fatalf("%v after %v", err, time.Since(began))
	}
	if c := check(t, p.Checks, "writers"); c.Verdict != playbooks.Caution || !strings.Contains(c.Saw, "of shop (postgres), idle in transaction") ||
		!strings.Contains(c.Saw, "AccessExclusiveLock") {
		t.Errorf("%+v", c)
	}
}

// Whoever may not see other roles' sessions learns that the checks do not, and what mends it.
func TestHiddenSessions(t *testing.T) {
	dsn := pgtest.Database(t)
	admin := newBench(t, dsn, append(events("2000"), "CREATE ROLE blind LOGIN PASSWORD 'blind'", "GRANT CREATE, USAGE ON SCHEMA public TO blind", "ALTER TABLE events OWNER TO blind")...)
	t.Cleanup(func() { pgtest.Execute(t, pgtest.Connect(t, dsn, nil), "DROP OWNED BY blind", "DROP ROLE blind") })
	b := newBench(t, pgtest.As(t, dsn, "blind", "blind"))
	tx := admin.writer(t, touch)
	d := b.draft(t, b.index(t, "events", key("account")))
	p := b.prepare(t, d)
	if c := check(t, p.Checks, "visibility"); c.Verdict != playbooks.Caution || !strings.Contains(c.Do, "GRANT pg_read_all_stats TO blind") {
		t.Errorf("%+v", c)
	}
	if c := check(t, p.Checks, "writers"); !strings.HasPrefix(c.Saw, "1 transaction ") {
		t.Errorf("%+v", c)
	}
	run := b.start(t, d)
	seen := await(t, run, func(p playbooks.RunProgress) bool { return strings.HasPrefix(p.Waiting, "pid ") })
	if strings.Contains(seen.Waiting, "insufficient") {
		t.Errorf("it waits for %q", seen.Waiting)
	}
	rollback(t, tx)
	if outcome := finish(run); outcome.State != playbooks.Applied {
		t.Errorf("outcome %+v", outcome)
	}
}
