package plan

import (
	"fmt"
	"slices"
	"testing"
)

func TestMeetings(t *testing.T) {
	tests := []struct {
		condition string
		want      []string // $n column op kind, the expression, the element
	}{
		{"", nil},
		{"(t.a = $1)", []string{"$1 t.a = equality"}},
		{"($1 < t.a)", []string{"$1 t.a > range"}},
		{"((t.a = $1) OR ((t.b)::text = ($2)::text) OR (NOT (t.c <> $3)))", []string{"$1 t.a = equality", "$2 t.b = equality", "$3 t.c <> not equal"}},
		{"(t.a = ANY (ARRAY[$1, 5, $2]))", []string{"$1 t.a = equality", "$2 t.a = equality [1]"}},
		{"(t.a = ANY ($1))", []string{"$1 t.a = any of"}},
		{"(t.a <> ALL ($1))", []string{"$1 t.a <> not equal"}},
		{"(ROW(t.a, t.b) > ROW($1, $2))", []string{"$1 t.a > range", "$2 t.b > range"}},
		{"(lower((t.a)::text) = $1)", []string{"$1 t.a = equality lower((a)::text)"}},
		{"((t.a + t.a) = $1)", []string{"$1 t.a = equality (a + a)"}},
		{"((t.a + t.b) = $1)", nil},
		{"((t.j ->> 'k'::text) = $1)", []string{"$1 t.j = equality (j ->> 'k'::text)"}},
		{"(t.a > (now() - $1))", []string{"$1 t.a > range ago 0"}},
		{"((t.a + $1) < CURRENT_TIMESTAMP)", []string{"$1 t.a < range ago 0"}},
		{"((now() - t.a) < $1)", []string{"$1 t.a > range ago 0"}},
		{"($1 <= (CURRENT_DATE - t.a))", []string{"$1 t.a <= range ago 0"}},
		{"(((now())::date - $1) = t.a)", []string{"$1 t.a = equality ago 0"}},
		{"(t.a > (t.b - $1))", nil},
		{"((t.a + $1) = $2)", nil},
		{"(t.a IS DISTINCT FROM $1)", []string{"$1 t.a IS DISTINCT FROM opaque"}},
		{"(COALESCE((t.a = $1), false) AND (t.v ~~ $2))", []string{"$1 t.a = equality", "$2 t.v ~~ opaque"}},
		{"(($1 @> t.r) AND (t.a = $2))", []string{"$1 t.r <@ contains", "$2 t.a = equality"}},
		{"($1 = ANY (t.tags))", []string{"$1 t.tags = ANY contains"}},
		{"(t.tags && ARRAY[$1, $2])", []string{"$1 t.tags && contains ARRAY 0", "$2 t.tags && contains ARRAY 1"}},
		{"(t.words @@ to_tsquery(($1)::regconfig, $2))", []string{"$1 t.words @@ contains to_tsquery 0", "$2 t.words @@ contains to_tsquery 1"}},
		{"(to_tsvector('simple'::regconfig, t.body) @@ $1)", []string{"$1 t.body @@ contains to_tsvector('simple'::regconfig, body)"}},
		{"(t.name ~~ (('%'::text || $1) || '%'::text))", []string{"$1 t.name ~~ search || 1"}},
		{"(t.name ~~* ($1 || $2))", []string{"$1 t.name ~~* search || 0", "$2 t.name ~~* search % 1"}},
		{"(t.name ~ $1)", []string{"$1 t.name ~ search"}},
		{"starts_with(t.name, $1)", []string{"$1 t.name ^@ opaque"}},
		{"(t.ip <<= $1)", []string{"$1 t.ip <<= opaque"}},
		{"(t.spot <@ box($1, $2))", []string{"$1 t.spot <@ contains box 0", "$2 t.spot <@ contains box 1"}},
		{"((t.a || t.b) @> $1)", nil},
		{"((t.a % $1) = $2)", nil},
		{"((t.name % $1) AND (t.a = $2))", []string{"$1 t.name % search", "$2 t.a = equality"}},
		{"(to_tsvector('simple'::regconfig, ((t.a || ' '::text) || t.b)) @@ plainto_tsquery($1))",
			[]string{"$1 t.a @@ contains to_tsvector('simple'::regconfig, ((a || ' '::text) || b)) plainto_tsquery 0"}},
		{"(CASE WHEN (t.a = $1) THEN true ELSE false END)", nil},
	}
	for _, test := range tests {
		var got []string
		for _, m := range Meetings(test.condition) {
			text := fmt.Sprintf("$%d %s.%s %s %s", m.Param, m.Qualifier, m.Column, m.Op, m.Kind)
			if m.Expression != "" {
				text += " " + m.Expression
			}
			if m.Call != "" {
				text += fmt.Sprintf(" %s %d", m.Call, m.Argument)
			}
			if m.Element > 0 {
				text += fmt.Sprintf(" [%d]", m.Element)
			}
			got = append(got, text)
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("%s:\ngot  %q\nwant %q", test.condition, got, test.want)
		}
	}
}

func TestSimple(t *testing.T) {
	for text, want := range map[string]bool{
		"lower((a)::text)": true, "(j ->> 'k'::text)": true, "date_trunc('day'::text, ts)": true, "((a % 10))": true, "a::pg_catalog.date": true,
		"(a)::public.domain": false, "lower(('x'::public.domain)::text)": false, `(a || 'x'::"Odd".t)`: false,
		"pg_read_file(a)": false, "pg_terminate_backend(pid)": false, "public.lower(a)": false, "(a OPERATOR(public.+) 1)": false, "CASE WHEN a THEN 1 END": false, "": false,
	} {
		if got := Simple(text); got != want {
			t.Errorf("Simple(%q) = %v", text, got)
		}
	}
}

func TestCalls(t *testing.T) {
	p := &Plan{Root: &Node{
		Output: []string{"nextval('s'::regclass)", "'pretend('::text"}, Filter: `(public."Odd"(a) = lower(b))`,
		Fields: map[string]string{"Function Call": "pg_sleep('1'::double precision)"},
	}}
	if got, want := p.Calls(), []string{"Odd", "lower", "nextval", "pg_sleep"}; !slices.Equal(got, want) {
		t.Errorf("calls %q, want %q", got, want)
	}
}
