package drill

import (
	"context"
	"fmt"

	"github.com/pgmedic/pgmedic/probes/watch"
)

// Scenario is what a drill rehearses.
type Scenario string

// The scenarios.
const (
	Spike Scenario = "spike" // a lookup without a fitting index, and three times the load
	Locks Scenario = "locks" // a transaction left open, a migration behind it, and the application behind that
)

// Scenarios are all of them.
var Scenarios = []Scenario{Spike, Locks}

// plot is what is of one scenario alone.
type plot interface {
	// rows of the table where none are asked for.
	rows() int
	// prepare does what the scenario needs once the table is filled, before the application comes. password is of every role.
	prepare(ctx context.Context, d *Drill, password string) error
	// calm is how many reports a second are asked for while nothing is wrong, and in words what that is.
	calm(c capacity) (perSecond float64, words string)
	// react lets go wrong what does, and says what its actors see.
	react(d *director, u *watch.Update)
	// steps are Auto's.
	steps(s *story) []func(context.Context) error
	// stop ends what react began.
	stop()
}

func plotOf(o Options) (plot, error) {
	switch o.Scenario {
	case "", Spike:
		return &spike{hold: o.Hold}, nil
	case Locks:
		return newLocks(), nil
	}
	return nil, fmt.Errorf("there is no scenario %q: it is %s or %s", string(o.Scenario), Spike, Locks)
}
