package report

import (
	"fmt"
	"sort"
	"strconv"
	"time"

	"github.com/pgmedic/pgmedic/probes/record"
)

// phase is a part of the record that a statement's figures are taken over.
type phase struct {
	Name     string
	From, To time.Time
}

// phases splits the record: before the onset; during the spike, until the remedy if that came first; after recovery and remedy both.
func (in *incident) phases() []phase {
	if in.spike.Onset.IsZero() {
		if len(in.moments) == 0 {
			return nil
		}
		return []phase{{"whole record", in.begin(), in.end()}}
	}
	phases := []phase{{"before the onset", in.begin(), in.lastBefore(in.spike.Onset)}}
	during := phase{"during the spike", in.spike.Onset, in.end()}
	if !in.spike.Recovered.IsZero() {
		during.To = in.spike.Recovered
	}
	after := phase{"after recovery", in.spike.Recovered, in.end()}
	if a, ok := in.remedy(); ok {
		if a.started().After(during.From) && a.started().Before(during.To) {
			during = phase{"during the spike, before the remedy was begun", during.From, a.started()}
		}
		after.Name = "after recovery and remedy"
		if a.ended().After(after.From) {
			after.From = a.ended()
		}
	}
	phases = append(phases, during)
	if !in.spike.Recovered.IsZero() && after.From.Before(after.To) {
		phases = append(phases, after)
	}
	return phases
}

// lastBefore is when the last sample before a time was taken: what a sample counts lies before it, so that the onset's own is no part of the calm.
func (in *incident) lastBefore(at time.Time) time.Time {
	i := sort.Search(len(in.moments), func(i int) bool { return !in.moments[i].At.Before(at) })
	if i == 0 {
		return in.begin()
	}
	return in.moments[i-1].At
}

// topStatement is the one that most connections ran at the peak, else the one with the most time in the spike. False: none is known.
func (in *incident) topStatement() (int64, bool) {
	if len(in.top) == 0 {
		return 0, false
	}
	return in.top[0], true
}

// addStatement counts what the top statement held and did.
func (l *ledger) addStatement(in *incident) {
	id, ok := in.topStatement()
	if !ok {
		return
	}
	subject := queryName(id)
	if held, total := in.peak.Held(id), in.peak.Counts().Total; held > 0 && total > 0 {
		at := in.peak.At
		l.add(record.Fact{Kind: kindHeld, Subject: subject, Value: float64(held), Unit: unitConnections, N: 1, From: at, To: at,
			Method: "active client backends with its query_id in pg_stat_activity", Source: sourceOfSamples})
		l.add(record.Fact{Kind: kindHeldShare, Subject: subject, Value: 100 * float64(held) / float64(total), Unit: unitPercent, N: int64(total), From: at, To: at,
			Method: "of all client connections at the peak", Source: sourceOfSamples})
	}
	for _, p := range in.phases() {
		l.addPhase(in, id, p)
	}
}

// queryName is how facts name a statement: its query id.
func queryName(id int64) string { return strconv.FormatInt(id, 10) }

// work is what a statement did over a phase.
type work struct {
	Calls   int64
	Time    time.Duration
	Covered time.Duration // time that deltas wholly inside the phase cover
	Samples int64         // that carry such deltas
	HeldSum int64
	HeldOf  int64 // samples whose connections were seen
	Reset   bool
	Evicted int64
}

// workOf adds up the deltas that lie wholly within a phase: one that reaches over its edge belongs to neither side.
func (in *incident) workOf(id int64, p phase) work {
	var w work
	for _, m := range in.between(p.From, p.To) {
		w.HeldSum += int64(m.Held[id])
		w.HeldOf++
		if m.Since.IsZero() || m.Since.Before(p.From) {
			continue
		}
		w.Covered += m.At.Sub(m.Since)
		w.Samples++
		w.Reset = w.Reset || m.Reset
		w.Evicted += m.Evicted
		for _, d := range m.Done {
			if d.QueryID == id {
				w.Calls += d.Calls
				w.Time += d.Time
			}
		}
	}
	return w
}

func (l *ledger) addPhase(in *incident, id int64, p phase) {
	w := in.workOf(id, p)
	fact := func(kind string, value float64, unit string, n int64, method string) {
		l.add(record.Fact{Kind: kind, Subject: queryName(id), Value: value, Unit: unit, N: n, From: p.From, To: p.To,
			Method: method, Conditions: p.Name + w.doubts(), Source: sourceOfSamples})
	}
	if w.HeldOf > 0 {
		fact(kindHeldMean, float64(w.HeldSum)/float64(w.HeldOf), unitConnections, w.HeldOf, "mean over the samples of the active client backends with its query_id")
	}
	if w.Covered <= 0 {
		return
	}
	fact(kindCalls, float64(w.Calls), unitCalls, w.Samples, methodStatements+"; calls that ended")
	fact(kindRate, float64(w.Calls)/w.Covered.Seconds(), unitPerSecond, w.Calls, methodStatements+"; calls that ended ÷ time")
	load := w.Time.Seconds() / w.Covered.Seconds()
	fact(kindLoad, load, unitConnections, w.Calls, methodStatements+"; Δ total_exec_time ÷ Δ time")
	if w.Calls > 0 {
		fact(kindMean, float64(w.Time)/float64(w.Calls)/float64(time.Millisecond), unitMillis, w.Calls, methodStatements+"; Δ total_exec_time ÷ Δ calls")
	}
	if w.HeldSum > 0 && load > 0 && p.From.Equal(in.spike.Onset) { // in the calm a sample a second is too few to see short calls
		fact(kindLittle, load*float64(w.HeldOf)/float64(w.HeldSum), unitRatio, w.Calls, "calls/s × mean ÷ mean connections seen to run it (Little's law: 1)")
	}
}

// What makes statement figures incomplete, in a fact's conditions.
const (
	doubtReset   = "; the statistics were reset within the window"
	doubtEvicted = "; pg_stat_statements threw entries out"
)

// doubts says what makes a window's statement figures incomplete.
func (w work) doubts() string {
	text := ""
	if w.Reset {
		text += doubtReset
	}
	if w.Evicted > 0 {
		text += fmt.Sprintf(doubtEvicted+" %d times within the window", w.Evicted)
	}
	return text
}
