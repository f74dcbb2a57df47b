package watch

import (
	"fmt"
	"strconv"
	"time"

	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/record"
)

// incident is the one that runs, or ran last.
type incident struct {
	onset     time.Time
	began     time.Duration // the onset, by the watcher's clock
	recovered time.Time     // zero while it runs
	peak      int
	recent    []count // the last onsetSamples samples outside an incident
	calming   []count // samples of an incident that may belong to its recovery, oldest first
}

type count struct {
	at    time.Time
	since time.Duration // the same, by the watcher's clock
	total int
	limit probes.Limit // the tighter one
	high  bool         // enough for an onset
	low   bool         // as good as the baseline
}

func (i *incident) running() bool { return !i.onset.IsZero() && i.recovered.IsZero() }

// lookAtConnections takes the sample's count; other: another server answered, whose clock nobody set.
func (w *Watcher) lookAtConnections(s *probes.Sample, other bool) {
	before := w.clock.last
	step := w.clock.step(s)
	if step.gap {
		w.incident.recent, w.incident.calming = nil, nil
		w.tellGap(before, s.At, step.passed)
	}
	if step.set != 0 {
		w.forgetTimes()
		if !other {
			w.tellClockSet(s.At, step.set)
		}
	}
	if s.Ceiling.MaxConnections > 0 {
		w.ceiling = s.Ceiling
	}
	counts := s.Counts()
	c := count{at: s.At, since: w.clock.elapsed, total: counts.Total, limit: w.ceiling.Tighter(s)}
	c.high = w.isHigh(c)
	c.low = w.isLow(c)
	w.lookForThreshold(c)
	if w.incident.running() {
		w.lookForRecovery(c)
		return
	}
	w.baseline.add(step.passed, c.total)
	if base := w.baseline.now(); base.N > 0 && float64(c.total) <= base.Median {
		w.level = c.at
	}
	w.lookForOnset(c)
}

// isHigh says whether so many connections may be the beginning of an incident.
func (w *Watcher) isHigh(c count) bool {
	if c.limit.WithoutOurs().AtLeast(AlarmPercent) {
		return true
	}
	base := w.baseline.now()
	return base.Known() && float64(c.total) >= max(OnsetFactor*base.Median, base.Median+OnsetExtra)
}

// isLow says whether so many connections are as good as the baseline.
func (w *Watcher) isLow(c count) bool {
	base := w.baseline.now()
	return !c.high && (!base.Known() || IsBack(c.total, base))
}

// IsBack says whether so many connections are as many as the baseline lets expect: neither too many nor too few.
func IsBack(total int, base probes.Baseline) bool {
	n := float64(total)
	return n <= RecoveryFactor*base.Median+RecoveryExtra && n >= RecoveryFloor*base.Median
}

func (w *Watcher) lookForOnset(c count) {
	i := &w.incident
	i.recent = append(i.recent, c)
	if len(i.recent) > OnsetSamples {
		i.recent = i.recent[1:]
	}
	high, first, peak := 0, count{}, 0
	for _, r := range i.recent {
		if !r.high {
			continue
		}
		if high++; high == 1 {
			first = r
		}
		peak = max(peak, r.total)
	}
	if high < OnsetOf {
		return
	}
	w.incident = incident{onset: first.at.UTC(), began: first.since, peak: peak}
	w.baseline.drop()
	w.statements.drop(w.level.Add(-holdBack))
	w.tellOnset(first, c)
}

func (w *Watcher) lookForRecovery(c count) {
	i := &w.incident
	i.peak = max(i.peak, c.total)
	if c.high {
		i.calming = nil
		return
	}
	i.calming = append(i.calming, c)
	for len(i.calming) > 1 && c.since-i.calming[1].since >= RecoverySpan {
		i.calming = i.calming[1:]
	}
	first := i.calming[0]
	if c.since-first.since < RecoverySpan || !isCalm(i.calming) {
		return
	}
	i.recovered, i.recent, i.calming = first.at.UTC(), nil, nil
	if i.recovered.Before(i.onset) { // the server's clock was set back meanwhile
		i.recovered = i.onset
	}
	w.tellRecovery(first)
}

