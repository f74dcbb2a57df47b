package apply

import (
	"strings"
	"testing"

	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
)

// What interrupted runs of REINDEX CONCURRENTLY leave behind is found whatever the server calls it: it cuts long names off and numbers them.
func TestRepairInterrupted(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"by_kind", strings.Repeat("ü", 31) + "x"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, pgtest.Database(t), append(events("500"), "CREATE INDEX "+name+" ON events (kind)",
				"UPDATE pg_index SET indisvalid = false WHERE indexrelid = '"+name+"'::regclass")...)
			repair := leftovers(t, b, nil)[0].Repair
			tx := b.writer(t, touch)
			var outcome playbooks.Outcome
			for range 2 {
				run := b.start(t, repair)
				await(t, run, inPhase(writersBefore))
				if err := run.Cancel(t.Context()); err != nil {
					t.Fatal(err)
				}
				outcome = finish(run)
			}
			rollback(t, tx)
			undo := outcome.Verification.Undo
			if outcome.State != playbooks.Canceled || undo == nil || len(undo.SQL) != 2 {
				t.Fatalf("outcome %+v; INVALID: %s", outcome, b.invalid(t))
			}
			if outcome := b.apply(t, undo); outcome.State != playbooks.Applied || strings.Trim(b.invalid(t), `"`) != name {
				t.Errorf("clean-up: %+v; INVALID: %s", outcome, b.invalid(t))
			}
			p := b.prepare(t, repair)
			pgtest.Execute(t, b.app, "REINDEX INDEX "+name)
			if _, err := p.Confirm(repair.Word); err == nil || !strings.Contains(err.Error(), "is valid now") {
				t.Error("confirmed, or refused with", err)
			}
		})
	}
}
