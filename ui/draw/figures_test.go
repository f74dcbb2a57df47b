package draw

import (
	"math"
	"testing"
	"time"
)

func TestFigures(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{Count(0), "0"}, {Count(999), "999"}, {Count(454416), "454,416"}, {Count(-1234567), "-1,234,567"}, {Count(math.MinInt64), "-9,223,372,036,854,775,808"},
		{Rows(0), "0"}, {Rows(0.33), "0.3"},
		{Rows(7), "7"}, {Rows(151472.4), "151,472"}, {Rows(math.NaN()), Unknown}, {Rows(1e30), "1.0e+30"},
		{Number(0.42), "0.4"}, {Number(310.2), "310.2"}, {Number(1204.4), "1,204"}, {Number(math.Inf(1)), Unknown},
		{Duration(0), "0 ms"}, {Duration(12 * time.Microsecond), "12 µs"}, {Duration(300 * time.Microsecond), "0.3 ms"},
		{Duration(51 * time.Millisecond), "51 ms"},
		{Duration(8700 * time.Millisecond), "8.7 s"}, {Duration(59970 * time.Millisecond), "1 min"}, {Duration(250 * time.Second), "4 min 10 s"},
		{Duration(125 * time.Minute), "2 h 5 min"}, {Duration(26 * time.Hour), "1 d 2 h"},
		{Duration(999700 * time.Microsecond), "1.0 s"}, {Duration(-time.Second), "-1.0 s"},
		{Bytes(0), "0 bytes"}, {Bytes(1024), "1.0 kB"}, {Bytes(7759463), "7.4 MB"}, {Bytes(40 << 20), "40 MB"}, {Bytes(3 << 40), "3.0 TB"},
		{Factor(9.52), "×9.5"}, {Factor(52.4), "×52"}, {Factor(21428.6), "×21,429"}, {Factor(0.02), "×0.02"}, {Factor(0.0008), "×<0.01"}, {Factor(math.Inf(1)), Unknown},
		{Percent(0.979), "98 %"}, {Percent(math.NaN()), Unknown},
		{Stopwatch(7 * time.Second), "0:07"}, {Stopwatch(14*time.Minute + 32*time.Second), "14:32"},
		{Stopwatch(time.Hour + 2*time.Minute + 9*time.Second), "1:02:09"},
		{Clock(time.Time{}, nil), Unknown}, {Clock(time.Date(2026, 11, 23, 16, 29, 2, 0, time.UTC), time.FixedZone("CEST", 7200)), "18:29:02"},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
}

func TestCounted(t *testing.T) {
	for n, want := range map[int64]string{0: "0 indexes", 1: "1 index", 2: "2 indexes", 1200: "1,200 indexes"} {
		if got := Counted(n, "index", "indexes"); got != want {
			t.Errorf("%d: %q, want %q", n, got, want)
		}
	}
}
