package sampler

import (
	"fmt"
	"time"
)

// serverClock measures the time between samples, and notices when the server's clock was set.
type serverClock struct{ last clockReading }

// clockReading is one reading of the server's clock, taken between two of this machine's.
type clockReading struct{ server, before, after time.Time }

// clockSlack is how far the two clocks may run apart from one sample to the next: above it the server's clock was set.
const clockSlack = time.Second

// step returns the time since the reading before, 0 for the first one, never negative; and by how much the server's clock was set since then, 0 where it
// was not. A machine that slept is none: its own clock on the wall went on with the server's.
func (c *serverClock) step(now clockReading) (interval, jump time.Duration) {
	last := c.last
	c.last = now
	if last.server.IsZero() {
		return 0, 0
	}
	interval = now.server.Sub(last.server)
	least, most := now.before.Sub(last.after), now.after.Sub(last.before) // monotonic
	slept := now.before.Round(0).Sub(last.before.Round(0)) - now.before.Sub(last.before)
	if interval > 0 && (within(interval, least, most) || within(interval, least+slept, most+slept)) {
		return interval, 0
	}
	passed := max(now.after.Sub(last.after), time.Microsecond) // 0 is for the first one
	return passed, interval - passed
}

func within(d, least, most time.Duration) bool { return d >= least-clockSlack && d <= most+clockSlack }

// jumpReason says what a clock that was set means for the figures.
func jumpReason(jump time.Duration) string {
	direction := "ahead"
	if jump < 0 {
		direction, jump = "back", -jump
	}
	return fmt.Sprintf("the server's clock was set %s by %s: what was counted before is not compared with what comes after",
		direction, jump.Round(100*time.Millisecond))
}
