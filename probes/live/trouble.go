package live

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/pgerr"
)

// trouble counts the failures since the last sample.
type trouble struct {
	since    time.Time
	attempts int
}

// note makes the message for a person; now is local time, ceiling what is known of the slots.
func (t *trouble) note(err error, target string, now time.Time, ceiling probes.Ceiling) *probes.Trouble {
	if t.attempts == 0 {
		t.since = now
	}
	t.attempts++
	doing := "sampling"
	var step *pgerr.Step
	if errors.As(err, &step) {
		doing, err = step.Doing, step.Err
	}
	return &probes.Trouble{
		At: now, Since: t.since, Attempts: t.attempts,
		Doing: doing, Target: target, Reason: pgerr.Reason(err), SQLState: pgerr.State(err), Next: pgerr.Next(err),
		Trying: trying(err), Ceiling: ceiling,
	}
}

// trying says what retryAfter does.
func trying(err error) string {
	switch state := pgerr.State(err); {
	case state == "53300":
		return "pgmedic keeps trying and takes the next free slot"
	case strings.HasPrefix(state, "28"):
		return fmt.Sprintf("pgmedic tries again every %.0f s", refusedLoginRest.Seconds())
	}
	return "pgmedic keeps trying"
}
