package ui

import (
	"fmt"
	"strings"
	"time"

	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/sqltext"
	"github.com/pgmedic/pgmedic/ui/draw"
)

// bannerLines say what is wrong, since when, and what to do: at most two lines.
func (a *App) bannerLines(w int) []string {
	text := a.banner()
	if text == "" {
		return nil
	}
	lines := draw.Wrap(text, w-1)
	if len(lines) > 2 {
		lines = []string{lines[0], strings.Join(lines[1:], " ")}
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
	case a.window.Last() == nil:
		return "connecting to " + a.target() + "…"
	}
	return a.blindText()
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
	text := fmt.Sprintf("▲ %s %s: %s · %d attempts since %s%s", t.Doing, t.Target, t.Reason, t.Attempts, draw.Clock(t.Since, time.UTC), a.age())
	if t.Next != "" {
		text += " · " + t.Next
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
	age := max(a.serverNow().Sub(s.At), 0)
	if age < time.Minute {
		return fmt.Sprintf("%d s old", int(age.Seconds()))
	}
	return draw.Duration(age) + " old"
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

// blindText says what the newest sample could not see. The statements pane says itself what it misses.
func (a *App) blindText() string {
	var reasons []string
	for _, f := range a.window.Last().Failures {
		if f.Probe != "statements" {
			reasons = append(reasons, f.Reason)
		}
	}
	if len(reasons) == 0 {
		return ""
	}
	return "▲ " + strings.Join(reasons, " · ")
}
