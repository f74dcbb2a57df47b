package playbooks

import (
	"context"
	_ "embed"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// HarmLimit is the harm, in backend-seconds, above which a run offers to stop.
const HarmLimit = 10.0

//go:embed harm.sql
var harmSQL string

// harm counts the sessions that wait behind the one that applies, directly or in a chain, and says how long the server took to count.
func (e *Engine) harm(ctx context.Context, pid int32) (waiting int, took time.Duration, err error) {
	var seconds float64
	err = e.server.Ask().Read(ctx, func(ctx context.Context, tx pgx.Tx) error {
		return tx.QueryRow(ctx, harmSQL, pid).Scan(&waiting, &seconds)
	})
	if err != nil {
		return 0, 0, fmt.Errorf("counting the sessions behind pid %d: %w", pid, err)
	}
	return waiting, time.Duration(seconds * float64(time.Second)), nil
}

// measureHarm adds what others have waited since it was measured last. What cannot be read now is added when it can be again.
func (r *Run) measureHarm(ctx context.Context, now time.Time) {
	if now.Before(r.harmRest) {
		return
	}
	waiting, took, err := r.engine.harm(ctx, r.session.PID)
	if err != nil {
		r.harmRest = r.engine.now().Add(longestRest)
		return
	}
	r.harmRest = now.Add(RestAfter(took))
	if !r.harmAt.IsZero() {
		r.last.Harm += float64(waiting) * now.Sub(r.harmAt).Seconds()
	}
	r.harmAt = now
}

// longestRest is the longest time between two measurements.
const longestRest = 10 * time.Second

// RestAfter is the least time to the next measurement, so that measuring takes at most a twentieth of the server's time: 50 ms a second.
func RestAfter(took time.Duration) time.Duration { return min(20*took, longestRest) }
