package candidate

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/pgmedic/pgmedic/playbooks/index/table"
	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
	"github.com/pgmedic/pgmedic/probes/plan"
)

// described is a need in few words: alias of table, lookups, order, output.
func described(n Need) string {
	var order []string
	for _, k := range n.Order {
		order = append(order, k.SQL())
	}
	text := fmt.Sprintf("%s of %s", n.Alias, n.Table)
	if n.Lookups > 1 {
		text += " looked up"
	}
	if n.Each {
		text += " each"
	}
	if len(order) > 0 {
		text += " by " + strings.Join(order, ", ")
	}
	if n.Limit > 0 {
		text += fmt.Sprintf(" limit %.0f", n.Limit)
	}
	return text
}

var needCases = []struct {
	statement string
	want      []string // the needs, costliest first
	output    []string // of the first
}{
	{`SELECT kind, price FROM things WHERE account_id = 5`, []string{"things of public.things"}, []string{"kind", "price"}},
	{`SELECT count(*) FROM things WHERE account_id = 5`, []string{"things of public.things"}, nil},
	{`SELECT sum(price) FROM things WHERE account_id = 5 GROUP BY kind`, []string{"things of public.things by kind"}, []string{"kind", "price"}},
	{`SELECT * FROM things`, nil, nil},
	{`SELECT * FROM pg_class WHERE relpages = 77`, nil, nil},
	{`SELECT * FROM generate_series(1, 10) AS n WHERE n = 5`, nil, nil},
	{`SELECT * FROM (VALUES (1), (2)) AS v (n) WHERE n = 2`, nil, nil},
	{`SELECT * FROM passing WHERE n = 1`, nil, nil},
	{`SELECT id FROM unlogged WHERE n = 1`, []string{"unlogged of public.unlogged"}, []string{"id"}},
	{`SELECT id FROM summed WHERE n = 1`, []string{"summed of public.summed"}, []string{"id"}},
	{`SELECT id FROM seen WHERE kind = 5`, []string{"things of public.things"}, []string{"id"}},
	{`SELECT id FROM things WHERE kind = 5 UNION ALL SELECT id FROM orders WHERE customer = 'c7'`, []string{"things of public.things", "orders of public.orders"}, []string{"id"}},
	{`WITH x AS MATERIALIZED (SELECT id, made FROM things WHERE kind = 7) SELECT * FROM x`, []string{"things of public.things"}, []string{"id", "made"}},
	{`SELECT o.id FROM orders o WHERE o.customer = 'c7' AND o.id > (SELECT avg(amount) FROM lines WHERE order_id = 7)`,
		[]string{"lines of public.lines", "o of public.orders"}, []string{"amount"}},
	{`SELECT id FROM things WHERE kind = 5 ORDER BY made LIMIT 7`, []string{"things of public.things by made limit 7"}, []string{"id", "made"}},
	{`SELECT id FROM things WHERE kind = 5 FOR UPDATE`, []string{"things of public.things"}, []string{"ctid", "id"}},
	{`UPDATE things SET price = price + 1 WHERE kind = 5`, []string{"things of public.things"}, nil},
	{`SELECT count(*) FROM events WHERE account_id = 5`, []string{"events_1 of public.events"}, nil},
	{`SELECT id FROM events e WHERE account_id = 5 ORDER BY at DESC LIMIT 3`, []string{"e_1 of public.events by at DESC limit 3"}, []string{"at", "id"}},
	{`SELECT a.name, sum(t.price) FROM accounts a JOIN things t ON t.account_id = a.id WHERE a.name = 'account 7' GROUP BY a.name`,
		[]string{"t of public.things", "a of public.accounts"}, []string{"account_id", "price"}},
	{`SELECT a.id, (SELECT max(t.due) FROM things t WHERE t.account_id = a.id) FROM accounts a`,
		[]string{"t of public.things looked up each by due DESC limit 1"}, []string{"due"}},
	{`SELECT a.id, x.made FROM accounts a CROSS JOIN LATERAL (SELECT t.made FROM things t WHERE t.account_id = a.id ORDER BY t.made DESC LIMIT 3) x`,
		[]string{"t of public.things looked up each by made DESC limit 3"}, []string{"made"}},
}

