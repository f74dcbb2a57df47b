package ui

import (
	"fmt"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/pgmedic/pgmedic/probes/explain"
	"github.com/pgmedic/pgmedic/probes/plan"
	"github.com/pgmedic/pgmedic/probes/record"
	"github.com/pgmedic/pgmedic/probes/sqltext"
	"github.com/pgmedic/pgmedic/ui/draw"
)

// analyzeWord is what a person types to have a statement run.
const analyzeWord = "analyze"

// askAnalyze says what EXPLAIN ANALYZE of the plan shown will do, and asks for the word. It binds the text and the values of that plan, whatever is selected or
// taken by then.
func (a *App) askAnalyze() tea.Cmd {
	selected, _ := a.selected()
	taken := a.plans[selected.QueryID]
	shown := taken.plans[taken.shown]
	q := taken.question
	q.Class, q.Values, q.Analyze, q.Consented = shown.Origin.Class, valuesOf(shown), true, true
	a.read("EXPLAIN ANALYZE runs this statement", func(w int) []string { return a.consentLines(shown, w) })
	a.prompt = newPrompt("type "+analyzeWord+" to run it, esc leaves: ", "")
	a.prompt.back = a.leaveText
	a.prompt.done = func(typed string) tea.Cmd {
		a.leaveText()
		if typed != analyzeWord {
			a.tell("not run: type "+analyzeWord+" in full", true)
			return nil
		}
		a.now = a.deps.Now()
		return a.analyze(q, shown, a.consented(q))
	}
	return nil
}

// valuesOf returns the values that a plan was made with.
func valuesOf(p *plan.Plan) map[int]string {
	values := map[int]string{}
	for _, parameter := range p.Origin.Parameters {
		if parameter.Value != nil {
			values[parameter.N] = *parameter.Value
		}
	}
	return values
}

// The most lines of the statement and of its values on the page: it cannot be scrolled while the word is asked for.
const (
	mostStatementLines = 5
	mostValueLines     = 8
)

// consentLines spell out what is about to happen.
func (a *App) consentLines(p *plan.Plan, w int) []string {
	t := a.theme
	lines := append([]string{""}, atMost(draw.Wrap(p.Origin.Statement, w), mostStatementLines)...)
	lines = append(lines, "", t.Strong.Paint(draw.Fit("with these values", w)))
	lines = append(lines, atMost(valueLines(p, w), mostValueLines)...)
	lines = append(lines, "", t.Strong.Paint(draw.Fit("what it does", w)))
	for _, text := range consent {
		lines = append(lines, draw.Wrap(text, w)...)
	}
	return lines
}

// consent is what a person must know before a statement is run on a server of other people's.
var consent = []string{
	"It runs once, in a read-only transaction that is rolled back. statement_timeout ends it after 30 s, lock_timeout after 0.5 s.",
	"Until then it loads the server as any call of it does, and holds a snapshot: VACUUM and CREATE INDEX CONCURRENTLY wait for that.",
	"It is refused where it would change or lock rows, read a foreign table, or call a function that is declared volatile.",
}

// atMost cuts lines, and says so in the last one.
func atMost(lines []string, most int) []string {
	if len(lines) <= most {
		return lines
	}
	return append(lines[:most-1:most-1], fmt.Sprintf("… %d more", len(lines)-most+1))
}

// valueLines are the values that the plan was made with and that it is run with, and where they come from.
func valueLines(p *plan.Plan, w int) []string {
	var lines []string
	for _, parameter := range p.Origin.Parameters {
		name, value := fmt.Sprintf("$%d", parameter.N), "NULL"
		if parameter.Column != "" {
			name += " " + parameter.Column
		}
		if parameter.Value != nil {
			value = sqltext.Literal(*parameter.Value)
		}
		lines = append(lines, draw.Fit(sqltext.CleanLine(fmt.Sprintf("%s (%s) = %s", name, parameter.From, value)), w))
	}
	if len(lines) == 0 {
		return []string{draw.Fit("its own constants", w)}
	}
	return lines
}

// consented is the event of a person who had a statement run.
func (a *App) consented(q explain.Question) *record.Event {
	return &record.Event{
		Kind: record.Acted, At: a.serverNow(), Basis: a.timeBasis(), Author: a.deps.Author, Source: "workbench",
		Title: "EXPLAIN ANALYZE: " + sqltext.Headline(sqltext.Public(q.Statement), mostHeadline),
		Data:  map[string]string{"action": "analyze", "state": "intent", "queryid": fmt.Sprint(q.QueryID)},
	}
}

// mostHeadline is how long a statement's name on the timeline may be, in characters.
const mostHeadline = 80
