package playbooks

import (
	"context"
	"time"

	"github.com/pgmedic/pgmedic/probes"
)

// RunProgress is one report of a run.
type RunProgress struct {
	Progress
	Elapsed time.Duration
	Harm    float64 // backend-seconds that sessions blocked behind this one have waited
}

// poll looks once at the running apply and reports. What cannot be read in time is left out of this report: the figures before it stay.
func (r *Run) poll() {
	r.look(r.engine.now())
	r.last.Elapsed = r.elapsed()
	r.send(r.last)
}

// look reads how it goes. A panic costs this reading alone and is told with the outcome: the apply goes on, and its session is in use.
func (r *Run) look(now time.Time) {
	defer probes.OnPanic(func(err error) { r.misread = newDefect(err) })
	if r.sender != nil {
		r.see(r.sender.reported(), now)
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), pollTimeout)
	defer cancel()
	if progress, err := r.draft.Work.(Building).Watch(ctx, r.engine.server.Ask(), r.session.PID); err == nil {
		r.see(progress, now)
	}
	r.measureHarm(ctx, now)
}

// see takes what was read.
func (r *Run) see(progress Progress, now time.Time) {
	r.last.Progress = progress
	r.enterPhase(progress.Phase, now)
	if progress.Waiting != "" {
		r.waitedFor = progress.Waiting
	}
}

// send passes a report on; one that was not read yet gives way.
func (r *Run) send(p RunProgress) {
	select {
	case <-r.progress:
	default:
	}
	r.progress <- p // there is room: nobody else sends
}

// phaseReadBack is shown while it is read back what is there, which takes seconds. It is none of the apply.
const phaseReadBack = "reading back what is there"

// phaseUnseen is the time until the server reported a first phase.
const phaseUnseen = "before a phase was seen"

// enterPhase notes the phase seen now; an empty one says nothing.
func (r *Run) enterPhase(name string, now time.Time) {
	if name == "" || len(r.phases) > 0 && r.phases[len(r.phases)-1].Name == name {
		return
	}
	r.endPhase(now)
	r.phases = append(r.phases, Phase{Name: name})
	r.phaseAt = now
}

// endPhase closes the phase that runs.
func (r *Run) endPhase(now time.Time) {
	if n := len(r.phases); n > 0 {
		r.phases[n-1].Took = now.Sub(r.phaseAt)
	}
}
