package drill

import (
	"context"
	"fmt"

	"github.com/pgmedic/pgmedic/probes/watch"
)

// The calm load is a share of what the machine can do, and the spike a multiple of it, above what it can do.
const (
	calmShare   = 0.4
	spikeFactor = 3
)

// spike is the seed's incident: the application's lookup has no fitting index, and the load rises to three times the calm rate.
type spike struct {
	hold bool // Auto holds the line
	act  int  // 0 calm, 1 spike, 2 calm again
}

// rows implements plot.
func (*spike) rows() int { return DefaultRows }

// prepare implements plot: the table as it was filled lacks the index.
func (*spike) prepare(context.Context, *Drill, string) error { return nil }

// calm implements plot.
func (*spike) calm(c capacity) (float64, string) {
	calm := calmShare * c.perSecond()
	return calm, fmt.Sprintf("calm %.1f/s, spike %.1f/s", calm, spikeFactor*calm)
}

// react implements plot: the spike begins when there is a baseline, and the arrivals fall back to the calm rate once the connections have recovered.
func (p *spike) react(d *director, u *watch.Update) {
	s := u.Tick.Sample
	switch {
	case s == nil:
	case p.act == 0 && d.mayBegin(u):
		p.act = 1
		d.drill.Spike()
		title := fmt.Sprintf("report creation rises to %.1f/s, %d times the calm rate", spikeFactor*d.drill.CalmRate(), spikeFactor)
		d.keep(u, arrivalsEvent(s.At, title))
	case p.act == 1 && !u.Assessment.Onset.IsZero() && !u.Assessment.InIncident():
		p.act = 2
		d.drill.Calm()
		d.keep(u, arrivalsEvent(s.At, fmt.Sprintf("report creation falls back to %.1f/s", d.drill.CalmRate())))
	}
}

// stop implements plot: the arrivals end with the drill.
func (*spike) stop() {}
