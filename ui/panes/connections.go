package panes

import (
	"strconv"
	"strings"
	"time"

	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/watch"
	"github.com/pgmedic/pgmedic/ui/draw"
)

// Connections is the pane of who holds the connections: their number over time, and what they are and wait for now.
type Connections struct {
	size
	staleness
	chart draw.Chart
	facts []fact
	notes []string
}

// fact is one line of the pane: what it is about, and groups, largest first.
type fact struct {
	name   string
	groups []string
	alarm  bool // it shouts
}

// Show takes the window's newest sample.
func (c *Connections) Show(w *probes.Window) {
	last := w.Last()
	if last == nil {
		return
	}
	c.chart.Show(connectionsChart(w))
	c.facts = append(lockFact(w), connectionFacts(last)...)
	c.notes = reasons(last, "activity", "ceiling", "role limits", "names", "clock")
}

// View returns exactly h lines of w cells. The chart takes the upper part; what is left of the lower part shows more groups.
func (c *Connections) View(t *draw.Theme, focused bool) string {
	w, h := c.inner()
	notes := noteLines(t, c.notes, w, h/4)
	h -= len(notes)
	var body []string
	if rows := c.chartLines(h); rows > 0 {
		body = append(body, c.chart.View(t, w, rows))
		h -= rows
	}
	body = append(body, factLines(t, c.facts[:min(len(c.facts), h)], w, h)...)
	return c.box(t, c.size, "1 connections", "", append(body, notes...), focused)
}

// chartLines is how many of h lines the chart gets: what the facts leave, up to three fifths; in a low pane the last facts give way to it, in a very
// low one it gives way to them.
func (c *Connections) chartLines(h int) int {
	const least = 4
	if h < 2*least {
		return 0
	}
	return max(min(h-len(c.facts), h*3/5), least)
}

// factLines draws the facts; a fact with more groups than fit on its line goes on below it while lines are left.
func factLines(t *draw.Theme, facts []fact, w, h int) []string {
	const margin = 8
	var lines []string
	spare := h - len(facts)
	for _, f := range facts {
		name, ink := f.name, t.Text
		if f.alarm {
			ink = t.Warning
		}
		rows := flow(f.groups, w-margin)
		more := min(max(len(rows)-1, 0), max(spare, 0))
		spare -= more
		if more+1 < len(rows) {
			rows[more] += "  …"
		}
		for _, row := range rows[:more+1] {
			lines = append(lines, draw.Line(w, draw.Span{Text: draw.Fit(name, margin), Ink: t.Secondary}, draw.Span{Text: row, Ink: ink}))
			name = ""
		}
	}
	return lines
}

// flow puts groups into lines of at most w cells, at least one line.
func flow(groups []string, w int) []string {
	if len(groups) == 0 {
		return []string{draw.Unknown}
	}
	lines := []string{groups[0]}
	for _, g := range groups[1:] {
		last := len(lines) - 1
		if draw.Width(lines[last])+2+draw.Width(g) <= w {
			lines[last] += "  " + g
		} else {
			lines = append(lines, g)
		}
	}
	return lines
}

// lockFact says that sessions wait for each other, and the key that shows them; nothing where none does.
func lockFact(w *probes.Window) []fact {
	if headline := LockHeadline(w); headline != "" {
		groups := strings.Split(strings.Replace(headline, " (", "\n(", 1), "\n")
		return []fact{{name: "locks", groups: append(groups, "a shows them"), alarm: true}}
	}
	return nil
}

// LockHeadline says in one line who waits behind whom in the newest sample, with its age where it is old; empty: nobody waits for a lock.
func LockHeadline(w *probes.Window) string {
	s := w.Current()
	tree := s.Blocking()
	headline := blockingHeadline(tree, s.At)
	if age := lateness(w, s, "locks"); headline != "" && age != "" && len(tree.Roots) > 0 {
		headline += ", " + age
	}
	return headline
}

func connectionFacts(s *probes.Sample) []fact {
	counts := s.Counts()
	name := func(key func(probes.Backend) string) []string { return named(s.GroupClients(key)) }
	return []fact{
		{name: "state", groups: states(counts)},
		{name: "waits", groups: named(s.GroupClients(waitOf))},
		{name: "app", groups: applications(s)},
		{name: "user", groups: name(func(b probes.Backend) string { return b.User })},
		{name: "db", groups: name(func(b probes.Backend) string { return b.Database })},
		{name: "client", groups: name(func(b probes.Backend) string { return b.Client })},
		{name: "ours", groups: []string{probes.ApplicationName + " " + strconv.Itoa(counts.Ours) + ", not counted above"}},
	}
}

