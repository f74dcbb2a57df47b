package report

import (
	"math"
	"time"

	"gonum.org/v1/plot"
)

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
