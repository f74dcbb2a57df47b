package rewrite

import (
	"strings"
	"testing"

	"github.com/pgmedic/pgmedic/playbooks/index/table"
	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
)

// never are conditions that no row can meet; behind => what is said of them, where it is not all.
var never = []string{
	`n > 5 AND n < 3`, `n > 5 AND t = 'abc' AND n < 6 => n > 5 AND n < 6`, `n = 5 AND (b AND n = 6) => n = 5 AND n = 6`, `n BETWEEN 7 AND 3`, `5 < n AND 3 >= n`, `num >= 2 AND num < 2`,
	`n = 5.5`, `big = 7000.5`, `n * 2 = 43`, `n + 0.5 = 3`, `n / 10 = 0.5`, `-n = 1.5`, `left(t, 3) = 'abcd'`, `right(t, 1) = 'ab'`, `n::text = '042'`, `n::text = 'abc'`,
	`nullif(t, 'abc') = 'abc'`, `date_trunc('day', lt) = '2024-01-01 12:00'`, `date_trunc('month', lt) = '2024-01-02'`, `t = 'abc' AND t = 'x'`, `d > '2024-01-01' AND d < '2024-01-02'`,
	`ts > '2024-03-02' AND ts <= '2024-02-29'`, `lt = '2024-01-01' AND lt = '2024-01-02'`, `(n + 1 = 2) IS NOT NULL AND n BETWEEN 1 AND 4 AND n = 9 => n BETWEEN 1 AND 4 AND n = 9`,
	`floor(num) = 5 AND n > 2147483647 AND n < 0 => n > 2147483647 AND n < 0`, `b::text = 't'`,
}

// perhaps are conditions that some row may meet, on a server of some setting.
var perhaps = []string{
	`n > 5 AND n < 7`, `n >= 5 AND n <= 5`, `n > 5 OR n < 3`, `NOT (n > 5 AND n < 3)`, `num > 2 AND num < 3`, `f = 0.1 AND f < 0.1::float4`, `n = NULL`,
	`coalesce(n, 5.5) = 5.5`, `coalesce(t, 'abcd') = 'abcd'`,
	`left(t, -3) = 'abcd'`, `num / 3 = 0.33333333333333333333`, `n / 3.0 = 0.33333333333333333333`, `date_trunc('day', ts) = '2024-03-10 01:00'`,
	`date_trunc('hour', ts) = '2024-04-07 01:30'`, `c = 'abc' AND c = 'abc  '`, `n > $1 AND n < 3`,
	`EXTRACT(YEAR FROM ts) = 2024 AND d > '2024-01-01'`, `ts >= '2024-01-01 12:00' AND ts < '2024-01-01 11:00+02'`, `n IN (5.5, 6)`, `n::text = '42'`, `d > '2024-01-01' AND d <= '2024-01-02'`,
}

// TestNever says what no row can meet, and no row does.
func TestNever(t *testing.T) {
	conn := pgtest.Connect(t, pgtest.Database(t), nil)
	s := session{Conn: conn, t: t}
	s.do(makeTables, "BEGIN", fill)
	k := known(t, conn, "Europe/Berlin")
	for _, c := range never {
		condition, want, part := strings.Cut(c, " => ")
		if !part {
			want = condition
		}
		for _, statement := range []string{"SELECT id FROM e WHERE " + condition, "DELETE FROM e WHERE " + condition + " RETURNING id",
			"UPDATE e SET n = 1 WHERE " + condition + " RETURNING id"} {
			if got := Never(statement, k); got != want {
				t.Errorf("%s: %q", statement, got)
			}
			if rows, err := s.rows(statement, nil, false); err != nil || rows != "" {
				t.Errorf("%s: %v, rows %.100s", statement, err, rows)
			}
		}
	}
	for _, c := range perhaps {
		if got := Never("SELECT id FROM e WHERE "+c, k); got != "" {
			t.Errorf("%s: %q", c, got)
		}
	}
	for _, statement := range []string{
		"SELECT id FROM e WHERE n = 5.5 UNION SELECT id FROM child", "WITH x AS (SELECT 1) SELECT id FROM e WHERE n = 5.5",
		"SELECT id FROM e LEFT JOIN child USING (id) ON child.n = 5.5",
		"SELECT e.id FROM e LEFT JOIN child ON child.n > 5 AND child.n < 3", "SELECT id FROM e WHERE EXISTS (SELECT FROM child WHERE n = 5.5) OR n = 3", "INSERT INTO child SELECT id, id FROM e WHERE n = 5.5",
	} {
		if got := Never(statement, k); got != "" {
			t.Errorf("%s: %q", statement, got)
		}
	}
}

// TestNeverBehindAView claims nothing of a name that may be a view's: the columns of the plan's table need not be those that the statement names.
func TestNeverBehindAView(t *testing.T) {
	conn := pgtest.Connect(t, pgtest.Database(t), nil)
	pgtest.Execute(t, conn, "CREATE SCHEMA private", "CREATE TABLE private.e (n int)", "CREATE TABLE private.alone (n int)", "CREATE VIEW e AS SELECT n / 2.0 AS n FROM private.e")
	var k Known
	for _, name := range []string{"e", "alone"} {
		tx, err := conn.Begin(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		read, err := table.Read(t.Context(), tx, "private", name)
		if err != nil {
			t.Fatal(err)
		}
		k.Tables = append(k.Tables, read)
		if err := tx.Rollback(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	for from, want := range map[string]string{"e": "", "private.e": "n = 5.5", "alone": "n = 5.5"} {
		if got := Never("SELECT * FROM "+from+" WHERE n = 5.5", k); got != want {
			t.Errorf("from %s: %q, want %q", from, got, want)
		}
	}
}
