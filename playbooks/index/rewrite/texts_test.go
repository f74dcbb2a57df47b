package rewrite

import (
	"strings"
	"testing"

	"github.com/pgmedic/pgmedic/playbooks/index/table"
)

// shop is what is known of two tables.
func shop(parameters ...string) Known {
	made := func(name string, columns ...table.Column) *table.Table {
		t := &table.Table{Schema: "public", Name: name, Columns: map[string]table.Column{}}
		for _, c := range columns {
			t.Columns[c.Name] = c
		}
		return t
	}
	orders := made("orders", table.Column{Name: "id", TypeName: "int8", NotNull: true}, table.Column{Name: "created_at", TypeName: "timestamptz", NotNull: true},
		table.Column{Name: "state", TypeName: "text"}, table.Column{Name: "total", TypeName: "numeric"}, table.Column{Name: "customer_id", TypeName: "int4"},
		table.Column{Name: "User Name", TypeName: "text"}, table.Column{Name: "shipped", TypeName: "date"})
	customers := made("customers", table.Column{Name: "id", TypeName: "int4", NotNull: true}, table.Column{Name: "email", TypeName: "varchar"},
		table.Column{Name: "seen", TypeName: "timestamp"})
	return Known{Tables: []*table.Table{orders, customers}, Parameters: parameters, TimeZone: "UTC", Version: 150000}
}

// written are statements as people write them: in ⟦ ⟧ what is turned, behind => what it becomes.
var written = []struct{ text, want string }{
	{`SELECT * FROM orders WHERE ⟦created_at::date = '2024-01-31'⟧`, `created_at >= '2024-01-31' AND created_at < '2024-02-01'`},
	{`select o.* from public.orders as o -- the shop's` + "\n" + `where o.state = 'new' and ⟦date(o.created_at)='2024-02-29'⟧ /* leap */ order by 1`,
		`o.created_at >= '2024-02-29' AND o.created_at < '2024-03-01'`},
	{`WITH recent AS (SELECT id FROM orders WHERE ⟦total * 2 > 10⟧) SELECT * FROM recent WHERE id + 1 = 5`, `total > 5`},
	{`SELECT 1 FROM customers c JOIN orders o ON o.customer_id = c.id AND ⟦coalesce(o.state, '') = 'paid'⟧ WHERE c.email = 'a'`, `o.state = 'paid'`},
	{`SELECT 1 FROM customers c LEFT JOIN orders o USING (id) WHERE ⟦coalesce(o.customer_id, 0) = 7⟧`, `o.customer_id = 7`},
	{`UPDATE orders SET state = 'late' WHERE ⟦EXTRACT(EPOCH FROM now() - created_at) / 60 > 90⟧ RETURNING id`, `created_at < now() - make_interval(mins => 90)`},
	{`UPDATE orders AS o SET state = c.email FROM customers c WHERE c.id = o.customer_id AND ⟦o.total + 1 <= 3⟧`, `o.total <= 2`},
	{`DELETE FROM ONLY orders USING customers WHERE orders.customer_id = customers.id AND ⟦seen::date < '2020-01-01'⟧`, `seen < '2020-01-01'`},
	{`INSERT INTO archive (id) SELECT id FROM orders WHERE ⟦- total > 5⟧ ON CONFLICT DO NOTHING`, `total < -5`},
	{`INSERT INTO archive SELECT id FROM orders WHERE ⟦id::text = '42'⟧ ON CONFLICT (id) DO UPDATE SET n = 1 WHERE archive.id + 1 = 5`, `id = 42`},
	{`SELECT "User Name" FROM orders WHERE ⟦left("User Name", 2) = 'ab'⟧;`, `"User Name" LIKE 'ab%'`},
	{`SELECT * FROM orders WHERE (state = 'a' OR ⟦shipped + 7 = current_date⟧) AND total > 5`, `shipped = current_date - 7`},
	{`SELECT * FROM orders WHERE state = 'a' OR ⟦created_at::date = '2024-01-01'⟧`, `(created_at >= '2024-01-01' AND created_at < '2024-01-02')`},
	{`SELECT * FROM orders WHERE id = 1 AND ⟦coalesce(state, 'x') = 'x'⟧ AND total = 1`, `(state = 'x' OR state IS NULL)`},
	{`SELECT * FROM customers WHERE EXISTS (SELECT FROM orders WHERE customer_id = customers.id AND ⟦date_trunc('month', created_at) = '2024-02-01'⟧)`,
		`created_at >= '2024-02-01' AND created_at < '2024-03-01'`},
	{`SELECT count(*) FILTER (WHERE id + 1 = 5), (SELECT max(id) FROM orders WHERE ⟦id - 1 < 9⟧) FROM customers`, `id < 10`},
	{`SELECT id FROM orders WHERE ⟦id * 2 = 8⟧ UNION ALL SELECT id FROM customers`, `id = 4`},
	{`SELECT x.a FROM (SELECT id AS a FROM orders WHERE ⟦10 - id > 3⟧) x`, `id < 7`},
	{`SELECT 1 FROM orders, LATERAL (SELECT 1 FROM customers WHERE id = customer_id AND ⟦total + 1 = 2⟧) s`, `total = 1`},
	{`SELECT 1 FROM (orders o JOIN customers c ON c.id = o.customer_id AND ⟦o.id + 1 = 2⟧)`, `o.id = 1`},
	{`SELECT DISTINCT ON (state) * FROM orders WHERE state IS DISTINCT FROM 'x' AND ⟦id + 1 = 2⟧ ORDER BY state`, `id = 1`},
	{`(SELECT id FROM orders WHERE ⟦id + 1 = 2⟧)`, `id = 1`},
	{`SELECT CASE WHEN id + 1 = 2 THEN 1 END FROM orders WHERE total BETWEEN 1 AND 2 AND ⟦id + 1 BETWEEN 3 AND 4⟧`, `id >= 2 AND id <= 3`},
	{`SELECT * FROM orders WHERE ⟦created_at > clock_timestamp() - interval '5 min'⟧`, `created_at > statement_timestamp() - interval '5 min'`},
	{`SELECT * FROM orders WHERE state = ANY($1) AND ⟦created_at + $2 > now()⟧`, `created_at > now() - $2::interval`},
	{`SELECT * FROM orders WHERE ⟦date_part($1, current_timestamp - created_at) / $3 < $4⟧ AND state = $2`,
		`created_at > current_timestamp - make_interval(secs => ($3::numeric * $2::numeric))`},
}

