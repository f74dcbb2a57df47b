package ui

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/explain"
	"github.com/pgmedic/pgmedic/probes/pgerr"
	"github.com/pgmedic/pgmedic/probes/plan"
	"github.com/pgmedic/pgmedic/probes/record"
	"github.com/pgmedic/pgmedic/probes/sqltext"
	"github.com/pgmedic/pgmedic/ui/draw"
)

// analyzeWord is what a person types to have a statement run.
const analyzeWord = "analyze"

// askAnalyze says what EXPLAIN ANALYZE of the plan shown will do, and asks for the word. It binds the text and the values of that plan, and the
// server that is looked at now, whatever is selected, taken or connected to by then.
func (a *App) askAnalyze() tea.Cmd {
	selected, _ := a.selected()
	taken := a.plans[selected.StatementKey]
	shown := taken.plans[taken.shown]
	q := taken.question
	var server probes.Server // zero, before the first sample: none is like it
	if last := a.window.Last(); last != nil {
		server = last.Server
	}
	q.Class, q.Values, q.Analyze, q.ConsentedTo = shown.Origin.Class, explain.ValuesOf(shown), true, &server
	intent := a.consented(q, shown, taken.recorded[shown])
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
		intent.At, intent.Basis = a.serverNow(), a.timeBasis()
		return a.analyze(selected.StatementKey, q, shown, intent)
	}
	return nil
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
	lines = append(lines, "", t.Strong.Paint(draw.Fit(withTheseValues(p), w)))
	lines = append(lines, atMost(valueLines(p, w), mostValueLines)...)
	lines = append(lines, "", t.Strong.Paint(draw.Fit("what it does", w)))
	for _, text := range consent {
		lines = append(lines, draw.Wrap(text, w)...)
	}
	return lines
}

// withTheseValues is the head of the values; it names the database that the statement runs in.
func withTheseValues(p *plan.Plan) string {
	return "in database " + sqltext.CleanLine(p.Origin.Database) + ", with these values"
}

