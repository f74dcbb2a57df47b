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
	recovered time.Time // zero while it runs
	peak      int
	recent    []count // the last onsetSamples samples outside an incident
	low       *count  // the first of a run of low samples that may become the recovery; nil: none
}

type count struct {
	at    time.Time
	total int
	limit probes.Limit // the tighter one
	high  bool
}

func (i *incident) running() bool { return !i.onset.IsZero() && i.recovered.IsZero() }

func (w *Watcher) lookAtConnections(s *probes.Sample) {
	before := w.clock.last
	passed, gap := w.clock.step(s.At)
	if gap {
		w.incident.recent, w.incident.low = nil, nil
		w.tellGap(before, s.At, passed)
	}
	if s.Ceiling.MaxConnections > 0 {
		w.ceiling = s.Ceiling
	}
	counts := s.Counts()
	c := count{at: s.At, total: counts.Total, limit: w.ceiling.Tighter(counts)}
	c.high = w.isHigh(c)
	w.lookForThreshold(c)
	if w.incident.running() {
		w.lookForRecovery(c)
		return
	}
	w.baseline.add(passed, c.total)
	if base := w.baseline.now(); base.N > 0 && float64(c.total) <= base.Median {
		w.level = c.at
	}
	w.lookForOnset(c)
}

// isHigh says whether so many connections may be the beginning of an incident.
func (w *Watcher) isHigh(c count) bool {
	if c.limit.AtLeast(AlarmPercent) {
		return true
	}
	base := w.baseline.now()
	return base.Known() && float64(c.total) >= max(OnsetFactor*base.Median, base.Median+OnsetExtra)
}

// isLow says whether so many connections are as good as the baseline.
func (w *Watcher) isLow(c count) bool {
	base := w.baseline.now()
	return !c.high && (!base.Known() || float64(c.total) <= RecoveryFactor*base.Median+RecoveryExtra)
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
	w.incident = incident{onset: first.at.UTC(), peak: peak}
	w.baseline.drop()
	w.statements.drop(w.level.Add(-holdBack))
	w.tellOnset(first, c)
}

func (w *Watcher) lookForRecovery(c count) {
	i := &w.incident
	i.peak = max(i.peak, c.total)
	if !w.isLow(c) {
		i.low = nil
		return
	}
	if i.low == nil {
		i.low = &c
	}
	first := *i.low
	if c.at.Sub(first.at) < RecoverySpan {
		return
	}
	i.recovered, i.recent, i.low = first.at.UTC(), nil, nil
	w.tellRecovery(first)
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
	title := fmt.Sprintf("connections at %d, %s", c.limit.Taken, share(c.limit))
	if direction == "left" {
		title = fmt.Sprintf("connections below %d %% of %s again: %d of %d", percent, c.limit.Name(), c.limit.Taken, c.limit.Slots)
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
		title += ", " + share(now.limit)
		data["ceiling"] = strconv.Itoa(now.limit.Slots)
	}
	w.tell(record.Mark, first.at, title, data)
}

// tellRecovery stamps the recovery at the first sample of the low run.
func (w *Watcher) tellRecovery(first count) {
	i := w.incident
	lasted := i.recovered.Sub(i.onset)
	data := map[string]string{
		"mark": record.MarkRecovered, "connections": strconv.Itoa(first.total), "peak": strconv.Itoa(i.peak), "seconds": exact(lasted.Seconds()),
	}
	against := "no baseline"
	if base := w.baseline.now(); base.Known() {
		against = "baseline " + exact(base.Median)
		data["baseline"] = exact(base.Median)
	}
	title := fmt.Sprintf("recovered: connections %d, %s; %s after the onset, peak %d", first.total, against, span(lasted), i.peak)
	w.tell(record.Mark, first.at, title, data)
}

func (w *Watcher) tellGap(from, to time.Time, passed time.Duration) {
	w.tell(record.System, from, fmt.Sprintf("gap: nothing seen for %s", span(passed)),
		map[string]string{"event": record.EventGap, "seconds": exact(passed.Seconds())})
	w.events[len(w.events)-1].End = to.UTC()
}
