package sqltext

import (
	"maps"
	"testing"
)

func TestRepair(t *testing.T) {
	cases := map[string]string{
		`SELECT a FROM t WHERE a = $1 AND b > date_part($2, c)`:                             `SELECT a FROM t WHERE a = $1 AND b > date_part($2, c)`,
		`EXTRACT ( $1 FROM (SELECT max(x) FROM t))`:                                         `pg_catalog.extract($1, (SELECT max(x) FROM t))`,
		`extract(epoch FROM x) + extract(year FROM interval $1)`:                            `extract(epoch FROM x) + extract(year FROM $1::interval)`,
		`now() - interval $1 * 2`:                                                           `now() - $1::interval * 2`,
		`ts > timestamp with time zone $2 AND d = date$1`:                                   `ts > $2::timestamp with time zone AND d = $1::date`,
		`interval $4 day to second + interval(3) $5`:                                        `$4::interval day to second + $5::interval(3)`,
		`pg_catalog.date $1 + double precision $2`:                                          `$1::pg_catalog.date + $2::double precision`,
		`x::date, $1, t.date, CAST($1 AS date), "date" $1, 'date $1'`:                       `x::date, $1, t.date, CAST($1 AS date), $1::"date", 'date $1'`,
		`a IN ($1 /*, ... */) ORDER BY date LIMIT $2`:                                       `a IN ($1 , $3) ORDER BY date LIMIT $2`,
		`c = citext $1 AND p @> public."My Type" $2`:                                        `c = $1::citext AND p @> $2::public."My Type"`,
		`SELECT date$1x, dated$1, date$99999999, x AT TIME ZONE $1, time`:                   `SELECT date$1x, dated$1, date$99999999, x AT TIME ZONE $1, time`,
		`SELECT a FROM t WHERE b = $1 ORDER BY a UNION ALL SELECT a FROM t WHERE b = 'x'`:   `SELECT a FROM t WHERE b = $1 ORDER BY a UNION ALL SELECT a FROM t WHERE b = 'x'`,
		`xmlroot(xmlparse(document $1), version $2), xmlparse(content $3)`:                  `xmlroot(xmlparse(document $1), version $2), xmlparse(content $3)`,
		`JSON_TABLE(t.j, $1 COLUMNS (k int PATH '$.k' DEFAULT $2 ON EMPTY)) WHERE f(a, $3)`: `JSON_TABLE(t.j, '$' COLUMNS (k int PATH '$.k' DEFAULT NULL ON EMPTY)) WHERE f(a, $3)`,
		`a BETWEEN SYMMETRIC $1 AND $2 AND v LIKE $3 ESCAPE $4 AND NOT $5 LIMIT $6`:         `a BETWEEN SYMMETRIC $1 AND $2 AND v LIKE $3 ESCAPE $4 AND NOT $5 LIMIT $6`,
	}
	for statement, want := range cases {
		got := Repair(statement, 150000)
		if got != want {
			t.Errorf("Repair(%q)\n got %q\nwant %q", statement, got, want)
		}
		if again := Repair(got, 150000); again != got {
			t.Errorf("repairing %q again makes %q", got, again)
		}
	}
	if got := Repair(`EXTRACT($8 FROM x)`, 130022); got != `pg_catalog.date_part($8, x)` {
		t.Errorf("on 13: %q", got)
	}
}

func TestRepeatParameters(t *testing.T) {
	const between = `(SELECT a FROM t WHERE b = $1 ORDER BY a) UNION ALL (SELECT a FROM t WHERE c = 5 AND b = 'x' ORDER BY a)`
	const before = `SELECT a FROM t WHERE c = 5 AND date_trunc($1, d) < now() GROUP BY date_trunc('day', d)`
	for statement, want := range map[string]string{
		`SELECT date_trunc($1, a), coalesce(b, $2) FROM t WHERE c = $3 GROUP BY date_trunc('day', a), coalesce(b, 'x') ORDER BY 1, date_trunc('day', a)`: `SELECT ` +
			`date_trunc($1, a), coalesce(b, $2) FROM t WHERE c = $3 GROUP BY date_trunc($1, a), coalesce(b, $2) ORDER BY 1, date_trunc($1, a)`,
		`SELECT extract($1 FROM a)::numeric(10,2) FROM t GROUP BY extract(hour FROM a)`: `SELECT extract($1 FROM a)::numeric(10,2) FROM t GROUP BY extract($1 FROM a)`,
		`SELECT date_trunc('day', a) FROM t WHERE b = $1 GROUP BY date_trunc('day', a)`: `SELECT date_trunc('day', a) FROM t WHERE b = $1 GROUP BY date_trunc('day', a)`,
		before:                   before,
		"SELECT 5 || " + between: "SELECT 5 || " + between,
	} {
		if got := RepeatParameters(statement); got != want {
			t.Errorf("RepeatParameters(%q)\n got %q\nwant %q", statement, got, want)
		}
	}
}

func TestRoles(t *testing.T) {
	statement := `SELECT date_trunc($1, a), date_part($2, b), a AT TIME ZONE $3, timezone($4, a), substring(c, $5) FROM t
		WHERE pg_catalog.extract($6, now() - a) / $7 < $8 OFFSET ($9) FETCH FIRST (($10)) ROWS ONLY`
	want := map[int]Role{1: RoleUnit, 2: RoleField, 3: RoleZone, 4: RoleZone, 6: RoleField, 9: RoleOffset, 10: RoleLimit}
	if got := Roles(statement); !maps.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if got := Roles(`SELECT a FROM t LIMIT $1::bigint -- LIMIT $2`); !maps.Equal(got, map[int]Role{1: RoleLimit}) {
		t.Errorf("got %v", got)
	}
}
