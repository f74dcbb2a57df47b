package apply

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
	"github.com/pgmedic/pgmedic/probes/record"
)

// Taking an index back waits for readers too. Interrupted, it turns the valid index INVALID: that is said, found again, and dropped or brought back.
func TestDropInterrupted(t *testing.T) {
	t.Parallel()
	for _, again := range []string{"drop", "repair"} {
		t.Run(again, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, pgtest.Database(t), events("2000")...)
			d := b.draft(t, b.index(t, "events", key("account")))
			undo := b.apply(t, d).Verification.Undo
			end := b.readerOf(t, "events")
			run := b.start(t, undo)
			await(t, run, waitsFor("waiting for transactions that use the table", "of report (postgres), idle in transaction"))
			if err := run.Cancel(t.Context()); err != nil {
				t.Fatal(err)
			}
			outcome := finish(run)
			if outcome.State != playbooks.Canceled || b.invalid(t) != d.Word || !strings.Contains(outcome.Next, "REINDEX INDEX CONCURRENTLY public."+d.Word) {
				t.Fatalf("outcome %+v; INVALID: %s", outcome, b.invalid(t))
			}
			end()
			found := leftovers(t, b, b.rec.events)
			if len(found) != 1 || found[0].State != Invalid || !found[0].Ours || found[0].CleanUp == nil || found[0].Repair == nil {
				t.Fatalf("found %+v", found)
			}
			remedy, want := found[0].CleanUp, "1"
			if again == "repair" {
				remedy, want = found[0].Repair, "2"
			}
			if outcome := b.apply(t, remedy); outcome.State != playbooks.Applied || b.invalid(t) != "" || b.indexes(t, "events") != want {
				t.Errorf("%s: %+v", again, outcome)
			}
		})
	}
}

// ofTeller gives a partitioned ledger to a role that may not see what other roles' sessions do, and opens a bench of that role's.
func ofTeller(t *testing.T, dsn string) (admin, teller *bench) {
	t.Helper()
	sql := append(ledger(3), "CREATE ROLE blind LOGIN PASSWORD 'blind'", "GRANT CREATE, USAGE ON SCHEMA public TO blind")
	for _, name := range []string{"ledger", "ledger_01", "ledger_02", "ledger_rest", "ledger_rest_0", "ledger_rest_1"} {
		sql = append(sql, "ALTER TABLE "+name+" OWNER TO blind")
	}
	admin = newBench(t, dsn, sql...)
	t.Cleanup(func() {
		pgtest.Execute(t, pgtest.Connect(t, dsn, nil), "DROP OWNED BY blind CASCADE", "DROP ROLE blind")
	})
	return admin, newBench(t, pgtest.As(t, dsn, "blind", "blind"))
}

// What another role builds is no INVALID leftover, although a role without pg_read_all_stats may not see which index that is.
func TestBuildOfAnotherRoleIsNotDropped(t *testing.T) {
	t.Parallel()
	dsn := pgtest.Database(t)
	admin, b := ofTeller(t, dsn)
	x := admin.index(t, "ledger", key("account"))
	before := b.draft(t, x)
	tx := admin.writer(t, "UPDATE ledger_01 SET account = 1 WHERE id = (SELECT min(id) FROM ledger_01)")
	pgtest.InBackground(t, pgtest.Connect(t, dsn, nil), "CREATE INDEX CONCURRENTLY somebodys ON ledger_01 (account)")
	if !admin.reaches(writersBefore) {
		t.Fatal("it did not come to wait")
	}
	var nothing *playbooks.NoDraft
	if _, err := drafted(t.Context(), b.server.Ask(), Order{Indexes: []Index{x}}); !errors.As(err, &nothing) || !strings.Contains(nothing.Reason, "somebodys, an index as drafted, is being built now") {
		t.Error("drafted over a build that runs:", err)
	}
	if p, err := b.engine.Prepare(t.Context(), before); err != nil || !strings.Contains(p.Refused(), "is being built now") {
		t.Errorf("refused %q, %v", p.Refused(), err)
	}
	other := b.draft(t, admin.index(t, "ledger", key("id")))
	if p, err := b.engine.Prepare(t.Context(), other); err != nil || !strings.Contains(p.Refused(), "builds an index on it") {
		t.Errorf("refused %q, %v", p.Refused(), err)
	}
	rollback(t, tx)
	pgtest.Eventually(t, dsn, "SELECT 1 FROM pg_index WHERE indexrelid = 'somebodys'::regclass AND indisvalid")
	if d := b.draft(t, x); strings.Contains(strings.Join(d.SQL, "\n"), "DROP") {
		t.Errorf("drafted %q", d.SQL)
	}
}

