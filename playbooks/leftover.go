package playbooks

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/live"
	"github.com/pgmedic/pgmedic/probes/record"
)

// Leftover is a change that runs and that nobody of this pgmedic watches, or what one has left behind.
type Leftover struct {
	Draft   *Draft   // what is being done where it runs, else what cleans up; nil: nothing is to be done
	Running *Running // nil: nothing runs

	// End is the event that closes the intent on record, at a time of the server's clock; nil: there is none, or its end is not known yet.
	End func(at time.Time) record.Event
}

// Running is a change that runs in a session which is not this pgmedic's.
type Running struct {
	PID          int32
	BackendStart time.Time // zero: not known, as it is another role's
	Began        time.Time // server clock; zero: not known
	Ours         bool      // an intent on record began it

	// Look says how far it is, and whether it still runs.
	Look func(ctx context.Context, ask *live.Asker) (p Progress, running bool, err error)
	// Verify reads back what is there when it has ended.
	Verify func(ctx context.Context, ask *live.Asker) (Verification, error)
	// End is the event that closes the intent on record by what was read back; nil: there is none.
	End func(v Verification, at time.Time) record.Event
}

// Finder is a playbook that finds what changes of its kind have left behind, and those that run. events is what is on record of earlier changes.
type Finder interface {
	Leftovers(ctx context.Context, ask *live.Asker, events []record.Event) ([]Finding, error)
}

// Attach follows a change that runs without us, until it ends or ctx does: then its outcome is Unknown. It sends nothing, unless the run is cancelled.
func (e *Engine) Attach(ctx context.Context, l *Leftover) (*Run, error) {
	server, err := e.identify(ctx, nil)
	if err != nil {
		return nil, err
	}
	r := newRun(&Prepared{Draft: l.Draft, engine: e, session: &live.BuildSession{PID: l.Running.PID, BackendStart: l.Running.BackendStart}}, server)
	r.found = true
	if began := l.Running.Began; !began.IsZero() {
		r.began = r.began.Add(began.Sub(server.At))
		r.server.At = began
		r.phases, r.phaseAt = []Phase{{Name: phaseUnwatched}}, r.began
	}
	go r.lookOn(ctx, l.Running)
	return r, nil
}

// phaseUnwatched is the time of a change before this pgmedic looked at it.
const phaseUnwatched = "before it was looked at"

// endSeen is the longest time between the last look that saw a change run and the first that did not, for its end to count as seen.
const endSeen = 5 * time.Second

// lookOn reports once a second until the change has ended, and reads back what became of it.
func (r *Run) lookOn(ctx context.Context, change *Running) {
	defer close(r.ended)
	defer close(r.progress)
	defer probes.OnPanic(func(err error) { r.outcome = Outcome{State: Unknown, Err: newDefect(err), Started: r.server.At} })
	ticker := time.NewTicker(pollEvery)
	defer ticker.Stop()
	for r.stillRuns(ctx, change) {
		if !change.Began.IsZero() {
			r.last.Elapsed = r.elapsed()
		}
		r.send(r.last)
		select {
		case <-ticker.C:
		case <-ctx.Done():
			r.outcome = Outcome{State: Unknown, Err: fmt.Errorf("looking on at pid %d: %w", change.PID, ctx.Err()), Started: r.server.At}
			return
		}
	}
	now := r.engine.now()
	r.endPhase(now)
	verification, err := r.readBackFound(ctx, change)
	r.outcome = Outcome{
		State: r.foundState(verification, err), Err: err, Started: r.server.At, Ended: r.server.At.Add(now.Sub(r.began)), Phases: r.phases, Harm: r.last.Harm,
		Verification: verification,
	}
	if now.Sub(r.ranAt) > endSeen {
		r.outcome.EndUnseen, r.outcome.Phases = true, nil
	}
	if change.Began.IsZero() {
		r.outcome.Started = time.Time{}
	}
	if change.End != nil && r.engine.rec != nil && err == nil {
		r.save(change.End(verification, r.outcome.Ended))
	}
	r.outcome.Next = r.next()
}

// stillRuns looks once. What cannot be read now is read the next time: then it is taken to run still.
func (r *Run) stillRuns(ctx context.Context, change *Running) bool {
	ctx, cancel := context.WithTimeout(ctx, pollTimeout)
	defer cancel()
	now := r.engine.now()
	progress, running, err := change.Look(ctx, r.engine.server.Ask())
	if err != nil {
		return true
	}
	if running {
		r.ranAt = now
		r.see(progress, now)
		r.measureHarm(ctx, now)
	}
	return running
}

// readBackFound reads back what is there, and tries again for a while when the server cannot be asked.
func (r *Run) readBackFound(ctx context.Context, change *Running) (Verification, error) {
	since := r.engine.now()
	for {
		limited, cancel := context.WithTimeout(ctx, verifyTimeout)
		v, err := change.Verify(limited, r.engine.server.Ask())
		cancel()
		if !mayPass(err) || ctx.Err() != nil || r.engine.now().Sub(since) >= r.engine.patience {
			return v, err
		}
		select {
		case <-time.After(pollEvery):
		case <-ctx.Done():
			return v, errors.Join(err, ctx.Err())
		}
	}
}

// foundState is what became of a change whose reply somebody else got.
func (r *Run) foundState(v Verification, err error) OutcomeState {
	switch {
	case err != nil:
		return Unknown
	case v.Done:
		return Applied
	case r.canceled.Load():
		return Canceled
	case v.Begun:
		return Unfinished
	case CountRows(v.Rows, RowUnknown) > 0:
		return Unknown
	}
	return Failed
}
