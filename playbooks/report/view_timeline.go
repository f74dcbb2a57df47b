package report

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pgmedic/pgmedic/probes/record"
)

// markLine is one line of the marks' table.
type markLine struct{ Name, Time, Delta, Basis md }

// The marks in the order in which they are told, as record names them and as a later version or a person may.
var markNames = [...]string{
	record.MarkOnset, "detected", "acknowledged", "mitigated", record.MarkRemedied, record.MarkRecovered, "resolved", record.MarkVerified,
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
		if a, ok := w.in.remedy(); ok {
			return a.ended(), "the build's outcome, read back"
		}
	}
	for i := len(w.in.events) - 1; i >= 0; i-- {
		if e := w.in.events[i]; e.Kind == record.Mark && e.Data["mark"] == name {
			return e.At, escape(strings.TrimSpace(string(e.Basis) + " " + e.Author))
		}
	}
	return time.Time{}, ""
}

// order says whether recovery came before or after the remedy. It never says that the one caused the other.
func (w *writer) order() md {
	remedied, _ := w.mark(record.MarkRemedied)
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
	case recovered.Before(remedied):
		return md(fmt.Sprintf("**Recovered before the remedy** was in place, by %s.", span(remedied.Sub(recovered))))
	}
	return md(fmt.Sprintf("Recovered after the remedy was in place, by %s.", span(recovered.Sub(remedied))))
}

// eventLine is one line of the timeline.
type eventLine struct{ Time, Delta, Kind, Text, Evidence md }

// timeline lists the events; what the application counted several times in a row becomes one line.
func (w *writer) timeline() []eventLine {
	var lines []eventLine
	for i := 0; i < len(w.in.events); {
		e := w.in.events[i]
		run := w.sameErrors(i)
		line := eventLine{Time: md(window(e.At, later(e.At, e.End))), Delta: w.delta(e.At), Kind: md(e.Kind), Text: w.eventText(e), Evidence: w.evidence(e)}
		if run > 1 {
			last := w.in.events[i+run-1]
			line.Time = md(window(e.At, later(last.At, last.End)))
			line.Text = escape(fmt.Sprintf("%s, counted by %s in %d events", errorSums(w.in.events[i:i+run]), orUnknown(e.Source), run))
		}
		lines = append(lines, line)
		i += max(run, 1)
	}
	return lines
}

// sameErrors counts how many events from i on are errors imported from the same source.
func (w *writer) sameErrors(i int) int {
	n := 0
	for first := w.in.events[i]; i+n < len(w.in.events); n++ {
		e := w.in.events[i+n]
		if e.Kind != record.Imported || e.Data["errors"] == "" || e.Source != first.Source {
			break
		}
	}
	return n
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
