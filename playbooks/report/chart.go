package report

import (
	"bytes"
	"image/color"
	"math"
	"slices"
	"sort"
	"time"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"

	"github.com/pgmedic/pgmedic/probes"
)

// The chart's size, and its colours: the Okabe–Ito set on a background of its own, so that it reads the same on a light and on a dark page.
const (
	chartWidth  = 24 * vg.Centimeter
	chartHeight = 10 * vg.Centimeter
	chartMargin = vg.Length(10)
	chartPoints = 1200 // more samples than this are thinned out, keeping the highest of each stretch
)

var (
	colourActive  = color.RGBA{0x56, 0xB4, 0xE9, 0xFF}
	colourInTx    = color.RGBA{0xE6, 0x9F, 0x00, 0xFF}
	colourIdle    = color.RGBA{0xBB, 0xBB, 0xBB, 0xFF}
	colourUnknown = color.RGBA{0xE5, 0xE5, 0xE5, 0xFF}
	colourOurs    = color.RGBA{0x00, 0x9E, 0x73, 0xFF}
	colourCeiling = color.RGBA{0xD5, 0x5E, 0x00, 0xFF}
	colourMark    = color.RGBA{0xA0, 0x4E, 0x7A, 0xFF}
	colourText    = color.RGBA{0x33, 0x33, 0x33, 0xFF}
)

// layer is one state of connections in the stack, lowest first.
type layer struct {
	Name   string
	Colour color.Color
	Count  func(probes.Counts) int
}

var layers = [...]layer{
	{"active", colourActive, func(c probes.Counts) int { return c.Active }},
	{"idle in transaction", colourInTx, func(c probes.Counts) int { return c.IdleInTx }},
	{"idle", colourIdle, func(c probes.Counts) int { return c.Idle }},
	{"state not visible", colourUnknown, func(c probes.Counts) int { return c.Unknown }},
	{"pgmedic", colourOurs, func(c probes.Counts) int { return c.Ours }},
}

// connectionsChart draws the client connections by state over the whole record, pgmedic's own on top of them, the ceiling and the marks, as SVG.
func connectionsChart(in *incident) ([]byte, error) {
	p := plot.New()
	styleChart(p, in)
	if err := addLayers(p, in); err != nil {
		return nil, err
	}
	if err := addCeiling(p, in); err != nil {
		return nil, err
	}
	top := 1.2 * max(p.Y.Max, 5) // room for the marks' names
	if err := addMarks(p, in, top); err != nil {
		return nil, err
	}
	p.Y.Min, p.Y.Max = 0, top
	p.X.Min, p.X.Max = seconds(in.begin()), seconds(in.end())
	canvas := vgsvg.New(chartWidth, chartHeight)
	whole := draw.New(canvas)
	whole.FillPolygon(color.White, []vg.Point{{}, {X: chartWidth}, {X: chartWidth, Y: chartHeight}, {Y: chartHeight}})
	p.Draw(draw.Crop(whole, chartMargin, -chartMargin, chartMargin, -2*chartMargin))
	drawLegend(whole, p, in)
	var out bytes.Buffer
	if _, err := canvas.WriteTo(&out); err != nil {
		return nil, err
	}
	// The fonts are not in the file: without Liberation Sans a reader takes what it has of the same kind.
	svg := bytes.ReplaceAll(out.Bytes(), []byte("font-family:Liberation Sans;"), []byte("font-family:'Liberation Sans',Arial,Helvetica,sans-serif;"))
	return append(svg, '\n'), nil
}

func styleChart(p *plot.Plot, in *incident) {
	p.BackgroundColor = color.White
	p.X.Label.Text = "time (UTC), from " + stamp(in.begin())
	p.Y.Label.Text = "client connections"
	p.X.Tick.Marker = timeTicks{}
	for _, style := range []*draw.TextStyle{&p.X.Label.TextStyle, &p.Y.Label.TextStyle, &p.X.Tick.Label, &p.Y.Tick.Label, &p.Legend.TextStyle} {
		style.Font.Typeface, style.Font.Variant = "Liberation", "Sans"
		style.Font.Size = font.Points(9)
		style.Color = colourText
	}
}

func seconds(t time.Time) float64 { return float64(t.UnixMilli()) / 1000 }

// addLayers stacks the states; where the record has a gap the areas break.
func addLayers(p *plot.Plot, in *incident) error {
	for _, run := range in.runs() {
		base := make([]float64, len(run))
		for _, l := range layers {
			ring := make(plotter.XYs, 0, 2*len(run))
			for i, m := range run {
				ring = append(ring, plotter.XY{X: seconds(m.At), Y: base[i] + float64(l.Count(m.Counts))})
			}
			for i := len(run) - 1; i >= 0; i-- {
				ring = append(ring, plotter.XY{X: seconds(run[i].At), Y: base[i]})
				base[i] = ring[i].Y
			}
			area, err := plotter.NewPolygon(ring)
			if err != nil {
				return err
			}
			area.Color, area.LineStyle.Width = l.Colour, 0
			p.Add(area)
		}
	}
	return nil
}