func TestTexts(t *testing.T) {
	for _, c := range written {
		head, rest, _ := strings.Cut(c.text, "⟦")
		from, tail, _ := strings.Cut(rest, "⟧")
		k := shop("text[]", "interval", "numeric", "numeric")
		found := Of(head+from+tail, k)
		if len(found) != 1 {
			t.Errorf("%s: %d rewrites: %v", c.text, len(found), found)
			continue
		}
		r := found[0]
		if r.From != from || r.To != c.want {
			t.Errorf("%s\nturns %s\ninto  %s\nnot   %s", c.text, r.From, r.To, c.want)
		}
		if !strings.Contains(c.text, "$") && r.SQL != head+c.want+tail {
			t.Errorf("%s\nbecomes %s", c.text, r.SQL)
		}
	}
}

// left are statements that must stay as they are.
var left = []string{
	``, `;`, `)`, `(`, `SELECT`, `SELECT 1`, `VACUUM orders`, `SELECT 1; SELECT 2`, `CREATE VIEW v AS SELECT 1 FROM orders WHERE id + 1 = 2`,
	`SELECT * FROM orders WHERE id = 1`, `SELECT * FROM orders WHERE created_at > now() - interval '1 hour'`, `SELECT * FROM orders WHERE total > 5.5 AND id = 3`,
	`SELECT * FROM orders WHERE lower(state) = lower('X')`, `SELECT * FROM orders WHERE id IN (SELECT id FROM customers)`, `SELECT * FROM orders WHERE state LIKE 'a%'`,
	`SELECT * FROM orders WHERE NOT (id + 1 > 5)`, `SELECT * FROM orders WHERE (id + 1 > 5) IS NULL`, `SELECT id + 1 = 5 FROM orders`, `SELECT 1 FROM orders HAVING max(id) + 1 = 5`,
	`SELECT * FROM strangers WHERE id + 1 = 5`, `SELECT * FROM orders o, customers c WHERE id + 1 = 5`, `SELECT * FROM orders, strangers WHERE unknown_column + 1 = 5`,
	`WITH orders AS (SELECT 1 AS id) SELECT * FROM orders WHERE id + 1 = 5`, `SELECT * FROM orders AS o(a, id) WHERE id + 1 = 5`, `SELECT * FROM other.orders WHERE id + 1 = 5`,
	`SELECT * FROM orders NATURAL JOIN customers WHERE customer_id + 1 = 5`, `SELECT * FROM orders JOIN customers USING (id) WHERE id + 1 = 5`,
	`SELECT * FROM orders o JOIN customers c ON o.id + 1 = c.id`, `SELECT * FROM orders WHERE id + customer_id = 5`, `SELECT * FROM orders WHERE id + random() > 5`,
	`SELECT * FROM orders WHERE id + (SELECT 1) = 5`, `SELECT * FROM orders WHERE id * 2 = 5`, `SELECT * FROM orders WHERE id * 0 = 5`, `SELECT * FROM orders WHERE total / 0 = 5`,
	`SELECT * FROM orders WHERE id = 5.5`, `SELECT * FROM orders WHERE id::text = '042'`, `SELECT * FROM orders WHERE id::text > '4'`, `SELECT * FROM orders WHERE customer_id::text = '3000000000'`,
	`SELECT * FROM orders WHERE date_trunc('day', created_at) = '2024-01-01 12:00'`, `SELECT * FROM orders WHERE date_trunc('decade', created_at) = '2020-01-01'`,
	`SELECT * FROM orders WHERE to_char(created_at, 'YYYY-MM-DD') = '2024-1-1'`, `SELECT * FROM orders WHERE to_char(created_at, 'DD') = '01'`, `SELECT * FROM orders WHERE to_char(created_at, 'DD.MM.YYYY') > '01.01.2024'`,
	`SELECT * FROM orders WHERE extract(month from created_at) = 3`, `SELECT * FROM orders WHERE extract(year from created_at) = 2024.5`, `SELECT * FROM orders WHERE left(state, 2) = 'abc'`,
	`SELECT * FROM orders WHERE state LIKE '%a%'`, `SELECT * FROM orders WHERE state LIKE '%'`, `SELECT * FROM orders WHERE state LIKE '%b_'`, `SELECT * FROM orders WHERE state NOT LIKE '%abc'`, `SELECT * FROM orders WHERE state ILIKE 'a%'`,
	`SELECT * FROM orders WHERE id > 5 OR (id = 6 AND total > 3)`, `SELECT * FROM orders WHERE id > 5 OR (id = 5 AND total < 3)`, `SELECT * FROM orders WHERE id > $1 OR (id = $2 AND total > 3)`,
	`SELECT * FROM orders WHERE created_at::date + 1 = $9`, `SELECT * FROM orders WHERE shipped <> '2024-01-01'`, `SELECT * FROM orders WHERE created_at::date <> '2024-01-01'`,
	`SELECT * FROM orders ORDER BY created_at LIMIT 10 OFFSET 0`, `SELECT * FROM orders ORDER BY lower(state) LIMIT 10 OFFSET 10`, `SELECT total AS id FROM orders ORDER BY id LIMIT 1 OFFSET 10`,
	`SELECT state, count(*) FROM orders GROUP BY state ORDER BY state LIMIT 1 OFFSET 10`, `SELECT id FROM orders WHERE id NOT IN (1, 2)`, `SELECT 1 FROM orders WHERE id NOT IN (SELECT id FROM orders)`,
	`MERGE INTO orders USING customers ON orders.id + 1 = 5 WHEN MATCHED THEN DELETE`, `SELECT * FROM orders WHERE id # 1 = 5`, `SELECT * FROM orders WHERE state COLLATE "C" || '' = 'x'`,
	`SELECT * FROM orders WHERE (SELECT count(*) FROM customers GROUP BY id) > 0`,
	`SELECT * FROM orders listed WHERE id NOT IN (SELECT DISTINCT c.id FROM customers c LIMIT 5)`, `SELECT * FROM orders WHERE id NOT IN (SELECT * FROM customers LIMIT 5)`,
	`SELECT * FROM orders WHERE (SELECT DISTINCT count(*) FROM customers) > 0`, `SELECT * FROM orders WHERE state || E'\n' = 'x'`,
	`SELECT * FROM orders WHERE id = $1::bigint`, `SELECT * FROM orders WHERE total = $3`, `SELECT * FROM orders WHERE id + $9 = 5`, `SELECT * FROM orders WHERE customer_id / 0 = 5`, `SELECT * FROM orders WHERE created_at > date_trunc()`,
}

