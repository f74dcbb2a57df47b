package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/plan"
	"github.com/pgmedic/pgmedic/probes/record"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// phaseLine is what the top statement did over one part of the record.
type phaseLine struct{ Name, Window, Calls, Rate, Mean, Load, Held md }

func (w *writer) phases() []phaseLine {
	id, ok := w.in.topStatement()
	if !ok {
		return nil
	}
	var lines []phaseLine
	for _, p := range w.in.phases() {
		cell := func(kind string) md { return w.figure(w.facts.findAt(kind, queryName(id), p.From, p.To)) }
		lines = append(lines, phaseLine{md(p.Name), md(window(p.From, p.To)), cell(kindCalls), cell(kindRate), cell(kindMean), cell(kindLoad), cell(kindHeldMean)})
	}
	return lines
}

// statement shows the top statement without its literals.
func (w *writer) statement() md {
	id, ok := w.in.topStatement()
	if !ok {
		return "Not measured: no statement is known to have run at the peak."
	}
	text := w.in.texts[id]
	if text == "" {
		return "Query id " + code(queryName(id)) + ". Its text is not known."
	}
	if sqltext.IsUtility(text) {
		return "Query id " + code(queryName(id)) + ": a utility statement, whose text may hold secrets and is not shown."
	}
	return "Query id " + code(queryName(id)) + ", literals taken out:\n\n" + fence("sql", sqltext.Normalise(text))
}

// callerLine is one group of the connections that ran the top statement at the peak.
type callerLine struct{ By, Name, Count md }

// callers groups them; client addresses are left out, since they say who and not what.
func (w *writer) callers() ([]callerLine, md) {
	id, ok := w.in.topStatement()
	if !ok || w.in.peak == nil {
		return nil, ""
	}
	ran := &probes.Sample{}
	for _, b := range w.in.peak.Backends {
		if b.QueryID == id && b.State == "active" {
			ran.Backends = append(ran.Backends, b)
		}
	}
	var lines []callerLine
	add := func(by md, key func(probes.Backend) string) {
		for _, g := range ran.GroupClients(key) {
			lines = append(lines, callerLine{by, code(g.Name), count(int64(g.Count))})
		}
	}
	add("application", func(b probes.Backend) string { return b.Application })
	add("user", func(b probes.Backend) string { return b.User })
	add("database", func(b probes.Backend) string { return b.Database })
	return lines, md(stamp(w.in.peak.At))
}

// little compares what pg_stat_statements counted with what was seen in pg_stat_activity, over the same window.
func (w *writer) little() md {
	p, ok := w.spikePhase()
	id, known := w.in.topStatement()
	if !ok || !known {
		return "Not measured: it needs a spike and a statement."
	}
	fact := func(kind string) md { return w.figure(w.facts.findAt(kind, queryName(id), p.From, p.To)) }
	ratio := w.facts.findAt(kindLittle, queryName(id), p.From, p.To)
	if ratio == nil {
		return md(fmt.Sprintf("Not measured: no calls of the statement ended in %s, or none was seen to run.", window(p.From, p.To)))
	}
	verdict := "The two agree within a factor of 2."
	if ratio.Value > 2 || ratio.Value < 0.5 {
		verdict = "The two differ by more than a factor of 2. A call counts when it ends, with all its time: in a window about as short as the calls are long " +
			"the count lags behind; else the statement does not explain the connections."
	}
	return md(fmt.Sprintf("%s, %s: %s × %s mean are %s; %s on average were seen to run it. Counted ÷ seen: %s. %s",
		strings.ToUpper(p.Name[:1])+p.Name[1:], window(p.From, p.To), fact(kindRate), fact(kindMean), fact(kindLoad), fact(kindHeldMean), w.figure(ratio), verdict))
}

// spikePhase is the part of the record in which the spike ran without its remedy.
func (w *writer) spikePhase() (phase, bool) {
	if phases := w.in.phases(); len(phases) > 1 {
		return phases[1], true
	}
	return phase{}, false
}

