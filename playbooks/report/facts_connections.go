package report

import (
	"fmt"
	"strconv"
	"time"

	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/record"
	"github.com/pgmedic/pgmedic/probes/watch"
)

// addConnections counts connections: the peak against the ceiling and the baseline, how long, and what came after.
func (l *ledger) addConnections(in *incident) {
	if in.peak == nil {
		return
	}
	from, to := in.spikeWindow()
	seen := in.between(from, to)
	l.add(record.Fact{
		Kind: kindPeak, Value: float64(in.peak.Counts().Total), Unit: unitConnections, N: int64(len(seen)), From: in.peak.At, To: in.peak.At,
		Method: methodActivity + "; the most at one sample", Conditions: fmt.Sprintf("the first such sample of %s", window(from, to)), Source: sourceOfSamples,
	})
	l.addCeiling(in)
	l.addBaseline(in)
	if in.spike.Onset.IsZero() {
		return
	}
	if !in.spike.Recovered.IsZero() {
		l.add(record.Fact{
			Kind: kindDuration, Value: to.Sub(from).Seconds(), Unit: unitSeconds, N: int64(len(seen)), From: from, To: to,
			Method: "from the onset mark to the recovered mark", Source: sourceOfSamples,
		})
		l.addAfter(in, to)
	}
}

// spikeWindow is the time that the peak is looked for in: onset to recovery, or to the record's end, or the whole record.
func (in *incident) spikeWindow() (from, to time.Time) {
	from, to = in.spike.Onset, in.spike.Recovered
	if from.IsZero() {
		from = in.begin()
	}
	if to.IsZero() {
		to = in.end()
	}
	return from, to
}

func (l *ledger) addCeiling(in *incident) {
	c, limit := in.peak.Ceiling, in.peakLimit()
	if limit.Slots == 0 {
		return
	}
	method := fmt.Sprintf("max_connections %d less superuser_reserved_connections %d less reserved_connections %d",
		c.MaxConnections, c.SuperuserReserved, c.Reserved)
	share := fmt.Sprintf("%s ÷ ceiling", takenBy(limit))
	switch limit.Bound {
	case probes.BoundDatabase:
		method = fmt.Sprintf("the database's connection limit %d (max_connections %d)", c.DatabaseLimit, c.MaxConnections)
		share = fmt.Sprintf("of the connections at the peak %s were the database's own, ÷ its connection limit", takenBy(limit))
	case probes.BoundRole:
		method = fmt.Sprintf("role %s's connection limit %d (max_connections %d)", limit.Role, limit.Slots, c.MaxConnections)
		share = fmt.Sprintf("of the connections at the peak %s were role %s's, ÷ its connection limit", takenBy(limit), limit.Role)
	}
	at := in.peak.At
	l.add(record.Fact{Kind: kindCeiling, Value: float64(limit.Slots), Unit: unitConnections, From: at, To: at, Method: method, Source: sourceOfSamples,
		Conditions: "slots that an ordinary role could hold"})
	l.add(record.Fact{Kind: kindPeakShare, Value: 100 * min(limit.Share(), 1), Unit: unitPercent, N: 1, From: at, To: at, Method: share, Source: sourceOfSamples})
	from, to := in.spikeWindow()
	for _, share := range watch.Thresholds() {
		l.addAbove(in, share, from, to)
	}
}

// takenBy says whose connections a share is of: with pgmedic's own, which hold slots too.
func takenBy(limit probes.Limit) string {
	if limit.Ours == 0 {
		return strconv.Itoa(limit.Taken)
	}
	return fmt.Sprintf("(%d + %d of pgmedic's own)", limit.Application(), limit.Ours)
}

// peakLimit is the tighter limit at the peak, there being one.
func (in *incident) peakLimit() probes.Limit { return in.peak.Ceiling.Tighter(in.peak) }

// addAbove sums the sample intervals that ended at or above a share of the ceiling. A gap in the record counts for nothing.
func (l *ledger) addAbove(in *incident, percent int, from, to time.Time) {
	var above time.Duration
	seen, limit := in.between(from, to), in.gapLimit()
	for _, m := range seen {
		if m.Interval <= limit && m.Limit.AtLeast(percent) {
			above += m.Interval
		}
	}
	l.add(record.Fact{
		Kind: kindAbove, Subject: strconv.Itoa(percent) + " %", Value: above.Seconds(), Unit: unitSeconds, N: int64(len(seen)), From: from, To: to,
		Method: fmt.Sprintf("sum of the sample intervals that ended at ≥ %d %% of the ceiling, pgmedic's own connections included", percent), Source: sourceOfSamples,
	})
}

// addBaseline takes the last baseline known before the onset, so that the spike's own beginning is not in it.
func (l *ledger) addBaseline(in *incident) {
	for i := len(in.moments) - 1; i >= 0; i-- {
		m := in.moments[i]
		if !in.spike.Onset.IsZero() && !m.At.Before(in.spike.Onset) || !m.Baseline.Known() {
			continue
		}
		from := in.begin()
		if first := m.At.Add(-watch.BaselineSpan); first.After(from) {
			from = first
		}
		l.add(record.Fact{
			Kind: kindBaseline, Value: m.Baseline.Median, Unit: unitConnections, N: int64(m.Baseline.N), From: from, To: m.At,
			Method: fmt.Sprintf("%s; median of the last %.0f minutes outside incidents", methodActivity, watch.BaselineSpan.Minutes()),
			Source: sourceOfSamples,
		})
		return
	}
}

// addAfter is the median from the recovery, and from the remedy where that came later, to the record's end.
func (l *ledger) addAfter(in *incident, from time.Time) {
	if a, ok := in.remedy(); ok && a.ended().After(from) {
		from = a.ended()
	}
	seen := in.between(from, time.Time{})
	if len(seen) == 0 {
		return
	}
	var totals watch.Tally
	for _, m := range seen {
		totals.Add(m.Counts.Total)
	}
	l.add(record.Fact{
		Kind: kindAfter, Value: totals.Median(), Unit: unitConnections, N: int64(len(seen)), From: from, To: in.end(),
		Method: methodActivity + "; median", Source: sourceOfSamples,
	})
}
