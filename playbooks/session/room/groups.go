package room

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/playbooks/session"
	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/live"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// kind is how sessions hold their slots.
type kind int

// The kinds, in the order in which ending one hurts.
const (
	idle kind = iota
	inTransaction
	active
	waiting // for a lock: what they wait for stays where it is
)

func kindOf(b probes.Backend) kind {
	switch {
	case session.IsInTransaction(b):
		return inTransaction
	case b.WaitType == "Lock":
		return waiting
	case session.IsActive(b):
		return active
	}
	return idle
}

// What makes a session one to end: shorter than that, the next request of its pool, or the next statement of its transaction, may come at any moment.
const (
	idleLong        = 30 * time.Second
	transactionLong = 5 * time.Second
)

// group is the sessions that hold slots in one way; of those that run something, one statement.
type group struct {
	kind     kind
	queryID  int64 // of those that run something; 0: not known
	sessions []probes.Backend
	spared   map[string]int // why that many others of it are never signalled
	fresh    int            // of sessions, those that are idle for too short a time to be ended
}

// signal is the gentlest that ends what they do: nothing but the end of the session helps where it is idle.
func (g group) signal() live.Signal {
	if g.kind == active || g.kind == waiting {
		return live.CancelQuery
	}
	return live.Terminate
}

// groupsOf says who holds the slots of the limit, the gentlest to end first, and of one kind the largest.
func groupsOf(seen *playbooks.Seen, limit probes.Limit) []*group {
	type key struct {
		kind    kind
		queryID int64
	}
	found := map[key]*group{}
	var groups []*group
	for _, b := range seen.Sample.Backends {
		if b.Type != "client backend" || !countsAgainst(seen.Sample, limit, b) {
			continue
		}
		k := key{kind: kindOf(b)}
		if k.kind == active || k.kind == waiting {
			k.queryID = b.QueryID
		}
		g := found[k]
		if g == nil {
			g = &group{kind: k.kind, queryID: k.queryID, spared: map[string]int{}}
			found[k], groups = g, append(groups, g)
		}
		g.add(seen.Sample, b)
	}
	for _, g := range groups {
		session.OldestFirst(g.sessions)
	}
	slices.SortFunc(groups, func(a, b *group) int {
		return cmp.Or(cmp.Compare(a.kind, b.kind), cmp.Compare(len(b.sessions), len(a.sessions)), cmp.Compare(a.queryID, b.queryID))
	})
	return groups
}

// countsAgainst says whether a session takes a slot of the limit.
func countsAgainst(s *probes.Sample, limit probes.Limit, b probes.Backend) bool {
	switch limit.Bound {
	case probes.BoundDatabase:
		return b.Database == s.Server.Database
	case probes.BoundRole:
		return b.User == limit.Role
	}
	return true
}

func (g *group) add(s *probes.Sample, b probes.Backend) {
	if why := session.Spared(s, b); why != "" {
		g.spared[why]++
		return
	}
	g.sessions = append(g.sessions, b)
	if !g.isLong(b, s.At) {
		g.fresh++
	}
}

// isLong says whether a session has been what it is for long enough to be ended.
func (g *group) isLong(b probes.Backend, at time.Time) bool {
	spent := at.Sub(b.StateChange)
	switch g.kind {
	case idle:
		return spent >= idleLong
	case inTransaction:
		return spent >= transactionLong
	}
	return true
}

// long returns those that may be ended, oldest first.
func (g *group) long(at time.Time) []probes.Backend {
	return slices.DeleteFunc(slices.Clone(g.sessions), func(b probes.Backend) bool { return !g.isLong(b, at) })
}

// load is what the group's statement did over the last minute; zero where it is none, or not known.
func (g *group) load(seen *playbooks.Seen) probes.StatementLoad { return loadOf(seen, g.queryID) }

func loadOf(seen *playbooks.Seen, queryID int64) probes.StatementLoad {
	var sum probes.StatementLoad
	for _, l := range seen.Statements {
		if queryID == 0 || l.QueryID != queryID {
			continue
		}
		if sum.QueryID == 0 {
			sum = l
			continue
		}
		sum.Held, sum.CallsPerSecond, sum.Load = sum.Held+l.Held, sum.CallsPerSecond+l.CallsPerSecond, sum.Load+l.Load
	}
	return sum
}

// what names the group, for example "active on SELECT … FROM orders".
func (g *group) what(seen *playbooks.Seen) string {
	switch g.kind {
	case idle:
		return "idle"
	case inTransaction:
		return "idle in transaction"
	case waiting:
		return "waiting for a lock in " + statementWords(seen, g.queryID)
	}
	return "active on " + statementWords(seen, g.queryID)
}

// mostStatement is how much of a statement is shown, in characters.
const mostStatement = 50

func statementWords(seen *playbooks.Seen, queryID int64) string {
	if text := seen.Text(queryID); text != "" {
		return sqltext.CleanLine(sqltext.Headline(text, mostStatement))
	}
	return "a statement whose text is not known"
}

// who splits the group by application, role and address, the largest first, and says how old they are.
func (g *group) who(at time.Time) string {
	parts := []string{
		"application " + split(g.sessions, func(b probes.Backend) string { return cmp.Or(b.Application, "no name") }),
		"role " + split(g.sessions, func(b probes.Backend) string { return b.User }),
		"from " + split(g.sessions, func(b probes.Backend) string { return cmp.Or(b.Client, "an unknown address") }),
	}
	if age := ages(g.sessions, at); age != "" {
		parts = append(parts, age)
	}
	return strings.Join(parts, " · ")
}

// mostNames is how many values of one kind are named.
const mostNames = 3

// split counts sessions by what of returns, for example "billing 40, web 12 and 3 others"; the count is left out where all have one.
func split(sessions []probes.Backend, of func(probes.Backend) string) string {
	counts := map[string]int{}
	for _, b := range sessions {
		counts[of(b)]++
	}
	names := make([]string, 0, len(counts))
	for name := range counts {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int { return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(a, b)) })
	if len(names) == 1 {
		return sqltext.CleanLine(names[0])
	}
	var words []string
	for _, name := range names[:min(len(names), mostNames)] {
		words = append(words, fmt.Sprintf("%s %d", sqltext.CleanLine(name), counts[name]))
	}
	text := strings.Join(words, ", ")
	if more := len(names) - mostNames; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}

// ages says how long the sessions have been at it. They are sorted, the oldest first.
func ages(sessions []probes.Backend, at time.Time) string {
	var known []time.Duration
	for _, b := range sessions {
		if since := session.Since(b); !since.IsZero() {
			known = append(known, max(at.Sub(since), 0))
		}
	}
	switch len(known) {
	case 0:
		return ""
	case 1:
		return "for " + probes.Span(known[0])
	}
	return "oldest " + probes.Span(known[0]) + ", median " + probes.Span(known[len(known)/2])
}
