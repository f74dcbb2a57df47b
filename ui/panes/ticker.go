package panes

import (
	"slices"
	"time"

	"github.com/pgmedic/pgmedic/probes/record"
	"github.com/pgmedic/pgmedic/ui/draw"
)

// Ticker is the line of the newest events of the timeline, the newest at the right.
type Ticker struct {
	size
	events []record.Event
	zone   *time.Location
}

// Show takes the timeline, oldest first, and the zone for its times; nil: UTC. The single shots of a run are left out: the run itself stands there, and has their
// sum.
func (k *Ticker) Show(events []record.Event, zone *time.Location) { k.events, k.zone = events, zone }

// View returns exactly h lines of w cells. As many whole events as fit stand on the first line; only one that stands alone is cut.
func (k *Ticker) View(t *draw.Theme, focused bool) string {
	var spans []draw.Span
	for _, e := range slices.Backward(k.events) {
		if e.Data["run"] != "" {
			continue
		}
		event := k.event(t, e)
		if len(spans) > 0 && draw.SpansWidth(event)+draw.SpansWidth(spans) > k.w {
			break
		}
		spans = append(event, spans...)
	}
	return draw.Block(draw.Line(k.w, spans...), k.w, k.h)
}

func (k *Ticker) event(t *draw.Theme, e record.Event) []draw.Span {
	glyph, ink := eventGlyph(t, e)
	return []draw.Span{
		{Text: " " + draw.Clock(e.At, k.zone), Ink: t.Secondary},
		{Text: " " + glyph + " ", Ink: ink},
		{Text: e.Title + "  ", Ink: t.Text},
	}
}

// EventGlyph tells the kinds of events apart.
func EventGlyph(e record.Event) string {
	glyph, _ := eventGlyph(&draw.Theme{}, e)
	return glyph
}

// eventGlyph is EventGlyph with its ink.
func eventGlyph(t *draw.Theme, e record.Event) (string, draw.Ink) {
	switch e.Kind {
	case record.Acted:
		return "●", t.Acted
	case record.Said:
		return "✎", t.Acted
	case record.Imported:
		return "↓", t.Warning
	case record.Mark:
		switch e.Data["mark"] {
		case record.MarkOnset:
			return "▲", t.Critical
		case record.MarkNotVerified:
			return "?", t.Warning
		}
		return "✓", t.Good
	case record.Observed:
		return "◆", t.Focus
	default:
		return "·", t.Secondary
	}
}
