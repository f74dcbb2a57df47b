package plan_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/pgmedic/pgmedic/probes/plan"
)

// conditionCases are conditions on one table and what is read of what the server prints of them: kind columns, of an expression [it compared],
// operator.
var conditionCases = []struct {
	where string
	want  []string
}{
	{`title = 'x' COLLATE "C"`, []string{`equality title = "C"`}},
	{`title COLLATE "C" = 'x'`, []string{`equality title::text =`}}, // the server does not print it
	{`code = 'x'`, []string{`equality code::text =`}},
	{`fixed = 'abc'`, []string{`equality fixed =`}},
	{`id BETWEEN 1 AND 5`, []string{`range id >=`, `range id <=`}},
	{`id NOT BETWEEN 1 AND 5`, []string{`or id (range id <) (range id >)`}},
	{`id IS NOT DISTINCT FROM 5`, []string{`opaque id`}},
	{`NOT (id = ANY ('{1,2}'))`, []string{`not equal id <>`}},
	{`open IS TRUE`, []string{`boolean open`}},
	{`open = false`, []string{`boolean NOT open`}},
	{`open IS NOT TRUE`, []string{`opaque open`}},
	{`(title, id) <= ('x', 1)`, []string{`row range title, id <=`}},
	{`(id, code) > (1, 'x')`, []string{`row range id, code::text >`}},
	{`(id, title) IN ((1, 'a'), (2, 'b'))`, []string{`or id, title (equality id = + equality title =) (equality id = + equality title =)`}},
	{`title LIKE 'abc%'`, []string{`prefix title ~~`}},
	{`title LIKE 'a\_b%'`, []string{`prefix title ~~`}},
	{`title LIKE '\%b%'`, []string{`prefix title ~~`}},
	{`title LIKE '%b'`, []string{`search title ~~`}},
	{`title NOT LIKE 'a%'`, []string{`opaque title !~~`}},
	{`code LIKE 'abc%'`, []string{`prefix code::text ~~`}},
	{`fixed LIKE 'abc%'`, []string{`prefix fixed ~~`}},
	{`raw LIKE 'abc%'`, []string{`opaque raw ~~`}},
	{`title ILIKE 'abc%'`, []string{`search title ~~*`}},
	{`title ~ '^abc'`, []string{`search title ~`}},
	{`title SIMILAR TO 'abc%'`, []string{`search title ~`}},
	{`title ^@ 'abc'`, []string{`prefix title ^@`}},
	{`starts_with(title, 'abc')`, []string{`prefix title ^@`}},
	{`title LIKE '%' || (SELECT max(name) FROM other)`, []string{`search title ~~`}},
	{`params @> '{"a": 1}'`, []string{`contains params @>`}},
	{`'{"a": 1}' <@ params`, []string{`contains params @>`}},
	{`params ? 'a' AND params ?| '{a,b}' AND params ?& '{a,b}'`, []string{`contains params ?`, `contains params ?|`, `contains params ?&`}},
	{`params @? '$.a' AND params @@ '$.a == 1'`, []string{`contains params @?`, `contains params @@`}},
	{`to_tsquery('cat') @@ body`, []string{`contains body @@`}},
	{`to_tsvector('english', title) @@ to_tsquery('cat')`, []string{`not sargable title [to_tsvector('english'::regconfig, title) contains] @@`}},
	{`tags && '{a}'`, []string{`contains tags &&`}},
	{`'a' = ANY (tags)`, []string{`not sargable tags [tags contains] =`}},
	{`during @> now()`, []string{`contains during @>`}},
	{`during && tstzrange(now(), now() + interval '1 day')`, []string{`contains during &&`}},
	{`addr <<= '10.0.0.0/8'`, []string{`opaque addr <<=`}},
	{`id = 1 OR title = 'x' OR (open AND org IS NULL)`, []string{`or id, title, open, org (equality id =) (equality title =) (boolean open + is null org)`}},
	{`is_active(id)`, []string{`not sargable id [is_active(id) boolean]`}},
	{`NOT is_active(id)`, []string{`not sargable NOT id [is_active(id) boolean]`}},
	{`(params ->> 'k')::boolean`, []string{`not sargable params [((params ->> 'k'::text))::boolean boolean]`}},
	{`lower(title) LIKE 'a%'`, []string{`not sargable title [lower(title) prefix] ~~`}},
	{`lower(title) = ANY ('{a,b}')`, []string{`not sargable title [lower(title) any of] =`}},
	{`lower(title) IS NULL`, []string{`not sargable title [lower(title) is null]`}},
	{`date_trunc('day', made_at) = '2024-01-01'`, []string{`not sargable made_at [date_trunc('day'::text, made_at) equality] =`}},
	{`made_at::date = current_date`, []string{`not sargable made_at::date [(made_at)::date equality] =`}},
	{`params -> 'a' ->> 'b' = 'v'`, []string{`not sargable params [((params -> 'a'::text) ->> 'b'::text) equality] =`}},
	{`(params ->> 'n')::int > 5`, []string{`not sargable params [((params ->> 'n'::text))::integer range] >`}},
	{`coalesce(done_at, made_at) > now()`, []string{`not sargable done_at, made_at [COALESCE(done_at, made_at) range] >`}},
	{`made_at + interval '1 day' > now()`, []string{`not sargable made_at [(made_at + '1 day'::interval) range] >`}},
	{`id % 10 = 3`, []string{`not sargable id [(id % 10) equality] =`}},
	{`-id > 5`, []string{`not sargable id [(- id) range] >`}},
	{`left(title, 3) = 'abc'`, []string{`not sargable title ["left"(title, 3) equality] =`}},
	{`title || code = 'x'`, []string{`not sargable title, code [(title || (code)::text) equality] =`}},
	{`trim(title) = 'x'`, []string{`not sargable title [TRIM(BOTH FROM title) equality] =`}},
	{`"Odd ""Name" % 3 = 0`, []string{`not sargable Odd "Name [("Odd ""Name" % 3) equality] =`}},
	{`small = 5`, []string{`not sargable small::integer [(small)::integer equality] =`}}, // a domain
	{`id < length(title)`, []string{`not sargable id, title`}},
	{`id > (random() * 5)::int`, []string{`opaque id`}},
	{`id = (SELECT max(id) FROM other)`, []string{`equality id =`}},
	{`id = ANY (ARRAY(SELECT id FROM other))`, []string{`any of id =`}},
	{`id NOT IN (SELECT id FROM other)`, []string{`opaque`}},
	{`CASE WHEN open THEN id ELSE 2 END = 5`, []string{`opaque`}},
	{`t IS NULL`, []string{`opaque`}},
}

