package apply

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/playbooks/index/shape"
	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
)

func TestBuildVerifyUndo(t *testing.T) {
	t.Parallel()
	b := newBench(t, pgtest.Database(t), events("20000")...)
	x := b.index(t, "events", key("account"), shape.Key{Column: "at", Descending: true, NullsFirst: true})
	x.Bytes, x.Took = 600_000, time.Second
	d := b.draft(t, x)
	if want := "CREATE INDEX CONCURRENTLY " + d.Word + " ON public.events (account, at DESC) /* pgmedic:index-build */"; len(d.SQL) != 1 || d.SQL[0] != want {
		t.Errorf("drafted %q", d.SQL)
	}
	outcome := b.apply(t, d)
	v := outcome.Verification
	if outcome.State != playbooks.Applied || outcome.Err != nil || outcome.Next != "" {
		t.Fatalf("outcome %+v", outcome)
	}
	for _, name := range []string{"valid", "definition", "size", "time"} {
		if c := check(t, v.Checks, name); c.Verdict != playbooks.Pass {
			t.Errorf("%+v", c)
		}
	}
	if len(v.Facts) != 2 || v.Facts[0].Kind != "index.size" || v.Facts[0].Value < 8192 || v.Facts[1].Kind != "index.build" || v.Facts[1].Value <= 0 {
		t.Errorf("facts %+v", v.Facts)
	}
	var nothing *playbooks.NoDraft
	if _, err := drafted(t.Context(), b.server.Ask(), Order{Indexes: []Index{x}}); !errors.As(err, &nothing) {
		t.Error("what is there was drafted again:", err)
	}
	if p, err := b.engine.Prepare(t.Context(), d); err != nil || !strings.Contains(p.Refused(), "has the same shape") {
		t.Error("a second index of the shape was not refused:", err, p.Refused())
	}
	undo := v.Undo
	if len(undo.Undo) != 1 || !strings.HasPrefix(undo.Undo[0], "CREATE INDEX CONCURRENTLY "+d.Word+" ON public.events") {
		t.Errorf("the definition was not saved before dropping: %q", undo.Undo)
	}
	if outcome := b.apply(t, undo); outcome.State != playbooks.Applied || b.indexes(t, "events") != "1" {
		t.Errorf("undo: %+v", outcome)
	}
}

// Two indexes of one draft are built one after the other, and the statistics of an expression are gathered.
func TestSeveralIndexesAndAnExpression(t *testing.T) {
	t.Parallel()
	b := newBench(t, pgtest.Database(t), events("5000")...)
	lower := b.index(t, "events", shape.Key{Expression: "lower(kind)", Columns: []string{"kind"}})
	gin := b.index(t, "events", shape.Key{Expression: "to_tsvector('simple'::regconfig, kind)", Columns: []string{"kind"}})
	gin.Shape.Method = "gin"
	unique := b.index(t, "events", key("at"), key("id"))
	unique.Shape.Unique = true
	partial := b.index(t, "events", key("account"))
	partial.Shape.Where = []shape.Clause{{SQL: "kind = 'k1'::text", Columns: []string{"kind"}}}
	d := b.draft(t, lower, gin, unique, partial)
	if len(d.SQL) != 5 || !strings.HasPrefix(d.SQL[4], "ANALYZE public.events") {
		t.Fatalf("drafted %q", d.SQL)
	}
	if outcome := b.apply(t, d); outcome.State != playbooks.Applied || outcome.Next != "" {
		t.Fatalf("outcome %+v", outcome)
	}
	if n := pgtest.Value(t, b.dsn, "SELECT count(*)::text FROM pg_stats WHERE tablename = $1", lower.name()); n != "1" {
		t.Errorf("statistics of the expression: %s rows", n)
	}
	if b.indexes(t, "events") != "5" {
		t.Error("indexes:", b.indexes(t, "events"))
	}
}

// An extension that an operator class comes from is installed first, where the index names it: whatever the search_path is, it is then as drafted.
func TestExtensionFirst(t *testing.T) {
	t.Parallel()
	b := newBench(t, pgtest.Database(t), events("5000")...)
	x := b.index(t, "events", shape.Key{Column: "kind", Opclass: "public.gin_trgm_ops"})
	x.Shape.Method, x.Needs = "gin", "pg_trgm"
	outcome := b.apply(t, b.draft(t, x))
	if c := check(t, outcome.Verification.Checks, "definition"); outcome.State != playbooks.Applied || c.Verdict != playbooks.Pass {
		t.Errorf("%+v, %+v", outcome, c)
	}
	if undo := outcome.Verification.Undo; undo == nil || !strings.Contains(strings.Join(undo.Warnings, "; "), "DROP EXTENSION pg_trgm where nothing needs it") {
		t.Errorf("undo %+v", undo)
	}
}
