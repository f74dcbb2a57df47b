package explain

import (
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/pgmedic/pgmedic/probes/pgerr"
	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
	"github.com/pgmedic/pgmedic/probes/plan"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// shape is a statement that an application sends, whose text in pg_stat_statements is hard to plan.
type shape struct {
	name, sql string
	since     int      // major version; 0: all
	refused   string   // SQLSTATE, or a word of the refusal; empty: it can be planned
	args      []string // as the application binds them
}

const corpusTables = `
CREATE EXTENSION IF NOT EXISTS citext;
CREATE TYPE mood AS ENUM ('sad', 'happy');
CREATE DOMAIN positive AS int NOT NULL CHECK (VALUE > 0);
CREATE TABLE t (id int PRIMARY KEY, a int, b int, v varchar(40), c char(3), n numeric(10,2), f float8, ok bool, ts timestamptz, t2 timestamp, d date, tm time,
  iv interval, j jsonb, js json, tags text[], nums int[], u uuid, m mood, ci citext, ip inet, r int4range, x xml, p positive, by bytea);
CREATE TABLE "Odd Table" ("User Id" int, "select" text);
CREATE TABLE log (id int, note text);
CREATE FUNCTION twice(int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT $1 * 2';
CREATE PROCEDURE nothing(int) LANGUAGE sql AS 'SELECT 1';
INSERT INTO t (id, a, b, v, c, n, ok, ts, d, tags, nums, m, p) SELECT g, g % 10, g % 100, 'v' || g % 50, 'abc', g, g % 2 = 0, now() - g * interval '1 minute',
  current_date - g % 100, ARRAY['x' || g % 5], ARRAY[g % 5], 'sad', 1 FROM generate_series(1, 2000) g;
ANALYZE t`

var corpus = []shape{
	{name: "extract", sql: `SELECT a FROM t WHERE EXTRACT(EPOCH FROM now() - ts) / 60 < 1440`},
	{name: "extract of a subquery", sql: `SELECT extract(year from (SELECT max(ts) FROM t))`},
	{name: "interval", sql: `SELECT a FROM t WHERE ts > now() - interval '1 day' * 2`},
	{name: "interval with a field", sql: `SELECT a FROM t WHERE ts > now() - interval '1' day`},
	{name: "interval with precision", sql: `SELECT a FROM t WHERE iv > interval(3) '1.5 s'`},
	{name: "interval glued", sql: `SELECT b FROM t WHERE ts > now() - interval'1 day'`},
	{name: "date", sql: `SELECT a FROM t WHERE d BETWEEN date '2024-01-01' AND date '2024-02-01'`},
	{name: "timestamps", sql: `SELECT a FROM t WHERE ts > timestamp with time zone '2024-01-01' AND t2 < timestamp '2024-01-01' AND tm > time '10:00'`},
	{name: "cast of a constant", sql: `SELECT a FROM t WHERE ts > '2024-01-01'::timestamptz AND n > '5'::numeric(10,2) AND d = CAST('2024-01-01' AS date)`},
	{name: "list", sql: `SELECT a FROM t WHERE a IN (1, 2, 3) AND v NOT IN ('x', 'y')`},
	{name: "list of parameters", sql: `SELECT a FROM t WHERE a IN ($1::int, $2::int, $3::int)`, args: []string{"1", "2", "3"}},
	{name: "list and other constants", sql: `SELECT a FROM t WHERE b = 5 AND a IN (1, 2, 3) AND id = ANY (ARRAY[4, 5]) LIMIT 7`},
	{name: "any", sql: `SELECT a FROM t WHERE a = ANY ('{1,2}') AND v = ANY (ARRAY['x', 'y'])`},
	{name: "limit and offset", sql: `SELECT a FROM t ORDER BY id LIMIT 10 OFFSET 20`},
	{name: "fetch first", sql: `SELECT b FROM t ORDER BY id OFFSET 5 ROWS FETCH FIRST 5 ROWS ONLY`},
	{name: "fetch with ties", sql: `SELECT a FROM t ORDER BY id FETCH FIRST 5 ROWS WITH TIES`},
	{name: "values list", sql: `SELECT * FROM t JOIN (VALUES (1, 'x'), (2, 'y')) AS l (k, w) ON l.k = t.a`},
	{name: "values alone", sql: `VALUES (1, 'x'), (2, 'y')`},
	{name: "table", sql: `TABLE t`},
	{name: "cte", sql: `WITH recent AS (SELECT * FROM t WHERE ts > now() - interval '1 hour') SELECT a, 'x' FROM recent WHERE b = 1`},
	{name: "recursive cte", sql: `WITH RECURSIVE up (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM up WHERE n < 5) SELECT n FROM up`},
	{name: "materialized cte", sql: `WITH x AS MATERIALIZED (SELECT a FROM t WHERE a = 1) SELECT * FROM x WHERE a > 0`},
	{name: "window", sql: `SELECT lag(a, 2, 0) OVER w, sum(a) OVER (ORDER BY id ROWS 5 PRECEDING) FROM t WINDOW w AS (PARTITION BY b ORDER BY id)`},
	{name: "window by range", sql: `SELECT sum(a) OVER (ORDER BY ts RANGE BETWEEN interval '1 day' PRECEDING AND CURRENT ROW) FROM t`},
	{name: "ntile", sql: `SELECT ntile(4) OVER (ORDER BY id) FROM t`},
	{name: "exists", sql: `SELECT a FROM t WHERE EXISTS (SELECT 1 FROM log WHERE log.id = t.id AND note LIKE 'a%')`},
	{name: "scalar subquery", sql: `SELECT (SELECT count(1) FROM log WHERE log.id = t.id) FROM t WHERE id = 5`},
	{name: "not in", sql: `SELECT a FROM t WHERE id NOT IN (SELECT id FROM log WHERE note = 'x')`},
	{name: "count of a constant", sql: `SELECT count(1), count(*) FILTER (WHERE a = 1) FROM t`},
	{name: "group by an expression", sql: `SELECT date_trunc('day', ts), count(*) FROM t GROUP BY date_trunc('day', ts) ORDER BY date_trunc('day', ts)`},
	{name: "group by extract", sql: `SELECT extract(hour FROM ts), count(*) FROM t GROUP BY extract(hour FROM ts)`},
	{name: "group by coalesce", sql: `SELECT coalesce(v, 'none'), count(*) FROM t GROUP BY coalesce(v, 'none') HAVING count(*) > 1`},
	{name: "group by position", sql: `SELECT date_trunc('month', ts) AS m, count(*) FROM t GROUP BY 1 ORDER BY 1, 2 DESC`},
	{name: "distinct ordered", sql: `SELECT DISTINCT date_trunc('day', ts) FROM t ORDER BY date_trunc('day', ts)`},
	{name: "grouping sets", sql: `SELECT a, b, count(*) FROM t WHERE v <> 'x' GROUP BY GROUPING SETS ((a), (b), ())`},
	{name: "rollup of an expression", sql: `SELECT date_trunc('day', ts), a, count(*) FROM t GROUP BY ROLLUP (date_trunc('day', ts), a)`},
	{name: "lateral", sql: `SELECT * FROM t, LATERAL (SELECT note FROM log WHERE log.id = t.a + 1 LIMIT 1) AS l`},
	{name: "tablesample", sql: `SELECT a FROM t TABLESAMPLE BERNOULLI (10) REPEATABLE (42)`},
	{name: "for update", sql: `SELECT a FROM t WHERE id = 1 FOR UPDATE SKIP LOCKED`},
	{name: "series", sql: `SELECT g FROM generate_series('2024-01-01'::date, '2024-01-05'::date, interval '1 day') AS g`},
	{name: "series of numbers", sql: `SELECT g FROM generate_series(1, 10, 2) AS g`},
	{name: "unnest", sql: `SELECT unnest(ARRAY[1, 2]), unnest('{a,b}'::text[])`},
	{name: "at time zone", sql: `SELECT ts AT TIME ZONE 'UTC' FROM t WHERE t2 AT TIME ZONE 'Europe/Berlin' > now()`},
	{name: "collate", sql: `SELECT v FROM t WHERE v COLLATE "C" > 'a' ORDER BY v COLLATE "C" LIMIT 1`},
	{name: "like", sql: `SELECT a FROM t WHERE v LIKE 'a!%' ESCAPE '!' OR v ILIKE '%b%' OR v SIMILAR TO '(x|y)%' OR v ~ '^z'`},
	{name: "case", sql: `SELECT CASE WHEN a > 5 THEN 'high' WHEN a > 2 THEN 'mid' ELSE 'low' END FROM t`},
	{name: "sum of a case", sql: `SELECT sum(CASE WHEN ok THEN 1 ELSE 0 END) FROM t`},
	{name: "arithmetic on constants", sql: `SELECT a FROM t WHERE b > 2 + 3`},
	{name: "array of typed constants", sql: `SELECT a FROM t WHERE u = ANY (ARRAY['00000000-0000-0000-0000-000000000000', '00000000-0000-0000-0000-000000000001']::uuid[])`},
	{name: "least", sql: `SELECT least(1, 2), avg(CASE WHEN a > 5 THEN 1.5 END) FROM t`},
	{name: "arithmetic", sql: `SELECT a * 2 + 1, n / 3, f ^ 2 FROM t WHERE a % 2 = 0 AND b + 1 > a - 1`},
	{name: "concatenation", sql: `SELECT v || '-' || a, concat('a', v, 1), format('%s-%s', v, 5) FROM t`},
	{name: "json", sql: `SELECT j -> 'a' ->> 'b', j #>> '{a,b}', j['a'] FROM t WHERE j @> '{"k": 1}' AND j ? 'k' AND j ->> 'n' = 'x'`, since: 14},
	{name: "json building", sql: `SELECT jsonb_build_object('a', a, 'b', 1), to_jsonb('x'::text), jsonb_set(j, '{a}', '1') FROM t`},
	{name: "json path", sql: `SELECT jsonb_path_query(j, '$.a[*] ? (@ > 1)') FROM t WHERE j @@ '$.a > 1'`},
	{name: "arrays", sql: `SELECT tags[1], nums[1:2], array_length(tags, 1) FROM t WHERE tags @> ARRAY['x'] AND nums && '{1,2}' AND 'y' = ANY (tags)`},
	{name: "ranges", sql: `SELECT a FROM t WHERE r @> 5 AND r && int4range(1, 10) AND r <> '[1,3)'`},
	{name: "row comparison", sql: `SELECT a FROM t WHERE (a, id) > (5, 100) ORDER BY a, id LIMIT 10`},
	{name: "rows in a list", sql: `SELECT a FROM t WHERE (a, b) IN ((1, 2), (3, 4))`},
	{name: "between symmetric", sql: `SELECT a FROM t WHERE a BETWEEN SYMMETRIC 9 AND 3`},
	{name: "distinct from", sql: `SELECT a FROM t WHERE a IS DISTINCT FROM 5 AND v IS NOT DISTINCT FROM 'x'`},
	{name: "boolean", sql: `SELECT a FROM t WHERE ok = true AND ok IS NOT false AND NOT bool 'f'`},
	{name: "typed strings", sql: `SELECT json '{}', jsonb '{}', uuid '00000000-0000-0000-0000-000000000000', inet '10.0.0.1', point '(1,2)', bytea '\x01', bit '101'`},
	{name: "type of an extension", sql: `SELECT a FROM t WHERE ci = citext 'x' AND m = mood 'sad' AND ci > public.citext 'a'`},
	{name: "enum", sql: `SELECT a FROM t WHERE m = 'sad' AND m IN ('sad', 'happy')`},
	{name: "domain not null", sql: `SELECT a FROM t WHERE p = 1::positive`},
	{name: "functions", sql: `SELECT round(n, 1), left(v, 3), substring(v FROM 1 FOR 2), trim(both 'x' FROM v), position('y' IN v), overlay(v PLACING 'z' FROM 1),
		to_char(ts, 'YYYY'), coalesce(a, 0), nullif(a, 0), greatest(a, 1), twice(4), make_interval(mins => 5), lpad(v, 5, '0') FROM t`},
	{name: "aggregates", sql: `SELECT string_agg(v, ', ' ORDER BY id), array_agg(a), percentile_cont(0.5) WITHIN GROUP (ORDER BY f), mode() WITHIN GROUP (ORDER BY a) FROM t`},
	{name: "string aggregate", sql: `SELECT string_agg(v, ', ' ORDER BY id), array_agg(a ORDER BY b), bool_or(a > 1) FROM t`},
	{name: "overlaps", sql: `SELECT a FROM t WHERE (t2, t2 + interval '1 day') OVERLAPS (timestamp '2024-01-01', timestamp '2024-02-01')`},
	{name: "union", sql: `SELECT a, 'x' FROM t WHERE a = 1 UNION ALL SELECT id, 'y' FROM log WHERE id = 2 ORDER BY 1 LIMIT 3`},
	{name: "except", sql: `(SELECT a FROM t WHERE a > 1) EXCEPT (SELECT id FROM log LIMIT 1)`},
	{name: "quoted names", sql: `SELECT "User Id", "select" FROM "Odd Table" WHERE "User Id" = 1 AND "select" = 'x;y'`},
	{name: "comments", sql: `SELECT a -- it's a comment; with $9
		/* and /* nested */ one */ FROM t WHERE a = 1 -- end`},
	{name: "semicolons", sql: `SELECT v FROM t WHERE a = 1;`},
	{name: "strings", sql: `SELECT E'it\'s', $q$a;b$q$, U&'\0041', B'101', X'1F', 'a'
		'b' FROM t`},
	{name: "numbers", sql: `SELECT 1.5e3, .5, -1, 1::int8, 99999999999 FROM t WHERE a = -5`},
	{name: "update", sql: `UPDATE t SET v = 'x', n = n + 1, ts = now() - interval '1 day' WHERE id = 5 RETURNING id`},
	{name: "update from", sql: `UPDATE t SET v = log.note FROM log WHERE log.id = t.id AND log.note LIKE 'x%'`},
	{name: "update of columns", sql: `UPDATE t SET (a, b) = (1, 2) WHERE id = 3`},
	{name: "delete", sql: `DELETE FROM log USING t WHERE t.id = log.id AND t.a = 99`},
	{name: "insert", sql: `INSERT INTO log (id, note) VALUES (1, 'a'), (2, 'b') RETURNING id`},
	{name: "insert select", sql: `INSERT INTO log SELECT id, 'copied' FROM t WHERE a = 77`},
	{name: "insert on conflict", sql: `INSERT INTO t (id, a, p) VALUES (1, 5, 1) ON CONFLICT (id) DO UPDATE SET a = excluded.a + 1 WHERE t.a < 100`},
	{name: "writing cte", sql: `WITH gone AS (DELETE FROM log WHERE id = 12345 RETURNING id) SELECT count(*) FROM gone WHERE id > 0`},
	{name: "merge", since: 15, sql: `MERGE INTO t USING log ON log.id = t.id AND log.note = 'm' WHEN MATCHED AND t.a > 5 THEN UPDATE SET v = 'merged'
		WHEN NOT MATCHED THEN INSERT (id, v, p) VALUES (log.id + 100000, 'new', 1)`},
	{name: "json table", since: 17, sql: `SELECT jt.* FROM t, JSON_TABLE(t.j, '$[*]' COLUMNS (k int PATH '$.k', w text PATH '$.w' DEFAULT 'none' ON EMPTY)) AS jt WHERE jt.k > 5`},
	{name: "sql json", since: 17, sql: `SELECT JSON_VALUE(j, '$.a' RETURNING int DEFAULT 0 ON ERROR), JSON_EXISTS(j, '$.b'), JSON_QUERY(j, '$.c') FROM t`},
	{name: "json constructors", since: 16, sql: `SELECT JSON_OBJECT('a': a, 'b': 1), JSON_ARRAY(1, 'x') FROM t WHERE js IS JSON`},
	{name: "xml", sql: `SELECT xmlelement(name e, xmlattributes('x' AS k), 'body'), xmlforest(1 AS one)`},
	{name: "xml texts", sql: `SELECT xmlroot(xmlparse(document '<a/>'), version '1.0', standalone yes), xmlparse(content 'x'), xmlserialize(content xmlpi(name p, 'y') AS text)`},
	{name: "system columns", sql: `SELECT ctid, tableoid::regclass FROM t WHERE ctid = '(0,1)'`},
	{name: "regclass", sql: `SELECT 't'::regclass, to_regclass('t'), regclass 'log'`},
	{name: "parameters and constants", sql: `SELECT a FROM t WHERE a = $1::int AND v = 'x' AND b IN (1, 2) AND ts > now() - interval '1 day' LIMIT 5`, args: []string{"3"}},
	{name: "declare cursor", sql: `DECLARE c CURSOR WITH HOLD FOR SELECT a FROM t WHERE a = 1`, refused: "utility"},
	{name: "do", sql: `DO $$ BEGIN PERFORM 1; END $$`, refused: "utility"},
	{name: "call", sql: `CALL nothing(1)`, refused: "utility"},
	{name: "copy", sql: `COPY (SELECT a FROM t WHERE a = 1) TO '/dev/null'`, refused: "utility"},
	{name: "explain", sql: `EXPLAIN SELECT a FROM t WHERE a = 1`, refused: "utility"},
	{name: "create table as", sql: `CREATE TABLE made AS SELECT a FROM t WHERE a = 1`, refused: "utility"},
}

// TestCorpus runs each statement, reads back what pg_stat_statements made of it, and plans that.
func TestCorpus(t *testing.T) {
	dsn := pgtest.Database(t)
	app := pgtest.Connect(t, dsn, nil)
	for statement := range strings.SplitSeq(corpusTables, ";\n") {
		pgtest.Execute(t, app, statement)
	}
	ask := newAsker(t, dsn)
	planned, refused := 0, 0
	for i, s := range corpus {
		if ask.server.Version < s.since*10000 {
			continue
		}
		t.Run(s.name, func(t *testing.T) {
			text := sqltext.RepeatParameters(keptText(t, app, s, fmt.Sprintf("/* shape_%d */", i))) // as Text does
			for _, class := range []plan.Class{plan.Generic, plan.Heavy, plan.Typical} {
				p, err := ask.explain(t, Question{Statement: text, Class: class})
				switch {
				case s.refused != "" && err == nil:
					t.Errorf("%s: it was planned: %s", class, text)
				case s.refused != "" && pgerr.State(err) != s.refused && !strings.Contains(err.Error(), s.refused):
					t.Errorf("%s: refused with %v, want %s: %s", class, err, s.refused, text)
				case s.refused == "" && err != nil:
					t.Errorf("%s: %v: %s", class, err, text)
				case err == nil && p.Root == nil:
					t.Errorf("%s: an empty plan of %s", class, text)
				}
				if err != nil && class == plan.Generic {
					refused++
				} else if class == plan.Generic {
					planned++
				}
			}
		})
	}
	t.Logf("version %d: of %d shapes %d were planned and %d refused", ask.server.Version, planned+refused, planned, refused)
}

// keptText runs the statement with the mark after its first word, and returns the text that pg_stat_statements keeps of it.
func keptText(t *testing.T, app *pgx.Conn, s shape, mark string) string {
	t.Helper()
	sql := s.sql
	if word := strings.IndexByte(sql, ' '); strings.HasPrefix(sql, "(") {
		sql = "(" + mark + sql[1:]
	} else {
		sql = sql[:word] + " " + mark + sql[word:]
	}
	var err error
	if s.args == nil {
		_, err = app.PgConn().Exec(t.Context(), sql).ReadAll()
	} else {
		args := make([][]byte, len(s.args))
		for i, arg := range s.args {
			args[i] = []byte(arg)
		}
		_, err = app.PgConn().ExecParams(t.Context(), sql, args, nil, nil, nil).Close()
	}
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	var text string
	const kept = `SELECT query FROM pg_stat_statements WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database()) AND strpos(query, $1) > 0`
	if err := app.QueryRow(t.Context(), kept, mark).Scan(&text); err != nil {
		t.Fatalf("what pg_stat_statements keeps of %s: %v", sql, err)
	}
	return text
}
