package apply

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
)

// The statements of an intent are told apart by what they are, not by how they look.
func TestStatements(t *testing.T) {
	sent := []string{`CREATE INDEX CONCURRENTLY "a;
b" ON public.t ((x || ';')) WHERE kind = ';
'` + buildTag, "SET statement_timeout = 0" + buildTag, "ANALYZE public.t" + buildTag}
	if got := statements(strings.Join(sent, ";\n")); !slices.Equal(got, sent) {
		t.Errorf("got %q", got)
	}
	if got := statements(""); len(got) != 0 {
		t.Errorf("got %q", got)
	}
	l := Leftover{SQL: []string{"SET a", "CREATE INDEX one ON t (a)", "CREATE INDEX two ON t (a)", "SET a"}}
	for runs, want := range map[string]int{"CREATE INDEX o": 1, "CREATE INDEX two ON t (a)": 2, "CREATE INDEX": -1, "SET a": -1, "": -1, "ROLLBACK": -1} {
		if at, ok := l.at(runs); ok != (want >= 0) || ok && at != want {
			t.Errorf("%q is %d, %v", runs, at, ok)
		}
	}
}

// The pgmedic that builds the indexes of partitions is cut off in the middle: whoever finds the build learns which statement runs, which have ended and how many
// nobody sends; when that one has ended, what is there is unfinished, not failed, and drafting again goes on.
func TestReattachedInTheMiddle(t *testing.T) {
	t.Parallel()
	b := newBench(t, pgtest.Database(t), ledger(3)...)
	through, wire := throughProxy(t, b.dsn)
	victim := newBench(t, through)
	d := victim.draft(t, victim.index(t, "ledger", key("account")))
	tx := b.writer(t, "UPDATE ledger_02 SET account = 1")
	victim.start(t, d)
	if !b.reachesOn(writersBefore, "ledger_02") {
		t.Fatal("it did not come to wait")
	}
	rec := victim.rec.intents()
	wire.listener.Close()
	wire.cut()
	step := 1 + slices.IndexFunc(d.SQL, func(sql string) bool { return strings.Contains(sql, " ON public.ledger_02 ") })
	found := leftovers(t, b, rec)
	if len(found) != 1 || found[0].State != Running || !slices.Equal(found[0].SQL, d.SQL) {
		t.Fatalf("found %+v", found)
	}
	for _, want := range []string{fmt.Sprintf("statement %d of %d:", step, len(d.SQL)), fmt.Sprintf("%d were not sent", len(d.SQL)-step), "1 of 6 indexes valid",
		"this one sends none", "draft again"} {
		if !strings.Contains(found[0].Words, want) {
			t.Errorf("%q is not in: %s", want, found[0].Words)
		}
	}
	p, running, err := found[0].Watch(t.Context(), b.server.Ask())
	if err != nil || !running || p.Step != step || p.Steps != len(d.SQL) || !strings.HasPrefix(p.Doing, "CREATE INDEX CONCURRENTLY") {
		t.Errorf("watched %+v, %v, %v; want step %d", p, running, err, step)
	}
	rollback(t, tx)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	v, err := found[0].Follow(ctx, b.server.Ask(), 20*time.Millisecond, func(playbooks.Progress) {})
	if err != nil || v.Done || !v.Begun || len(v.Checks) != 1 || !strings.Contains(v.Checks[0].Do, "draft again") {
		t.Errorf("read back %+v, %v", v, err)
	}
	if e := found[0].Outcome(v, time.Now()); e.Data["state"] != string(playbooks.Unfinished) {
		t.Errorf("closed with %+v", e)
	}
	if o := b.apply(t, b.draft(t, b.index(t, "ledger", key("account")))); o.State != playbooks.Applied || !b.isValid(t, d.Word) {
		t.Errorf("gone on with: %+v", o)
	}
}
