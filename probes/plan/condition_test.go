package plan

import (
	"reflect"
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
			Value: "$7", Param: 7, Compared: Range, Expression: "(EXTRACT(epoch FROM (CURRENT_TIMESTAMP - created_at)) / '60'::numeric)"},
	}
	if len(got) != len(want) {
		t.Fatalf("%d conjuncts, want %d: %+v", len(got), len(want), got)
	}
	for i := range want {
		want[i].Qualifier, want[i].Columns = "reports", []string{want[i].Column}
		if !reflect.DeepEqual(got[i], want[i]) {
			t.Errorf("got  %+v\nwant %+v", got[i], want[i])
		}
	}
}

// conditionCases are single conjuncts; left out are their Text, the Qualifier t, and Columns where there is none but Column.
var conditionCases = []struct {
	text string
	want Condition
}{
	{`(t.a > 5)`, Condition{Kind: Range, Column: "a", Op: ">", Value: "5"}},
	{`($3 <= t.a)`, Condition{Kind: Range, Column: "a", Op: ">=", Value: "$3", Param: 3}},
	{`(t.a <> $1)`, Condition{Kind: NotEqual, Column: "a", Op: "<>", Value: "$1", Param: 1}},
	{`("T 1"."a""b" = 'x AND (y'::text)`, Condition{Kind: Equality, Column: `a"b`, Qualifier: "T 1", Op: "=", Value: "'x AND (y'::text"}},
	{`(t.a = 'it''s)'::text)`, Condition{Kind: Equality, Column: "a", Op: "=", Value: "'it''s)'::text"}},
	{`(t.a = ANY ($2))`, Condition{Kind: AnyOf, Column: "a", Op: "=", Value: "$2", Param: 2}},
	{`((t.v)::text = ANY ('{a,"b)"}'::text[]))`, Condition{Kind: AnyOf, Column: "v", Cast: "text", Op: "=", Value: `'{a,"b)"}'::text[]`}},
	{`(t.a = ANY (ARRAY[$1, $2]))`, Condition{Kind: AnyOf, Column: "a", Op: "=", Value: "ARRAY[$1, $2]"}},
	{`(t.a <> ALL ('{1,2}'::integer[]))`, Condition{Kind: NotEqual, Column: "a", Op: "<>", Value: "'{1,2}'::integer[]"}},
	{`($1 = ANY (t.tags))`, Condition{Kind: NonSargable, Column: "tags", Op: "=", Value: "$1", Param: 1, Expression: "tags", Compared: Contains}},
	{`(t.a > ANY ($2))`, Condition{Kind: Opaque, Column: "a", Op: ">", Value: "$2", Param: 2}},
	{`t.done`, Condition{Kind: Boolean, Column: "done"}},
	{`(NOT t.done)`, Condition{Kind: Boolean, Column: "done", Negated: true}},
	{`(t.done IS FALSE)`, Condition{Kind: Boolean, Column: "done", Negated: true}},
	{`(t.done = false)`, Condition{Kind: Boolean, Column: "done", Op: "=", Value: "false", Negated: true}},
	{`(t.done IS NOT TRUE)`, Condition{Kind: Opaque, Column: "done"}},
	{`(t.a IS NOT NULL)`, Condition{Kind: IsNotNull, Column: "a"}},
	{`(t.a > (now() - '1 day'::interval))`, Condition{Kind: Range, Column: "a", Op: ">", Value: "(now() - '1 day'::interval)"}},
	{`(t.a < CURRENT_TIMESTAMP(3))`, Condition{Kind: Range, Column: "a", Op: "<", Value: "CURRENT_TIMESTAMP(3)"}},
	{`(t.a = 'x'::character varying(20))`, Condition{Kind: Equality, Column: "a", Op: "=", Value: "'x'::character varying(20)"}},
	{`(t.a = ($4)::timestamp(3) without time zone)`, Condition{Kind: Equality, Column: "a", Op: "=",
		Value: "($4)::timestamp(3) without time zone", Param: 4}},
	{`(t.a = (InitPlan 1).col1)`, Condition{Kind: Equality, Column: "a", Op: "=", Value: "(InitPlan 1).col1"}},
	{`(t.a = o.b)`, Condition{Kind: Equality, Column: "a", Op: "=", Value: "o.b", Join: true}},
	{`(t.a > (o.b + 1))`, Condition{Kind: Range, Column: "a", Op: ">", Value: "(o.b + 1)", Join: true}},
	{`(t.a COLLATE "C" = $1)`, Condition{Kind: Equality, Column: "a", Op: "=", Value: "$1", Param: 1, Collation: `"C"`}},
	{`(t.a > 'x'::text COLLATE pg_catalog."de_DE")`, Condition{Kind: Range, Column: "a", Op: ">", Value: `'x'::text COLLATE pg_catalog."de_DE"`,
		Collation: `pg_catalog."de_DE"`}},

	// expressions
	{`(lower(t.a) = $1)`, hidden("lower(a)", Equality, "=", "$1", 1, "a")},
	{`($1 < (t.a + 1))`, hidden("(a + 1)", Range, ">", "$1", 1, "a")},
	{`((t.a)::date = $1)`, Condition{Kind: NonSargable, Column: "a", Cast: "date", Op: "=", Value: "$1", Param: 1, Expression: "(a)::date", Compared: Equality}},
	{`((t.j ->> 'k'::text) = ANY ($1))`, hidden("(j ->> 'k'::text)", AnyOf, "=", "$1", 1, "j")},
	{`(t.a = t.b)`, Condition{Kind: NonSargable, Columns: []string{"a", "b"}}},
	{`((t.a + t.b) > 5)`, hidden("(a + b)", Range, ">", "5", 0, "a", "b")},
	{`((t.a + $1) > 5)`, Condition{Kind: NonSargable, Column: "a", Op: ">", Value: "5"}},
	{`((t.a + o.b) > 5)`, Condition{Kind: NonSargable, Columns: []string{"a"}, Op: ">", Value: "5"}},
	{`(date_part('epoch'::text, t.ts) > $1)`, hidden("date_part('epoch'::text, ts)", Range, ">", "$1", 1, "ts")},
	{`("left"(t."T t", 3) ~~ 'a%'::text)`, hidden(`"left"("T t", 3)`, Prefix, "~~", "'a%'::text", 0, "T t")},
	{`(t.f(t.a) = 1)`, hidden("t.f(a)", Equality, "=", "1", 0, "a")},
	{`(to_tsvector('english'::regconfig, t.a) @@ to_tsquery('cat'::text))`,
		hidden("to_tsvector('english'::regconfig, a)", Contains, "@@", "to_tsquery('cat'::text)", 0, "a")},
	{`(lower(t.a) IS NOT NULL)`, hidden("lower(a)", IsNotNull, "", "", 0, "a")},
	{`is_active(t.a)`, hidden("is_active(a)", Boolean, "", "", 0, "a")},
	{`(NOT is_active(t.a))`, Condition{Kind: NonSargable, Column: "a", Expression: "is_active(a)", Compared: Boolean, Negated: true}},
	{`(((t.j ->> 'k'::text))::boolean IS FALSE)`, Condition{Kind: NonSargable, Column: "j", Expression: "((j ->> 'k'::text))::boolean", Compared: Boolean, Negated: true}},
	{`((t.a).f = 1)`, hidden("((a).f)", Equality, "=", "1", 0, "a")},
	{`(lower(t.a) = random())`, Condition{Kind: NonSargable, Column: "a"}},

	// rows
	{`(ROW(t.a, (t.v)::text) > ROW($1, $2))`, Condition{Kind: RowRange, Column: "a", Cast: "text", Op: ">", Value: "ROW($1, $2)", Columns: []string{"a", "v"}}},
	{`(ROW($1, 5) >= ROW(t.b, t.a))`, Condition{Kind: RowRange, Column: "b", Op: "<=", Value: "ROW($1, 5)", Columns: []string{"b", "a"}}},
	{`(ROW(t.a, lower(t.b)) > ROW(1, 'x'::text))`, Condition{Kind: Opaque, Columns: []string{"a", "b"}}},
	{`(ROW(t.a, 5) > ROW(1, t.b))`, Condition{Kind: Opaque, Columns: []string{"a", "b"}}},
	{`(ROW(t.a, t.a) > ROW(1, 2))`, Condition{Kind: Opaque, Columns: []string{"a"}}},
	{`(ROW(t.a, o.b) > ROW(1, 2))`, Condition{Kind: Opaque, Columns: []string{"a"}}},

	// patterns
	{`((t.a)::text ~~ 'abc%'::text)`, Condition{Kind: Prefix, Column: "a", Cast: "text", Op: "~~", Value: "'abc%'::text"}},
	{`(t.a ~~ 'it''s_%'::text)`, Condition{Kind: Prefix, Column: "a", Op: "~~", Value: "'it''s_%'::text"}},
	{`(t.a ~~ '\%a%'::text)`, Condition{Kind: Prefix, Column: "a", Op: "~~", Value: `'\%a%'::text`}},
	{`(t.a ~~ E'\\%a%'::text)`, Condition{Kind: Prefix, Column: "a", Op: "~~", Value: `E'\\%a%'::text`}},
	{`(t.a ~~ '_a%'::text)`, Condition{Kind: Search, Column: "a", Op: "~~", Value: "'_a%'::text"}},
	{`(t.a ~~ '\'::text)`, Condition{Kind: Search, Column: "a", Op: "~~", Value: `'\'::text`}},
	{`(t.a ~~ '%a'::text COLLATE "C")`, Condition{Kind: Search, Column: "a", Op: "~~", Value: `'%a'::text COLLATE "C"`, Collation: `"C"`}},
	{`(t.a ~~ $2)`, Condition{Kind: Search, Column: "a", Op: "~~", Value: "$2", Param: 2}},
	{`(t.a ~~ ('%'::text || $2))`, Condition{Kind: Search, Column: "a", Op: "~~", Value: "('%'::text || $2)"}},
	{`(t.a ~~ 'a%'::citext)`, Condition{Kind: Opaque, Column: "a", Op: "~~", Value: "'a%'::citext"}},
	{`(t.a ~~ '\x6125'::bytea)`, Condition{Kind: Opaque, Column: "a", Op: "~~", Value: `'\x6125'::bytea`}},
	{`(t.a ~~ ($1)::bytea)`, Condition{Kind: Opaque, Column: "a", Op: "~~", Value: "($1)::bytea", Param: 1}},
	{`(t.a !~~ 'a%'::text)`, Condition{Kind: Opaque, Column: "a", Op: "!~~", Value: "'a%'::text"}},
	{`('abc'::text ~~ t.a)`, Condition{Kind: Opaque, Columns: []string{"a"}}},
	{`(t.a ~~* 'abc%'::text)`, Condition{Kind: Search, Column: "a", Op: "~~*", Value: "'abc%'::text"}},
	{`(t.a ~ '^abc'::text)`, Condition{Kind: Search, Column: "a", Op: "~", Value: "'^abc'::text"}},
	{`('word'::text <% t.a)`, Condition{Kind: Search, Column: "a", Op: "%>", Value: "'word'::text"}},
	{`(t.a ^@ 'abc'::text)`, Condition{Kind: Prefix, Column: "a", Op: "^@", Value: "'abc'::text"}},
	{`(t.a ^@ $1)`, Condition{Kind: Opaque, Column: "a", Op: "^@", Value: "$1", Param: 1}},

	// containment
	{`(t.tags @> '{a}'::text[])`, Condition{Kind: Contains, Column: "tags", Op: "@>", Value: "'{a}'::text[]"}},
	{`($1 <@ t.tags)`, Condition{Kind: Contains, Column: "tags", Op: "@>", Value: "$1", Param: 1}},
	{`(t.tags && o.tags)`, Condition{Kind: Contains, Column: "tags", Op: "&&", Value: "o.tags", Join: true}},
	{`((t.j -> 'tags'::text) ?| '{a,b}'::text[])`, hidden("(j -> 'tags'::text)", Contains, "?|", "'{a,b}'::text[]", 0, "j")},
	{`('a'::text ? t.j)`, Condition{Kind: Opaque, Columns: []string{"j"}}},

	// OR
	{`((t.a = 1) OR (t.d AND (t.b = 2)) OR ((o.c = 3) OR (SubPlan 1)))`, Condition{Kind: Disjunction, Join: true, Columns: []string{"a", "d", "b"}, Arms: [][]Condition{
		{{Text: "(t.a = 1)", Kind: Equality, Column: "a", Qualifier: "t", Columns: []string{"a"}, Op: "=", Value: "1"}},
		{{Text: "t.d", Kind: Boolean, Column: "d", Qualifier: "t", Columns: []string{"d"}},
			{Text: "(t.b = 2)", Kind: Equality, Column: "b", Qualifier: "t", Columns: []string{"b"}, Op: "=", Value: "2"}},
		{{Text: "(o.c = 3)", Kind: Opaque}},
		{{Text: "(SubPlan 1)", Kind: Opaque}},
	}}},

	// what the reader does not know, or what no index can look for
	{`(t.a = random())`, Condition{Kind: Opaque, Columns: []string{"a"}}},
	{`(t.a = mine.anything($1))`, Condition{Kind: Opaque, Columns: []string{"a"}}},
	{`(t.a = (SubPlan 1))`, Condition{Kind: Opaque, Columns: []string{"a"}}},
	{`(NOT (hashed SubPlan 1))`, Condition{Kind: Opaque}},
	{`(t.a IS DISTINCT FROM $1)`, Condition{Kind: Opaque, Columns: []string{"a"}}},
	{`(NOT (t.a = $1))`, Condition{Kind: Opaque, Columns: []string{"a"}}},
	{`CASE WHEN (t.a = 1) THEN true ELSE (t.b = 2) END`, Condition{Kind: Opaque}},
	{`(t.a OPERATOR(mine.=) $1)`, Condition{Kind: Opaque, Column: "a", Op: "OPERATOR(mine.=)", Value: "$1", Param: 1}},
	{`(t.a ## $1)`, Condition{Kind: Opaque, Column: "a", Op: "##", Value: "$1", Param: 1}},
	{`(NOT (t.a IS DISTINCT FROM 5))`, Condition{Kind: Opaque, Columns: []string{"a"}}},
	{`(NOT (t.tags @> '{a}'::text[]))`, Condition{Kind: Opaque, Columns: []string{"tags"}}},
	{`(t.a COLLATE = $1)`, Condition{Kind: Opaque}},
	{`(t.a = $1 = true)`, Condition{Kind: Opaque}},
	{`(t.* IS NULL)`, Condition{Kind: Opaque}},
	{`($1 IS NULL)`, Condition{Kind: Opaque}},
	{`(t.a =`, Condition{Kind: Opaque}},
	{`false`, Condition{Kind: Opaque}},
}