func TestLeftAlone(t *testing.T) {
	for _, text := range left {
		for _, r := range Of(text, shop("bigint", "bigint", "numeric")) {
			t.Errorf("%s\nturns %s into %s", text, r.From, r.To)
		}
	}
}

func TestCommentsStay(t *testing.T) {
	text := "SELECT * FROM orders WHERE id /* a */ + 1 -- b\n = 5 /* c */ AND total = 1"
	want := "SELECT * FROM orders WHERE id = 4 /* a */ -- b\n /* c */ AND total = 1"
	if found := Of(text, shop()); len(found) != 1 || found[0].SQL != want {
		t.Errorf("%+v", found)
	}
}

func TestTogether(t *testing.T) {
	text := `SELECT * FROM orders WHERE id + 1 = 5 AND created_at::date = $1 AND total * 3 > 1`
	all := Together(text, Of(text, shop("date")))
	want := `SELECT * FROM orders WHERE id = 4 AND created_at >= $1::date AND created_at <= $1::date + 1 - interval '1 microsecond' AND total > 0.33333333333333333333`
	if all.SQL != want || all.Equivalent || all.Caveat == "" || len(all.Columns) != 3 {
		t.Errorf("%+v", all)
	}
}

// TestTogetherInWords has what is turned, and into what, as it stands in the statement.
func TestTogetherInWords(t *testing.T) {
	for _, c := range []struct{ text, from, to string }{
		{"SELECT * FROM orders WHERE id + 1 = 5 OR total + 1 > 2", "id + 1 = 5 OR total + 1 > 2", "id = 4 OR total > 1"},
		{"SELECT * FROM orders WHERE id + 1 = 5 AND state = 'x' AND (shipped + 1 > $1 OR total + 1 > 2)", "id + 1 = 5 AND state = 'x' AND (shipped + 1 > $1 OR total + 1 > 2)",
			"id = 4 AND state = 'x' AND (shipped > $1::date - 1 OR total > 1)"},
		{"SELECT * FROM orders JOIN customers ON customers.id + 1 = 2 WHERE total + 1 > 2", "customers.id + 1 = 2 … total + 1 > 2", "customers.id = 1 … total > 1"},
		{"SELECT * FROM orders WHERE state = 'x' AND id + 1 = 5", "id + 1 = 5", "id = 4"},
	} {
		if all := Together(c.text, Of(c.text, shop("date"))); all.From != c.from || all.To != c.to {
			t.Errorf("%s\nturns %s\ninto  %s", c.text, all.From, all.To)
		}
	}
}

