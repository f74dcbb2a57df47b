package drill

import (
	"context"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
)

// A calibration is made of rounds; the best counts, because whatever else runs on the machine can only slow a round down. It goes on while rounds
// get better.
const (
	maxRounds        = 5
	better           = 1.05 // times the best so far
	enoughRounds     = 2    // so many in a row that were no better
	roundCompletions = 30
	roundTime        = 500 * time.Millisecond // at least
	warmUps          = 10                     // completions before the first round
)

// capacity is what the clients complete in a closed loop, where each asks for the next report when it has the last.
type capacity struct {
	completions int
	took        time.Duration
}

// perSecond is 0 where nothing was measured.
func (c capacity) perSecond() float64 {
	if c.took == 0 {
		return 0
	}
	return float64(c.completions) / c.took.Seconds()
}

func (c capacity) String() string {
	return fmt.Sprintf("%d clients complete %.1f reports/s (%d in %.1f s)", clients, c.perSecond(), c.completions, c.took.Seconds())
}

// calibrate measures the application's capacity on this machine with a warm cache.
func (a *app) calibrate(ctx context.Context, requests *chooser) (capacity, error) {
	if _, err := a.closedLoop(ctx, requests, warmUps, 0); err != nil {
		return capacity{}, err
	}
	var best capacity
	for round, unbeaten := 0, 0; round < maxRounds && unbeaten < enoughRounds; round++ {
		c, err := a.closedLoop(ctx, requests, roundCompletions, roundTime)
		if err != nil {
			return capacity{}, err
		}
		unbeaten++
		if c.perSecond() > better*best.perSecond() {
			unbeaten = 0
		}
		if c.perSecond() > best.perSecond() {
			best = c
		}
	}
	return best, nil
}

// closedLoop lets every client make one report after the other until together they have made enough for long enough.
func (a *app) closedLoop(ctx context.Context, requests *chooser, completions int, least time.Duration) (capacity, error) {
	began := time.Now()
	var mutex sync.Mutex
	done := 0
	next := func(finished int) (request, bool) {
		mutex.Lock()
		defer mutex.Unlock()
		done += finished
		return requests.next(), done < completions || time.Since(began) < least
	}
	group, ctx := errgroup.WithContext(ctx)
	for client := range clients {
		group.Go(func() error {
			for r, more := next(0); more; r, more = next(1) {
				id, err := a.create(ctx, client, r)
				if err == nil {
					err = a.complete(ctx, client, id)
				}
				if err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return capacity{}, fmt.Errorf("calibrating: %w", err)
	}
	return capacity{completions: done, took: time.Since(began)}, nil
}
