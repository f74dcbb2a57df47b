package watch

import (
	"fmt"
	"strconv"
	"time"

	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/record"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// statements adds up what the statements did: over the last probes.StatementSpan, and outside incidents.
type statements struct {
	recent  []batch // of the last probes.StatementSpan, oldest first
	window  map[probes.StatementKey]calls
	waiting []batch // calm ones, held back: they may be the beginning of an incident
	calm    map[probes.StatementKey]calls
	texts   map[int64]string
	told    map[int64]bool // query ids whose regression was told in this incident
}

// batch is the deltas of one sample.
type batch struct {
	from, to time.Time
	deltas   []probes.StatementDelta
}

// calls are ended calls with the time they took.
type calls struct {
	n    int64
	time time.Duration
}

func (c calls) mean() time.Duration {
	if c.n <= 0 {
		return 0
	}
	return c.time / time.Duration(c.n)
}

func newStatements() statements {
	return statements{window: map[probes.StatementKey]calls{}, calm: map[probes.StatementKey]calls{}, texts: map[int64]string{}, told: map[int64]bool{}}
}

// addTo adds the batch to sums; sign −1 takes it out again.
func (b batch) addTo(sums map[probes.StatementKey]calls, sign int64) {
	for _, d := range b.deltas {
		sum := sums[d.StatementKey]
		sum.n += sign * d.Calls
		sum.time += time.Duration(sign) * d.ExecTime
		sums[d.StatementKey] = sum
		if sum == (calls{}) {
			delete(sums, d.StatementKey)
		}
	}
}

func (w *Watcher) lookAtStatements(s *probes.Sample) {
	for id, text := range s.Statements.Texts {
		w.statements.texts[id] = text
	}
	if !s.Statements.Known || s.Statements.Since.IsZero() {
		return
	}
	w.statements.add(batch{s.Statements.Since, s.At, s.Statements.Deltas}, !w.incident.running())
	if !w.baseline.now().Known() {
		return // as long as nobody knows what calm is, no call is known to be calm
	}
	for _, d := range s.Statements.Deltas {
		w.lookForRegression(s.At, d.StatementKey)
	}
}

func (t *statements) add(b batch, calm bool) {
	b.addTo(t.window, 1)
	t.recent = append(t.recent, b)
	for b.to.Sub(t.recent[0].from) > probes.StatementSpan {
		t.recent[0].addTo(t.window, -1)
		t.recent = t.recent[1:]
	}
	if !calm {
		return
	}
	t.waiting = append(t.waiting, b)
	for len(t.waiting) > onsetSamples && b.to.Sub(t.waiting[0].to) >= holdBack {
		t.waiting[0].addTo(t.calm, 1)
		t.waiting = t.waiting[1:]
	}
}

// drop forgets the calls held back: an incident began among them.
func (t *statements) drop() { t.waiting = nil }

func (w *Watcher) lookForRegression(at time.Time, key probes.StatementKey) {
	t := w.statements
	now, base := t.window[key], t.calm[key]
	if now.n < probes.BaseMinimumCalls || base.n < probes.BaseMinimumCalls || base.time <= 0 {
		return
	}
	if now.mean() < regressionFactor*base.mean() {
		if !w.incident.running() {
			delete(t.told, key.QueryID) // the calls of an incident have left the window: the next one is told again
		}
		return
	}
	if t.told[key.QueryID] || now.time < regressionTime {
		return
	}
	t.told[key.QueryID] = true
	factor := float64(now.mean()) / float64(base.mean())
	title := fmt.Sprintf("%s: mean %s, %s × its baseline %s (%d calls)",
		shortText(t.texts[key.QueryID], key.QueryID), length(now.mean()), figure(factor), length(base.mean()), now.n)
	w.tell(record.Observed, at, title, map[string]string{
		"event": record.EventRegression, "query_id": strconv.FormatInt(key.QueryID, 10),
		"mean_ms": milliseconds(now.mean()), "calls": strconv.FormatInt(now.n, 10),
		"baseline_ms": milliseconds(base.mean()), "baseline_calls": strconv.FormatInt(base.n, 10),
	})
}

// textRunes bounds a statement's text in a title.
const textRunes = 60

// shortText names a statement on one line. Texts of samples hold no literals.
func shortText(text string, queryID int64) string {
	if text == "" {
		return fmt.Sprintf("statement %d", queryID)
	}
	return sqltext.Headline(text, textRunes)
}
