package report

import (
	"bytes"
	"errors"
	"fmt"
	"image/color"
	"image/png"
	"slices"
	"sync"
	"time"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgsvg"
)

// The chart's size, and its colours: the Okabe–Ito set on a background of its own, so that it reads the same on a light and on a dark page.
const (
	chartWidth  = 24 * vg.Centimeter
	chartHeight = 10 * vg.Centimeter
	chartMargin = vg.Length(10)
	chartPoints = 1200 // more samples than this are thinned out, keeping the highest of each stretch
	chartDPI    = 108  // of a PNG
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

// chart is a picture of the whole record over time. Its files are assets/name.svg and assets/name.png.
type chart struct {
	name   string
	title  md // what it shows, for those who do not see it too
	axis   string
	draw   func(*plot.Plot, *incident) ([]legendEntry, error)
	exists func(*incident) bool // whether there is anything to draw
}

// legendEntry says what a colour means.
type legendEntry struct {
	Name   string
	Colour color.Color
	Line   bool // it is drawn as a line, not as an area
}

// allCharts are the report's charts, in their order.
func allCharts() []chart {
	return []chart{
		{"connections", "Client connections by state over time, with the ceiling and the marks", "client connections", drawConnections, (*incident).drawable},
		{"waits", "What active client connections waited for over time", "active connections", drawWaits, (*incident).hasActive},
		{"load", "Connections kept busy by the statements with the most connections at the peak, over time", "connections kept busy", drawLoad, (*incident).hasCalls},
		{"calls", "Calls per second of the same statements, over time", "calls that ended per second", drawCalls, (*incident).hasCalls},
	}
}

func (c chart) path(extension string) string { return "assets/" + c.name + extension }

// charts draws what there is to draw, each as SVG and as PNG, all at the same time.
func charts(in *incident) ([]output, error) {
	if !in.drawable() {
		return nil, nil
	}
	all := slices.DeleteFunc(allCharts(), func(c chart) bool { return !c.exists(in) })
	files, failed := make([]output, 2*len(all)), make([]error, len(all))
	var drawing sync.WaitGroup
	for i, c := range all {
		drawing.Go(func() {
			files[2*i], files[2*i+1], failed[i] = c.files(in)
		})
	}
	drawing.Wait()
	return files, errors.Join(failed...)
}

// files draws a chart.
func (c chart) files(in *incident) (svg, image output, err error) {
	p, legend, err := c.plot(in)
	if err == nil {
		svg = output{Name: c.path(".svg")}
		svg.Data, err = asSVG(p, legend)
	}
	if err == nil {
		image = output{Name: c.path(".png")}
		image.Data, err = asPNG(p, legend)
	}
	if err != nil {
		err = fmt.Errorf("drawing the %s: %w", c.name, err)
	}
	return svg, image, err
}

// plot draws a chart, without the legend above it.
func (c chart) plot(in *incident) (*plot.Plot, []legendEntry, error) {
	p := plot.New()
	styleChart(p, in, c.axis)
	legend, err := c.draw(p, in)
	if err != nil {
		return nil, nil, err
	}
	top := 1.2 * max(p.Y.Max, 5) // room for the marks' names
	if err := addMarks(p, in, top); err != nil {
		return nil, nil, err
	}
	p.Y.Min, p.Y.Max = 0, top
	p.X.Min, p.X.Max = seconds(in.begin()), seconds(in.end())
	return p, append(legend, legendEntry{"mark", colourMark, true}), nil
}

// asSVG draws with the reader's fonts: they are not in the file, and without Liberation Sans a reader takes what it has of the same kind.
func asSVG(p *plot.Plot, legend []legendEntry) ([]byte, error) {
	canvas := vgsvg.New(chartWidth, chartHeight)
	drawAll(draw.New(canvas), p, legend)
	var out bytes.Buffer
	if _, err := canvas.WriteTo(&out); err != nil {
		return nil, err
	}
	svg := bytes.ReplaceAll(out.Bytes(), []byte("font-family:Liberation Sans;"), []byte("font-family:'Liberation Sans',Arial,Helvetica,sans-serif;"))
	return append(svg, '\n'), nil
}

// asPNG draws with fonts that the program carries, so that it is the same on every machine.
func asPNG(p *plot.Plot, legend []legendEntry) ([]byte, error) {
	canvas := vgimg.NewWith(vgimg.UseWH(chartWidth, chartHeight), vgimg.UseDPI(chartDPI))
	drawAll(draw.New(canvas), p, legend)
	var out bytes.Buffer
	encoder := png.Encoder{CompressionLevel: png.BestSpeed}
	err := encoder.Encode(&out, canvas.Image())
	return out.Bytes(), err
}

// drawAll draws a plot on a ground of its own, and the legend above it.
func drawAll(whole draw.Canvas, p *plot.Plot, legend []legendEntry) {
	whole.FillPolygon(color.White, []vg.Point{{}, {X: chartWidth}, {X: chartWidth, Y: chartHeight}, {Y: chartHeight}})
	p.Draw(draw.Crop(whole, chartMargin, -chartMargin, chartMargin, -2*chartMargin))
	style := p.Legend.TextStyle
	style.YAlign = draw.YCenter
	x, y := vg.Points(45), chartHeight-chartMargin
	for _, e := range legend {
		height := vg.Points(8)
		if e.Line {
			height = vg.Points(1.5)
		}
		box := vg.Rectangle{Min: vg.Point{X: x, Y: y - height/2}, Max: vg.Point{X: x + vg.Points(12), Y: y + height/2}}
		whole.FillPolygon(e.Colour, []vg.Point{box.Min, {X: box.Max.X, Y: box.Min.Y}, box.Max, {X: box.Min.X, Y: box.Max.Y}})
		whole.FillText(style, vg.Point{X: x + vg.Points(16), Y: y}, e.Name)
		x += vg.Points(28) + style.Width(e.Name)
	}
}

func styleChart(p *plot.Plot, in *incident, axis string) {
	p.BackgroundColor = color.White
	p.X.Label.Text = "time (UTC), from " + stamp(in.begin())
	p.Y.Label.Text = axis
	p.X.Tick.Marker = timeTicks{}
	for _, style := range []*draw.TextStyle{&p.X.Label.TextStyle, &p.Y.Label.TextStyle, &p.X.Tick.Label, &p.Y.Tick.Label, &p.Legend.TextStyle} {
		style.Font.Typeface, style.Font.Variant = "Liberation", "Sans"
		style.Font.Size = font.Points(9)
		style.Color = colourText
	}
}

func seconds(t time.Time) float64 { return float64(t.UnixMilli()) / 1000 }
