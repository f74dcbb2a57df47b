package rewrite

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/pgmedic/pgmedic/playbooks/index/shape"
	"github.com/pgmedic/pgmedic/playbooks/index/table"
	"github.com/pgmedic/pgmedic/probes/pgerr"
	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// What the tests ask the server.
const (
	makeTables = `CREATE TABLE e (id int8 PRIMARY KEY, ts timestamptz, lt timestamp, d date, n int4, big int8, small int2, num numeric, f float8, b boolean, t text,
		v varchar(20), c char(5), u uuid, tags text[], nums int[], j jsonb, must int4 NOT NULL, born date NOT NULL, word text NOT NULL, made timestamptz NOT NULL);
		CREATE TABLE child (id int8 PRIMARY KEY, e_id int8 NOT NULL, n int4);
		CREATE INDEX ON e USING gin (j)`
	// fill makes rows around the edges: nothing, midnights, months and years, the days when the clocks change, ages to the microsecond, negative numbers.
	fill = `INSERT INTO e SELECT row_number() OVER (), m.ts, m.lt, m.lt::date, x.n, x.n * 1000000000::int8, (x.n % 30000)::int2, x.num, x.num::float8, x.n % 2 = 0,
			x.t, x.t, left(x.t, 5), CASE WHEN x.n % 3 <> 0 THEN ('00000000-0000-4000-8000-' || lpad(abs(x.n)::text, 12, '0'))::uuid END,
			CASE WHEN x.n % 5 <> 0 THEN ARRAY[x.t, 'x', NULL] WHEN x.n > 0 THEN '{}'::text[] END, CASE WHEN x.n % 5 <> 0 THEN ARRAY[x.n, 7] END,
			CASE x.n % 4 WHEN 0 THEN jsonb_build_object('k', x.t) WHEN 1 THEN jsonb_build_object('k', x.n, 'a', jsonb_build_object('b', x.t))
				WHEN 2 THEN '[{"k": "abc"}]' ELSE NULL END, coalesce(x.n, 0), coalesce(m.lt::date, '2024-02-29'), coalesce(x.t, ''), coalesce(m.ts, now())
		FROM (SELECT row_number() OVER () AS i, ts, ts::timestamp AS lt FROM (
				SELECT now() - make_interval(secs => s) + d * interval '1 microsecond'
				FROM unnest(ARRAY[0, 59, 60, 3600, 5400, 86400, 172800, 604800, 2592000, 31536000, 60 * 86400]) AS s, unnest(ARRAY[-1, 0, 1]) AS d
				UNION ALL SELECT now() - make_interval(days => s) FROM unnest(ARRAY[1, 2, 7, 30, 31, 200, -1]) AS s
				UNION ALL SELECT now() - make_interval(years => s) FROM unnest(ARRAY[1, 17, 18, 19, 40]) AS s
				UNION ALL SELECT (day::timestamp + h * interval '30 minutes' + d * interval '1 microsecond')::timestamptz
				FROM unnest(ARRAY['2024-01-01', '2023-12-31', '2024-02-29', '2024-03-01', '2024-03-31', '2024-04-07', '2024-10-27', '2024-11-03', '2024-10-06', '2017-10-15', '2018-02-18']::date[]) AS day,
					generate_series(0, 8) AS h, unnest(ARRAY[-1, 0]) AS d
				UNION ALL SELECT day + h * interval '30 minutes'
				FROM unnest(ARRAY['2024-10-26 22:00+00', '2024-11-03 03:00+00', '2024-04-06 14:00+00', '2017-10-15 01:00+00', '2018-02-17 23:00+00']::timestamptz[]) AS day, generate_series(0, 8) AS h
				UNION ALL SELECT unnest(ARRAY[NULL, 'infinity', '-infinity', '1999-12-31 23:59:59.999999', '2000-01-01']::timestamptz[])) AS all_times(ts)) AS m
		LEFT JOIN (SELECT row_number() OVER () AS i, * FROM (
				SELECT n, n / 4.0, CASE WHEN n % 4 = 0 THEN n::text WHEN n % 4 = 1 THEN 'abc' || n WHEN n % 4 = 2 THEN 'x_' || n || '%y' ELSE upper('abc') END
				FROM generate_series(-60, 120) AS n
				UNION ALL VALUES (NULL, NULL, NULL), (42, 5.5, 'abc'), (42, -5.5, 'ab'), (7, 4.5, 'äöü abc'), (5, 'NaN', 'abcabc'), (6, 0.5, 'back\slash'), (0, -0.5, ''),
					(1, 84.03, 'xabc'), (2, 0, 'none'), (3, 1e-20, 'abc '), (44, 6, 'abc'), (45, 6.49, 'abc'))
			AS all_values(n, num, t)) AS x USING (i)`
	fillChildren = `INSERT INTO child SELECT row_number() OVER (), id, n FROM e WHERE id % 3 = 0`
	dropInfinite = `DELETE FROM e WHERE NOT isfinite(made) OR NOT isfinite(born) OR NOT isfinite(d) OR num = 'NaN'`
	columnsOf    = `SELECT attname, typname, attnotnull FROM pg_attribute JOIN pg_type AS t ON t.oid = atttypid WHERE attrelid = $1::text::regclass AND attnum > 0`
	typesOf      = `SELECT format_type(o, NULL) FROM unnest($1::oid[]) WITH ORDINALITY AS t(o, i) ORDER BY i`
)

