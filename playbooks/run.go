package playbooks

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/live"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// pollEvery is the time between two looks at a running apply, pollTimeout what one may take: more than the server's own timeouts.
const (
	pollEvery   = time.Second
	pollTimeout = 3 * time.Second
)

// cancelAgain is the time until a session whose statement is under way is looked at again, to cancel it.
const cancelAgain = 10 * time.Millisecond

// verifyTimeout bounds one reading back; it may hold an EXPLAIN ANALYZE of 30 s.
const verifyTimeout = 90 * time.Second

// Run is an apply that was confirmed. It goes on in the background, whatever happens to the screen.
type Run struct {
	engine   *Engine
	draft    *Draft
	session  *live.BuildSession
	server   identity  // as read just before the intent
	began    time.Time // local clock, with its monotonic reading
	intentID string    // of the intent's event

	progress chan RunProgress
	ended    chan struct{}
	outcome  Outcome     // read after ended is closed
	found    bool        // somebody else sends its statements
	canceled atomic.Bool // the server was asked to cancel it
	wanted   atomic.Bool // a person asked here for that

	// The rest belongs to the goroutine of run.
	last      RunProgress
	harmAt    time.Time // local clock, when the harm was measured
	harmRest  time.Time // local clock, until when it is not measured again
	phases    []Phase
	phaseAt   time.Time
	ranAt     time.Time // local clock, when what somebody else sends was last seen to run
	waitedFor string    // the last session that it waited for
	evidence  []string  // ids of the plans before and after
	unsaved   []error   // what could not be recorded after the intent
	misread   error     // the last panic while it was followed
}

func newRun(p *Prepared, server identity) *Run {
	began := p.engine.now()
	return &Run{
		engine: p.engine, draft: p.Draft, session: p.session, server: server, began: began,
		progress: make(chan RunProgress, 1), ended: make(chan struct{}),
		phases: []Phase{{Name: phaseUnseen}}, phaseAt: began,
	}
}

// Progress returns how the apply goes, about once a second; it is closed when the outcome is there. A slow reader gets the newest report only.
func (r *Run) Progress() <-chan RunProgress { return r.progress }

// Outcome is how a run ended, read back from the server. It waits until Progress is closed.
func (r *Run) Outcome() Outcome {
	<-r.ended
	return r.outcome
}

// run applies the draft and reads back what became of it. Its context is the background's: nothing on this side may cancel a build by accident.
func (r *Run) run() {
	defer close(r.ended)
	defer close(r.progress)
	defer r.session.Close()
	defer probes.OnPanic(r.endUnknown)
	r.keepPlan(r.draft.Before)
	r.keepFacts(r.draft.Facts)
	replied := make(chan reply, 1)
	go func() {
		defer probes.OnPanic(func(err error) { replied <- reply{newDefect(err), r.engine.now()} })
		err := r.draft.Work.Apply(context.Background(), r.session)
		replied <- reply{err, r.engine.now()}
	}()
	answer := r.watch(replied)
	if lost(answer.err) {
		r.session.Close() // it is of no use any more; the server finishes what it runs all the same
		r.awaitEnd()
		answer.at = r.engine.now()
	}
	r.endPhase(answer.at)
	r.last = RunProgress{Progress: Progress{Phase: phaseReadBack}, Elapsed: r.elapsed(), Harm: r.last.Harm}
	r.send(r.last)
	verification, verifyErr := r.verify()
	r.outcome = Outcome{
		State: state(answer.err, verification, verifyErr), Err: errors.Join(r.byWhom(answer.err), verifyErr, r.misread),
		Started: r.server.At, Ended: r.server.At.Add(answer.at.Sub(r.began)), Phases: r.phases, Harm: r.last.Harm, Verification: verification,
	}
	r.keepPlan(verification.After)
	r.keepFacts(verification.Facts)
	r.recordOutcome()
	r.outcome.Next = r.next()
}

// endUnknown ends a run that pgmedic itself failed to read back.
func (r *Run) endUnknown(panicked error) {
	if r.outcome.State != "" { // it was read back, and could not be put on record
		r.unsaved = append(r.unsaved, newDefect(panicked))
		r.outcome.Next = r.next()
		return
	}
	r.outcome = Outcome{
		State: Unknown, Err: newDefect(panicked), Started: r.server.At, Ended: r.server.At.Add(r.elapsed()), Phases: r.phases, Harm: r.last.Harm,
	}
	r.recordOutcome()
	r.outcome.Next = r.next()
}

// defect is a panic of pgmedic's own.
type defect struct{ said, stack string }

func newDefect(panicked error) *defect {
	said, stack, _ := strings.Cut(panicked.Error(), "\n")
	return &defect{sqltext.CleanLine(said), sqltext.Clean(stack)}
}

func (d *defect) Error() string {
	return "pgmedic itself failed (" + d.said + "); please report it with the stack, which is on record"
}

// reply is the server's answer to the apply.
type reply struct {
	err error
	at  time.Time // local clock
}

// watch reports once a second until the reply is there.
func (r *Run) watch(replied <-chan reply) reply {
	ticker := time.NewTicker(pollEvery)
	defer ticker.Stop()
	for {
		r.poll()
		select {
		case answer := <-replied:
			return answer
		case <-ticker.C:
		}
	}
}

