package room

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/live"
)

// reasons say how many are taken and why those, and then who holds the slots.
func (s *scene) reasons(g *group, take []probes.Backend) []playbooks.Reason {
	why := fmt.Sprintf("%d of %d slots are to be free, %d are: the %d oldest of %d that may be ended",
		wanted(s.limit), s.limit.Slots, s.limit.Left(), len(take), len(g.long(s.seen.Sample.At)))
	if s.need() == 0 {
		why = fmt.Sprintf("%d of %d slots are free; the statement was chosen by hand: its %d oldest calls", s.limit.Left(), s.limit.Slots, len(take))
	}
	reasons := []playbooks.Reason{{Part: "how many", Why: why}, {Part: string(g.signal()), Why: gentlest(g.kind)}}
	return append(reasons, s.picture()...)
}

// gentlest says why it is that signal.
func gentlest(k kind) string {
	switch k {
	case idle:
		return "they run nothing, so there is nothing to cancel; nothing is lost but the connection"
	case inTransaction:
		return "a session that is idle in transaction takes a cancel and ignores it: only its end frees its slot and its locks"
	case waiting:
		return "the request fails and the session stays; what it waited for stays where it is: see who blocks"
	}
	return "the request fails and the session stays: gentler than ending it, after which its client must connect again on a full server"
}

// picture says who holds the slots, a group a line, with what its removal frees and costs.
func (s *scene) picture() []playbooks.Reason {
	var lines []playbooks.Reason
	for _, g := range s.groups {
		if len(g.sessions) == 0 {
			continue
		}
		lines = append(lines, playbooks.Reason{
			Part: fmt.Sprintf("%d %s", len(g.sessions), g.what(s.seen)),
			Why:  g.who(s.seen.Sample.At) + ": " + s.removal(g),
		})
	}
	if why := s.leftOut(); why != "" {
		lines = append(lines, playbooks.Reason{Part: "left out", Why: why})
	}
	return lines
}

// removal says what ending all of the group frees and costs.
func (s *scene) removal(g *group) string {
	n := len(g.sessions)
	switch g.kind {
	case idle:
		text := "ending them frees " + probes.Counted(n, "slot", "slots") + " until their clients connect again, which is not known"
		if g.fresh > 0 {
			text += fmt.Sprintf("; %d of them for less than %s: a pool uses such a one again", g.fresh, probes.Span(idleLong))
		}
		return text
	case inTransaction:
		return "ending them frees " + probes.Counted(n, "slot", "slots") + " and rolls back " + probes.Counted(n, "transaction", "transactions")
	}
	return fmt.Sprintf("cancelling fails %s and frees %s %s", probes.Counted(n, "request", "requests"), its(n), s.refill(g, n))
}

func its(n int) string {
	if n == 1 {
		return "its session for the next one"
	}
	return "their sessions for the next ones"
}

// refill says how soon as many requests arrive as were cancelled: from the calls that ended, of which at least as many arrive.
func (s *scene) refill(g *group, n int) string {
	l := g.load(s.seen)
	if l.CallsPerSecond <= 0 {
		return "(how soon they come back is not known: no call of it ended in the last minute)"
	}
	span := time.Duration(float64(n) / l.CallsPerSecond * float64(time.Second))
	return fmt.Sprintf("for about %s, since %s calls a second arrive (as many ended, over the last minute)", probes.Span(span), rate(l.CallsPerSecond))
}

func rate(perSecond float64) string {
	if perSecond < 10 {
		return fmt.Sprintf("%.1f", perSecond)
	}
	return fmt.Sprintf("%.0f", perSecond)
}

// leftOut says how many sessions are never signalled, and why; empty: none.
func (s *scene) leftOut() string {
	counts := map[string]int{}
	for _, g := range s.groups {
		for why, n := range g.spared {
			counts[why] += n
		}
	}
	var words []string
	for _, why := range slices.Sorted(maps.Keys(counts)) {
		words = append(words, fmt.Sprintf("%d: %s", counts[why], why))
	}
	return strings.Join(words, "; ")
}

// prices say how many slots are free with it, and what it costs.
func (s *scene) prices(g *group, take []probes.Backend) []playbooks.Price {
	of := func(free int) string { return fmt.Sprintf("%d of %d", min(free, s.limit.Slots), s.limit.Slots) }
	now := of(s.limit.Left())
	if g.signal() == live.Terminate {
		after := s.limit.Slots - s.limit.Taken + len(take) // those beyond the limit, in the reserve, come first
		return []playbooks.Price{{Name: "slots free", Now: now, Value: of(max(after, 0)), How: "until their clients connect again: how soon is not known"}}
	}
	return []playbooks.Price{
		{Name: "slots free", Now: now, Value: now, How: "a cancelled request leaves its connection to its client; a slot comes free where the client then closes it"},
		{Name: "sessions for the next request", Now: "0", Value: fmt.Sprint(len(take)), How: s.refill(g, len(take))},
		{Name: "requests that fail", Value: fmt.Sprint(len(take)), How: "counted: each of them, with error 57014"},
	}
}

// warnings say what it does to others.
func (s *scene) warnings(g *group, take []probes.Backend) []string {
	var warnings []string
	switch g.kind {
	case idle:
		warnings = append(warnings, "a pool that does not check its connections gives an ended one to its next request, which then fails")
	case inTransaction:
		warnings = append(warnings, "what these transactions wrote is rolled back")
	}
	if g.signal() == live.CancelQuery {
		warnings = append(warnings, "clients that try again at once take the room that was made")
		if n := inOpenTransaction(take); n > 0 {
			warnings = append(warnings, fmt.Sprintf("%d of them run in a transaction of several statements, which is aborted", n))
		}
		if s.short(g) {
			warnings = append(warnings, "most of these calls will be over before the word is typed, and nothing is sent for those: "+
				"holding the line acts on the calls that run then")
		}
	}
	if !s.suffices(len(take)) {
		warnings = append(warnings, fmt.Sprintf("it is not enough: %d more are needed for %d free slots", s.need()-len(take), wanted(s.limit)))
	}
	return warnings
}

func (s *scene) suffices(n int) bool { return n >= s.need() }

// inOpenTransaction counts the sessions whose transaction began before their statement.
func inOpenTransaction(sessions []probes.Backend) int {
	n := 0
	for _, b := range sessions {
		if !b.XactStart.IsZero() && b.XactStart.Before(b.QueryStart) {
			n++
		}
	}
	return n
}

// nothing says why there is nothing to end.
func (s *scene) nothing() *playbooks.NoDraft {
	if s.limit.Slots > 0 && s.need() == 0 {
		return &playbooks.NoDraft{Reason: fmt.Sprintf("%d of %d slots are free: there is room, and nothing needs to be ended", s.limit.Left(), s.limit.Slots)}
	}
	reason := "none of the sessions that hold the slots may be ended"
	for _, g := range s.groups {
		switch {
		case g.fresh == 0:
		case g.kind == idle:
			reason += fmt.Sprintf("; %d are idle for less than %s, between two requests of their pools", g.fresh, probes.Span(idleLong))
		case g.kind == inTransaction:
			reason += fmt.Sprintf("; %d are idle in transaction for less than %s", g.fresh, probes.Span(transactionLong))
		}
	}
	if why := s.leftOut(); why != "" {
		reason += "; left out: " + why
	}
	return &playbooks.NoDraft{Reason: reason, Instead: "lower the number of connections where they are made: the size of the pools, or a pooler in between"}
}
