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

// lockQueue is who holds and who waits for one lock; the longest transactions first.
type lockQueue struct {
	held    []lockRow
	waiting []lockRow // one row a session
}

func queueOf(all []lockRow, sessions map[int32]*probes.Backend) lockQueue {
	slices.SortStableFunc(all, func(a, b lockRow) int { return compareAge(sessions[a.pid], sessions[b.pid]) })
	var q lockQueue
	seen := map[int32]bool{}
	for _, l := range all {
		switch {
		case l.granted:
			q.held = append(q.held, l)
		case !seen[l.pid]: // a leader and its workers may wait for the same
			seen[l.pid] = true
			q.waiting = append(q.waiting, l)
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

// wait says who is in a waiter's way: who holds the lock in a mode that conflicts, else who stands ahead in the queue.
func (q lockQueue) wait(w lockRow) probes.LockWait {
	found := probes.LockWait{PID: w.pid, Kind: w.kind, Mode: w.mode, Since: known(w.since)}
	blockers := q.holders(w)
	if len(blockers) == 0 {
		blockers = q.ahead(w)
	}
	for _, l := range blockers {
		if len(found.BlockedBy) == probes.BlockersKept {
			break
		}
		if l.pid != 0 && slices.Contains(found.BlockedBy, l.pid) || l.pid == 0 && slices.Contains(found.Prepared, l.xid) {
			continue // in another mode
		}
		found.BlockedBy = append(found.BlockedBy, l.pid)
		if l.pid == 0 {
			found.Prepared = append(found.Prepared, l.xid)
		}
		if found.HeldMode == "" {
			found.HeldMode = l.mode
		}
	}
	return found
}

// holders returns the granted locks in a waiter's way.
func (q lockQueue) holders(w lockRow) []lockRow {
	var found []lockRow
	for _, l := range q.held {
		if l.pid != w.pid && inTheWay(l.mode, w.mode) {
			found = append(found, l)
		}
	}
	return found
}

// ahead returns the waiters in the way of one that no holder stands in the way of. The lock table does not tell the order of its queue, but its
// head always waits for a holder, and so does each of those looked for: AccessExclusiveLock, for example, behind which everybody queues. Where
// both times are known (14+) it came earlier.
func (q lockQueue) ahead(w lockRow) []lockRow {
	var found []lockRow
	for _, l := range q.waiting {
		later := l.since != nil && w.since != nil && l.since.After(*w.since)
		if l.pid != w.pid && !later && inTheWay(l.mode, w.mode) && len(q.holders(l)) > 0 {
			found = append(found, l)
		}
	}
	return found
}
