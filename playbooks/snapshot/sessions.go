package snapshot

import (
	"slices"
	"time"

	"github.com/pgmedic/pgmedic/probes"
)

const (
	// longTransaction is how long a transaction is open before it is told.
	longTransaction = 5 * time.Second
	// mostTransactions bounds the list of them, mostRoots and mostWaiters the blocking tree.
	mostTransactions = 10
	mostRoots        = 5
	mostWaiters      = 20
)

// session names a session of the last sample; nil: it is not among its backends.
func (m *maker) session(pid int32, b *probes.Backend) Session {
	s := Session{PID: pid}
	if b == nil {
		return s
	}
	s.User, s.Application, s.Database = b.User, b.Application, b.Database
	s.State, s.InStateS, s.TxS = textOrNull(b.State), m.since(b.StateChange), m.since(b.XactStart)
	if b.State == "active" {
		s.InStateS = m.since(b.QueryStart)
	}
	s.Text, _ = publicText(m.look.window.Text(b.QueryID))
	return s
}

// transactions lists the long ones, oldest first, and counts them; sessions that do the same stand together, so that a crowd hides nobody.
func (m *maker) transactions() ([]Transaction, *int) {
	var long []probes.Backend
	for _, b := range m.last.Backends {
		if b.IsClient() && !b.XactStart.IsZero() && m.last.At.Sub(b.XactStart) >= longTransaction {
			long = append(long, b)
		}
	}
	if len(long) == 0 && m.hidden() {
		return nil, nil
	}
	slices.SortStableFunc(long, func(a, b probes.Backend) int { return a.XactStart.Compare(b.XactStart) })
	type alike struct {
		user, application, database, state string
		queryID                            int64
	}
	places := map[alike]int{}
	list := []Transaction{}
	for i, b := range long {
		key := alike{b.User, b.Application, b.Database, b.State, b.QueryID}
		place, found := places[key]
		if !found {
			if len(list) == mostTransactions {
				continue
			}
			place = len(list)
			places[key] = place
			list = append(list, Transaction{Session: m.session(b.PID, &long[i])})
		}
		list[place].Sessions++
		list[place].Wrote = list[place].Wrote || b.XidAge > 0
	}
	return list, ref(len(long))
}

// blocking is null where it is not known whether anybody waits; what is seen is told, even if it is not all.
func (m *maker) blocking() *Blocking {
	tree := m.last.Blocking()
	if m.counts.LockWaits == 0 {
		tree = m.look.last().Blocking() // nobody waits any more
	}
	if tree.Waiting == 0 && !m.known("locks", true) {
		return nil
	}
	b := &Blocking{Waiting: tree.Waiting, NotAsked: len(tree.Unknown), Roots: []Blocker{}, RootsTotal: len(tree.Roots)}
	for _, root := range tree.Roots[:min(len(tree.Roots), mostRoots)] {
		blocker := Blocker{Session: m.session(root.PID, root.Backend), Cycle: root.Cycle, Behind: root.Behind, Waiters: []Waiter{}}
		if root.PID == 0 {
			name := "not known which"
			if root.Prepared != nil {
				name = root.Prepared.GID
				blocker.User, blocker.Database, blocker.TxS = root.Prepared.Owner, root.Prepared.Database, m.since(root.Prepared.PreparedAt)
			}
			blocker.Prepared = &name
		}
		m.addWaiters(&blocker, root.Waiters, 1)
		b.Roots = append(b.Roots, blocker)
	}
	return b
}

// addWaiters adds those under the blocker, each before those under it, and counts them.
func (m *maker) addWaiters(blocker *Blocker, waiters []*probes.Blocked, depth int) {
	for _, w := range waiters {
		if blocker.WaitersTotal++; len(blocker.Waiters) < mostWaiters {
			blocker.Waiters = append(blocker.Waiters, m.waiter(w, depth))
		}
		m.addWaiters(blocker, w.Waiters, depth+1)
	}
}

func (m *maker) waiter(w *probes.Blocked, depth int) Waiter {
	one := Waiter{Session: m.session(w.PID, w.Backend), Depth: depth, WaitS: m.since(w.Since)}
	if w.Wait != nil {
		one.Mode, one.Kind, one.Relation = w.Wait.Mode, w.Wait.Kind, textOrNull(w.Wait.Relation)
	}
	return one
}
