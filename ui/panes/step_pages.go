package panes

import (
	"slices"
	"time"

	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/probes/plan"
	"github.com/pgmedic/pgmedic/ui/draw"
)

// drawDraft shows what would be sent, why, what it costs, what to mind, and the way back.
func (s *Steps) drawDraft(page *sheet) {
	d, t := s.draft, page.theme
	if d == nil {
		return
	}
	drawSQL(page, "SQL, as it will be sent", d.SQL)
	if len(d.Reasons) > 0 {
		page.heading("why")
		for _, r := range d.Reasons {
			page.labelled(r.Part, reasonMargin(d.Reasons, page.w), r.Why, t.Text)
		}
	}
	if len(d.Prices) > 0 {
		page.heading("price")
		for _, p := range d.Prices {
			page.labelled(p.Name, 16, p.Value+bracketed(p.How), t.Text)
		}
	}
	drawWarnings(page, d.Warnings)
	if len(d.Undo) > 0 {
		drawSQL(page, "the way back", d.Undo)
	}
	if d.Before != nil {
		drawPlan(page, "plan before", d.Before)
	}
}

func bracketed(text string) string {
	if text == "" {
		return ""
	}
	return " (" + text + ")"
}

// reasonMargin is the room for the longest part, at most a third of the line.
func reasonMargin(reasons []playbooks.Reason, w int) int {
	margin := 0
	for _, r := range reasons {
		margin = max(margin, draw.Width(r.Part))
	}
	return min(margin+2, max(w/3, 4))
}

func drawSQL(page *sheet, heading string, statements []string) {
	page.heading(heading)
	for _, sql := range statements {
		page.text(sql, page.theme.Strong)
	}
}

func drawWarnings(page *sheet, warnings []string) {
	if len(warnings) == 0 {
		return
	}
	page.heading("mind")
	for _, w := range warnings {
		page.spans(draw.Span{Text: "▲ ", Ink: page.theme.Warning}, w, page.theme.Text)
	}
}

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
	if s.refused != "" {
		page.spans(draw.Span{Text: "✗ cannot be applied: ", Ink: page.theme.Critical}, s.refused, page.theme.Strong)
	}
	page.heading("preflight")
	drawCheckList(page, s.checks)
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

// drawPrompt shows what is about to be sent and asks for the word. What to mind comes last, so that a low page shows the question; the preflight's
// cautions are there too: its own page may not have been looked at.
func (s *Steps) drawPrompt(page *sheet) {
	if !s.prompt.confirmed.IsZero() {
		s.drawConfirmed(page)
		return
	}
	if s.draft != nil {
		drawSQL(page, "this is sent to the server", s.draft.SQL)
	}
	page.heading("to go ahead, type in full")
	page.text(s.prompt.word, page.theme.Acted)
	page.lines = append(page.lines, "", draw.Fit("▸ "+s.prompt.input, page.w))
	if s.prompt.problem != "" {
		page.lines = append(page.lines, "")
		page.text(s.prompt.problem, page.theme.Critical)
	}
	if s.draft != nil {
		drawWarnings(page, s.draft.Warnings)
	}
	if cautions := cautionsOf(s.checks); len(cautions) > 0 {
		page.heading("the preflight says")
		drawCheckList(page, cautions)
	}
}

func cautionsOf(checks []playbooks.Check) []playbooks.Check {
	return slices.DeleteFunc(slices.Clone(checks), func(c playbooks.Check) bool { return c.Verdict == playbooks.Pass })
}

func (s *Steps) drawConfirmed(page *sheet) {
	if s.draft != nil {
		drawSQL(page, "this was sent to the server", s.draft.SQL)
	}
	page.heading("confirmation")
	page.text("confirmed "+draw.Clock(s.prompt.confirmed, time.UTC)+" UTC by typing "+s.prompt.word+"; sent", page.theme.Text)
}

// drawProgress shows the phase, how far it is and at which rate, and who is in the way.
func (s *Steps) drawProgress(page *sheet) {
	if s.outcome.State != "" {
		s.drawApplied(page)
		return
	}
	p, t := s.progress, page.theme
	if s.draft != nil {
		drawSQL(page, "being applied", s.draft.SQL)
	}
	phase := p.Phase
	if phase == "" {
		phase = "starting"
	}
	page.heading("phase")
	page.text(phase, t.Strong)
	if p.Total > 0 {
		share := p.Done / p.Total
		bar := draw.Bar(t.Acted, t.Secondary, share, min(page.w-8, 60))
		page.lines = append(page.lines, bar+" "+draw.Right(draw.Percent(share), 6))
		page.text(draw.Rows(p.Done)+" of "+draw.Rows(p.Total)+" "+p.Unit+s.pace(), t.Text)
	}
	page.heading("elapsed")
	page.text(draw.Stopwatch(p.Elapsed), t.Text)
	if p.Waiting != "" {
		page.heading("waiting for")
		page.spans(draw.Span{Text: "▲ ", Ink: t.Warning}, p.Waiting, t.Strong)
	}
	if p.Harm > 0 {
		page.heading("sessions blocked behind this one have waited")
		waited := draw.Duration(time.Duration(p.Harm * float64(time.Second)))
		if p.Harm <= playbooks.HarmLimit {
			page.text(waited, t.Text)
		} else {
			page.spans(draw.Span{Text: "▲ ", Ink: t.Warning}, waited+" · c cancels", t.Strong)
		}
	}
}

// drawApplied is what is left to say of the apply when it is over.
func (s *Steps) drawApplied(page *sheet) {
	o := s.outcome
	if s.draft != nil {
		drawSQL(page, "this was sent to the server", s.draft.SQL)
	}
	page.heading("how it ended")
	text := string(o.State)
	if took := lasted(o); took != "" {
		text += " in " + took
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
	return draw.Duration(o.Ended.Sub(o.Started))
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

// pace is the rate of the present phase and the time left at it; empty until it can be known.
func (s *Steps) pace() string {
	took := (s.progress.Elapsed - s.began.Elapsed).Seconds()
	did := s.progress.Done - s.began.Done
	if took < 1 || did <= 0 {
		return ""
	}
	rate := did / took
	left := time.Duration((s.progress.Total - s.progress.Done) / rate * float64(time.Second))
	return " · " + draw.Number(rate) + "/s · about " + draw.Duration(left.Round(time.Second)) + " left in this phase"
}

// drawOutcome shows how it ended, as read back from the server.
func (s *Steps) drawOutcome(page *sheet) {
	o, t := s.outcome, page.theme
	word, ink := outcomeWord(t, o)
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
	drawPhases(page, o.Phases)
	if len(o.Verification.Checks) > 0 {
		page.heading("read back")
		drawCheckList(page, o.Verification.Checks)
	}
	if undo := o.Verification.Undo; undo != nil {
		drawSQL(page, "the way back", undo.SQL)
	}
}

func outcomeWord(t *draw.Theme, o playbooks.Outcome) (string, draw.Ink) {
	switch {
	case o.State == playbooks.Applied && o.Verification.Done:
		return "✓ applied and verified", t.Good
	case o.State == playbooks.Applied:
		return "▲ applied, not verified", t.Warning
	case o.State == playbooks.Canceled:
		return "✗ cancelled", t.Warning
	case o.State == playbooks.Failed:
		return "✗ failed", t.Critical
	default:
		return "▲ unknown: the reply was lost and reading back failed", t.Critical
	}
}