// indexLine is one index of the statement's tables.
type indexLine struct{ Name, Size, Role, Conditions md }

func (w *writer) indexes() []indexLine {
	var lines []indexLine
	for _, f := range w.facts.all(kindIndexSize) {
		line := indexLine{Name: code(f.Subject), Size: w.figure(f), Role: w.in.roleOf(f), Conditions: "–"}
		if f.Conditions != "" {
			line.Conditions = escape(f.Conditions)
		}
		lines = append(lines, line)
	}
	return lines
}

// roleOf says what was done in this incident to the index whose size was read.
func (in *incident) roleOf(size *record.Fact) md {
	built := ""
	for _, a := range in.actions {
		before := size.From.Before(a.at())
		switch {
		case !a.applied() || !sameIndex(a.subject(), size.Subject):
		case a.drops() && before:
			return md(built + "dropped in this incident")
		case !a.drops() && !before:
			built = "built and "
		}
	}
	if built == "" {
		return "existed"
	}
	return "built in this incident"
}

// usedBefore names the indexes that the plans before the change used.
func (w *writer) usedBefore() md {
	var names []string
	for _, c := range w.in.comparisons() {
		if c.Before == nil {
			continue
		}
		c.Before.Plan.Walk(func(n *plan.Node, _ int) {
			if n.Index != "" && !slices.Contains(names, n.Index) {
				names = append(names, n.Index)
			}
		})
	}
	slices.Sort(names)
	for i, name := range names {
		names[i] = string(code(name))
	}
	return md(strings.Join(names, ", "))
}

// distributionLine is one stored fact about the data.
type distributionLine struct{ Name, Of, Figure, Method md }

// distribution lists what the file holds about the tables and their data.
func (w *writer) distribution() []distributionLine {
	var lines []distributionLine
	for _, f := range w.in.stored {
		if f.Kind == kindIndexSize {
			continue
		}
		stored := w.facts.findAt(f.Kind, f.Subject, f.From, f.To)
		lines = append(lines, distributionLine{escape(f.Kind), escape(orNothing(f.Subject)), w.figure(stored), escape(how(f))})
	}
	return lines
}

func orNothing(s string) string {
	if s == "" {
		return "–"
	}
	return s
}

// planBlock is one plan with what it is.
type planBlock struct{ Caption, Tree md }

// planName is how the report calls a plan: by its place in the file's list. Empty: there is no such plan.
func (w *writer) planName(id string) md {
	for i, p := range w.in.plans {
		if p.ID == id {
			return md(fmt.Sprintf("plan %d", i+1))
		}
	}
	return ""
}

// caption says which plan it is, whom it was made for, how, when and under what.
func (w *writer) caption(p *record.StoredPlan) md {
	origin, kind := p.Plan.Origin, md("EXPLAIN")
	if origin.Analyzed {
		kind = "EXPLAIN ANALYZE"
	}
	name := "P" + w.planName(p.ID)[1:] + ": " + escape(w.in.patternOf(p.Plan))
	return name + ", " + kind + md(", "+stamp(origin.TakenAt)+" UTC, ") + escape(w.in.conditions(p.Plan))
}

// worst is the plans before and after for the pattern that reads most.
func (w *writer) worst() []planBlock {
	comparisons := w.in.comparisons()
	if len(comparisons) == 0 {
		return nil
	}
	var blocks []planBlock
	add := func(when md, p *record.StoredPlan) {
		if p != nil {
			blocks = append(blocks, planBlock{when + w.caption(p), fence("", tree(p.Plan))})
		}
	}
	if _, remedied := w.in.remedy(); !remedied {
		add("", comparisons[0].Before)
		return blocks
	}
	add("Before the change. ", comparisons[0].Before)
	add("After the change. ", comparisons[0].After)
	return blocks
}

func (w *writer) plans() []planBlock {
	blocks := make([]planBlock, len(w.in.plans))
	for i := range w.in.plans {
		p := &w.in.plans[i]
		blocks[i] = planBlock{w.caption(p), fence("", tree(p.Plan))}
	}
	return blocks
}
