package plan

import "testing"

func TestAlone(t *testing.T) {
	types := map[string]string{"a": "integer", "v": "character varying", "tags": "text[]", "j": "jsonb", "T x": "date"}
	typeOf := func(column string) string { return types[column] }
	parameterType := func(n int) string { return map[int]string{1: "bigint", 2: "text[]"}[n] }
	const no = ""
	for _, test := range []struct{ text, want string }{
		{"(t.a = 5)", "(t.a = 5)"},
		{"(a = 5)", "(a = 5)"},
		{"(t.a = $1)", "(t.a = ((SELECT NULL::bigint)::bigint))"},
		{"((t.v)::text = ANY ($2))", "((t.v)::text = ANY (((SELECT NULL::text[])::text[])))"},
		{"(t.a > (now() - (($1)::double precision * '1 day'::interval)))",
			"(t.a > (now() - ((((SELECT NULL::bigint)::bigint))::double precision * '1 day'::interval)))"},
		{"(t.a = $0)", "(t.a = ((SELECT NULL::integer)::integer))"},
		{"((t.v)::text = $7)", "((t.v)::text = ((SELECT NULL::text)::text))"},
		{`(t."T x" > (InitPlan 1).col1)`, `(t."T x" > ((SELECT NULL::date)::date))`},
		{"(t.a = ANY ((InitPlan 1).col1))", "(t.a = ANY (((SELECT NULL::integer[])::integer[])))"},
		{"(t.a = o.b)", "(t.a = ((SELECT NULL::integer)::integer))"},
		{"((o.b + 1) <= t.a)", "(((SELECT NULL::integer)::integer) <= t.a)"},
		{"(o.b = ANY (t.tags))", "(((SELECT NULL::text)::text) = ANY (t.tags))"},
		{"(t.j ? o.b)", "(t.j ? ((SELECT NULL::text)::text))"},
		{"(t.j @> o.b)", "(t.j @> ((SELECT NULL::jsonb)::jsonb))"},
		{"(ROW(t.a, t.v) > ROW($1, o.b))", "(ROW(t.a, t.v) > ROW(((SELECT NULL::bigint)::bigint), ((SELECT NULL::character varying)::character varying)))"},
		{"(lower(t.v) = o.b)", "(lower(t.v) = (SELECT lower(t.v) FROM (SELECT NULL::character varying AS v OFFSET 0) AS t))"},
		{"((t.a = o.b) OR (t.a = $1))", "((t.a = ((SELECT NULL::integer)::integer)) OR (t.a = ((SELECT NULL::bigint)::bigint)))"},
		{"CASE WHEN t.a THEN pg_catalog.abs(t.a) ELSE (0)::public.x END", "CASE WHEN t.a THEN pg_catalog.abs(t.a) ELSE (0)::public.x END"},

		{"(t.a = (SubPlan 1))", no},
		{"(NOT (hashed SubPlan 1))", no},
		{"((t.a + o.b) > 5)", no},
		{"(o.b > 5)", no},
		{"(t.nothing = o.b)", no},
		{"(o.b = ANY (t.a))", no},
		{"(t.j @@ o.b)", no},
		{"CASE WHEN t.a THEN o.b ELSE 1 END", no},
		{"CASE WHEN t.a THEN $1 ELSE 1 END", no},
		{"($9 IS NULL)", no},
	} {
		got, ok := Condition{Text: test.text}.Alone("t", typeOf, parameterType)
		if got != test.want || ok != (test.want != no) {
			t.Errorf("%s:\ngot  %s %v\nwant %s", test.text, got, ok, test.want)
		}
	}
}

// Before version 17 the results of InitPlans are printed like parameters: those are none of the statement's.
func TestParameterType(t *testing.T) {
	p := &Plan{Root: &Node{Type: "Seq Scan", Children: []*Node{{Type: "Result", Fields: map[string]string{"Subplan Name": "InitPlan 1 (returns $0,$2)"}}}}}
	p.Origin.Parameters = []Parameter{{N: 1, Type: "integer"}, {N: 2, Type: "text"}}
	if name := p.ParameterType(1); name != "" {
		t.Errorf("$1 of a plan with values has the type %q", name)
	}
	p.Origin.Class = Generic
	for n, want := range map[int]string{0: "", 1: "integer", 2: "", 3: ""} {
		if got := p.ParameterType(n); got != want {
			t.Errorf("$%d has the type %q, want %q", n, got, want)
		}
	}
}