// known asks the server what the rewrites must know.
func known(t *testing.T, conn *pgx.Conn, zone string) Known {
	t.Helper()
	k := Known{TimeZone: zone, Version: pgtest.Version(t)}
	for _, name := range []string{"e", "child"} {
		made := &table.Table{Schema: "public", Name: name, Columns: map[string]table.Column{}}
		rows, err := conn.Query(t.Context(), columnsOf, name)
		if err != nil {
			t.Fatal(err)
		}
		var c table.Column
		if _, err := pgx.ForEachRow(rows, []any{&c.Name, &c.TypeName, &c.NotNull}, func() error { made.Columns[c.Name] = c; return nil }); err != nil {
			t.Fatal(err)
		}
		made.Indexes = []table.Existing{{Valid: true, Shape: shape.Index{Method: "gin", Keys: []shape.Key{{Column: "j"}}}}}
		k.Tables = append(k.Tables, made)
	}
	return k
}

// values are what parameters of a type are tried with, as text.
var values = map[string][]string{
	"integer": {"0", "1", "-1", "5", "42", "60", "2024", "-7", "18", "2147483647", "-2147483648"}, "bigint": {"0", "1", "-3", "42", "60", "4000000000", "1704067200", "9223372036854775807", "-9223372036854775808"}, "smallint": {"1", "-1", "30"},
	"numeric": {"0", "1", "2024", "60", "-1.5", "5.5", "0.25", "1440", "3600"}, "double precision": {"0", "1", "2024", "60", "-1.5", "5.5", "1440", "3600"},
	"text": {"abc", "", "42", "2024-01-01", "x", "2024", "00000000-0000-4000-8000-000000000001", "2024-03", "none"}, "boolean": {"true", "false"},
	"date":                        {"2024-01-01", "2024-03-31", "2024-10-27", "2024-02-29", "1999-12-31", "infinity", "-infinity"},
	"timestamp with time zone":    {"2024-01-01 00:00", "2024-10-27 00:00", "2024-03-01 12:34:56.789", "2024-11-03 05:30+00", "infinity", "-infinity"},
	"timestamp without time zone": {"2024-01-01 00:00", "2024-10-27 02:30", "2024-03-01 12:34:56.789", "infinity", "-infinity"},
	"interval":                    {"1 hour", "1 day", "1 month", "-2 hours", "90 minutes", "40 days"},
	"uuid":                        {"00000000-0000-4000-8000-000000000001"}, "text[]": {"{1,42,5}", "{}"}, "character varying": {"abc", "", "x"},
}

// session is a connection in a transaction that never ends: its now() stands still.
type session struct {
	*pgx.Conn
	t    *testing.T
	seen map[string]bool // rewrites that mean the same: whether some row was found with them
}

