package panes

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/probes/sqltext"
	"github.com/pgmedic/pgmedic/ui/draw"
)

// drawProgress shows how far it is and how long yet, who is in the way, and who waits behind it; what is sent comes last.
func (s *Steps) drawProgress(page *sheet) {
	if s.outcome.State != "" {
		s.drawApplied(page)
		return
	}
	p, t := s.progress, page.theme
	if s.stale != "" {
		page.spans(draw.Span{Text: "▲ ", Ink: t.Critical}, "what follows is "+s.stale+"; how it goes on is read when the server answers again", t.Strong)
		page.lines = append(page.lines, "")
	}
	seen := len(page.lines)
	if p.Steps > 1 {
		step := draw.Span{Text: fmt.Sprintf("step %d of %d", p.Step, p.Steps), Ink: t.Strong}
		page.lines = append(page.lines, draw.Line(page.w, step, draw.Span{Text: colon(p.Doing), Ink: t.Text}))
	}
	s.drawPhase(page)
	if p.Behind != "" {
		page.lines = append(page.lines, "")
		page.spans(draw.Span{Text: "▲ ", Ink: t.Critical}, "behind it waits "+p.Behind, t.Strong)
	}
	if d := s.draft(); d == nil || !Acts(d) {
		drawHarm(page, p.Harm)
	}
	if s.stale != "" {
		for i := range page.lines[seen:] {
			page.lines[seen+i] = draw.Repaint(t.Secondary, page.lines[seen+i])
		}
	}
	switch d := s.draft(); {
	case d == nil || len(d.SQL) == 0:
	case Acts(d):
		s.drawActing(page, d)
	default:
		s.drawStatements(page, "being applied", d.SQL)
	}
}

// drawActing shows what is being sent, and to whom.
func (s *Steps) drawActing(page *sheet, d *playbooks.Draft) {
	if d.Meanwhile && d.Adjust != nil {
		page.heading("within")
		page.text(d.Adjust.Value, page.theme.Text)
	}
	drawRows(page, d)
	drawSQL(page, sentHeading(d, "what is sent"), d.SQL)
}

// drawStatements shows the statements of what is being applied or was, each marked by how far that is, as far as it was seen.
func (s *Steps) drawStatements(page *sheet, heading string, statements []string) {
	if s.sent < 1 || s.sent > len(statements) || len(statements) < 2 {
		drawSQL(page, heading, statements)
		return
	}
	t, over := page.theme, s.outcome.State != ""
	page.heading(fmt.Sprintf("%s · %d of %d is the last that was seen to run", heading, s.sent, len(statements)))
	for i, sql := range statements {
		mark, ink := draw.Span{Text: "✓ ended    ", Ink: t.Secondary}, t.Text
		switch {
		case i >= s.sent && (s.found || over):
			mark, ink = draw.Span{Text: "· not seen ", Ink: t.Secondary}, t.Secondary
		case i >= s.sent:
			mark, ink = draw.Span{Text: "· to come  ", Ink: t.Secondary}, t.Secondary
		case i == s.sent-1 && over:
			mark, ink = draw.Span{Text: "▸ the last ", Ink: t.Strong}, t.Strong
		case i == s.sent-1:
			mark, ink = draw.Span{Text: "▶ runs     ", Ink: t.Focus}, t.Strong
		}
		page.spans(mark, sqltext.Clean(sql), ink)
	}
}

// drawSent shows the statements when it is over.
func (s *Steps) drawSent(page *sheet) {
	d := s.draft()
	switch {
	case d == nil || len(d.SQL) == 0:
	case s.outcome.State == playbooks.Applied || len(d.SQL) == 1:
		drawSQL(page, sentHeading(d, "this was sent to the server"), d.SQL)
	default:
		s.drawStatements(page, "its statements", d.SQL)
	}
}

// drawPhase shows the present phase and whom it waits for, how far it is, how fast it goes, and how long it and the whole take yet.
func (s *Steps) drawPhase(page *sheet) {
	p, t := s.progress, page.theme
	phase := p.Phase
	if phase == "" {
		phase = "starting"
	}
	var since draw.Span
	if p.Elapsed > 0 || !s.found {
		since = draw.Span{Text: " · " + draw.Stopwatch(p.Elapsed) + " since it began", Ink: t.Secondary}
	}
	page.lines = append(page.lines, draw.Line(page.w, draw.Span{Text: phase, Ink: t.Strong}, since))
	if p.Waiting != "" {
		page.spans(draw.Span{Text: "▲ ", Ink: t.Warning}, "waits for "+p.Waiting, t.Strong)
	}
	switch {
	case p.Total <= 0 && p.Unit != "":
		page.text(counted(p), t.Text)
	case p.Total <= 0:
	case p.Unit == lockers:
		page.text(draw.Rows(p.Done)+" of "+draw.Counted(int64(p.Total), "transaction has ended", "transactions have ended"), t.Text)
	default:
		share := p.Done / p.Total
		bar := draw.Bar(t.Acted, t.Secondary, share, min(page.w-8, 60))
		page.lines = append(page.lines, bar+" "+draw.Right(draw.Percent(share), 6))
		page.text(draw.Rows(p.Done)+" of "+draw.Rows(p.Total)+" "+p.Unit+s.pace(), t.Text)
	}
	d := s.draft()
	acting := d != nil && Acts(d)
	if acting && p.Doing != "" && p.Steps < 2 {
		page.text(p.Doing, t.Text)
	}
	left := s.left()
	if acting {
		left = TimeLeft(p.Progress)
	}
	if s.stale == "" && left != "" {
		page.text(left, t.Text)
	}
}

