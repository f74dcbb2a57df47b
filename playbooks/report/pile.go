package report

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/record"
	"github.com/pgmedic/pgmedic/probes/sqltext"
	"github.com/pgmedic/pgmedic/probes/watch"
)

// The kinds of facts about the queue behind one session, at the moment when it was longest; subject: who was in the way.
const (
	kindBehind = "queue.waiting" // sessions that waited for it, directly or through others
	kindOpen   = "queue.open"    // how long its transaction had been open
	kindQueued = "queue.time"    // how long there was such a queue
)

const unitWaiting = "sessions"

// root is who was in the way of most, at the moment when the queue was longest; nil: there was no such queue.
func (in *incident) root() *probes.Blocked {
	if in.pile == nil {
		return nil
	}
	if roots := in.pile.Blocking().Roots; len(roots) > 0 {
		return roots[0]
	}
	return nil
}

// rootName names who was in the way.
func rootName(b *probes.Blocked) string {
	switch {
	case b.Prepared != nil:
		return "prepared transaction " + b.Prepared.GID
	case b.PID == 0:
		return "a prepared transaction"
	}
	return fmt.Sprintf("pid %d", b.PID)
}

// addPile counts the queue behind one session.
func (l *ledger) addPile(in *incident) {
	root := in.root()
	if root == nil {
		return
	}
	at, name := in.pile.At, rootName(root)
	from, to := in.spikeWindow()
	seen, limit := in.between(from, to), in.gapLimit()
	l.add(record.Fact{Kind: kindBehind, Subject: name, Value: float64(root.Behind), Unit: unitWaiting, N: int64(len(seen)), From: at, To: at,
		Method: "pg_locks and pg_blocking_pids: who waits for it, directly or through others; the most at one sample", Conditions: "of " + window(from, to), Source: sourceOfSamples})
	if !root.Since.IsZero() {
		l.add(record.Fact{Kind: kindOpen, Subject: name, Value: at.Sub(root.Since).Seconds(), Unit: unitSeconds, N: 1, From: root.Since, To: at,
			Method: "pg_stat_activity.xact_start, or pg_prepared_xacts.prepared, to that sample", Source: sourceOfSamples})
	}
	var queued time.Duration
	for _, m := range seen {
		if m.Interval <= limit && m.Behind >= watch.PileUpWaiters {
			queued += m.Interval
		}
	}
	l.add(record.Fact{Kind: kindQueued, Value: queued.Seconds(), Unit: unitSeconds, N: int64(len(seen)), From: from, To: to,
		Method: fmt.Sprintf("sum of the sample intervals that ended with %d sessions or more waiting behind one", watch.PileUpWaiters), Source: sourceOfSamples})
}

// resolves says whether an action ended or cancelled somebody who was in the way of a pile-up.
func (in *incident) resolves(a action) bool {
	if !a.applied() || !a.onSessions() {
		return false
	}
	if root := in.root(); root != nil && root.PID == 0 {
		return a.sends("PREPARED")
	}
	for _, row := range a.rows() {
		var pid int32
		if _, err := fmt.Sscanf(row.Name, "pid %d", &pid); err != nil || row.State != playbooks.RowActed {
			continue
		}
		if slices.ContainsFunc(in.moments, func(m moment) bool { return slices.Contains(m.InWay, pid) }) {
			return true
		}
	}
	return false
}

// waiterLine is one of those who waited directly.
type waiterLine struct{ Who, Application, Wants, Since, Behind md }

// waitersShown is how many of those who waited directly are named.
const waitersShown = 10

// pileLines tells who was in the way, what it was, and what it ran.
func (w *writer) pileLines() []md {
	root := w.in.root()
	if root == nil {
		return nil
	}
	name := rootName(root)
	lines := []md{md(fmt.Sprintf("At %s %s waited behind %s, directly or through others. Such a queue was there for %s.", stamp(w.in.pile.At),
		w.figure(w.facts.find(kindBehind, name)), escape(name), w.figure(w.facts.find(kindQueued, ""))))}
	if open := w.facts.find(kindOpen, name); open != nil {
		lines = append(lines, md(fmt.Sprintf("Its transaction had been open since %s: for %s.", stamp(open.From), w.figure(open))))
	}
	b := root.Backend
	if b == nil {
		return lines
	}
	lines = append(lines, md(fmt.Sprintf("It was %s: application %s, user %s, database %s.", escape(orUnknown(b.State)), code(orUnknown(b.Application)), code(orUnknown(b.User)), code(orUnknown(b.Database)))))
	text := w.in.texts[b.QueryID]
	switch {
	case b.QueryID == 0 || text == "":
		lines = append(lines, "What it ran last is not known.")
	case sqltext.IsUtility(text):
		lines = append(lines, "What it ran last is a utility statement, whose text may hold secrets and is not shown.")
	case b.State == "active":
		lines = append(lines, "It ran: "+code(sqltext.Headline(sqltext.Normalise(text), headlineWidth)))
	default:
		lines = append(lines, "The last statement that it had run: "+code(sqltext.Headline(sqltext.Normalise(text), headlineWidth)))
	}
	return lines
}

// waiters lists those who waited directly for the one in the way, whoever has most behind first.
func (w *writer) waiters() []waiterLine {
	root := w.in.root()
	if root == nil {
		return nil
	}
	var lines []waiterLine
	for _, b := range root.Waiters[:min(len(root.Waiters), waitersShown)] {
		line := waiterLine{Who: escape(rootName(b)), Application: "–", Wants: "not known", Since: "not known", Behind: count(int64(b.Behind))}
		if b.Backend != nil {
			line.Application = code(orUnknown(b.Backend.Application))
		}
		if b.Wait != nil && b.Wait.Mode != "" {
			line.Wants = escape(strings.TrimSuffix(b.Wait.Mode+" on "+b.Wait.Relation, " on "))
		}
		if !b.Since.IsZero() {
			line.Since = md(stamp(b.Since))
		}
		lines = append(lines, line)
	}
	return lines
}
