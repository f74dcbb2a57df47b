package plan

import (
	"strings"
	"testing"

	"github.com/pgmedic/pgmedic/probes/sqltext"
)

func TestConjunctsOfTheDedupQuery(t *testing.T) {
	got := Conjuncts(`((reports.completed_at IS NULL) AND (reports.report_type = $1) AND ((reports.title)::text = ($2)::text) AND (reports.params = $5) AND ` +
		`(reports.organization_id = '4a7e860d-0000-0000-0000-000000000000'::uuid) AND ` +
		`((EXTRACT(epoch FROM (CURRENT_TIMESTAMP - reports.created_at)) / '60'::numeric) < $7))`)
	want := []Condition{
		{Text: "(reports.completed_at IS NULL)", Kind: IsNull, Column: "completed_at"},
		{Text: "(reports.report_type = $1)", Kind: Equality, Column: "report_type", Op: "=", Value: "$1", Param: 1},
		{Text: "((reports.title)::text = ($2)::text)", Kind: Equality, Column: "title", Cast: "text", Op: "=", Value: "($2)::text", Param: 2},
		{Text: "(reports.params = $5)", Kind: Equality, Column: "params", Op: "=", Value: "$5", Param: 5},
		{Text: "(reports.organization_id = '4a7e860d-0000-0000-0000-000000000000'::uuid)", Kind: Equality, Column: "organization_id", Op: "=",
			Value: "'4a7e860d-0000-0000-0000-000000000000'::uuid"},
		{Text: "((EXTRACT(epoch FROM (CURRENT_TIMESTAMP - reports.created_at)) / '60'::numeric) < $7)", Kind: NonSargable, Column: "created_at", Op: "<",
			Value: "$7"},
	}
	if len(got) != len(want) {
		t.Fatalf("%d conjuncts, want %d: %+v", len(got), len(want), got)
	}
	for i := range want {
		want[i].Qualifier = "reports"
		if got[i] != want[i] {
			t.Errorf("got  %+v\nwant %+v", got[i], want[i])
		}
	}
}

