package panes

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/ui/draw"
)

// What of sessions stands on the activity page.
const (
	longTransaction  = 5 * time.Second
	worryTransaction = 5 * time.Minute // a transaction that is open for so long is marked
	mostTransactions = 15
	mostHolders      = 8
	worryXminAge     = 10_000_000 // transactions
)

// transactions adds those that are open for long, oldest first. Sessions that do the same stand together, so that a crowd hides nobody.
func (p *activityPage) transactions() {
	var long []probes.Backend
	for _, b := range p.sample.Backends {
		if b.IsClient() && !b.XactStart.IsZero() && p.sample.At.Sub(b.XactStart) >= longTransaction {
			long = append(long, b)
		}
	}
	slices.SortStableFunc(long, func(a, b probes.Backend) int { return a.XactStart.Compare(b.XactStart) })
	type alike struct {
		user, application, database, client, state string
		queryID                                    int64
	}
	counts := map[alike]int{}
	var first []probes.Backend
	for _, b := range long {
		key := alike{b.User, b.Application, b.Database, b.Client, b.State, b.QueryID}
		if counts[key]++; counts[key] == 1 {
			first = append(first, b)
		}
	}
	note := p.seen("none is open for " + draw.Duration(longTransaction))
	if len(long) > 0 {
		note = fmt.Sprintf("%d open for %s or more", len(long), draw.Duration(longTransaction))
	}
	p.part("long transactions", "activity", note, len(long) > 0)
	p.reason("activity")
	g := newGrid(head{"open for", true}, head{"sessions", true}, head{"pid", true}, head{"state", false}, head{"wrote", false}, head{"who", false}, head{"runs, or ran last", false})
	g.folds = true
	for _, b := range first[:min(len(first), mostTransactions)] {
		key := alike{b.User, b.Application, b.Database, b.Client, b.State, b.QueryID}
		sessions, wrote, ink := "", "", p.theme.Text
		if counts[key] > 1 {
			sessions = fmt.Sprint(counts[key])
		}
		if b.XidAge > 0 {
			wrote = "wrote"
		}
		if p.sample.At.Sub(b.XactStart) >= worryTransaction {
			ink = p.theme.Warning
		}
		state := stateFor(&probes.Blocked{PID: b.PID, Backend: &b}, p.sample.At)
		g.row(ink, sinceAt(b.XactStart, p.sample.At), sessions, fmt.Sprint(b.PID), state, wrote, who(&b), p.statement(&b))
	}
	if more := len(first) - mostTransactions; more > 0 {
		g.below(p.theme.Secondary, "… "+draw.Counted(int64(more), "more kind", "more kinds"))
	}
	p.grid(g)
}

// xminHolders adds who keeps VACUUM from removing dead rows, oldest first; of the same age, who has been there longest. Those of one name stand together.
func (p *activityPage) xminHolders() {
	holders := p.sample.XminHolders()
	slices.SortStableFunc(holders, func(a, b probes.XminHolder) int { return cmp.Or(cmp.Compare(b.Age, a.Age), a.Since.Compare(b.Since)) })
	type alike struct {
		kind           probes.XminKind
		name, database string
	}
	counts := map[alike]int{}
	var first []probes.XminHolder
	for _, h := range holders {
		key := alike{h.Kind, h.Name, h.Database}
		if counts[key]++; counts[key] == 1 {
			first = append(first, h)
		}
	}
	note := p.seen("nobody")
	if len(holders) > 0 {
		note = fmt.Sprintf("%d; the oldest decides", len(holders))
	}
	p.part("who keeps VACUUM from removing dead rows", "activity", note, len(holders) > 0)
	g := newGrid(head{"transactions", true}, head{"open for", true}, head{"pid", true}, head{"kind", false}, head{"name", false}, head{"database", false}, head{"", false})
	for _, h := range first[:min(len(first), mostHolders)] {
		pid, more, ink := "", "", p.theme.Text
		if h.PID != 0 {
			pid = fmt.Sprint(h.PID)
		}
		if n := counts[alike{h.Kind, h.Name, h.Database}] - 1; n > 0 {
			more = fmt.Sprintf("and %d more of this name", n)
		}
		if h.Age >= worryXminAge {
			ink = p.theme.Critical
		}
		g.row(ink, draw.Count(h.Age), sinceAt(h.Since, p.sample.At), pid, string(h.Kind), h.Name, orWord(h.Database, "all"), more)
	}
	if more := len(first) - mostHolders; more > 0 {
		g.below(p.theme.Secondary, fmt.Sprintf("… %d more", more))
	}
	p.grid(g)
}

func orWord(text, word string) string {
	if text == "" {
		return word
	}
	return text
}

// prepared adds the transactions that hold their locks without a session.
func (p *activityPage) prepared() {
	ink := p.list("prepared transactions", "prepared", len(p.sample.Prepared))
	g := newGrid(head{"prepared for", true}, head{"transactions", true}, head{"name", false}, head{"owner", false}, head{"database", false})
	for _, x := range p.sample.Prepared {
		g.row(ink, sinceAt(x.PreparedAt, p.sample.At), draw.Count(x.XidAge), x.GID, x.Owner, x.Database)
	}
	p.grid(g)
}

// builds adds the running index builds.
func (p *activityPage) builds() {
	ink := p.list("index builds", "builds", len(p.sample.Builds))
	g := newGrid(head{"pid", true}, head{"command", false}, head{"table", false}, head{"index", false}, head{"phase", false}, head{"done", true}, head{"", false})
	for _, b := range p.sample.Builds {
		done, total, unit := b.BlocksDone, b.BlocksTotal, "blocks"
		switch {
		case b.LockersTotal > 0 && b.LockersDone < b.LockersTotal:
			done, total, unit = b.LockersDone, b.LockersTotal, "lockers"
		case b.BlocksTotal == 0 && b.TuplesTotal > 0:
			done, total, unit = b.TuplesDone, b.TuplesTotal, "rows"
		}
		waits := ""
		if b.CurrentLockerPID != 0 {
			waits = fmt.Sprintf("waits for pid %d", b.CurrentLockerPID)
		}
		g.row(ink, fmt.Sprint(b.PID), b.Command, orWord(b.Relation, draw.Unknown), orWord(b.Index, draw.Unknown), b.Phase, doneOf(done, total, unit), waits)
	}
	p.grid(g)
}

// progress adds the other running commands that report how far they are.
func (p *activityPage) progress() {
	ink := p.list("running commands", "progress", len(p.sample.Progress))
	g := newGrid(head{"pid", true}, head{"command", false}, head{"database", false}, head{"table", false}, head{"phase", false}, head{"done", true})
	for _, r := range p.sample.Progress {
		g.row(ink, fmt.Sprint(r.PID), r.Command, orWord(r.Database, draw.Unknown), orWord(r.Relation, draw.Unknown), r.Phase, doneOf(r.Done, r.Total, r.Unit))
	}
	p.grid(g)
}

// doneOf says how far a phase is; Unknown where it has no figures.
func doneOf(done, total int64, unit string) string {
	if unit == "" || done == 0 && total == 0 {
		return draw.Unknown
	}
	figure := func(n int64) string {
		if unit == "bytes" {
			return draw.Bytes(n)
		}
		return draw.Count(n)
	}
	text := figure(done)
	if total > 0 {
		text = draw.Percent(min(float64(done)/float64(total), 1)) + "  " + text + " of " + figure(total)
	}
	if unit != "bytes" {
		text += " " + unit
	}
	return text
}