func eachNeed(t *testing.T, tx pgx.Tx) {
	for _, sql := range []string{
		"CREATE TEMP TABLE passing AS SELECT n FROM generate_series(1, 1000) AS n", "CREATE UNLOGGED TABLE unlogged AS SELECT n AS id, n % 10 AS n FROM generate_series(1, 5000) AS n",
		"CREATE MATERIALIZED VIEW summed AS SELECT n AS id, n % 10 AS n FROM generate_series(1, 5000) AS n", "CREATE VIEW looked AS SELECT id, kind FROM things",
		"CREATE VIEW seen AS SELECT * FROM looked", "SET LOCAL max_parallel_workers_per_gather = 0",
	} {
		execute(t, tx, sql)
	}
	for _, c := range needCases {
		t.Run(c.statement, func(t *testing.T) {
			needs := needsOf(t, tx, c.statement)
			var got []string
			for _, n := range needs {
				got = append(got, described(n))
			}
			if strings.Join(got, "; ") != strings.Join(c.want, "; ") && !isLookedUp(got, c.want) {
				t.Errorf("got  %v\nwant %v", got, c.want)
			}
			if len(needs) > 0 && c.output != nil && !slices.Equal(needs[0].Output, c.output) {
				t.Errorf("output %v, want %v", needs[0].Output, c.output)
			}
		})
	}
}

// isLookedUp says whether needs differ from what is wanted only in that one or the other side of a join is looked up by the one row of the other.
func isLookedUp(got, want []string) bool {
	return strings.ReplaceAll(strings.Join(got, "; "), " looked up", "") == strings.ReplaceAll(strings.Join(want, "; "), " looked up", "") &&
		strings.Contains(strings.Join(got, "; "), "accounts")
}