// NotSent is the error of a statement that was not sent, because of what was read just before. It is no lost reply, however the reading ended.
type NotSent struct {
	What string // was not sent, in a person's words
	Err  error
}

func (e *NotSent) Error() string { return e.What + ": " + e.Err.Error() }
func (e *NotSent) Unwrap() error { return e.Err }

// lost says whether an error leaves open what the server did: the connection broke, or its backend was terminated.
func lost(err error) bool {
	state := sqlState(err)
	var unsent *NotSent
	return err != nil && !errors.As(err, &unsent) && !wasCanceled(err) && (state == "" || strings.HasPrefix(state, "08") || strings.HasPrefix(state, "57P"))
}

// wasCanceled says whether a cancel ended the apply, in a statement or between two.
func wasCanceled(err error) bool {
	return sqlState(err) == queryCanceled || errors.Is(err, live.ErrStopped)
}

// errElsewhere is why nothing can be read back where another server answers, as after a failover.
var errElsewhere = errors.New("another server answers")

// mayPass says whether reading back can work a moment later: the connection is lost, the server is full or slow. A session with another server
// stays there.
func mayPass(err error) bool {
	state := sqlState(err)
	return !errors.Is(err, errElsewhere) && (lost(err) || state == tooManyConnections || state == queryCanceled)
}

// awaitEnd waits after a lost reply until the server no longer runs the session, or cannot be asked: an apply goes on without its client. Another
// server does not run it either; what that means is verify's to say.
func (r *Run) awaitEnd() {
	ticker := time.NewTicker(pollEvery)
	defer ticker.Stop()
	silent := r.engine.now()
	for r.engine.now().Sub(silent) < r.engine.patience {
		ctx, cancel := context.WithTimeout(context.Background(), recheckTimeout)
		server, err := r.engine.identify(ctx, r.session)
		cancel()
		if err == nil && !server.SessionThere {
			return
		}
		if err == nil {
			silent = r.engine.now()
			r.poll()
		}
		<-ticker.C
	}
}

// verify reads back what is there now, and tries again for a while when the server cannot be asked.
func (r *Run) verify() (Verification, error) {
	ticker := time.NewTicker(pollEvery)
	defer ticker.Stop()
	since := r.engine.now()
	for {
		ctx, cancel := context.WithTimeout(context.Background(), verifyTimeout)
		verification, err := r.readBack(ctx)
		cancel()
		if !mayPass(err) || r.engine.now().Sub(since) >= r.engine.patience {
			return verification, err
		}
		<-ticker.C
	}
}

// readBack reads what is there now, and whether it was read on the server that the apply was sent to: asked afterwards, so that a session which
// was lost and opened elsewhere meanwhile does not pass.
func (r *Run) readBack(ctx context.Context) (Verification, error) {
	verification, err := r.draft.Work.Verify(ctx, r.engine.server.Ask())
	server, identifyErr := r.engine.identify(ctx, nil)
	switch {
	case identifyErr != nil:
		return Verification{}, errors.Join(err, identifyErr)
	case !r.server.same(server):
		saw := fmt.Sprintf("sent to %s; now %s answers", r.server, server)
		return Verification{Checks: []Check{{Verdict: Refuse, Name: "server", Saw: saw}}}, errElsewhere
	}
	return verification, err
}

// Cancel asks the server to cancel the apply; the outcome says what is left behind. The wish is durable before it is sent, as every action.
func (r *Run) Cancel(ctx context.Context) error {
	select {
	case <-r.ended:
		return errors.New("nothing was sent: it has ended already")
	default:
	}
	if r.engine.rec == nil {
		return errors.New("nothing was sent: there is no incident file, and an intent must be on record first")
	}
	if _, err := r.engine.rec.AddEvent(r.cancelIntent()); err != nil {
		return fmt.Errorf("nothing was sent, because the intent could not be saved (%w): "+
			"see to the incident file's disk, or run SELECT pg_cancel_backend(%d)", err, r.session.PID)
	}
	r.wanted.Store(true)
	for {
		busy := r.session.Stop() // from here on no further statement is sent, so that the cancel cannot fall between two
		sent, err := r.engine.server.Act().Cancel(ctx, r.session.PID, r.session.BackendStart)
		switch {
		case errors.Is(err, live.ErrRests) && r.found:
			return fmt.Errorf("nothing was sent: pid %d rests between two statements; cancel again when it runs one", r.session.PID)
		case errors.Is(err, live.ErrRests) && !busy:
			return nil
		case errors.Is(err, live.ErrRests): // its statement is under way to the server, or the reply to us
			time.Sleep(cancelAgain)
			continue
		case err != nil:
			return fmt.Errorf("cancelling what pid %d runs: %w", r.session.PID, err)
		case !sent:
			return fmt.Errorf("nothing was sent: the session of pid %d has ended already", r.session.PID)
		}
		r.canceled.Store(true)
		return nil
	}
}

// byWhom adds to the error of what was cancelled whether it was from here.
func (r *Run) byWhom(err error) error {
	switch {
	case !wasCanceled(err):
		return err
	case r.wanted.Load():
		return fmt.Errorf("cancelled from here: %w", err)
	}
	return fmt.Errorf("cancelled by somebody else, not by this pgmedic: %w", err)
}

func (r *Run) elapsed() time.Duration { return r.engine.now().Sub(r.began) }
