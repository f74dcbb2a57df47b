package candidate

import (
	"slices"
	"strings"
	"testing"

	"github.com/pgmedic/pgmedic/playbooks/index/shape"
	"github.com/pgmedic/pgmedic/playbooks/index/table"
	"github.com/pgmedic/pgmedic/probes/plan"
)

// columnOf makes an analysed column of a type, as table.Read would.
func columnOf(name, typeName string, change ...func(*table.Column)) table.Column {
	c := table.Column{Name: name, Type: typeName, TypeName: typeName, Length: 8, Align: "d", Orderable: true, Analysed: true, Width: 8, Distinct: 1000}
	add := func(method, class string, isDefault bool) {
		c.Classes = append(c.Classes, table.Opclass{Method: method, Name: class, SQL: class, Default: isDefault})
	}
	switch typeName {
	case "text", "varchar":
		c.Length, c.Collation, c.Width = -1, `"default"`, 20
		add("btree", typeName+"_pattern_ops", false)
		add("hash", "text_ops", true)
		add("brin", "text_minmax_ops", true)
	case "jsonb":
		c.Length, c.Width = -1, 200
		add("gin", "jsonb_ops", true)
		add("gin", "jsonb_path_ops", false)
	case "_text":
		c.Type, c.Length, c.Category = "text[]", -1, "A"
		add("gin", "array_ops", true)
	case "tsvector":
		c.Length = -1
		add("gin", "tsvector_ops", true)
	case "tstzrange":
		c.Length, c.Category, c.Width = -1, "R", 22
		add("gist", "range_ops", true)
		add("spgist", "range_ops", true)
	case "point":
		c.Orderable = false
		add("gist", "point_ops", true)
	case "boolean":
		c.TypeName = "bool"
	default:
		add("brin", typeName+"_minmax_ops", true)
	}
	for _, f := range change {
		f(&c)
	}
	return c
}

func tableOf(columns ...table.Column) *table.Table {
	t := &table.Table{Schema: "public", Name: "t", Kind: "r", Rows: 1e6, Pages: 20_000, Columns: map[string]table.Column{}, Extensions: map[string]string{"pg_trgm": ""}}
	t.Costs.Version, t.Costs.IndexOnlyScans = 150000, true
	for _, c := range columns {
		t.Columns[c.Name] = c
	}
	return t
}

// things is a table with a column of each sort.
func things() *table.Table {
	return tableOf(
		columnOf("tenant", "int8"), columnOf("status", "text", func(c *table.Column) {
			c.Distinct, c.Commonest = 5, 0.6
			c.Common = map[string]float64{"done": 0.6, "new": 0.3, "failed": 0.01, "sent": 0.05, "void": 0.02}
		}),
		columnOf("kind", "int4"), columnOf("made", "timestamptz", func(c *table.Column) { c.Correlation = 0.99 }),
		columnOf("due", "timestamptz"), columnOf("id", "int8", func(c *table.Column) { c.Distinct, c.NotNull = -1, true }),
		columnOf("gone", "timestamptz", func(c *table.Column) { c.NullFrac = 0.9 }), columnOf("active", "boolean"),
		columnOf("email", "text"), columnOf("name", "varchar"), columnOf("body", "text", func(c *table.Column) { c.Width = 900 }),
		columnOf("byteorder", "text", func(c *table.Column) { c.CollatesC = true }), columnOf("data", "jsonb"), columnOf("tags", "_text"),
		columnOf("words", "tsvector"), columnOf("during", "tstzrange"), columnOf("place", "point"))
}

// needOf makes a need of the filter that a scan of things would print.
func needOf(filter string, change ...func(*Need)) Need {
	n := Need{Table: things(), Alias: "t", Lookups: 1, Conditions: plan.ConjunctsOf(filter, "t")}
	for _, f := range change {
		f(&n)
	}
	return n
}

func ordered(limit float64, keys ...shape.Key) func(*Need) {
	return func(n *Need) { n.Order, n.Limit = keys, limit }
}

// said makes the need's constants those of a statement whose $1 has a value from somewhere.
func said(statement string, from plan.ValueFrom, value string) func(*Need) {
	return func(n *Need) {
		n.Statement, n.Parameters = statement, []plan.Parameter{{N: 1, From: from, Value: &value}}
	}
}

