package apply

import (
	"strings"
	"sync"
	"testing"

	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/probes/pgerr"
	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
)

// Two operators confirm the same draft at the same moment, so that both pass their checks: one builds, the other sends nothing and says why.
func TestTwoOperators(t *testing.T) {
	t.Parallel()
	for _, relation := range []string{"events", "ledger"} {
		t.Run(relation, func(t *testing.T) {
			t.Parallel()
			dsn := pgtest.Database(t)
			one := newBench(t, dsn, append(events("500"), ledger(3)...)...)
			two := newBench(t, dsn)
			prepared := []*playbooks.Prepared{
				one.prepare(t, one.draft(t, one.index(t, relation, key("account")))), two.prepare(t, two.draft(t, two.index(t, relation, key("account"))))}
			outcomes := confirmAtOnce(t, prepared)
			built, refused := outcomes[0], outcomes[1]
			if built.State != playbooks.Applied {
				built, refused = refused, built
			}
			if built.State != playbooks.Applied || one.invalid(t) != "" || !one.isValid(t, prepared[0].Draft.Word) {
				t.Errorf("built: %+v; INVALID: %s", built, one.invalid(t))
			}
			switch {
			case refused.State != playbooks.Failed || !strings.Contains(refused.Err.Error(), "nothing was sent: "):
				t.Errorf("refused: %+v", refused)
			case refused.Verification.Undo != nil:
				t.Errorf("it offers to drop what it did not build: %q", refused.Verification.Undo.SQL)
			}
		})
	}
}

// confirmAtOnce confirms two drafts so that neither sends anything before both have passed their checks.
func confirmAtOnce(t *testing.T, prepared []*playbooks.Prepared) []playbooks.Outcome {
	t.Helper()
	var both sync.WaitGroup
	both.Add(len(prepared))
	outcomes := make([]playbooks.Outcome, len(prepared))
	for _, p := range prepared {
		p.Draft.Work = meddling{p.Draft.Work.(playbooks.Building), func() { both.Done(); both.Wait() }}
	}
	var runs []*playbooks.Run
	for _, p := range prepared {
		run, err := p.Confirm(p.Draft.Word)
		if err != nil {
			t.Fatal(err)
		}
		runs = append(runs, run)
	}
	for i, run := range runs {
		outcomes[i] = finish(run)
	}
	return outcomes
}

// A pgmedic that is lost keeps others off for as long as its statement runs, and no longer; a partition is kept by a build on the whole.
func TestReservedUntilItsEnd(t *testing.T) {
	t.Parallel()
	b := newBench(t, pgtest.Database(t), ledger(3)...)
	holder := pgtest.Connect(t, b.dsn, nil)
	pgtest.Execute(t, holder, "SELECT pg_advisory_lock(("+pgtest.Value(t, b.dsn, "SELECT $1::int8::text", reserveKey)+"::int8 << 32) | 'ledger'::regclass::oid::int8)")
	d := b.draft(t, b.index(t, "ledger_02", key("account")))
	if o := b.apply(t, d); o.State != playbooks.Failed || pgerr.State(o.Err) != lockNotAvailable || !strings.Contains(o.Err.Error(), "another pgmedic is at work on the indexes of this table: pid ") || b.indexes(t, "ledger_02") != "0" {
		t.Errorf("outcome %+v", o)
	}
	holder.Close(t.Context())
	pgtest.Eventually(t, b.dsn, "SELECT 1 WHERE NOT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))")
	again := b.apply(t, b.draft(t, b.index(t, "ledger_02", key("account"))))
	if again.State != playbooks.Applied {
		t.Errorf("outcome %+v", again)
	}
}

// What another has made between the last check and the moment in which the tables are reserved is found then, and nothing is sent.
func TestMadeBeforeItWasReserved(t *testing.T) {
	t.Parallel()
	b := newBench(t, pgtest.Database(t), events("500")...)
	d := b.draft(t, b.index(t, "events", key("account")))
	d.Work = meddling{d.Work.(playbooks.Building), func() { pgtest.Execute(t, b.app, "CREATE INDEX theirs ON events (account)") }}
	o := b.apply(t, d)
	if o.State != playbooks.Failed || o.Err == nil || !strings.Contains(o.Err.Error(), "nothing was sent: ") || o.Verification.Undo != nil || b.indexes(t, "events") != "2" {
		t.Errorf("outcome %+v; %s indexes", o, b.indexes(t, "events"))
	}
}
