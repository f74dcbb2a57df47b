package report

import (
	_ "embed"
	"strconv"
	"strings"
	"text/template"
	"time"

	"github.com/pgmedic/pgmedic/probes/record"
)

//go:embed report.md.tmpl
var reportTemplate string

// view is what the template prints. Its texts are of type md, so that nothing gets into the report unescaped.
type view struct {
	Title    md
	SampleID md
	Header   []named

	Summary []md
	Strip   []factLine
	Impact  []factLine

	Marks    []markLine
	Order    md
	Timeline []eventLine

	Charts []chartLine
	Phases []phaseLine

	Pile    []md
	Waiters []waiterLine

	Statement    md
	Callers      []callerLine
	CallersAt    md
	Little       md
	Indexes      []indexLine
	UsedBefore   md
	Distribution []distributionLine
	Worst        []planBlock

	Actions  []actionBlock
	Compared []comparedLine
	Taken    []md

	Sessions       []sessionsLine
	SessionsBlocks []sessionsBlock

	Alerts   []alertLine
	Rules    []md
	Timeouts md
	Blind    []md

	Method   []md
	Gaps     []md
	Settings []md
	Plans    []planBlock
	All      []ledgerLine
}

// named is one line of a table of two columns.
type named struct{ Name, Text md }

// writer turns an incident and its facts into the view, section by section.
type writer struct {
	in    *incident
	facts *ledger
	ids   map[string]md // a fact's short id in brackets, by its id
}

// reportText fills the template.
func reportText(in *incident, facts *ledger) (string, error) {
	w := &writer{in: in, facts: facts, ids: shortIDs(facts.facts)}
	page, err := template.New("report").Parse(reportTemplate)
	if err != nil {
		return "", err
	}
	var out strings.Builder
	if err := page.Execute(&out, w.view()); err != nil {
		return "", err
	}
	return out.String(), nil
}

func (w *writer) view() view {
	v := view{
		Title: w.title(), SampleID: w.sampleID(), Header: w.header(),
		Summary: w.summary(), Strip: w.strip(), Impact: w.impact(),
		Marks: w.marks(), Order: w.order(), Timeline: w.timeline(),
		Charts: w.charts(), Phases: w.phases(), Statement: w.statement(), Little: w.little(),
		Indexes: w.indexes(), UsedBefore: w.usedBefore(), Distribution: w.distribution(), Worst: w.worst(),
		Actions: w.actions(), Compared: w.compared(), Taken: w.taken(),
		Pile: w.pileLines(), Waiters: w.waiters(), Alerts: w.alerts(), Rules: w.rules(), Timeouts: w.timeouts(), Blind: w.blind(),
		Sessions: w.sessions(), SessionsBlocks: w.sessionsBlocks(),
		Method: w.method(), Gaps: w.gaps(), Settings: w.settings(), Plans: w.plans(), All: w.all(),
	}
	v.Callers, v.CallersAt = w.callers()
	return v
}

// chartLine is a chart as the text shows it.
type chartLine struct{ Title, Path md }

func (w *writer) charts() []chartLine {
	var lines []chartLine
	if !w.in.drawable() {
		return nil
	}
	for _, c := range allCharts() {
		if c.exists(w.in) {
			lines = append(lines, chartLine{c.title, md(c.path(".svg"))})
		}
	}
	return lines
}

// idLength is the least number of an id's characters that the report shows.
const idLength = 6

// shortIDs cuts the ids to as few characters as tell all facts apart.
func shortIDs(facts []record.Fact) map[string]md {
	for n := idLength; ; n++ {
		short, seen, longest := map[string]md{}, map[string]bool{}, 0
		for _, f := range facts {
			id := f.ID[:min(n, len(f.ID))]
			seen[id], short[f.ID], longest = true, md("["+id+"]"), max(longest, len(f.ID))
		}
		if len(seen) == len(facts) || n >= longest {
			return short
		}
	}
}

// notMeasured stands where there is no fact: a cell is never blank.
const notMeasured md = "not measured"

// figure prints a fact with its mark; nil is said.
func (w *writer) figure(f *record.Fact) md {
	if f == nil {
		return notMeasured
	}
	text := escape(value(*f))
	if f.Status != record.Measured {
		text += md(" (" + string(f.Status) + ")")
	}
	return text + " " + w.ids[f.ID]
}

// factLine is one line of a table of facts.
type factLine struct{ Name, Figure, N, Window, Method md }

// line prints a fact as a table's line; a missing one says so.
func (w *writer) line(name md, f *record.Fact) factLine {
	if f == nil {
		return factLine{name, notMeasured, "–", "–", "–"}
	}
	return factLine{name, w.figure(f), count(f.N), md(window(f.From, f.To)), escape(how(*f))}
}

// how is a fact's method with its conditions.
func how(f record.Fact) string {
	if f.Conditions == "" {
		return f.Method
	}
	return f.Method + " (" + f.Conditions + ")"
}

func count(n int64) md {
	if n == 0 {
		return "–"
	}
	return md(thousands(strconv.FormatInt(n, 10)))
}

// delta is a time's distance from the onset, with its sign.
func (w *writer) delta(at time.Time) md {
	onset := w.in.spike.Onset
	switch {
	case onset.IsZero() || at.IsZero():
		return "–"
	case at.Before(onset):
		return md("−" + span(onset.Sub(at)))
	}
	return md("+" + span(at.Sub(onset)))
}

// sampleID shows what a fact's mark looks like.
func (w *writer) sampleID() md {
	if len(w.facts.facts) == 0 {
		return "[…]"
	}
	return w.ids[w.facts.facts[0].ID]
}