func up(column string) shape.Key { return shape.Key{Column: column} }
func down(column string) shape.Key {
	return shape.Key{Column: column, Descending: true, NullsFirst: true}
}

// bodyOf is a candidate's indexes behind the table's name.
func bodyOf(c Candidate) string {
	var texts []string
	for _, x := range append([]shape.Index{c.Index}, c.More...) {
		texts = append(texts, strings.TrimPrefix(x.Definition(), "ON public.t "))
	}
	return strings.Join(texts, "; ")
}

func bodiesOf(all []Candidate) []string {
	var texts []string
	for _, c := range all {
		texts = append(texts, bodyOf(c))
	}
	return texts
}

// classes are needs with shapes that must be proposed and shapes that must not: a * in front marks one that yields the order, a - one that must be
// missing.
var classes = []struct {
	name string
	need Need
	want []string
}{
	{"equality", needOf(`((t.tenant = $1) AND (t.kind = $2))`), []string{"(tenant, kind)", "(tenant)", "(kind)"}},
	{"leave one out", needOf(`((t.tenant = $1) AND (t.kind = $2) AND (t.due = $3))`), []string{"(tenant, kind, due)", "(tenant, kind)", "(tenant, due)", "(kind, due)"}},
	{"equality and range", needOf(`((t.tenant = $1) AND (t.made > $2) AND (t.made <= $3))`), []string{"(tenant, made)", "(tenant)", "(made)", "-(made, tenant)"}},
	{"two ranges", needOf(`((t.made <= $1) AND (t.due >= $1))`), []string{"(made, due)", "(due, made)", "(made)", "(due)"}},
	{"list and range", needOf(`((t.kind = ANY ($1)) AND (t.made > $2))`), []string{"(kind, made)", "(made)", "(kind)"}},
	{"order", needOf(`(t.tenant = $1)`, ordered(10, down("made"))), []string{"*(tenant, made)", "(tenant)"}},
	{"mixed order", needOf(`(t.tenant = $1)`, ordered(10, down("made"), up("id"))), []string{"*(tenant, made DESC, id)"}},
	{"NULLS LAST", needOf(`(t.tenant = $1)`, ordered(10, shape.Key{Column: "made", Descending: true})), []string{"*(tenant, made DESC NULLS LAST)"}},
	{"order of what is constant", needOf(`(t.tenant = $1)`, ordered(10, up("tenant"), up("made"))), []string{"*(tenant, made)"}},
	{"order and list", needOf(`((t.tenant = $1) AND (t.kind = ANY ($2)))`, ordered(10, up("made"))), []string{"*(tenant, made)", "(tenant, kind, made)"}},
	{"order and filter", needOf(`((t.tenant = $1) AND (t.due > $2))`, ordered(10, up("made"))), []string{"*(tenant, made)", "*(tenant, made, due)", "(tenant, due)"}},
	{"a NULL test before an order", needOf(`((t.tenant = $1) AND (t.gone IS NULL))`, ordered(10, up("made"))),
		[]string{"*(tenant, made) WHERE gone IS NULL", "*(tenant, made)", "-(tenant, gone, made)"}},
	{"a boolean before an order", needOf(`((t.tenant = $1) AND t.active)`, ordered(10, up("made"))), []string{"*(tenant, active, made)", "*(tenant, made) WHERE active"}},
	{"order alone", needOf("", ordered(10, down("made"))), []string{"*(made)"}},
	{"wide order", needOf("", ordered(10, up("body"))), []string{"-(body)"}},
	{"row comparison", needOf(`((t.tenant = $1) AND (ROW(t.made, t.id) < ROW($2, $3)))`, ordered(10, down("made"), down("id"))), []string{"*(tenant, made, id)"}},
	{"partial", needOf(`((t.tenant = $1) AND (t.gone IS NULL) AND (NOT t.active))`),
		[]string{"(tenant) WHERE (gone IS NULL) AND (NOT active)", "(tenant, active) WHERE gone IS NULL", "-(tenant, active, gone)", "-(active)"}},
	{"partial by a constant", needOf(`(t.status = 'failed'::text)`, ordered(10, up("made"))),
		[]string{"*(made) WHERE status = 'failed'::text", "*(status, made)"}},
	{"a parameter is no constant", needOf(`(t.status = 'failed'::text)`, func(n *Need) { n.Parameters = []plan.Parameter{{N: 1, Column: "status"}} }),
		[]string{"(status)", "-(status) WHERE status = 'failed'::text"}},
	{"partial by what is left out", needOf(`((t.tenant = $1) AND (t.status <> 'done'::text))`), []string{"(tenant) WHERE status <> 'done'::text", "(tenant)"}},
	{"nothing but a predicate", needOf(`(t.gone IS NOT NULL)`), []string{"(gone) WHERE gone IS NOT NULL"}},
	{"the predicate's column is no key beside others", needOf(`((t.tenant = $1) AND (t.gone IS NULL))`),
		[]string{"(tenant) WHERE gone IS NULL", "(tenant)", "-(gone) WHERE gone IS NULL", "-(gone)", "-(tenant, gone)"}},
	{"the predicate's column is no key where an order is asked for", needOf(`(t.gone IS NOT NULL)`, ordered(20, down("made"))),
		[]string{"*(made) WHERE gone IS NOT NULL", "-(gone) WHERE gone IS NOT NULL"}},
	{"a constant and a state", needOf(`((t.status = 'failed'::text) AND (t.gone IS NOT NULL))`),
		[]string{"(status) WHERE gone IS NOT NULL", "-(gone) WHERE (gone IS NOT NULL) AND (status = 'failed'::text)"}},
	{"a constant that is common", needOf(`(t.status = 'done'::text)`, ordered(10, up("made"))), []string{"*(status, made)", "-(made) WHERE status = 'done'::text"}},
	{"a constant that is no common value", needOf(`(t.status = 'lost'::text)`, ordered(10, up("made"))), []string{"*(status, made)", "-(made) WHERE status = 'lost'::text"}},
	{"rare constants", needOf(`(t.status = ANY ('{failed,void}'::text[]))`, ordered(10, up("made"))), []string{"*(made) WHERE status = ANY ('{failed,void}'::text[])"}},
	{"constants of which one is common", needOf(`(t.status = ANY ('{failed,new}'::text[]))`, ordered(10, up("made"))),
		[]string{"*(made)", "-(made) WHERE status = ANY ('{failed,new}'::text[])"}},
	{"evenly common constants", needOf(`(t.kind = 3)`, ordered(10, up("made")), func(n *Need) {
		kind := n.Table.Columns["kind"]
		kind.Distinct, kind.Common = 30, map[string]float64{"3": 1. / 30, "4": 1. / 30}
		n.Table.Columns["kind"] = kind
	}), []string{"*(kind, made)", "-(made) WHERE kind = 3"}},
	{"a key that was made up", needOf(`((t.data ->> ''::text) = 'x'::text)`, said(`SELECT 1 FROM t WHERE data ->> $1 = $2`, plan.FromNeutral, "")), []string{}},
	{"a key that callers gave", needOf(`((t.data ->> 'k'::text) = 'x'::text)`, said(`SELECT 1 FROM t WHERE data ->> $1 = $2`, plan.FromGiven, "k")),
		[]string{"((data ->> 'k'::text))"}},
	{"a key in the statement", needOf(`((COALESCE(t.kind, 0) = 7) AND ((t.data ->> 'k'::text) = ''::text))`, said(`SELECT 1 FROM t WHERE coalesce(kind, 0) = $1 AND data ->> 'k' = ''`, plan.FromNeutral, "7")),
		[]string{"((COALESCE(kind, 0)))", "((data ->> 'k'::text))"}},
	{"a constant made of what was made up", needOf(`((t.status = 'failed'::text) AND (t.tenant = 5))`, said(`SELECT 1 FROM t WHERE status = lower($1) AND tenant = 5`, plan.FromNeutral, "FAILED")),
		[]string{"(tenant)", "-(tenant) WHERE status = 'failed'::text"}},
	{"an order by what was made up", needOf(`(t.tenant = 5)`, ordered(10, shape.Key{Expression: `(data ->> ''::text)`, Columns: []string{"data"}}),
		said(`SELECT 1 FROM t WHERE tenant = 5 ORDER BY data ->> $1 LIMIT 10`, plan.FromNeutral, "")), []string{"(tenant)", "-(tenant, (data ->> ''::text))"}},
	{"NOT NULL column", needOf(`((t.id IS NOT NULL) AND (t.tenant = $1))`), []string{"(tenant)", "-(tenant) WHERE id IS NOT NULL"}},
	{"expression", needOf(`(lower(t.email) = $1)`), []string{"((lower(email)))"}},
	{"expression with a column", needOf(`((lower(t.email) = $1) AND (t.tenant = $2))`), []string{"(tenant, (lower(email)))", "((lower(email)))", "(tenant)"}},
	{"json text", needOf(`((t.data ->> 'k'::text) = 'v'::text)`), []string{"((data ->> 'k'::text))"}},
	{"json itself is no key", needOf(`((t.data -> 'k'::text) = '1'::jsonb)`), []string{"-((data -> 'k'::text))"}},
	{"changing expression", needOf(`(EXTRACT(epoch FROM (CURRENT_TIMESTAMP - t.made)) < $1)`), []string{}},
	{"varchar as text", needOf(`((t.name)::text = $1)`), []string{"(name)"}},
	{"number as text", needOf(`((t.id)::text = '07'::text)`), []string{"(((id)::text))"}},
	{"number as text of a parameter", needOf(`((t.id)::text = $1)`), []string{"-(((id)::text))"}},
	{"prefix", needOf(`(t.email ~~ 'abc%'::text)`), []string{"(email text_pattern_ops)"}},
	{"prefix by a function", needOf(`starts_with(t.email, 'abc'::text)`), []string{"(email text_pattern_ops)"}},
	{"prefix by a function before 15", needOf(`starts_with(t.email, 'abc'::text)`, func(n *Need) { n.Table.Costs.Version = 140000 }), nil},
	{"prefix of a varchar", needOf(`((t.name)::text ~~ 'abc%'::text)`), []string{"(name varchar_pattern_ops)"}},
	{"prefix by byte order", needOf(`(t.byteorder ~~ 'abc%'::text)`), []string{"(byteorder)"}},
	{"prefix of an expression", needOf(`(lower(t.email) ~~ 'abc%'::text)`), []string{"((lower(email)) text_pattern_ops)"}},
	{"regular expression with a beginning", needOf(`(t.email ~ '^abc'::text)`), []string{"(email text_pattern_ops)", "USING gin (email public.gin_trgm_ops)"}},
	{"pattern not known", needOf(`(t.email ~~ $1)`), []string{"(email text_pattern_ops)", "USING gin (email public.gin_trgm_ops)"}},
	{"infix", needOf(`((t.email ~~* '%abc%'::text) AND (t.gone IS NULL))`), []string{"USING gin (email public.gin_trgm_ops)", "USING gin (email public.gin_trgm_ops) WHERE gone IS NULL"}},
	{"short infix", needOf(`(t.email ~~* '%ab%'::text)`), []string{"-USING gin (email public.gin_trgm_ops)"}},
	{"jsonb contains", needOf(`(t.data @> '{"a": 1}'::jsonb)`), []string{"USING gin (data jsonb_path_ops)"}},
	{"jsonb has key", needOf(`((t.data ? 'a'::text) AND (t.data @> '{"a": 1}'::jsonb))`), []string{"USING gin (data)", "-USING gin (data jsonb_path_ops)"}},
	{"array", needOf(`(t.tags && $1)`), []string{"USING gin (tags)"}},
	{"any of an array column", needOf(`($1 = ANY (t.tags))`), []string{"-USING gin (tags)", "-(tags)"}},
	{"words", needOf(`(t.words @@ '''a'''::tsquery)`), []string{"USING gin (words)"}},
	{"words of an expression", needOf(`(to_tsvector('english'::regconfig, t.body) @@ '''a'''::tsquery)`), []string{"USING gin ((to_tsvector('english'::regconfig, body)))"}},
	{"ranges", needOf(`(t.during && $1)`), []string{"USING gist (during)"}},
	{"range within", needOf(`(t.during <@ '["2024-01-01 00:00:00+00","2024-01-02 00:00:00+00")'::tstzrange)`), []string{"USING gist (during)", "USING spgist (during)"}},
	{"points", needOf(`(t.place <@ '(1,1),(0,0)'::box)`), []string{"USING gist (place)"}},
	{"BRIN", needOf(`(t.made > $1)`), []string{"(made)", "USING brin (made)", "USING brin (made) WITH (pages_per_range = 32)"}},
	{"no BRIN with a limit", needOf(`(t.made > $1)`, ordered(10, up("made"))), []string{"*(made)", "-USING brin (made)"}},
	{"no BRIN without order", needOf(`(t.due > $1)`), []string{"(due)", "-USING brin (due)"}},
	{"no BRIN beside a b-tree", needOf(`((t.made > $1) AND (t.kind = ANY ('{1,2}'::integer[])))`, func(n *Need) {
		n.Table.Indexes = []table.Existing{{Name: "x", Valid: true, Known: true, Unique: true, Shape: shape.Index{Method: "btree", Keys: []shape.Key{up("made"), up("id")}}}}
	}), []string{"-USING brin (made)", "-USING brin (made) WITH (pages_per_range = 32)"}},
	{"hash of what is wide", needOf(`((t.body = $1) AND (t.gone IS NULL))`), []string{"USING hash (body)", "USING hash (body) WHERE gone IS NULL", "-(body)"}},
	{"OR", needOf(`((t.tenant = $1) AND ((t.email = $2) OR (t.kind = $3)))`),
		[]string{"(email); (kind)", "(tenant, email); (tenant, kind)", "(tenant)"}},
	{"OR of one column", needOf(`((t.gone IS NULL) OR (t.gone > $1))`), []string{"(gone)"}},
	{"OR with a hopeless arm", needOf(`((t.email = $1) OR (length(t.body) > tenant))`), []string{"-(email)"}},
	{"OR with a search", needOf(`((t.email ~~* '%abc%'::text) OR (t.kind = 1))`), []string{"USING gin (email public.gin_trgm_ops); (kind)"}},
	{"join", needOf(`((t.tenant = o.id) AND (t.status = $1))`), []string{"(tenant, status)", "(tenant)", "(status)"}},
	{"the first of each", needOf(`(t.tenant = o.id)`, func(n *Need) { n.Each = true }, ordered(3, down("made"))), []string{"*(tenant, made)"}},
	{"a join does not know its order", needOf(`(t.tenant = o.id)`, ordered(3, down("made"))), []string{"*(made)", "(tenant)", "-(tenant, made)"}},
	{"covering", needOf(`(t.tenant = $1)`, func(n *Need) { n.Output, n.Table.AllVisible = []string{"kind"}, n.Table.Pages }), []string{"(tenant)", "(tenant) INCLUDE (kind)"}},
	{"covering what is wide", needOf(`(t.tenant = $1)`, func(n *Need) { n.Output, n.Table.AllVisible = []string{"body"}, n.Table.Pages }), []string{"-(tenant) INCLUDE (body)"}},
	{"not all-visible", needOf(`(t.tenant = $1)`, func(n *Need) { n.Output = []string{"kind"} }), []string{"-(tenant) INCLUDE (kind)"}},
	{"another collation", needOf(`(t.email = ('x'::text COLLATE "C"))`), []string{`(email COLLATE "C")`, "-(email)"}},
}

func TestEachClassOfCondition(t *testing.T) {
	for _, c := range classes {
		t.Run(c.name, func(t *testing.T) {
			found := Of(c.need)
			bodies := bodiesOf(found)
			for _, want := range c.want {
				body, missing := strings.CutPrefix(want, "-")
				body, inOrder := strings.CutPrefix(body, "*")
				at := slices.Index(bodies, body)
				switch {
				case missing != (at < 0):
					t.Errorf("%s: missing should be %v, of %v", body, missing, bodies)
				case at >= 0 && found[at].Ordered != inOrder:
					t.Errorf("%s: in order %v, want %v", body, found[at].Ordered, inOrder)
				}
			}
			if len(found) > most || len(c.want) == 0 && len(found) > 0 {
				t.Errorf("%d candidates: %v", len(found), bodies)
			}
		})
	}
}