func (s session) do(statements ...string) { pgtest.Execute(s.t, s.Conn, statements...) }

// parameters returns the types that the server finds for a statement's parameters.
func (s session) parameters(sql string) ([]string, error) {
	s.do("SAVEPOINT p")
	defer s.do("ROLLBACK TO p")
	d, err := s.Conn.PgConn().Prepare(s.t.Context(), "", sql, nil)
	if err != nil {
		return nil, err
	}
	rows, err := s.Query(s.t.Context(), typesOf, d.ParamOIDs)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

// rows runs a statement and returns its rows, sorted; finite leaves out the rows whose time is infinite.
func (s session) rows(sql string, args []string, finite bool) (string, error) {
	s.do("SAVEPOINT r")
	defer s.do("ROLLBACK TO r")
	if finite {
		s.do(dropInfinite)
	}
	raw := make([][]byte, len(args))
	for i, arg := range args {
		raw[i] = []byte(arg)
	}
	result := s.PgConn().ExecParams(s.t.Context(), sql, raw, nil, nil, nil).Read()
	var lines []string
	for _, row := range result.Rows {
		var fields []string
		for _, field := range row {
			fields = append(fields, string(field))
		}
		lines = append(lines, strings.Join(fields, "|"))
	}
	slices.Sort(lines)
	return strings.Join(lines, " "), result.Err
}

// combinations are argument lists for parameters of these types: all of them where they are few, else each value of one with some of the others.
func combinations(types []string) [][]string {
	lists := [][]string{nil}
	for i, typ := range types {
		of := values[typ]
		var longer [][]string
		for j, list := range lists {
			for n := range of {
				if i > 0 && len(lists) > 6 && n > 1 {
					continue
				}
				longer = append(longer, append(slices.Clone(list), of[(n+j)%len(of)]))
			}
		}
		lists = longer
	}
	return lists
}

// TestSameRows runs conditions as they are and rewritten, over data full of edges, in several time zones.
func TestSameRows(t *testing.T) {
	conn := pgtest.Connect(t, pgtest.Database(t), nil)
	pgtest.Execute(t, conn, makeTables)
	seen := map[string]bool{}
	for _, zone := range []string{"UTC", "Europe/Berlin", "America/Havana", "Australia/Lord_Howe", "America/Sao_Paulo"} {
		t.Run(zone, func(t *testing.T) {
			s := session{conn, t, seen}
			s.do("BEGIN", fmt.Sprintf("SET LOCAL TimeZone = '%s'", zone), fill, fillChildren)
			t.Cleanup(func() { _, _ = conn.Exec(context.Background(), "ROLLBACK") })
			k := known(t, conn, zone)
			for _, c := range conditions {
				statement := c
				if !strings.HasPrefix(c, "SELECT") {
					statement = "SELECT e.id FROM e WHERE " + c
				}
				s.compare(statement, k)
			}
		})
	}
	for statement, some := range seen {
		if !some {
			t.Errorf("%s finds no row: that proves nothing", statement)
		}
	}
}

// What the test of indexes asks the server.
const (
	makeIndexes = `CREATE INDEX ON e (ts); CREATE INDEX ON e (lt); CREATE INDEX ON e (d); CREATE INDEX ON e (n, id); CREATE INDEX ON e (big); CREATE INDEX ON e (small);
		CREATE INDEX ON e (num); CREATE INDEX ON e (f); CREATE INDEX ON e (b); CREATE INDEX ON e (t); CREATE INDEX ON e (t text_pattern_ops); CREATE INDEX ON e (v);
		CREATE INDEX ON e (v text_pattern_ops); CREATE INDEX ON e (c); CREATE INDEX ON e (u); CREATE INDEX ON e USING gin (tags); CREATE INDEX ON e USING gin (nums);
		CREATE INDEX ON e (must); CREATE INDEX ON e (born); CREATE INDEX ON e (made); CREATE INDEX ON e (lower(t)); CREATE INDEX ON e (reverse(t) text_pattern_ops)`
	noSeqScan = `SET LOCAL enable_seqscan = off; SET LOCAL enable_indexonlyscan = off; SET LOCAL plan_cache_mode = force_generic_plan`
)

// TestAnIndexServes has the planner find an index for each rewritten condition, which it does not for the original.
func TestAnIndexServes(t *testing.T) {
	conn := pgtest.Connect(t, pgtest.Database(t), nil)
	s := session{Conn: conn, t: t}
	s.do(makeTables, makeIndexes, "BEGIN", fill, fillChildren, "COMMIT", "ANALYZE", "BEGIN", noSeqScan)
	k := known(t, conn, "UTC")
	for _, c := range conditions {
		if strings.HasPrefix(c, "SELECT") || strings.Contains(c, " AND ") || strings.Contains(c, " OR ") {
			continue
		}
		statement := "SELECT e.id FROM e WHERE " + c
		types, err := s.parameters(statement)
		if err != nil {
			t.Fatal(err)
		}
		k.Parameters = types
		for _, r := range Of(statement, k) {
			if r.Rule == "subquery" || strings.Contains(r.Caveat, "trigram") {
				continue
			}
			after, _ := s.parameters(r.SQL)
			if plan := s.plan(statement, len(types)); strings.Contains(plan, "Index Cond") && r.Rule != "coalesce" {
				t.Errorf("%s is served as it is:\n%s", statement, plan)
			}
			if plan := s.plan(r.SQL, len(after)); !strings.Contains(plan, "Index Cond") {
				t.Errorf("%s is not served:\n%s", r.SQL, plan)
			}
		}
	}
}

// plan is the generic plan of a statement with n parameters.
func (s session) plan(sql string, n int) string {
	s.t.Helper()
	s.do("PREPARE p AS " + sql)
	defer s.do("DEALLOCATE p")
	explain := "EXPLAIN EXECUTE p"
	if n > 0 {
		explain += "(" + strings.TrimSuffix(strings.Repeat("NULL, ", n), ", ") + ")"
	}
	rows, err := s.Query(s.t.Context(), explain)
	if err != nil {
		s.t.Fatal(err)
	}
	lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		s.t.Fatal(err)
	}
	return strings.Join(lines, "\n")
}

