package panes

import (
	"slices"
	"strings"
	"time"

	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/probes/plan"
	"github.com/pgmedic/pgmedic/probes/sqltext"
	"github.com/pgmedic/pgmedic/ui/draw"
)

// drawPlan shows a plan's nodes without branches.
func drawPlan(page *sheet, heading string, p *plan.Plan) {
	page.heading(heading + " · " + planClass(p.Origin) + " · " + planSource(p))
	p.Walk(func(n *plan.Node, depth int) {
		for _, line := range shortLines(n, p.Origin.Analyzed) {
			indent := 2 * depth
			if line.part != partHead {
				indent += 2
			}
			text := draw.Span{Text: line.text, Ink: line.ink(page.theme)}
			page.lines = append(page.lines, draw.Line(page.w, draw.Span{Text: draw.Fit("", indent)}, text))
		}
	})
}

// drawChecks shows the preflight.
func (s *Steps) drawChecks(page *sheet) {
	if s.found {
		s.drawFound(page)
		return
	}
	if s.refused != "" {
		page.spans(draw.Span{Text: "✗ cannot be applied: ", Ink: page.theme.Critical}, s.refused, page.theme.Strong)
	}
	page.heading("preflight")
	drawCheckList(page, s.checks)
}

// drawFound stands where a change that was begun elsewhere has no step of its own.
func (s *Steps) drawFound(page *sheet) {
	text := "a pgmedic that was lost began it; this one found it"
	if s.foreign {
		text = "somebody else began it; pgmedic looks on"
	}
	page.text(text, page.theme.Text)
}

func drawCheckList(page *sheet, checks []playbooks.Check) {
	for _, c := range checks {
		word, ink := verdict(page.theme, c.Verdict)
		page.spans(draw.Span{Text: draw.Fit(word, 11), Ink: ink}, c.Name+colon(c.Saw), page.theme.Text)
		if c.Do != "" {
			page.labelled("", 11, "→ "+c.Do, page.theme.Strong)
		}
	}
}

func colon(text string) string {
	if text == "" {
		return ""
	}
	return ": " + text
}

// verdict says a verdict by a glyph, a word and a colour.
func verdict(t *draw.Theme, v playbooks.Verdict) (string, draw.Ink) {
	switch v {
	case playbooks.Pass:
		return "✓ pass", t.Good
	case playbooks.Caution:
		return "▲ caution", t.Warning
	default:
		return "✗ refused", t.Critical
	}
}

// shortSQL is how many lines of SQL stand before what is to be minded; longer ones stand behind it.
const shortSQL = 6

// drawPrompt asks for the word, and shows what is about to be sent, what it takes and what to mind. The question comes first, then the preflight's cautions, whose
// own page may not have been looked at, and what is long last, so that a low page shows what decides.
func (s *Steps) drawPrompt(page *sheet) {
	if s.found {
		s.drawFound(page)
		return
	}
	if !s.prompt.confirmed.IsZero() {
		s.drawConfirmed(page)
		return
	}
	page.heading("to go ahead, type in full")
	page.text(s.prompt.word, page.theme.Acted)
	page.lines = append(page.lines, draw.Fit("▸ "+s.prompt.input, page.w))
	if s.prompt.problem != "" {
		page.text(s.prompt.problem, page.theme.Critical)
	}
	d := s.draft()
	if d != nil {
		drawNoWayBack(page, d)
	}
	if cautions := cautionsOf(s.checks); len(cautions) > 0 {
		page.heading("the preflight says")
		drawCheckList(page, cautions)
	}
	sent := &sheet{theme: page.theme, w: page.w}
	if d != nil {
		drawRowsHead(page, d)
		drawFor(page, d)
		drawExpected(page, d.Prices)
		drawRowsLeft(sent, d)
		if len(d.SQL) > 0 {
			drawSQL(sent, sentHeading(d, "this is sent to the server"), d.SQL)
		}
	}
	if len(sent.lines) <= shortSQL {
		page.part(sent)
	}
	if d != nil {
		drawWarnings(page, d.Warnings)
		drawEnds(page, d)
	}
	if len(sent.lines) > shortSQL {
		page.part(sent)
	}
}

// drawFor shows the beginning of the statement that the draft is for.
func drawFor(page *sheet, d *playbooks.Draft) {
	if text := d.Finding.Statement.Text; text != "" {
		page.heading("for the statement")
		page.text(sqltext.Headline(text, max(page.w-2, 20)), page.theme.Text)
	}
}

// drawEnds says what becomes of what is sent when the person leaves, loses the terminal or cancels.
func drawEnds(page *sheet, d *playbooks.Draft) {
	if words := endings(d, true); len(words) > 0 {
		page.heading("once it is sent")
		page.text(strings.Join(append([]string{"esc: back, it goes on"}, words...), " · "), page.theme.Text)
	}
}

// drawExpected shows what of the draft's prices it takes to make and to keep it: its size, the time and the load. The draft's page says how they are known.
func drawExpected(page *sheet, prices []playbooks.Price) {
	prices = slices.DeleteFunc(slices.Clone(prices), func(p playbooks.Price) bool { return p.Name == playbooks.PriceRows || p.Name == playbooks.PriceCost })
	if len(prices) == 0 {
		return
	}
	page.heading("expected")
	for _, p := range prices {
		page.labelled(p.Name, nameRoom(prices, page.w), p.Value, page.theme.Text)
	}
}

