package room

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/live"
	"github.com/pgmedic/pgmedic/probes/pgerr"
)

const (
	// lookEvery is the time between two looks.
	lookEvery = 100 * time.Millisecond
	// lookLimit bounds one look, lostPatience how long none may succeed before the hold ends.
	lookLimit    = 2 * time.Second
	lostPatience = 30 * time.Second
	// reaction is what passes until a call that is too many has ended: to the next look, and for the cancel to have its effect on a busy server.
	reaction = 3 * lookEvery
	// remembered looks tell how many calls arrive meanwhile.
	remembered = 50
	// margin times the slots that are to be free is the least where it begins to act.
	margin = 2
	// restLong is how long a session rests until it counts as room: a pool that closes what it does not need has not closed it, and its next request finds it.
	restLong = 500 * time.Millisecond
	// settleFor is how long a cancelled call may take to end before it counts as going on.
	settleFor = 5 * time.Second
)

// hold repeats: look, cancel what is too old and too much, read back. It implements playbooks.Acting.
type hold struct {
	holding *atomic.Bool // of all holds of this pgmedic
	target  target
	bounds  bounds

	cancelling playbooks.Work // of the calls that were seen, for its preflight

	// The rest belongs to Act, and then to Verify.
	began, ended time.Time // local clock
	lookedAt     time.Time // local clock, of the last look that succeeded
	looks        []free    // of each look
	gap          time.Duration
	volleys      []*volley                     // not read back in full
	sent         []time.Time                   // signals of the last minute, those too that the server refused
	refused      map[int32]time.Time           // sessions that the server refused to have signalled: the start of each
	rows         [len(playbooks.RowStates)]int // calls that ended so, in the order of playbooks.RowStates
	trouble      error                         // why it ended early
}

// free is how many slots of the limit were free at one look.
type free struct {
	at      time.Time // server time
	n       int
	arrived int // calls that began since the look before and still run
}

func newHold(holding *atomic.Bool, t target, b bounds, cancelling playbooks.Work) *hold {
	return &hold{holding: holding, target: t, bounds: b, cancelling: cancelling}
}

// Preflight implements playbooks.Work: whether another hold runs, whether the calls are seen, and whether they may be cancelled.
func (h *hold) Preflight(ctx context.Context, ask *live.Asker) ([]playbooks.Check, error) {
	checks, err := h.cancelling.Preflight(ctx, ask)
	if err != nil {
		return nil, err
	}
	checks = slices.DeleteFunc(checks, func(c playbooks.Check) bool { return c.Name != "rights" }) // other calls will run than those that were seen
	v, err := look(ctx, ask.Glance, h.target)
	if err != nil {
		return nil, err
	}
	return append([]playbooks.Check{h.alone(), h.visible(v)}, checks...), nil
}

func (h *hold) alone() playbooks.Check {
	c := playbooks.Check{Verdict: playbooks.Pass, Name: "other holds", Saw: "no other hold of this pgmedic runs"}
	if h.holding.Load() {
		c.Verdict, c.Saw, c.Do = playbooks.Refuse, errHolding.Error(), "stop that one first"
	}
	return c
}

func (h *hold) visible(v view) playbooks.Check {
	free := h.free(v)
	c := playbooks.Check{Verdict: playbooks.Pass, Name: "calls", Saw: fmt.Sprintf("%s run now, and %d of %d slots are free", calls(len(v.calls)), free, h.target.limit.Slots)}
	if len(v.calls) == 0 {
		c.Verdict, c.Do = playbooks.Caution, "it cancels nothing until the statement runs again; where it runs under other query ids or roles, it never does"
	}
	return c
}

func (h *hold) free(v view) int { return max(h.target.limit.Slots-v.taken, 0) }

var (
	errHolding   = errors.New("the line is held already: never two holds at once")
	errElsewhere = errors.New("another pgmedic holds the line on this server: never two holds at once")
)

// Act implements playbooks.Acting.
func (h *hold) Act(ctx context.Context, send *playbooks.Sender) error {
	if !h.holding.CompareAndSwap(false, true) {
		return &playbooks.NotSent{What: "nothing was sent", Err: errHolding}
	}
	defer h.holding.Store(false)
	defer giveBack(send)
	if err := beAlone(ctx, send); err != nil {
		return &playbooks.NotSent{What: "nothing was sent", Err: err}
	}
	now := time.Now()
	*h = hold{holding: h.holding, target: h.target, bounds: h.bounds, cancelling: h.cancelling, began: now, lookedAt: now,
		refused: map[int32]time.Time{}}
	err := h.repeat(ctx, send)
	h.ended = time.Now()
	h.gap = max(h.gap, h.ended.Sub(h.lookedAt))
	err = errors.Join(err, h.readBackLast(send))
	if !errors.Is(err, live.ErrStopped) {
		h.trouble = err
	}
	return err
}

// beAlone takes the lock that keeps others from holding, and then looks whether a pgmedic in another database has it too: of two that begin at once both give way.
// Where the server is too busy to say, as in a lock storm, the lock of this database must do.
func beAlone(ctx context.Context, send *playbooks.Sender) error {
	first, err := flag(ctx, send.Glance, "hold_begin")
	if err != nil {
		return err
	}
	elsewhere, err := flag(ctx, send.Glance, "hold_elsewhere")
	if state := pgerr.State(err); state == "57014" || state == "55P03" {
		err = nil
	}
	if err == nil && (!first || elsewhere) {
		err = errElsewhere
	}
	return err
}