func TestConditionsOfTheServer(t *testing.T) {
	conn := connect(t)
	for _, c := range conditionCases {
		scan := explain(t, conn, "SELECT * FROM t WHERE "+c.where)
		for _, conjuncts := range [][]plan.Condition{plan.Conjuncts(scan.Filter), plan.ConjunctsOf(scan.Filter, "t")} {
			got := described(conjuncts)
			if !slices.Equal(got, c.want) {
				t.Errorf("%s\ngot  %q\nwant %q\nof   %s", c.where, got, c.want, scan.Filter)
			}
		}
	}
}

func described(conjuncts []plan.Condition) []string {
	var texts []string
	for _, c := range conjuncts {
		words := []string{string(c.Kind)}
		if c.Negated {
			words = append(words, "NOT")
		}
		if len(c.Columns) > 0 {
			words = append(words, strings.Join(c.Columns, ", "))
		}
		if c.Cast != "" {
			words[len(words)-1] += "::" + c.Cast
		}
		if c.Expression != "" {
			words = append(words, fmt.Sprintf("[%s %s]", c.Expression, c.Compared))
		}
		words = append(words, c.Op, c.Collation)
		for _, arm := range c.Arms {
			words = append(words, "("+strings.Join(described(arm), " + ")+")")
		}
		texts = append(texts, strings.Join(slices.DeleteFunc(words, func(w string) bool { return w == "" }), " "))
	}
	return texts
}

// An expression is SQL that an index can be made of, where it is immutable (42P17); and then the planner knows the condition again.
func TestExpressionsAreIndexable(t *testing.T) {
	conn := connect(t)
	fill(t, conn)
	ctx := context.Background()
	if _, err := conn.Exec(ctx, "SET enable_seqscan = off"); err != nil {
		t.Fatal(err)
	}
	indexed := 0
	for _, c := range conditionCases {
		statement := "SELECT * FROM t WHERE " + c.where
		for _, condition := range plan.ConjunctsOf(explain(t, conn, statement).Filter, "t") {
			searched := condition.Compared == plan.Equality || condition.Compared == plan.Range || condition.Compared == plan.AnyOf
			if condition.Expression == "" || !searched && condition.Compared != plan.Boolean {
				continue
			}
			_, err := conn.Exec(ctx, "CREATE INDEX t_expression ON t (("+condition.Expression+"))")
			var refused *pgconn.PgError
			if errors.As(err, &refused) && refused.Code == "42P17" {
				continue
			}
			if err != nil {
				t.Errorf("%s: index on %s: %v", c.where, condition.Expression, err)
				continue
			}
			indexed++
			p := planned(t, conn, statement)
			used := false
			p.Walk(func(n *plan.Node, _ int) { used = used || n.Index == "t_expression" })
			if !used {
				t.Errorf("%s: an index on %s does not serve: %s", c.where, condition.Expression, scanOf(p).Filter)
			}
			if _, err := conn.Exec(ctx, "DROP INDEX t_expression"); err != nil {
				t.Fatal(err)
			}
		}
	}
	if indexed < 10 {
		t.Errorf("%d expressions were indexed", indexed)
	}
}

