package report

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/probes/record"
)

// markLine is one line of the marks' table.
type markLine struct{ Name, Time, Delta, Basis md }

// The marks in the order in which they are told, as record names them and as a later version or a person may.
var markNames = [...]string{
	record.MarkOnset, record.MarkDetected, record.MarkAcknowledged, record.MarkMitigated, record.MarkRemedied, record.MarkRecovered, record.MarkResolved, record.MarkVerified,
}

func (w *writer) marks() []markLine {
	var lines []markLine
	for _, name := range markNames {
		at, basis := w.mark(name)
		line := markLine{Name: md(name), Time: "not recorded", Delta: "–", Basis: "–"}
		if !at.IsZero() {
			line.Time, line.Delta, line.Basis = md(stamp(at)), w.delta(at), basis
		}
		lines = append(lines, line)
	}
	return lines
}

// mark finds when a mark was, and on what that stands. Onset and recovery are those of the spike that the report is about.
func (w *writer) mark(name string) (time.Time, md) {
	switch name {
	case record.MarkOnset:
		return w.in.spike.Onset, "samples"
	case record.MarkRecovered:
		return w.in.spike.Recovered, "samples: the first of 30 s near the baseline"
	case record.MarkRemedied:
		if a, ok := w.in.cure(); ok {
			if a.onSessions() {
				return a.ended(), "the outcome of ending what was in the way, read back"
			}
			if a.found() {
				return a.ended(), "found again, read back; it was in place then or before"
			}
			return a.ended(), "the build's outcome, read back"
		}
	}
	for i := len(w.in.events) - 1; i >= 0; i-- {
		if e := w.in.events[i]; e.Kind == record.Mark && e.Data["mark"] == name {
			basis := strings.TrimSpace(string(e.Basis) + " " + e.Author)
			if e.Within > 0 {
				basis += " ±" + span(e.Within)
			}
			return e.At, escape(basis)
		}
	}
	return time.Time{}, ""
}

// order says whether recovery came before or after the remedy. It never says that the one caused the other.
func (w *writer) order() md {
	remedied, _ := w.mark(record.MarkRemedied)
	remedy, _ := w.in.cure()
	recovered := w.in.spike.Recovered
	switch {
	case w.in.spike.Onset.IsZero():
		return "Recovery and remedy cannot be put in order: no onset was seen."
	case remedied.IsZero() && recovered.IsZero():
		return "Neither a recovery nor a remedy is on record."
	case remedied.IsZero():
		return "Recovered without a remedy on record."
	case recovered.IsZero():
		return "The remedy is in place; no recovery is on record."
	case recovered.Before(remedied) && remedy.found() && !recovered.Before(remedy.started()):
		return "Recovery and remedy cannot be put in order: the remedy was found in place after the recovery, and came into place then or before."
	case recovered.Before(remedied):
		return md(fmt.Sprintf("**Recovered before the remedy** was in place, by %s.", span(remedied.Sub(recovered))))
	}
	return md(fmt.Sprintf("Recovered after the remedy was in place, by %s.", span(recovered.Sub(remedied))))
}

// eventLine is one line of the timeline.
type eventLine struct{ Time, Delta, Kind, Text, Evidence md }

// timeline lists the events; what the application counted between two marks or actions becomes one line.
func (w *writer) timeline() []eventLine {
	var lines []eventLine
	for _, group := range eventGroups(w.in.events) {
		first, last := group[0], group[len(group)-1]
		line := eventLine{Time: md(window(first.At, later(last.At, last.End))), Delta: w.delta(first.At), Kind: md(first.Kind),
			Text: w.eventText(first), Evidence: w.evidence(first)}
		if isShot(first) {
			line.Text = escape(shotsWords(group))
		} else if len(group) > 1 {
			line.Text = escape(fmt.Sprintf("%s, counted by %s in %d events", errorSums(group), orUnknown(first.Source), len(group)))
		}
		lines = append(lines, line)
	}
	return lines
}

// isShot says whether the event is of a single shot of an action that repeats itself.
func isShot(e record.Event) bool { return e.Kind == record.Acted && e.Data["run"] != "" }

// shotsWords says what the shots of one action came to.
func shotsWords(events []record.Event) string {
	var rows []playbooks.Row
	shots := 0
	for _, e := range events {
		if e.Data["state"] != playbooks.StateIntent {
			shots++
			rows = append(rows, rowsOf(e)...)
		}
	}
	return strings.TrimSuffix(fmt.Sprintf("%s of it: %s", counted(float64(shots), "shots"), playbooks.Tally(rows)), ": ")
}

// eventGroups puts errors imported from one source together until the next mark or action, and the shots of one action; every other event stands alone.
func eventGroups(events []record.Event) [][]record.Event {
	var groups [][]record.Event
	open := map[string]int{}  // place of a source's group
	shots := map[string]int{} // place of an action's shots
	for _, e := range events {
		if isShot(e) {
			at, known := shots[e.Data["run"]]
			if !known {
				at = len(groups)
				shots[e.Data["run"]], groups = at, append(groups, nil)
			}
			groups[at] = append(groups[at], e)
			continue
		}
		if e.Kind == record.Mark || e.Kind == record.Acted {
			clear(open)
		}
		isError := e.Kind == record.Imported && e.Data["errors"] != ""
		if at, ok := open[e.Source]; ok && isError {
			groups[at] = append(groups[at], e)
			continue
		}
		if isError {
			open[e.Source] = len(groups)
		}
		groups = append(groups, []record.Event{e})
	}
	return groups
}

// errorSums adds errors up, apart by what they are called.
func errorSums(events []record.Event) string {
	sums := map[string]float64{}
	for _, e := range events {
		if n, err := strconv.ParseFloat(e.Data["errors"], 64); err == nil {
			sums[errorName(e)] += n
		}
	}
	var words []string
	for _, name := range slices.Sorted(maps.Keys(sums)) {
		words = append(words, counted(sums[name], unitErrors)+" "+name)
	}
	return strings.Join(words, ", ")
}

func (w *writer) eventText(e record.Event) md {
	text := escape(e.Title)
	if e.Author != "" {
		text += " (" + escape(e.Author) + ")"
	}
	if e.Kind == record.Said && e.Body != "" {
		text += ": " + escape(e.Body)
	}
	return text
}

// evidence names the plans and facts that an event points to.
func (w *writer) evidence(e record.Event) md {
	var names []string
	for _, id := range e.Evidence {
		if short, ok := w.ids[id]; ok {
			names = append(names, string(short))
		}
		if name := w.planName(id); name != "" {
			names = append(names, string(name))
		}
	}
	if len(names) == 0 {
		return "–"
	}
	return md(strings.Join(names, " "))
}
