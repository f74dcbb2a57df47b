package probes

import (
	"testing"
	"time"
)

func TestHitShareIsUnknownWithoutReads(t *testing.T) {
	if share, ok := (DatabaseDelta{}).HitShare(); ok || share != 0 {
		t.Errorf("without reads: %v, %v", share, ok)
	}
	if share, ok := (DatabaseDelta{BlocksHit: 3, BlocksRead: 1}).HitShare(); !ok || share != 0.75 {
		t.Errorf("3 of 4: %v, %v", share, ok)
	}
}

func TestPerSecond(t *testing.T) {
	since := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	tests := []struct {
		count        int64
		since, until time.Time
		want         float64
		known        bool
	}{
		{50, since, since.Add(5 * time.Second), 10, true},
		{0, since, since.Add(5 * time.Second), 0, true},
		{-1, since, since.Add(5 * time.Second), 0, false}, // not counted by this server
		{50, time.Time{}, since, 0, false},                // the first reading
		{50, since, since, 0, false},
		{50, since, since.Add(-time.Second), 0, false}, // a clock that jumped
	}
	for _, test := range tests {
		if got, known := PerSecond(test.count, test.since, test.until); got != test.want || known != test.known {
			t.Errorf("%d from %s to %s: %v, %v", test.count, test.since, test.until, got, known)
		}
	}
}