// giveBack lets another hold begin. Where it fails the lock stays until the session ends.
func giveBack(send *playbooks.Sender) {
	ctx, cancel := context.WithTimeout(context.Background(), lookLimit)
	defer cancel()
	_, _ = flag(ctx, send.Glance, "hold_end")
}

// repeat looks and acts until the time is over, ctx ends, or it cannot go on.
func (h *hold) repeat(ctx context.Context, send *playbooks.Sender) error {
	ticker := time.NewTicker(lookEvery)
	defer ticker.Stop()
	for !h.isOver(time.Now()) {
		if err := h.step(ctx, send); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return live.ErrStopped
		case <-ticker.C:
		}
	}
	return nil
}

// isOver says whether the time is over: by the monotonic clock, and by the wall's too, which goes on while the machine sleeps.
func (h *hold) isOver(now time.Time) bool {
	return max(now.Sub(h.began), now.Round(0).Sub(h.began.Round(0))) >= h.bounds.length
}

// step looks once, notes what became of what was sent, and cancels what is too old and too much.
func (h *hold) step(ctx context.Context, send *playbooks.Sender) error {
	asking, cancel := context.WithTimeout(ctx, lookLimit)
	defer cancel()
	v, err := look(asking, send.Glance, h.target)
	now := time.Now()
	switch {
	case ctx.Err() != nil:
		return live.ErrStopped
	case errors.Is(err, live.ErrNotSent) && asking.Err() == nil: // and never will be: another act session may be on another server
		return err
	case err != nil && now.Sub(h.lookedAt) > lostPatience:
		return fmt.Errorf("the server has not answered for %s: %w", probes.Span(now.Sub(h.lookedAt)), err)
	case err != nil:
		send.Report(h.progress(now))
		return nil
	}
	h.note(v, now)
	if err := h.readBack(v.now, send, now); err != nil {
		return err
	}
	if h.isOver(time.Now()) {
		return nil
	}
	if err := h.fire(send, h.pick(v, now)); err != nil {
		return err
	}
	send.Report(h.progress(now))
	return nil
}

func (h *hold) note(v view, now time.Time) {
	f := free{at: v.at, n: h.free(v)}
	if len(h.looks) > 0 {
		h.gap = max(h.gap, now.Sub(h.lookedAt))
		f.arrived = v.begunAfter(h.looks[len(h.looks)-1].at)
	}
	h.lookedAt = now
	h.looks = append(h.looks, f)
}

// aim is where the hold begins to act: the slots that are to be free, and as many as the most calls that lately arrived within its reaction.
func (h *hold) aim() int {
	const within = int(reaction / lookEvery)
	lately := h.looks[max(len(h.looks)-remembered, 0):]
	most, sum := 0, 0
	for i, f := range lately {
		sum += f.arrived
		if i >= within {
			sum -= lately[i-within].arrived
		}
		most = max(most, sum)
	}
	return min(max(h.bounds.free+most, margin*h.bounds.free), h.target.limit.Slots/2)
}

// surplus is how many calls are too many: of the slots that are neither to be free nor other roles', calls may take half, because a pool keeps a connection for a while
// after its use, or as many as slots are missing. A session that rests for long has room for its client's next request: cancelling more would not close its connection.
func (h *hold) surplus(v view) int {
	if h.free(v)+v.rest < h.bounds.free {
		return len(v.calls) // those that wait in the pools take the place of each at once: it needs all that are old enough
	}
	aim := h.aim()
	most := max(h.target.limit.Slots-aim-(v.taken-v.own), 0) / 2
	return max(len(v.calls)-most, aim-h.free(v)-v.rest)
}

// pick takes the oldest calls that are older than the bound, as many as are too many and the minute has left.
func (h *hold) pick(v view, now time.Time) []call {
	for len(h.sent) > 0 && now.Sub(h.sent[0]) >= time.Minute {
		h.sent = h.sent[1:]
	}
	n := min(h.surplus(v), h.bounds.perMinute-len(h.sent), mostAtOnce)
	var picked []call
	for _, c := range v.calls {
		if len(picked) < n && c.age > h.bounds.older && !h.isOpen(c) && !h.isRefused(c) {
			picked = append(picked, c)
		}
	}
	return picked
}

// isRefused says whether the server has refused to have the session signalled.
func (h *hold) isRefused(c call) bool {
	start, refused := h.refused[c.PID]
	return refused && start.Equal(c.BackendStart)
}

// isOpen says whether the call was signalled already and goes on.
func (h *hold) isOpen(c call) bool {
	for _, v := range h.volleys {
		for _, s := range v.shots {
			if s.State == "" && s.Session.PID == c.PID {
				return true
			}
		}
	}
	return false
}

// progress says how it goes.
func (h *hold) progress(now time.Time) playbooks.Progress {
	p := playbooks.Progress{Phase: "holding the line", Done: float64(h.rows[0]), Unit: "calls ended after a cancel", LeftAll: max(h.bounds.length-now.Sub(h.began), 0)}
	if len(h.looks) > 0 {
		p.Doing = fmt.Sprintf("%d slots free now", h.looks[len(h.looks)-1].n)
		if held := h.held(); len(held) > 0 {
			p.Doing += fmt.Sprintf(", least %d since there was room", slices.MinFunc(held, func(a, b free) int { return a.n - b.n }).n)
		}
	}
	if len(h.sent) >= h.bounds.perMinute {
		p.Waiting = fmt.Sprintf("the minute: its %d cancels are spent", h.bounds.perMinute)
	}
	if waited := now.Sub(h.lookedAt); waited > time.Second {
		p.Waiting = "the server, which has not answered for " + probes.Span(waited)
	}
	return p
}
