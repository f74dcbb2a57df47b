package unblock

import (
	"context"
	"fmt"
	"time"

	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/live"
	"github.com/pgmedic/pgmedic/probes/record"
)

// work takes out whom the way out is about, and counts who still waits. It implements playbooks.Acting.
type work struct {
	playbooks.Acting
	ask     way
	waiters []probes.Backend // that should go on by it, as they were listed
	root    int32            // pid; 0: a prepared transaction
}

// How long those that waited get to go on, and how often they are counted meanwhile. Behind a statement that is quick they all go on within moments.
const (
	goPatience = 5 * time.Second
	goEvery    = 100 * time.Millisecond
)

// few is how many of those that waited may still do so where it helped: one of them may wait for another by then.
func few(waiters int) int { return waiters / 10 }

// Verify implements playbooks.Work: whether the session or the transaction has ended, and whether the tree has shrunk by it.
func (w *work) Verify(ctx context.Context, ask *live.Asker) (playbooks.Verification, error) {
	v, err := w.Acting.Verify(ctx, ask)
	if err != nil {
		return v, err
	}
	began := time.Now()
	now, err := w.settle(ctx, ask, v.Begun)
	if err != nil {
		return v, err
	}
	before := len(w.waiters)
	v.Helped = v.Done && before > 0 && now.left <= few(before)
	v.Facts = append(v.Facts, facts(w.waiters, now)...)
	saw := fmt.Sprintf("%d of the %d that it should free wait no more, seen after %s; %s for locks then", before-now.left, before,
		probes.Span(time.Since(began).Round(time.Millisecond)), probes.Counted(now.all, "session waited", "sessions waited"))
	check := playbooks.Check{Verdict: playbooks.Pass, Name: "waiting", Saw: saw}
	if !v.Helped {
		check.Verdict = playbooks.Caution
		check.Do = "see who is in the way now, and draft anew"
		if next := w.next(ctx, ask, now); next != "" {
			check.Saw += "; next in the way is " + next
		}
	}
	v.Checks = append(v.Checks, check)
	return v, nil
}

// settle waits for a while until hardly any of them waits any more. Where nothing was done it counts once.
func (w *work) settle(ctx context.Context, ask *live.Asker, acted bool) (waiting, error) {
	for began := time.Now(); ; {
		now, err := readWaiting(ctx, ask, w.waiters)
		if err != nil || !acted || now.left <= few(len(w.waiters)) || time.Since(began) >= goPatience {
			return now, err
		}
		select {
		case <-time.After(goEvery):
		case <-ctx.Done():
			return now, ctx.Err()
		}
	}
}

// next is who is in the way of those that are left; empty: not known, or nobody is left. In a storm it is not asked.
func (w *work) next(ctx context.Context, ask *live.Asker, now waiting) string {
	if now.longest == 0 || now.contending >= contended {
		return ""
	}
	name, err := nextRoot(ctx, ask, now.longest)
	if err != nil {
		return ""
	}
	return name
}

// The kinds of the facts about a pile-up.
const (
	factBefore = "locks.waiting.before"
	factAfter  = "locks.waiting.after"
)

// facts are how many waited when it was drafted, and how many of them do now.
func facts(waiters []probes.Backend, now waiting) []record.Fact {
	const method = "sessions of the blocking tree that should go on, each by pid, backend_start and query_start; wait_event_type of pg_stat_activity"
	one := func(kind string, n int) record.Fact {
		return record.Fact{
			Kind: kind, Value: float64(n), Unit: "sessions", N: int64(len(waiters)), From: now.at, To: now.at, Method: method, Status: record.Measured,
		}
	}
	return []record.Fact{one(factBefore, len(waiters)), one(factAfter, now.left)}
}
