package panes

import (
	"time"

	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/probes/sqltext"
	"github.com/pgmedic/pgmedic/ui/draw"
)

// Step is one step of a playbook's page.
type Step int

// The steps, in order.
const (
	StepDraft     Step = iota // the SQL, why, what it costs
	StepPreflight             // checks
	StepConfirm               // the typed word
	StepApply                 // progress
	StepVerify                // outcome and checks
	StepCompare               // before | after
)

var stepNames = [...]string{"draft", "preflight", "confirm", "apply", "verify", "before | after"}

// Steps is the page of one run of a playbook: its steps on the left, or above where the page is narrow, and one step's content. What is shown for
// the first time brings the page to its step.
type Steps struct {
	size
	title   string
	note    string
	stale   string // why nothing new is known of what is being applied; empty: it is
	current Step
	reached Step
	seen    Step // the furthest step that was shown
	offset  int  // first line of the content on screen

	drafts   []*playbooks.Draft // of one finding, the best first
	chosen   int
	instead  *playbooks.Rewrite // what helps where there is no draft; nil: nothing
	found    bool               // what is shown was begun elsewhere …
	foreign  bool               // … and is somebody else's
	checks   []playbooks.Check
	refused  string
	prompt   prompt
	progress playbooks.RunProgress
	sent     int                   // which of its statements was last seen to run, from 1; 0: not seen
	began    playbooks.RunProgress // first progress of the present phase, for the rate
	outcome  playbooks.Outcome
	compare  Compare
}

// prompt is the question for the typed word, and when it was answered; zero: not yet.
type prompt struct {
	word, input, problem string
	confirmed            time.Time
}

// Reset starts the page for a new run; title names it, note says what is going on, for example "drafting …".
func (s *Steps) Reset(title, note string) {
	*s = Steps{size: s.size, stale: s.stale, title: title, note: note}
}

// SetStale says why nothing new is known of what is being applied, for example "12 s old, connection lost"; empty: it is.
func (s *Steps) SetStale(reason string) { s.stale = reason }

// ShowNote puts a text above the content of the step shown, for example an error and what to do.
func (s *Steps) ShowNote(text string) { s.note = text }

// ShowDrafts takes the drafts of one finding, and which is chosen.
func (s *Steps) ShowDrafts(drafts []*playbooks.Draft, chosen int) {
	s.drafts, s.chosen, s.note = drafts, chosen, ""
	s.reach(StepDraft)
}

// ShowNoDraft says why there is no draft, and what helps instead; nil: nothing.
func (s *Steps) ShowNoDraft(why string, instead *playbooks.Rewrite) { s.note, s.instead = why, instead }

// ShowFound says that what is shown was begun elsewhere: by a pgmedic that was lost, or by somebody else, and then it is only looked at.
func (s *Steps) ShowFound(ours bool) { s.found, s.foreign = true, !ours }

// draft is the chosen one; nil: there is none yet.
func (s *Steps) draft() *playbooks.Draft {
	if s.chosen >= len(s.drafts) {
		return nil
	}
	return s.drafts[s.chosen]
}

// ShowChecks takes the preflight's checks, and why the draft cannot be applied; empty: it can, and the page stays where the person reads.
func (s *Steps) ShowChecks(checks []playbooks.Check, refused string) {
	s.checks, s.refused = checks, refused
	if refused != "" {
		s.reach(StepPreflight)
	}
	s.reached = max(s.reached, StepPreflight)
}

// ShowPrompt asks for the word to be typed; input is the text field as drawn, problem what was wrong with what was typed.
func (s *Steps) ShowPrompt(word, input, problem string) {
	s.prompt = prompt{word: sqltext.Clean(word), input: input, problem: problem}
	s.reach(StepConfirm)
	s.show(StepConfirm)
}

// ShowConfirmed says that the word was typed, and when.
func (s *Steps) ShowConfirmed(word string, at time.Time) {
	s.prompt = prompt{word: sqltext.Clean(word), confirmed: at}
	s.reach(StepConfirm)
}

// ShowProgress takes how far the apply is.
func (s *Steps) ShowProgress(p playbooks.RunProgress) {
	if p.Phase != s.progress.Phase || p.Done < s.progress.Done {
		s.began = p
	}
	s.progress, s.sent = p, max(s.sent, p.Step)
	s.reach(StepApply)
}

// ShowOutcome takes the end: outcome, checks, plans before and after.
func (s *Steps) ShowOutcome(o playbooks.Outcome) {
	s.outcome = o
	s.reach(StepVerify)
	if v := o.Verification; v.Before != nil && v.After != nil {
		s.compare.Show(v.Before, v.After)
		s.reached = StepCompare
	}
}

