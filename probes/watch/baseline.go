package watch

import (
	"slices"
	"time"

	"github.com/pgmedic/pgmedic/probes"
)

// clock measures the time between samples that counted connections, and knows a gap. Its own time never goes back: every span is measured by it.
type clock struct {
	last    time.Time     // of the sample before, by the server
	spacing time.Duration // between the two samples before
	elapsed time.Duration // since the first sample
}

// step is the time from one sample to the next.
type step struct {
	passed time.Duration
	gap    bool
	set    time.Duration // by how much the server's clock was set ahead, or, below 0, back; 0: it was not
}

func (c *clock) step(s *probes.Sample) step {
	if c.last.IsZero() {
		c.last = s.At
		return step{}
	}
	passed := s.At.Sub(c.last)
	c.last = s.At
	if passed < 0 || wasSet(s) {
		c.elapsed += s.Interval // by the clock of the machine that took the sample
		return step{passed: s.Interval, set: passed - s.Interval}
	}
	gap := c.spacing > 0 && passed > max(GapIntervals*c.spacing, GapMinimum)
	c.spacing = passed
	c.elapsed += passed
	return step{passed: passed, gap: gap}
}

// wasSet says whether the sample itself noticed that the server's clock was set.
func wasSet(s *probes.Sample) bool {
	return slices.ContainsFunc(s.Failures, func(f probes.Failure) bool { return f.Probe == "clock" })
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
