package candidate

import (
	"strings"
	"testing"

	"github.com/pgmedic/pgmedic/playbooks/index/shape"
	"github.com/pgmedic/pgmedic/playbooks/index/table"
	"github.com/pgmedic/pgmedic/probes/plan"
)

// An expression that a row can make fail is told from one that cannot.
func TestCanFail(t *testing.T) {
	things := tableOf(columnOf("n", "int4", func(c *table.Column) { c.Category = "N" }), columnOf("big", "int8", func(c *table.Column) { c.Category = "N" }),
		columnOf("day", "date", func(c *table.Column) { c.Category = "D" }), columnOf("name", "text"), columnOf("data", "jsonb"), columnOf("done", "bool",
			func(c *table.Column) { c.Category = "B" }))
	for expression, want := range map[string]bool{
		"((data ->> 'age'::text))::integer": true, "(name)::date": true, "(data -> 'age'::text)::numeric": true, "(big)::integer": true, "100 / n": true, "big % (n)::bigint": true,
		"(n)::text": false, "(n)::bigint": false, "(n)::numeric": false, "(n)::numeric(4,2)": true, "(done)::integer": false, "lower(name)": false, "n / 10": false,
		"(day)::timestamp without time zone": false, "(name)::character varying(3)": false, "(data ->> 'k'::text)": false, "upper((name)::text)": false,
	} {
		k := shape.Key{Expression: expression}
		for _, column := range []string{"n", "big", "day", "name", "data", "done"} {
			if holds(expression, column) {
				k.Columns = append(k.Columns, column)
			}
		}
		if got := CanFail(things, k); got != want {
			t.Errorf("%s can fail: %v", expression, got)
		}
	}
	found := Of(needOf(`(((t.data ->> 'age'::text))::integer = 5)`))
	if len(found) == 0 || len(found[0].Caveats) != 1 || !strings.Contains(found[0].Caveats[0], "can no longer be written") {
		t.Errorf("nobody is warned: %+v", found)
	}
}

// A partial index serves a statement only where its words ask for the predicate, not by the value of a parameter that the plan happens to show.
func TestPredicateByValue(t *testing.T) {
	served := func(parameters ...plan.Parameter) Service {
		need := needOf(`((t.status = 'failed'::text) AND (t.gone IS NULL))`, func(n *Need) { n.Parameters = parameters })
		need.Table.Indexes = []table.Existing{{Name: "x", Valid: true, Known: true, Shape: shape.Index{Method: "btree", Keys: []shape.Key{up("status")},
			Where: []shape.Clause{{SQL: "status = 'failed'::text", Columns: []string{"status"}}, {SQL: "gone IS NULL", Columns: []string{"gone"}}}}}}
		return Serving(need)[0]
	}
	if s := served(); !s.Complete || s.Hindrance != "" {
		t.Errorf("with a constant it does not serve: %q", s.Hindrance)
	}
	if s := served(plan.Parameter{N: 1, Column: "status"}); s.Complete || !strings.HasSuffix(s.Hindrance, "only with one value of its parameter") {
		t.Errorf("with a parameter it serves: %q", s.Hindrance)
	}
}

// The COLLATE of a statement is the column's that it stands behind, or that is compared with what it stands behind.
func TestCollation(t *testing.T) {
	for statement, want := range map[string]string{
		`SELECT FROM t WHERE t.email = $1 COLLATE "de-x-icu"`:                `"de-x-icu"`,
		`SELECT FROM t WHERE Email COLLATE "C" = 'x'`:                        `"C"`,
		`SELECT FROM t WHERE email = 'x' ORDER BY email COLLATE "C"`:         "",
		`SELECT FROM t WHERE email = 'x' AND name > 'y' COLLATE "C"`:         "",
		`SELECT FROM t WHERE email = 'x' AND name COLLATE "C" > 'y'`:         "",
		`SELECT FROM t WHERE email = 'x' COLLATE pg_catalog."C"`:             "",
		`SELECT FROM t WHERE email = 'x'`:                                    "",
		`SELECT FROM t WHERE lower(email) COLLATE "C" = 'x' AND email = 'y'`: "",
	} {
		a := ask(needOf(`(t.email = 'x'::text)`, func(n *Need) { n.Statement = statement }))
		if got := a.collation(a.Conditions[0]); got != want {
			t.Errorf("%s: %q, want %q", statement, got, want)
		}
	}
}

// Where a plan shows LIKE as a prefix only for a made-up value, a trigram index stands beside the b-tree; an expression that is a comparison with a
// constant is none of an index.
func TestOtherValues(t *testing.T) {
	need := needOf(`(t.email ~~ 'abc%'::text)`, func(n *Need) { n.Parameters = []plan.Parameter{{N: 1, Column: "email"}} })
	need.Table.Extensions["pg_trgm"] = "public"
	beside := 0
	for _, c := range Of(need) {
		if c.Beside != (c.Index.Method == "gin") {
			t.Errorf("%s beside others: %v", c.Index.Definition(), c.Beside)
		}
		if c.Beside {
			beside++
		}
	}
	if beside != 1 {
		t.Errorf("%d trigram indexes", beside)
	}
	if found := Of(needOf(`((t.kind = 5) IS TRUE)`)); len(found) > 0 {
		t.Errorf("an index for one constant: %+v", bodiesOf(found))
	}
}