func FuzzOf(f *testing.F) {
	for _, c := range written {
		f.Add(strings.NewReplacer("⟦", "", "⟧", "").Replace(c.text))
	}
	for _, c := range conditions {
		f.Add("SELECT 1 FROM orders WHERE " + c)
	}
	for _, text := range left {
		f.Add(text)
	}
	k := shop("text", "numeric", "interval", "date")
	f.Fuzz(func(t *testing.T, text string) {
		for _, r := range Of(text, k) {
			if !strings.Contains(text, r.From) || r.SQL == text || r.To == "" {
				t.Errorf("%q: %+v", text, r)
			}
			first, last := r.edits[0], r.edits[len(r.edits)-1]
			if strings.Contains(r.Caveat, "numbered anew") {
				continue
			}
			if !strings.HasPrefix(r.SQL, text[:first.start]) || !strings.HasSuffix(r.SQL, text[last.end:]) {
				t.Errorf("%q becomes %q: more than %q is another", text, r.SQL, r.From)
			}
		}
	})
}

// TestLongStatements reads what is long or nested beyond reason: a reader that went through the same text at each level again would not come to an end.
func TestLongStatements(t *testing.T) {
	deep := strings.Repeat("SELECT id FROM orders WHERE id NOT IN (", 60) + "SELECT id FROM customers" + strings.Repeat(")", 60)
	inFrom := strings.Repeat("SELECT id FROM orders o WHERE id NOT IN (SELECT customer_id FROM (", 40) + "SELECT 1 AS customer_id" + strings.Repeat(") x)", 40)
	for _, text := range []string{deep, inFrom, strings.Repeat("(", 200_000), strings.Repeat("SELECT(", 30_000), "SELECT 1 FROM orders WHERE " + strings.Repeat("(", 100_000),
		"SELECT 1 FROM orders WHERE id + 1 = 2" + strings.Repeat(" AND id + 1 = 5", 10_000), "SELECT 1 FROM orders WHERE " + strings.Repeat("- ", 100_000) + "id = 5",
		"SELECT 1 FROM orders WHERE " + strings.Repeat("NOT ", 50_000) + "id + 1 = 5", "SELECT " + strings.Repeat("a.", 100_000), strings.Repeat("x AS (", 40_000),
		"SELECT 1 FROM orders WHERE id IN (" + strings.Repeat("1, ", 80_000) + "5.0)", "SELECT 1 FROM orders WHERE extract(year from shipped) = 5" +
			strings.Repeat(" AND extract(year from shipped) = 2024", 5000)} {
		if found := Of(text, shop()); len(found) > maxRewrites {
			t.Errorf("%d rewrites", len(found))
		}
	}
}
