package panes

import (
	"slices"
	"strings"
	"time"

	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/ui/draw"
)

// Pane is what all panes have in common.
type Pane interface {
	SetSize(w, h int)
	// View returns exactly h lines of w cells.
	View(t *draw.Theme, focused bool) string
}

// size is a pane's room in cells.
type size struct{ w, h int }

// SetSize gives the pane its room in cells.
func (s *size) SetSize(w, h int) { s.w, s.h = max(w, 0), max(h, 0) }

// inner returns the room inside the pane's border.
func (s *size) inner() (int, int) { return draw.Inner(s.w, s.h) }

// joined puts lines below each other.
func joined(lines []string) string { return strings.Join(lines, "\n") }

// reasons says why the probes of these names have no data, or not all.
func reasons(s *probes.Sample, names ...string) []string {
	var list []string
	for _, f := range s.Failures {
		if slices.Contains(names, f.Probe) {
			list = append(list, f.Reason)
		}
	}
	return list
}

// lateness says how old a probe's last reading is where that is more than its pace makes of it; empty where it is not, and before the first. current is the
// window's current sample.
func lateness(w *probes.Window, current *probes.Sample, probe string) string {
	at, late := w.ReadAt(probe), max(current.Interval, time.Second)
	for _, c := range current.Costs {
		if c.Probe == probe {
			late += 2 * max(c.Every, current.Interval)
		}
	}
	if age := current.At.Sub(at); !at.IsZero() && age > late {
		return draw.Duration(age.Round(time.Second)) + " old"
	}
	return ""
}

// noteLines wraps notes into at most so many lines.
func noteLines(t *draw.Theme, notes []string, w, most int) []string {
	var lines []string
	for _, note := range notes {
		for _, row := range draw.Wrap(note, w) {
			lines = append(lines, t.Secondary.Paint(row))
		}
	}
	return lines[:min(len(lines), most)]
}

// staleness is why a pane's data are old.
type staleness struct{ reason string }

// SetStale dims the pane and says in its title why its data are old, for example "12 s old, connection lost"; empty: they are not.
func (s *staleness) SetStale(reason string) { s.reason = reason }

// box puts the lines of a pane into its border, its name and what it shows into the title. What is stale is dimmed, and the reason stands before
// everything that a narrow title would cut.
func (s *staleness) box(t *draw.Theme, room size, name, shows string, lines []string, focused bool) string {
	body := joined(lines)
	if s.reason != "" {
		name += " · " + s.reason
		body = draw.Repaint(t.Secondary, body)
	}
	if shows != "" {
		name += " · " + shows
	}
	return draw.Box(t, name, body, room.w, room.h, focused)
}
