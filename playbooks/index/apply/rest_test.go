package apply

import (
	"strings"
	"testing"
	"time"

	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
)

// resting waits until the build's session rests between two pieces of the wait for a lock.
func (b *bench) resting(t *testing.T) {
	t.Helper()
	pgtest.Eventually(t, b.dsn, `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'pgmedic' AND state = 'idle'
		AND query LIKE 'CREATE INDEX%ON ONLY%'`)
}

// A cancel that comes while the session rests between two pieces of its wait ends the build all the same.
func TestCanceledAtRest(t *testing.T) {
	t.Parallel()
	b := newBench(t, pgtest.Database(t), ledger(3)...)
	tx := b.writer(t, "UPDATE ledger SET account = 1 WHERE id = 1")
	run := b.start(t, b.draft(t, b.index(t, "ledger", key("account"))))
	b.resting(t)
	if err := run.Cancel(t.Context()); err != nil {
		t.Error(err)
	}
	rollback(t, tx)
	o := finish(run)
	if o.State != playbooks.Canceled || !strings.HasPrefix(o.Err.Error(), "cancelled from here") || b.indexes(t, "ledger") != "0" || b.indexes(t, "ledger_01") != "0" {
		t.Errorf("outcome %+v; %s and %s indexes", o, b.indexes(t, "ledger"), b.indexes(t, "ledger_01"))
	}
}

// A build that rests between two pieces of its wait is not over, whoever looks: it runs, and nothing is put on record as its end.
func TestRestIsNotTheEnd(t *testing.T) {
	t.Parallel()
	b := newBench(t, pgtest.Database(t), ledger(3)...)
	tx := b.writer(t, "UPDATE ledger SET account = 1 WHERE id = 1")
	run := b.start(t, b.draft(t, b.index(t, "ledger", key("account"))))
	rested := false
	for began := time.Now(); !rested || time.Since(began) < 2*time.Second; {
		found := leftovers(t, b, b.rec.intents())
		if len(found) != 1 || found[0].State != Running {
			t.Fatalf("found %+v", found)
		}
		p, running, err := found[0].Watch(t.Context(), b.server.Ask())
		if err != nil || !running {
			t.Fatalf("watched %+v, %v, %v", p, running, err)
		}
		rested = rested || p.Phase == "between two statements"
	}
	rollback(t, tx)
	if o := finish(run); o.State != playbooks.Applied {
		t.Errorf("outcome %+v", o)
	}
}
