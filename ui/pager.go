package ui

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/ui/draw"
)

// pager shows a text that may be longer than the screen.
type pager struct {
	title   string
	shown   *probes.StatementLoad // the statement that the text is of; nil: none
	from    page                  // where esc goes
	make    func(w int) []string
	live    bool   // it goes along with the samples
	stale   string // why a live text is old; empty: it is not
	request int    // whose answer it waits for, or shows; 0: none
	cancel  context.CancelFunc
	lines   []string
	top     int
	w, h    int
}

// end stops what the page still waits for.
func (p *pager) end() {
	if p.cancel != nil {
		p.cancel()
	}
}

// read opens a page with a text; lines makes it for a width.
func (a *App) read(title string, lines func(w int) []string) {
	from := a.page
	if a.pager != nil {
		a.pager.end()
		from = a.pager.from
	}
	a.pager = &pager{title: title, from: from, make: lines}
	a.page = textPage
}

func (p *pager) setSize(w, h int) {
	if w == p.w && h == p.h {
		return
	}
	p.w, p.h = w, h
	p.refresh()
}

// refresh makes the lines anew, from newer data or for another width.
func (p *pager) refresh() {
	inner, _ := draw.Inner(p.w, p.h)
	p.lines = p.make(inner - 2)
	p.scroll(0)
}

func (p *pager) page() int {
	_, h := draw.Inner(p.w, p.h)
	return h
}

func (p *pager) scroll(n int) {
	p.top = min(max(p.top+n, 0), max(len(p.lines)-p.page(), 0))
}

func (p *pager) view(t *draw.Theme) string {
	shown := p.lines[p.top:min(p.top+p.page(), len(p.lines))]
	title, body := p.title, " "+strings.Join(shown, "\n ")
	if p.stale != "" {
		title, body = title+" · "+p.stale, draw.Repaint(t.Secondary, body)
	}
	if len(p.lines) > p.page() {
		title += fmt.Sprintf(" · lines %d–%d of %d", p.top+1, p.top+len(shown), len(p.lines))
	}
	return draw.Box(t, title, body, p.w, p.h, true)
}

// newest returns the statement's figures in the newest sample shown; those given where it is not among them any more.
func (a *App) newest(load probes.StatementLoad) probes.StatementLoad {
	for _, l := range a.statements.Listed() {
		if l.StatementKey == load.StatementKey {
			return l
		}
	}
	return load
}

// statementLines is a statement in full, with its figures.
func (a *App) statementLines(load probes.StatementLoad, w int) []string {
	text := load.Text
	if text == "" {
		text = "The text is not known yet."
	}
	lines := append([]string{""}, draw.Wrap(text, w)...)
	lines = append(lines, "")
	for _, f := range statementFigures(load, a.statements.HeldNow(load), a.window.StatementSpanSeen()) {
		lines = append(lines, draw.Line(w, draw.Span{Text: draw.Fit(f.name, 18), Ink: a.theme.Secondary}, draw.Span{Text: f.value}))
	}
	return lines
}

type figure struct{ name, value string }

// statementFigures are the statement's figures in the window; what nobody measured says so. held is how many connections run it now.
func statementFigures(load probes.StatementLoad, held string, span time.Duration) []figure {
	window := fmt.Sprintf(" (last %s)", draw.Duration(span.Round(time.Second)))
	mean, base := draw.Unknown, draw.Unknown
	if load.Calls > 0 {
		mean = draw.Duration(load.Mean) + " of " + draw.Counted(load.Calls, "call that ended", "calls that ended") + window
	}
	switch load.BaseOf {
	case probes.BaseRecord:
		base = draw.Duration(load.BaseMean) + " (recorded outside incidents)"
	case probes.BaseStats:
		base = draw.Duration(load.BaseMean) + " (since the statistics were reset, the spike included)"
	}
	busy, calls := draw.Unknown, draw.Unknown
	if span > 0 {
		busy = draw.Number(load.Load) + " connections kept busy on average, by calls that ended" + window
		calls = draw.Number(load.CallsPerSecond) + window
	}
	if span > 0 && load.Lagging {
		busy += "; it lags behind: calls that run now count when they end"
	}
	if span > 0 && load.Sampled {
		busy, calls = draw.Number(load.Load)+" connections seen running it on average"+window, draw.Unknown
	}
	return []figure{
		{"query id", fmt.Sprint(load.QueryID)}, {"database", orUnknown(load.Database)}, {"user", orUnknown(load.User)},
		{"connections held", held}, {"load", busy}, {"calls a second", calls}, {"mean", mean}, {"baseline mean", base},
	}
}

func orUnknown(name string) string {
	if name == "" {
		return draw.Unknown
	}
	return name
}

// helpLines is the help, made from the table of actions.
func (a *App) helpLines(w int) []string {
	var lines []string
	for _, group := range groups() {
		if !slices.ContainsFunc(a.actions, func(act action) bool { return act.group == group }) {
			continue // of the other mode
		}
		lines = append(lines, "", a.theme.Strong.Paint(group))
		for _, act := range a.actions {
			if act.group == group {
				lines = append(lines, a.helpOf(act, w)...)
			}
		}
	}
	lines = append(lines, "", a.theme.Strong.Paint("good to know"))
	return append(lines, draw.Wrap(helpNotes, w)...)
}

// helpOf is an action in the help, the rest of a long text under its beginning.
func (a *App) helpOf(act action, w int) []string {
	const keysWidth = 16
	var lines []string
	for i, text := range draw.Wrap(act.help, max(w-keysWidth, 10)) {
		keys := ""
		if i == 0 {
			keys = strings.Join(act.names(), " ")
		}
		lines = append(lines, draw.Line(w, draw.Span{Text: draw.Fit(keys, keysWidth), Ink: a.theme.Focus}, draw.Span{Text: text}))
	}
	return lines
}

const helpNotes = "held: client connections that run the statement now. load: connections it kept busy on average over the window; a call counts when it ends, so load " +
	"lags behind held while calls are long. ×base: the mean now against the statement's baseline. EXPLAIN is sent in a read-only transaction with a timeout; the " +
	"planner may run functions that are declared immutable. pg_stat_statements does not count it where pgmedic's role may switch that off (a superuser, or GRANT SET ON " +
	"PARAMETER \"pg_stat_statements.track\", 15+); elsewhere it counts it under that role, without the values."
