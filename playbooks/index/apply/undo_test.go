package apply

import (
	"strings"
	"testing"

	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/probes/pgerr"
	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
)

// An index that somebody else makes under the same name just before ours is sent is theirs: the build did not make it, and does not offer to drop it.
func TestMadeByAnother(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ table, drops string }{{"events", ""}, {"ledger", ""}, {"ledger_02", "ledger"}} {
		t.Run("on "+c.table, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, pgtest.Database(t), append(events("500"), ledger(3)...)...)
			of := c.table
			if c.drops != "" {
				of = c.drops
			}
			d := b.draft(t, b.index(t, of, key("account")))
			theirs := ""
			for _, s := range d.Work.(*work).steps {
				if s.table == b.oid(t, c.table) && s.makes != "" {
					theirs = strings.TrimSuffix(s.SQL, buildTag)
				}
			}
			d.Work = lastMoment{d.Work.(*work), func() { pgtest.Execute(t, b.app, theirs) }}
			outcome := b.apply(t, d)
			if outcome.State != playbooks.Failed || pgerr.State(outcome.Err) != duplicateTable {
				t.Fatalf("outcome %+v", outcome)
			}
			undo := outcome.Verification.Undo
			if (undo != nil) != (c.drops != "") {
				t.Fatalf("undo %+v", undo)
			}
			if undo == nil {
				return
			}
			if outcome := b.apply(t, undo); outcome.State != playbooks.Applied || b.indexes(t, c.table) != "1" || b.indexes(t, c.drops) != "0" || b.indexes(t, "ledger_01") != "0" {
				t.Errorf("undo: %+v", outcome)
			}
		})
	}
}

// An index of a partition that was built on its own before is not the draft's, although it has the very name that the draft would give it: not where the whole is built
// in one go, and not where that is interrupted and gone on with.
func TestBuiltOnThePartitionBefore(t *testing.T) {
	t.Parallel()
	b := newBench(t, pgtest.Database(t), ledger(3)...)
	first := b.draft(t, b.index(t, "ledger_01", key("account")))
	if outcome := b.apply(t, first); outcome.State != playbooks.Applied {
		t.Fatalf("outcome %+v", outcome)
	}
	x := b.index(t, "ledger", key("account"))
	d := b.draft(t, x)
	if len(d.Undo) != 0 {
		t.Errorf("it promises %q", d.Undo)
	}
	tx := b.writer(t, "UPDATE ledger_02 SET account = 1")
	run := b.start(t, d)
	await(t, run, inPhase(writersBefore))
	if err := run.Cancel(t.Context()); err != nil {
		t.Fatal(err)
	}
	finish(run)
	rollback(t, tx)
	outcome := b.apply(t, b.draft(t, x))
	if outcome.State != playbooks.Applied {
		t.Fatalf("outcome %+v", outcome)
	}
	if c := check(t, outcome.Verification.Checks, "undo"); outcome.Verification.Undo != nil || !strings.Contains(c.Saw, "drop public."+first.Word+", which was there before") {
		t.Errorf("undo %+v, %+v", outcome.Verification.Undo, c)
	}
}
