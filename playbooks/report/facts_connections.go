package report

import (
	"fmt"
	"sort"
	"strconv"
	"time"

	"github.com/pgmedic/pgmedic/probes/record"
)

// thresholds are the shares of the ceiling whose time is counted, in percent.
var thresholds = [...]int{80, 95}

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
	c := in.peak.Ceiling
	slots := c.Application()
	if slots == 0 {
		return
	}
	method := fmt.Sprintf("max_connections %d less superuser_reserved_connections %d less reserved_connections %d",
		c.MaxConnections, c.SuperuserReserved, c.Reserved)
	if c.DatabaseLimit >= 0 && c.DatabaseLimit == slots {
		method = fmt.Sprintf("the database's connection limit %d (max_connections %d)", c.DatabaseLimit, c.MaxConnections)
	}
	at := in.peak.At
	l.add(record.Fact{Kind: kindCeiling, Value: float64(slots), Unit: unitConnections, From: at, To: at, Method: method, Source: sourceOfSamples,
		Conditions: "slots that an ordinary role could hold"})
	l.add(record.Fact{Kind: kindPeakShare, Value: 100 * float64(in.peak.Counts().Total) / float64(slots), Unit: unitPercent, N: 1, From: at, To: at,
		Method: "peak ÷ ceiling", Source: sourceOfSamples})
	from, to := in.spikeWindow()
	for _, share := range thresholds {
		l.addAbove(in, share, from, to)
	}
}

// addAbove sums the sample intervals that ended at or above a share of the ceiling. A gap in the record counts for nothing.
func (l *ledger) addAbove(in *incident, percent int, from, to time.Time) {
	var above time.Duration
	seen, limit := in.between(from, to), in.gapLimit()
	for _, m := range seen {
		if m.Slots > 0 && m.Interval <= limit && 100*m.Counts.Total >= percent*m.Slots {
			above += m.Interval
		}
	}
	l.add(record.Fact{
		Kind: kindAbove, Subject: strconv.Itoa(percent) + " %", Value: above.Seconds(), Unit: unitSeconds, N: int64(len(seen)), From: from, To: to,
		Method: fmt.Sprintf("sum of the sample intervals that ended at ≥ %d %% of the ceiling", percent), Source: sourceOfSamples,
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
		if hour := m.At.Add(-time.Hour); hour.After(from) {
			from = hour
		}
		l.add(record.Fact{
			Kind: kindBaseline, Value: m.Baseline.Median, Unit: unitConnections, N: int64(m.Baseline.N), From: from, To: m.At,
			Method: methodActivity + "; median of the last 60 minutes outside incidents", Source: sourceOfSamples,
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
	totals := make([]int, len(seen))
	for i, m := range seen {
		totals[i] = m.Counts.Total
	}
	sort.Ints(totals)
	l.add(record.Fact{
		Kind: kindAfter, Value: float64(totals[len(totals)/2]), Unit: unitConnections, N: int64(len(seen)), From: from, To: in.end(),
		Method: methodActivity + "; median", Source: sourceOfSamples,
	})
}
