package apply

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/probes/explain"
	"github.com/pgmedic/pgmedic/probes/live"
	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
	"github.com/pgmedic/pgmedic/probes/plan"
	"github.com/pgmedic/pgmedic/probes/record"
)

const lookup = "SELECT count(*) FROM events WHERE account = $1"

// treats drafts an index for the lookup, with its plan before.
func (b *bench) treats(t *testing.T) *playbooks.Draft {
	t.Helper()
	pgtest.Execute(t, b.app, strings.ReplaceAll(lookup, "$1", "7"))
	q := explain.Question{Statement: lookup, Class: plan.Heavy}
	if err := b.app.QueryRow(t.Context(), "SELECT queryid FROM pg_stat_statements WHERE query = $1", lookup).Scan(&q.QueryID); err != nil {
		t.Fatal(err)
	}
	take := func(ctx context.Context, ask *live.Asker) (*plan.Plan, error) { return ask.Explain(ctx, q) }
	before, err := take(t.Context(), b.server.Ask())
	if err != nil {
		t.Fatal(err)
	}
	d, err := drafted(t.Context(), b.server.Ask(), Order{Indexes: []Index{b.index(t, "events", key("account"))}, Before: before, Again: take})
	if err != nil {
		t.Fatal(err)
	}
	d.Finding.Title = "the lookup is slow"
	return d
}

// load runs the lookup until the test ends.
func (b *bench) load(t *testing.T) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), b.dsn)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan struct{})
	t.Cleanup(func() { stop(); <-ended; conn.Close(context.Background()) })
	go func() {
		defer close(ended)
		for ctx.Err() == nil {
			_, _ = conn.Exec(ctx, lookup, 7)
		}
	}()
}

// lastMark is the run's mark.
func (b *bench) lastMark(t *testing.T) record.Event {
	t.Helper()
	last := b.rec.events[len(b.rec.events)-1]
	if last.Kind != record.Mark {
		t.Fatalf("the last event is %+v", last)
	}
	return last
}

// A plan that takes the index is no proof while nobody runs the statement: that is said, and the mark is not "verified".
func TestNotUsedYet(t *testing.T) {
	t.Parallel()
	b := newBench(t, pgtest.Database(t), events("20000")...)
	o := b.apply(t, b.treats(t))
	v := o.Verification
	if o.State != playbooks.Applied || o.Next != "" || v.Helped || check(t, v.Checks, "plan").Verdict != playbooks.Pass {
		t.Errorf("outcome %+v", o)
	}
	unknown := strings.Join(v.Unknown, "\n")
	for _, words := range []string{"not used yet", "rows read: not measured", "0 calls ended", "other statements"} {
		if !strings.Contains(unknown, words) {
			t.Errorf("%q is not said: %s", words, unknown)
		}
	}
	if mark := b.lastMark(t); mark.Data["mark"] != record.MarkNotVerified || !strings.Contains(mark.Body, "not known: the index's use: not used yet") {
		t.Errorf("mark %+v", mark)
	}
}

// Under load the server counts the index's use, and with a plan that takes it that verifies it.
func TestUsed(t *testing.T) {
	t.Parallel()
	b := newBench(t, pgtest.Database(t), events("20000")...)
	d := b.treats(t)
	b.load(t)
	o := b.apply(t, d)
	if o.State != playbooks.Applied || !o.Verification.Helped || check(t, o.Verification.Checks, "use").Verdict != playbooks.Pass {
		t.Errorf("outcome %+v", o)
	}
	if mark := b.lastMark(t); mark.Data["mark"] != record.MarkVerified {
		t.Errorf("mark %+v", mark)
	}
}

// Means are compared where enough calls ended on both sides, and a reset makes them unknown.
func TestMeans(t *testing.T) {
	counted := func(n int64, took time.Duration) calls { return calls{n: n, took: took, known: true} }
	for name, c := range map[string]struct {
		called [2]calls
		after  calls
		passes bool
		says   string
	}{
		"fell":    {[2]calls{counted(100, time.Second), counted(150, 51*time.Second)}, counted(200, 2*time.Second), true, "1s → 10ms, of 50 and 200 calls"},
		"did not": {[2]calls{counted(100, time.Second), counted(150, 51*time.Second)}, counted(20, 16*time.Second), false, "1s before, 800ms just after"},
		"few": {[2]calls{counted(100, time.Second), counted(119, 2*time.Second)}, counted(20, time.Second), false,
			"19 calls ended between preflight and confirmation, 20 after"},
		"reset":    {[2]calls{counted(100, time.Second), counted(9, time.Second)}, counted(20, time.Second), false, "does not tell it here"},
		"no stats": {[2]calls{}, calls{}, false, "does not tell it here"},
	} {
		w, v := &work{order: Order{Before: &plan.Plan{}}, called: c.called}, playbooks.Verification{}
		w.compareMeans(&v, effect{calls: c.after})
		said := strings.Join(v.Unknown, "\n")
		if passes(v.Checks, "mean") {
			said = check(t, v.Checks, "mean").Saw
		}
		if passes(v.Checks, "mean") != c.passes || !strings.Contains(said, c.says) {
			t.Errorf("%s: %+v", name, v)
		}
	}
}
