package apply

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/probes/pgerr"
	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
	"github.com/pgmedic/pgmedic/probes/record"
)

// by runs a statement of somebody else until it is in a phase, and cancels it there.
func (b *bench) cancelledIn(t *testing.T, phase, sql string) {
	t.Helper()
	pid := pgtest.InBackground(t, pgtest.Connect(t, b.dsn, nil), sql)
	if !b.reaches(phase) {
		t.Fatal("it did not come to ", phase)
	}
	pgtest.Execute(t, b.app, "SELECT pg_cancel_backend("+pgtest.Value(t, b.dsn, "SELECT $1::int::text", pid)+")")
	pgtest.Eventually(t, b.dsn, "SELECT 1 WHERE NOT EXISTS (SELECT FROM pg_stat_progress_create_index WHERE datname = current_database())")
}

// INVALID indexes of anybody are found, each with what is right for it.
func TestInvalidIndexesOfAnybody(t *testing.T) {
	t.Parallel()
	b := newBench(t, pgtest.Database(t), append(events("2000"), "CREATE INDEX by_kind ON events (kind)")...)
	tx := b.writer(t, touch)
	b.cancelledIn(t, writersBefore, `CREATE UNIQUE INDEX CONCURRENTLY "by Account" ON events (account)`)
	b.cancelledIn(t, writersBefore, "REINDEX INDEX CONCURRENTLY by_kind")
	rollback(t, tx)
	pgtest.Execute(t, b.app, "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'events_pkey'::regclass")
	found := map[string]Leftover{}
	for _, l := range leftovers(t, b, nil) {
		found[l.Index] = l
	}
	account, transient, primary := found["by Account"], found["by_kind_ccnew"], found["events_pkey"]
	switch {
	case len(found) != 3:
		t.Errorf("found %+v", found)
	case account.Ours || account.CleanUp == nil || account.Repair == nil || !strings.Contains(account.Words, "rejects no row"):
		t.Errorf("by Account: %+v", account)
	case transient.CleanUp == nil || transient.Repair != nil || !strings.Contains(transient.Words, "REINDEX CONCURRENTLY"):
		t.Errorf("by_kind_ccnew: %+v", transient)
	case primary.CleanUp != nil || primary.Repair == nil || !strings.Contains(primary.Words, "constraint"):
		t.Errorf("events_pkey: %+v", primary)
	}
	for _, d := range []*playbooks.Draft{account.CleanUp, transient.CleanUp} {
		if strings.Contains(strings.Join(d.Warnings, "\n"), "queries that use it") {
			t.Errorf("no query uses an INVALID index, and it says %q", d.Warnings)
		}
	}
	for _, d := range []*playbooks.Draft{account.CleanUp, transient.CleanUp, primary.Repair} {
		if outcome := b.apply(t, d); outcome.State != playbooks.Applied || outcome.Next != "" {
			t.Errorf("%s: %+v", d.Title, outcome)
		}
	}
	if b.invalid(t) != "" {
		t.Error("INVALID still:", b.invalid(t))
	}
}

// What is said of an INVALID unique index is what the server does with it: writes are kept in it, and it rejects rows, only where it was built as far as that.
func TestWhatInvalidIndexesCost(t *testing.T) {
	t.Parallel()
	for ready, words := range map[string]string{"true": "costs every write of public.events, and rejects rows", "false": "rejects no row"} {
		t.Run("indisready "+ready, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, pgtest.Database(t), append(events("50"), "CREATE UNIQUE INDEX half ON events (account)",
				"UPDATE pg_index SET indisvalid = false, indisready = "+ready+" WHERE indexrelid = 'half'::regclass")...)
			found := leftovers(t, b, nil)
			if len(found) != 1 || !strings.Contains(found[0].Words, words) {
				t.Errorf("found %+v, want %q", found, words)
			}
			p, err := b.engine.Prepare(t.Context(), b.draft(t, b.index(t, "events", key("kind"))))
			if err != nil || !strings.Contains(check(t, p.Checks, "invalid index").Saw, words) {
				t.Errorf("the preflight says %+v, %v", p, err)
			}
			p.Abandon()
			_, err = pgtest.Connect(t, b.dsn, nil).Exec(t.Context(), "INSERT INTO events SELECT 90001, account, kind, at FROM events WHERE id = 1")
			if rejected := pgerr.State(err) == "23505"; rejected != (ready == "true") {
				t.Errorf("the server says %v", err)
			}
		})
	}
}