// runs splits the samples at the gaps, thinned out to what a chart can show.
func (in *incident) runs() [][]moment {
	limit := in.gapLimit()
	stride := 1 + len(in.moments)/chartPoints
	var runs [][]moment
	for i, m := range in.moments {
		if i == 0 || m.At.Sub(in.moments[i-1].At) > limit {
			runs = append(runs, nil)
		}
		run := &runs[len(runs)-1]
		if n := len(*run); i%stride != 0 && n > 0 {
			if m.Counts.Total > (*run)[n-1].Counts.Total {
				(*run)[n-1] = m
			}
			continue
		}
		*run = append(*run, m)
	}
	return runs
}

func addCeiling(p *plot.Plot, in *incident) error {
	slots := float64(in.last.Ceiling.Application())
	if slots == 0 {
		return nil
	}
	line, err := plotter.NewLine(plotter.XYs{{X: seconds(in.begin()), Y: slots}, {X: seconds(in.end()), Y: slots}})
	if err != nil {
		return err
	}
	line.Color, line.Width, line.Dashes = colourCeiling, vg.Points(1.2), []vg.Length{vg.Points(6), vg.Points(3)}
	p.Add(line)
	return nil
}

// chartMark is a moment that the chart names.
type chartMark struct {
	Name string
	At   time.Time
}

func (in *incident) chartMarks() []chartMark {
	marks := []chartMark{{"onset", in.spike.Onset}, {"recovered", in.spike.Recovered}}
	if a, ok := in.remedy(); ok {
		marks = append(marks, chartMark{"build begins", a.started()}, chartMark{"remedy in place", a.ended()})
	} else if a, ok := in.cure(); ok {
		marks = append(marks, chartMark{"remedy in place", a.ended()})
	}
	sort.SliceStable(marks, func(i, j int) bool { return marks[i].At.Before(marks[j].At) })
	return marks
}

// addMarks draws the marks, their names in turn on three levels so that near ones do not cover each other.
func addMarks(p *plot.Plot, in *incident, top float64) error {
	level := 0
	for _, m := range in.chartMarks() {
		if m.At.Before(in.begin()) || m.At.After(in.end()) {
			continue
		}
		x := seconds(m.At)
		line, err := plotter.NewLine(plotter.XYs{{X: x, Y: 0}, {X: x, Y: top}})
		if err != nil {
			return err
		}
		line.Color, line.Width = colourMark, vg.Points(1)
		y := top * (0.955 - 0.045*float64(level%3))
		name, err := plotter.NewLabels(plotter.XYLabels{XYs: plotter.XYs{{X: x, Y: y}}, Labels: []string{m.Name}})
		if err != nil {
			return err
		}
		name.Offset = vg.Point{X: vg.Points(3)}
		name.TextStyle[0] = p.X.Tick.Label
		name.TextStyle[0].XAlign, name.TextStyle[0].YAlign = draw.XLeft, draw.YBottom
		name.TextStyle[0].Color = colourMark
		if x > seconds(in.begin())+0.85*in.end().Sub(in.begin()).Seconds() { // else it would leave the chart
			name.TextStyle[0].XAlign, name.Offset.X = draw.XRight, -name.Offset.X
		}
		p.Add(line, name)
		level++
	}
	return nil
}

// drawLegend writes the colours' meaning in one row above the chart.
func drawLegend(c draw.Canvas, p *plot.Plot, in *incident) {
	style := p.Legend.TextStyle
	style.YAlign = draw.YCenter
	x, y := vg.Points(45), chartHeight-chartMargin
	entry := func(name string, colour color.Color, height vg.Length) {
		box := vg.Rectangle{Min: vg.Point{X: x, Y: y - height/2}, Max: vg.Point{X: x + vg.Points(12), Y: y + height/2}}
		c.FillPolygon(colour, []vg.Point{box.Min, {X: box.Max.X, Y: box.Min.Y}, box.Max, {X: box.Min.X, Y: box.Max.Y}})
		c.FillText(style, vg.Point{X: x + vg.Points(16), Y: y}, name)
		x += vg.Points(28) + style.Width(name)
	}
	for _, l := range layers {
		if slices.ContainsFunc(in.moments, func(m moment) bool { return l.Count(m.Counts) > 0 }) {
			entry(l.Name, l.Colour, vg.Points(8))
		}
	}
	entry("ceiling for the application", colourCeiling, vg.Points(1.5))
	entry("mark", colourMark, vg.Points(1.5))
}

// timeTicks puts ticks on round times of the clock.
type timeTicks struct{}

// tickSteps are the distances between ticks to choose from.
var tickSteps = [...]time.Duration{
	time.Second, 2 * time.Second, 5 * time.Second, 10 * time.Second, 15 * time.Second, 30 * time.Second,
	time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 15 * time.Minute, 30 * time.Minute,
	time.Hour, 2 * time.Hour, 3 * time.Hour, 6 * time.Hour, 12 * time.Hour, 24 * time.Hour,
}

const maxTicks = 12

// Ticks implements plot.Ticker.
func (timeTicks) Ticks(min, max float64) []plot.Tick {
	step := tickSteps[len(tickSteps)-1]
	for _, s := range tickSteps {
		if (max-min)/s.Seconds() <= maxTicks {
			step = s
			break
		}
	}
	format := "15:04:05"
	if step >= time.Hour {
		format = "01-02 15:04"
	}
	var ticks []plot.Tick
	for at := math.Ceil(min/step.Seconds()) * step.Seconds(); at <= max; at += step.Seconds() {
		ticks = append(ticks, plot.Tick{Value: at, Label: time.UnixMilli(int64(at * 1000)).UTC().Format(format)})
	}
	return ticks
}