// reach brings the page to a step that was not there before.
func (s *Steps) reach(step Step) {
	if step > s.reached {
		s.reached = step
		s.show(step)
	}
}

func (s *Steps) show(step Step) {
	if step != s.current {
		s.offset = 0
	}
	s.current, s.seen = step, max(s.seen, step)
}

// Go shows the step n further, among those reached.
func (s *Steps) Go(n int) { s.show(min(max(s.current+Step(n), StepDraft), s.reached)) }

// ShowNewest shows the furthest step that was reached, of an ended run its outcome.
func (s *Steps) ShowNewest() { s.show(min(s.reached, StepVerify)) }

// IsLast says whether no step that was reached follows the one shown.
func (s *Steps) IsLast() bool { return s.current == s.reached }

// Scroll moves the step's content by n lines.
func (s *Steps) Scroll(n int) {
	if s.current == StepCompare {
		s.compare.Scroll(n)
		return
	}
	s.offset = max(s.offset+n, 0)
}

// Page returns how many lines are on screen, for page keys.
func (s *Steps) Page() int {
	_, h := s.inner()
	return max(h-2, 1)
}

// listWidth is the room of the list of steps at the left; narrower pages than wideEnough have it in a line above.
const (
	listWidth  = 22
	wideEnough = 100
)

// View returns exactly h lines of w cells.
func (s *Steps) View(t *draw.Theme, focused bool) string {
	w, h := s.inner()
	if s.w < wideEnough {
		body := draw.Line(w, s.list(t, "  ")...) + "\n" + draw.Block(s.content(t, w, h-1), w, max(h-1, 1))
		return draw.Box(t, s.title, body, s.w, s.h, focused)
	}
	list := make([]string, 0, len(stepNames))
	for _, span := range s.list(t, "") {
		list = append(list, draw.Line(listWidth, span))
	}
	left := draw.Block(joined(list), listWidth, h)
	body := draw.SideBySide(left, draw.Block(s.content(t, w-listWidth, h), w-listWidth, h))
	return draw.Box(t, s.title, body, s.w, s.h, focused)
}

// compares says whether there are plans to compare at the end, or may be.
func (s *Steps) compares() bool {
	d := s.draft()
	return d == nil || d.Before != nil || s.reached == StepCompare
}

// list names the steps: shown, over, open, to come. A step that was reached and not looked at is called new.
func (s *Steps) list(t *draw.Theme, after string) []draw.Span {
	var spans []draw.Span
	for i, name := range stepNames {
		step := Step(i)
		if step == StepCompare && !s.compares() {
			continue
		}
		glyph, ink := "· ", t.Secondary
		switch {
		case step == s.current:
			glyph, ink = "▶ ", t.Focus
		case s.found && (step == StepPreflight || step == StepConfirm): // it has none
		case step > s.seen && step <= s.reached:
			glyph, name, ink = "✓ ", name+" new", t.Text
		case step < s.reached || (step == s.reached && step >= StepVerify):
			glyph, ink = "✓ ", t.Text
		case step == s.reached:
			glyph, ink = "○ ", t.Text
		}
		spans = append(spans, draw.Span{Text: glyph + name + after, Ink: ink})
	}
	return spans
}

// content draws the step shown, from the line to which it was scrolled.
func (s *Steps) content(t *draw.Theme, w, h int) string {
	page := &sheet{theme: t, w: w}
	if s.note != "" {
		page.text(s.note, t.Warning)
	}
	switch s.current {
	case StepDraft:
		s.drawDraft(page)
	case StepPreflight:
		s.drawChecks(page)
	case StepConfirm:
		s.drawPrompt(page)
	case StepApply:
		s.drawProgress(page)
	case StepVerify:
		s.drawOutcome(page)
	case StepCompare:
		return joined(s.compare.lines(t, w, h))
	}
	below := s.leaving(t, w)
	below = below[:min(len(below), max(h-1, 0))]
	h -= len(below)
	s.offset = min(s.offset, max(len(page.lines)-h, 0))
	if more := len(page.lines) - s.offset - h; more > 0 && h > 1 {
		last := s.offset + h - 1
		page.lines[last] = moreLines(t, more+1)
	}
	shown := page.lines[s.offset:]
	if len(below) == 0 {
		return joined(shown)
	}
	return draw.Block(joined(shown), w, h) + "\n" + joined(below)
}

func moreLines(t *draw.Theme, n int) string {
	return t.Secondary.Paint("↓ " + draw.Count(int64(n)) + " more lines")
}
