package candidate

import (
	"context"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// real is a statement, what must be among the candidates of its costliest need, in front of the table's name as bodyOf writes it; a * marks one in
// the need's order.
type real struct {
	statement string
	want      []string
}

var realCases = []real{
	{`SELECT * FROM things WHERE tenant = '00000000-0000-0000-0000-000000000007' AND kind = 5`, []string{"(kind, tenant)"}},
	{`SELECT * FROM things WHERE status = 'failed' ORDER BY made DESC LIMIT 10`, []string{"*(status, made)", "*(made) WHERE (status)::text = 'failed'::text"}},
	{`SELECT * FROM things WHERE status IN ('failed', 'new') AND kind = 3 ORDER BY made LIMIT 10`, []string{"*(kind, made)", "(kind, status, made)"}},
	{`SELECT * FROM things WHERE kind = 3 ORDER BY made DESC, id LIMIT 10`, []string{"*(kind, made DESC, id)"}},
	{`SELECT * FROM things WHERE kind = 3 ORDER BY due DESC NULLS LAST LIMIT 10`, []string{"*(kind, due DESC NULLS LAST)"}},
	{`SELECT * FROM things WHERE kind = 3 AND gone IS NULL AND NOT active ORDER BY made LIMIT 10`,
		[]string{"*(kind, made) WHERE gone IS NULL", "*(kind, made) WHERE (gone IS NULL) AND (NOT active)"}},
	{`SELECT * FROM things WHERE (made, id) < ('2024-01-02', 900) ORDER BY made DESC, id DESC LIMIT 20`, []string{"*(made, id)"}},
	{`SELECT * FROM things WHERE kind = 5 AND (made, id) > ('2024-01-02', 900) ORDER BY made, id LIMIT 20`, []string{"*(kind, made, id)"}},
	{`SELECT * FROM things WHERE made BETWEEN '2024-01-02' AND '2024-01-03'`, []string{"(made)"}},
	{`SELECT * FROM things WHERE day = '2024-03-01' AND price > 100 AND price <= 110.5`, []string{"(day, price)"}},
	{`SELECT * FROM things WHERE made <= '2024-01-02' AND due >= '2024-01-09'`, []string{"(made, due)"}},
	{`SELECT * FROM things WHERE lower(email) = 'user77@example.org'`, []string{"((lower(email)))"}},
	{`SELECT * FROM things WHERE lower(email) LIKE 'user77%'`, []string{"((lower(email)) text_pattern_ops)"}},
	{`SELECT * FROM things WHERE lower(email) LIKE '%ser77@%'`, []string{"USING gin ((lower(email)) public.gin_trgm_ops)"}},
	{`SELECT * FROM things WHERE email LIKE 'user77%'`, []string{"(email text_pattern_ops)"}},
	{`SELECT * FROM things WHERE email LIKE 'user77%' ORDER BY email LIMIT 5`, []string{"(email text_pattern_ops)", "*(email)"}},
	{`SELECT * FROM things WHERE data -> 'name' = '"n77"'`, []string{"USING hash ((data -> 'name'::text))"}},
	{`SELECT * FROM things WHERE data -> 'tags' ? 'x'`, []string{"USING gin ((data -> 'tags'::text))"}},
	{`SELECT * FROM things WHERE jsonb_extract_path_text(data, 'name') = 'n77'`, []string{"((jsonb_extract_path_text(data, VARIADIC '{name}'::text[])))"}},
	{`SELECT * FROM things WHERE (pair).x = 7`, []string{"(((pair).x))"}},
	{`SELECT * FROM things WHERE account_id::text = '07'`, []string{"(((account_id)::text))"}},
	{`SELECT * FROM things WHERE net >>= '10.7.3.1'`, []string{"USING gist (net inet_ops)"}},
	{`SELECT * FROM things WHERE inet '10.7.3.1' <<= net`, []string{"USING gist (net inet_ops)"}},
	{`SELECT * FROM things WHERE email % 'user77@example.org'`, []string{"USING gin (email public.gin_trgm_ops)"}},
	{`SELECT * FROM things ORDER BY email <-> 'user77@example.org' LIMIT 3`, []string{"*USING gist (email public.gist_trgm_ops)"}},
	{`SELECT * FROM things WHERE email COLLATE "C" = 'user77'`, []string{`(email COLLATE "C")`}},
	{`SELECT * FROM things WHERE email COLLATE "C" LIKE 'user77%'`, []string{"(email text_pattern_ops)"}},
	{`SELECT * FROM things WHERE label LIKE 'label 7%' AND kind = 4`, []string{"(kind, label varchar_pattern_ops)"}},
	{`SELECT * FROM things WHERE code LIKE 'c77%'`, []string{"(code bpchar_pattern_ops)"}},
	{`SELECT * FROM things WHERE bytes LIKE 'bytes 77%'`, []string{"(bytes)"}},
	{`SELECT * FROM things WHERE bytes ^@ 'bytes 77'`, []string{"USING spgist (bytes)"}},
	{`SELECT * FROM things WHERE email ^@ 'user77'`, []string{"USING spgist (email)"}},
	{`SELECT * FROM things WHERE address = 'user77@example.org'`, nil},
	{`SELECT * FROM things WHERE address LIKE 'user77%'`, nil},
	{`SELECT * FROM things WHERE email LIKE '%77@exam%'`, []string{"USING gin (email public.gin_trgm_ops)"}},
	{`SELECT * FROM things WHERE label ILIKE '%BEL 77%'`, []string{"USING gin (label public.gin_trgm_ops)"}},
	{`SELECT * FROM things WHERE email ~ '^user77[0-9]@'`, []string{"(email text_pattern_ops)", "USING gin (email public.gin_trgm_ops)"}},
	{`SELECT * FROM things WHERE body LIKE '%c4ca42%'`, []string{"USING gin (body public.gin_trgm_ops)"}},
	{`SELECT * FROM things WHERE body LIKE 'c4ca42%'`, []string{"USING gin (body public.gin_trgm_ops)"}},
	{`SELECT * FROM things WHERE starts_with(email, 'user77')`, nil},
	{`SELECT * FROM things WHERE place ~= point '(1,1)'`, []string{"USING gist (place)"}},
	{`SELECT * FROM things WHERE body = 'x'`, []string{"USING hash (body)"}},
	{`SELECT * FROM things WHERE data @> '{"k": 7}'`, []string{"USING gin (data jsonb_path_ops)"}},
	{`SELECT * FROM things WHERE data ? 'k' AND kind = 2`, []string{"USING gin (data)"}},
	{`SELECT * FROM things WHERE data ->> 'name' = 'n77'`, []string{"((data ->> 'name'::text))"}},
	{`SELECT * FROM things WHERE (data ->> 'k')::int = 7`, []string{"((((data ->> 'k'::text))::integer))"}},
	{`SELECT * FROM things WHERE data -> 'tags' @> '["x"]'`, []string{"USING gin ((data -> 'tags'::text) jsonb_path_ops)"}},
	{`SELECT * FROM things WHERE data @? '$.k ? (@ == 7)'`, []string{"USING gin (data jsonb_path_ops)"}},
	{`SELECT * FROM things WHERE tags @> ARRAY['t3']`, []string{"USING gin (tags)"}},
	{`SELECT * FROM things WHERE numbers && ARRAY[3, 4]`, []string{"USING gin (numbers)"}},
	{`SELECT * FROM things WHERE words @@ to_tsquery('english', 'word7')`, []string{"USING gin (words)"}},
	{`SELECT * FROM things WHERE to_tsvector('english', body) @@ to_tsquery('english', 'word7')`, []string{"USING gin ((to_tsvector('english'::regconfig, body)))"}},
	{`SELECT * FROM things WHERE during && tstzrange('2024-01-02', '2024-01-03')`, []string{"USING gist (during)"}},
	{`SELECT * FROM things WHERE during @> '2024-01-02 00:00+00'::timestamptz`, []string{"USING gist (during)"}},
	{`SELECT * FROM things WHERE spans <@ numrange(100, 200)`, []string{"USING gist (spans)", "USING spgist (spans)"}},
	{`SELECT * FROM things WHERE place <@ box '(10,10),(0,0)'`, []string{"USING gist (place)"}},
	{`SELECT * FROM things WHERE area && box '(10,10),(0,0)'`, []string{"USING gist (area)"}},
	{`SELECT * FROM things WHERE host <<= '10.0.7.0/24'`, []string{"(host)", "USING gist (host inet_ops)"}},
	{`SELECT * FROM things WHERE net = '10.7.0.0/16'`, []string{"(net)"}},
	{`SELECT * FROM things WHERE secret = '\x00'::bytea AND feeling = 'sad'`, []string{"(secret, feeling)"}},
	{`SELECT * FROM things WHERE "Odd ""Name" = 4 AND active`, []string{`("Odd ""Name", active)`, `("Odd ""Name") WHERE active`}},
	{`SELECT * FROM things WHERE tenant = '00000000-0000-0000-0000-000000000007' AND (email = 'a' OR kind = 3)`, []string{"(email); (kind)", "(email, tenant); (kind, tenant)"}},
	{`SELECT * FROM things WHERE email ILIKE '%user77@%' OR data @> '{"k": 7}'`, []string{"USING gin (email public.gin_trgm_ops); USING gin (data jsonb_path_ops)"}},
	{`SELECT * FROM things WHERE kind <> 3 AND status <> 'done'`, []string{"(status) WHERE (status)::text <> 'done'::text"}},
	{`SELECT * FROM things WHERE date_trunc('day', due) = '2024-01-05'`, []string{"((date_trunc('day'::text, due)))"}},
	{`SELECT * FROM things WHERE date_trunc('day', made) = '2024-01-05'`, nil},
	{`SELECT * FROM things WHERE extract(epoch FROM now() - made) / 60 < 5`, nil},
	{`SELECT * FROM things WHERE made::date = '2024-01-05'`, nil},
	{`SELECT * FROM things WHERE due::date = '2024-01-05'`, []string{"(((due)::date))"}},
	{`SELECT * FROM things WHERE coalesce(kind, 0) = 7 AND id % 10 = 3`, nil},
	{`SELECT * FROM things WHERE price::text = '7.00' AND kind IS NULL`, nil},
	{`SELECT * FROM things WHERE email = 'x' COLLATE "C"`, []string{`(email COLLATE "C")`}},
	{`SELECT * FROM things WHERE email COLLATE "C" < 'user2'`, nil},
	{`SELECT * FROM things WHERE 't3' = ANY (tags) AND kind = 7`, []string{"(kind)"}},
	{`SELECT * FROM things WHERE kind IS NOT DISTINCT FROM 4`, nil},
	{`SELECT * FROM things WHERE id = ANY ('{1,2,3}') AND kind NOT IN (4, 5)`, nil},
	{`SELECT count(*) FROM things WHERE kind = 5 AND made > '2024-01-02'`, []string{"(kind, made)"}},
	{`SELECT kind, sum(price) FROM things WHERE tenant = '00000000-0000-0000-0000-000000000007' GROUP BY kind`, []string{"(tenant)", "(tenant) INCLUDE (kind, price)"}},
	{`SELECT * FROM "The Shop"."Order Lines" WHERE "Order Id" = 5 AND "SKU" LIKE 'sku 3%'`, []string{`("Order Id", "SKU" text_pattern_ops)`}},
	{`SELECT * FROM events WHERE account_id = 7 AND kind = 'k7'`, []string{"(account_id, kind)"}},
	{`UPDATE things SET price = 0 WHERE account_id = 77 AND status = 'new'`, []string{"(account_id, status)"}},
	{`DELETE FROM things WHERE gone < '2024-06-02' AND kind = 1`, []string{"(kind, gone)"}},
	{`WITH x AS MATERIALIZED (SELECT * FROM things WHERE kind = 7) SELECT * FROM x WHERE price > 1`, []string{"(kind)"}},
	{`SELECT * FROM things WHERE kind = (SELECT max(region) FROM accounts)`, []string{"(kind)"}},
	{`SELECT a.name, t.price FROM accounts a JOIN things t ON t.account_id = a.id WHERE a.region = 3 AND a.name < 'account 12' AND t.status = 'failed'`,
		[]string{"(account_id, status)", "(account_id)", "(account_id, status) INCLUDE (price)"}},
	{`SELECT * FROM accounts a WHERE EXISTS (SELECT FROM things t WHERE t.account_id = a.id AND t.kind = 7) AND a.name = 'account 7'`, []string{"(account_id, kind)"}},
	{`SELECT * FROM things WHERE account_id IN (SELECT id FROM accounts WHERE name = 'account 7')`, []string{"(account_id)"}},
	{`SELECT a.id, x.* FROM accounts a CROSS JOIN LATERAL (SELECT t.id, t.made FROM things t WHERE t.account_id = a.id ORDER BY t.made DESC LIMIT 3) x`,
		[]string{"*(account_id, made)", "*(account_id, made) INCLUDE (id)"}},
	{`SELECT a.id, (SELECT max(t.made) FROM things t WHERE t.account_id = a.id) FROM accounts a`, []string{"*(account_id, made)"}},
	{`SELECT max(due) FROM things WHERE kind = 5`, []string{"*(kind, due)"}},
	{`SELECT min(price) FROM things`, []string{"*(price)"}},
	{`SELECT DISTINCT ON (account_id) account_id, made FROM things WHERE kind = 7 ORDER BY account_id, made DESC`, []string{"*(kind, account_id, made DESC)"}},
	{`SELECT * FROM things ORDER BY price DESC LIMIT 5`, []string{"*(price)"}},
	{`SELECT * FROM things WHERE kind = 4 ORDER BY lower(email) LIMIT 5`, []string{"*(kind, (lower(email)))"}},
	{`SELECT * FROM things WHERE kind = 4 ORDER BY email LIMIT 5`, []string{"*(kind, email)"}},
	{`SELECT * FROM things WHERE kind = 4 ORDER BY email COLLATE "C" LIMIT 5`, []string{`*(kind, email COLLATE "C")`}},
	{`SELECT * FROM things WHERE kind = 4 ORDER BY made LIMIT 5 FOR UPDATE SKIP LOCKED`, []string{"*(kind, made)"}},
	{`SELECT * FROM events WHERE account_id = 7 ORDER BY at DESC LIMIT 5`, []string{"*(account_id, at)"}},
	{`SELECT count(*) FROM events e JOIN accounts a ON a.id = e.account_id WHERE a.name = 'account 7'`, []string{"(account_id)"}},
	{`SELECT * FROM things ORDER BY place <-> point '(5,5)' LIMIT 3`, []string{"*USING gist (place)"}},
	{`SELECT * FROM things WHERE id = 7 OR email = 'user77'`, []string{"(email)"}},
	{`SELECT * FROM things WHERE (kind, account_id) IN ((3, 4), (5, 6))`, []string{"(account_id, kind)"}},
	{`SELECT * FROM booked WHERE room = 5 AND during && tstzrange('2024-01-02', '2024-01-03')`, []string{"USING gist (room, during)", "USING gist (during)"}},
	{`SELECT * FROM booked WHERE room = 5 AND tags @> ARRAY['x']`, []string{"USING gin (room, tags)", "USING gin (tags)", "(room)"}},
	{`SELECT * FROM things WHERE account_id = "The Shop".my_account() AND kind = my_kind()`, []string{"(account_id, kind)"}},
	{`SELECT * FROM things WHERE kind = any_kind() AND account_id = 7`, []string{"(account_id)"}},
	{`SELECT * FROM things WHERE kind = 5 ORDER BY id LIMIT 3`, []string{"*(kind, id)"}},
	{`SELECT * FROM things c JOIN things p ON p.parent_id = c.id WHERE c.kind = 5 AND c.made < '2024-01-02'`, []string{"(kind, made)"}},
}

// The tests of real plans share one database; each has a transaction of its own that is rolled back.
func TestRealPlans(t *testing.T) {
	conn := connect(t)
	for _, one := range []struct {
		name string
		test func(*testing.T, pgx.Tx)
	}{
		{"every candidate", everyCandidate}, {"all sorts of statements", allSorts}, {"needs", eachNeed}, {"generic plans", genericPlans}, {"foreign keys", foreignKeysWithoutAnIndex},
		{"serving", whatServes}, {"existing", whatExistsIsNotProposed},
	} {
		t.Run(one.name, func(t *testing.T) {
			tx, err := conn.Begin(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = tx.Rollback(context.Background()) }()
			one.test(t, tx)
		})
	}
}

func everyCandidate(t *testing.T, tx pgx.Tx) {
	for _, c := range realCases {
		t.Run(c.statement, func(t *testing.T) {
			needs := needsOf(t, tx, c.statement)
			if len(needs) == 0 {
				if len(c.want) > 0 {
					t.Fatal("no need")
				}
				return
			}
			found := Of(needs[0])
			bodies := bodiesOfReal(found)
			for _, want := range c.want {
				body, inOrder := strings.CutPrefix(want, "*")
				at := slices.Index(bodies, body)
				if at < 0 {
					t.Errorf("%s is missing of %q\n%+v", body, bodies, needs[0].Conditions)
				} else if found[at].Ordered != inOrder {
					t.Errorf("%s: in order %v, want %v", body, found[at].Ordered, inOrder)
				}
			}
			for _, need := range needs {
				for _, candidate := range Of(need) {
					tryOut(t, tx, c.statement, need, candidate)
				}
			}
		})
	}
}

// allSorts tries every candidate of every need of the statements in testdata.
func allSorts(t *testing.T, tx pgx.Tx) {
	text, err := os.ReadFile("testdata/statements.sql")
	if err != nil {
		t.Fatal(err)
	}
	tried := 0
	for statement := range strings.Lines(string(text)) {
		statement = strings.TrimSpace(statement)
		if strings.HasPrefix(statement, "--") {
			continue
		}
		t.Run(statement, func(t *testing.T) {
			for _, need := range needsOf(t, tx, statement) {
				for _, candidate := range Of(need) {
					tryOut(t, tx, statement, need, candidate)
					tried++
				}
			}
		})
	}
	t.Logf("%d candidates tried", tried)
}
