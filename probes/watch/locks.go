package watch

import (
	"fmt"
	"strconv"
	"time"

	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/record"
)

// pileUp is the queue of sessions behind one blocker, if it is long.
type pileUp struct {
	streak  int       // samples in a row that say that it began or, while it runs, that it ended
	first   time.Time // of the streak
	since   time.Duration
	running bool
	began   time.Duration // by the watcher's clock
	peak    int
	blocker string
}

// lookAtLocks tells when many sessions begin to wait behind one, and when they do no more.
func (w *Watcher) lookAtLocks(s *probes.Sample) {
	tree := s.Blocking()
	if s.Waits == nil && tree.Waiting+tree.Contending > 0 {
		return // who waits for whom was not read with this sample
	}
	behind, root := 0, (*probes.Blocked)(nil)
	if len(tree.Roots) > 0 {
		root = tree.Roots[0]
		behind = root.Behind
	}
	p := &w.locks
	turns := behind >= PileUpWaiters
	if p.running {
		p.peak = max(p.peak, behind)
		turns = 2*behind < PileUpWaiters
	}
	if !turns {
		p.streak = 0
		return
	}
	if p.streak++; p.streak == 1 {
		p.first, p.since = s.At, w.clock.elapsed
	}
	if p.streak < PileUpSamples {
		return
	}
	p.streak = 0
	if p.running = !p.running; p.running {
		p.began, p.peak, p.blocker = p.since, behind, blockerName(root)
		w.tellPileUp(root, behind)
	} else {
		w.tellPileUpEnd()
	}
}

// tellPileUp stamps the event with the first of the samples that showed it.
func (w *Watcher) tellPileUp(root *probes.Blocked, behind int) {
	p := w.locks
	data := map[string]string{"event": record.EventLocks, "direction": "reached", "waiting": strconv.Itoa(behind), "pid": strconv.Itoa(int(root.PID))}
	if b := root.Backend; b != nil {
		data["state"], data["application"], data["user"] = b.State, b.Application, b.User
		if b.QueryID != 0 {
			data["query_id"] = strconv.FormatInt(b.QueryID, 10)
		}
	}
	if len(root.Waiters) > 0 && root.Waiters[0].Wait != nil {
		data["relation"], data["mode"] = root.Waiters[0].Wait.Relation, root.Waiters[0].Wait.Mode
	}
	w.tell(record.Observed, p.first, fmt.Sprintf("%s for locks behind %s", probes.Counted(behind, "session waits", "sessions wait"), p.blocker), data)
}

func (w *Watcher) tellPileUpEnd() {
	p := w.locks
	lasted := p.since - p.began
	w.tell(record.Observed, p.first, fmt.Sprintf("the sessions behind %s wait no more: it lasted %s, %d waited at most", p.blocker, span(lasted), p.peak),
		map[string]string{"event": record.EventLocks, "direction": "left", "peak": strconv.Itoa(p.peak), "seconds": exact(lasted.Seconds())})
}

// blockerName says who is in the way.
func blockerName(b *probes.Blocked) string {
	switch {
	case b.Prepared != nil:
		return "the prepared transaction " + b.Prepared.GID
	case b.PID == 0:
		return "a prepared transaction"
	case b.Backend == nil || b.Backend.State == "":
		return fmt.Sprintf("pid %d", b.PID)
	case b.Backend.Application == "":
		return fmt.Sprintf("pid %d (%s)", b.PID, b.Backend.State)
	}
	return fmt.Sprintf("pid %d (%s, %s)", b.PID, b.Backend.Application, b.Backend.State)
}
