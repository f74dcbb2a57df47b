package apply

import (
	"strings"
	"testing"
	"time"

	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/probes/pgerr"
	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
)

const shopIdle = "of shop (postgres), idle in transaction"

// Whoever blocks a step that waits in pieces is named as soon as a look has met a piece of its wait, and from then on also while it rests, with what can be done and when it is given up; and in the failure.
func TestBlockerOfBriefSteps(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		draft func(*testing.T, *bench) (*playbooks.Draft, []Step)
	}{
		{"making the parent's", func(t *testing.T, b *bench) (*playbooks.Draft, []Step) {
			d := b.draft(t, b.index(t, "ledger", key("account")))
			return d, d.Work.(*work).steps
		}},
		{"dropping the parent's", func(t *testing.T, b *bench) (*playbooks.Draft, []Step) {
			d := b.apply(t, b.draft(t, b.index(t, "ledger", key("account")))).Verification.Undo
			return d, d.Work.(*drop).steps
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, pgtest.Database(t), ledger(3)...)
			d, steps := c.draft(t, b)
			for i := range steps {
				steps[i].patience = 8 * time.Second
			}
			tx := b.writer(t, "INSERT INTO ledger VALUES (0, 1, 1)")
			run := b.start(t, d)
			var unnamed, named int
			for p := range run.Progress() {
				if p.Phase != waitsForTable || strings.HasPrefix(p.Doing, "limit how long") { // the step is read a moment before whom it waits for
					continue
				}
				if !strings.Contains(p.Waiting, shopIdle) || !strings.Contains(p.Waiting, "pg_terminate_backend") || p.GivesUp <= 0 || p.GivesUp > 8*time.Second {
					if named > 0 {
						unnamed++
					}
					continue
				}
				named++
			}
			o := run.Outcome()
			rollback(t, tx)
			if unnamed > 0 || named == 0 {
				t.Errorf("%d looks said whom it waits for and until when, and %d after the first did not", named, unnamed)
			}
			if o.State != playbooks.Failed || pgerr.State(o.Err) != lockNotAvailable || !strings.Contains(o.Err.Error(), "given up after 8s") || !strings.Contains(o.Err.Error(), shopIdle) {
				t.Errorf("outcome %+v", o)
			}
			if strings.Count(o.Next, "draft again when the reason is gone") > 1 {
				t.Errorf("it says the same several times: %s", o.Next)
			}
		})
	}
}
