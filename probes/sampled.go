package probes

import (
	"sort"
	"time"
)

// lastTold returns the newest sample that knows statements one way or the other: where a slow server makes their probe wait, not every sample does.
func (w *Window) lastTold() *Sample {
	for i := len(w.samples) - 1; i >= 0; i-- {
		if s := w.samples[i]; s.Statements.Known || s.Statements.Sampled != "" {
			return s
		}
	}
	return nil
}

// sampledSamples returns the samples of the last StatementSpan that know statements from sampled activity.
func (w *Window) sampledSamples() []*Sample {
	var found []*Sample
	last := w.Last()
	for _, s := range w.samples {
		if s.Statements.Sampled != "" && last.At.Sub(s.At) < StatementSpan {
			found = append(found, s)
		}
	}
	return found
}

// sampledSpan is the time that they stand for: each for the time since the sample before it.
func (w *Window) sampledSpan() time.Duration {
	var span time.Duration
	for _, s := range w.sampledSamples() {
		span += s.Interval
	}
	return min(span, StatementSpan)
}

// sampledStatements returns what the statements did over the last StatementSpan, as far as sampled activity shows it: how many sessions were seen running
// each, on average over the time. Calls that begin and end between two samples are not seen.
func (w *Window) sampledStatements(now *Sample) []StatementLoad {
	rows := map[StatementKey]*StatementLoad{}
	busy := map[StatementKey]time.Duration{} // added up over the sessions
	var span time.Duration
	for _, s := range w.sampledSamples() {
		span += s.Interval
		for _, b := range s.Backends {
			if b.runs() {
				busy[sampledRow(rows, b).StatementKey] += s.Interval
			}
		}
	}
	for _, b := range now.Backends {
		if b.runs() {
			sampledRow(rows, b).Held++
		}
	}
	loads := make([]StatementLoad, 0, len(rows))
	for key, row := range rows {
		row.Text = w.Text(key.QueryID)
		if span > 0 {
			row.Load = float64(busy[key]) / float64(span)
		}
		loads = append(loads, *row)
	}
	sort.Slice(loads, func(i, j int) bool { return loads[i].before(loads[j]) })
	return loads
}

// runs says whether the session is a client's that runs a statement with an id.
func (b *Backend) runs() bool { return b.State == "active" && b.QueryID != 0 && b.IsClient() }

func sampledRow(rows map[StatementKey]*StatementLoad, b Backend) *StatementLoad {
	row := loadRow(rows, StatementKey{b.DatabaseOID, b.UserOID, b.QueryID, true}, b.Database, b.User)
	row.Sampled = true
	return row
}
