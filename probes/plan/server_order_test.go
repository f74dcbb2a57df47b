package plan_test

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/pgmedic/pgmedic/probes/plan"
)

var orderCases = []struct {
	statement string
	want      string // the keys, and the limit; "no": nothing
}{
	{"SELECT * FROM t WHERE id > 5 ORDER BY made_at DESC LIMIT 20", "made_at DESC; 20"},
	{"SELECT * FROM t ORDER BY made_at DESC NULLS LAST, id OFFSET 980 LIMIT 20", "made_at DESC NULLS LAST, id; 1000"}, // of 5,000: the start-up cost says so to about 1 in 1,000,
	{"SELECT * FROM t ORDER BY lower(title), id LIMIT 3", "[lower(title)], id; 3"},
	{`SELECT * FROM t ORDER BY title COLLATE "C" LIMIT 3`, `title COLLATE "C"; 3`},
	{"SELECT * FROM t ORDER BY made_at", "made_at; 0"},
	{"SELECT * FROM t LIMIT 7", "; 7"},
	{"SELECT * FROM t", "no"},
	{"SELECT DISTINCT ON (org) * FROM t ORDER BY org, made_at DESC", "org, made_at DESC; 0"},
	{"SELECT org, array_agg(id ORDER BY id) FROM t GROUP BY org", ""}, // the order of 16 and later holds the aggregate's too
	{"SELECT min(made_at) FROM t WHERE id > 5", "made_at; 1"},
	{"SELECT coalesce(max(id), 0) + 1 FROM t", "id DESC; 1"},
	{"SELECT min(id), max(id) FROM t", "id; 1"},
	{"SELECT max(id), count(*) FROM t", "no"},
	{"SELECT max(id), max(made_at) FROM t", "no"},
	{"SELECT max(id) FILTER (WHERE open) FROM t", "no"},
	{"SELECT * FROM t JOIN other o ON o.id = t.small ORDER BY t.made_at DESC LIMIT 10", "made_at DESC; ~"},
	{"SELECT * FROM other o JOIN t ON o.id = t.small ORDER BY o.name LIMIT 10", "no"},
	{"SELECT * FROM other o LEFT JOIN t ON o.id = t.small ORDER BY t.made_at LIMIT 10", "no"},
	{"SELECT * FROM t ORDER BY id + (SELECT max(id) FROM other) LIMIT 5", "no"},
	{"SELECT *, row_number() OVER (PARTITION BY org ORDER BY made_at) FROM t", "org, made_at; 0"},
	{"SELECT * FROM (SELECT * FROM t ORDER BY id LIMIT 5) q ORDER BY q.title", "id; 5"},
	{"WITH q AS MATERIALIZED (SELECT * FROM t WHERE id > 5) SELECT * FROM q ORDER BY id LIMIT 5", "no"},
	{"SELECT count(*) FROM t GROUP BY org ORDER BY count(*) LIMIT 5", "no"},
	{"SELECT * FROM t ORDER BY id FOR UPDATE LIMIT 4", "id; 4"},
}

func TestOrderOfRealPlans(t *testing.T) {
	conn := connect(t)
	fill(t, conn)
	for _, setting := range []string{"SET enable_sort = on", "SET min_parallel_table_scan_size = 0; SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0"} {
		if _, err := conn.Exec(context.Background(), setting); err != nil {
			t.Fatal(err)
		}
		for _, c := range orderCases {
			p := planned(t, conn, c.statement)
			if got := orderText(p.Order(scanOf(p))); !matches(got, c.want) {
				t.Errorf("%s: %s:\ngot  %s\nwant %s", setting, c.statement, got, c.want)
			}
		}
	}
}

