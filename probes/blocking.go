package probes

import (
	"cmp"
	"slices"
	"time"
)

// Blocking is who waits for whom in one sample.
type Blocking struct {
	Roots   []*Blocked // who is in the way and waits for nobody that is known, or stands in a cycle; most waiters behind first
	Unknown []*Blocked // who waits, but for whom is not known in this sample, and is in nobody's way; longest wait first
	Waiting int        // sessions that wait for a heavyweight lock, those of Unknown too
	// Contending is how many sessions wait for the lock table itself (LWLock LockManager): in a storm, those who wait for a lock and just then check for
	// deadlocks.
	Contending int
}

// Blocked is one session or prepared transaction that is in the way of others, or waits, or both.
type Blocked struct {
	PID      int32                // 0: a prepared transaction
	Backend  *Backend             // nil: not among the sample's backends (ended meanwhile, or a prepared transaction)
	Prepared *PreparedTransaction // of a prepared transaction; nil where pg_prepared_xacts does not tell which
	Wait     *LockWait            // what it waits for; nil: for nothing
	Since    time.Time            // of a wait: its start; else of the transaction, or when it was prepared; zero where it is not known
	Behind   int                  // sessions that wait for it, directly or through others; they may wait for others too
	Others   int                  // how many more than the one that it stands under are directly in its way
	Cycle    bool                 // it waits for somebody behind itself: a deadlock, until deadlock_timeout ends it
	Waiters  []*Blocked           // who stands under it; everybody stands in one place only
}

// StatementUnknown says whether it waits and which statement it runs is not known: the server gives the query_id when the statement was parsed, and parsing
// locks its tables; the sampler names those by their texts.
func (b *Blocked) StatementUnknown() bool {
	return b.Wait != nil && b.Backend != nil && b.Backend.State == "active" && b.Backend.QueryID == 0
}

// Contends says whether the session waits for the server's lock table itself, not for a lock in it.
func (b Backend) Contends() bool { return b.WaitType == "LWLock" && b.WaitEvent == "LockManager" }

// blockerID names a session by its pid, or a prepared transaction by its transaction id.
type blockerID struct {
	pid int32
	xid uint32
}

// Blocking makes the tree from what the sample holds.
func (s *Sample) Blocking() Blocking {
	g := newBlockingGraph(s)
	for _, id := range g.roots() {
		g.tree.Roots = append(g.tree.Roots, g.place(id, 0))
	}
	for _, id := range g.order {
		if g.placed[id] == nil && len(g.blockers[id]) > 0 {
			id = g.onCycle(id)
			g.tree.Roots = append(g.tree.Roots, g.place(id, len(g.blockers[id])-1))
		}
	}
	slices.SortStableFunc(g.tree.Roots, before)
	g.addUnknown()
	for _, b := range s.Backends {
		if b.Contends() {
			g.tree.Contending++
		}
	}
	return g.tree
}

// blockingGraph is the sample's waits as edges between sessions.
type blockingGraph struct {
	tree     Blocking
	nodes    map[blockerID]*Blocked
	order    []blockerID // of the nodes, as they came
	blockers map[blockerID][]blockerID
	waiters  map[blockerID][]blockerID
	placed   map[blockerID]*Blocked
	backends map[int32]*Backend
	prepared map[uint32]*PreparedTransaction
}

func newBlockingGraph(s *Sample) *blockingGraph {
	g := &blockingGraph{
		nodes: map[blockerID]*Blocked{}, blockers: map[blockerID][]blockerID{}, waiters: map[blockerID][]blockerID{},
		placed: map[blockerID]*Blocked{}, backends: map[int32]*Backend{}, prepared: map[uint32]*PreparedTransaction{},
	}
	for i := range s.Backends {
		g.backends[s.Backends[i].PID] = &s.Backends[i]
	}
	for i := range s.Prepared {
		g.prepared[s.Prepared[i].XID] = &s.Prepared[i]
	}
	for i := range s.Waits {
		w := &s.Waits[i]
		waiter := blockerID{pid: w.PID}
		g.addWait(w)
		for _, blocker := range w.blockers() {
			if blocker == waiter || slices.Contains(g.blockers[waiter], blocker) {
				continue
			}
			g.node(blocker)
			g.blockers[waiter] = append(g.blockers[waiter], blocker)
			g.waiters[blocker] = append(g.waiters[blocker], waiter)
		}
	}
	for _, b := range s.Backends { // who waits although no wait of it is known: the locks were not read, or before it began
		if b.WaitType == "Lock" {
			g.addWait(&LockWait{PID: b.waiter(), Kind: b.WaitEvent})
		}
	}
	for id, node := range g.nodes {
		node.Behind, node.Cycle = g.countBehind(id)
	}
	return g
}