func cautionsOf(checks []playbooks.Check) []playbooks.Check {
	return slices.DeleteFunc(slices.Clone(checks), func(c playbooks.Check) bool { return c.Verdict == playbooks.Pass })
}

func (s *Steps) drawConfirmed(page *sheet) {
	if d := s.draft(); d != nil && len(d.SQL) > 0 {
		heading := "this was sent to the server"
		if len(d.SQL) > 1 {
			heading = "these are sent to the server, one after the other"
		}
		drawSQL(page, sentHeading(d, heading), d.SQL)
		drawRows(page, d)
	}
	page.heading("confirmation")
	page.text("confirmed "+draw.Clock(s.prompt.confirmed, time.UTC)+" UTC by typing "+s.prompt.word+"; sent", page.theme.Text)
}

// drawApplied is what is left to say of the apply when it is over.
func (s *Steps) drawApplied(page *sheet) {
	o := s.outcome
	s.drawSent(page)
	page.heading("how it ended")
	text := string(o.State)
	if took := lasted(o); took != "" {
		text += " in " + took
	}
	if tally := playbooks.Tally(o.Verification.Rows); tally != "" {
		text += ": " + tally
	}
	page.text(text, page.theme.Strong)
	drawPhases(page, o.Phases)
	if o.Harm > 0 {
		page.heading("sessions blocked behind it waited")
		page.text(draw.Duration(time.Duration(o.Harm*float64(time.Second))), page.theme.Warning)
	}
}

// lasted is how long the apply took; empty where that is not known.
func lasted(o playbooks.Outcome) string {
	if o.Started.IsZero() || !o.Ended.After(o.Started) {
		return ""
	}
	took := draw.Duration(o.Ended.Sub(o.Started))
	if o.EndUnseen {
		took = "at most " + took
	}
	return took
}

func drawPhases(page *sheet, phases []playbooks.Phase) {
	if len(phases) == 0 {
		return
	}
	page.heading("phases")
	for _, p := range phases {
		page.labelled(draw.Right(draw.Duration(p.Took), 10), 12, p.Name, page.theme.Text)
	}
}

// drawOutcome shows how it ended, as read back from the server.
func (s *Steps) drawOutcome(page *sheet) {
	o, t := s.outcome, page.theme
	word, ink := OutcomeWord(t, s.draft(), o)
	took := lasted(o)
	if took != "" {
		took = " · took " + took
	}
	page.spans(draw.Span{Text: word, Ink: ink}, took, t.Text)
	if o.Err != nil {
		page.text(o.Err.Error(), t.Critical)
	}
	if o.Next != "" {
		page.spans(draw.Span{Text: "→ ", Ink: t.Strong}, o.Next, t.Strong)
	}
	if len(o.Verification.Rows) == 0 {
		drawPhases(page, o.Phases)
	}
	drawRowsEnded(page, o.Verification.Rows, false)
	if len(o.Verification.Checks) > 0 {
		page.heading("read back")
		drawCheckList(page, o.Verification.Checks)
	}
	if len(o.Verification.Unknown) > 0 {
		page.heading("not known yet")
		for _, unknown := range o.Verification.Unknown {
			page.text(unknown, t.Text)
		}
	}
	if undo := o.Verification.Undo; undo != nil {
		drawSQL(page, wayBack(o), undo.SQL)
	}
	drawRowsEnded(page, o.Verification.Rows, true)
}

func wayBack(o playbooks.Outcome) string {
	if o.State == playbooks.Applied {
		return "the way back · u drafts it"
	}
	return "the clean-up · u drafts it"
}

// OutcomeWord says how a draft's run ended, with a glyph and its colour; d is nil where there is no draft.
func OutcomeWord(t *draw.Theme, d *playbooks.Draft, o playbooks.Outcome) (string, draw.Ink) {
	if rows := o.Verification.Rows; len(rows) > 0 {
		return rowsWord(t, o)
	}
	switch {
	case o.State == playbooks.Applied && d != nil && d.Meanwhile && o.Verification.Helped:
		return "✓ done and read back", t.Good
	case o.State == playbooks.Applied && d != nil && d.Meanwhile:
		return "▲ done, not seen to help", t.Warning
	case o.State == playbooks.Applied && o.Verification.Done && len(o.Verification.Unknown) > 0 && !o.Verification.Helped:
		return "✓ applied · not known yet whether it helps", t.Good
	case o.State == playbooks.Applied && o.Verification.Done:
		return "✓ applied and verified", t.Good
	case o.State == playbooks.Applied:
		return "▲ applied, not verified", t.Warning
	case o.State == playbooks.Canceled && d != nil && Acts(d):
		return "✗ stopped", t.Warning
	case o.State == playbooks.Canceled:
		return "✗ cancelled", t.Warning
	case o.State == playbooks.Unfinished:
		return "▲ unfinished · what was sent is there, the rest was not sent", t.Warning
	case o.State == playbooks.Failed:
		return "✗ failed", t.Critical
	default:
		return "▲ unknown: the reply was lost and reading back failed", t.Critical
	}
}
