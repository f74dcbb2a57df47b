package shape

import (
	"strings"
	"testing"

	"github.com/pgmedic/pgmedic/probes/plan"
)

// index reads a shape from its keys, such as "a, b DESC", its predicate's clauses and what it stores.
func index(keys string, where ...string) Index {
	x := Index{Schema: "public", Table: "t", Method: "btree"}
	for one := range strings.SplitSeq(keys, ", ") {
		k := Key{Column: one}
		k.Column, k.Descending = strings.CutSuffix(one, " DESC")
		k.NullsFirst = k.Descending
		if strings.HasSuffix(k.Column, ")") {
			k.Column, k.Expression = "", k.Column
		}
		x.Keys = append(x.Keys, k)
	}
	for _, sql := range where {
		x.Where = append(x.Where, Clause{SQL: sql})
	}
	return x
}

func (x Index) including(columns ...string) Index {
	x.Include = columns
	return x
}

func (x Index) by(method string) Index {
	x.Method = method
	return x
}

func (x Index) unlike(opclass string) Index {
	x.Keys[0].Opclass = opclass
	return x
}

func TestSame(t *testing.T) {
	for _, c := range []struct {
		a, b Index
		want bool
	}{
		{index("a, b"), index("a, b"), true},
		{index("a, b"), index("b, a"), false},
		{index("a, b"), index("a, b").by(""), true},
		{index("a, b"), index("a, b DESC"), false},
		{index("a"), index("a").by("hash"), false},
		{index("a"), index("a").unlike("text_pattern_ops"), false},
		{index("a").including("x", "y"), index("a").including("y", "x"), true},
		{index("a").including("x"), index("a"), false},
		{index("a", "done", "b IS NULL"), index("a", "(b IS NULL)", "done"), true},
		{index("a", "status = 'x'::text"), index("a", "(status = 'x')"), true},
		{index("a", "status = 'x'::text"), index("a", "status = 'X'::text"), false},
		{index("a", "NOT done"), index("a", "done = false"), true},
		{index("a", "NOT done"), index("a", "done"), false},
		{index("a", "n = 1"), index("a"), false},
		{index("a", "5 < n"), index("a", "n > 5"), true},
		{index("a", "(code)::text = ANY ((ARRAY['x'::character varying, 'y'::character varying])::text[])"), index("a", "(code)::text = ANY ('{y,x}'::text[])"), true},
		{index("a", "n = ANY (ARRAY[1, 2])"), index("a", "n = ANY ('{1,2}'::integer[])"), true},
		{index("a", "n = ANY (ARRAY[1, 2])"), index("a", "n <> ALL (ARRAY[1, 2])"), false},
		{index("lower(email)"), index("(lower(email))"), true},
		{index("lower(email)"), index("upper(email)"), false},
	} {
		if got := Same(c.a, c.b); got != c.want || Same(c.b, c.a) != c.want {
			t.Errorf("%s the same as %s: %v, want %v", c.a.Definition(), c.b.Definition(), got, c.want)
		}
	}
	with := func(text string) Index { x := index("a").by("brin"); x.With = text; return x }
	if !Same(with("pages_per_range = 32, autosummarize = on"), with("autosummarize='on',pages_per_range='32'")) || Same(with("pages_per_range = 32"), with("")) {
		t.Error("storage parameters are not compared by what they say")
	}
	unique := index("a")
	unique.Unique = true
	if Same(unique, index("a")) {
		t.Error("a unique index is another one")
	}
}

