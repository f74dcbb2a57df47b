package ui

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/sqltext"
	"github.com/pgmedic/pgmedic/ui/draw"
)

// bannerLines say what is wrong, since when, and what to do: at most two lines; where the server does not answer a sixth of the screen, or a third before
// there is anything else to show.
func (a *App) bannerLines(w int) []string {
	text := a.banner()
	if text == "" {
		return nil
	}
	most := 2
	switch {
	case a.trouble != nil && a.window.Last() == nil:
		most = max(most, a.height/3)
	case a.trouble != nil:
		most = max(most, a.height/6)
	}
	lines := draw.Wrap(text, w-1)
	if len(lines) > most {
		lines = append(lines[:most-1], strings.Join(lines[most-1:], " "))
	}
	for i := range lines {
		lines[i] = " " + lines[i]
	}
	return lines
}

func (a *App) banner() string {
	switch {
	case a.trouble != nil:
		return a.troubleText(a.trouble)
	case a.recordErr != nil:
		return "▲ the record is not being written: " + sqltext.CleanLine(a.recordErr.Error()) + " · the screen goes on; free space or leave and start again"
	case a.ended:
		return "● no more samples come: the source has ended" + a.age()
	case a.isReplay() && a.window.Last() == nil:
		return a.replayBanner()
	case a.window.Last() == nil:
		return "connecting to " + a.target() + "…"
	}
	return a.blindText(a.width)
}

func (a *App) bannerInk() draw.Ink {
	switch {
	case a.trouble != nil || a.recordErr != nil:
		return a.theme.Critical
	case a.window.Last() == nil:
		return a.theme.Secondary
	}
	return a.theme.Warning
}

func (a *App) troubleText(t *probes.Trouble) string {
	tried := draw.Counted(int64(t.Attempts), "attempt", "attempts")
	if lasted := a.now.Sub(t.Since).Truncate(time.Second); lasted > 0 {
		tried = "for " + draw.Duration(lasted) + ", " + tried
	}
	text := fmt.Sprintf("▲ %s %s: %s · %s since %s%s", t.Doing, t.Target, t.Reason, tried, draw.Clock(t.Since, time.UTC), a.age())
	for _, more := range []string{t.Slots(), t.Next, t.Trying} {
		if more != "" {
			text += " · " + more
		}
	}
	return text
}

// age says how old the data on screen are.
func (a *App) age() string {
	last := a.window.Last()
	if last == nil {
		return ""
	}
	return " · data " + a.ageOf(last)
}

// ageOf says how old a sample is, for example "14 s old".
func (a *App) ageOf(s *probes.Sample) string {
	return wholeSeconds(max(a.serverNow().Sub(s.At), 0)) + " old"
}

// wholeSeconds is a time span without a share of a second.
func wholeSeconds(d time.Duration) string {
	if d < time.Minute {
		return fmt.Sprintf("%d s", int(d.Seconds()))
	}
	return draw.Duration(d)
}

// patience is how many intervals a sample may be late before its data are called old.
const patience = 5

// staleReason says how old the data of the panes are; empty: they are not old.
func (a *App) staleReason() string {
	last := a.window.Last()
	if last == nil {
		return ""
	}
	late := a.serverNow().Sub(last.At) > patience*max(a.interval, time.Second)
	if a.trouble == nil && !a.ended && !late {
		return ""
	}
	return a.ageOf(last)
}

// lostReason says how old the last news are where the server does not answer; empty: it does.
func (a *App) lostReason() string {
	if a.trouble == nil {
		return ""
	}
	return a.staleReason()
}

// blindText says what the newest sample could not see, on two lines at most, through a pooler, where it stands for good, on one. The statements pane says itself
// what it misses. What has no room stands on the activity page.
func (a *App) blindText(w int) string {
	var reasons []string
	for _, f := range a.window.Last().Failures {
		if f.Probe != "statements" && !slices.Contains(reasons, f.Reason) {
			reasons = append(reasons, f.Reason)
		}
	}
	if len(reasons) == 0 {
		return ""
	}
	text := "▲ " + strings.Join(reasons, " · ")
	most := 2
	if a.window.Last().Server.Pooler != probes.NoPooler {
		most = 1
	}
	if len(draw.Wrap(text, w-1)) <= most {
		return text
	}
	more := " · a shows it in full"
	if len(reasons) > 1 {
		more = fmt.Sprintf(" · a shows all %d", len(reasons))
	}
	return strings.TrimRight(draw.Fit(text, most*(w-1)-draw.Width(more)-(most-1)*leastRagged), " ") + more
}

// leastRagged is the room that two lines lose at their ends, where words are not broken.
const leastRagged = 24