// conditionCases are single conjuncts, their Text left out.
var conditionCases = []struct {
	text string
	want Condition
}{
	{`(t.a > 5)`, Condition{Kind: Range, Column: "a", Qualifier: "t", Op: ">", Value: "5"}},
	{`($3 <= t.a)`, Condition{Kind: Range, Column: "a", Qualifier: "t", Op: ">=", Value: "$3", Param: 3}},
	{`(a <> $1)`, Condition{Kind: NotEqual, Column: "a", Op: "<>", Value: "$1", Param: 1}},
	{`("T 1"."a""b" = 'x AND (y'::text)`, Condition{Kind: Equality, Column: `a"b`, Qualifier: "T 1", Op: "=", Value: "'x AND (y'::text"}},
	{`(t.a = 'it''s)'::text)`, Condition{Kind: Equality, Column: "a", Qualifier: "t", Op: "=", Value: "'it''s)'::text"}},
	{`(t.a = ANY ($2))`, Condition{Kind: AnyOf, Column: "a", Qualifier: "t", Op: "=", Value: "$2", Param: 2}},
	{`((t.v)::text = ANY ('{a,"b)"}'::text[]))`, Condition{Kind: AnyOf, Column: "v", Qualifier: "t", Cast: "text", Op: "=", Value: `'{a,"b)"}'::text[]`}},
	{`(t.a = ANY (ARRAY[$1, $2]))`, Condition{Kind: AnyOf, Column: "a", Qualifier: "t", Op: "=", Value: "ARRAY[$1, $2]"}},
	{`(t.a <> ALL ('{1,2}'::integer[]))`, Condition{Kind: NotEqual, Column: "a", Qualifier: "t", Op: "<>", Value: "'{1,2}'::integer[]"}},
	{`($1 = ANY (t.tags))`, Condition{Kind: NonSargable, Column: "tags", Qualifier: "t"}},
	{`(t.a > ANY ($2))`, Condition{Kind: Opaque, Column: "a", Qualifier: "t", Op: ">", Value: "$2", Param: 2}},
	{`t.done`, Condition{Kind: Boolean, Column: "done", Qualifier: "t"}},
	{`(NOT t.done)`, Condition{Kind: Boolean, Column: "done", Qualifier: "t", Negated: true}},
	{`(done IS FALSE)`, Condition{Kind: Boolean, Column: "done", Negated: true}},
	{`(t.done = false)`, Condition{Kind: Boolean, Column: "done", Qualifier: "t", Op: "=", Value: "false", Negated: true}},
	{`(done IS NOT TRUE)`, Condition{Kind: Opaque, Column: "done"}},
	{`(t.a IS NOT NULL)`, Condition{Kind: IsNotNull, Column: "a", Qualifier: "t"}},
	{`(t.a > (now() - '1 day'::interval))`, Condition{Kind: Range, Column: "a", Qualifier: "t", Op: ">", Value: "(now() - '1 day'::interval)"}},
	{`(t.a < CURRENT_TIMESTAMP(3))`, Condition{Kind: Range, Column: "a", Qualifier: "t", Op: "<", Value: "CURRENT_TIMESTAMP(3)"}},
	{`(t.a = 'x'::character varying(20))`, Condition{Kind: Equality, Column: "a", Qualifier: "t", Op: "=", Value: "'x'::character varying(20)"}},
	{`(t.a = ($4)::timestamp(3) without time zone)`, Condition{Kind: Equality, Column: "a", Qualifier: "t", Op: "=",
		Value: "($4)::timestamp(3) without time zone", Param: 4}},
	{`(t.a = (InitPlan 1).col1)`, Condition{Kind: Equality, Column: "a", Qualifier: "t", Op: "=", Value: "(InitPlan 1).col1"}},
	{`(t.a = o.b)`, Condition{Kind: Equality, Column: "a", Qualifier: "t", Op: "=", Value: "o.b", Join: true}},
	{`(t.a > (o.b + 1))`, Condition{Kind: Range, Column: "a", Qualifier: "t", Op: ">", Value: "(o.b + 1)", Join: true}},
	{`(lower(t.a) = $1)`, Condition{Kind: NonSargable, Column: "a", Qualifier: "t", Op: "=", Value: "$1"}},
	{`($1 < (t.a + 1))`, Condition{Kind: NonSargable, Column: "a", Qualifier: "t", Op: ">", Value: "$1"}},
	{`((t.a)::date = $1)`, Condition{Kind: NonSargable, Column: "a", Qualifier: "t", Op: "=", Value: "$1"}},
	{`((t.j ->> 'k'::text) = $1)`, Condition{Kind: NonSargable, Column: "j", Qualifier: "t", Op: "=", Value: "$1"}},
	{`(t.a = t.b)`, Condition{Kind: NonSargable}},
	{`((t.a + t.b) > 5)`, Condition{Kind: NonSargable, Op: ">", Value: "5"}},
	{`(date_part('epoch'::text, t.ts) > $1)`, Condition{Kind: NonSargable, Column: "ts", Qualifier: "t", Op: ">", Value: "$1"}},
	{`(t.tags @> '{a}'::text[])`, Condition{Kind: Opaque, Column: "tags", Qualifier: "t", Op: "@>", Value: "'{a}'::text[]"}},
	{`(t.a ~~ $2)`, Condition{Kind: Opaque, Column: "a", Qualifier: "t", Op: "~~", Value: "$2", Param: 2}},

	// what the reader does not know, or what no index can look for
	{`(t.a = random())`, Condition{Kind: Opaque}},
	{`(t.a = mine.anything($1))`, Condition{Kind: Opaque}},
	{`(t.a = (SubPlan 1))`, Condition{Kind: Opaque}},
	{`(NOT (hashed SubPlan 1))`, Condition{Kind: Opaque}},
	{`((t.a = 1) OR (t.b = 2))`, Condition{Kind: Opaque}},
	{`(ROW(t.a, t.b) > ROW($1, $2))`, Condition{Kind: Opaque}},
	{`(t.a IS DISTINCT FROM $1)`, Condition{Kind: Opaque}},
	{`(NOT (t.a = $1))`, Condition{Kind: Opaque}},
	{`CASE WHEN (t.a = 1) THEN true ELSE (t.b = 2) END`, Condition{Kind: Opaque}},
	{`(t.a OPERATOR(mine.=) $1)`, Condition{Kind: Opaque, Column: "a", Qualifier: "t", Op: "OPERATOR(mine.=)", Value: "$1", Param: 1}},
	{`(t.a COLLATE "C" = $1)`, Condition{Kind: Opaque}},
	{`(t.a = $1 = true)`, Condition{Kind: Opaque}},
	{`(t.* IS NULL)`, Condition{Kind: Opaque}},
	{`($1 IS NULL)`, Condition{Kind: Opaque}},
	{`(t.a =`, Condition{Kind: Opaque}},
	{`false`, Condition{Kind: Opaque}},
}