func TestServes(t *testing.T) {
	for _, c := range []struct {
		existing, wanted Index
		equal            int
		want             bool
	}{
		{index("a, b, c"), index("a, b"), 0, true},
		{index("a, b, c"), index("b, a"), 2, true},
		{index("a, b, c"), index("b, a"), 0, false},
		{index("a, b, c"), index("a, c"), 2, false},
		{index("a, b DESC"), index("a, b"), 1, true},
		{index("a, b DESC, c"), index("a, b, c DESC"), 1, true},
		{index("a, b DESC, c"), index("a, b, c"), 1, false},
		{index("a DESC, b"), index("a, b"), 1, true},
		{index("a DESC, b"), index("a, b"), 0, false},
		{index("a", "done"), index("a"), 1, false},
		{index("a", "done"), index("a", "done", "n > 5"), 1, true},
		{index("a", "n > 3"), index("a", "n > 5"), 1, true},
		{index("a", "n > 5"), index("a", "n > 3"), 1, false},
		{index("a"), index("a", "done"), 1, true},
		{index("a"), index("a").including("x"), 1, false},
		{index("a, x"), index("a").including("x"), 1, true},
		{index("a").including("x", "y"), index("a").including("x"), 1, true},
		{index("a").unlike("text_pattern_ops"), index("a"), 1, false},
		{index("a"), index("a").by("hash"), 1, false},
		{index("a, b").by("gin"), index("b").by("gin"), 0, true},
		{index("a, b").by("gist"), index("b").by("gist"), 0, false},
		{index("a, b").by("brin"), index("b").by("brin"), 0, true},
		{index("a").by("hash"), index("a").by("hash"), 1, true},
	} {
		if got := Serves(c.existing, c.wanted, c.equal); got != c.want {
			t.Errorf("%s serves %s with %d for equality: %v, want %v", c.existing.Definition(), c.wanted.Definition(), c.equal, got, c.want)
		}
	}
	other := index("a")
	other.Table = "u"
	if Serves(other, index("a"), 1) {
		t.Error("an index of another table serves")
	}
}

func TestRedundant(t *testing.T) {
	unique := index("a")
	unique.Unique = true
	for _, c := range []struct {
		existing, by Index
		want         bool
	}{
		{index("a"), index("a, b"), true},
		{index("a, b"), index("a"), false},
		{index("b"), index("a, b"), false},
		{index("a DESC"), index("a, b"), false},
		{unique, index("a, b"), false},
		{index("a"), index("a, b", "done"), false},
		{index("a", "done"), index("a, b"), false},
		{index("a", "done"), index("a, b", "(done)"), true},
		{index("a").including("x"), index("a, b"), false},
		{index("a").including("x"), index("a, b, x"), true},
		{index("a").by("gin"), index("a, b").by("gin"), false},
		{index("a").by("gin"), index("a").by("gin"), true},
	} {
		if got := Redundant(c.existing, c.by); got != c.want {
			t.Errorf("%s is redundant beside %s: %v, want %v", c.existing.Definition(), c.by.Definition(), got, c.want)
		}
	}
}

func TestImplied(t *testing.T) {
	for _, c := range []struct {
		predicate, by string
		want          bool
	}{
		{"done", "t.done", true},
		{"NOT done", "(NOT t.done)", true},
		{"NOT done", "t.done", false},
		{"a IS NULL", "((t.a IS NULL) AND (t.b = 3))", true},
		{"a IS NOT NULL", "(t.a = $1)", true},
		{"a IS NOT NULL", "(t.a = ANY ($1))", true},
		{"a IS NOT NULL", "(b.a = u.a)", true},
		{"a IS NOT NULL", "(t.b = $1)", false},
		{"a IS NOT NULL", "(t.a ~~ 'x%'::text)", true},
		{"a IS NOT NULL", "((t.a)::text = 'x'::text)", true},
		{"status = 'open'::text", "(t.status = 'open'::text)", true},
		{"status = 'open'::text", "(t.status = $1)", false},
		{"status = 'open'::text", "((t.status)::text = 'open'::text)", false},
		{"status = ANY ('{open,new}'::text[])", "(t.status = 'open'::text)", true},
		{"status = ANY ('{open,new}'::text[])", "(t.status = ANY ('{new}'::text[]))", true},
		{"status = ANY ('{open,new}'::text[])", "(t.status = 'gone'::text)", false},
		{"status <> 'gone'::text", "(t.status = 'open'::text)", true},
		{"status <> 'gone'::text", "(t.status = 'gone'::text)", false},
		{"status <> 'gone'::text", "(t.status = $1)", false},
		{"amount <> 1.0", "(t.amount = '1'::numeric)", false},
		{"n > 5", "(t.n > 6)", true},
		{"n > 5", "(t.n >= 5)", false},
		{"n >= 5", "(t.n > 5)", true},
		{"n > 5", "(t.n = 7)", true},
		{"n > 5", "(t.n = 5)", false},
		{"n < 5", "(t.n <= 4)", true},
		{"n < 5", "(t.n > 9)", false},
		{"n < '-5'::integer", "(t.n = '-7'::integer)", true},
		{"code > '10'::text", "(t.code > '9'::text)", false},
		{"(a = 1) OR (b = 2)", "(t.b = 2)", true},
		{"(a = 1) OR (b = 2)", "((t.a = 1) OR (t.b = 2))", true},
		{"(a = 1) OR (b = 2)", "(t.b = 3)", false},
		{"lower(email) = 'x'::text", "(lower(t.email) = 'x'::text)", true},
		{"f(a)", "f(t.b)", false},
	} {
		if got := Implied([]Clause{{SQL: c.predicate}}, plan.Conjuncts(c.by)); got != c.want {
			t.Errorf("%s is implied by %s: %v, want %v", c.predicate, c.by, got, c.want)
		}
	}
}

