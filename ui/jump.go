package ui

import (
	"strings"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/pgmedic/pgmedic/probes/replay"
	"github.com/pgmedic/pgmedic/ui/draw"
	"github.com/pgmedic/pgmedic/ui/panes"
)

// askJump lists the events to go to; what is typed may also be a time.
func (a *App) askJump() tea.Cmd {
	var entries []entry
	for _, e := range a.events {
		text := draw.Clock(e.At, nil) + " " + panes.EventGlyph(e) + " " + e.Title
		entries = append(entries, entry{name: text, label: text, do: func() tea.Cmd { a.goEvent(e); return nil }})
	}
	a.palette = newPalette("jump to an event, or to a time in UTC: 16:20, 16:20:05, +5m, -30s, start, end", entries)
	a.palette.more = a.timeEntry
	return nil
}

// timeEntry goes to the time that was typed; false where none was.
func (a *App) timeEntry(typed string) (entry, bool) {
	at, ok := a.jumpTime(strings.TrimSpace(typed))
	if !ok {
		return entry{}, false
	}
	label := "go to " + draw.Clock(at, nil) + " UTC"
	e := entry{name: label, label: label, do: func() tea.Cmd { a.deps.Player.Seek(at); return nil }}
	if s := a.replay.State; at.Before(s.From) || at.After(s.To) {
		e.why = "the record covers " + draw.Clock(s.From, nil) + " to " + draw.Clock(s.To, nil) + ", and shows the sample before"
	}
	return e, true
}

// jumpTime reads a time: of the day, a distance from the position, in full, or one of the ends.
func (a *App) jumpTime(typed string) (time.Time, bool) {
	s := a.replay.State
	switch typed {
	case "":
		return time.Time{}, false
	case "start":
		return s.From, true
	case "end":
		return s.To, true
	}
	if strings.HasPrefix(typed, "+") || strings.HasPrefix(typed, "-") {
		distance, err := time.ParseDuration(typed)
		return s.At.Add(distance), err == nil
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02 15:04:05", "2006-01-02 15:04", "2006-01-02T15:04:05", "2006-01-02T15:04"} {
		if at, err := time.ParseInLocation(layout, typed, time.UTC); err == nil {
			return at.UTC(), true
		}
	}
	for _, layout := range []string{"15:04:05", "15:04"} {
		if of, err := time.Parse(layout, typed); err == nil {
			return onDay(s, of), true
		}
	}
	return time.Time{}, false
}

const day = 24 * time.Hour

// onDay is the time of the day that the record covers, of several days the one nearest to the position; where the record does not cover it, that
// of the position's day.
func onDay(s replay.State, of time.Time) time.Time {
	midnight := s.At.UTC().Truncate(day)
	at := midnight.Add(time.Duration(of.Hour())*time.Hour + time.Duration(of.Minute())*time.Minute + time.Duration(of.Second())*time.Second)
	nearest := at
	for n := s.From.UTC().Truncate(day); !n.After(s.To); n = n.Add(day) {
		other := at.Add(n.Sub(midnight))
		covered, known := !other.Before(s.From) && !other.After(s.To), !nearest.Before(s.From) && !nearest.After(s.To)
		if covered && (!known || other.Sub(s.At).Abs() < nearest.Sub(s.At).Abs()) {
			nearest = other
		}
	}
	return nearest
}
