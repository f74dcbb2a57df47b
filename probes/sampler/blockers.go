package sampler

import (
	"cmp"
	"slices"

	"github.com/pgmedic/pgmedic/probes"
)

// lockConflicts is which mode of a heavyweight lock stands in the way of which (PostgreSQL manual, "Conflicting Lock Modes"). It is one for all
// kinds of lock and all versions. SIReadLock conflicts with none.
var lockConflicts = map[string][]string{
	accessShare:       {accessExclusive},
	rowShare:          {exclusive, accessExclusive},
	rowExclusive:      {share, shareRowExclusive, exclusive, accessExclusive},
	shareUpdate:       {shareUpdate, share, shareRowExclusive, exclusive, accessExclusive},
	share:             {rowExclusive, shareUpdate, shareRowExclusive, exclusive, accessExclusive},
	shareRowExclusive: {rowExclusive, shareUpdate, share, shareRowExclusive, exclusive, accessExclusive},
	exclusive:         {rowShare, rowExclusive, shareUpdate, share, shareRowExclusive, exclusive, accessExclusive},
	accessExclusive:   {accessShare, rowShare, rowExclusive, shareUpdate, share, shareRowExclusive, exclusive, accessExclusive},
}

const (
	accessShare       = "AccessShareLock"
	rowShare          = "RowShareLock"
	rowExclusive      = "RowExclusiveLock"
	shareUpdate       = "ShareUpdateExclusiveLock"
	share             = "ShareLock"
	shareRowExclusive = "ShareRowExclusiveLock"
	exclusive         = "ExclusiveLock"
	accessExclusive   = "AccessExclusiveLock"
)

// inTheWay says whether a lock of one mode keeps another from being granted.
func inTheWay(held, wanted string) bool { return slices.Contains(lockConflicts[wanted], held) }

// wait is a lock wait, and what its relation is: its own, or the one whose row the transaction that it waits for has changed.
type wait struct {
	probes.LockWait
	on lockTag
}

// findWaits makes of the locks who waits for whom. Parallel workers count as their leader, with whom they share its locks.
func findWaits(locks []lockRow, backends []probes.Backend) []wait {
	sessions := map[int32]*probes.Backend{}
	for i := range backends {
		sessions[backends[i].PID] = &backends[i]
	}
	byTag, rowOf := map[lockTag][]lockRow{}, map[int32]lockTag{}
	for _, l := range locks {
		if b := sessions[l.pid]; b != nil && b.LeaderPID != 0 {
			l.pid = b.LeaderPID
		}
		byTag[l.lockTag] = append(byTag[l.lockTag], l)
		if l.kind == "tuple" && l.granted {
			rowOf[l.pid] = l.lockTag
		}
	}
	var waits []wait
	for tag, all := range byTag {
		queue := queueOf(all, sessions)
		for _, w := range queue.waiting {
			found := wait{LockWait: queue.wait(w), on: tag}
			if tag.kind == "transactionid" {
				found.on = rowOf[w.pid]
			}
			waits = append(waits, found)
		}
	}
	slices.SortFunc(waits, func(a, b wait) int {
		return cmp.Or(a.Since.Compare(b.Since), cmp.Compare(a.PID, b.PID))
	})
	return waits
}

// lockQueue is who waits for one lock and who is in the way of each mode that somebody waits for; the longest transactions first.
type lockQueue struct {
	waiting []lockRow            // one row a session
	held    map[string][]lockRow // by the mode wanted: those who hold the lock in a mode that conflicts
	ahead   map[string][]lockRow // by the mode wanted: waiters whose own mode conflicts, and who wait for a holder
}

// queueOf makes a queue of a lock's rows. What is in the way of a mode is looked for once, not for each of the hundreds that want it.
func queueOf(all []lockRow, sessions map[int32]*probes.Backend) lockQueue {
	slices.SortStableFunc(all, func(a, b lockRow) int { return compareAge(sessions[a.pid], sessions[b.pid]) })
	q := lockQueue{held: map[string][]lockRow{}, ahead: map[string][]lockRow{}}
	seen := map[int32]bool{}
	for _, l := range all {
		if !l.granted && !seen[l.pid] { // a leader and its workers may wait for the same
			seen[l.pid] = true
			q.waiting = append(q.waiting, l)
			q.held[l.mode] = nil
		}
	}
	for mode := range q.held {
		for _, l := range all {
			if l.granted && inTheWay(l.mode, mode) {
				q.held[mode] = append(q.held[mode], l)
			}
		}
	}
	for _, l := range q.waiting {
		if !slices.ContainsFunc(q.held[l.mode], func(holder lockRow) bool { return holder.pid != l.pid }) {
			continue
		}
		for mode := range q.held {
			if inTheWay(l.mode, mode) {
				q.ahead[mode] = append(q.ahead[mode], l)
			}
		}
	}
	return q
}

// compareAge orders sessions by the start of their transactions; prepared and unknown ones come first.
func compareAge(a, b *probes.Backend) int {
	if a == nil || b == nil {
		return cmp.Compare(presence(a), presence(b))
	}
	return a.XactStart.Compare(b.XactStart)
}

func presence(b *probes.Backend) int {
	if b == nil {
		return 0
	}
	return 1
}

// wait says who is in a waiter's way: who holds the lock in a mode that conflicts, else who stands ahead in the queue. The lock table does not tell the
// order of its queue, but its head always waits for a holder, and so does each of those ahead: AccessExclusiveLock, for example, behind which everybody
// queues. Where both times are known (14+) it came earlier.
func (q lockQueue) wait(w lockRow) probes.LockWait {
	found := blocked{LockWait: probes.LockWait{PID: w.pid, Kind: w.kind, Mode: w.mode, Since: known(w.since)}}
	for _, l := range q.held[w.mode] {
		if l.pid != w.pid && !found.by(l) {
			break
		}
	}
	if len(found.BlockedBy) > 0 {
		return found.LockWait
	}
	for _, l := range q.ahead[w.mode] {
		later := l.since != nil && w.since != nil && l.since.After(*w.since)
		if l.pid != w.pid && !later && !found.by(l) {
			break
		}
	}
	return found.LockWait
}

// blocked is a wait of which it is being found out who is in its way.
type blocked struct{ probes.LockWait }

// by adds one who is in the way, and says whether there is room for more.
func (b *blocked) by(l lockRow) bool {
	if l.pid != 0 && slices.Contains(b.BlockedBy, l.pid) || l.pid == 0 && slices.Contains(b.Prepared, l.xid) {
		return true // in another mode
	}
	b.BlockedBy = append(b.BlockedBy, l.pid)
	if l.pid == 0 {
		b.Prepared = append(b.Prepared, l.xid)
	}
	if b.HeldMode == "" {
		b.HeldMode = l.mode
	}
	return len(b.BlockedBy) < probes.BlockersKept
}
