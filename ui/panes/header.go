package panes

import (
	"strconv"
	"time"

	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/watch"
	"github.com/pgmedic/pgmedic/ui/draw"
)

// Header is the two lines at the top: which server this is and how it is looked at; how full it is, against what is normal.
type Header struct {
	size
	sample     *probes.Sample
	counts     probes.Counts
	limit      probes.Limit // the tighter one
	assessment probes.Assessment
	status     Status
}

// Status is what the header says beside the sample.
type Status struct {
	Title     string         // for example "drill"; may be empty
	Target    string         // the server's name until the first sample comes
	Now       time.Time      // the server's time where known, else local
	Zone      *time.Location // second zone for the clock; nil: UTC only
	Recording time.Duration  // how long the record covers
	Recorded  bool           // there is a record
	RecordErr string         // why the record is not being written; empty: it is
	Frozen    bool           // the screen stands still, the record goes on
	Applying  string         // what is being applied, for example "building reports_dedup_idx"; empty: nothing
	Replay    string         // of a recorded incident: that it is one, and how it is played; empty: the server is looked at
	Lost      string         // why there are no new samples; empty: there are
}

// Show takes the window, which may be empty or nil, and the status.
func (h *Header) Show(w *probes.Window, s Status) {
	h.status = s
	if w == nil || w.Last() == nil {
		return
	}
	h.sample, h.counts, h.assessment = w.Current(), w.Last().Counts(), w.Assessment()
	h.limit = h.sample.Ceiling.Tighter(h.sample)
}

// View returns exactly h lines of w cells; two is what it is made for.
func (h *Header) View(t *draw.Theme, focused bool) string {
	load := h.loadLine(t)
	if h.status.Lost != "" {
		load = draw.Repaint(t.Secondary, load)
	}
	return draw.Block(h.serverLine(t)+"\n"+load, h.w, h.h)
}

// serverLine fills a line with what there is room for: which server, what shouts and the clock in any case, then the record, what is being applied and
// the rest.
func (h *Header) serverLine(t *draw.Theme) string {
	left := []draw.Span{{Text: " pgmedic", Ink: t.Strong}}
	if h.status.Title != "" {
		left = append(left, draw.Span{Text: " " + h.status.Title, Ink: t.Acted})
	}
	if h.status.Replay != "" {
		left = append(left, draw.Span{Text: " " + h.status.Replay, Ink: t.Acted})
	}
	left = append(left, draw.Span{Text: "  " + h.server(), Ink: t.Strong})
	left = append(left, h.state(t)...)
	right := h.clock(t)
	for _, more := range []func(*draw.Theme, int) []draw.Span{h.record, h.applying, h.pooler, h.clearText, h.role, h.cost} {
		room := h.w - draw.SpansWidth(left) - draw.SpansWidth(right)
		if spans := more(t, room); draw.SpansWidth(spans) <= room {
			left = append(left, spans...)
		}
	}
	return draw.Ends(h.w, left, right)
}

// leastApplying is the room that says anything of what is being applied.
const leastApplying = 20

// applying says what is being applied, cut to the room there is.
func (h *Header) applying(t *draw.Theme, room int) []draw.Span {
	if h.status.Applying == "" || room <= 0 {
		return nil
	}
	text := "  ◆ " + h.status.Applying
	return []draw.Span{{Text: draw.Fit(text, min(draw.Width(text), room)), Ink: t.Acted}}
}

func (h *Header) server() string {
	if h.sample == nil {
		return h.status.Target
	}
	s := h.sample.Server
	name := s.Database + "@" + s.Host
	if s.Port != 0 {
		name += ":" + strconv.Itoa(s.Port)
	}
	return name
}

// state is what shouts: no samples, a broken record, a frozen screen.
func (h *Header) state(t *draw.Theme) []draw.Span {
	var spans []draw.Span
	if h.status.Lost != "" {
		spans = append(spans, draw.Span{Text: "  ✗ " + h.status.Lost, Ink: t.Critical})
	}
	if h.status.RecordErr != "" {
		spans = append(spans, draw.Span{Text: "  ✗ not recording: " + h.status.RecordErr, Ink: t.Critical})
	}
	if h.status.Frozen {
		spans = append(spans, draw.Span{Text: "  ‖ frozen", Ink: t.Warning})
	}
	return spans
}