func TestKind(t *testing.T) {
	for want, x := range map[string]Index{
		"btree":                    index("a, b"),
		"partial btree":            index("a", "done"),
		"partial covering btree":   index("a", "done").including("b"),
		"covering btree":           index("a").including("b"),
		"partial expression btree": index("lower(a)", "done"),
		"btree (text_pattern_ops)": index("a").unlike("text_pattern_ops"),
		"gin":                      index("a").by("gin"),
		"gin (jsonb_path_ops)":     index("a").by("gin").unlike("jsonb_path_ops"),
		"gin trigram":              index("a, b").by("gin").unlike("extensions.gin_trgm_ops"),
		"expression gist trigram":  index("lower(a)").by("gist").unlike("gist_trgm_ops (siglen = 32)"),
		"brin":                     index("a").by("brin"),
		"spgist (kd_point_ops)":    index("a").by("spgist").unlike("kd_point_ops"),
		"partial expression gin":   index("to_tsvector('english'::regconfig, body)", "a IS NOT NULL").by("gin"),
		"hash":                     index("a").by("hash"),
	} {
		if got := x.Kind(); got != want {
			t.Errorf("%s is of kind %q, want %q", x.Definition(), got, want)
		}
	}
}

func TestExplained(t *testing.T) {
	x := index("user_id, created_at DESC", "completed_at IS NULL").including("id")
	want := `CREATE INDEX CONCURRENTLY i
ON public.t (
  user_id,         -- equality
  created_at DESC
) INCLUDE (id)
WHERE completed_at IS NULL;  -- 3 % of the rows`
	got, _ := x.Explained(x.Create("i"), []string{"equality", "", "3 % of\nthe rows"})
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if got, _ := index("a").by("gin").Explained(index("a").by("gin").CreateOnOnly("a ON b"), []string{"contains"}); got != "CREATE INDEX \"a ON b\"\nON ONLY public.t USING gin (\n  a  -- contains\n);" {
		t.Errorf("got\n%s", got)
	}
	for _, other := range []string{"ANALYZE public.t", index("a").Create("i"), "DROP INDEX i" + x.body()} {
		if got, ok := x.Explained(other, nil); ok {
			t.Errorf("%s is explained as\n%s", other, got)
		}
	}
}

func TestNames(t *testing.T) {
	for _, x := range []Index{
		index("a, b, c"),
		{Schema: "s", Table: strings.Repeat("ü", 31), Keys: []Key{{Column: `q"u.o`}}},
		{Schema: "s", Table: strings.Repeat("t", 63), Keys: []Key{{Column: strings.Repeat("c", 63)}}},
		{Schema: "s", Table: "日本", Keys: []Key{{Expression: "lower(x)", Columns: []string{"x"}}}},
		{Schema: "s", Table: "bad\xff\x1b[2J", Keys: []Key{{Column: "\u202e"}}},
	} {
		name := x.Name()
		if err := ValidName(name); err != nil || !strings.HasPrefix(name, "idx_") || strings.ContainsAny(name, `". `) {
			t.Errorf("%q is named %q: %v", x.Definition(), name, err)
		}
		other := x
		other.Where = []Clause{{SQL: "a IS NULL"}}
		if x.Name() != name || other.Name() == name {
			t.Errorf("names do not tell shapes apart: %s, %s, %s", name, x.Name(), other.Name())
		}
	}
	if got := index("a, b, c").Name(); !strings.HasPrefix(got, "idx_t_a_b_") || len(got) != len("idx_t_a_b_")+4 {
		t.Errorf("name %s", got)
	}
	for _, bad := range []string{"", strings.Repeat("x", 64), strings.Repeat("ü", 32), "a\nb", "a\x1bb", "a\u202eb", "a\xff"} {
		if ValidName(bad) == nil {
			t.Errorf("%q is taken as a name", bad)
		}
	}
	for _, good := range []string{"i", strings.Repeat("ü", 31), `a "quoted" name`, "two  blanks"} {
		if err := ValidName(good); err != nil {
			t.Errorf("%q: %v", good, err)
		}
	}
}