// An INVALID index that is valid by the time of its turn stays: what is dropped is looked at once more just before.
func TestValidByItsTurn(t *testing.T) {
	t.Parallel()
	b := newBench(t, pgtest.Database(t), append(ledger(3), "CREATE INDEX by_hand ON ledger_02 (account)",
		"UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'by_hand'::regclass")...)
	d := b.draft(t, b.index(t, "ledger", key("account")))
	if !strings.Contains(strings.Join(d.SQL, "\n"), "DROP INDEX CONCURRENTLY public.by_hand ") {
		t.Fatalf("drafted %q", d.SQL)
	}
	d.Work = lastMoment{d.Work.(*work), func() { pgtest.Execute(t, b.app, "REINDEX INDEX by_hand") }}
	outcome := b.apply(t, d)
	if outcome.State != playbooks.Failed || outcome.Err == nil || !strings.Contains(outcome.Err.Error(), "by_hand is valid now") || !b.isValid(t, "by_hand") {
		t.Errorf("outcome %+v", outcome)
	}
}

// An INVALID index of a partitioned table that others finish before its clean-up is confirmed, or sent, stays with its parts.
func TestFinishedByAnother(t *testing.T) {
	t.Parallel()
	finish := []string{"CREATE INDEX p1 ON ledger_01 (account)", "CREATE INDEX p2 ON ledger_02 (account)", "CREATE INDEX p3 ON ledger_rest (account)",
		"ALTER INDEX p ATTACH PARTITION p1", "ALTER INDEX p ATTACH PARTITION p2", "ALTER INDEX p ATTACH PARTITION p3"}
	for _, c := range []struct {
		name string
		sql  []string
		saw  string
	}{{"all of it", finish, "p is valid now"}, {"a part of it", []string{finish[0], finish[3]}, "public.p1 was attached to p since"}} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, pgtest.Database(t), append(ledger(3), "CREATE INDEX p ON ONLY ledger (account)")...)
			remedy := leftovers(t, b, nil)[0].CleanUp
			p, late := b.prepare(t, remedy), *remedy
			late.Work = meddling{remedy.Work.(playbooks.Building), func() { pgtest.Execute(t, b.app, c.sql...) }}
			if outcome := b.apply(t, &late); outcome.State != playbooks.Failed || !strings.Contains(outcome.Err.Error(), c.saw) {
				t.Errorf("outcome %+v", outcome)
			}
			if _, err := p.Confirm(remedy.Word); err == nil || !strings.Contains(err.Error(), c.saw) {
				t.Error("confirmed, or refused with", err)
			}
			if pgtest.Value(t, b.dsn, "SELECT count(*)::text FROM pg_class WHERE relname IN ('p', 'p1')") != "2" {
				t.Error("it was dropped")
			}
		})
	}
}

// The clean-up of an INVALID index of a partitioned table would drop its parts too: it is drafted where they are INVALID or were made with it, else that is said.
func TestCleanUpWithParts(t *testing.T) {
	t.Parallel()
	b := newBench(t, pgtest.Database(t), append(ledger(3), "CREATE INDEX p ON ONLY ledger (account)", "CREATE INDEX p1 ON ledger_01 (account)",
		"ALTER INDEX p ATTACH PARTITION p1")...)
	if l := leftovers(t, b, nil)[0]; l.CleanUp != nil || !strings.Contains(l.Words, "valid parts too that were not made with it: 1 index, public.p1") {
		t.Errorf("found %+v", l)
	}
	intent := func(sql ...string) record.Event {
		return record.Event{ID: sql[0], Kind: record.Acted, SQL: strings.Join(sql, buildTag+";\n"), Data: map[string]string{
			"playbook": "index", "state": "intent", "pid": "1", relationOID: oidList([]uint32{b.oid(t, "ledger"), b.oid(t, "ledger_01")})}}
	}
	whole, part := "CREATE INDEX p ON ONLY public.ledger (account)", "CREATE INDEX CONCURRENTLY p1 ON public.ledger_01 (account)"
	for _, l := range leftovers(t, b, []record.Event{intent(part), intent(whole)}) {
		if l.CleanUp != nil {
			t.Errorf("found %+v", l)
		}
	}
	found := leftovers(t, b, []record.Event{intent(whole, part)})
	l := found[len(found)-1]
	if l.CleanUp == nil || !strings.Contains(l.CleanUp.Title, "drop 2 indexes on public.ledger") {
		t.Fatalf("found %+v", found)
	}
	if outcome := b.apply(t, l.CleanUp); outcome.State != playbooks.Applied || b.indexes(t, "ledger_01") != "0" || b.invalid(t) != "" {
		t.Errorf("clean-up: %+v", outcome)
	}
}

