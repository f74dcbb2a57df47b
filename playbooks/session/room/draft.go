package room

import (
	"context"
	"time"

	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/playbooks/session"
	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/live"
)

const (
	// mostAtOnce is the most sessions that one draft acts on.
	mostAtOnce = 100
	// mostStatements is of how many statements the calls are offered to be cancelled.
	mostStatements = 3
	// typing is how long it takes a person to read a draft and type its word: most calls that last less are over by then.
	typing = 10 * time.Second
	// wantedShare of the slots are to be free when there is room again: more than are left at watch.AlarmPercent. keptShare is what a hold is to keep free. Of both
	// leastRoom slots at least, and of a few slots no more than half.
	wantedShare = 0.25
	keptShare   = 0.1
	leastRoom   = 10
)

// wanted is how many slots are to be free when there is room again.
func wanted(limit probes.Limit) int { return share(limit, wantedShare) }

func share(limit probes.Limit, part float64) int {
	return min(max(int(part*float64(limit.Slots)), leastRoom), limit.Slots/2)
}

// scene is what a draft is made from.
type scene struct {
	finding playbooks.Finding
	seen    *playbooks.Seen
	limit   probes.Limit
	groups  []*group
}

// Draft implements playbooks.Playbook: of all that makes room, the gentlest first.
func (p playbook) Draft(_ context.Context, _ *live.Asker, f playbooks.Finding) (*playbooks.Draft, error) {
	if f.Seen == nil {
		return nil, &playbooks.NoDraft{Reason: "nothing was seen of the sessions"}
	}
	s := &scene{finding: f, seen: f.Seen, limit: f.Seen.Sample.Ceiling.Tighter(f.Seen.Sample)}
	s.groups = groupsOf(s.seen, s.limit)
	drafts := s.drafts(p)
	if len(drafts) == 0 {
		return nil, s.nothing()
	}
	drafts[0].Others = drafts[1:]
	return drafts[0], nil
}

// drafts are what helps, the gentlest first. One shot at calls that will be over when the word is typed comes after holding the line.
func (s *scene) drafts(p playbook) []*playbooks.Draft {
	var drafts, late []*playbooks.Draft
	statements := 0
	for _, g := range s.groups {
		take := s.take(g)
		if len(take) == 0 {
			continue
		}
		d := s.draft(g, take)
		switch {
		case g.kind != active:
			drafts = append(drafts, d)
			continue
		case g.queryID != s.finding.Statement.QueryID && statements >= mostStatements:
			continue
		}
		statements++
		if held := s.hold(p, g); held != nil && statements == 1 {
			if s.short(g) {
				drafts, late = append(drafts, held), append(late, d)
				continue
			}
			drafts = append(drafts, d, held)
			continue
		}
		drafts = append(drafts, d)
	}
	return append(drafts, late...)
}

// take is which sessions of a group are signalled: as many as room is wanted for, oldest first. Of the statement that a person chose they are taken all the same.
func (s *scene) take(g *group) []probes.Backend {
	long := g.long(s.seen.Sample.At)
	n := s.need()
	if s.chosen(g) && n == 0 {
		n = mostAtOnce
	}
	return long[:min(len(long), n, mostAtOnce)]
}

// chosen says whether a person chose the group's statement.
func (s *scene) chosen(g *group) bool {
	return g.queryID != 0 && g.queryID == s.finding.Statement.QueryID
}

// need is how many slots are to come free.
func (s *scene) need() int { return max(wanted(s.limit)-s.limit.Left(), 0) }

// short says whether most calls of the group will be over when the word is typed.
func (s *scene) short(g *group) bool {
	if mean := g.load(s.seen).Mean; mean > 0 {
		return mean < typing
	}
	middle := session.Since(g.sessions[len(g.sessions)/2])
	return s.seen.Sample.At.Sub(middle) < typing
}

// draft signals some sessions of a group.
func (s *scene) draft(g *group, take []probes.Backend) *playbooks.Draft {
	d := session.Draft(playbookName, s.finding, session.Order{Signal: g.signal(), Sessions: take, Seen: s.seen})
	sessions := probes.Counted(len(take), "session", "sessions")
	switch g.kind {
	case idle:
		d.Title, d.Kind, d.For = "end "+sessions+", idle for "+s.youngest(take)+" or longer", "terminate idle", "sessions that nobody has used for long"
	case inTransaction:
		d.Title, d.Kind = "end "+sessions+", idle in transaction", "terminate idle in transaction"
		d.For = "transactions that their clients left open"
	case waiting:
		d.Title, d.Kind = "cancel "+calls(len(take))+" that wait for a lock ("+statementWords(s.seen, g.queryID)+")", "cancel waiting"
		d.For = "requests that wait for a lock"
	default:
		d.Title, d.Kind = "cancel "+calls(len(take))+" of one statement ("+statementWords(s.seen, g.queryID)+")", "cancel active"
		d.For = "the oldest calls of " + statementWords(s.seen, g.queryID)
	}
	d.Reasons = s.reasons(g, take)
	d.Prices = s.prices(g, take)
	d.Warnings = s.warnings(g, take)
	return d
}

func calls(n int) string { return probes.Counted(n, "call", "calls") }

// youngest is for how long the youngest of sessions, which are the oldest first, has been what it is.
func (s *scene) youngest(take []probes.Backend) string {
	return probes.Span(s.seen.Sample.At.Sub(take[len(take)-1].StateChange))
}
