package report

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/probes/record"
)

// sessionsLine is one line of the table of what was done to sessions and settings.
type sessionsLine struct {
	Time, Delta, What, State, Took md
	Counts                         []md // in the order of playbooks.RowStates
}

// sessionsBlock tells one action on sessions or settings.
type sessionsBlock struct {
	Title, SQL, Undo  md
	Facts, Rows, Left []md
}

// sessions is the table: an action a line.
func (w *writer) sessions() []sessionsLine {
	var table []sessionsLine
	for _, a := range w.in.actions {
		if !a.onSessions() {
			continue
		}
		line := sessionsLine{Time: "not known", Delta: "–", What: escape(a.title()), State: "outcome not recorded", Took: notMeasured}
		if !a.started().IsZero() {
			line.Time, line.Delta = md(stamp(a.started())), w.delta(a.started())
		}
		if a.Outcome != nil {
			line.State = escape(a.Outcome.Data["state"])
			line.Took = w.figure(w.facts.findAt(kindActed, a.title(), a.started(), a.ended()))
		}
		for _, state := range playbooks.RowStates {
			line.Counts = append(line.Counts, w.sessionsCount(a, state))
		}
		table = append(table, line)
	}
	return table
}

// sessionsCount is how many sessions of the action ended so; a dash where it is on none.
func (w *writer) sessionsCount(a action, state playbooks.RowState) md {
	if f := w.facts.findAt(kindSessions+string(state), a.title(), a.started(), a.ended()); f != nil {
		return w.figure(f)
	}
	return "–"
}

// sessionsBlocks tells each action: who confirmed it and why, what was measured meanwhile, who was not acted on.
func (w *writer) sessionsBlocks() []sessionsBlock {
	var blocks []sessionsBlock
	for _, a := range w.in.actions {
		if !a.onSessions() {
			continue
		}
		b := sessionsBlock{Title: escape(a.title()), SQL: fence("sql", a.Intent.SQL), Facts: w.sessionsFacts(a)}
		if undo := a.Intent.Data["undo"]; undo != "" && a.applied() {
			b.Undo = fence("sql", undo)
		}
		if a.Outcome != nil {
			b.Rows, b.Left = readBackOf(a), w.left(a)
		}
		blocks = append(blocks, b)
	}
	return blocks
}

func (w *writer) sessionsFacts(a action) []md {
	facts := []md{md(fmt.Sprintf("Sent at %s, %s from the onset, by %s on %s", stamp(a.started()), w.delta(a.started()),
		code(orUnknown(a.Intent.Data["role"])), code(orUnknown(a.Intent.Server))))}
	if reason := a.Intent.Data["reason"]; reason != "" {
		facts = append(facts, "Because of the finding: "+escape(reason))
	}
	if a.Outcome == nil {
		return append(facts, "No outcome is on this record: look on the server what became of it.")
	}
	if shots := a.repeated(); shots != "" {
		facts = append(facts, "Sent in "+escape(strings.TrimPrefix(shots, "added up over ")))
	}
	for _, f := range w.in.storedDuring(a.started(), a.ended()) {
		facts = append(facts, w.storedLine(f))
	}
	if back := w.in.takenBack(a); back != "" {
		facts = append(facts, back)
	}
	return facts
}

// storedLine prints a fact that a run put on record.
func (w *writer) storedLine(f record.Fact) md {
	name := strings.NewReplacer(".", ": ", "_", " ").Replace(f.Kind)
	if f.Subject != "" {
		name += ", " + f.Subject
	}
	return escape(name) + ": " + w.figure(&f) + " (" + escape(how(f)) + ")"
}

// takenBack says whether a setting was taken back on this record; empty: the action is on no setting, or was not applied.
func (in *incident) takenBack(a action) md {
	undo := a.Intent.Data["undo"]
	if undo == "" || !a.applied() {
		return ""
	}
	for _, later := range in.actions {
		if later.applied() && later.started().After(a.started()) && later.Intent.SQL == undo {
			return md("Taken back at " + stamp(later.ended()))
		}
	}
	return "**In force at the end of this record**: nothing on it takes it back"
}

// readBackOf are the lines of the outcome that are no rows.
func readBackOf(a action) []md {
	var list []md
	for _, line := range strings.Split(a.Outcome.Body, "\n") {
		if strings.TrimSpace(line) != "" && !strings.HasPrefix(line, "pid ") {
			list = append(list, escape(line))
		}
	}
	return list
}

// left says what was listed and not acted on: each session, or of a repetition how many calls for which reason.
func (w *writer) left(a action) []md {
	if len(a.Shots) == 0 {
		return notActed(a.rows())
	}
	counts := map[string]int{}
	for _, row := range a.rows() {
		if row.State != playbooks.RowActed {
			counts[string(row.State)+", "+row.Saw]++
		}
	}
	var list []md
	for _, why := range slices.SortedFunc(maps.Keys(counts), func(x, y string) int { return cmp.Or(cmp.Compare(counts[y], counts[x]), cmp.Compare(x, y)) }) {
		list = append(list, escape(fmt.Sprintf("%s: %s", counted(float64(counts[why]), unitSent), why)))
	}
	return list[:min(len(list), mostLeft)]
}

// mostLeft is the most sessions that are named of those that were not acted on.
const mostLeft = 50

// notActed names the sessions that were listed and not acted on, and why.
func notActed(rows []playbooks.Row) []md {
	var list []md
	more := 0
	for _, row := range rows {
		switch {
		case row.State == playbooks.RowActed:
		case len(list) == mostLeft:
			more++
		default:
			list = append(list, escape(fmt.Sprintf("%s (%s): %s, %s", row.Name, row.What, row.State, row.Saw)))
		}
	}
	if more > 0 {
		list = append(list, md(fmt.Sprintf("and %d more: the timeline's events name them", more)))
	}
	return list
}
