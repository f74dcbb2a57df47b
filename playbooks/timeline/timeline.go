// Package timeline writes an incident's timeline for others: as markdown, as CSV and as JSON lines. What it writes has passed the gate (playbooks/redact), depends on the
// incident file and the zone alone, and is the same each time.
package timeline

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/pgmedic/pgmedic/playbooks/redact"
	"github.com/pgmedic/pgmedic/probes/record"
)

// Format is how a timeline is written.
type Format string

// The formats.
const (
	Markdown  Format = "md"
	CSV       Format = "csv"
	JSONLines Format = "jsonl"
)

// ParseFormat reads a format as a person gives it.
func ParseFormat(text string) (Format, error) {
	if f := Format(text); f == Markdown || f == CSV || f == JSONLines {
		return f, nil
	}
	return "", fmt.Errorf("%s, %s or %s, not %q", Markdown, CSV, JSONLines, text)
}

// Timeline is what an incident file holds, as it stands now.
type Timeline struct {
	Events      []record.Event // oldest first
	Corrections map[string]int // how often an event was corrected, by its id
	Onset       time.Time      // of the first spike; zero: none was seen
}

// Load reads the timeline of a file.
func Load(file *record.File) (Timeline, error) {
	events, err := file.Events()
	if err != nil {
		return Timeline{}, err
	}
	versions, err := file.Versions()
	if err != nil {
		return Timeline{}, err
	}
	return New(events, versions), nil
}

// New makes a timeline of the events as they stand and of all versions of them.
func New(events, versions []record.Event) Timeline {
	t := Timeline{Events: events, Corrections: map[string]int{}}
	for _, v := range versions {
		if v.Supersedes != "" {
			t.Corrections[v.Supersedes]++
		}
	}
	onset := slices.IndexFunc(events, func(e record.Event) bool { return e.Kind == record.Mark && e.Data["mark"] == record.MarkOnset })
	if onset >= 0 {
		t.Onset = events[onset].At
	}
	return t
}

// Write writes a timeline through the gate. zone is shown beside UTC; nil, or UTC itself: there is none.
func Write(w io.Writer, t Timeline, format Format, gate *redact.Gate, zone *time.Location) error {
	rows := t.rows(gate, zone)
	var err error
	switch format {
	case CSV:
		err = writeCSV(w, rows)
	case JSONLines:
		err = writeJSONLines(w, rows)
	default:
		err = writeMarkdown(w, rows, zone)
	}
	if err != nil {
		return fmt.Errorf("writing the timeline: %w", err)
	}
	return nil
}

// row is an event as it is written.
type row struct {
	record.Event
	sort      string         // its kind in words
	local     time.Time      // in the second zone; zero: there is none
	delta     *time.Duration // from the onset; nil: there is none
	near      bool           // it is not known whether it was before or after its neighbour
	corrected int
}

// rows passes the events through the gate. What is internal stays out of what is for the public.
func (t Timeline) rows(gate *redact.Gate, zone *time.Location) []row {
	var rows []row
	for _, e := range t.Events {
		if e.Internal && gate.Level() == redact.Public {
			continue
		}
		r := row{Event: gate.Event(e), sort: sortOf(e), corrected: t.Corrections[e.ID]}
		if zone != nil && zone != time.UTC {
			r.local = e.At.In(zone)
		}
		if !t.Onset.IsZero() {
			delta := e.At.Sub(t.Onset)
			r.delta = &delta
		}
		rows = append(rows, r)
	}
	for i := 1; i < len(rows); i++ {
		if rows[i-1].Unordered(rows[i].Event) {
			rows[i-1].near, rows[i].near = true, true
		}
	}
	return rows
}

// sortOf is an event's kind in words, with what it is of that kind.
func sortOf(e record.Event) string {
	detail := ""
	switch e.Kind {
	case record.Mark:
		detail = e.Data["mark"]
	case record.Said:
		detail = strings.TrimSpace(e.Data[record.DataSaid] + " " + e.Data[record.DataHypothesis])
		if e.Data[record.DataSaid] == record.SaidHypothesis {
			detail = record.SaidHypothesis + ", " + e.Data[record.DataHypothesis]
		}
	}
	if detail == "" {
		return string(e.Kind)
	}
	return string(e.Kind) + ": " + detail
}