// isCalm says whether the run begins and ends low, and is low in RecoveryOf of RecoverySamples samples at least.
func isCalm(run []count) bool {
	low := 0
	for _, c := range run {
		if c.low {
			low++
		}
	}
	return run[0].low && run[len(run)-1].low && low*RecoverySamples >= len(run)*RecoveryOf
}

// forgetTimes forgets whose time cannot be compared with what comes. What is known of calm stays.
func (w *Watcher) forgetTimes() {
	w.level = time.Time{}
	w.statements.forgetRecent()
}

func (w *Watcher) tellClockSet(at time.Time, by time.Duration) {
	direction := "ahead"
	if by < 0 {
		direction = "back"
	}
	w.tell(record.System, at, fmt.Sprintf("the server's clock was set %s by %s: times before and after do not follow each other", direction, span(by.Abs())),
		map[string]string{"event": record.EventClock, "seconds": exact(by.Seconds())})
}

// lookForThreshold tells the highest threshold reached, or the lowest one left.
func (w *Watcher) lookForThreshold(c count) {
	levels := Thresholds()
	before := w.threshold
	for w.threshold < len(levels) && c.limit.AtLeast(levels[w.threshold]) {
		w.threshold++
	}
	for w.threshold > 0 && c.limit.Slots > 0 && !c.limit.AtLeast(levels[w.threshold-1]-thresholdSlack) {
		w.threshold--
	}
	switch {
	case w.threshold > before:
		w.tellThreshold(c, levels[w.threshold-1], "reached")
	case w.threshold < before:
		w.tellThreshold(c, levels[w.threshold], "left")
	}
}

func (w *Watcher) tellThreshold(c count, percent int, direction string) {
	title := fmt.Sprintf("connections at %s, %s", c.limit.Who(), share(c.limit))
	if direction == "left" {
		title = fmt.Sprintf("connections below %d %% of %s again: %s of %d", percent, c.limit.Name(), c.limit.Who(), c.limit.Slots)
	}
	w.tell(record.Observed, c.at, title, map[string]string{
		"event": record.EventThreshold, "direction": direction, "percent": strconv.Itoa(percent),
		"connections": strconv.Itoa(c.limit.Taken), "ceiling": strconv.Itoa(c.limit.Slots),
	})
}

// tellOnset stamps the onset at the first sample of the run; now is the one that made it certain.
func (w *Watcher) tellOnset(first, now count) {
	data := map[string]string{"mark": record.MarkOnset, "connections": strconv.Itoa(now.total), "first": strconv.Itoa(first.total)}
	base := w.baseline.now()
	title := fmt.Sprintf("onset: %d connections, no baseline yet", now.total)
	if base.Known() {
		title = fmt.Sprintf("onset: connections %s → %d", exact(base.Median), now.total)
		data["baseline"], data["baseline_n"] = exact(base.Median), strconv.Itoa(base.N)
	}
	if now.limit.Slots > 0 {
		title += ", "
		if now.limit.Ours > 0 {
			title += fmt.Sprintf("with %d of %s ", now.limit.Ours, probes.ApplicationName)
		}
		title += share(now.limit)
		data["ceiling"] = strconv.Itoa(now.limit.Slots)
	}
	w.tell(record.Mark, first.at, title, data)
}

// tellRecovery stamps the recovery at the first sample of the calm run, but never before the onset.
func (w *Watcher) tellRecovery(first count) {
	i := w.incident
	lasted := first.since - i.began
	data := map[string]string{
		"mark": record.MarkRecovered, "connections": strconv.Itoa(first.total), "peak": strconv.Itoa(i.peak), "seconds": exact(lasted.Seconds()),
	}
	against := "no baseline"
	if base := w.baseline.now(); base.Known() {
		against = "baseline " + exact(base.Median)
		data["baseline"] = exact(base.Median)
	}
	title := fmt.Sprintf("recovered: connections %d, %s; %s after the onset, peak %d", first.total, against, span(lasted), i.peak)
	w.tell(record.Mark, i.recovered, title, data)
}

func (w *Watcher) tellGap(from, to time.Time, passed time.Duration) {
	w.tell(record.System, from, fmt.Sprintf("gap: nothing seen for %s", span(passed)),
		map[string]string{"event": record.EventGap, "seconds": exact(passed.Seconds())})
	w.events[len(w.events)-1].End = to.UTC()
}
