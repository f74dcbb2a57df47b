package plan

import "testing"

func TestShifted(t *testing.T) {
	for expression, want := range map[string]bool{
		"abs((amount - 500.55))": true,
		"((lat - '48.1'::double precision) * (lat - '48.1'::double precision)) + ((lng - '11.5'::double precision) * (lng - '11.5'::double precision))": true,
		"(amount)::numeric * 1.19":      true,
		"1.19 * amount":                 true,
		"amount / '100'::numeric":       true,
		"x + '-5'::integer":             true,
		"abs((d - '2026-01-01'::date))": true,
		"(at - '2026-01-01 00:00:00'::timestamp without time zone)": true,
		"(year * 100) + month":             false,
		"((a * 2) + (b * 3))":              false,
		"price * (quantity)::numeric":      false,
		"(at + '01:00:00'::interval)":      false,
		"((at - '1 day'::interval))::date": false,
		"id % 1000":                        false,
		"flags & 4":                        false,
		"data ->> 'k'::text":               false,
		"(data -> 0) ->> 'k'::text":        false,
		"substr(code, 1, 3)":               false,
		"date_trunc('day'::text, at)":      false,
		"data - 'secret'::text":            false,
		"(first || ' '::text) || last":     false,
		"EXTRACT(year FROM at)":            false,
		"":                                 false,
		"CASE WHEN (a - 5) > 1 THEN 1 END": false, // not read
	} {
		if got := Shifted(expression); got != want {
			t.Errorf("%s: %v", expression, got)
		}
	}
}