func execute(t *testing.T, tx pgx.Tx, sql string) {
	t.Helper()
	if _, err := tx.Exec(t.Context(), sql); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

// The plan of a thousand partitions is read with two reads of tables, not with a thousand.
func TestManyPartitionsAreOneNeed(t *testing.T) {
	conn := pgtest.Connect(t, pgtest.Database(t), nil)
	pgtest.Execute(t, conn, "CREATE TABLE log (at integer, who integer) PARTITION BY RANGE (at)",
		`DO $$ BEGIN FOR i IN 1..300 LOOP EXECUTE format('CREATE TABLE log_%s PARTITION OF log FOR VALUES FROM (%s) TO (%s)', i, i, i + 1); END LOOP; END $$`,
		"INSERT INTO log SELECT n % 300 + 1, n FROM generate_series(1, 6000) AS n", "ANALYZE log")
	tx, err := conn.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	count := 0
	needs, err := Needs(explain(t, tx, "SELECT * FROM log WHERE who = 7"), func(schema, relation string) (*table.Table, error) {
		count++
		return table.Read(t.Context(), tx, schema, relation)
	})
	if err != nil || len(needs) != 1 || len(needs[0].Scans) != 300 || count != 2 {
		t.Errorf("%d needs, %d reads, %v", len(needs), count, err)
	}
}

// generic plans a statement with $n without values.
func generic(t *testing.T, tx pgx.Tx, statement string, parameters int) *plan.Plan {
	t.Helper()
	execute(t, tx, "SET LOCAL plan_cache_mode = force_generic_plan")
	execute(t, tx, "PREPARE p AS "+statement)
	p := explain(t, tx, "EXECUTE p("+strings.TrimSuffix(strings.Repeat("NULL,", parameters), ",")+")")
	execute(t, tx, "DEALLOCATE p")
	p.Origin.Statement = statement
	return p
}

var genericCases = []struct {
	statement  string
	parameters int
	want       []string
}{
	{`SELECT * FROM things WHERE status = $1 AND kind = $2 ORDER BY made DESC LIMIT $3`, 3, []string{"*(kind, status, made)", "-(made) WHERE (status)::text = 'failed'::text"}},
	{`SELECT * FROM things WHERE kind = ANY ($1) AND made > $2`, 2, []string{"(kind, made)", "(made)"}},
	{`SELECT * FROM things WHERE email LIKE $1`, 1, []string{"(email text_pattern_ops)", "USING gin (email public.gin_trgm_ops)"}},
	{`SELECT * FROM things WHERE data @> $1 AND gone IS NULL`, 1, []string{"USING gin (data jsonb_path_ops)", "USING gin (data jsonb_path_ops) WHERE gone IS NULL"}},
	{`SELECT * FROM things WHERE data ->> 'name' = $1`, 1, []string{"((data ->> 'name'::text))"}},
	{`SELECT * FROM things WHERE data -> $1 = $2`, 2, nil},
	{`SELECT * FROM things WHERE data -> 'k' = $1`, 1, nil},
	{`SELECT * FROM things WHERE tags && $1`, 1, []string{"USING gin (tags)"}},
	{`SELECT * FROM things WHERE lower(email) = lower($1)`, 1, []string{"((lower(email)))"}},
	{`SELECT * FROM things WHERE (made, id) > ($1, $2) AND kind = $3 ORDER BY made, id LIMIT $4`, 4, []string{"*(kind, made, id)"}},
	{`SELECT * FROM things WHERE to_tsvector('english', body) @@ plainto_tsquery('english', $1)`, 1, []string{"USING gin ((to_tsvector('english'::regconfig, body)))"}},
	{`SELECT * FROM things WHERE to_tsvector($2::regconfig, body) @@ plainto_tsquery('english', $1)`, 2, nil},
	{`SELECT * FROM things WHERE during && $1`, 1, []string{"USING gist (during)"}},
	{`SELECT * FROM things WHERE kind = $1 OR email = $2`, 2, []string{"(kind); (email)"}},
	{`SELECT * FROM things WHERE active = $1 AND kind = $2`, 2, []string{"(kind, active)"}},
	{`SELECT * FROM things WHERE label = $1`, 1, []string{"(label)"}},
}

func genericPlans(t *testing.T, tx pgx.Tx) {
	for _, c := range genericCases {
		t.Run(c.statement, func(t *testing.T) {
			needs, err := Needs(generic(t, tx, c.statement, c.parameters), reads(t, tx))
			if err != nil || len(needs) != 1 {
				t.Fatal(needs, err)
			}
			found := Of(needs[0])
			bodies := bodiesOfReal(found)
			for _, want := range c.want {
				body, missing := strings.CutPrefix(want, "-")
				body, inOrder := strings.CutPrefix(body, "*")
				if at := slices.Index(bodies, body); missing != (at < 0) || at >= 0 && found[at].Ordered != inOrder {
					t.Errorf("%s: missing should be %v, in order %v, of %q", body, missing, inOrder, bodies)
				}
			}
			if c.want == nil && len(found) > 0 {
				t.Errorf("got %q", bodies)
			}
			for _, candidate := range found {
				for _, clause := range candidate.Index.Where {
					if strings.Contains(clause.SQL, "$") {
						t.Errorf("a parameter in the predicate %s", clause.SQL)
					}
				}
			}
		})
	}
}

func foreignKeysWithoutAnIndex(t *testing.T, tx pgx.Tx) {
	cases := []struct{ statement, want string }{
		{"DELETE FROM orders WHERE customer = 'c7'", "lines"},
		{"UPDATE orders SET id = id + 10000 WHERE id = 7", "lines"},
		{"UPDATE orders SET (customer, id) = (customer, id + 10000) WHERE customer = 'c7'", "lines"},
		{"UPDATE orders SET customer = id::text WHERE customer = 'c7'", ""},
		{"SELECT * FROM orders WHERE customer = 'c7'", ""},
	}
	for _, c := range cases {
		orders, err := table.Read(t.Context(), tx, "public", "orders")
		if err != nil {
			t.Fatal(err)
		}
		children, err := ForeignKeys(explain(t, tx, c.statement), orders, reads(t, tx))
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, child := range children {
			got = append(got, child.Candidate.Index.Table)
			if child.Candidate.Index.KeyList() != "order_id" || child.Need.Lookups < 1 || len(Of(child.Need)) == 0 || len(child.Candidate.Uses) != 1 {
				t.Errorf("%s: %+v", c.statement, child)
			}
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s: children without an index are %v, want %s", c.statement, got, c.want)
		}
	}
}

func whatServes(t *testing.T, tx pgx.Tx) {
	cases := []struct{ index, statement, want string }{
		{"(kind, made)", "SELECT * FROM things WHERE kind = 5 ORDER BY made DESC LIMIT 3", "complete"},
		{"(kind)", "SELECT * FROM things WHERE kind = 5 AND account_id = 7", "in part"},
		{"(kind, account_id)", "SELECT * FROM things WHERE kind = 5 AND account_id = 7", "complete"},
		{"(account_id, kind)", "SELECT * FROM things WHERE kind = 5 AND account_id = 7", "complete"},
		{"(kind) WHERE gone IS NULL", "SELECT * FROM things WHERE kind = 5", "it holds only rows where gone IS NULL"},
		{"(kind) WHERE gone IS NULL", "SELECT * FROM things WHERE kind = 5 AND gone IS NULL", "complete"},
		{"(kind) WHERE kind IS NOT NULL", "SELECT * FROM things WHERE kind = 5", "complete"},
		{"(email)", "SELECT * FROM things WHERE email LIKE 'user77%'", "its order is that of the column's collation"},
		{"(email text_pattern_ops)", "SELECT * FROM things WHERE email LIKE 'user77%'", "complete"},
		{"(email text_pattern_ops)", "SELECT * FROM things WHERE email = 'user77'", "complete"},
		{"(email)", "SELECT * FROM things WHERE lower(email) = 'user77'", "the condition is on lower(email)"},
		{"((lower(email)))", "SELECT * FROM things WHERE lower(email) = 'user77'", "complete"},
		{"(account_id)", "SELECT * FROM things WHERE account_id::text = '77'", "the condition casts the column to text"},
		{`(email COLLATE "C")`, "SELECT * FROM things WHERE email = 'x'", ""},
		{"(email)", `SELECT * FROM things WHERE email COLLATE "C" = 'x'`, `the condition compares by the collation "C"`},
		{"(kind, made)", "SELECT * FROM things WHERE kind = 5 ORDER BY made DESC, id LIMIT 3", "complete"},
		{"(kind, due)", "SELECT * FROM things WHERE kind = 5 AND price > 7 ORDER BY made, id LIMIT 3", "in part"},
		{"(active, made)", "SELECT * FROM things WHERE NOT active ORDER BY made LIMIT 3", "complete"},
		{"(price)", "SELECT * FROM things WHERE kind = 5", ""},
		{"(data, account_id)", "SELECT * FROM things WHERE kind = 5 AND account_id = 7", ""},
		{"(price)", "SELECT * FROM things ORDER BY price DESC LIMIT 3", "complete"},
	}
	for _, c := range cases {
		execute(t, tx, "SAVEPOINT before")
		p := explain(t, tx, c.statement)
		execute(t, tx, "CREATE INDEX mine ON things "+c.index)
		needs, err := Needs(p, reads(t, tx))
		if err != nil || len(needs) != 1 {
			t.Fatal(needs, err)
		}
		got := ""
		for _, s := range Serving(needs[0]) {
			switch {
			case s.Index.Name != "mine":
				continue
			case s.Hindrance != "":
				got = s.Hindrance
			case s.Complete:
				got = "complete"
			default:
				got = "in part"
			}
		}
		if !strings.HasPrefix(got, c.want) || c.want == "" && got != "" {
			t.Errorf("%s for %s: %q, want %q", c.index, c.statement, got, c.want)
		}
		execute(t, tx, "ROLLBACK TO SAVEPOINT before")
	}
	needs := needsOf(t, tx, "SELECT * FROM things WHERE id = 5 AND kind = 3")
	if serving := Serving(needs[0]); len(serving) == 0 || serving[0].Index.Name != "things_pkey" || !serving[0].Complete {
		t.Errorf("the primary key finds the only row: %+v", serving)
	}
}

// An index that the table has is not proposed again, and none where a unique one finds the only row.
func whatExistsIsNotProposed(t *testing.T, tx pgx.Tx) {
	execute(t, tx, "CREATE INDEX mine ON things (kind, account_id, made)")
	cases := []struct {
		statement string
		missing   []string
	}{
		{"SELECT * FROM things WHERE kind = 5 AND account_id = 7", []string{"(kind, account_id)", "(kind)"}},
		{"SELECT * FROM things WHERE id = 5 AND kind = 3", []string{"(id, kind)", "(id)"}},
	}
	for _, c := range cases {
		for _, need := range needsOf(t, tx, c.statement) {
			for _, body := range bodiesOfReal(Of(need)) {
				if slices.Contains(c.missing, body) {
					t.Errorf("%s: %s is there already", c.statement, body)
				}
			}
		}
	}
}