// compare checks one statement and what becomes of it.
func (s session) compare(statement string, k Known) {
	s.t.Helper()
	types, err := s.parameters(statement)
	if err != nil {
		s.t.Errorf("%s: %v", statement, err)
		return
	}
	k.Parameters = types
	rewrites := Of(statement, k)
	if len(rewrites) == 0 {
		s.t.Errorf("%s: no rewrite", statement)
	}
	for _, r := range rewrites {
		s.compareOne(statement, types, r)
	}
}

// outOfRange is the SQLSTATE of a point in time that does not fit its type.
const outOfRange = "22008"

func (s session) compareOne(statement string, types []string, r Rewrite) {
	s.t.Helper()
	after, err := s.parameters(r.SQL)
	if err != nil {
		s.t.Errorf("%s\nbecomes %s: %v", statement, r.SQL, err)
		return
	}
	if len(parametersOf(r.SQL)) == len(types) && !slices.Equal(after, types) {
		s.t.Errorf("%s with %v\nbecomes %s with %v", statement, types, r.SQL, after)
	}
	if !r.Equivalent && r.Caveat == "" {
		s.t.Errorf("%s\nbecomes %s: not the same, and nothing said", statement, r.SQL)
	}
	if !r.Equivalent {
		return
	}
	for _, args := range combinations(types) {
		finite := false
		before, err := s.rows(statement, args, finite)
		if err != nil { // a difference to infinity, before version 17
			finite = true
			if before, err = s.rows(statement, args, finite); err != nil {
				continue
			}
		}
		s.seen[statement] = s.seen[statement] || before != ""
		if now, err := s.rows(r.SQL, args[:len(after)], finite); pgerr.State(err) != outOfRange && (err != nil || now != before) {
			s.t.Errorf("%s\nbecomes %s\nwith %q: %v\n%s\nand not\n%s", statement, r.SQL, args, err, now, before)
			return
		}
	}
}
