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
	kept    []look        // oldest first, of the last baselineSpan
	seen    []int         // seen[n] is how many of the kept looks saw n connections
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
	for len(b.waiting) > onsetSamples && b.calm-b.waiting[0].calm >= holdBack {
		b.keep(b.waiting[0])
		b.waiting = b.waiting[1:]
	}
}

func (b *baseline) keep(l look) {
	b.kept = append(b.kept, l)
	for len(b.seen) <= l.total {
		b.seen = append(b.seen, 0)
	}
	b.seen[l.total]++
	for l.calm-b.kept[0].calm > baselineSpan {
		b.seen[b.kept[0].total]--
		b.kept = b.kept[1:]
	}
}

// drop forgets the samples held back: an incident began among them.
func (b *baseline) drop() { b.waiting = nil }

func (b *baseline) now() probes.Baseline {
	n := len(b.kept)
	if n == 0 {
		return probes.Baseline{}
	}
	return probes.Baseline{Median: float64(b.rank((n-1)/2)+b.rank(n/2)) / 2, N: n}
}

// rank returns the i-th smallest count, from 0.
func (b *baseline) rank(i int) int {
	for total, n := range b.seen {
		if i -= n; i < 0 {
			return total
		}
	}
	return 0
}