// hidden is a comparison whose columns stand inside an expression.
func hidden(expression string, compared Kind, op, value string, param int, columns ...string) Condition {
	c := Condition{Kind: NonSargable, Expression: expression, Compared: compared, Op: op, Value: value, Param: param, Columns: columns}
	if len(columns) == 1 {
		c.Column = columns[0]
	}
	return c
}

func TestConjunctsClassifies(t *testing.T) {
	for _, c := range conditionCases {
		c.want.Text = c.text
		if c.want.Columns == nil && c.want.Column != "" {
			c.want.Columns = []string{c.want.Column}
		}
		if c.want.Columns != nil && c.want.Qualifier == "" {
			c.want.Qualifier = "t"
		}
		if got := Conjuncts(c.text); len(got) != 1 || !reflect.DeepEqual(got[0], c.want) {
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
		typeOf := func(string) string { return "integer" }
		for _, c := range Conjuncts(text) {
			before, after, found := strings.Cut(rest, c.Text)
			if !found || !isGlue(before) {
				t.Fatalf("%q: %q stands before %q", text, before, c.Text)
			}
			rest = after
			if sql, ok := c.Alone("t", typeOf, func(int) string { return "integer" }); ok == (sql == "") {
				t.Fatalf("%q: alone %q", text, sql)
			}
			if c.Kind != Opaque && c.Kind != NonSargable && c.Kind != Disjunction && c.Column == "" {
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

// A function that is not known may have another value for every row; one that is known not to has one.
func TestFunctionsThatAreKnownToBeSteady(t *testing.T) {
	steady := map[string]bool{"auth.uid": true, "The Shop.mine": true}
	for text, want := range map[string]Kind{
		`(t.owner = auth.uid())`:                       Equality,
		`(t.owner = "The Shop".mine((t2.x)::integer))`: Equality,
		`(t.at > (now() - auth.uid()))`:                Range,
		`(t.owner = other())`:                          Opaque,
		`(t.owner = auth.other())`:                     Opaque,
		`(t.owner = (auth.uid() + other()))`:           Opaque,
		`((t.a = auth.uid()) OR (t.b = 5))`:            Disjunction,
		`(t.owner = ANY (auth.uid()))`:                 AnyOf,
	} {
		found := ConjunctsWith(text, "t", steady)
		if len(found) != 1 || found[0].Kind != want {
			t.Errorf("%s: %+v, want %s", text, found, want)
		}
		if want == Disjunction && found[0].Arms[0][0].Kind != Equality {
			t.Errorf("%s: %+v", text, found[0].Arms)
		}
		if without := ConjunctsOf(text, "t"); want == Equality && without[0].Kind == Equality {
			t.Errorf("%s: taken for steady without being known", text)
		}
	}
}
