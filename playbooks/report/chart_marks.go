package report

import (
	"sort"
	"time"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

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