func TestConjunctsClassifies(t *testing.T) {
	for _, c := range conditionCases {
		c.want.Text = c.text
		if got := Conjuncts(c.text); len(got) != 1 || got[0] != c.want {
			t.Errorf("%s:\ngot  %+v\nwant %+v", c.text, got, c.want)
		}
	}
}

func TestConjunctsKeepsTheKnownBesideTheUnknown(t *testing.T) {
	got := Conjuncts(`(CASE WHEN (t.a > 1) THEN true ELSE false END AND (t.b WHATEVER 5) AND ((t.c = 1) AND (t.d = 2)))`)
	if len(got) != 4 || got[0].Kind != Opaque || got[1].Kind != Opaque || got[2].Column != "c" || got[3].Column != "d" {
		t.Errorf("got %+v", got)
	}
}

func TestConjunctsOfNothing(t *testing.T) {
	if got := Conjuncts(""); got != nil {
		t.Errorf("got %+v", got)
	}
}

func TestConjunctsBoundsItsRecursion(t *testing.T) {
	for _, piece := range []string{"(", "NOT ", "+ ", "f(", "ARRAY[", "CASE ", "(a = ANY (", "EXTRACT(epoch FROM ", "(a AND "} {
		text := strings.Repeat(piece, 5_000)
		if got := Conjuncts(text); len(got) != 1 || got[0].Kind != Opaque {
			t.Errorf("%s…: got %d conjuncts", piece, len(got))
		}
	}
}

// Whatever stands in a condition: its conjuncts stand in it in their order, and between them is nothing but AND, parentheses and blanks.
func FuzzConjuncts(f *testing.F) {
	for _, c := range conditionCases {
		f.Add(c.text)
		f.Add("(" + c.text + " AND " + conditionCases[0].text + ")")
	}
	f.Fuzz(func(t *testing.T, text string) {
		rest := text
		for _, c := range Conjuncts(text) {
			before, after, found := strings.Cut(rest, c.Text)
			if !found || !isGlue(before) {
				t.Fatalf("%q: %q stands before %q", text, before, c.Text)
			}
			rest = after
			if c.Kind != Opaque && c.Kind != NonSargable && c.Column == "" {
				t.Fatalf("%q: %s without a column", text, c.Kind)
			}
		}
		if !isGlue(rest) {
			t.Fatalf("%q: %q is in no conjunct", text, rest)
		}
	})
}

func isGlue(text string) bool {
	for _, token := range sqltext.Scan(text) {
		if token.Kind != sqltext.Space && token.Text != "AND" && token.Text != "(" && token.Text != ")" {
			return false
		}
	}
	return true
}

func TestSortColumns(t *testing.T) {
	got, ok := SortColumns([]string{"t.created_at DESC", `"My Table"."Id"`, "a NULLS FIRST", "b DESC NULLS LAST"})
	want := []SortColumn{{"created_at", "t", true, true}, {"Id", "My Table", false, false}, {"a", "", false, true}, {"b", "", true, false}}
	if !ok || len(got) != len(want) {
		t.Fatalf("got %+v %v", got, ok)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("got %+v, want %+v", got[i], want[i])
		}
	}
	for _, key := range []string{"(lower(t.a))", "lower(t.a)", `t.a COLLATE "C"`, "t.a USING ~<~", "(t.a + 1) DESC", "$1", "5", "", "t.a DESC x"} {
		if got, ok := SortColumns([]string{"t.b", key}); ok {
			t.Errorf("%q: got %+v", key, got)
		}
	}
}
