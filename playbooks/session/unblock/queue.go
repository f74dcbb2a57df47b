package unblock

import (
	"maps"
	"slices"
	"time"

	"github.com/pgmedic/pgmedic/probes"
)

// party is somebody in the way: a session by its pid, or with pid 0 a prepared transaction by its transaction id.
type party struct {
	pid int32
	xid uint32
}

func partyOf(b *probes.Blocked) party {
	if b.Prepared != nil {
		return party{xid: b.Prepared.XID}
	}
	return party{pid: b.PID}
}

// queue is who waits for whom in one sample, as probes.Blocking has it, for the question who goes on where somebody is taken out.
type queue struct {
	waits    map[int32]*probes.LockWait // by who waits
	blockers map[int32][]party
	waiters  map[party][]int32
	sessions map[int32]*probes.Backend
}

func queueOf(s *probes.Sample) queue {
	q := queue{waits: map[int32]*probes.LockWait{}, blockers: map[int32][]party{}, waiters: map[party][]int32{}, sessions: map[int32]*probes.Backend{}}
	for i := range s.Backends {
		q.sessions[s.Backends[i].PID] = &s.Backends[i]
	}
	for i := range s.Waits {
		w := &s.Waits[i]
		q.waits[w.PID] = w
		prepared := w.Prepared
		for _, pid := range w.BlockedBy {
			by := party{pid: pid}
			if pid == 0 && len(prepared) > 0 {
				by.xid, prepared = prepared[0], prepared[1:]
			}
			if by.pid != w.PID && !slices.Contains(q.blockers[w.PID], by) {
				q.blockers[w.PID] = append(q.blockers[w.PID], by)
				q.waiters[by] = append(q.waiters[by], w.PID)
			}
		}
	}
	return q
}

// behind are those that wait for somebody, directly or through others, in the order of the sample.
func (q queue) behind(of party) []int32 {
	seen, next := map[int32]bool{}, []party{of}
	for ; len(next) > 0; next = next[1:] {
		for _, waiter := range q.waiters[next[0]] {
			if !seen[waiter] && waiter != of.pid {
				seen[waiter] = true
				next = append(next, party{pid: waiter})
			}
		}
	}
	return slices.Sorted(maps.Keys(seen))
}

// freed are those that go on, one after the other, where somebody is taken out: nobody else is in their way but those that go on themselves. Who
// waits for the place in the queue for a row that one who waits himself holds gets that place, and then waits for the row.
func (q queue) freed(by party) []int32 {
	going := map[int32]bool{}
	for _, pid := range q.behind(by) {
		going[pid] = true
	}
	for changed := true; changed; {
		changed = false
		for pid := range going {
			if q.stays(pid, by, going) {
				delete(going, pid)
				changed = true
			}
		}
	}
	return slices.Sorted(maps.Keys(going))
}

// stays says whether a waiter is held up by somebody else.
func (q queue) stays(waiter int32, out party, going map[int32]bool) bool {
	if q.waits[waiter].Kind == "tuple" && q.waits[out.pid] != nil && slices.Contains(q.blockers[waiter], out) {
		return true
	}
	return slices.ContainsFunc(q.blockers[waiter], func(b party) bool { return b != out && !going[b.pid] })
}

// since is when a session began to wait; its statement's start where the server does not tell (before 14). Zero: not known.
func (q queue) since(waiter int32) time.Time {
	w, b := q.waits[waiter], q.sessions[waiter]
	if w != nil && !w.Since.IsZero() || b == nil {
		if w == nil {
			return time.Time{}
		}
		return w.Since
	}
	return b.QueryStart
}

// longest is how long the one of them that waits longest does; 0: not known.
func (q queue) longest(waiters []int32, at time.Time) time.Duration {
	var most time.Duration
	for _, pid := range waiters {
		if since := q.since(pid); !since.IsZero() {
			most = max(most, at.Sub(since))
		}
	}
	return most
}

// known are those of them that the activity knows.
func (q queue) known(waiters []int32) []probes.Backend {
	var all []probes.Backend
	for _, pid := range waiters {
		if b := q.sessions[pid]; b != nil {
			all = append(all, *b)
		}
	}
	return all
}

// between is the one of those who wait behind somebody that most others wait for who go on without it: as a rule a DDL statement. nil: nobody is
// worth a word, or may be signalled.
func (q queue) between(s *probes.Sample, of party) (*probes.Backend, []int32) {
	var best *probes.Backend
	var most []int32
	for _, pid := range q.behind(of) {
		b := q.sessions[pid]
		if b == nil || len(q.waiters[party{pid: pid}]) == 0 || !mayCancel(s, *b) {
			continue
		}
		if freed := q.freed(party{pid: pid}); len(freed) > len(most) {
			best, most = b, freed
		}
	}
	return best, most
}
