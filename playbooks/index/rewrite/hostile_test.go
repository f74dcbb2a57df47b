package rewrite

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// patience is how long reading one statement may take: many times what it does, for a machine that is busy.
const patience = 5 * time.Second

// ends has the statement read, and says where that took too long.
func ends(t interface {
	Helper()
	Errorf(string, ...any)
}, text string, k Known) {
	t.Helper()
	began := time.Now()
	found := Of(text, k)
	if len(found) > 1 {
		Together(text, found)
	}
	if took := time.Since(began); took > patience {
		t.Errorf("%d bytes took %s: %.200s", len(text), took, text)
	}
}

// TestHostileStatements reads what is long, deep or extreme in each part that a rule goes through.
func TestHostileStatements(t *testing.T) {
	k := shop("text", "numeric", "interval", "date")
	k.TimeZone = "America/Havana"
	many := func(n int, format string) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, format, i)
		}
		return b.String()
	}
	where := "SELECT id FROM orders WHERE "
	nines := strings.Repeat("9", 200_000)
	for name, text := range map[string]string{
		"sum":              where + "id" + many(25_000, " + %[1]d") + " = 5",
		"product":          where + "total" + strings.Repeat(" * 99999999999999999999999.7", 9000) + " = 5",
		"quotient":         where + "total" + strings.Repeat(" / 3.00000000000000000000000007", 7000) + " > 5",
		"sum on the right": where + "total + 1 > 5" + strings.Repeat(" * 99999999999999999999999.7", 9000),
		"tests":            where + "id + 1 = 2" + strings.Repeat(" IS TRUE", 30_000),
		"zones":            where + "(created_at" + strings.Repeat(" AT TIME ZONE 'Europe/Berlin'", 8000) + ")::date = '2024-01-01'",
		"casts":            where + "id" + strings.Repeat("::int::text", 20_000) + " = '5'",
		"texts":            where + "state" + strings.Repeat(" || 'a'", 30_000) + " = 'a'",
		"digits":           where + "total + 1 = " + nines,
		"decimals":         where + "total * 0." + nines + " > 1",
		"exponents":        where + "total + 1e999999 = 5" + strings.Repeat(" AND total + 1e999999 = 5", 9000),
		"long interval":    where + "now() - created_at < interval '" + nines + " days'",
		"long clock":       where + "now() - created_at < interval '" + nines + ":00:00." + nines[:9] + "'",
		"intervals":        where + "now() - created_at < interval '" + strings.Repeat("1 day ", 40_000) + "'",
		"years":            where + many(6000, "EXTRACT(YEAR FROM created_at) = %[1]d OR ") + "id = 1",
		"days":             where + strings.Repeat("(created_at + $9)::date = '2024-11-03' AND ", 5500) + "id = 1",
		"local days":       where + "(created_at AT TIME ZONE 'America/Havana') IN (" + strings.Repeat("'2024-11-03', ", 15_000) + "'2024-11-03')",
		"months": where + strings.Repeat("(", 90) + many(99, "EXTRACT(YEAR FROM created_at) = 2024 AND ") +
			"EXTRACT(MONTH FROM created_at) = 13" + strings.Repeat(")", 90),
		"parameters":    where + "id + 1 IN (" + many(28_000, "$%[1]d, ") + "1)" + many(60, " AND customer_id + $%[1]d > 5"),
		"comments":      where + "id" + many(25_000, " /*%[1]d*/") + " + 1 = 2",
		"sources":       "SELECT 1 FROM orders" + many(8000, ", orders o%[1]d") + " WHERE " + many(4000, "o7.id + %[1]d = 1 AND ") + "id + 1 = 2",
		"names of WITH": "WITH " + many(9000, "w%[1]d AS (SELECT 1), ") + "w AS (SELECT 1) SELECT 1 FROM orders" + many(9000, ", t%[1]d"),
		"order":         "SELECT " + many(9000, "id AS c%[1]d, ") + "1 FROM orders ORDER BY " + strings.Repeat("id, ", 20_000) + "id LIMIT 1 OFFSET $1",
		"keyset":        where + "id > 1" + many(4000, " OR (id = 1 AND total > %[1]d)"),
		"deep keyset":   where + strings.Repeat("id > 1 OR (id = 1 AND ", 90) + "id > 1" + strings.Repeat(")", 90),
		"two ends": where + strings.Repeat("(", 90) + "id + 1 = 2" + strings.Repeat(")", 90) + many(9000, " AND (((%[1]d = 1)))") + " AND " +
			strings.Repeat("(", 90) + "id + 2 = 2" + strings.Repeat(")", 90),
		"in deep": where + strings.Repeat("(", 95) + "id + 1 IN (1" + strings.Repeat(", 1", 60_000) + ")" + strings.Repeat(")", 95),
		"calls":   where + strings.Repeat("coalesce(", 20_000) + "id" + strings.Repeat(", 1)", 20_000) + " = 5",
		"subqueries": where + "id NOT IN (SELECT id FROM customers c WHERE c.id > 1" +
			strings.Repeat(" AND c.id NOT IN (SELECT id FROM customers c", 3000) + strings.Repeat(")", 3001),
		"cases":      where + strings.Repeat("CASE WHEN id + 1 = 2 THEN ", 8000) + "id" + strings.Repeat(" END", 8000) + " = 5",
		"betweens":   where + "id " + strings.Repeat("BETWEEN 1 AND 2 AND id + 1 ", 9000) + "= 2",
		"unions":     "SELECT 1 FROM orders WHERE id + 1 = 2" + strings.Repeat(" UNION SELECT 1 FROM orders WHERE id + 1 = 2", 5500),
		"path":       where + strings.Repeat("a.", 100_000) + "b + 1 = 2",
		"a megabyte": where + strings.Repeat("id + 1 = 2 AND ", 70_000) + "id = 1",
	} {
		t.Run(name, func(t *testing.T) {
			if len(text) > maxStatement && name != "a megabyte" {
				t.Fatalf("%d bytes are not read at all", len(text))
			}
			ends(t, text, k)
		})
	}
}

