package room

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/live"
	"github.com/pgmedic/pgmedic/probes/record"
)

// The kinds of the facts that a hold leaves; subject: the statement.
const (
	factLeast  = "hold.slots_free_least"
	factMedian = "hold.slots_free_median"
	factCalls  = "hold.calls_ended"
)

// held are the looks from the first at which as many slots were free as are to be; none where there was no such.
func (h *hold) held() []free {
	for i, f := range h.looks {
		if f.n >= h.bounds.free {
			return h.looks[i:]
		}
	}
	return nil
}

// Verify implements playbooks.Work: what was read back of each call, and seen at the looks. Everything was read while it held: nothing is asked now.
func (h *hold) Verify(context.Context, *live.Asker) (playbooks.Verification, error) {
	if len(h.looks) == 0 {
		return playbooks.Verification{Checks: []playbooks.Check{{
			Verdict: playbooks.Refuse, Name: "hold", Saw: "it did not begin", Do: "see to what stands in the way, then prepare it again",
		}}}, nil
	}
	least, median := spread(h.held())
	v := playbooks.Verification{Begun: h.rows[0] > 0, Done: h.trouble == nil, Helped: median >= h.bounds.free, Unknown: []string{
		"what the cancelled requests cost their clients, and how many of them were sent again",
		"how many slots were free between two looks",
	}}
	v.Checks = []playbooks.Check{h.heldCheck(), h.callsCheck(), h.freeCheck(least, median)}
	v.Facts = h.facts(least, median)
	return v, nil
}

// spread is the least and the median number of slots free; 0 where there are no looks.
func spread(looks []free) (least, median int) {
	if len(looks) == 0 {
		return 0, 0
	}
	var sorted []int
	for _, f := range looks {
		sorted = append(sorted, f.n)
	}
	slices.Sort(sorted)
	return sorted[0], sorted[len(sorted)/2]
}

// heldCheck says for how long it held, and how closely it looked.
func (h *hold) heldCheck() playbooks.Check {
	c := playbooks.Check{Verdict: playbooks.Pass, Name: "held", Saw: fmt.Sprintf("for %s of %s, with %s; the longest time without one was %s",
		probes.Span(h.ended.Sub(h.began)), short(h.bounds.length), probes.Counted(len(h.looks), "look", "looks"), probes.Span(h.gap.Round(time.Millisecond)))}
	if h.trouble != nil {
		c.Verdict, c.Do = playbooks.Caution, "it ended early, see the error; see to that, then draft it again"
	}
	return c
}

// callsCheck says what became of the calls.
func (h *hold) callsCheck() playbooks.Check {
	all, words := 0, ""
	for i, state := range playbooks.RowStates {
		all += h.rows[i]
		if i > 0 && h.rows[i] > 0 {
			words += fmt.Sprintf(", %d %s", h.rows[i], state)
		}
	}
	c := playbooks.Check{Verdict: playbooks.Pass, Name: "calls", Saw: fmt.Sprintf("a cancel was sent to %d of %s, and they have ended, some of them perhaps by themselves just before%s", h.rows[0], calls(all), words)}
	if stuck := h.rows[2] + h.rows[3] + h.rows[4]; stuck > 0 {
		c.Verdict, c.Do = playbooks.Caution, "the timeline names each call that was refused, went on or is unknown, and why"
	}
	return c
}

// tighter is what to do where too few slots were free.
const tighter = "where pools keep the connections that rest, their requests have room all the same; else hold tighter, end sessions that are idle, " +
	"or brake the statement with a statement_timeout, which the server enforces by itself"

// freeCheck says how many slots were free while it held.
func (h *hold) freeCheck(least, median int) playbooks.Check {
	c := playbooks.Check{Verdict: playbooks.Pass, Name: "slots free"}
	held := h.held()
	if len(held) == 0 {
		c.Verdict, c.Saw = playbooks.Caution, fmt.Sprintf("never %d: the most at one look were %d of %d", h.bounds.free, h.most(), h.target.limit.Slots)
		c.Do = tighter
		return c
	}
	settled := held[0].at.Sub(h.looks[0].at)
	c.Saw = fmt.Sprintf("least %d, median %d of %d, at %s from %s after it began", least, median, h.target.limit.Slots,
		probes.Counted(len(held), "look", "looks"), probes.Span(settled))
	if median < h.bounds.free {
		c.Verdict, c.Do = playbooks.Caution, tighter
	}
	if least < h.bounds.free {
		c.Saw += fmt.Sprintf("; fewer than %d at %d of them", h.bounds.free, h.fewer(held))
	}
	return c
}

func (h *hold) most() int {
	most := 0
	for _, f := range h.looks {
		most = max(most, f.n)
	}
	return most
}

// fewer counts the looks at which fewer slots were free than are to be.
func (h *hold) fewer(looks []free) int {
	n := 0
	for _, f := range looks {
		if f.n < h.bounds.free {
			n++
		}
	}
	return n
}

// facts are the figures for the report.
func (h *hold) facts(least, median int) []record.Fact {
	first, last := h.looks[0].at, h.looks[len(h.looks)-1].at
	facts := []record.Fact{{Kind: factCalls, Subject: h.target.statement, Value: float64(h.rows[0]), Unit: "calls", N: int64(len(h.looks)), From: first, To: last,
		Method: "pg_cancel_backend was sent and the call has ended, each read back from pg_stat_activity; one that ended by itself just then counts too", Conditions: h.bounds.String(), Source: "the hold's outcomes", Status: record.Measured}}
	held := h.held()
	if len(held) == 0 {
		return facts
	}
	for _, figure := range []struct {
		kind string
		n    int
	}{{factLeast, least}, {factMedian, median}} {
		facts = append(facts, record.Fact{Kind: figure.kind, Subject: h.target.statement, Value: float64(figure.n), Unit: "connections", N: int64(len(held)),
			From: held[0].at, To: last, Method: "limit less the sessions that count against it, in pg_stat_activity, at each look of the hold from the first with room",
			Conditions: h.bounds.String(), Source: "the hold's looks", Status: record.Measured})
	}
	return facts
}