// What the record meant and the server does not have, or has by now, is told apart; an INVALID index of the name is never taken for success.
func TestWhatBecameOfIntents(t *testing.T) {
	t.Parallel()
	b := newBench(t, pgtest.Database(t), append(events("500"), "CREATE INDEX done ON events (kind)", "CREATE INDEX left_invalid ON events (at)",
		"UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'left_invalid'::regclass")...)
	intent := func(id, sql string) record.Event {
		return record.Event{ID: id, Kind: record.Acted, Title: "applying: " + id, SQL: sql, Data: map[string]string{"playbook": "index", "state": "intent", "pid": "1"}}
	}
	events := []record.Event{
		intent("finished", "CREATE INDEX CONCURRENTLY done ON public.events (kind)"+buildTag),
		intent("missing", "CREATE INDEX CONCURRENTLY never ON public.events (kind)"+buildTag),
		intent("invalid", "CREATE INDEX CONCURRENTLY left_invalid ON public.events (at)"+buildTag),
		intent("elsewhere", "CREATE INDEX CONCURRENTLY done ON public.other (kind)"+buildTag),
		intent("dropped", "DROP INDEX CONCURRENTLY public.never"+dropTag),
		intent("undropped", "DROP INDEX CONCURRENTLY public.done"+dropTag),
		intent("closed", "CREATE INDEX CONCURRENTLY never ON public.events (kind)"+buildTag),
		{Kind: record.Acted, Data: map[string]string{"playbook": "index", "state": "failed", "intent": "closed"}},
		intent("unknown", "CREATE INDEX CONCURRENTLY done ON public.events (kind)"+buildTag),
		{Kind: record.Acted, Data: map[string]string{"playbook": "index", "state": "unknown", "intent": "unknown"}},
	}
	want := map[string]LeftoverState{"finished": Finished, "missing": Missing, "invalid": Invalid, "elsewhere": Missing, "dropped": Finished, "undropped": Missing, "unknown": Finished}
	found := leftovers(t, b, events)
	if len(found) != len(want) {
		t.Errorf("found %+v", found)
	}
	for _, l := range found {
		if l.State != want[l.Intent.ID] {
			t.Errorf("%s is %s, want %s: %s", l.Intent.ID, l.State, want[l.Intent.ID], l.Words)
		}
		if (l.CleanUp != nil) != (l.Intent.ID == "invalid") {
			t.Errorf("%s has the clean-up %+v", l.Intent.ID, l.CleanUp)
		}
	}
}

func TestMadeBy(t *testing.T) {
	sql := strings.Join([]string{
		`CREATE UNIQUE INDEX CONCURRENTLY "a ""b"".c" ON "My"."T" (id) WHERE kind = 'CREATE INDEX x ON y.z (a);'`,
		"DROP INDEX CONCURRENTLY public.leaf", "CREATE INDEX parent ON ONLY public.p (id)", "CREATE INDEX CONCURRENTLY leaf ON public.p1 (id)",
		"ALTER INDEX public.parent ATTACH PARTITION public.leaf", "DROP INDEX public.gone", "REINDEX INDEX CONCURRENTLY public.broken", "ANALYZE public.p"}, ";\n")
	want := []made{{"My", "T", `a "b".c`, false, false}, {"public", "p", "parent", false, false}, {"public", "p1", "leaf", false, false},
		{"public", "", "gone", true, false}, {"public", "", "broken", false, true}}
	got := madeBy(sql)
	if len(got) != len(want) {
		t.Fatalf("got %+v", got)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("got %+v, want %+v", got[i], want[i])
		}
	}
}

// A build that somebody else runs is found and can be watched to its end, also by a role that may not see whose it is; nothing of it is offered to be dropped.
func TestBuildOfSomebodyElse(t *testing.T) {
	t.Parallel()
	dsn := pgtest.Database(t)
	b := newBench(t, dsn, append(events("500"), "CREATE ROLE guest LOGIN PASSWORD 'guest'", "CREATE INDEX by_kind ON events (kind)")...)
	t.Cleanup(func() { pgtest.Execute(t, pgtest.Connect(t, dsn, nil), "DROP ROLE guest") })
	guest := watched(t, pgtest.As(t, dsn, "guest", "guest"))
	for _, sql := range []string{"CREATE INDEX CONCURRENTLY by_account ON events (account)", "REINDEX INDEX CONCURRENTLY by_kind"} {
		tx := b.writer(t, touch)
		pgtest.InBackground(t, pgtest.Connect(t, dsn, nil), sql)
		if !b.reaches(writersBefore) {
			t.Fatal("it did not come to wait")
		}
		found := leftovers(t, b, nil)
		if len(found) != 1 || found[0].State != Running || found[0].Ours || !strings.Contains(sql, " "+found[0].Index) {
			t.Fatalf("found %+v", found)
		}
		blind, err := Leftovers(t.Context(), guest.Ask(), nil)
		if err != nil || len(blind) != 1 || blind[0].State != Running || blind[0].PID != found[0].PID {
			t.Fatalf("found %+v, %v", blind, err)
		}
		if _, running, err := blind[0].Watch(t.Context(), guest.Ask()); err != nil || !running {
			t.Errorf("watched: %v, %v", running, err)
		}
		rollback(t, tx)
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		if v, err := found[0].Follow(ctx, b.server.Ask(), 20*time.Millisecond, func(playbooks.Progress) {}); err != nil || !v.Done {
			t.Errorf("read back %+v, %v", v, err)
		}
	}
}