// Asked alone, a condition must be SQL that the server takes, and mean the same to the planner: as many rows as it expects in the plan.
func TestConditionsAlone(t *testing.T) {
	conn := connect(t)
	fill(t, conn)
	for _, c := range conditionCases {
		checkAlone(t, conn, "SELECT 1 FROM t WHERE "+c.where, strings.Contains(c.where, "NOT IN (SELECT"))
	}
	for _, statement := range []string{
		"SELECT 1 FROM t WHERE id = $1", "SELECT 1 FROM t WHERE id > $1 + 1 AND code = $2", "SELECT 1 FROM t WHERE id = ANY ($1)",
		"SELECT 1 FROM t WHERE title LIKE $1", "SELECT 1 FROM t WHERE (id, title) > ($1, $2)", "SELECT 1 FROM t WHERE lower(title) = $1 OR tags && $2",
		"SELECT 1 FROM t WHERE params @> $1", "SELECT 1 FROM t WHERE during @> $1::timestamptz", "SELECT 1 FROM t WHERE id IN ($1, $2)",
		"SELECT 1 FROM t WHERE id = $1 AND small = (SELECT max(id) FROM other)", "SELECT 1 FROM t WHERE title = (SELECT max(name) FROM other WHERE id = $1)",
		"SELECT 1 FROM t WHERE lower(title) = (SELECT max(name) FROM other)", "SELECT 1 FROM t WHERE title ~ (SELECT max(name) FROM other)",
		"SELECT 1 FROM t WHERE lower(title) = ANY (ARRAY(SELECT name FROM other))", "SELECT 1 FROM t WHERE $1 = ANY (tags)",
		"SELECT 1 FROM t WHERE (SELECT max(name) FROM other) = ANY (tags)", "SELECT 1 FROM t WHERE (SELECT max(id) FROM other) + 1 < id",
		"SELECT 1 FROM t WHERE CASE WHEN open THEN id ELSE 2 END = 5",
	} {
		checkAlone(t, conn, statement, false)
	}
}

// checkAlone compares the rows of a statement's scan of t with those of its conditions asked alone.
func checkAlone(t *testing.T, conn *pgx.Conn, statement string, refused bool) {
	t.Helper()
	p, types := generic(t, conn, statement)
	scan := scanOf(p)
	if scan == nil || scan.Filter == "" {
		t.Fatalf("%s: no filter", statement)
	}
	var texts []string
	for _, c := range plan.Conjuncts(scan.Filter) {
		sql, ok := c.Alone("t", columnType(t, conn), types)
		if ok == refused {
			t.Errorf("%s: alone %q %v, of %s", statement, sql, ok, c.Text)
		}
		texts = append(texts, sql)
	}
	if refused {
		return
	}
	var alone string
	err := conn.QueryRow(context.Background(), "EXPLAIN (FORMAT JSON) SELECT 1 FROM t AS t WHERE "+strings.Join(texts, " AND ")).Scan(&alone)
	if err != nil {
		t.Errorf("%s: %s: %v", statement, texts, err)
		return
	}
	if got := scanOf(parse(t, alone)).PlanRows; got != scan.PlanRows {
		t.Errorf("%s: %v rows alone, %v in the plan: %s", statement, got, scan.PlanRows, texts)
	}
}

// generic plans a statement without values, and returns how its parameters' types are asked for.
func generic(t *testing.T, conn *pgx.Conn, statement string) (*plan.Plan, func(int) string) {
	t.Helper()
	ctx := context.Background()
	prepared, err := conn.Prepare(ctx, "s", statement)
	if err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
	call := "EXECUTE s"
	if n := len(prepared.ParamOIDs); n > 0 {
		call += "(NULL" + strings.Repeat(", NULL", n-1) + ")"
	}
	var types []string
	if err := conn.QueryRow(ctx, "SELECT parameter_types::text[] FROM pg_prepared_statements WHERE name = 's'").Scan(&types); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Exec(ctx, "SET plan_cache_mode = force_generic_plan"); err != nil {
		t.Fatal(err)
	}
	var text string
	if err := conn.QueryRow(ctx, "EXPLAIN (VERBOSE, FORMAT JSON) "+call, pgx.QueryExecModeSimpleProtocol).Scan(&text); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
	if err := conn.Deallocate(ctx, "s"); err != nil {
		t.Fatal(err)
	}
	p := parse(t, text)
	p.Origin.Class = plan.Generic
	for i, name := range types {
		p.Origin.Parameters = append(p.Origin.Parameters, plan.Parameter{N: i + 1, Type: name})
	}
	return p, p.ParameterType
}

func columnType(t *testing.T, conn *pgx.Conn) func(string) string {
	return func(column string) string {
		var name string
		err := conn.QueryRow(context.Background(), "SELECT format_type(atttypid, NULL) FROM pg_attribute WHERE attrelid = 't'::regclass AND attname = $1", column).Scan(&name)
		if err != nil {
			t.Errorf("type of %s: %v", column, err)
		}
		return name
	}
}

// fill gives the planner something to estimate.
func fill(t *testing.T, conn *pgx.Conn) {
	t.Helper()
	rows, err := os.ReadFile(filepath.Join("testdata", "rows.sql"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Exec(context.Background(), string(rows)); err != nil {
		t.Fatal(err)
	}
}
