package candidate

import (
	"strings"
	"testing"

	"github.com/pgmedic/pgmedic/playbooks/index/shape"
	"github.com/pgmedic/pgmedic/playbooks/index/table"
	"github.com/pgmedic/pgmedic/probes/plan"
)

// Whatever a condition's text holds, nothing panics, no parameter reaches a predicate, and every key is a column of the table or an expression.
func FuzzOf(f *testing.F) {
	for _, c := range classes {
		for _, condition := range c.need.Conditions {
			f.Add(condition.Text, "made")
		}
	}
	f.Add(`((t."odd ""name" = 'it''s') OR (NOT t.active))`, `lower(t."x")`)
	f.Fuzz(func(t *testing.T, filter, order string) {
		need := needOf(filter, ordered(3, shape.Key{Expression: order, Columns: []string{"made"}}))
		need.Output, need.Table.AllVisible = []string{"kind", "*"}, need.Table.Pages
		need.Table.Indexes = []table.Existing{{Name: "x", Valid: true, Known: true, Shape: shape.Index{Method: "btree", Keys: []shape.Key{up("tenant")}}}}
		found := Of(need)
		if len(found) > most {
			t.Errorf("%d candidates", len(found))
		}
		for _, c := range found {
			checkCandidate(t, need, c)
		}
		Serving(need)
		unqualified(filter, "t")
		isLiteral(filter)
		castOf(filter)
		columnsSet(filter)
		hasTrigram("~~", filter)
		for _, c := range need.Conditions {
			Beginning(c)
			Within(c)
		}
	})
}

func checkCandidate(t *testing.T, need Need, c Candidate) {
	t.Helper()
	for _, x := range append([]shape.Index{c.Index}, c.More...) {
		if len(x.Keys) == 0 {
			t.Errorf("no key: %+v", c)
		}
		for _, k := range x.Keys {
			if _, known := need.Table.Columns[k.Column]; !known && k.Expression == "" {
				t.Errorf("an unknown key: %+v", k)
			}
		}
		for _, w := range x.Where {
			if holds(w.SQL, "$") || w.SQL == "" {
				t.Errorf("predicate %q", w.SQL)
			}
		}
	}
}

func TestText(t *testing.T) {
	without := map[string]string{
		`(t.a = 't.b'::text)`:               `(a = 't.b'::text)`,
		`(t."a.b" > t.t(t.c))`:              `("a.b" > t.t(c))`,
		`('x'::t.kind = t.kind)`:            `('x'::t.kind = kind)`,
		`(t.a COLLATE t.mine)`:              `(a COLLATE t.mine)`,
		`(o.t = t.o)`:                       `(o.t = o)`,
		`(ROW(t.a, t.b) < ROW(1, 'it''s'))`: `(ROW(a, b) < ROW(1, 'it''s'))`,
	}
	for text, want := range without {
		if got := unqualified(text, "t"); got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
	literals := map[string]bool{"5": true, "'-5'::integer": true, "-5": true, "'x'::text": true, "'{a,b}'::text[]": true, "true": true, "'2024-01-01 00:00:00+00'::timestamp with time zone": true,
		"'a'::\"My Schema\".mood": true, "'5'::numeric(10,2)": true, "('x'::text)::character varying": false,
		"now()": false, "$1": false, "($1)::text": false, "CURRENT_DATE": false, "(InitPlan 1).col1": false, "('now'::text || 'x'::text)": false, "NULL::text": false, "": false, "o.id": false}
	for text, want := range literals {
		if got := isLiteral(text); got != want {
			t.Errorf("%q is a literal: %v", text, got)
		}
	}
	trigrams := map[string]bool{"%abc%": true, "%ab%": false, "ab%": true, "a%": true, "%ab": true, "%a": false, "%a_c%": false, "% ab %": true, "%": false, "": false, "%é€%": false, "%éñü%": true}
	for pattern, want := range trigrams {
		if got := hasTrigram("~~", pattern); got != want {
			t.Errorf("%q has a trigram: %v", pattern, got)
		}
	}
	beginnings := map[string]string{"^abc": "abc", "^ab*": "a", "^ab+": "ab", "^a*": "", "abc": "", "^abc|d": "", "^[ab]": "", "^": "", "^a?": "", "^a{2}": "", `^10\.0\.`: "10.0.",
		`^a\d`: "a", "^abc$": "abc", "^été.": "été", `^\`: ""}
	for pattern, want := range beginnings {
		got, ok := Beginning(plan.Condition{Kind: plan.Search, Op: "~", Value: "'" + pattern + "'::text"})
		if got != want || ok != (want != "") {
			t.Errorf("%q begins with %q (%v)", pattern, got, ok)
		}
	}
	networks := map[string]string{"<<= '10.7.0.0/16'": ">= '10.7.0.0/16'::inet AND <= '10.7.255.255'::inet", "<< '10.7.3.129/25'": "> '10.7.3.128/25'::inet AND <= '10.7.3.255'::inet",
		"<<= '10.1.2.3'": ">= '10.1.2.3/32'::inet AND <= '10.1.2.3'::inet", "<<= '2001:db8::/32'": ">= '2001:db8::/32'::inet AND <= '2001:db8:ffff:ffff:ffff:ffff:ffff:ffff'::inet",
		"<<= '0.0.0.0/0'": ">= '0.0.0.0/0'::inet AND <= '255.255.255.255'::inet", ">>= '10.7.0.0/16'": "", "<<= 'x'": ""}
	for within, want := range networks {
		op, value, _ := strings.Cut(within, " ")
		limits, ok := Within(plan.Condition{Kind: plan.Opaque, Column: "a", Op: op, Value: value + "::inet"})
		var texts []string
		for _, l := range limits {
			texts = append(texts, strings.TrimSuffix(strings.TrimPrefix(l.Text, "(a "), ")"))
		}
		if got := strings.Join(texts, " AND "); got != want || ok != (want != "") {
			t.Errorf("%s: %s", within, got)
		}
	}
	for name, want := range map[string]string{`public.events`: "public events", `"The Shop"."a.""b"`: `The Shop a."b`, `events`: "", `a.b.c`: ""} {
		schema, relation, ok := splitName(name)
		if ok != (want != "") || ok && schema+" "+relation != want {
			t.Errorf("%s: %q %q %v", name, schema, relation, ok)
		}
	}
}

// A value that is a parameter's is none of a predicate, though the plan for that value prints it; one of another column is.
func TestParametersOfOtherColumns(t *testing.T) {
	need := needOf(`((t.status = 'failed'::text) AND (t.kind = 3))`, func(n *Need) { n.Parameters = []plan.Parameter{{N: 1, Column: "kind"}} })
	found := false
	for _, body := range bodiesOf(Of(need)) {
		found = found || body == "(kind) WHERE status = 'failed'::text"
	}
	if !found {
		t.Error("no predicate on the constant")
	}
}
