package statistics

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/playbooks/index/indextest"
	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
	"github.com/pgmedic/pgmedic/probes/record"
)

// An ANALYZE whose pgmedic is gone is found by its intent, can be followed to its end, and is closed on record by what is read back.
func TestLostAnalyzeIsFound(t *testing.T) {
	t.Parallel()
	b := newBench(t, meant, late...)
	find := func(events []record.Event) []playbooks.Finding {
		found, err := New().(playbooks.Finder).Leftovers(t.Context(), b.server.Ask(), events)
		if err != nil {
			t.Fatal(err)
		}
		return found
	}
	d := b.draft(t)
	b.slowly(t)
	run := b.start(t, d)
	reports(t, run, func(p playbooks.RunProgress) bool { return p.Done > 0 })
	intents := slices.DeleteFunc(slices.Clone(b.rec.events), func(e record.Event) bool { return e.Data["state"] != playbooks.StateIntent })
	found := find(intents)
	if len(found) != 1 || found[0].Leftover.Running == nil || found[0].Playbook != "statistics" {
		t.Fatalf("found %+v", found)
	}
	running := found[0].Leftover.Running
	if p, there, err := running.Look(t.Context(), b.server.Ask()); err != nil || !there || p.Phase != "acquiring sample rows" {
		t.Errorf("looked: %+v, %v, %v", p, there, err)
	}
	if err := run.Cancel(t.Context()); err != nil {
		t.Fatal(err)
	}
	run.Outcome()
	pgtest.Eventually(t, b.dsn, "SELECT 1 WHERE NOT EXISTS (SELECT FROM pg_stat_activity WHERE pid = $1)", running.PID) // a closed session takes a moment to go
	found = find(intents)
	if len(found) != 1 || found[0].Leftover.Running != nil || !strings.Contains(found[0].Title, "it was not done") {
		t.Fatalf("found %+v", found)
	}
	if e := found[0].Leftover.End(time.Now()); e.Data["state"] != "failed" || e.Data["intent"] != intents[0].ID || e.Data["playbook"] != "statistics" {
		t.Errorf("closed by %+v", e)
	}
	b.counted(t, "SET vacuum_cost_delay = 0", "ANALYZE late")
	pgtest.Eventually(t, b.dsn, "SELECT 1 FROM pg_stat_user_tables WHERE relname = 'late' AND n_mod_since_analyze = 0")
	found = find(intents)
	if len(found) != 1 || !strings.Contains(found[0].Title, "analysed since, by it or by somebody else's ANALYZE") {
		t.Fatalf("found %+v", found)
	}
	end := found[0].Leftover.End(time.Now())
	if end.Data["state"] != "unknown" || !strings.Contains(end.Body, "by this or by somebody else's ANALYZE") || len(find(append(intents, end))) != 0 {
		t.Errorf("closed by %+v", end)
	}
	v, err := running.Verify(t.Context(), b.server.Ask())
	if err != nil || v.Done || v.Begun || playbooks.CountRows(v.Rows, playbooks.RowUnknown) != 1 {
		t.Errorf("watched to its end: %+v, %v", v, err)
	}
}

// What autovacuum has renewed since an intent is not taken for its work.
func TestAutovacuumIsNotTheLeftover(t *testing.T) {
	t.Parallel()
	dsn := pgtest.Server(t, map[string]string{"autovacuum_naptime": "1s"}).DSN("postgres")
	at := time.Now()
	writer := pgtest.Connect(t, dsn, nil)
	pgtest.Execute(t, writer, late...)
	if err := writer.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	pgtest.Eventually(t, dsn, "SELECT 1 FROM pg_stat_user_tables WHERE relname = 'late' AND last_autoanalyze > last_analyze")
	ask := indextest.Watched(t, dsn).Ask()
	intent := record.Event{ID: "1", Kind: record.Acted, At: time.Now(), Title: "applying: renew the statistics of public.late", Data: map[string]string{
		"playbook": playbookName, "state": playbooks.StateIntent, "pid": "1", "backend_start": at.Format(time.RFC3339Nano),
		"relation_oid": pgtest.Value(t, dsn, "SELECT 'late'::regclass::oid::text"),
	}}
	find := func() playbooks.Finding {
		found, err := New().(playbooks.Finder).Leftovers(t.Context(), ask, []record.Event{intent})
		if err != nil || len(found) != 1 {
			t.Fatal(found, err)
		}
		return found[0]
	}
	if end := find().Leftover.End(at); end.Data["state"] != "failed" || !strings.Contains(end.Body, "its statistics are as old as before") {
		t.Errorf("nothing since: %+v", end)
	}
	pgtest.Execute(t, pgtest.Connect(t, dsn, nil), "INSERT INTO late SELECT n, n FROM generate_series(1, 60000) AS n")
	pgtest.Eventually(t, dsn, "SELECT 1 FROM pg_stat_user_tables WHERE relname = 'late' AND last_autoanalyze > $1", intent.At)
	f := find()
	if end := f.Leftover.End(at); end.Data["state"] != "failed" || !strings.Contains(end.Body, "renewed by autovacuum on 20") ||
		!strings.Contains(f.Title, "it was not done") {
		t.Errorf("autovacuum since: %s, %+v", f.Title, end)
	}
}