// Orders that the planner asks for where it may not hash.
func TestOrderOfSortedPlans(t *testing.T) {
	conn := connect(t)
	fill(t, conn)
	if _, err := conn.Exec(context.Background(), "SET enable_hashagg = off; SET enable_hashjoin = off; SET enable_nestloop = off"); err != nil {
		t.Fatal(err)
	}
	for statement, want := range map[string]string{
		"SELECT * FROM t JOIN other o ON o.name = t.title":                                       "title; 0",
		"SELECT org, count(*) FROM t GROUP BY org":                                               "org; 0",
		"SELECT org, count(*) FROM t GROUP BY org ORDER BY org LIMIT 2":                          "org; ~",
		"SELECT DISTINCT title FROM t ORDER BY title LIMIT 9":                                    "title; 500",
		"SELECT * FROM t WHERE EXISTS (SELECT FROM other o WHERE o.id = t.id)":                   "id; 0",
		"SELECT date_trunc('day', made_at), count(*) FROM t GROUP BY 1":                          "[date_trunc('day'::text, made_at)]; 0",
		"SELECT params ->> 'k', count(*) FROM t GROUP BY params ->> 'k'":                         "[(params ->> 'k'::text)]; 0",
		"SELECT id FROM t UNION ALL SELECT id FROM other ORDER BY id LIMIT 3":                    "id; ~",
		"SELECT id FROM t UNION SELECT id FROM other":                                            "no",
		"DELETE FROM t WHERE id IN (SELECT id FROM other ORDER BY name LIMIT 3)":                 "id; 0",
		"SELECT * FROM (SELECT *, row_number() OVER (ORDER BY id) AS n FROM t) q WHERE n < 1000": "id; 0",
	} {
		p := planned(t, conn, statement)
		got := orderText(p.Order(scanOf(p)))
		if !matches(got, want) {
			t.Errorf("%s:\ngot  %s\nwant %s", statement, got, want)
		}
	}
}

// matches compares an order with what is wanted of it; ~ stands for any number of rows but 0, and nothing for any order.
func matches(got, want string) bool {
	keys, rows, _ := strings.Cut(got, "; ")
	wantKeys, wantRows, _ := strings.Cut(want, "; ")
	taken, _ := strconv.ParseFloat(rows, 64)
	wanted, _ := strconv.ParseFloat(wantRows, 64)
	return want == "" || keys == wantKeys && (wantRows == "~" && taken > 0 || math.Abs(taken-wanted) <= 0.002*wanted)
}

func orderText(keys []plan.SortKey, limit float64, ok bool) string {
	if !ok {
		return "no"
	}
	var texts []string
	for _, k := range keys {
		words := []string{k.Column}
		if k.Expression != "" {
			words[0] = "[" + k.Expression + "]"
		}
		if k.Collation != "" {
			words = append(words, "COLLATE "+k.Collation)
		}
		switch {
		case k.Descending && !k.NullsFirst:
			words = append(words, "DESC NULLS LAST")
		case k.Descending:
			words = append(words, "DESC")
		case k.NullsFirst:
			words = append(words, "NULLS FIRST")
		}
		texts = append(texts, strings.Join(words, " "))
	}
	return fmt.Sprintf("%s; %.0f", strings.Join(texts, ", "), limit)
}

// A partitioned table's order is that of each of its partitions.
func TestOrderOfPartitions(t *testing.T) {
	conn := connect(t)
	if _, err := conn.Exec(context.Background(), `CREATE TABLE part (id int, day date, other_id int) PARTITION BY RANGE (day);
		CREATE TABLE part_2023 PARTITION OF part FOR VALUES FROM ('2023-01-01') TO ('2024-01-01');
		CREATE TABLE part_2024 PARTITION OF part FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
		INSERT INTO part SELECT i, date '2023-01-01' + i % 700, i % 30 FROM generate_series(1, 3000) i; ANALYZE part`); err != nil {
		t.Fatal(err)
	}
	p := planned(t, conn, "SELECT * FROM part JOIN (VALUES (1), (2)) AS v (id) ON v.id = part.other_id WHERE part.id > 5 ORDER BY part.day DESC LIMIT 10")
	var scans int
	p.Walk(func(n *plan.Node, _ int) {
		if n.Relation != "part_2023" && n.Relation != "part_2024" {
			return
		}
		scans++
		if got := orderText(p.Order(n)); !strings.HasPrefix(got, "day DESC; ") {
			t.Errorf("%s: order %s", n.Relation, got)
		}
		joins := p.Joins(n)
		if len(joins) != 1 || len(joins[0].Conditions) != 1 || joins[0].Conditions[0].Column != "other_id" || joins[0].Conditions[0].Qualifier != n.Alias || joins[0].Rows != 2 {
			t.Errorf("%s: joins %+v", n.Relation, joins)
		}
	})
	if scans != 2 {
		t.Errorf("%d scans", scans)
	}
}

