package room

import (
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/playbooks/session"
	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/live"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// holdWord is what a person types to confirm a hold.
const holdWord = "hold the line"

// mostLength is for how long a hold is proposed.
const mostLength = 10 * time.Minute

// target is what a hold acts on: the calls of one statement, in one database, of the roles that were seen to run it, as long as they take slots of one limit.
type target struct {
	queryID   int64
	statement string // in a person's words, harmless
	database  uint32
	roles     []uint32
	limit     probes.Limit // as it was when the hold was drafted
	of, owner uint32       // the limit's database and role; 0: any
}

// hold drafts a hold of the group's statement; nil where there is none to hold back: it has no id or no text, or is a utility statement, which may be maintenance.
func (s *scene) hold(p playbook, g *group) *playbooks.Draft {
	text := s.seen.Text(g.queryID)
	if g.queryID == 0 || text == "" || sqltext.IsUtility(text) || s.limit.Slots < 2 {
		return nil
	}
	return s.holdWithin(p, s.targetOf(g), g, s.propose(g))
}

func (s *scene) targetOf(g *group) target {
	t := target{queryID: g.queryID, statement: statementWords(s.seen, g.queryID), database: g.sessions[0].DatabaseOID, limit: s.limit}
	for _, b := range g.sessions {
		if b.DatabaseOID == t.database && !slices.Contains(t.roles, b.UserOID) {
			t.roles = append(t.roles, b.UserOID)
		}
	}
	switch s.limit.Bound {
	case probes.BoundDatabase:
		t.of = t.database // the group's sessions count against the limit
	case probes.BoundRole:
		t.owner = g.sessions[0].UserOID
	}
	return t
}

// propose makes bounds from what is measured: the ages of the calls that run now, and how many end a second.
func (s *scene) propose(g *group) bounds {
	l := g.load(s.seen)
	b := bounds{free: share(s.limit, keptShare), length: mostLength}
	b.older = s.olderThan(g, b.free, l)
	most := 2*60*l.CallsPerSecond + float64(len(g.sessions)) // on a full server more arrive than end
	b.perMinute = min(max(int(math.Ceil(most/100)*100), 100), perMinuteMost)
	return b
}

// olderThan is how old calls may grow so that they take half of the slots that may be taken, because pools keep a connection for a while after its use: on a full server
// twice as many arrive as end, and each lives on for the hold's reaction. It is no less than twice what a call takes when the server is calm.
func (s *scene) olderThan(g *group, free int, l probes.StatementLoad) time.Duration {
	least := max(2*l.BaseMean, 2*olderLeast)
	if l.CallsPerSecond <= 0 {
		return roundDown(min(least, olderMost))
	}
	room := max(s.limit.Slots-margin*free-(s.limit.Taken-len(g.sessions)), 0)
	age := time.Duration(float64(room)/(2*2*l.CallsPerSecond)*float64(time.Second)) - reaction
	return roundDown(min(max(age, least), olderMost))
}

// roundDown takes the next figure below of the series 1, 2, 5.
func roundDown(d time.Duration) time.Duration {
	step := olderLeast
	for i := 0; ; i++ {
		next := step * 2
		if i%3 == 2 {
			next = step * 5 / 2
		}
		if next > d {
			return step
		}
		step = next
	}
}

// holdWithin drafts a hold within bounds. Typing other bounds drafts it anew.
func (s *scene) holdWithin(p playbook, t target, g *group, b bounds) *playbooks.Draft {
	d := &playbooks.Draft{
		Playbook: playbookName, Finding: s.finding, Title: "hold the line: " + b.String() + " (" + t.statement + ")",
		SQL: []string{live.SignalSQL()}, Word: holdWord, Kind: "hold the line", For: "keeping slots free while the cause is treated", Meanwhile: true,
		Target: map[string]string{"signal": string(live.CancelQuery), "queryid": fmt.Sprint(t.queryID), "bounds": b.String()},
		Work:   newHold(p.holding, t, b, s.cancelling(g)),
		Lost:   "it ends: what was sent stays sent, nothing more is", Stopped: "it ends: what was sent stays sent, nothing more is",
		NoWayBack: "a cancelled request does not come back: its client gets error 57014, and an open transaction is aborted",
		Reasons:   append(s.holdReasons(t, g, b), s.picture()...), Prices: s.holdPrices(g, b), Warnings: s.holdWarnings(g),
	}
	d.Adjust = &playbooks.Adjust{What: "its bounds", Value: b.String(), Draft: func(_ context.Context, _ *live.Asker, typed string) (*playbooks.Draft, error) {
		other, err := parseBounds(typed, s.limit.Slots)
		if err != nil {
			return nil, err
		}
		return s.holdWithin(p, t, g, other), nil
	}}
	return d
}

// cancelling is the work of cancelling the group as it was seen.
func (s *scene) cancelling(g *group) playbooks.Work {
	return session.Draft(playbookName, s.finding, session.Order{Signal: live.CancelQuery, Sessions: g.sessions, Seen: s.seen}).Work
}

func (s *scene) holdReasons(t target, g *group, b bounds) []playbooks.Reason {
	older := "so that they fit in half of the slots, at twice the rate at which they end; the calls that run now: " + ages(g.sessions, s.seen.Sample.At)
	if b.older != s.propose(g).older {
		older = "as it was typed; the calls that run now: " + ages(g.sessions, s.seen.Sample.At)
	}
	if calm := g.load(s.seen).BaseMean; calm > 0 {
		older += "; it takes " + probes.Span(calm) + " in the mean when the server is calm"
	}
	return []playbooks.Reason{
		{Part: "which", Why: fmt.Sprintf("calls of %s alone, by its query id, in its database, of %s that were seen to run it; superusers' never",
			t.statement, probes.Counted(len(t.roles), "role", "roles"))},
		{Part: "older than " + short(b.older), Why: older},
		{Part: fmt.Sprintf("keep %d free", b.free), Why: fmt.Sprintf("it acts before: where fewer are free than these and those that arrive within %s, at least %d, or calls take more than half of "+
			"what then is left, because pools keep a connection for a while after its use; the oldest first, no more than are too many; where fewer than %d are free, all that are old enough",
			probes.Span(reaction), margin*b.free, b.free)},
		{Part: fmt.Sprintf("at most %d a minute", b.perMinute), Why: s.rateWhy(g, b)},
		{Part: "for " + short(b.length), Why: "then it ends by itself; it ends before when it is stopped, when its intent cannot be recorded, when pgmedic's act session is lost, " +
			"or when the server does not answer for " + probes.Span(lostPatience)},
	}
}

// rateWhy says where the most a minute comes from.
func (s *scene) rateWhy(g *group, b bounds) string {
	if b.perMinute != s.propose(g).perMinute {
		return "as it was typed"
	}
	return "twice as many as ended in the last minute, and those that run now: on a full server more arrive than end"
}

func (s *scene) holdPrices(g *group, b bounds) []playbooks.Price {
	return []playbooks.Price{
		{Name: "slots free", Now: fmt.Sprintf("%d of %d", s.limit.Left(), s.limit.Slots), Value: fmt.Sprintf("%d of %d at least", b.free, s.limit.Slots),
			How: "aimed at, and measured while it holds; where pools keep the connections that rest, these are for their next requests and for nobody else"},
		{Name: "requests that fail", Value: fmt.Sprintf("at most %d a minute", b.perMinute), How: "each with error 57014; how many it takes is not known before"},
		{Name: "requests that arrive", Value: arriving(g.load(s.seen)), How: "as many as ended, over the last minute: on a full server more arrive than end"},
	}
}

func arriving(l probes.StatementLoad) string {
	if l.CallsPerSecond <= 0 {
		return "not known"
	}
	return rate(l.CallsPerSecond) + " a second, or more"
}

func (s *scene) holdWarnings(g *group) []string {
	warnings := []string{
		"it fails requests for as long as it holds; clients that try again at once are cancelled again",
		"it treats no cause: draft what does while it holds",
	}
	if n := inOpenTransaction(g.sessions); n > 0 {
		warnings = append(warnings, fmt.Sprintf("%d of the calls run in a transaction of several statements, which is aborted", n))
	}
	return warnings
}
