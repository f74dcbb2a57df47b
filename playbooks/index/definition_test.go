package index

import (
	"strings"
	"testing"

	"github.com/pgmedic/pgmedic/probes/plan"
)

func TestDefinition(t *testing.T) {
	d := definition{Schema: "Shop", Table: "orders", Keys: []key{
		{Column: "user id"}, {Column: "a", Descending: true, NullsFirst: true}, {Column: "b", Descending: true}, {Column: "c", NullsFirst: true},
	}, Predicate: []predicate{{Kind: plan.IsNull, Column: "done"}, {Kind: plan.Boolean, Column: "open", Negated: true}}}
	want := `ON "Shop".orders ("user id", a DESC, b DESC NULLS LAST, c NULLS FIRST) WHERE done IS NULL AND NOT open`
	if got := d.shape(); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestName(t *testing.T) {
	d := definition{Schema: "public", Table: strings.Repeat("Überlang", 10), Keys: []key{{Column: "x"}}}
	name := d.name()
	if len(name) > nameLimit || !strings.HasPrefix(name, "idx__berlang_berlang") {
		t.Errorf("name %s, %d bytes", name, len(name))
	}
	other := d
	other.Keys = []key{{Column: "x", Descending: true, NullsFirst: true}}
	if d.name() != name || other.name() == name {
		t.Errorf("the name is not the definition's: %s, %s", name, other.name())
	}
}

func TestUnquote(t *testing.T) {
	for printed, want := range map[string]string{
		"'x'::text": "x", "'it''s'::text": "it's", `E'a\\b'::text`: `a\b`, "42": "42", "'-5'::integer": "-5", "true": "true",
		"'2026-01-01 00:00:00+00'::timestamp with time zone": "2026-01-01 00:00:00+00",
		"'{1,2}'::integer[]": "{1,2}",
	} {
		if got, ok := unquote(printed); !ok || got != want {
			t.Errorf("unquote(%s) = %q, %v", printed, got, ok)
		}
	}
	for _, printed := range []string{"$1", "NULL::text", "now()", "other.column", "('a'::text || 'b'::text)", "(CURRENT_TIMESTAMP - '01:00:00'::interval)"} {
		if got, ok := unquote(printed); ok {
			t.Errorf("unquote(%s) took it for the constant %q", printed, got)
		}
	}
}

func TestRewriteOfAge(t *testing.T) {
	for text, want := range map[string]string{
		"((EXTRACT(epoch FROM (CURRENT_TIMESTAMP - t.created_at)) / '60'::numeric) < '1440'::numeric)": "created_at > now() - make_interval(mins => …)",
		`((EXTRACT(epoch FROM (now() - t.created_at)) / (3600)::numeric) >= '2'::numeric)`:             "created_at <= now() - make_interval(…)",
		"(EXTRACT(epoch FROM (now() - t.created_at)) < '5'::numeric)":                                  "created_at > now() - make_interval(secs => …)",
		"((date_part('epoch'::text, (now() - t.created_at)) / '1'::double precision) < $7)":            "created_at > now() - make_interval(…)",
		"(lower(t.email) = 'x'::text)": "",
		"((EXTRACT(epoch FROM (CURRENT_TIMESTAMP - t.created_at)) / '60'::numeric) <> '1440'::numeric)":       "",
		`(("extract"('epoch'::text, (CURRENT_TIMESTAMP - t.created_at)) / '60'::numeric) <= '1440'::numeric)`: "created_at >= now() - make_interval(mins => …)",
	} {
		if got := rewriteOfAge(plan.Conjuncts(text)[0]); got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}
