package brake

import (
	"fmt"
	"time"

	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/probes"
)

// idleSteps are the limits of idleness in a transaction that are proposed, the shortest first.
var idleSteps = []time.Duration{
	10 * time.Second, 30 * time.Second, time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 30 * time.Minute,
}

// enoughCalm is how much calm time says what is normal, guessedIdle the limit where it was not seen.
const (
	enoughCalm  = time.Minute
	guessedIdle = time.Minute
)

// proposeIdle drafts an idle_in_transaction_session_timeout where sessions of the role were idle in transactions. Else it says why there is none.
func (g *ground) proposeIdle() (*playbooks.Draft, string) {
	spells, longest := 0, time.Duration(0)
	for _, s := range g.seen.Spells {
		if s.Idle && s.DatabaseOID == g.state.database.oid {
			spells++
			if s.Calm && !s.Runs { // what rests still may be what is wrong
				longest = max(longest, s.AtMost)
			}
		}
	}
	if spells == 0 {
		return nil, idleTimeout + ": no session of the role was seen idle in a transaction"
	}
	limit, why := guessedIdle, "a guess: too little calm time was seen to say what is normal; type another"
	if g.seen.CalmSpan >= enoughCalm {
		limit = 0
		for _, step := range idleSteps {
			if step > longest {
				limit = step
				break
			}
		}
		why = fmt.Sprintf("the shortest of %s to %s above all idleness in a transaction that ended %s: %s", shown(idleSteps[0]),
			shown(idleSteps[len(idleSteps)-1]),
			g.calmFor(), longestOf(longest))
	}
	if limit == 0 {
		return nil, fmt.Sprintf("%s: sessions of the role are idle in transactions for up to %s %s", idleTimeout, probes.Span(longest), g.calmFor())
	}
	d, err := g.draftIdle(limit, why)
	if err != nil {
		return nil, idleTimeout + ": " + err.Error()
	}
	return d, ""
}

func longestOf(d time.Duration) string {
	if d == 0 {
		return "none was long enough to be seen"
	}
	return "at most " + probes.Span(d)
}

// draftIdle drafts an idle_in_transaction_session_timeout. why says where the value comes from.
func (g *ground) draftIdle(limit time.Duration, why string) (*playbooks.Draft, error) {
	c := change{limits: idleTimeout, role: g.state.role, database: g.state.database, to: written(limit)}
	if err := g.narrows(c, limit); err != nil {
		return nil, err
	}
	d := g.newDraft(c, g.here)
	d.For = "ends sessions that rest in a transaction"
	ended, seen := g.idleEnded(limit)
	d.Reasons = []playbooks.Reason{{Part: "value", Why: why}}
	d.Prices = []playbooks.Price{
		g.valuePrice(c, limit),
		{Name: "ends", Value: fmt.Sprintf("%d of %d", ended, seen), How: "times that a session was seen idle in a transaction in the last " +
			probes.Span(g.seen.Until.Sub(g.seen.From).Round(time.Second)) + "; short ones are not seen"},
	}
	d.Warnings = append([]string{
		"it ends the session and rolls its transaction back: the client gets error 25P03 at its next use, or finds the connection closed",
	}, d.Warnings...)
	d.Adjust = g.adjust(limit, func(now *ground, typed time.Duration) (*playbooks.Draft, error) { return now.draftIdle(typed, asTyped) })
	return d, nil
}

// idleEnded counts the times of idleness that lasted so long, and all that were seen.
func (g *ground) idleEnded(limit time.Duration) (ended, seen int) {
	for _, s := range g.seen.Spells {
		if !s.Idle || s.DatabaseOID != g.state.database.oid {
			continue
		}
		seen++
		if s.Age >= limit {
			ended++
		}
	}
	return ended, seen
}
