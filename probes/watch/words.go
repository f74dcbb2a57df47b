package watch

import (
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/pgmedic/pgmedic/probes"
)

// figure writes a number with at most one decimal; from 10 on without.
func figure(x float64) string {
	if math.Abs(x) >= 10 {
		return strconv.FormatFloat(math.Round(x), 'f', -1, 64)
	}
	return strconv.FormatFloat(math.Round(x*10)/10, 'f', -1, 64)
}

// exact writes a number as it is.
func exact(x float64) string { return strconv.FormatFloat(x, 'f', -1, 64) }

// share says how much of the limit is taken; 100 % only where nothing is left, no more where sessions are in the superusers' reserve.
func share(l probes.Limit) string {
	percent := min(int(math.Round(100*l.Share())), 100)
	if l.Taken < l.Slots {
		percent = min(percent, 99)
	}
	return fmt.Sprintf("%d %% of %s %d", percent, l.Name(), l.Slots)
}

// length writes how long a call took.
func length(d time.Duration) string {
	switch {
	case d >= time.Second:
		return figure(d.Seconds()) + " s"
	case d >= time.Millisecond:
		return figure(float64(d)/float64(time.Millisecond)) + " ms"
	}
	return figure(float64(d)/float64(time.Microsecond)) + " µs"
}

// milliseconds writes a duration for Data.
func milliseconds(d time.Duration) string {
	return strconv.FormatFloat(float64(d)/float64(time.Millisecond), 'f', 3, 64)
}

// span writes how long something lasted.
func span(d time.Duration) string {
	switch {
	case d < 10*time.Second:
		return figure(d.Seconds()) + " s"
	case d < time.Minute:
		return fmt.Sprintf("%d s", int(d.Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%d min %02d s", int(d.Minutes()), int(d.Seconds())%60)
	}
	return fmt.Sprintf("%d h %02d min", int(d.Hours()), int(d.Minutes())%60)
}
