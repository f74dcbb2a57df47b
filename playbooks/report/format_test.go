package report

import (
	"testing"
	"time"

	"github.com/pgmedic/pgmedic/probes/record"
)

func TestValue(t *testing.T) {
	cases := []struct {
		value float64
		unit  string
		want  string
	}{
		{95, unitConnections, "95 connections"},
		{454416, unitRows, "454,416 rows"},
		{0.31, unitMillis, "0.31 ms"},
		{8728, unitMillis, "8.73 s"},
		{125, unitSeconds, "2 min 5 s"},
		{13.44, unitSeconds, "13.4 s"},
		{3780, unitSeconds, "1 h 3 min"},
		{0, unitSeconds, "0 s"},
		{41943040, unitBytes, "40 MB"},
		{97.938, unitPercent, "97.9 %"},
		{74.07, unitRatio, "× 74.1"},
		{0.0005, unitRatio, "× 0.0005"},
		{9.6, unitPerSecond, "9.6/s"},
		{-1234567, "", "-1,234,567"},
	}
	for _, c := range cases {
		if got := value(record.Fact{Value: c.value, Unit: c.unit}); got != c.want {
			t.Errorf("value(%v %s) = %q, want %q", c.value, c.unit, got, c.want)
		}
	}
}

func TestWindowNamesTheDateOfBothEnds(t *testing.T) {
	at := time.Date(2026, 11, 23, 23, 59, 0, 0, time.UTC)
	cases := []struct {
		from, to time.Time
		want     string
	}{
		{at, at, "2026-11-23 23:59:00"},
		{at, at.Add(30 * time.Second), "2026-11-23 23:59:00 – 23:59:30"},
		{at, at.Add(2 * time.Minute), "2026-11-23 23:59:00 – 2026-11-24 00:01:00"},
		{time.Time{}, time.Time{}, "–"},
	}
	for _, c := range cases {
		if got := window(c.from, c.to); got != c.want {
			t.Errorf("window(%v, %v) = %q, want %q", c.from, c.to, got, c.want)
		}
	}
}
