package apply

import (
	"testing"
	"time"
)

// A rate is that of the last looks, of one phase alone; what waits has none.
func TestRateAndTimeLeft(t *testing.T) {
	var m meter
	const scan = "building index: scanning table"
	for i, r := range []reading{{100, 0}, {101, 500}, {102, 1000}} {
		rate, left := m.add(scan, "blocks", r, 10_000)
		if i == 0 && (rate != 0 || left != 0) || i > 0 && (rate != 500 || left != time.Duration(20-i)*time.Second) {
			t.Errorf("reading %d: %v a second, %v left", i, rate, left)
		}
	}
	for i := range 40 { // it goes on four times as fast
		m.add(scan, "blocks", reading{103 + float64(i), 1000 + 2000*float64(i)}, 1e6)
	}
	if rate, _ := m.add(scan, "blocks", reading{143, 81_000}, 1e6); rate < 1990 || rate > 2010 {
		t.Errorf("what is long ago counts still: %v a second", rate)
	}
	if rate, left := m.add("waiting for writers before validation", "lockers", reading{144, 1}, 2); rate != 0 || left != 0 {
		t.Errorf("waiting goes at %v a second, %v left", rate, left)
	}
}

func TestTimeLeftOfTheWhole(t *testing.T) {
	for _, c := range []struct {
		method, phase string
		least, most   time.Duration
	}{
		{"btree", "building index: scanning table", 18 * time.Second, 30 * time.Second},
		{"btree", "index validation: scanning table", 10 * time.Second, 10 * time.Second},
		{"gin", "building index", 12 * time.Second, 20 * time.Second},
		{"brin", "building index", 50 * time.Second, 70 * time.Second},
		{"btree", "waiting for old snapshots", 0, 0},
		{"btree", "a phase of a later version", 0, 0},
	} {
		if got := whole(c.method, c.phase, 10*time.Second, 2); got < c.least || got > c.most {
			t.Errorf("%s, %s: %v", c.method, c.phase, got)
		}
	}
	if whole("btree", "building index: scanning table", 0, 2) != 0 {
		t.Error("what is not known of the phase is known of the whole")
	}
}