// record says whether the incident is recorded; for how long gives way to what is being applied and to what a person must know of the connection.
func (h *Header) record(t *draw.Theme, room int) []draw.Span {
	switch {
	case h.status.RecordErr != "", h.status.Replay != "":
		return nil // it was said
	case !h.status.Recorded:
		return []draw.Span{{Text: "  ○ not recorded", Ink: t.Warning}}
	}
	spans := []draw.Span{{Text: "  ● recording", Ink: t.Good}, {Text: " " + draw.Stopwatch(h.status.Recording), Ink: t.Secondary}}
	more := draw.SpansWidth(h.pooler(t, 0)) + draw.SpansWidth(h.clearText(t, 0))
	if h.sample != nil && h.sample.Server.InRecovery {
		more += draw.SpansWidth(h.role(t, 0))
	}
	if h.status.Applying != "" {
		more += leastApplying
	}
	if room < draw.SpansWidth(spans)+more {
		return spans[:1]
	}
	return spans
}

// cost is the time that the probes wait for the server's replies in each second: more than the work that they are to the server.
func (h *Header) cost(t *draw.Theme, room int) []draw.Span {
	if h.sample == nil || h.sample.Interval <= 0 || h.status.Lost != "" || h.status.Replay != "" {
		return nil
	}
	perSecond := time.Duration(float64(h.sample.Cost) / h.sample.Interval.Seconds())
	text := draw.Duration(perSecond) + "/s"
	if perSecond >= 100*time.Millisecond {
		text = draw.Number(perSecond.Seconds()) + " s of each s"
	}
	spans := []draw.Span{{Text: "  probes wait " + text, Ink: t.Secondary}}
	named, n := spacedText(h.sample.Costs)
	for _, spaced := range []string{named, ", " + strconv.Itoa(n) + " spaced out"} {
		if all := append(spans, draw.Span{Text: spaced, Ink: t.Warning}); n > 0 && draw.SpansWidth(all) <= room {
			return all
		}
	}
	return spans
}

// spacedText names the probes that overran their budgets and are read more rarely for it, with the time between two readings, and counts them.
func spacedText(costs []probes.ProbeCost) (text string, n int) {
	for _, c := range costs {
		if c.Spaced {
			text += ", " + c.Probe + " every " + strconv.Itoa(int(c.Every.Seconds())) + " s"
			n++
		}
	}
	return text, n
}

// clock is the date and time in UTC and in the second zone, less of it where there is no room.
func (h *Header) clock(t *draw.Theme) []draw.Span {
	if h.status.Now.IsZero() {
		return nil
	}
	text := draw.Clock(h.status.Now, nil) + " UTC"
	if zone := h.status.Zone; zone != nil && h.w >= 100 {
		if name, offset := h.status.Now.In(zone).Zone(); offset != 0 {
			text += " (" + draw.ShortClock(h.status.Now, zone) + " " + name + ")"
		}
	}
	return []draw.Span{{Text: "  " + text + " ", Ink: t.Text}}
}

// loadLine is the number of connections against the ceiling and the baseline; the bar takes the room between.
func (h *Header) loadLine(t *draw.Theme) string {
	if h.sample == nil {
		return t.Secondary.Paint(draw.Fit(" connections "+draw.Unknown, h.w))
	}
	const leastBar, mostBar = 6, 60
	left, right := h.gauge(t), h.normal(t)
	if reserve := h.reserve(t); draw.SpansWidth(left)+leastBar+draw.SpansWidth(reserve)+draw.SpansWidth(right) <= h.w {
		right = append(reserve, right...)
	}
	if len(right) > 1 && draw.SpansWidth(left)+draw.SpansWidth(right) > h.w {
		left, right = left[:2], right[1:] // the share and the baseline give way to the incident
	}
	room := min(h.w-draw.SpansWidth(left)-draw.SpansWidth(right), mostBar)
	if h.limit.Slots == 0 || room < leastBar {
		return draw.Line(h.w, append(left, right...)...)
	}
	bar := draw.Bar(h.fullness(t), t.Secondary, h.limit.Share(), room)
	return draw.Fit(draw.Line(draw.SpansWidth(left), left...)+bar+draw.Line(draw.SpansWidth(right), right...), h.w)
}

// mostRole is the room for a role's name, in cells.
const mostRole = 20

