package report

import (
	"image/color"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
)

// layer is one part of a stack, the lowest first.
type layer struct {
	Name   string
	Colour color.Color
	Count  func(moment) int
}

var stateLayers = []layer{
	{"active", colourActive, func(m moment) int { return m.Counts.Active }},
	{"idle in transaction", colourInTx, func(m moment) int { return m.Counts.IdleInTx }},
	{"idle", colourIdle, func(m moment) int { return m.Counts.Idle }},
	{"state not visible", colourUnknown, func(m moment) int { return m.Counts.Unknown }},
	{"pgmedic", colourOurs, func(m moment) int { return m.Counts.Ours }},
}

// drawConnections stacks the client connections by state, pgmedic's own on top of them, under the ceiling.
func drawConnections(p *plot.Plot, in *incident) ([]legendEntry, error) {
	legend, err := addLayers(p, in, stateLayers)
	if err != nil {
		return nil, err
	}
	if err := addCeiling(p, in); err != nil {
		return nil, err
	}
	return append(legend, legendEntry{"ceiling for the application", colourCeiling, true}), nil
}

// addLayers stacks areas; where the record has a gap they break. It returns what of them there was.
func addLayers(p *plot.Plot, in *incident, layers []layer) ([]legendEntry, error) {
	for _, run := range in.runs() {
		base := make([]float64, len(run))
		for _, l := range layers {
			ring := make(plotter.XYs, 0, 2*len(run))
			for i, m := range run {
				ring = append(ring, plotter.XY{X: seconds(m.At), Y: base[i] + float64(l.Count(m))})
			}
			for i := len(run) - 1; i >= 0; i-- {
				ring = append(ring, plotter.XY{X: seconds(run[i].At), Y: base[i]})
				base[i] = ring[i].Y
			}
			area, err := plotter.NewPolygon(ring)
			if err != nil {
				return nil, err
			}
			area.Color, area.LineStyle.Width = l.Colour, 0
			p.Add(area)
		}
	}
	var legend []legendEntry
	for _, l := range layers {
		if slices.ContainsFunc(in.moments, func(m moment) bool { return l.Count(m) > 0 }) {
			legend = append(legend, legendEntry{Name: l.Name, Colour: l.Colour})
		}
	}
	return legend, nil
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
