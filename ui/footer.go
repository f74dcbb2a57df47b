package ui

import (
	"fmt"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"github.com/pgmedic/pgmedic/ui/draw"
)

// footer is the last line: a question, what a key just did, or the keys that do something here.
func (a *App) footer() string {
	t := a.theme
	switch {
	case a.leaving:
		return draw.Ends(a.width, []draw.Span{{Text: " " + a.whenLeft(), Ink: t.Warning}}, []draw.Span{{Text: "  q leaves, other keys stay ", Ink: t.Warning}})
	case a.prompt != nil:
		return a.promptLine()
	case a.notice.text != "":
		ink := t.Good
		if a.notice.bad {
			ink = t.Warning
		}
		text := " " + a.notice.text
		if a.notice.path != "" {
			text += " " + endOf(a.notice.path, a.width-draw.Width(text)-1)
		}
		return draw.Line(a.width, draw.Span{Text: text, Ink: ink})
	case a.isAwaitingPrompt():
		return draw.Line(a.width, draw.Span{Text: " the preflight runs; then type the word · esc takes the ⏎ back", Ink: t.Acted})
	case a.explain.request != 0:
		return draw.Line(a.width, draw.Span{Text: " " + a.explain.doing, Ink: t.Secondary})
	}
	return a.hints()
}

// promptLine shows the end of a text that is longer than the line.
func (a *App) promptLine() string {
	p := a.prompt
	shown := endOf(p.shown(), max(a.width-draw.Width(p.label)-2, 10))
	asked := []draw.Span{{Text: " " + p.label, Ink: a.theme.Acted}, {Text: shown}}
	if p.hint == "" || draw.Width(p.label+shown+p.hint)+4 > a.width {
		return draw.Line(a.width, asked...)
	}
	return draw.Ends(a.width, asked, []draw.Span{{Text: p.hint + " ", Ink: a.theme.Secondary}})
}

// endOf is at most w cells of the end of a text.
func endOf(text string, w int) string {
	over := draw.Width(text) - max(w, 1)
	if over <= 0 {
		return text
	}
	return ansi.TruncateLeft(text, over+1, "…")
}

// hints names the keys that do something here, as many as there is room for: those of pgmedic itself at the right, the others at the left.
func (a *App) hints() string {
	var right []draw.Span
	for _, act := range a.actions {
		if act.group == groupProgram && a.isHinted(act) {
			right = append(right, a.hintSpans(act)...)
		}
	}
	left := []draw.Span{{Text: " "}}
	room := a.width - draw.SpansWidth(right) - 1
	for _, act := range a.actions {
		if act.group == groupProgram || !a.isHinted(act) {
			continue
		}
		spans := a.hintSpans(act)
		if draw.SpansWidth(left)+draw.SpansWidth(spans) > room {
			break
		}
		left = append(left, spans...)
	}
	return draw.Ends(a.width, left, right)
}

// isHinted says whether the footer names the action now.
func (a *App) isHinted(act action) bool {
	return act.hint != "" && act.on&a.page != 0 && a.whyNot(act) == ""
}

func (a *App) hintSpans(act action) []draw.Span {
	return []draw.Span{{Text: act.names()[0], Ink: a.theme.Focus}, {Text: " " + act.hint + "  ", Ink: a.theme.Secondary}}
}

// tabsLine names the panes, because not all of them are on screen, with a figure each where there is room.
func (a *App) tabsLine() string {
	figures := [paneCount]string{a.connectionsFigure(), a.statementsFigure(), a.planFigure(), fmt.Sprint(len(a.findings))}
	spans := a.tabs(figures)
	if draw.SpansWidth(spans) > a.width {
		spans = a.tabs([paneCount]string{})
	}
	return draw.Line(a.width, spans...)
}

func (a *App) tabs(figures [paneCount]string) []draw.Span {
	names := [paneCount]string{"connections", "statements", "plan", "findings"}
	var spans []draw.Span
	for p := range paneCount {
		mark, ink := "  ", a.theme.Secondary
		if p == a.focus {
			mark, ink = " ▸", a.theme.Focus
		} else if a.layout.shows(p) {
			ink = a.theme.Text
		}
		text := strings.TrimRight(fmt.Sprintf("%s%d %s %s", mark, p+1, names[p], figures[p]), " ")
		spans = append(spans, draw.Span{Text: text + " ", Ink: ink})
	}
	return spans
}

func (a *App) connectionsFigure() string {
	counts := a.window.Counts()
	if len(counts) == 0 {
		return ""
	}
	return fmt.Sprint(counts[len(counts)-1].Total)
}

func (a *App) statementsFigure() string {
	if load, ok := a.statements.Selected(); ok {
		return fmt.Sprintf("%d held", load.Held)
	}
	return ""
}

func (a *App) planFigure() string {
	if p := a.plan.Plan(); p != nil {
		return string(p.Origin.Class)
	}
	return ""
}
