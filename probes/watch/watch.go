// Package watch turns samples into an assessment and into events: baseline, onset, recovery, regression, thresholds. The definitions are the
// constants below. It keeps no SQL and does no I/O but through the recorder that it is given.
package watch

import (
	"time"

	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/record"
)

// Baseline: the median number of client connections over the last 60 minutes outside incidents, from at least probes.BaselineMinimum samples.
const (
	BaselineSpan = time.Hour
	// holdBack keeps the newest samples, onsetSamples at least, out of every baseline until it is known that they do not belong to the
	// beginning of an incident.
	holdBack = 10 * time.Second
	// statementsHoldBack is the same for the statements' calls. The connections may rise slowly, below the onset's level, by calls that are slow
	// already: at the onset, what ended since holdBack before the rise is left out, so much of it as is held back.
	statementsHoldBack = probes.StatementSpan
)

// Onset: the first sample of a run at OnsetFactor × baseline and at least OnsetExtra above it, or at AlarmPercent of the ceiling, in
// OnsetOf of OnsetSamples samples. Before there is a baseline only the ceiling counts.
const (
	OnsetFactor  = 2
	OnsetExtra   = 10
	OnsetOf      = 4
	OnsetSamples = 5
)

// Recovered: the first sample of a RecoverySpan in which the first, the last and RecoveryOf of RecoverySamples samples are low, that is, at no
// more than RecoveryFactor × baseline + RecoveryExtra, and none is high enough for an onset: one of those begins the span anew, a blip below
// that does not. Without a baseline every sample below AlarmPercent of the ceiling is low.
// A sample below RecoveryFloor × baseline is not low: an application that is gone has not recovered.
const (
	RecoveryFloor   = 0.25
	RecoveryFactor  = 1.5
	RecoveryExtra   = 5
	RecoverySpan    = 30 * time.Second
	RecoveryOf      = 4
	RecoverySamples = 5
)

// Regression: a statement's mean over probes.StatementSpan, or over the newest reading where that is longer, at RegressionFactor × its mean outside
// incidents or more, each from at least probes.BaseMinimumCalls calls; told once in an incident. Statements that took less than regressionTime in the span
// are left out: on a busy server every short statement becomes slower, and none of them is the reason.
const (
	RegressionFactor = 3
	regressionTime   = 3 * time.Second
)

// Thresholds: shares of the ceiling in per cent, the ceiling being the tighter limit (probes.Ceiling.Tighter). One is left when the connections are
// thresholdSlack points below it, so that it is not told with every sample.
const (
	AlarmPercent   = 80 // few slots are left
	FullPercent    = 95 // hardly any slot is left
	thresholdSlack = 5
)

// Thresholds lists them, the lowest first.
func Thresholds() []int { return []int{AlarmPercent, FullPercent} }

// Pile-up: PileUpWaiters sessions or more wait behind one, directly or through others, in PileUpSamples samples in a row that tell; it ends with as many
// in which fewer than half of PileUpWaiters do.
const (
	PileUpWaiters = 5
	PileUpSamples = 2
)

// Gap: no connections counted for more than GapIntervals times the time between the two samples before, and longer than GapMinimum. Nothing is
// known about a gap: no run of samples goes on across it.
const (
	GapIntervals = 3
	GapMinimum   = 3 * time.Second
)

// Watcher looks at one sample after the other. It belongs to one goroutine.
type Watcher struct {
	server       probes.Server // of the sample before
	known        bool          // there was a sample before
	checkpointer time.Time     // when that process of the server started; zero: not known
	clock        clock
	baseline     baseline
	incident     incident
	threshold    int            // how many of the thresholds are crossed
	ceiling      probes.Ceiling // the last one known
	level        time.Time      // when the connections were last no more than the median so far, outside an incident
	statements   statements
	settings     map[string]probes.Setting // as read last, by name
	locks        pileUp
	builds       map[int32]*build // by pid
	sampled      string           // Statements.Sampled as told last
	resets       resets
	events       []record.Event // of the step under way
}

// NewWatcher starts without a baseline.
func NewWatcher() *Watcher { return &Watcher{statements: newStatements()} }

// Step looks at the next sample, and returns how it compares and what happened.
func (w *Watcher) Step(s *probes.Sample) (probes.Assessment, []record.Event) {
	w.events = nil
	other := w.lookAtServer(s)
	if len(s.Backends) > 0 { // at least our own session is there, unless the probe failed: that is no zero
		w.lookAtConnections(s, other)
		w.lookAtLocks(s)
	}
	w.lookAtStatements(s)
	w.lookAtResets(s)
	w.lookAtSettings(s)
	w.lookAtBuilds(s)
	w.lookAtDatabases(s)
	w.lookAtSampling(s)
	return w.assessment(s.At), w.events
}

func (w *Watcher) assessment(at time.Time) probes.Assessment {
	a := probes.Assessment{
		Baseline:  w.baseline.now(),
		Onset:     w.incident.onset,
		Recovered: w.incident.recovered,
		Peak:      w.incident.peak,
	}
	if a.Baseline.Known() { // as long as nobody knows what calm is, no call is known to be calm
		a.Calm = w.statements.calmCalls(at)
	}
	return a
}

// tell adds an event of this step, stamped with the server's clock.
func (w *Watcher) tell(kind record.Kind, at time.Time, title string, data map[string]string) {
	w.events = append(w.events, record.Event{
		Kind: kind, At: at.UTC(), Basis: record.ServerClock, Source: source, Server: record.Identity(w.server), Title: title, Data: data,
	})
}

// source is what events of this package name as theirs.
const source = "watch"
