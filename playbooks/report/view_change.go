package report

import (
	"fmt"
	"strings"

	"github.com/pgmedic/pgmedic/probes/record"
)

// actionBlock is one change of the server.
type actionBlock struct {
	Title, SQL md
	Facts      []md
	Reasons    []md
	Phases     []named
	ReadBack   []md
	Undo       md
}

func (w *writer) actions() []actionBlock {
	var blocks []actionBlock
	for _, a := range w.in.actions {
		if a.onSessions() {
			continue
		}
		block := actionBlock{
			Title: w.actionTitle(a), SQL: fence("sql", a.Intent.SQL),
			Facts: w.actionFacts(a), Reasons: lines(a.Intent.Body),
		}
		if undo := a.Intent.Data["undo"]; undo != "" && a.applied() {
			block.Undo = fence("sql", undo)
		}
		if a.Outcome != nil {
			block.ReadBack = lines(a.Outcome.Body)
			for _, p := range a.phases() {
				block.Phases = append(block.Phases, named{escape(p.Name), w.figure(w.facts.findAt(kindPhase, phaseSubject(a, p.Name), a.started(), a.ended()))})
			}
		}
		blocks = append(blocks, block)
	}
	return blocks
}

// actionTitle says what was done to what, and what became of it; the lack of an answer is never taken for one.
func (w *writer) actionTitle(a action) md {
	title := code(a.subject())
	if does := a.does(); does != "" {
		title = md(does+" ") + title
	}
	switch {
	case a.Outcome == nil:
		return title + ": outcome not recorded"
	case a.found():
		return title + ": " + escape(a.Outcome.Data["state"]) + ", found again"
	}
	return title + ": " + escape(a.Outcome.Data["state"])
}

func (w *writer) actionFacts(a action) []md {
	role, server := code(orUnknown(a.Intent.Data["role"])), code(orUnknown(a.Intent.Server))
	facts := []md{md(fmt.Sprintf("Sent at %s, %s from the onset, by %s on %s", stamp(a.started()), w.delta(a.started()), role, server))}
	if a.started().IsZero() {
		facts[0] = md(fmt.Sprintf("Sent by %s on %s; when is on the record of the pgmedic that sent it", role, server))
	}
	if reason := a.Intent.Data["reason"]; reason != "" {
		facts = append(facts, "Because of the finding: "+escape(reason))
	}
	if a.Outcome == nil {
		return append(facts, "No outcome is on this record. A later record has it where a pgmedic found it again; else look on the server what became of it.")
	}
	if a.found() {
		facts = append(facts, md(fmt.Sprintf("Found at %s, %s from the onset, and read back: the pgmedic that sent it was lost. It ended then or before.",
			stamp(a.ended()), w.delta(a.ended()))))
	} else {
		facts = append(facts, "Took "+w.figure(w.buildTime(a)))
	}
	facts = append(facts, "Size "+w.figure(w.sizeOf(a)))
	if waited := a.Outcome.Data["waited_for"]; waited != "" {
		facts = append(facts, "Waited for: "+escape(waited))
	}
	if harm := w.facts.findAt(kindHarm, a.subject(), a.started(), a.ended()); harm != nil {
		facts = append(facts, "Others waited behind it for "+w.figure(harm)+" in all")
	}
	return facts
}

func (w *writer) buildTime(a action) *record.Fact {
	return w.facts.findAt(kindBuild, a.subject(), a.started(), a.ended())
}

// lines makes a list of a text of several lines.
func lines(text string) []md {
	var list []md
	for _, line := range strings.Split(text, "\n") {
		if strings.TrimSpace(line) != "" {
			list = append(list, escape(line))
		}
	}
	return list
}

// comparedLine is one metric of one pattern, before and after.
type comparedLine struct{ Pattern, Metric, Before, After, Ratio, N, Plans md }

// compared is the before/after table, worst pattern first.
func (w *writer) compared() []comparedLine {
	var table []comparedLine
	for _, c := range w.in.comparisons() {
		for _, metric := range metricsOf(c) {
			table = append(table, w.comparedLine(c, metric))
		}
	}
	return table
}

// metric is what is compared, and which fact holds its ratio; empty: none is made.
type metric struct {
	Name  md
	Kind  string
	Ratio string
}

// metricsOf chooses what was measured; where neither plan was run, the planner's cost is all there is.
func metricsOf(c comparison) []metric {
	for _, p := range []*record.StoredPlan{c.Before, c.After} {
		if p != nil && p.Plan.Origin.Analyzed {
			return []metric{
				{"rows read", kindRowsRead, kindRowsRatio}, {"execution time", kindTime, kindTimeRatio},
				{"blocks in shared buffers", kindBlocksHit, ""}, {"blocks not in shared buffers", kindBlocksRead, ""},
			}
		}
	}
	return []metric{{"planner's cost", kindCost, ""}}
}

func (w *writer) comparedLine(c comparison, m metric) comparedLine {
	line := comparedLine{
		Pattern: escape(c.Pattern), Metric: m.Name, N: "–",
		Before: w.planFigure(m.Kind, c.Pattern, c.Before), After: w.planFigure(m.Kind, c.Pattern, c.After),
		Plans: w.compares(c),
	}
	line.Ratio = w.ratio(c, m)
	if c.Before != nil && c.After != nil {
		line.N = "1 and 1"
	}
	return line
}

// ratio is a fact, or the reason why there is none.
func (w *writer) ratio(c comparison, m metric) md {
	if why := c.unlike(); why != "" {
		return "not comparable: " + escape(why)
	}
	if m.Ratio == "" {
		return "–"
	}
	if f := w.facts.findAt(m.Ratio, c.Pattern, c.Before.Plan.Origin.TakenAt, c.After.Plan.Origin.TakenAt); f != nil {
		return w.figure(f)
	}
	if why := w.in.timesUnlike(c); why != "" && m.Kind == kindTime {
		return "not comparable: " + escape(why)
	}
	return notMeasured
}

func (w *writer) planFigure(kind, pattern string, p *record.StoredPlan) md {
	if p == nil {
		return notMeasured
	}
	at := p.Plan.Origin.TakenAt
	return w.figure(w.facts.findAt(kind, pattern, at, at))
}

// compares names the two plans of a comparison.
func (w *writer) compares(c comparison) md {
	name := func(p *record.StoredPlan) md {
		if p == nil {
			return "none"
		}
		return w.planName(p.ID)
	}
	return name(c.Before) + ", " + name(c.After)
}

// taken says of every compared plan when it was made and under what.
func (w *writer) taken() []md {
	var list []md
	for _, c := range w.in.comparisons() {
		for _, p := range []*record.StoredPlan{c.Before, c.After} {
			if p != nil {
				list = append(list, w.caption(p))
			}
		}
	}
	return list
}