// consent is what a person must know before a statement is run on a server of other people's.
var consent = []string{
	"It runs once, in a session of its own that is closed afterwards, in a read-only transaction that is rolled back. statement_timeout ends it after 30 s, " +
		"lock_timeout after 0.5 s.",
	"Until then it loads the server as any call of it does, and holds a snapshot: VACUUM and CREATE INDEX CONCURRENTLY wait for that.",
	"It holds ACCESS SHARE on its tables as long: an ALTER or TRUNCATE of one of them waits for it, and everybody else queues behind that.",
	"It is refused where it would change or lock rows, read a foreign table, or call a function that is declared volatile. Functions behind operators, " +
		"casts or aggregates are not seen.",
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

// consented is the event of a person who had a statement run, with the values of the plan of that id; empty: it is on no record. Its time is not filled.
func (a *App) consented(q explain.Question, shown *plan.Plan, planID string) *record.Event {
	e := &record.Event{
		Kind: record.Acted, Author: a.deps.Author, Source: "workbench", Title: analyzeTitle(q), SQL: "EXPLAIN (ANALYZE, BUFFERS) " + sqltext.Public(q.Statement),
		Data: map[string]string{
			"action": playbooks.ActionAnalyze, "state": playbooks.StateIntent, "queryid": fmt.Sprint(q.QueryID), "database": shown.Origin.Database, "class": string(q.Class),
		},
	}
	if last := a.window.Last(); last != nil {
		e.Server = record.Identity(last.Server)
		e.Data["role"] = last.Server.User
	}
	if planID != "" {
		e.Evidence = []string{planID}
	}
	return e
}

func analyzeTitle(q explain.Question) string {
	return "EXPLAIN ANALYZE of " + sqltext.Headline(sqltext.Public(q.Statement), mostHeadline)
}

// mostHeadline is how long a statement's name on the timeline may be, in characters.
const mostHeadline = 80

// takeAnalyzed runs the statement and brings the plan with actual figures. Where a person asked for it, the intent is on record before and the outcome after.
func (a *App) takeAnalyzed(request int, statement probes.StatementKey, q explain.Question, before *plan.Plan, intent *record.Event) (tea.Cmd, context.CancelFunc) {
	return a.jobs.job(analyzeLimit, func(ctx context.Context) tea.Msg {
		msg := plansMsg{request: request, statement: statement, analyze: true, recorded: map[*plan.Plan]string{}}
		if intent == nil {
			msg.plans, msg.err = a.runAnalyze(ctx, q, before, msg.recorded)
			return msg
		}
		asked, err := a.deps.Record.AddEvent(*intent)
		if err != nil {
			msg.err = fmt.Errorf("the intent could not be put on record, so nothing was run: %w", err)
			return msg
		}
		began := time.Now()
		msg.plans, msg.err = a.runAnalyze(ctx, q, before, msg.recorded)
		if _, err := a.deps.Record.AddEvent(analyzeOutcome(asked, time.Since(began), msg)); err != nil {
			msg.err = errors.Join(msg.err, fmt.Errorf("note down how it ended, it could not be recorded: %w", err))
		}
		return msg
	})
}

// runAnalyze runs the statement and records its plan. Where other values were taken than those of the plan before, which may be nil, the plan says so.
func (a *App) runAnalyze(ctx context.Context, q explain.Question, before *plan.Plan, recorded map[*plan.Plan]string) ([]*plan.Plan, error) {
	p, err := a.deps.Ask.Explain(ctx, q)
	if err != nil {
		return nil, err
	}
	if before != nil && p.Origin.Values != before.Origin.Values {
		p.Origin.Note = strings.TrimSuffix("run with other values than those of the plan shown before; "+p.Origin.Note, "; ")
	}
	recorded[p], err = a.recordPlan(p)
	return []*plan.Plan{p}, err
}

// analyzeOutcome is the event of how it ended, after so long.
func analyzeOutcome(intent record.Event, took time.Duration, msg plansMsg) record.Event {
	e := intent
	e.ID, e.RecordedAt, e.At = "", time.Time{}, intent.At.Add(took)
	e.Evidence, e.Data = slices.Clone(intent.Evidence), maps.Clone(intent.Data)
	e.Data["intent"] = intent.ID
	e.Data["duration_ms"] = strconv.FormatInt(took.Milliseconds(), 10)
	state := playbooks.Applied
	switch {
	case len(msg.plans) > 0:
		p := msg.plans[0]
		e.Title = "ran in " + p.ExecutionTime.Round(10*time.Microsecond).String() + ": " + intent.Title
		if id := msg.recorded[p]; id != "" {
			e.Evidence = append(e.Evidence, id)
		}
		e.Body = p.Origin.Note
	default:
		state = analyzeState(msg.err)
		e.Title = fmt.Sprintf("%s after %s: %s", state, took.Round(10*time.Millisecond), intent.Title)
		e.Body = sqltext.Clean(msg.err.Error())
		if code := pgerr.State(msg.err); code != "" {
			e.Data["sqlstate"] = code
		}
	}
	if state == playbooks.Unknown {
		e.Title = "outcome unknown: " + intent.Title
		e.Body += "\nwhere it still runs, statement_timeout ends it"
	}
	e.Data["state"] = string(state)
	return e
}

// analyzeState tells a statement that did not run to its end from one of which nobody knows: the server's word decides. Without one it was refused before it
// was sent, or no session could be had for it, or the answer was lost.
func analyzeState(err error) playbooks.OutcomeState {
	var connecting *pgerr.Step
	var network net.Error
	switch {
	case pgerr.State(err) == "57014":
		return playbooks.Canceled
	case pgerr.State(err) != "" || errors.As(err, &connecting):
		return playbooks.Failed
	case errors.As(err, &network), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return playbooks.Unknown
	}
	return playbooks.Failed
}
