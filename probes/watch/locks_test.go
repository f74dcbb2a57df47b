package watch

import (
	"testing"

	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/record"
)

// queue puts n waiters behind session 1 into the samples; asked says whether the locks were read with them.
func (s *story) queue(n int, asked bool) *story {
	s.onSample = func(p *probes.Sample) {
		p.Backends[0].PID, p.Backends[0].State, p.Backends[0].Application = 1, "idle in transaction", "billing"
		for i := range n {
			pid := int32(100 + i)
			p.Backends = append(p.Backends, probes.Backend{PID: pid, Type: "client backend", State: "active", WaitType: "Lock", WaitEvent: "transactionid"})
			if asked {
				p.Waits = append(p.Waits, probes.LockWait{PID: pid, BlockedBy: []int32{1}, Kind: "transactionid", Mode: "ShareLock", Relation: "public.jobs"})
			}
		}
	}
	return s
}

func TestLockPileUp(t *testing.T) {
	s := newStory(100)
	s.queue(4, true).hold(10, 5)  // too few
	s.queue(7, true).hold(10, 1)  // 5 s: begins, if it stays
	s.queue(7, false).hold(10, 2) // not read: no answer
	s.queue(8, true).hold(10, 3)
	s.queue(20, true).hold(10, 1)
	s.queue(3, true).hold(10, 5) // fewer, but a queue still
	s.queue(0, true).hold(10, 1) // 17 s: ends, if it stays
	s.queue(5, true).hold(10, 1)
	s.queue(0, true).hold(10, 4) // 19 s
	wantTitles(t, s.titles(record.EventLocks),
		"8 sessions wait for locks behind pid 1 (billing, idle in transaction)",
		"the sessions behind pid 1 (billing, idle in transaction) wait no more: it lasted 14 s, 20 waited at most")
	if got := s.told("event"); got != "locks 5s, locks 19s" {
		t.Errorf("told %q", got)
	}
	e := s.event(t, "event", record.EventLocks)
	if e.Data["direction"] != "reached" || e.Data["pid"] != "1" || e.Data["relation"] != "public.jobs" || e.Data["waiting"] != "8" {
		t.Errorf("event %+v", e)
	}
}

// In the middle of a storm the waiters check for deadlocks: they are seen waiting for the lock table, and the locks are not read.
func TestAPileUpGoesOnWhileItsWaitersCheckForDeadlocks(t *testing.T) {
	s := newStory(100)
	s.queue(20, true).hold(10, 3)
	s.queue(0, false)
	put := s.onSample
	s.onSample = func(p *probes.Sample) {
		put(p)
		for i := range 20 {
			p.Backends = append(p.Backends, probes.Backend{PID: int32(100 + i), Type: "client backend", State: "active", WaitType: "LWLock", WaitEvent: "LockManager"})
		}
	}
	s.hold(10, 10)
	s.queue(3, false).hold(10, 5) // some, of whom nobody knows for whom they wait
	wantTitles(t, s.titles(record.EventLocks), "20 sessions wait for locks behind pid 1 (billing, idle in transaction)")
	s.queue(0, false).hold(10, 2) // 18 s: nobody waits
	if got := s.told("event"); got != "locks 0s, locks 18s" {
		t.Errorf("told %q", got)
	}
}

func TestAShortQueueIsNoPileUp(t *testing.T) {
	s := newStory(100)
	for range 20 {
		s.queue(30, true).see(10)
		s.queue(1, true).see(10)
	}
	wantTitles(t, s.titles(record.EventLocks))
}
