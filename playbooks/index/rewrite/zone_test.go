package rewrite

import (
	"testing"
	"time"
)

func TestIsUneven(t *testing.T) {
	day := func(text string) time.Time { day, _ := time.Parse(time.DateOnly, text); return day }
	for _, c := range []struct {
		zone          string
		limits        []time.Time
		uneven, known bool
	}{
		{"Europe/Berlin", nil, false, true}, {"America/Havana", nil, true, true}, {"Atlantic/Azores", nil, true, true}, {"America/Sao_Paulo", nil, false, true},
		{"America/Havana", []time.Time{day("2024-11-03")}, true, true}, {"America/Havana", []time.Time{day("2024-11-04"), day("2024-11-05")}, false, true},
		{"Europe/Berlin", []time.Time{day("2024-10-27").Add(2 * time.Hour)}, true, true}, {"Europe/Berlin", []time.Time{day("2024-10-27").Add(3 * time.Hour)}, false, true},
		{"Europe/Berlin", []time.Time{day("2024-03-31").Add(150 * time.Minute)}, true, true}, {"Europe/Berlin", []time.Time{day("2024-03-31").Add(2 * time.Hour)}, false, true},
		{"<+03>-03", nil, false, true}, {"", nil, false, false}, {"Atlantis/Capital", nil, false, false},
	} {
		if uneven, known := isUneven(c.zone, c.limits...); uneven != c.uneven || known != c.known {
			t.Errorf("%s %v: %t, known %t", c.zone, c.limits, uneven, known)
		}
	}
}

// TestYearsToCome asks about the first day of each year that a statement can name, beyond those whose changes are listed too: each is answered.
func TestYearsToCome(t *testing.T) {
	for _, zone := range []string{"Europe/Berlin", "America/New_York", "America/Santiago", "Pacific/Auckland", "Asia/Tehran", "Africa/Casablanca"} {
		for year := 1; year <= 9001; year++ {
			if uneven, known := isUneven(zone, date(year, 1)); !known || uneven && year > 2037 {
				t.Errorf("%s, %d: uneven %t, known %t", zone, year, uneven, known)
			}
		}
	}
}

// TestNotesOfZones has the days of a zone whose midnights come twice noted where they matter, and no other ones.
func TestNotesOfZones(t *testing.T) {
	for _, c := range []struct {
		zone, condition string
		equivalent      bool
	}{
		{"America/Havana", "created_at::date = '2024-11-03'", false}, {"America/Havana", "created_at::date = '2024-11-05'", true},
		{"America/Havana", "created_at::date = $1", false}, {"Europe/Berlin", "created_at::date = $1", true}, {"", "created_at::date = '2024-11-05'", false},
		{"America/Havana", "date_trunc('month', created_at) = '2024-11-01'", true}, {"America/Havana", "EXTRACT(year FROM created_at) = 2024", true},
	} {
		k := shop("date")
		k.TimeZone = c.zone
		found := Of("SELECT * FROM orders WHERE "+c.condition, k)
		if len(found) != 1 || found[0].Equivalent != c.equivalent || found[0].Equivalent != (found[0].Caveat == noteZone) {
			t.Errorf("%s in %s: %+v", c.condition, c.zone, found)
		}
	}
}
