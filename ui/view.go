package ui

import (
	"fmt"
	"strings"

	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/sqltext"
	"github.com/pgmedic/pgmedic/ui/draw"
	"github.com/pgmedic/pgmedic/ui/panes"
)

// View draws the screen: exactly as many lines and cells as the terminal has. It is called after every message, so it only joins what the panes
// drew, and costs the same whatever the number of statements.
func (a *App) View() string {
	if a.width <= 0 || a.height <= 0 {
		return ""
	}
	if a.tooSmall() {
		text := fmt.Sprintf("pgmedic needs %d×%d cells; this terminal has %d×%d. Make it larger, or q leaves.", minWidth, minHeight, a.width, a.height)
		return a.theme.Finish(draw.Block(strings.Join(draw.Wrap(text, a.width), "\n"), a.width, a.height))
	}
	parts := []string{a.header.View(a.theme, false)}
	for _, line := range a.layout.banner {
		parts = append(parts, draw.Line(a.width, draw.Span{Text: line, Ink: a.bannerInk()}))
	}
	if a.layout.tabs {
		parts = append(parts, a.tabsLine())
	}
	parts = append(parts, a.bodyView())
	if a.layout.aside {
		parts = append(parts, a.asideLine())
	}
	if a.layout.scrub > 0 {
		parts = append(parts, a.scrub.View(a.theme, false))
	}
	if a.layout.ticker {
		parts = append(parts, a.ticker.View(a.theme, false))
	}
	if a.layout.guide {
		parts = append(parts, draw.Line(a.width, draw.Span{Text: " " + a.deps.Guide(a.scene()), Ink: a.theme.Acted}))
	}
	parts = append(parts, a.footer())
	return a.theme.Finish(strings.Join(parts, "\n"))
}

// bodyView draws what stands between the header and the lines at the bottom.
func (a *App) bodyView() string {
	switch {
	case a.palette != nil:
		return a.palette.view(a.theme, a.width, a.layout.body)
	case a.page == playbookPage:
		return a.treatment.steps.View(a.theme, true)
	case a.page == textPage:
		return a.pager.view(a.theme)
	}
	var columns []string
	var below string
	for _, s := range a.layout.spots {
		drawn := a.pane(s.pane).View(a.theme, s.pane == a.focus)
		if s.pane == findingsPane && len(a.layout.spots) > 1 {
			below = "\n" + drawn
		} else {
			columns = append(columns, drawn)
		}
	}
	return draw.SideBySide(columns...) + below
}

// showHeader brings the header up to date.
func (a *App) showHeader() {
	status := panes.Status{
		Title: a.deps.Title, Target: a.target(), Now: a.serverNow(), Zone: a.deps.Zone,
		Recorded: a.deps.Record != nil, Recording: a.now.Sub(a.started), Frozen: a.frozen, Applying: a.applying(),
	}
	if a.recordErr != nil {
		status.RecordErr = sqltext.CleanLine(a.recordErr.Error())
	}
	if a.trouble != nil {
		status.Lost = a.trouble.Doing
	}
	if a.isReplay() {
		status.Replay = a.replayTitle()
		if a.staleReason() != "" {
			status.Lost = "nothing recorded"
		}
	}
	a.header.Show(a.window, status)
}

// applying says on every screen what is being changed, and how far its phase is.
func (a *App) applying() string {
	t := a.busy()
	if t == nil {
		return ""
	}
	if p := t.progress; p.Total > 0 {
		return fmt.Sprintf("%s · %s %s", t.title, p.Phase, draw.Percent(p.Done/p.Total))
	}
	return t.title
}

// findingKey is the key that runs a finding's playbook: of a statement's index its own, else that which opens the finding.
func (a *App) findingKey(f playbooks.Finding) string {
	switch {
	case f.Playbook == "", a.isReplay():
		return ""
	case f.Playbook == indexBook && f.Leftover == nil:
		return "d"
	case a.focus != findingsPane:
		return "4 ⏎"
	}
	return "⏎"
}

// lineLimit is the most characters of a statement that one line of text takes.
const lineLimit = 200

// statementLine is a statement in one line, cut where it is long.
func statementLine(load probes.StatementLoad) string {
	if load.Text == "" {
		return fmt.Sprintf("statement %d (text not known yet)", load.QueryID)
	}
	return sqltext.Headline(load.Text, lineLimit)
}
