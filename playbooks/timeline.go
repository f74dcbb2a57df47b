package playbooks

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/plan"
	"github.com/pgmedic/pgmedic/probes/record"
)

// StateIntent is Data["state"] of the event that is durable before anything is sent; the outcome's event holds an OutcomeState there.
const StateIntent = "intent"

// ActionAnalyze is Data["action"] of the events about a statement that a person had run by EXPLAIN ANALYZE.
const ActionAnalyze = "analyze"

// Every event of the engine is Kind Acted with Source "engine". Its Data holds the draft's Target (relation, relation_oid, index, …) and
//
//	playbook       the playbook's name
//	state          intent, applied, failed, cancelled, unfinished or unknown
//	pid            of the session that applies
//	backend_start  of that session, RFC 3339
//	role           the role that applies
//	reason         the finding's title; absent where the draft treats no finding
//	undo           SQL that takes it back; absent where nothing does
//
// Of a draft that acts on sessions, Body lists them in the intent, and what became of each in the outcome, whose Data holds DataRows too. One that repeats itself
// (holding the line) has an intent and an outcome of each shot besides, with
//
//	run            id of the run's own intent
//
// An intent to cancel has action=cancel. An outcome also has
//
//	intent         id of the intent's event
//	duration_ms    from the intent to the end
//	phases         for example "waiting for writers before build 3.0 s; …"
//	harm_s         backend-seconds that others waited behind it
//	waited_for     the last session it waited for, where it did
//	sqlstate       of the server's error, where there was one
//	stack          of a panic of pgmedic's own, where there was one
//
// The workbench puts EXPLAIN ANALYZE on record in the same way where a person consented to it: Source "workbench", Author who did, SQL as sent but for the
// constants, Evidence the plan whose values it runs with and, of an outcome that is applied, the plan that it brought. Its Data holds action=analyze, queryid,
// database, class of the values, role, and state, intent, duration_ms and sqlstate as above; applied: it ran to its end.

// intent is the event that is durable before the apply is sent.
func (r *Run) intent() record.Event {
	e := r.event("applying: "+r.draft.Title, StateIntent, r.server.At)
	e.SQL = strings.Join(r.draft.SQL, ";\n")
	e.Body = joinLines(reasonLines(r.draft.Reasons), rowLines(r.draft.Rows))
	return e
}

// joinLines joins texts of one or more lines; empty ones are left out.
func joinLines(texts ...string) string {
	return strings.Join(slices.DeleteFunc(texts, func(text string) bool { return text == "" }), "\n")
}

// reasonLines words reasons one a line.
func reasonLines(reasons []Reason) string {
	lines := make([]string, len(reasons))
	for i, reason := range reasons {
		lines[i] = reason.Part + ": " + reason.Why
	}
	return strings.Join(lines, "\n")
}

// cancelIntent is the event that is durable before a cancel is sent; of work that acts it says that it is stopped.
func (r *Run) cancelIntent() record.Event {
	doing := "cancelling: "
	if r.sender != nil {
		doing = "stopping: "
	}
	e := r.event(doing+r.draft.Title, StateIntent, r.server.At.Add(r.elapsed()))
	e.Data["action"] = "cancel"
	return e
}

// event fills what all events of a run share.
func (r *Run) event(title, state string, at time.Time) record.Event {
	data := map[string]string{
		"playbook":      r.draft.Playbook,
		"state":         state,
		"pid":           strconv.Itoa(int(r.session.PID)),
		"backend_start": r.session.BackendStart.UTC().Format(time.RFC3339Nano),
		"role":          r.server.User,
	}
	maps.Copy(data, r.draft.Target)
	setIfAny(data, "reason", r.draft.Finding.Title)
	setIfAny(data, "undo", strings.Join(r.draft.Undo, ";\n"))
	return record.Event{
		Kind: record.Acted, At: at.UTC(), Basis: record.ServerClock, Source: "engine", Title: title, Data: data,
		Server: record.Identity(r.server.Server),
	}
}

