package drill

import (
	"context"
	"errors"
	"math"
	"sync"
	"sync/atomic"
	"time"
)

// maxInFlight bounds the reports that are being made, waited for or tried again at one time; beyond it a client refuses more.
const maxInFlight = 4000

// errTooMany is a client's refusal when maxInFlight is reached.
var errTooMany = errors.New("too many reports in flight")

// arrivals asks the application for reports at random times, whether or not the earlier ones are done.
type arrivals struct {
	app      *app
	requests *chooser
	calm     float64       // reports a second
	times    atomic.Uint64 // bits of the factor on calm
	inFlight chan struct{}
	cancel   context.CancelFunc
	running  sync.WaitGroup
}

// startArrivals starts at the calm rate.
func startArrivals(app *app, requests *chooser, calm float64) *arrivals {
	ctx, cancel := context.WithCancel(context.Background())
	a := &arrivals{app: app, requests: requests, calm: calm, inFlight: make(chan struct{}, maxInFlight), cancel: cancel}
	a.factor(1)
	a.running.Go(func() { a.run(ctx) })
	return a
}

// factor sets the rate to so many times the calm one, from the next arrival on.
func (a *arrivals) factor(times float64) { a.times.Store(math.Float64bits(times)) }

// stop ends the arrivals and what is in flight, and waits for both.
func (a *arrivals) stop() {
	a.cancel()
	a.running.Wait()
}

// run lets reports arrive as a Poisson process: the gaps are exponential and do not depend on how the application fares. An arrival that is late is
// not skipped.
func (a *arrivals) run(ctx context.Context) {
	random := a.requests.random
	next := time.Now()
	for {
		rate := a.calm * math.Float64frombits(a.times.Load())
		next = next.Add(time.Duration(random.ExpFloat64() / rate * float64(time.Second)))
		if !sleep(ctx, time.Until(next)) {
			return
		}
		a.arrive(ctx, random.IntN(clients), a.requests.next())
	}
}

// arrive starts a report, or refuses it when too many are in flight.
func (a *arrivals) arrive(ctx context.Context, client int, r request) {
	select {
	case a.inFlight <- struct{}{}:
	default:
		a.app.log.failed(errTooMany, time.Now())
		return
	}
	a.running.Go(func() {
		defer func() { <-a.inFlight }()
		a.serve(ctx, client, r)
	})
}

// serve makes one report: a row now, its completion later, tried again until it gets through.
func (a *arrivals) serve(ctx context.Context, client int, r request) {
	began := time.Now()
	id, err := a.app.create(ctx, client, r)
	if err != nil {
		a.note(ctx, err)
		return
	}
	a.app.log.created(time.Since(began))
	for sleep(ctx, makingTime) {
		err := a.app.complete(ctx, client, id)
		if err == nil {
			return
		}
		a.note(ctx, err)
	}
}

// note writes an error into the clients' log, unless it is only the end of the load.
func (a *arrivals) note(ctx context.Context, err error) {
	if ctx.Err() == nil {
		a.app.log.failed(err, time.Now())
	}
}

// sleep waits and says whether it may go on; false means that ctx has ended.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
