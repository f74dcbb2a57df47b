package report

import (
	"image/color"
	"slices"
	"time"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"

	"github.com/pgmedic/pgmedic/probes"
)

// The classes of what active clients wait for, as moment.Waits counts them (pg_stat_activity.wait_event_type).
const (
	waitNothing = iota // on CPU, or not waiting
	waitLock
	waitLWLock
	waitIO
	waitOther
	waitClasses
)

var waitLayers = []layer{
	{"running", colourActive, func(m moment) int { return m.Waits[waitNothing] }},
	{"Lock", colourInTx, func(m moment) int { return m.Waits[waitLock] }},
	{"LWLock", colourMark, func(m moment) int { return m.Waits[waitLWLock] }},
	{"IO", colourOurs, func(m moment) int { return m.Waits[waitIO] }},
	{"other", colourIdle, func(m moment) int { return m.Waits[waitOther] }},
}

// waitClass is the class that a session's wait belongs to.
func waitClass(b *probes.Backend) int {
	switch b.WaitType {
	case "":
		return waitNothing
	case "Lock":
		return waitLock
	case "LWLock":
		return waitLWLock
	case "IO":
		return waitIO
	}
	return waitOther
}

// drawWaits stacks the active client connections by what they waited for.
func drawWaits(p *plot.Plot, in *incident) ([]legendEntry, error) {
	return addLayers(p, in, waitLayers)
}

func (in *incident) hasActive() bool {
	return slices.ContainsFunc(in.moments, func(m moment) bool { return m.Counts.Active > 0 })
}

// The colours of statements, in their order.
var statementColours = [topStatements]color.RGBA{colourActive, colourInTx, colourOurs, colourMark, colourCeiling}

// chartSteps is how many stretches a line is made of at most: each is the mean over one.
const chartSteps = 300

// drawLoad draws for each of the top statements how many connections it kept busy: its time ÷ the time that passed.
func drawLoad(p *plot.Plot, in *incident) ([]legendEntry, error) {
	return addStatements(p, in, func(w work) float64 { return w.Time.Seconds() / w.Covered.Seconds() })
}

// drawCalls draws for each of the top statements the calls that ended per second.
func drawCalls(p *plot.Plot, in *incident) ([]legendEntry, error) {
	return addStatements(p, in, func(w work) float64 { return float64(w.Calls) / w.Covered.Seconds() })
}

func (in *incident) hasCalls() bool {
	return slices.ContainsFunc(in.moments, func(m moment) bool { return len(m.Done) > 0 })
}

// addStatements draws a line for each of the top statements. It breaks where nothing was counted.
func addStatements(p *plot.Plot, in *incident, value func(work) float64) ([]legendEntry, error) {
	var legend []legendEntry
	step := max(in.end().Sub(in.begin())/chartSteps, in.step(), time.Second)
	for i, id := range in.top {
		var run plotter.XYs
		end := func() error {
			if len(run) == 0 {
				return nil
			}
			line, err := plotter.NewLine(run)
			if err != nil {
				return err
			}
			line.Color, line.Width = statementColours[i], vg.Points(1.4)
			p.Add(line)
			run = nil
			return nil
		}
		for from := in.begin(); from.Before(in.end()); from = from.Add(step) {
			w := in.workOf(id, phase{From: from, To: from.Add(step)})
			if w.Covered <= 0 {
				if err := end(); err != nil {
					return nil, err
				}
				continue
			}
			run = append(run, plotter.XY{X: seconds(from.Add(step / 2)), Y: value(w)})
		}
		if err := end(); err != nil {
			return nil, err
		}
		legend = append(legend, legendEntry{"query id " + queryName(id), statementColours[i], true})
	}
	return legend, nil
}
