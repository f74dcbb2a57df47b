package panes

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/sqltext"
	"github.com/pgmedic/pgmedic/ui/draw"
)

// Activity is the page of what goes on in the server beside its statements: who waits for whom, what is open for long and keeps dead rows, what runs and
// how far it is, replication, what the databases and checkpoints count, and what is not known of all that.
type Activity struct{ texts texts }

// Lines draws the page from the window's newest readings, each part with its age where that is more than its pace makes of it.
func (a *Activity) Lines(t *draw.Theme, w *probes.Window, width int) []string {
	if w.Last() == nil {
		return []string{"not connected"}
	}
	p := &activityPage{sheet: sheet{theme: t, w: width}, window: w, sample: w.Current(), texts: &a.texts}
	for _, part := range []func(){
		p.server, p.blocking, p.transactions, p.xminHolders, p.prepared, p.builds, p.progress, p.standby, p.replicas, p.slots, p.databases, p.writes, p.unseen, p.settings, p.costs,
	} {
		part()
	}
	return p.lines
}

// activityPage is the page while it is made.
type activityPage struct {
	sheet
	window *probes.Window
	sample *probes.Sample // completed with what slower probes read last
	texts  *texts
	told   map[string]bool // probes whose failure stands on the page
	apart  bool            // the part before has lines: the next one stands apart
}

// server says which server answered, and through what; the header says so where it has room.
func (p *activityPage) server() {
	s := p.sample.Server
	text, ink := fmt.Sprintf("%s@%s:%d as %s, PostgreSQL %s", s.Database, s.Host, s.Port, s.User, s.VersionText), p.theme.Secondary
	if s.InRecovery {
		text += ", standby"
	}
	if s.Pooler != probes.NoPooler {
		text, ink = text+", through a pooler ("+string(s.Pooler)+" mode)", p.theme.Warning
	}
	if inClearText(s) {
		text, ink = text+", not encrypted", p.theme.Warning
	}
	p.text(text, ink)
	p.apart = true
}

// part begins what a probe brings: a title, a few words, and how old it is where it should be newer, with the reason. It returns the ink of its lines, which
// is dim where they are old.
func (p *activityPage) part(title, probe, note string, rows bool) draw.Ink {
	ink := p.theme.Text
	if p.apart || rows {
		p.gap()
	}
	p.apart = rows
	spans := []draw.Span{{Text: title, Ink: p.theme.Strong}}
	if note != "" {
		spans = append(spans, draw.Span{Text: "  " + note, Ink: p.theme.Secondary})
	}
	if age := p.age(probe); age != "" {
		ink = p.theme.Secondary
		spans = append(spans, draw.Span{Text: "  ● " + age, Ink: p.theme.Warning})
	}
	p.lines = append(p.lines, draw.Line(p.w, spans...))
	p.reason(probe)
	return ink
}

func (p *activityPage) gap() {
	if len(p.lines) > 0 && p.lines[len(p.lines)-1] != "" {
		p.lines = append(p.lines, "")
	}
}

// reason adds why a probe has no data, or not all.
func (p *activityPage) reason(probe string) {
	if why := p.failure(probe); why != "" && !p.told[probe] {
		p.labelled("", 3, why, p.theme.Warning)
		p.apart = true
		p.markTold(probe)
	}
}

func (p *activityPage) markTold(probe string) {
	if p.told == nil {
		p.told = map[string]bool{}
	}
	p.told[probe] = true
}

// seen is words for that there is none, which is not known where the activity hides some.
func (p *activityPage) seen(none string) string {
	if p.failure("activity") != "" {
		return none + ", as far as this role may see"
	}
	return none
}

func (p *activityPage) failure(probe string) string {
	if reasons := reasons(p.sample, probe); len(reasons) > 0 {
		return reasons[0]
	}
	return ""
}

// age says how old a part is; empty where it is as new as its pace makes it.
func (p *activityPage) age(probe string) string {
	switch {
	case probe == "activity":
		return "" // of each sample
	case p.window.ReadAt(probe).IsZero():
		return "not read yet"
	}
	return lateness(p.window, p.sample, probe)
}

// list begins a part that is a list of so many things.
func (p *activityPage) list(title, probe string, n int) draw.Ink {
	note := ""
	if n == 0 && !p.window.ReadAt(probe).IsZero() {
		note = "none"
	}
	return p.part(title, probe, note, n > 0)
}

func (p *activityPage) grid(g *grid) {
	for _, line := range g.lines(p.theme, p.w-1) {
		p.lines = append(p.lines, " "+line)
	}
}

// statement is what a session runs, or ran last, on one line.
func (p *activityPage) statement(b *probes.Backend) string {
	if b.QueryID == 0 {
		return draw.Unknown
	}
	return cutBytes(p.texts.brief(probes.StatementLoad{StatementKey: probes.StatementKey{QueryID: b.QueryID}, Text: p.window.Text(b.QueryID)}), lineBytes)
}

// lineBytes is the most of a statement that a line takes.
const lineBytes = 300

// unseen adds what is not known and stands nowhere else on the page.
func (p *activityPage) unseen() {
	rest := slices.DeleteFunc(slices.Clone(p.sample.Failures), func(f probes.Failure) bool { return p.told[f.Probe] })
	if len(rest) == 0 {
		return
	}
	p.part("not known", "activity", "", true)
	for _, f := range rest {
		p.labelled("", 3, f.Probe+": "+f.Reason, p.theme.Warning)
	}
}

// settings adds the settings that somebody set, those first that wait for a restart.
func (p *activityPage) settings() {
	var pending, set []string
	for _, s := range p.sample.Settings {
		text := s.Name + "=" + sqltext.Headline(s.Value, mostValue)
		switch {
		case s.PendingRestart:
			pending = append(pending, text+" (another value waits for a restart)")
		case s.Source != "default":
			set = append(set, text)
		}
	}
	ink := p.list("settings that are not the default", "settings", len(pending)+len(set))
	if len(pending)+len(set) == 0 {
		return
	}
	for _, line := range flow(append(pending, set...), p.w-3) {
		p.labelled("", 3, line, ink)
	}
}

// mostValue is the most of a setting's value, in characters.
const mostValue = 60

// costs adds what each of pgmedic's own probes takes, the dearest first.
func (p *activityPage) costs() {
	costs := slices.Clone(p.sample.Costs)
	slices.SortStableFunc(costs, func(a, b probes.ProbeCost) int { return cmp.Compare(b.Took, a.Took) })
	p.part("pgmedic's own probes", "activity", "what each waited for the server in its last run: an upper bound of the server's work", len(costs) > 0)
	g := newGrid(head{"probe", false}, head{"took", true}, head{"budget", true}, head{"read every", true}, head{"last", true}, head{"", false})
	for _, c := range costs {
		every, note, ink := "sample", "", p.theme.Text
		if c.Every > 0 {
			every = draw.Duration(c.Every)
		}
		if c.Spaced {
			note, ink = "spaced out: it overran its budget", p.theme.Warning
		}
		last := draw.Unknown
		if at := p.window.ReadAt(c.Probe); !at.IsZero() {
			last = fmt.Sprintf("%d s ago", int(p.sample.At.Sub(at).Seconds()))
		}
		if p.failure(c.Probe) != "" && note == "" {
			note = "no data, or not all: see why above"
		}
		g.row(ink, c.Probe, draw.Duration(c.Took), draw.Duration(c.Budget), every, last, note)
	}
	p.grid(g)
}
