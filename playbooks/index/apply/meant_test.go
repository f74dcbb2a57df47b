package apply

import (
	"strings"
	"testing"

	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/playbooks/index/shape"
	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
	"github.com/pgmedic/pgmedic/probes/record"
)

// lost is the intent of a draft whose pgmedic was lost.
func lost(d *playbooks.Draft) record.Event {
	data := map[string]string{"playbook": playbookName, "state": playbooks.StateIntent, "pid": "1"}
	for name, value := range d.Target {
		data[name] = value
	}
	return record.Event{ID: "lost", Kind: record.Acted, Title: "applying: " + d.Title, SQL: strings.Join(d.SQL, ";\n"), Data: data}
}

// became finds what became of the one intent.
func (b *bench) became(t *testing.T, intent record.Event) Leftover {
	t.Helper()
	found := leftovers(t, b, []record.Event{intent})
	if len(found) != 1 || found[0].Intent.ID != "lost" {
		t.Fatalf("found %+v", found)
	}
	return found[0]
}

// A REINDEX whose end is not on record is read back, not called gone.
func TestRepairLost(t *testing.T) {
	t.Parallel()
	b := newBench(t, pgtest.Database(t), append(events("500"), "CREATE INDEX by_kind ON events (kind)",
		"UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'by_kind'::regclass")...)
	intent := lost(leftovers(t, b, nil)[0].Repair)
	if l := b.became(t, intent); l.State != Invalid || l.CleanUp == nil || l.Repair == nil {
		t.Errorf("not built anew: %+v", l)
	}
	pgtest.Execute(t, b.app, "REINDEX INDEX CONCURRENTLY by_kind")
	l := b.became(t, intent)
	if v, err := l.Verify(t.Context(), b.server.Ask()); l.State != Finished || err != nil || !v.Done || v.Undo != nil {
		t.Errorf("built anew: %+v; read back %+v, %v", l, v, err)
	}
	pgtest.Execute(t, b.app, "DROP INDEX by_kind")
	if l := b.became(t, intent); l.State != Missing {
		t.Errorf("gone: %+v", l)
	}
}

// The intent names what it is about by oid: what somebody has made since under the same names is not taken for it.
func TestIntentsNameOIDs(t *testing.T) {
	t.Parallel()
	b := newBench(t, pgtest.Database(t), events("500")...)
	d := b.draft(t, b.index(t, "events", key("account")))
	build := lost(d)
	pgtest.Execute(t, b.app, strings.TrimSuffix(d.SQL[0], buildTag))
	l := b.became(t, build)
	if l.State != Finished {
		t.Errorf("built: %+v", l)
	}
	v, err := l.Verify(t.Context(), b.server.Ask())
	if err != nil || v.Undo == nil {
		t.Fatalf("read back %+v, %v", v, err)
	}
	drop := lost(v.Undo)
	if l := b.became(t, drop); l.State != Missing {
		t.Errorf("not dropped: %+v", l)
	}
	pgtest.Execute(t, b.app, "DROP INDEX "+d.Word, strings.TrimSuffix(d.SQL[0], buildTag))
	if l := b.became(t, drop); l.State != Finished {
		t.Errorf("dropped, and made again by somebody: %+v", l)
	}
	pgtest.Execute(t, b.app, "ALTER TABLE events RENAME TO renamed")
	if l := b.became(t, build); l.State != Finished {
		t.Errorf("its table was renamed: %+v", l)
	}
	pgtest.Execute(t, b.app, append([]string{"DROP TABLE renamed"}, append(events("500"), strings.TrimSuffix(d.SQL[0], buildTag))...)...)
	l = b.became(t, build)
	if v, err := l.Verify(t.Context(), b.server.Ask()); l.State != Missing || err != nil || v.Done || v.Undo != nil {
		t.Errorf("on another table of the name: %+v; read back %+v, %v", l, v, err)
	}
}

// A build that was found again says what was not done after it, the statistics of its expression and its plan, and can be taken back.
func TestExpressionLost(t *testing.T) {
	t.Parallel()
	b := newBench(t, pgtest.Database(t), events("2000")...)
	d := b.draft(t, b.index(t, "events", shape.Key{Expression: "lower(kind)", Columns: []string{"kind"}}))
	pgtest.Execute(t, b.app, strings.TrimSuffix(d.SQL[0], buildTag))
	l := b.became(t, lost(d))
	v, err := l.Verify(t.Context(), b.server.Ask())
	if err != nil || !v.Done || v.Undo == nil {
		t.Fatalf("read back %+v, %v", v, err)
	}
	if c := check(t, v.Checks, "statistics"); c.Verdict != playbooks.Caution || c.Do != "ANALYZE public.events" {
		t.Errorf("statistics: %+v", c)
	}
	if c := check(t, v.Checks, "plan"); c.Verdict != playbooks.Caution {
		t.Errorf("plan: %+v", c)
	}
	pgtest.Execute(t, b.app, "ANALYZE events")
	if v, err = l.Verify(t.Context(), b.server.Ask()); err != nil || check(t, v.Checks, "statistics").Verdict != playbooks.Pass {
		t.Errorf("after ANALYZE: %+v, %v", v.Checks, err)
	}
	if o := b.apply(t, v.Undo); o.State != playbooks.Applied || b.indexes(t, "events") != "1" {
		t.Errorf("taken back: %+v", o)
	}
}