// gauge is the connections and pgmedic's own, which hold slots too, of how many: of the server's slots, or of the database's or a role's own limit where
// more of that is taken.
func (h *Header) gauge(t *draw.Theme) []draw.Span {
	name := " connections "
	if h.w < 100 {
		name = " slots "
	}
	switch h.limit.Bound {
	case probes.BoundDatabase:
		name = " this database "
	case probes.BoundRole:
		name = " role " + draw.Fit(h.limit.Role, min(draw.Width(h.limit.Role), mostRole)) + " "
	}
	figure := h.limit.Who()
	if h.limit.Slots == 0 {
		return []draw.Span{{Text: name, Ink: t.Secondary}, {Text: figure + " of " + draw.Unknown + " ", Ink: t.Text}}
	}
	figure += " of " + strconv.Itoa(h.limit.Slots)
	return []draw.Span{
		{Text: name, Ink: t.Secondary}, {Text: figure + " ", Ink: h.fullness(t)}, {Text: " " + draw.Percent(min(h.limit.Share(), 1)) + " ", Ink: h.fullness(t)},
	}
}

// fullness is the ink for how near the ceiling is.
func (h *Header) fullness(t *draw.Theme) draw.Ink {
	switch {
	case h.limit.Slots == 0:
		return t.Text
	case h.limit.AtLeast(watch.FullPercent):
		return t.Critical
	case h.limit.AtLeast(watch.AlarmPercent):
		return t.Warning
	default:
		return t.Good
	}
}

func (h *Header) reserve(t *draw.Theme) []draw.Span {
	c := h.sample.Ceiling
	if h.limit.Bound != probes.BoundServer {
		text := "  its own limit; server " + strconv.Itoa(h.counts.Total+h.counts.Ours) + "/" + strconv.Itoa(c.Application())
		return []draw.Span{{Text: text, Ink: t.Secondary}}
	}
	if c.MaxConnections == 0 {
		return nil
	}
	text := "  " + strconv.Itoa(c.SuperuserReserved) + " reserved for superusers"
	if c.Reserved > 0 {
		text += ", " + strconv.Itoa(c.Reserved) + " for pg_use_reserved_connections"
	}
	return []draw.Span{{Text: text, Ink: t.Secondary}}
}

// normal compares with the baseline; without one every factor stays blank.
func (h *Header) normal(t *draw.Theme) []draw.Span {
	a := h.assessment
	if !a.Baseline.Known() {
		text := "  baseline: none yet (" + strconv.Itoa(a.Baseline.N) + " of " + strconv.Itoa(probes.BaselineMinimum) + " samples)"
		return append([]draw.Span{{Text: text, Ink: t.Secondary}}, h.since(t, "")...)
	}
	spans := []draw.Span{{Text: "  baseline " + draw.Rows(a.Baseline.Median), Ink: t.Secondary}}
	return append(spans, h.since(t, draw.Factor(float64(h.counts.Total)/a.Baseline.Median)+" ")...)
}

// since says that an incident runs and since when, that it may be over, or that it is.
func (h *Header) since(t *draw.Theme, factor string) []draw.Span {
	a := h.assessment
	switch {
	case a.InIncident() && h.status.Lost == "" && h.isGone():
		text := "  ↓ fewer than before the incident: the application is not back, since " + draw.Clock(a.Onset, nil)
		return []draw.Span{{Text: text, Ink: t.Critical}}
	case a.InIncident() && h.status.Lost == "" && h.isBack():
		text := "  ↓ back at " + strconv.Itoa(h.counts.Total) + ", recovered once it stays for " + strconv.Itoa(int(watch.RecoverySpan.Seconds())) + " s"
		return []draw.Span{{Text: text, Ink: t.Good}}
	case a.InIncident():
		return []draw.Span{{Text: "  ▲ " + factor + "since " + draw.Clock(a.Onset, nil), Ink: t.Critical}}
	case !a.Onset.IsZero():
		return []draw.Span{{Text: "  ✓ recovered " + draw.Clock(a.Recovered, nil) + ", peak " + strconv.Itoa(a.Peak), Ink: t.Good}}
	}
	return nil
}

// isBack says whether so many connections are as good as the baseline, as watch defines it.
func (h *Header) isBack() bool {
	base := h.assessment.Baseline
	return base.Known() && watch.IsBack(h.counts.Total, base)
}

// isGone says whether there are so few connections that the application cannot be there as usual.
func (h *Header) isGone() bool {
	base := h.assessment.Baseline
	return base.Known() && float64(h.counts.Total) < watch.RecoveryFloor*base.Median
}