var joinCases = []struct {
	statement, settings string
	want                []string
}{
	{"SELECT * FROM t JOIN other o ON o.id = t.id", "", []string{"Inner equality id = o.id; 300"}},
	{"SELECT * FROM other o JOIN t ON o.id = t.id AND o.name > t.title", "", []string{"Inner equality id = o.id, range title < o.name; 300"}},
	{"SELECT * FROM t JOIN other o ON o.name = lower(t.title)", "", []string{"Inner not sargable title [lower(title) equality] = o.name; 300"}},
	{"SELECT * FROM t JOIN other o ON o.id = t.id", "SET enable_hashjoin = off; SET enable_nestloop = off", []string{"Inner equality id = o.id; 300"}},
	{"SELECT * FROM t JOIN other o ON o.id = t.id", "SET enable_hashjoin = off; SET enable_mergejoin = off", []string{"Inner equality id = o.id; 300"}},
	{"SELECT * FROM t JOIN other o ON o.id > t.id", "", []string{"Inner range id < o.id; 300"}},
	{"SELECT * FROM t WHERE EXISTS (SELECT FROM other o WHERE o.id = t.id)", "", []string{"~ equality id = o.id; 300"}},
	{"SELECT * FROM other o LEFT JOIN t ON o.id = t.id WHERE o.id < 10", "", []string{"~ equality id = o.id; 9"}},
	{"SELECT * FROM t JOIN other o ON o.id = t.id JOIN other o2 ON o2.name = t.title AND o2.id < 3", "", []string{"Inner equality title = o2.name; 2", "Inner equality id = o.id; 300"}},
	{"SELECT * FROM t, other o", "", nil},
	{"SELECT * FROM t JOIN (SELECT id, count(*) AS n FROM other GROUP BY id) q ON q.id = t.id", "", []string{"Inner equality id = other.id; 300"}},
	{"SELECT * FROM t JOIN other o ON o.id = t.id", "SET min_parallel_table_scan_size = 0; SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0",
		[]string{"Inner equality id = o.id; 300"}},

	// values that come from above
	{"SELECT * FROM other o JOIN t ON o.id = t.id", "CREATE INDEX t_id ON t (id); SET enable_hashjoin = off; SET enable_mergejoin = off",
		[]string{"Inside Inner equality id = o.id; 300"}},
	{"SELECT * FROM other o JOIN t ON o.id = t.id", "SET enable_hashjoin = off; SET enable_mergejoin = off; SET enable_indexscan = off",
		[]string{"Inside Inner equality id = o.id; 300"}},
	{"SELECT o.id, (SELECT count(*) FROM t WHERE t.small = o.id + 1) FROM other o", "", []string{"Inside SubPlan not sargable small::integer [(small)::integer equality] = (o.id + 1); 300"}},
	{"SELECT * FROM other o, LATERAL (SELECT * FROM t WHERE o.name = t.title ORDER BY made_at DESC LIMIT 3) q WHERE o.id < 11", "",
		[]string{"Inside Inner equality title = o.name; 10"}},
}

// standsAlone asks the server whether a condition is SQL on t alone.
func standsAlone(t *testing.T, conn *pgx.Conn, c plan.Condition) {
	t.Helper()
	sql, ok := c.Alone("t", columnType(t, conn), func(int) string { return "" })
	if !ok {
		t.Errorf("%s cannot stand alone", c.Text)
		return
	}
	if _, err := conn.Exec(context.Background(), "EXPLAIN SELECT 1 FROM t AS t WHERE "+sql); err != nil {
		t.Errorf("%s: %v", sql, err)
	}
}

func TestJoinsOfRealPlans(t *testing.T) {
	conn := connect(t)
	fill(t, conn)
	for _, c := range joinCases {
		if _, err := conn.Exec(context.Background(), "RESET ALL; "+c.settings); err != nil {
			t.Fatal(err)
		}
		p := planned(t, conn, c.statement)
		var got []string
		for _, j := range p.Joins(scanOf(p)) {
			var conditions []string
			for i, text := range described(j.Conditions) {
				standsAlone(t, conn, j.Conditions[i])
				conditions = append(conditions, text+" "+j.Conditions[i].Value)
			}
			if j.Inside {
				j.Type = "Inside " + j.Type
			}
			got = append(got, fmt.Sprintf("%s %s; %.0f", j.Type, strings.Join(conditions, ", "), j.Rows))
		}
		if !slices.EqualFunc(got, c.want, func(got, want string) bool {
			rest, any := strings.CutPrefix(want, "~")
			return got == want || any && strings.HasSuffix(got, rest)
		}) {
			t.Errorf("%s; %s:\ngot  %q\nwant %q", c.settings, c.statement, got, c.want)
		}
	}
}
