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

	sender   *Sender // of work that acts; nil: it builds, or somebody else sends it
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
	r := &Run{
		engine: p.engine, draft: p.Draft, session: p.session, server: server, began: began,
		progress: make(chan RunProgress, 1), ended: make(chan struct{}),
		phases: []Phase{{Name: phaseUnseen}}, phaseAt: began,
	}
	if _, acting := p.Draft.Work.(Acting); acting {
		r.sender, r.phases = newSender(r, p.act), nil
	}
	return r
}

// Progress returns how the apply goes, about once a second; it is closed when the outcome is there. A slow reader gets the newest report only.
func (r *Run) Progress() <-chan RunProgress { return r.progress }

// Outcome is how a run ended, read back from the server. It waits until Progress is closed.
func (r *Run) Outcome() Outcome {
	<-r.ended
	return r.outcome
}

// run applies the draft and reads back what became of it.
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
		err := r.apply()
		replied <- reply{err, r.engine.now()}
	}()
	answer := r.watch(replied)
	if lost(answer.err) && r.sender == nil {
		r.session.Close() // it is of no use any more; the server finishes what it runs all the same
		r.awaitEnd()
		answer.at = r.engine.now()
	}
	r.endPhase(answer.at)
	r.last = RunProgress{Progress: Progress{Phase: phaseReadBack}, Elapsed: r.elapsed(), Harm: r.last.Harm}
	r.send(r.last)
	verification, verifyErr := r.verify()
	r.outcome = Outcome{
		State: state(r.canceledBy(answer.err), verification, verifyErr), Err: errors.Join(r.byWhom(answer.err), verifyErr, r.misread),
		Started: r.server.At, Ended: r.server.At.Add(answer.at.Sub(r.began)), Phases: r.phases, Harm: r.last.Harm, Verification: verification,
	}
	r.keepPlan(verification.After)
	r.keepFacts(verification.Facts)
	r.recordOutcome()
	r.outcome.Next = r.next()
}

// apply sends the work. A build's context is the background's: nothing on this side may cancel it by accident.
func (r *Run) apply() error {
	if r.sender != nil {
		return r.draft.Work.(Acting).Act(r.sender.ctx, r.sender)
	}
	return r.draft.Work.(Building).Apply(context.Background(), r.session)
}

// endUnknown ends a run that pgmedic itself failed to read back.
func (r *Run) endUnknown(panicked error) {
	if r.sender != nil {
		r.sender.end() // nothing more is sent by a run that nobody follows
	}
	if r.outcome.State != "" { // it was read back, and could not be put on record
		r.unsaved = append(r.unsaved, newDefect(panicked))
		r.outcome.Next = r.next()
		return
	}
	r.outcome = Outcome{
		State: Unknown, Err: newDefect(panicked), Started: r.server.At, Ended: r.server.At.Add(r.elapsed()), Phases: r.phases, Harm: r.last.Harm,
		Verification: Verification{Rows: lostSight(r.draft.Rows)},
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
	return err != nil && !errors.As(err, &unsent) && !wasCanceled(err) && (state == "" || strings.HasPrefix(state, "08") ||
		strings.HasPrefix(state, "57P"))
}

// wasCanceled says whether a cancel ended the apply, in a statement or between two.
func wasCanceled(err error) bool {
	return sqlState(err) == queryCanceled || errors.Is(err, live.ErrStopped)
}

// canceledBy says whether a cancel ended the run. Of work that acts only a person's here does: a cancel of one of its short statements is a failure
// of that.
func (r *Run) canceledBy(err error) bool {
	if r.sender != nil {
		return errors.Is(err, live.ErrStopped)
	}
	return wasCanceled(err)
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
// was lost and opened elsewhere meanwhile does not pass. What was read there does not count; which rows nothing was sent to is known all the same.
func (r *Run) readBack(ctx context.Context) (Verification, error) {
	verification, err := r.draft.Work.Verify(ctx, r.engine.server.Ask())
	server, identifyErr := r.engine.identify(ctx, nil)
	switch {
	case identifyErr != nil:
		return Verification{Rows: unread(verification.Rows)}, errors.Join(err, identifyErr)
	case !r.server.same(server):
		saw := fmt.Sprintf("sent to %s; now %s answers", r.server, server)
		return Verification{Rows: unread(verification.Rows), Checks: []Check{{Verdict: Refuse, Name: "server", Saw: saw}}}, errElsewhere
	}
	return verification, err
}

// Cancel asks the server to cancel the apply; the outcome says what is left behind. The wish is durable before it is sent, as every action. Work
// that acts is stopped in any case: it sends nothing more.
func (r *Run) Cancel(ctx context.Context) error {
	select {
	case <-r.ended:
		return errors.New("nothing was sent: it has ended already")
	default:
	}
	if r.sender != nil {
		return r.sender.stop()
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
		sent, err := r.cancelByAct(ctx)
		if err != nil && !errors.Is(err, live.ErrRests) && !r.found {
			sent, err = r.cancelByRequest(busy, err)
		}
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

// actPatience is how long the act session may take to cancel a build before the protocol's own request is used.
const actPatience = 3 * time.Second

func (r *Run) cancelByAct(ctx context.Context) (sent bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, actPatience)
	defer cancel()
	return r.engine.server.Act().Cancel(ctx, r.session.PID, r.session.BackendStart)
}

// cancelByRequest cancels what this pgmedic's own build session runs where the act session cannot, as on a server so full that it is gone: the
// request needs no session. why is what the act session said.
func (r *Run) cancelByRequest(busy bool, why error) (sent bool, err error) {
	if !busy {
		return false, live.ErrRests
	}
	ctx, cancel := context.WithTimeout(context.Background(), actPatience)
	defer cancel()
	if err := r.session.RequestCancel(ctx); err != nil {
		return false, errors.Join(why, err)
	}
	return true, nil
}

// byWhom adds to the error of what was cancelled whether it was from here.
func (r *Run) byWhom(err error) error {
	switch {
	case !r.canceledBy(err):
		return err
	case r.wanted.Load():
		return fmt.Errorf("cancelled from here: %w", err)
	}
	return fmt.Errorf("cancelled by somebody else, not by this pgmedic: %w", err)
}

func (r *Run) elapsed() time.Duration { return r.engine.now().Sub(r.began) }
