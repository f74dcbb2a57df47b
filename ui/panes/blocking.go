package panes

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/ui/draw"
)

// In a storm hundreds wait for the same. All who are in the way share mostBlocked lines, but each has leastBlocked.
const (
	mostBlocked  = 200
	leastBlocked = 6
)

// deepestMargin is how far a waiter is moved to the right at most, in steps.
const deepestMargin = 6

// blockingHeadline says in one line who waits behind whom; empty: nobody waits for a lock.
func blockingHeadline(tree probes.Blocking, at time.Time) string {
	if len(tree.Roots) == 0 {
		switch {
		case tree.Waiting > 0:
			return waiting(tree.Waiting) + ", for whom is not known"
		case tree.Contending > 0:
			return waiting(tree.Contending) + " for the lock table itself"
		}
		return ""
	}
	root := tree.Roots[0]
	text := waiting(root.Behind) + " behind " + blockerName(root)
	if state := stateFor(root, at); state != "" {
		text += " (" + state + ")"
	}
	if more := len(tree.Roots) - 1; more > 0 {
		text += fmt.Sprintf(", %d more in the way", more)
	}
	return text
}

// waiting says how many wait.
func waiting(n int) string {
	if n == 1 {
		return "1 waits"
	}
	return strconv.Itoa(n) + " wait"
}

// mostName is the room for a prepared transaction's name among other words, in cells.
const mostName = 40

// blockerName names who is in the way.
func blockerName(b *probes.Blocked) string {
	switch {
	case b.PID != 0:
		return fmt.Sprintf("pid %d", b.PID)
	case b.Prepared != nil:
		return "prepared transaction " + draw.Fit(b.Prepared.GID, min(draw.Width(b.Prepared.GID), mostName))
	}
	return "a prepared transaction"
}

// stateFor says in what state somebody is in the way, and for how long.
func stateFor(b *probes.Blocked, at time.Time) string {
	switch {
	case b.Cycle:
		return "deadlock"
	case b.PID == 0:
		return strings.TrimSuffix("for "+sinceAt(b.Since, at), "for "+draw.Unknown)
	case b.Backend == nil:
		return "ended, or not visible"
	case b.Backend.State == "":
		return "state not visible"
	}
	since := b.Backend.StateChange
	if b.Backend.State == "active" {
		since = b.Backend.QueryStart
	}
	return strings.TrimSuffix(b.Backend.State+" "+sinceAt(since, at), " "+draw.Unknown)
}

// sinceAt is the time from since until at; Unknown where since is.
func sinceAt(since, at time.Time) string {
	if since.IsZero() {
		return draw.Unknown
	}
	return draw.Duration(max(at.Sub(since), 0).Round(100 * time.Millisecond))
}

// blocking adds the tree: who is in the way, and under each who waits.
func (p *activityPage) blocking() {
	tree := p.sample.Blocking()
	note := blockingHeadline(tree, p.sample.At)
	if note != "" && tree.Contending > 0 && len(tree.Roots) > 0 {
		note += "; " + waiting(tree.Contending) + " for the lock table itself"
	}
	if note == "" && p.failure("locks") == "" {
		note = p.seen("nobody waits")
	}
	probe := "locks"
	if len(tree.Roots) == 0 {
		probe = "activity" // which shows who waits, but not for whom
	}
	ink := p.part("locks", probe, note, tree.Waiting > 0)
	if probe == "activity" {
		p.reason("locks")
	}
	g := newGrid(head{"pid", false}, head{"behind", true}, head{"for", true}, head{"holds, or waits for", false}, head{"who and what", false})
	g.folds = true
	for _, root := range tree.Roots {
		from := len(g.rows)
		p.root(g, root, ink)
		p.waiters(g, root.Waiters, 1, ink)
		p.cut(g, from, max(mostBlocked/len(tree.Roots), leastBlocked))
	}
	from := len(g.rows)
	p.waiters(g, tree.Unknown, 1, ink)
	p.cut(g, from, mostBlocked)
	p.cut(g, 0, 2*mostBlocked)
	p.grid(g)
}

