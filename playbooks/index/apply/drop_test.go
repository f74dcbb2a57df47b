package apply

import (
	"strings"
	"testing"

	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
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