// TestMutatedStatements reads statements whose pieces were exchanged, repeated and made extreme.
func TestMutatedStatements(t *testing.T) {
	var seeds []string
	for _, c := range written {
		seeds = append(seeds, strings.NewReplacer("⟦", "", "⟧", "").Replace(c.text))
	}
	for _, c := range conditions {
		seeds = append(seeds, strings.NewReplacer("ts", "created_at", "lt", "seen").Replace("SELECT 1 FROM orders, customers WHERE "+c))
	}
	pieces := strings.Fields(`0 -1 1e999999 99999999999999999999 2147483648 0.00000000000000000000000000000000001 '1-1' '292278994-01-01' '0001-01-01' '9999-12-31' '-infinity'
		'178000000 years' '-1.5:00' '2068-12-31' 2037 2038 2069 9000 $1 $99999 NULL ( ) , = < AND OR NOT IN ANY EXTRACT(YEAR date_trunc('day', date_trunc('week',
		AT TIME ZONE 'Africa/Casablanca' 'Asia/Tehran' ::date ::numeric interval FROM created_at id total coalesce( UNION WITH [ ] || /*`)
	zones := []string{"UTC", "Europe/Berlin", "America/Havana", "Africa/Casablanca", "Asia/Tehran", "Antarctica/Troll", "America/Nuuk", "<+03>-03", "../zone", ""}
	rapid.Check(t, func(t *rapid.T) {
		k := shop("text", "numeric", "interval", "date")
		k.TimeZone = rapid.SampledFrom(zones).Draw(t, "zone")
		words := strings.Fields(rapid.SampledFrom(seeds).Draw(t, "statement"))
		for range rapid.IntRange(1, 6).Draw(t, "changes") {
			at := rapid.IntRange(0, len(words)-1).Draw(t, "at")
			switch rapid.IntRange(0, 3).Draw(t, "change") {
			case 0:
				words[at] = rapid.SampledFrom(pieces).Draw(t, "piece")
			case 1:
				words[at] += " " + rapid.SampledFrom(pieces).Draw(t, "piece")
			case 2:
				times := rapid.SampledFrom([]int{2, 90, 5000}).Draw(t, "times")
				words[at] = strings.Repeat(words[at]+" ", min(times, 1+maxStatement/len(words[at])))
			case 3:
				other := rapid.IntRange(0, len(words)-1).Draw(t, "other")
				words[at], words[other] = words[other], words[at]
			}
		}
		ends(t, strings.Join(words, " "), k)
	})
}
