package unblock

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/playbooks/session"
	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/live"
)

func (c scene) rootShort() string {
	if c.root.Prepared != nil {
		return "prepared transaction " + c.root.Prepared.GID
	}
	return fmt.Sprintf("pid %d", c.root.PID)
}

// frees says what a way out frees, and what it leaves.
func (c scene) frees(w way) string {
	words := fmt.Sprintf("frees %d of %d", len(w.frees), c.root.Behind)
	switch {
	case w.between:
		return fmt.Sprintf("%s at once; rolled back is its own transaction alone, which began %s; %s stays in the way of it",
			words, earlier(w.of), c.rootShort())
	case len(w.frees) == 0:
		return words + ": others are in their way as well"
	case w.signal == live.CancelQuery:
		return words + ", as far as it gives its locks back: where it runs in a savepoint or a function that catches the error it keeps them"
	}
	return words
}

// earlier says how long before its statement a session's transaction began: what it did in that time goes too.
func earlier(b probes.Backend) string {
	before := b.QueryStart.Sub(b.XactStart)
	if b.XactStart.IsZero() || before < time.Second {
		return "with the statement or a moment before"
	}
	return probes.Span(before) + " before the statement"
}

// reasons say who is in the way, what it holds, and who waits.
func (c scene) reasons(w way, k known) []playbooks.Reason {
	var reasons []playbooks.Reason
	add := func(part, why string) { reasons = append(reasons, playbooks.Reason{Part: part, Why: why}) }
	at := c.seen.Sample.At
	if b := c.root.Backend; b != nil {
		add(c.rootShort(), "is in the way and waits for nobody: "+session.Describe(*b, at, c.seen.Text(b.QueryID)))
		if session.IsInTransaction(*b) {
			add("idle in transaction",
				"its client sends nothing and keeps the transaction open: a cancel would be ignored, so that only ending the session helps")
		}
	}
	add("holds", k.held)
	direct := len(c.queue.waiters[partyOf(c.root)])
	queue := fmt.Sprintf("%d directly, %d through others", direct, c.root.Behind-direct)
	if longest := c.queue.longest(c.queue.behind(partyOf(c.root)), at); longest > 0 {
		queue += "; the one that waits longest does for " + probes.Span(longest)
	}
	add("wait behind it", queue)
	if k.between == nil {
		return reasons
	}
	name := betweenName(c.queue, k.between, k.command)
	add("in between", fmt.Sprintf("%s is in the way of %d: %s", name, len(k.freed), session.Describe(*k.between, at, "")))
	if !w.between {
		add("what follows", fmt.Sprintf("%s gets its lock next, and those behind it wait until it is done", name))
	}
	return reasons
}

// warnings say what a way out costs, and what it does not do.
func (c scene) warnings(w way) []string {
	var warnings []string
	s := c.seen.Sample
	if left := session.LeftBehind(s, w.of.PID); left != "" {
		warnings = append(warnings, left)
	}
	if w.of.Superuser {
		warnings = append(warnings, "its role is a superuser: the server refuses the signal to all but superusers")
	}
	if !w.between && len(w.frees) < c.root.Behind {
		warnings = append(warnings, fmt.Sprintf("%d of %d wait for others as well, and go on waiting", c.root.Behind-len(w.frees), c.root.Behind))
	}
	switch {
	case w.signal == live.Terminate:
		warnings = append(warnings, rolledBack(w.of))
	case w.signal == live.CancelQuery:
		warnings = append(warnings, "cancelling fails 1 request: its client gets error 57014 and may send it again at once")
	}
	if w.signal == live.CancelQuery && !w.between && c.waitedAdvisory() {
		warnings = append(warnings, "advisory locks of a session outlive a cancel: only ending the session gives them back")
	}
	return warnings
}

// rolledBack says what ending a session undoes. Its transaction's id shows whether it wrote.
func rolledBack(b probes.Backend) string {
	switch {
	case b.XactStart.IsZero():
		return "it is in no transaction: nothing is rolled back; what it holds are locks of the session itself"
	case b.XidAge > 0:
		since := b.XactStart.UTC().Format("15:04:05 UTC")
		return "it has written, or locked what it was to write: what its transaction did since " + since + " is rolled back"
	}
	return "it has written nothing so far (its transaction has no id): no data is lost"
}

func (c scene) waitedAdvisory() bool {
	for _, pid := range c.queue.waiters[partyOf(c.root)] {
		if c.queue.waits[pid].Kind == "advisory" {
			return true
		}
	}
	return false
}

// known is what was read about the scene when it was drafted for.
type known struct {
	held    string          // what locks the root holds, or why that is not known
	between *probes.Backend // nil: nobody
	freed   []int32         // without it
	command string          // it runs; empty: not known
}

// look reads what the sample does not tell. What cannot be read is said, and stops nothing.
func (c scene) look(ctx context.Context) known {
	k := known{held: c.held(ctx)}
	k.between, k.freed = c.queue.between(c.seen.Sample, partyOf(c.root))
	if k.between != nil {
		k.command = command(c.seen.Text(k.between.QueryID))
		if read, err := readCommand(ctx, c.ask, k.between.PID); err == nil && read != "" {
			k.command = read
		}
	}
	return k
}

// held says what the root holds.
func (c scene) held(ctx context.Context) string {
	s := c.seen.Sample
	if n := s.Blocking().Contending; n >= contended {
		return fmt.Sprintf("could not be read: %d sessions wait for the lock table itself", n)
	}
	if b := c.root.Backend; b != nil && b.Database != s.Server.Database {
		return "locks in database " + b.Database + ", which pgmedic is not connected to: their names were not read"
	}
	pid, xid := c.root.PID, uint32(0)
	if p := c.root.Prepared; p != nil {
		pid, xid = 0, p.XID
	}
	locks, all, err := readHeld(ctx, c.ask, pid, xid)
	switch {
	case err != nil:
		return "could not be read: " + err.Error()
	case all == 0:
		return "no lock on a table of this database; those behind it wait for its transaction, or for an advisory lock"
	case all > len(locks):
		return fmt.Sprintf("%s, and %d more", strings.Join(locks, ", "), all-len(locks))
	}
	return strings.Join(locks, ", ")
}
