package brake

import (
	"context"
	"maps"
	"time"

	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/probes/live"
	"github.com/pgmedic/pgmedic/probes/record"
)

// actionEnded is Data["action"] of the event that says that a brake is not in force any more, although no action on record took it back. Its
// Data["ended"] is the id of the intent that set it.
const actionEnded = "ended"

// standing is a brake that was set by what is on record, and not taken back.
type standing struct {
	change change
	intent record.Event
	since  time.Time // server clock
	ended  bool      // its outcome is on record
}

// Leftovers implements playbooks.Finder: the brakes that are in force, each with what takes it back, and those that somebody else took back.
func (playbook) Leftovers(ctx context.Context, ask *live.Asker, events []record.Event) ([]playbooks.Finding, error) {
	var findings []playbooks.Finding
	for _, stack := range standingBrakes(events) {
		for i := len(stack) - 1; i >= 0; i-- { // the newest counts, if nobody has taken it away
			b := stack[i]
			s, err := readState(ctx, ask, b.change.role.oid, b.change.database.oid)
			if err != nil {
				return nil, err
			}
			if s.there(b.change) && s.now(b.change) == b.change.to {
				findings = append(findings, b.inForce(s))
				break
			}
			findings = append(findings, b.gone())
		}
	}
	return findings, nil
}

// standingBrakes are the brakes on record that were set and not taken back, those of the same thing together, in the order in which they were set.
func standingBrakes(events []record.Event) [][]standing {
	outcomes, gone := map[string]record.Event{}, map[string]bool{}
	for _, e := range events {
		if e.Data["playbook"] == playbookName && e.Data["intent"] != "" {
			outcomes[e.Data["intent"]] = e
		}
		gone[e.Data["ended"]] = true
	}
	var stacks [][]standing
	for _, e := range events {
		c, known := recorded(e.Data)
		outcome, ended := outcomes[e.ID]
		isIntent := e.Kind == record.Acted && e.Data["playbook"] == playbookName && e.Data["state"] == playbooks.StateIntent && e.Data["action"] == ""
		if !known || !isIntent || gone[e.ID] || ended && !maybeDone(outcome) {
			continue
		}
		stacks = c.stack(stacks, standing{c, e, e.At, ended && outcome.Data["state"] == string(playbooks.Applied)})
	}
	return stacks
}

// maybeDone says whether an outcome leaves it possible that the change was made.
func maybeDone(outcome record.Event) bool {
	state := playbooks.OutcomeState(outcome.Data["state"])
	return state == playbooks.Applied || state == playbooks.Unknown
}

// stack puts a brake on those of the same thing, or takes one off that was taken back.
func (c change) stack(stacks [][]standing, b standing) [][]standing {
	for i, stack := range stacks {
		if !stack[0].change.same(c) {
			continue
		}
		if !c.back {
			stacks[i] = append(stack, b)
			return stacks
		}
		for at := len(stack) - 1; at >= 0 && b.ended; at-- {
			if stack[at].change.to == c.from {
				stacks[i] = append(stack[:at:at], stack[at+1:]...)
				break
			}
		}
		if len(stacks[i]) == 0 {
			return append(stacks[:i:i], stacks[i+1:]...)
		}
		return stacks
	}
	if c.back {
		return stacks
	}
	return append(stacks, []standing{b})
}

// inForce is the reminder of a brake that is in force, with what takes it back.
func (b standing) inForce(s state) playbooks.Finding {
	c := b.change
	c.role, c.database = current(c.role, s.role), current(c.database, s.database)
	f := playbooks.Finding{
		Playbook: playbookName, Severity: playbooks.Warning, Title: c.inForce(b.since, s.at), Action: "take it back",
		Leftover: &playbooks.Leftover{Draft: undo(c, s)},
	}
	if !b.ended {
		f.Leftover.End = b.found(playbooks.Applied, f.Title)
	}
	return f
}

// inForce says since when a change is in force, as of a time of the server's.
func (c change) inForce(since, now time.Time) string {
	layout := "15:04 UTC"
	if since.UTC().Format(time.DateOnly) != now.UTC().Format(time.DateOnly) {
		layout = "2006-01-02 15:04 UTC"
	}
	state := c.limits + " = " + c.value(c.to) + " is in force for " + c.whose()
	if since.IsZero() {
		return state
	}
	return state + " since " + since.UTC().Format(layout)
}

// gone says that a brake is not in force any more, although no action on record took it back.
func (b standing) gone() playbooks.Finding {
	title := "no longer in force: " + b.change.words(b.change.to) + ": it was changed or taken back, and no action on record did it"
	f := playbooks.Finding{Severity: playbooks.Note, Title: title, Leftover: &playbooks.Leftover{}}
	if !b.ended {
		f.Title = "not in force: " + b.change.words(b.change.to) + ": its end was not on record"
		f.Leftover.End = b.found(playbooks.Failed, f.Title)
		return f
	}
	f.Leftover.End = func(at time.Time) record.Event {
		e := b.event(title, at)
		delete(e.Data, "state")
		e.Data["action"], e.Data["ended"] = actionEnded, b.intent.ID
		return e
	}
	return f
}

// found is the event that closes an intent whose outcome was lost, by what was read back.
func (b standing) found(state playbooks.OutcomeState, title string) func(time.Time) record.Event {
	return func(at time.Time) record.Event {
		e := b.event(string(state)+", found again: "+title, at)
		e.Data["state"], e.Data["intent"], e.Data["found"] = string(state), b.intent.ID, "after pgmedic had lost it"
		e.Data["sent"] = b.intent.At.UTC().Format(time.RFC3339Nano)
		return e
	}
}

func (b standing) event(title string, at time.Time) record.Event {
	return record.Event{Kind: record.Acted, At: at.UTC(), Basis: record.ServerClock, Source: "engine", Server: b.intent.Server, SQL: b.intent.SQL,
		Title: title, Data: maps.Clone(b.intent.Data)}
}
