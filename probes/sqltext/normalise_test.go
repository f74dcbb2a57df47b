package sqltext

import "testing"

func TestNormalise(t *testing.T) {
	cases := map[string]string{
		`SELECT 'a', 5 FROM t WHERE x = -3 AND y = E'it\'s'`:         `SELECT $1, $2 FROM t WHERE x = -$3 AND y = $4`,
		`SELECT $2 WHERE a = 'secret' LIMIT 10`:                      `SELECT $2 WHERE a = $3 LIMIT $4`,
		`SELECT 1 /* password 'x' */ -- 'y'`:                         `SELECT $1`,
		`SELECT '1'::numeric(10,2), CAST(x AS varchar(20))`:          `SELECT $1::numeric(10,2), CAST(x AS varchar(20))`,
		`SELECT f(5)::text, interval(3) '1 s', t.a1 FROM t2 AS x(a)`: `SELECT f($1)::text, interval(3) $2, t.a1 FROM t2 AS x(a)`,
		`SELECT text(12345), int4 (5)`:                               `SELECT text($1), int4 ($2)`,
		`SELECT date'2024-01-01'AND x`:                               `SELECT date $1 AND x`,
		`SELECT $$it's$$, "a 'b'", 1e5, true, NULL`:                  `SELECT $1, "a 'b'", $2, true, NULL`,
		"SELECT a FROM t WHERE b = 'clipped in the mid":              "SELECT a FROM t WHERE b = $1",
		`SELECT a FROM t WHERE b IN ($1 /*, ... */)`:                 `SELECT a FROM t WHERE b IN ($1  )`,
		"": "",
	}
	for statement, want := range cases {
		got := Normalise(statement)
		if got != want {
			t.Errorf("Normalise(%q)\n got %q\nwant %q", statement, got, want)
		}
		if again := Normalise(got); again != got {
			t.Errorf("normalising %q again makes %q", got, again)
		}
	}
}

func TestRedact(t *testing.T) {
	cases := map[string]string{
		`((t.title = 'x AND y'::text) AND (t.n > '5'::numeric(10,2)) AND (t.a = 3))`: `((t.title = …) AND (t.n > …) AND (t.a = …))`,
		`(t.a = ANY ('{secret,"x"}'::character varying[]))`:                          `(t.a = ANY (…))`,
		`((t.v)::character varying(20) = ($1)::text)`:                                `((t.v)::character varying(20) = ($1)::text)`,
		`(t.made_at > '2024-01-01 00:00:00+00'::timestamp with time zone)`:           `(t.made_at > …)`,
		`((NOT (hashed SubPlan 1)) AND (t.a = (InitPlan 2).col1))`:                   `((NOT (hashed SubPlan 1)) AND (t.a = (InitPlan 2).col1))`,
		`(EXTRACT(epoch FROM (CURRENT_TIMESTAMP - t.c)) / '60'::numeric) < $7`:       `(EXTRACT(epoch FROM (CURRENT_TIMESTAMP - t.c)) / …) < $7`,
		`CASE WHEN t.a THEN 'b'::text ELSE 'c'::text END`:                            `CASE WHEN t.a THEN … ELSE … END`,
	}
	for condition, want := range cases {
		if got := Redact(condition); got != want {
			t.Errorf("Redact(%q)\n got %q\nwant %q", condition, got, want)
		}
	}
}

func TestOneLine(t *testing.T) {
	if got := OneLine("  SELECT a, -- the a\n\t'x\n y' /* c */FROM  t\x1b "); got != `SELECT a, 'x y' FROM t\x1B` {
		t.Errorf("got %q", got)
	}
}

func TestIsUtility(t *testing.T) {
	for _, statement := range []string{"SELECT 1", "(((select 1)))", "-- x\nwith a as (select 1) select * from a", "VALUES (1)", "TABLE t", "INSERT INTO t VALUES (1)",
		"/* ALTER */ UPDATE t SET a = 1", "delete from t", "MERGE INTO t USING s ON true", "SELECT 1; SELECT 2;"} {
		if IsUtility(statement) {
			t.Errorf("%q is called a utility statement", statement)
		}
	}
	for _, statement := range []string{"ALTER ROLE x PASSWORD 'y'", "", "  ", "CREATE TABLE t ()", "explain select 1", "SET a = 1", "COPY t FROM STDIN",
		"SELECT 1; ALTER ROLE x PASSWORD 'y'", "<insufficient privilege>", `"select" 1`, "SELECTED"} {
		if !IsUtility(statement) {
			t.Errorf("%q is not called a utility statement", statement)
		}
	}
}
