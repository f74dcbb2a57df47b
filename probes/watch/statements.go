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
	recent  []batch // of the last probes.StatementSpan, oldest first; the newest however long it is
	window  map[probes.StatementKey]probes.CallSum
	waiting []batch // calm ones, held back: they may be the beginning of an incident
	calm    *probes.Recent[probes.StatementKey, probes.CallSum]
	copied  calmCopy
	texts   *probes.Recent[int64, string]
	told    map[int64]bool // query ids whose regression was told in this incident
}

// batch is the deltas of one sample.
type batch struct {
	from, to time.Time
	deltas   []probes.StatementDelta
}

// calmCopy is the calm calls as others got them.
type calmCopy struct {
	calls map[probes.StatementKey]probes.CallSum
	at    time.Time
	stale bool // there are more by now
}

// copyEvery bounds how often the calm calls are copied: there may be thousands, and a mean over all calm calls hardly moves.
const copyEvery = 5 * time.Second

func newStatements() statements {
	return statements{
		window: map[probes.StatementKey]probes.CallSum{},
		calm:   probes.NewRecent[probes.StatementKey, probes.CallSum](probes.StatementsKept),
		texts:  probes.NewRecent[int64, string](probes.StatementsKept),
		told:   map[int64]bool{},
	}
}

func (w *Watcher) lookAtStatements(s *probes.Sample) {
	for id, text := range s.Statements.Texts {
		w.statements.texts.Put(id, text)
	}
	if !s.StatementsRead() {
		return
	}
	w.statements.add(batch{s.Statements.Since, s.At, s.Statements.Deltas}, !w.incident.running())
	if !w.baseline.now().Known() {
		return // as long as nobody knows what calm is, no call is known to be calm
	}
	for _, d := range s.Statements.Deltas {
		w.statements.texts.Get(d.QueryID) // in use
		w.lookForRegression(s.At, d.StatementKey)
	}
}

func (t *statements) add(b batch, calm bool) {
	t.addToWindow(b, 1)
	t.recent = append(t.recent, b)
	for len(t.recent) > 1 && b.to.Sub(t.recent[0].from) > probes.StatementSpan {
		t.addToWindow(t.recent[0], -1)
		t.recent = t.recent[1:]
	}
	if !calm {
		return
	}
	t.waiting = append(t.waiting, b)
	for len(t.waiting) > OnsetSamples && b.to.Sub(t.waiting[0].to) >= statementsHoldBack {
		t.addToCalm(t.waiting[0])
		t.waiting = t.waiting[1:]
	}
}

// addToWindow adds the batch; sign −1 takes it out again.
func (t *statements) addToWindow(b batch, sign int64) {
	for _, d := range b.deltas {
		sum := t.window[d.StatementKey]
		sum.Calls += sign * d.Calls
		sum.Time += time.Duration(sign) * d.ExecTime
		t.window[d.StatementKey] = sum
		if sum == (probes.CallSum{}) {
			delete(t.window, d.StatementKey)
		}
	}
}

func (t *statements) addToCalm(b batch) {
	for _, d := range b.deltas {
		sum, _ := t.calm.Get(d.StatementKey)
		t.calm.Put(d.StatementKey, probes.CallSum{Calls: sum.Calls + d.Calls, Time: sum.Time + d.ExecTime})
		t.copied.stale = true
	}
}

// forgetRecent forgets what is not yet known to be calm, and the figures of the last span: the server's clock was set, and batches
// before and after cannot be put in order.
func (t *statements) forgetRecent() {
	t.recent, t.waiting = nil, nil
	clear(t.window)
}

// drop ends the hold-back: an incident began. The calls that ended before the connections began to rise were calm, the others are forgotten.
func (t *statements) drop(rise time.Time) {
	for _, b := range t.waiting {
		if b.to.Before(rise) {
			t.addToCalm(b)
		}
	}
	t.waiting = nil
}

// calmCalls returns the calm calls of the statements that have a baseline. Nobody changes the map.
func (t *statements) calmCalls(at time.Time) map[probes.StatementKey]probes.CallSum {
	if age := at.Sub(t.copied.at); !t.copied.stale || age >= 0 && age < copyEvery {
		return t.copied.calls
	}
	t.copied = calmCopy{calls: map[probes.StatementKey]probes.CallSum{}, at: at}
	for key, sum := range t.calm.All() {
		if sum.Calls >= probes.BaseMinimumCalls && sum.Time > 0 {
			t.copied.calls[key] = sum
		}
	}
	return t.copied.calls
}

func (w *Watcher) lookForRegression(at time.Time, key probes.StatementKey) {
	t := &w.statements
	now := t.window[key]
	base, _ := t.calm.Get(key)
	if now.Calls < probes.BaseMinimumCalls || base.Calls < probes.BaseMinimumCalls || base.Time <= 0 {
		return
	}
	if now.Mean() < RegressionFactor*base.Mean() {
		if !w.incident.running() {
			delete(t.told, key.QueryID) // the calls of an incident have left the window: the next one is told again
		}
		return
	}
	if t.told[key.QueryID] || now.Time < regressionTime {
		return
	}
	t.told[key.QueryID] = true
	factor := float64(now.Mean()) / float64(base.Mean())
	text, _ := t.texts.Get(key.QueryID)
	title := fmt.Sprintf("%s: mean %s, %s × its baseline %s (%d calls)",
		shortText(text, key.QueryID), length(now.Mean()), figure(factor), length(base.Mean()), now.Calls)
	w.tell(record.Observed, at, title, map[string]string{
		"event": record.EventRegression, "query_id": strconv.FormatInt(key.QueryID, 10),
		"mean_ms": milliseconds(now.Mean()), "calls": strconv.FormatInt(now.Calls, 10),
		"baseline_ms": milliseconds(base.Mean()), "baseline_calls": strconv.FormatInt(base.Calls, 10),
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
