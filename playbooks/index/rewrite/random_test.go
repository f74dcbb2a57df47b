package rewrite

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/pgmedic/pgmedic/playbooks/index/indextest"
	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
)

// shapes are conditions with two numbers, a comparison and a point in time.
var shapes = []string{
	`n + %[1]d %[3]s %[2]d`, `n - %[1]d %[3]s %[2]d.5`, `%[1]d - n %[3]s %[2]d`, `n * (%[1]d) %[3]s %[2]d`, `n / %[1]d %[3]s %[2]d`, `num * %[1]d %[3]s %[2]d`, `(n + %[1]d) * 3 %[3]s %[2]d`,
	`round(num) %[3]s %[2]d`, `floor(num) %[3]s %[1]d`, `ceil(num) %[3]s %[2]d`, `trunc(num) %[3]s %[2]d`, `num::int %[3]s %[1]d`, `coalesce(n, %[1]d) %[3]s %[2]d`,
	`nullif(n, %[1]d) %[3]s %[2]d`, `n::numeric %[3]s %[2]d.25`, `coalesce(n + %[1]d, 3) %[3]s %[2]d`, `coalesce(n, %[1]d) + 1 %[3]s %[2]d`, `coalesce(n, %[1]d) BETWEEN 0 AND %[2]d`,
	`EXTRACT(EPOCH FROM now() - ts) / %[1]d %[3]s %[2]d`, `now() - ts %[3]s interval '%[1]d days %[2]d minutes'`, `localtimestamp - lt %[3]s interval '%[1]d months'`,
	`EXTRACT(DAY FROM now() - ts) %[3]s %[2]d`, `EXTRACT(YEAR FROM age(d)) %[3]s %[2]d`, `date_trunc('day', ts) %[3]s '%[4]s'`, `date_trunc('week', lt) %[3]s '%[4]s'`,
	`date_trunc('month', d) %[3]s '%[4]s'`, `date_trunc('hour', ts) %[3]s '%[4]s'`, `date_trunc('minute', lt) %[3]s timestamp '%[4]s'`, `date_trunc('day', ts) %[3]s timestamptz '%[4]s'`,
	`ts::date %[3]s timestamptz '%[4]s'`, `lt::date %[3]s ('%[4]s'::timestamp)::date`, `date_trunc('quarter', lt) %[3]s date '%[4]s'`, `d + %[2]d %[3]s date '%[4]s'`,
	`ts + interval '%[2]d minutes' %[3]s '%[4]s'`, `EXTRACT(YEAR FROM ts) %[3]s 2000 + %[2]d`, `lt - timestamp '%[4]s' %[3]s interval '%[2]d hours'`, `(ts AT TIME ZONE 'UTC')::date %[3]s '%[4]s'`,
	`(n + %[1]d %[3]s %[2]d) IS TRUE`, `n / 10 IN (%[1]d, %[2]d)`, `lt::date IN ('%[4]s', '2024-01-01')`, `EXTRACT(YEAR FROM d) IN (2000 + %[2]d, 2024)`, `n > %[1]d AND n %[3]s %[2]d`,
	`num >= %[1]d / 4.0 AND num %[3]s %[2]d`, `n BETWEEN %[1]d AND %[2]d`, `d %[3]s '%[4]s' AND d < '2024-02-01'`, `ts %[3]s '%[4]s' AND ts < '2024-02-01'`, `n * %[1]d %[3]s %[2]d`,
}

func TestRandomConditions(t *testing.T) {
	conn := pgtest.Connect(t, pgtest.Database(t), nil)
	s := session{Conn: conn, t: t, seen: map[string]bool{}}
	s.do(makeTables, "BEGIN", "SET LOCAL TimeZone = 'Europe/Berlin'", fill)
	k := known(t, conn, "Europe/Berlin")
	turned := 0
	rapid.Check(t, func(t *rapid.T) {
		moment := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(rapid.IntRange(-800, 18000).Draw(t, "half hours")) * 30 * time.Minute)
		layout := rapid.SampledFrom([]string{"2006-01-02", "2006-01-02 15:04", "2006-01-02 15:04:05"}).Draw(t, "layout")
		shape := rapid.SampledFrom(shapes).Draw(t, "shape")
		statement := "SELECT id FROM e WHERE " + fmt.Sprintf(shape, rapid.IntRange(-12, 40).Draw(t, "a"), rapid.IntRange(-30, 70).Draw(t, "b"),
			rapid.SampledFrom(comparisons).Draw(t, "op"), moment.Format(layout))
		if impossible := Never(statement, k); impossible != "" {
			if found, err := s.rows(statement, nil, true); found != "" {
				t.Fatalf("%s: no row can meet %s, it says, and %s does: %v", statement, impossible, found, err)
			}
		}
		for _, r := range Of(statement, k) {
			turned++
			before, err := s.rows(statement, nil, true)
			if err != nil || !r.Equivalent {
				continue
			}
			if now, err := s.rows(r.SQL, nil, true); err != nil || now != before {
				t.Fatalf("%s\nbecomes %s: %v\n%s\nand not\n%s", statement, r.SQL, err, now, before)
			}
		}
	})
	if turned < 20 {
		t.Errorf("only %d were turned", turned)
	}
}

// TestSeed turns the condition that makes the seed's statement slow; current_timestamp stays.
func TestSeed(t *testing.T) {
	k := shop("text", "text", "text", "integer", "jsonb", "integer", "numeric")
	k.Tables[0].Schema, k.Tables[0].Name = "reports", "reports"
	found := Of(indextest.Statement, k)
	want := "created_at > current_timestamp - make_interval(secs => $7::numeric * 60)"
	if len(found) != 1 || found[0].To != want || !found[0].Equivalent {
		t.Errorf("%+v", found)
	}
}