func setIfAny(data map[string]string, name, value string) {
	if value != "" {
		data[name] = value
	}
}

// recordOutcome writes how the run ended, and of a remedy the mark whether it was verified.
func (r *Run) recordOutcome() {
	o := &r.outcome
	e := r.event(r.outcomeTitle(), string(o.State), o.Ended)
	e.SQL = strings.Join(r.draft.SQL, ";\n")
	e.Body = joinLines(readBackLines(o.Verification), rowLines(o.Verification.Rows))
	addRows(e.Data, o.Verification.Rows)
	e.Evidence = r.evidence
	e.Data["intent"] = r.intentID
	e.Data["duration_ms"] = strconv.FormatInt(o.Ended.Sub(o.Started).Milliseconds(), 10)
	e.Data["harm_s"] = strconv.FormatFloat(o.Harm, 'f', 1, 64)
	setIfAny(e.Data, "phases", phaseList(o.Phases))
	setIfAny(e.Data, "waited_for", r.waitedFor)
	setIfAny(e.Data, "sqlstate", sqlState(o.Err))
	var failed *defect
	if errors.As(o.Err, &failed) {
		e.Data["stack"] = failed.stack
	}
	r.save(e)
	if o.State == Applied && r.draft.Finding.Title != "" {
		r.save(record.Event{Kind: record.Mark, At: r.server.At.Add(r.elapsed()).UTC(), Basis: record.ServerClock, Source: "engine", Server: e.Server,
			Title: o.Verification.mark() + ": " + r.draft.Title, Body: e.Body, Data: map[string]string{"mark": o.Verification.mark()}, Evidence: r.evidence})
	}
}

// mark is that of a run that treated a finding: verified where it was measured that it helped, and every check of the reading back passed.
func (v Verification) mark() string {
	if v.Helped && !slices.ContainsFunc(v.Checks, func(c Check) bool { return c.Verdict != Pass }) {
		return record.MarkVerified
	}
	return record.MarkNotVerified
}

// save writes an event after the intent. That it could not be saved is said in the outcome: the change itself stands.
func (r *Run) save(e record.Event) {
	if _, err := r.engine.rec.AddEvent(e); err != nil {
		r.unsaved = append(r.unsaved, err)
	}
}

// keepPlan puts a plan before or after on record; nil: there is none.
func (r *Run) keepPlan(p *plan.Plan) {
	if p == nil {
		return
	}
	event, err := KeepPlan(r.engine.rec, p)
	if err != nil {
		r.unsaved = append(r.unsaved, err)
	}
	r.evidence = append(r.evidence, event.Evidence...)
}

// keepFacts puts figures on record.
func (r *Run) keepFacts(facts []record.Fact) {
	for _, f := range facts {
		if _, err := r.engine.rec.AddFact(f); err != nil {
			r.unsaved = append(r.unsaved, err)
		}
	}
}

func (r *Run) outcomeTitle() string {
	took := probes.Span(r.outcome.Ended.Sub(r.outcome.Started))
	switch r.outcome.State {
	case Unknown:
		return "outcome unknown: " + r.draft.Title
	case Applied:
		return fmt.Sprintf("applied in %s: %s", took, r.draft.Title)
	}
	return fmt.Sprintf("%s after %s: %s", r.outcome.State, took, r.draft.Title)
}

// readBackLines words what was read back and what is not known, one a line.
func readBackLines(v Verification) string {
	var lines []string
	for _, c := range v.Checks {
		lines = append(lines, c.Name+": "+c.Saw)
	}
	for _, unknown := range v.Unknown {
		lines = append(lines, "not known: "+unknown)
	}
	return strings.Join(lines, "\n")
}

// phaseList words the phases in their order. They are looked at once a second, so each is exact to about that.
func phaseList(phases []Phase) string {
	var words []string
	for _, p := range phases {
		words = append(words, fmt.Sprintf("%s %.1f s", p.Name, p.Took.Seconds()))
	}
	return strings.Join(words, "; ")
}
