package sampler

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/pgerr"
)

// probe is one part of a sample that a sample can do without. It has a pace and a budget of its own, and is spaced out while it overruns the budget.
type probe struct {
	name    string
	every   time.Duration                                          // its normal pace; 0: with each sample
	budget  time.Duration                                          // what one run at that pace may cost the server
	trips   int                                                    // the round trips of a run, which the network may make long; 0 is one
	locks   bool                                                   // it reads catalogues, under their locks: not while the lock table itself is waited for
	read    func(ctx context.Context, sample *probes.Sample) error // errIdle where there was nothing to ask
	between func(sample *probes.Sample)                            // what a sample says that has no reading; nil: nothing

	due     time.Time       // server time of the next run
	runs    []time.Duration // what the last judgedRuns runs cost the server
	stretch int             // how many times its normal pace it waits; 0 and 1: it keeps its pace
	fault   string          // why its last run failed; empty where it did not
	cuts    int             // how many runs in a row were cut off
}

// errIdle is what a probe returns that did not ask the server for anything.
var errIdle = errors.New("nothing to read")

const (
	// nominal is the time between samples for which the budgets are made.
	nominal = time.Second
	// judgedRuns is how many runs a probe is judged by, and by the cheapest of them: one slow answer is no overrun.
	judgedRuns = 3
	// slowest is the longest that a probe is spaced out to.
	slowest = time.Minute
	// early is how much before its time a probe may run, so that the jitter of the samples does not make it miss one.
	early = 50 * time.Millisecond
	// probeDeadline ends one run, besides what the network takes.
	probeDeadline = 750 * time.Millisecond
	// probeRest is how long a probe that failed is left alone; one that is cut off again and again rests ever longer, up to longestRest.
	probeRest   = 5 * time.Second
	longestRest = 80 * time.Second
)

// pulse is how long a sample's first and least query took, and the quickest one of the connection.
type pulse struct{ took, least time.Duration }

// cost is the work that a run was to the server: what it took, less its round trips, which the network may make long, and less for a machine on which even
// the pulse waits for its turn. There a run takes longer than it works, and to back off would make the screen blind in an incident for no gain.
func (p pulse) cost(took time.Duration, trips int) time.Duration {
	const jitter = time.Millisecond
	busy := float64(p.took+jitter) / float64(p.least+jitter)
	return time.Duration(float64(max(took-time.Duration(trips)*p.took, 0)) / max(busy, 1))
}

// run lets the probe read, and says whether it was cut off: by its deadline, a timeout or a lock.
func (p *probe) run(ctx context.Context, sample *probes.Sample, beat pulse) (cut bool, err error) {
	trips := max(p.trips, 1)
	limited, cancel := context.WithTimeout(ctx, probeDeadline+time.Duration(2*trips)*beat.took) // the first run prepares its statements, a trip each
	defer cancel()
	started := time.Now()
	err = p.read(limited, sample)
	took := time.Since(started)
	if errors.Is(err, errIdle) {
		p.fault, p.cuts = "", 0
		return false, nil
	}
	if err == nil {
		p.judge(beat.cost(took, trips))
		p.fault, p.cuts = "", 0
		p.due = sample.At.Add(p.pace() - early)
	} else {
		cut = wasCut(err)
		rest := p.rest(cut)
		p.due, p.fault = sample.At.Add(rest), probeFault(p.name, err)
		if cut {
			p.fault += "; tried again in " + rest.String()
		}
		p.sitOut(sample)
	}
	sample.Costs = append(sample.Costs, probes.ProbeCost{Probe: p.name, Took: took, Budget: p.budget, Every: p.pace(), Spaced: p.pace() > p.every})
	return cut, err
}

// sitOut is for a sample in which the probe has no reading.
func (p *probe) sitOut(sample *probes.Sample) {
	if p.fault != "" {
		sample.Failures = append(sample.Failures, probes.Failure{Probe: p.name, Reason: p.fault})
	} else if p.between != nil {
		p.between(sample)
	}
}

// judge notes what a run cost the server, and spaces the probe out by as many times as the cheapest of the last runs overran the budget.
func (p *probe) judge(cost time.Duration) {
	p.runs = append(p.runs, cost)
	if len(p.runs) > judgedRuns {
		p.runs = p.runs[1:]
	}
	if len(p.runs) == judgedRuns {
		p.stretch = int((slices.Min(p.runs) + p.budget - 1) / p.budget)
	}
}

// pace is the time from one run to the next; 0: with each sample.
func (p *probe) pace() time.Duration {
	if p.stretch <= 1 {
		return p.every
	}
	normal := p.every
	if normal == 0 {
		normal = nominal
	}
	return max(min(time.Duration(p.stretch)*normal, slowest), p.every)
}

// rest is how long the probe is left alone after a failure.
func (p *probe) rest(cut bool) time.Duration {
	if !cut {
		p.cuts = 0
		return probeRest
	}
	rest := min(probeRest<<min(p.cuts, 10), longestRest)
	p.cuts++
	return rest
}

// wasCut says whether a run ended because it took too long or something was locked.
func wasCut(err error) bool {
	state := pgerr.State(err)
	return state == "57014" || state == "55P03" || state == "" && errors.Is(err, context.DeadlineExceeded)
}
