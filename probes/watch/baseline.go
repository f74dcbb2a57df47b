package watch

import (
	"time"

	"github.com/pgmedic/pgmedic/probes"
)

// clock measures the time between samples that counted connections, and knows a gap.
type clock struct {
	last    time.Time // of the sample before
	spacing time.Duration
}

// step returns the time since the sample before, and whether that was a gap. A server clock that was set back counts as no time.
func (c *clock) step(at time.Time) (passed time.Duration, gap bool) {
	if c.last.IsZero() {
		c.last = at
		return 0, false
	}
	passed = max(at.Sub(c.last), 0)
	gap = c.spacing > 0 && passed > max(GapIntervals*c.spacing, GapMinimum)
	c.last, c.spacing = at, passed
	return passed, gap
}

// baseline is the median of the calm samples. Their time is counted without the incidents between them, so that a long incident does not
// make the baseline forgotten.
type baseline struct {
	calm    time.Duration // calm time so far
	waiting []look        // held back: they may be the beginning of an incident
	kept    []look        // oldest first, of the last BaselineSpan
	seen    Tally         // of the kept looks
}

// look is one count of connections.
type look struct {
	calm  time.Duration // calm time until then
	total int
}

// add takes the next calm sample, passed after the one before.
func (b *baseline) add(passed time.Duration, total int) {
	b.calm += passed
	b.waiting = append(b.waiting, look{b.calm, total})
	for len(b.waiting) > OnsetSamples && b.calm-b.waiting[0].calm >= holdBack {
		b.keep(b.waiting[0])
		b.waiting = b.waiting[1:]
	}
}

func (b *baseline) keep(l look) {
	b.kept = append(b.kept, l)
	b.seen.Add(l.total)
	for l.calm-b.kept[0].calm > BaselineSpan {
		b.seen.remove(b.kept[0].total)
		b.kept = b.kept[1:]
	}
}

// drop forgets the samples held back: an incident began among them.
func (b *baseline) drop() { b.waiting = nil }

func (b *baseline) now() probes.Baseline {
	return probes.Baseline{Median: b.seen.Median(), N: b.seen.n}
}

// Tally counts how often each number of connections was seen.
type Tally struct {
	times []int // times[total]
	n     int
}

// Add counts one more sample with so many connections.
func (t *Tally) Add(total int) {
	for len(t.times) <= total {
		t.times = append(t.times, 0)
	}
	t.times[total]++
	t.n++
}

func (t *Tally) remove(total int) {
	t.times[total]--
	t.n--
}

// Median returns the middle one, of an even number the mean of the middle two; 0 of none.
func (t *Tally) Median() float64 {
	if t.n == 0 {
		return 0
	}
	return float64(t.rank((t.n-1)/2)+t.rank(t.n/2)) / 2
}

// rank returns the i-th smallest number, from 0.
func (t *Tally) rank(i int) int {
	for total, n := range t.times {
		if i -= n; i < 0 {
			return total
		}
	}
	return 0
}