// states counts the sessions by their state; where this role sees none of them, no count is known.
func states(c probes.Counts) []string {
	number := strconv.Itoa
	if c.Unknown > 0 && c.Unknown == c.Total {
		number = func(int) string { return draw.Unknown }
	}
	list := []string{"active " + number(c.Active), "idle " + number(c.Idle), "idle in tx " + number(c.IdleInTx)}
	if c.Unknown > 0 {
		list = append([]string{"not visible " + strconv.Itoa(c.Unknown)}, list...)
	}
	if c.LockWaits > 0 {
		list = append(list, "waiting for a lock "+strconv.Itoa(c.LockWaits))
	}
	return list
}

// waitOf names what an active client waits for. PostgreSQL reports no wait event for a backend that runs on a CPU.
func waitOf(b probes.Backend) string {
	switch {
	case b.State != "active":
		return ""
	case b.WaitType == "":
		return "CPU"
	default:
		return b.WaitType + ":" + b.WaitEvent
	}
}

func named(groups []probes.Group) []string {
	list := make([]string, len(groups))
	for i, g := range groups {
		list[i] = g.Name + " " + strconv.Itoa(g.Count)
	}
	return list
}

// applications names each application with its connections and, where there are several clients, how many clients hold how many each.
func applications(s *probes.Sample) []string {
	perClient := map[string]map[string]int{}
	for _, b := range s.Backends {
		if !b.IsClient() || b.Client == "" {
			continue
		}
		if perClient[b.Application] == nil {
			perClient[b.Application] = map[string]int{}
		}
		perClient[b.Application][b.Client]++
	}
	groups := s.GroupClients(func(b probes.Backend) string { return b.Application })
	var list []string
	for _, g := range groups {
		list = append(list, g.Name+" "+strconv.Itoa(g.Count))
		if clients := clientsOf(perClient[g.Name]); clients != "" {
			list = append(list, clients)
		}
	}
	return list
}

// clientsOf says "(10 clients × 8)" or "(10 clients, 3 to 9 each)"; nothing for a single client.
func clientsOf(counts map[string]int) string {
	if len(counts) < 2 {
		return ""
	}
	least, most := -1, 0
	for _, n := range counts {
		most = max(most, n)
		if least < 0 || n < least {
			least = n
		}
	}
	clients := "(" + strconv.Itoa(len(counts)) + " clients"
	if least == most {
		return clients + " × " + strconv.Itoa(most) + ")"
	}
	return clients + ", " + strconv.Itoa(least) + " to " + strconv.Itoa(most) + " each)"
}

// connectionsChart draws the client connections against the ceiling, with the baseline, the onset and the recovery.
func connectionsChart(w *probes.Window) draw.ChartData {
	counts, now := w.Counts(), w.Assessment()
	last := w.Last()
	d := draw.ChartData{To: last.At, From: last.At.Add(-chartSpan(counts, now)), Points: make([]draw.Point, 0, len(counts))}
	peak := 0
	for _, c := range counts {
		if c.At.Before(d.From) {
			continue
		}
		d.Points = append(d.Points, draw.Point{At: c.At, Value: float64(c.Total)})
		peak = max(peak, c.Total)
	}
	scaleTo(&d, peak, last.Ceiling.Application())
	if now.Baseline.Known() {
		d.Level = now.Baseline.Median
	}
	d.Marks = []draw.ChartMark{{At: now.Onset, Glyph: "▲"}, {At: now.Recovered, Glyph: "✓", Good: true}}
	return d
}

// scaleTo ends the value axis at the ceiling; where the connections are few against it, a little above their peak.
func scaleTo(d *draw.ChartData, peak, ceiling int) {
	if ceiling > 0 && peak*10 >= ceiling {
		d.Top, d.TopName = float64(max(ceiling, peak)), "ceiling "+strconv.Itoa(ceiling)
		d.Alarm = float64(watch.AlarmPercent*ceiling) / 100
		return
	}
	d.Top = float64(max(10, peak+peak/4))
}

// chartSpan is the time that the chart covers: the shortest step that holds all there is, up to 15 minutes, or more where the incident began before.
func chartSpan(counts []probes.Counts, now probes.Assessment) time.Duration {
	first, last := counts[0].At, counts[len(counts)-1].At
	need := min(last.Sub(first), 15*time.Minute)
	if now.InIncident() && now.Onset.After(first) {
		need = max(need, last.Sub(now.Onset)+time.Minute)
	}
	for _, step := range []time.Duration{time.Minute, 3 * time.Minute, 5 * time.Minute, 10 * time.Minute, 15 * time.Minute, 30 * time.Minute} {
		if need <= step {
			return step
		}
	}
	return time.Hour
}