// cut leaves so many rows from one on, and says how many it took away.
func (p *activityPage) cut(g *grid, from, most int) {
	if more := len(g.rows) - from - most; more > 0 {
		g.rows = g.rows[:from+most]
		g.below(p.theme.Secondary, "… "+draw.Counted(int64(more), "more line", "more lines"))
	}
}

// root adds somebody who is in the way, with who that is on a line of its own.
func (p *activityPage) root(g *grid, b *probes.Blocked, ink draw.Ink) {
	pid, alarm := "prep.", p.theme.Critical
	if b.PID != 0 {
		pid = fmt.Sprint(b.PID)
	}
	if ink == p.theme.Secondary {
		alarm = ink
	}
	what := heldBy(b)
	if b.Wait != nil {
		what = "waits for " + wanted(b.Wait)
	}
	g.row(alarm, pid, fmt.Sprint(b.Behind), sinceAt(b.Since, p.sample.At), what, blockerState(b, p.sample.At))
	if b.Prepared != nil {
		g.below(ink, fmt.Sprintf(foldMargin+"%s@%s · ROLLBACK PREPARED or COMMIT PREPARED ends it", b.Prepared.Owner, cmp.Or(b.Prepared.Database, draw.Unknown)))
	} else if b.Backend != nil {
		g.below(ink, foldMargin+who(b.Backend)+"  "+p.statement(b.Backend))
	}
}

func blockerState(b *probes.Blocked, at time.Time) string {
	if b.PID == 0 {
		return blockerName(b)
	}
	return stateFor(b, at)
}

// waiters adds those who wait, each before those who wait for it.
func (p *activityPage) waiters(g *grid, waiters []*probes.Blocked, depth int, ink draw.Ink) {
	for _, b := range waiters {
		behind, what, text := "", "", draw.Unknown
		if b.Behind > 0 {
			behind = fmt.Sprint(b.Behind)
		}
		if b.Wait != nil {
			what = wanted(b.Wait)
		}
		switch {
		case b.Cycle:
			what += " (deadlock)"
		case b.Others > 0:
			what += fmt.Sprintf(" (%d more in its way)", b.Others)
		}
		if b.Backend != nil {
			text = who(b.Backend) + "  " + p.statement(b.Backend)
		}
		if b.StatementUnknown() {
			text = who(b.Backend) + "  its statement is not known: it has no id, and its text was not read"
		}
		g.row(ink, strings.Repeat("  ", min(depth, deepestMargin)-1)+"└ "+fmt.Sprint(b.PID), behind, sinceAt(b.Since, p.sample.At), what, text)
		p.waiters(g, b.Waiters, depth+1, ink)
	}
}

// heldBy says what somebody holds, as far as the wait of who waits for it tells.
func heldBy(b *probes.Blocked) string {
	for _, waiter := range b.Waiters {
		if w := waiter.Wait; w != nil && w.HeldMode != "" {
			if isRow(w) {
				return "holds " + rowOf(w)
			}
			return "holds " + w.HeldMode + onRelation(w)
		}
	}
	return ""
}

// wanted says what a session waits for.
func wanted(w *probes.LockWait) string {
	switch {
	case isRow(w):
		return rowOf(w)
	case w.Mode == "":
		return w.Kind
	}
	return w.Mode + onRelation(w)
}

// isRow says whether the wait is for a row: for the end of the transaction that changed it, or in the queue for it.
func isRow(w *probes.LockWait) bool { return w.Kind == "transactionid" || w.Kind == "tuple" }

func rowOf(w *probes.LockWait) string {
	if w.Relation == "" {
		return "a row, or a transaction's end"
	}
	return "a row of " + w.Relation
}

func onRelation(w *probes.LockWait) string {
	if w.Relation == "" {
		return " on " + w.Kind
	}
	return " on " + w.Relation
}

// who names a session by its application, role, database and address.
func who(b *probes.Backend) string {
	name := cmp.Or(b.User, "?") + "@" + cmp.Or(b.Database, "?")
	for _, more := range []string{b.Client, b.Application} {
		if more != "" {
			name = more + " · " + name
		}
	}
	return name
}
