package panes

import (
	"fmt"
	"slices"
	"time"

	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/ui/draw"
)

// Acts says whether a draft's work is short statements over pgmedic's own session: it ends with pgmedic, and nobody waits behind it.
func Acts(d *playbooks.Draft) bool {
	_, acting := d.Work.(playbooks.Acting)
	return acting
}

// manySent says whether what a draft sends goes out again and again: to each of several, or for minutes. Its SQL says little then, and stands last.
func manySent(d *playbooks.Draft) bool { return len(d.Rows) > 0 || d.Meanwhile }

// rowsFirst is how many of a draft's rows stand before what is to be minded; all of them stand further below.
const rowsFirst = 5

// mostRowName is the room for a row's name, in cells.
const mostRowName = 24

// drawRowsHead lists what a draft acts on; of many the first, a line each, and how many more there are.
func drawRowsHead(page *sheet, d *playbooks.Draft) {
	rows := d.Rows
	if len(rows) <= rowsFirst {
		drawRows(page, d)
		return
	}
	page.heading(rowsHeading(d))
	for _, row := range rows[:rowsFirst] {
		name := draw.Span{Text: draw.Fit(row.Name, nameWidth(rows)) + "  ", Ink: page.theme.Strong}
		what := draw.Fit(row.What, max(page.w-draw.Width(name.Text), 1))
		page.lines = append(page.lines, draw.Line(page.w, name, draw.Span{Text: what, Ink: page.theme.Text}))
	}
	page.text(fmt.Sprintf("… and %d more, all of them below", len(rows)-rowsFirst), page.theme.Secondary)
}

// drawRows lists all of what a draft acts on, in full.
func drawRows(page *sheet, d *playbooks.Draft) {
	rows := d.Rows
	if len(rows) == 0 {
		return
	}
	page.heading(rowsHeading(d))
	for _, row := range rows {
		page.spans(draw.Span{Text: draw.Fit(row.Name, nameWidth(rows)) + "  ", Ink: page.theme.Strong}, row.What, page.theme.Text)
	}
}

// rowsHeading says how many, and as of when: what they do is told with its age.
func rowsHeading(d *playbooks.Draft) string {
	heading := "it acts on"
	if len(d.Rows) > 1 {
		heading = fmt.Sprintf("it acts on %d, in this order", len(d.Rows))
	}
	if seen := d.Finding.Seen; seen != nil && !seen.Sample.At.IsZero() {
		heading += ", as seen at " + draw.Clock(seen.Sample.At, time.UTC) + " UTC"
	}
	return heading
}

// drawRowsLeft lists all of what a draft acts on, where only the first stand above.
func drawRowsLeft(page *sheet, d *playbooks.Draft) {
	if len(d.Rows) > rowsFirst {
		drawRows(page, d)
	}
}

// nameWidth is the room for the longest name.
func nameWidth(rows []playbooks.Row) int {
	width := 0
	for _, row := range rows {
		width = max(width, draw.Width(row.Name))
	}
	return min(width, mostRowName)
}

// drawNoWayBack says that a draft cannot be undone, and why.
func drawNoWayBack(page *sheet, d *playbooks.Draft) {
	if d.NoWayBack == "" {
		return
	}
	text := "cannot be undone: "
	if n := len(d.Rows); n > 1 {
		text = fmt.Sprintf("cannot be undone, for each of the %d: ", n)
	}
	page.lines = append(page.lines, "")
	page.spans(draw.Span{Text: "▲ ", Ink: page.theme.Warning}, text+d.NoWayBack, page.theme.Strong)
}

// sentHeading is the heading of what is sent, which goes out once for each row where there are several.
func sentHeading(d *playbooks.Draft, heading string) string {
	if n := len(d.Rows); n > 1 {
		return fmt.Sprintf("%s, once for each of the %d, with its own pid and times", heading, n)
	}
	return heading
}

// rowsWord says how work on rows ended: how many of them ended how.
func rowsWord(t *draw.Theme, o playbooks.Outcome) (string, draw.Ink) {
	tally := playbooks.Tally(o.Verification.Rows)
	switch {
	case o.State == playbooks.Applied && o.Verification.Helped:
		return "✓ done and read back: " + tally, t.Good
	case o.State == playbooks.Applied:
		return "▲ done, not seen to help: " + tally, t.Warning
	case o.State == playbooks.Canceled:
		return "✗ stopped: " + tally, t.Warning
	case o.State == playbooks.Unfinished:
		return "▲ unfinished: " + tally, t.Warning
	case o.State == playbooks.Failed:
		return "✗ failed: " + tally, t.Critical
	}
	return "▲ unknown: " + tally, t.Critical
}

// stateWidth is the room for a row's state.
const stateWidth = 13

// drawRowsEnded lists what became of each row, with why: those that acted, or the others.
func drawRowsEnded(page *sheet, rows []playbooks.Row, acted bool) {
	listed := slices.DeleteFunc(slices.Clone(rows), func(r playbooks.Row) bool { return (r.State == playbooks.RowActed) != acted })
	if len(listed) == 0 {
		return
	}
	heading := "these did not do as they were told, or were left alone"
	if acted {
		heading = "these did as they were told"
	}
	page.heading(heading)
	for _, row := range listed {
		glyph, ink := rowGlyph(page.theme, row.State)
		state := draw.Span{Text: draw.Fit(glyph+" "+string(row.State), stateWidth), Ink: ink}
		text := row.Name
		if row.Saw != "" {
			text += ": " + row.Saw
		}
		page.spans(state, text+bracketed(row.What), page.theme.Text)
	}
}

// rowGlyph tells the states of rows apart.
func rowGlyph(t *draw.Theme, state playbooks.RowState) (string, draw.Ink) {
	switch state {
	case playbooks.RowActed:
		return "✓", t.Good
	case playbooks.RowChanged, playbooks.RowUnsent:
		return "·", t.Secondary
	case playbooks.RowRefused:
		return "✗", t.Critical
	default:
		return "▲", t.Warning
	}
}