// counted is how far work is whose end is not a number.
func counted(p playbooks.RunProgress) string { return draw.Rows(p.Done) + " " + p.Unit }

// Summary says on one line how a draft's work goes, for example "holding the line: 214 calls cancelled, 12 slots free now, 7 min left".
// A phase without figures does not say whose it is.
func Summary(d *playbooks.Draft, p playbooks.RunProgress) string {
	var words []string
	switch {
	case p.Total > 0:
		words = append(words, draw.Rows(p.Done)+" of "+draw.Rows(p.Total)+" "+p.Unit)
	case p.Unit != "":
		words = append(words, counted(p))
	}
	for _, more := range []string{p.Doing, TimeLeft(p.Progress)} {
		if more != "" {
			words = append(words, more)
		}
	}
	if len(words) == 0 {
		return cmp.Or(d.Kind, d.Title) + colon(p.Phase)
	}
	return cmp.Or(p.Phase, d.Kind, d.Title) + colon(strings.Join(words, ", "))
}

// TimeLeft says how much longer work takes that acts over pgmedic's own session; empty: not known.
func TimeLeft(p playbooks.Progress) string {
	left := max(p.Left, p.LeftAll)
	if left <= 0 {
		return ""
	}
	return draw.Duration(left.Round(time.Second)) + " left"
}

// pace is how fast the present phase goes, as its playbook says or by its own reports; empty until it can be known.
func (s *Steps) pace() string {
	rate := s.rate()
	if rate <= 0 {
		return ""
	}
	return " · " + draw.Number(rate) + " " + s.progress.Unit + "/s"
}

func (s *Steps) rate() float64 {
	if s.progress.Rate > 0 {
		return s.progress.Rate
	}
	took, did := (s.progress.Elapsed - s.began.Elapsed).Seconds(), s.progress.Done-s.began.Done
	if took < 1 || did <= 0 || s.progress.Unit == lockers {
		return 0
	}
	return did / took
}

// lockers is the unit of a phase that waits: what is left of it is known to nobody.
const lockers = "lockers"

// left says how long this phase and the whole take yet, as far as that is known.
func (s *Steps) left() string {
	p := s.progress
	var words []string
	phase := p.Left
	if rate := s.rate(); phase == 0 && rate > 0 && p.Total > p.Done {
		phase = time.Duration((p.Total - p.Done) / rate * float64(time.Second))
	}
	if phase > 0 {
		words = append(words, "about "+draw.Duration(phase.Round(time.Second))+" left in this phase")
	}
	if p.LeftAll > 0 {
		words = append(words, "about "+draw.Duration(p.LeftAll.Round(time.Second))+" as a whole, besides waiting")
	}
	switch {
	case len(words) > 0:
		return strings.Join(words, " · ")
	case p.GivesUp > 0:
		return "it goes on when the wait ends, and is given up in about " + draw.Duration(p.GivesUp.Round(time.Second))
	case p.Waiting != "" || p.Unit == lockers || strings.HasPrefix(p.Phase, "waiting"):
		return "it goes on when the wait ends; how long that takes is not known"
	}
	return "how long it takes yet is not known"
}

// harmWidth is the width of the harm meter's bar.
const harmWidth = 20

// drawHarm is the harm meter: how long sessions behind it have waited, all together, against the limit from which it is worth stopping.
func drawHarm(page *sheet, harm float64) {
	t := page.theme
	page.lines = append(page.lines, "")
	waited := draw.Duration(time.Duration(harm * float64(time.Second)))
	if harm > playbooks.HarmLimit {
		page.spans(draw.Span{Text: "▲ ", Ink: t.Warning}, "others have waited "+waited+" behind it, all together · c cancels", t.Strong)
		return
	}
	limit := draw.Duration(time.Duration(playbooks.HarmLimit * float64(time.Second)))
	bar := draw.Bar(t.Warning, t.Secondary, harm/playbooks.HarmLimit, min(harmWidth, page.w))
	words := draw.Span{Text: " " + waited + " of " + limit + " that others have waited behind it", Ink: t.Text}
	page.lines = append(page.lines, bar+draw.Line(max(page.w-harmWidth, 0), words))
}

// leaving says at any time what becomes of what is being applied: on esc, when the terminal is lost, on cancel.
func (s *Steps) leaving(t *draw.Theme, w int) []string {
	d := s.draft()
	if s.current != StepApply || s.outcome.State != "" || d == nil {
		return nil
	}
	goesOn := "it goes on"
	if s.stale != "" {
		goesOn = "whether it goes on is not known now"
	}
	words := []string{"esc: back, " + goesOn}
	if s.foreign {
		words[0] += "; somebody else began it, and pgmedic only looks on"
	}
	words = append(words, endings(d, !s.foreign)...)
	var lines []string
	for _, row := range draw.Wrap(strings.Join(words, " · "), max(w, 1)) {
		lines = append(lines, draw.Line(w, draw.Span{Text: row, Ink: t.Acted}))
	}
	return lines
}

// endings say what becomes of a draft that is applied when the terminal is lost, and where it can be cancelled from here, then.
func endings(d *playbooks.Draft, cancels bool) (words []string) {
	if d.Lost != "" {
		words = append(words, "terminal lost: "+d.Lost)
	}
	if d.Stopped != "" && cancels {
		key := "c cancels: "
		if Acts(d) {
			key = "c stops it at once: "
		}
		words = append(words, key+d.Stopped)
	}
	return words
}