// waiter is whose wait the session's is: a parallel worker's is its leader's.
func (b *Backend) waiter() int32 { return cmp.Or(b.LeaderPID, b.PID) }

// addWait notes what a session waits for, if nothing is known of that yet.
func (g *blockingGraph) addWait(w *LockWait) {
	node := g.node(blockerID{pid: w.PID})
	if node.Wait != nil {
		return
	}
	node.Wait, node.Since = w, w.Since
	if node.Since.IsZero() && node.Backend != nil {
		node.Since = node.Backend.QueryStart
	}
	g.tree.Waiting++
}

// blockers returns BlockedBy with the prepared transactions told apart.
func (w *LockWait) blockers() []blockerID {
	ids := make([]blockerID, 0, len(w.BlockedBy))
	prepared := w.Prepared
	for _, pid := range w.BlockedBy {
		id := blockerID{pid: pid}
		if pid == 0 && len(prepared) > 0 {
			id.xid, prepared = prepared[0], prepared[1:]
		}
		ids = append(ids, id)
	}
	return ids
}

// node returns the entry of a session or prepared transaction, made with what the sample knows about it.
func (g *blockingGraph) node(id blockerID) *Blocked {
	if node := g.nodes[id]; node != nil {
		return node
	}
	node := &Blocked{PID: id.pid}
	if id.pid == 0 {
		node.Prepared = g.prepared[id.xid]
	} else {
		node.Backend = g.backends[id.pid]
	}
	switch {
	case node.Prepared != nil:
		node.Since = node.Prepared.PreparedAt
	case node.Backend != nil:
		node.Since = node.Backend.XactStart
	}
	g.nodes[id] = node
	g.order = append(g.order, id)
	return node
}

// countBehind counts who waits for it, directly or through others, and says whether it is behind itself.
func (g *blockingGraph) countBehind(id blockerID) (behind int, cycle bool) {
	if len(g.waiters[id]) == 0 {
		return 0, false
	}
	seen := map[blockerID]bool{id: true}
	for queue := []blockerID{id}; len(queue) > 0; queue = queue[1:] {
		for _, waiter := range g.waiters[queue[0]] {
			cycle = cycle || waiter == id
			if !seen[waiter] {
				seen[waiter] = true
				queue = append(queue, waiter)
			}
		}
	}
	return len(seen) - 1, cycle
}

// roots returns who is in the way and is not blocked itself, as far as is known: most waiters behind first.
func (g *blockingGraph) roots() []blockerID {
	var roots []blockerID
	for _, id := range g.order {
		if len(g.blockers[id]) == 0 && len(g.waiters[id]) > 0 {
			roots = append(roots, id)
		}
	}
	slices.SortStableFunc(roots, func(a, b blockerID) int { return before(g.nodes[a], g.nodes[b]) })
	return roots
}

// place puts a node into the tree with everybody behind it that has no place yet; others is how many more are in its way.
func (g *blockingGraph) place(id blockerID, others int) *Blocked {
	root := g.nodes[id]
	root.Others = others
	g.placed[id] = root
	for queue := []blockerID{id}; len(queue) > 0; queue = queue[1:] {
		parent := g.nodes[queue[0]]
		for _, waiter := range g.waiters[queue[0]] {
			if g.placed[waiter] != nil {
				continue
			}
			node := g.nodes[waiter]
			node.Others = len(g.blockers[waiter]) - 1
			g.placed[waiter] = node
			parent.Waiters = append(parent.Waiters, node)
			queue = append(queue, waiter)
		}
		slices.SortStableFunc(parent.Waiters, before)
	}
	return root
}

// onCycle follows the first blockers to one of a circle of sessions that wait for each other. There is one: nobody here has a root.
func (g *blockingGraph) onCycle(id blockerID) blockerID {
	for seen := map[blockerID]bool{}; !seen[id]; id = g.blockers[id][0] {
		seen[id] = true
	}
	return id
}

// addUnknown adds who waits without a known blocker and blocks nobody.
func (g *blockingGraph) addUnknown() {
	for _, id := range g.order {
		if g.placed[id] == nil {
			g.tree.Unknown = append(g.tree.Unknown, g.nodes[id])
		}
	}
	slices.SortStableFunc(g.tree.Unknown, before)
}

// before orders by how many wait behind, then by time: longest first, unknown last.
func before(a, b *Blocked) int {
	if a.Behind != b.Behind {
		return cmp.Compare(b.Behind, a.Behind)
	}
	if a.Since.IsZero() != b.Since.IsZero() {
		if a.Since.IsZero() {
			return 1
		}
		return -1
	}
	return a.Since.Compare(b.Since)
}