// A table that is locked against everybody hides nothing but the clean-up of its own index.
func TestLockedTableHidesNoOther(t *testing.T) {
	t.Parallel()
	b := newBench(t, pgtest.Database(t), append(events("2000"), "CREATE INDEX part ON events (kind) WHERE account > 5",
		"UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'part'::regclass", "CREATE TABLE other (a int)", "INSERT INTO other SELECT 1")...)
	b.writer(t, "UPDATE other SET a = 2")
	pgtest.InBackground(t, pgtest.Connect(t, b.dsn, nil), "CREATE INDEX CONCURRENTLY running ON other (a)")
	if !b.reaches(writersBefore) {
		t.Fatal("it did not come to wait")
	}
	b.writer(t, "LOCK TABLE events IN ACCESS EXCLUSIVE MODE")
	found := leftovers(t, b, nil)
	if len(found) != 2 || found[0].State != Running || found[1].Index != "part" || found[1].CleanUp != nil || !strings.Contains(found[1].Words, "not drafted now") {
		t.Errorf("found %+v", found)
	}
}

// Readers of the partitions that end one after the other do not add up: who comes behind the drop waits for one piece of its wait, not for as long as all of them.
func TestDropOfParentWaitsInPieces(t *testing.T) {
	t.Parallel()
	b := newBench(t, pgtest.Database(t), ledger(10)...)
	undo := b.apply(t, b.draft(t, b.index(t, "ledger", key("account")))).Verification.Undo
	p := b.prepare(t, undo)
	for i := 1; i < 10; i++ { // each ends less than a piece after the one before
		reader := pgtest.Connect(t, b.dsn, nil)
		pgtest.InBackground(t, reader, fmt.Sprintf("SELECT pg_sleep($1) FROM ledger_%02d LIMIT 1", i), (lockPiece * time.Duration(i) * 4 / 5).Seconds())
	}
	run, err := p.Confirm(undo.Word)
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan playbooks.Outcome, 1)
	go func() { ended <- finish(run) }()
	app, longest := pgtest.Connect(t, b.dsn, nil), time.Duration(0)
	for {
		began := time.Now()
		pgtest.Execute(t, app, "SELECT count(*) FROM ledger WHERE month = 1")
		longest = max(longest, time.Since(began))
		select {
		case outcome := <-ended:
			if outcome.State != playbooks.Applied || longest > 4*lockPiece { // a machine that is busy beside
				t.Errorf("a reader waited for %v behind the drop; outcome %+v", longest, outcome)
			}
			return
		default:
		}
	}
}

// A statement that is tried in pieces ends when an administrator cancels it: that is no piece of its time.
func TestPieceCanceledByAdministrator(t *testing.T) {
	t.Parallel()
	b := newBench(t, pgtest.Database(t), ledger(3)...)
	d := b.draft(t, b.index(t, "ledger", key("account")))
	tx := b.writer(t, "UPDATE ledger SET account = 1 WHERE id = 1")
	run := b.start(t, d)
	ended := make(chan playbooks.Outcome, 1)
	go func() { ended <- finish(run) }()
	for {
		select {
		case outcome := <-ended:
			if outcome.State != playbooks.Canceled {
				t.Errorf("outcome %+v", outcome)
			}
			rollback(t, tx)
			return
		default:
			pgtest.Execute(t, b.app, "SELECT pg_cancel_backend(pid) FROM pg_locks WHERE NOT granted AND relation = 'ledger'::regclass")
		}
	}
}

// An index whose name cannot be typed as it is shown is dropped by another word.
func TestHostileName(t *testing.T) {
	t.Parallel()
	const name = "i\x1b]52;c;aGk=\x07  \u202e"
	b := newBench(t, pgtest.Database(t), append(events("500"), `CREATE INDEX "`+name+`" ON events (kind)`,
		`UPDATE pg_index SET indisvalid = false FROM pg_class AS c WHERE c.oid = indexrelid AND c.relname LIKE 'i%52%'`)...)
	l := leftovers(t, b, nil)[0]
	if l.Repair.Word == name || !strings.HasPrefix(l.Repair.Word, "rebuild-") || !strings.HasPrefix(l.CleanUp.Word, "drop-") {
		t.Errorf("to type: %q, %q", l.Repair.Word, l.CleanUp.Word)
	}
	if o := b.apply(t, l.CleanUp); o.State != playbooks.Applied || b.invalid(t) != "" {
		t.Errorf("outcome %+v", o)
	}
}
