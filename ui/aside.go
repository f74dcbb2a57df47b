package ui

import (
	"cmp"
	"context"
	"slices"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/ui/draw"
	"github.com/pgmedic/pgmedic/ui/panes"
)

// A treatment that goes on for minutes beside other work, as holding the line does, is put aside when its page is left: another draft can be made
// and applied meanwhile. A line on every screen says how it goes, and a key goes back to its page.

// isBeside says whether it was confirmed and lets other work go on beside it, or did.
func (t *treatment) isBeside() bool {
	return t.draft != nil && t.draft.Meanwhile && (t.stage == applying || t.stage == finished)
}

// acts says whether it is carried out over pgmedic's own session, and so ends with pgmedic.
func (t *treatment) acts() bool { return t.draft != nil && panes.Acts(t.draft) }

// treatments are the one on the page, those behind it and those aside.
func (a *App) treatments() []*treatment {
	var all []*treatment
	for t := a.treatment; t != nil; t = t.before {
		all = append(all, t)
	}
	return append(all, a.aside...)
}

// awaiting finds the treatment that is at the stage which the answer to this request ends or goes on with; nil: nobody waits for that answer
// any more.
func (a *App) awaiting(request int, at stage) *treatment {
	for _, t := range a.treatments() {
		if t.request == request && t.stage == at {
			return t
		}
	}
	return nil
}

// busy returns the treatment that is being applied and lets no other be applied beside it; nil: there is none.
func (a *App) busy() *treatment {
	for _, t := range a.treatments() {
		if t.underWay() && !t.isBeside() {
			return t
		}
	}
	return nil
}

// isShown says whether the treatment's page is on the screen, or under a text that is read.
func (a *App) isShown(t *treatment) bool {
	return t != nil && a.treatment == t && (a.page == playbookPage || a.page == textPage && a.pager.from == playbookPage)
}

// setAside puts the treatment of the page aside where it goes on beside other work, and brings back the one before it. The page must be left then.
func (a *App) setAside() {
	t := a.treatment
	if t == nil || !t.isBeside() {
		return
	}
	a.treatment, t.before = t.before, nil
	a.aside = append(a.aside, t)
}

// openAside goes to the page of what runs aside, else of what did last.
func (a *App) openAside() tea.Cmd {
	a.leaveText()
	from := a.page
	if a.page == playbookPage && a.treatment.isBeside() {
		from = a.treatment.from
		a.setAside()
	}
	at := max(slices.IndexFunc(a.aside, (*treatment).underWay), 0)
	if !a.aside[at].underWay() {
		at = len(a.aside) - 1
	}
	t := a.aside[at]
	a.aside = slices.Delete(a.aside, at, at+1)
	t.before, t.from, t.unseen = a.treatment, from, false
	a.treatment, a.page = t, playbookPage
	t.steps.ShowNewest()
	return nil
}

func (a *App) whyNoAside() string {
	if len(a.aside) == 0 {
		return "nothing runs beside other work, and nothing did"
	}
	return ""
}

// asideSpans say how what runs aside goes, or that it has ended where nobody has seen that yet; nil: there is nothing to say.
func (a *App) asideSpans() []draw.Span {
	for _, t := range a.aside {
		if t.underWay() {
			return []draw.Span{{Text: " ● ", Ink: a.theme.Acted}, {Text: panes.Summary(t.draft, t.progress), Ink: a.theme.Text}}
		}
	}
	for _, t := range slices.Backward(a.aside) {
		if t.unseen {
			word, ink := panes.OutcomeWord(a.theme, t.draft, t.outcome)
			return []draw.Span{{Text: " " + word, Ink: ink}, {Text: " · " + cmp.Or(t.draft.Kind, t.title), Ink: a.theme.Text}}
		}
	}
	return nil
}

// asideLine is the line of what runs aside, with the key that shows it.
func (a *App) asideLine() string {
	return draw.Ends(a.width, a.asideSpans(), []draw.Span{{Text: "  H", Ink: a.theme.Focus}, {Text: " shows it ", Ink: a.theme.Secondary}})
}

// whenLeft says what becomes of what is being applied when pgmedic is left; empty: nothing is being applied.
func (a *App) whenLeft() string {
	goesOn, stops := "", ""
	for _, t := range a.treatments() {
		switch {
		case !t.underWay():
		case t.acts():
			stops = cmp.Or(t.draft.Kind, t.title) + " stops with pgmedic"
		default:
			goesOn = "the work goes on in the server"
		}
	}
	if goesOn != "" && stops != "" {
		return stops + " · " + goesOn
	}
	return goesOn + stops
}

// stopLimit is the longest that leaving pgmedic waits until what became of work that stops with it is on record.
const stopLimit = 10 * time.Second

// stopAtEnd has a run that ends with pgmedic stopped when the workbench is left, and its outcome put on record before.
func (a *App) stopAtEnd(run *playbooks.Run) {
	a.jobs.atEnd(func() {
		ctx, cancel := context.WithTimeout(context.Background(), stopLimit)
		defer cancel()
		_ = run.Cancel(ctx) // of one that has ended it says so
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			run.Outcome()
		}()
		select {
		case <-ended:
		case <-ctx.Done():
		}
	})
}
