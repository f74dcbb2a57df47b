package live

import (
	"context"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/pgerr"
	"github.com/pgmedic/pgmedic/probes/sampler"
)

const (
	// sampleDeadline bounds all probes of a sample together; each has the session's statement_timeout besides.
	sampleDeadline = 10 * time.Second
	// warmEvery is how often the sessions ask and act are touched, so that no idle timeout ends them and a loss is noticed.
	warmEvery = 15 * time.Second
	// ping is an empty statement. Costs a round trip. All versions, every role.
	ping = "/* pgmedic:ping */"
)

// Stream implements probes.Source. It connects, samples at every interval, and connects again after a loss; the sessions ask and act come after the
// first sample and are kept open. One stream at a time.
//
// Whatever was not yet taken from the channel is not overtaken: pgmedic then leaves samples out, and the next one's deltas cover the longer time.
func (s *Server) Stream(ctx context.Context) <-chan probes.Tick {
	ticks := make(chan probes.Tick, 1)
	inside := make(chan struct{}, 1)
	ctx, cancel := context.WithCancel(ctx)
	s.streams.Go(func() {
		defer cancel()
		select {
		case <-s.closed:
		case <-ctx.Done():
		}
	})
	s.streams.Go(func() {
		defer close(ticks)
		defer cancel()
		s.sampleForever(ctx, ticks, inside)
	})
	s.streams.Go(func() { s.keepWarm(ctx, inside) })
	return ticks
}

// sampleForever sends ticks until ctx ends, and to inside after the first sample of each connection.
func (s *Server) sampleForever(ctx context.Context, ticks chan<- probes.Tick, inside chan<- struct{}) {
	var current *sampler.Sampler
	var failing trouble
	for {
		started := time.Now()
		pause := time.Duration(0)
		if len(ticks) == 0 {
			sample, err := s.sample(ctx, &current)
			if ctx.Err() != nil {
				return
			}
			if err != nil {
				ticks <- probes.Tick{Trouble: failing.note(err, s.Target(), time.Now())}
				pause = retryAfter(err, failing.attempts)
			} else {
				ticks <- probes.Tick{Sample: sample}
				failing = trouble{}
				s.standby.Store(sample.Server.InRecovery)
				signalFirst(sample, inside)
			}
		}
		if pause == 0 {
			pause = pauseAfter(time.Since(started), time.Duration(s.interval.Load()))
		}
		if !sleep(ctx, pause) {
			return
		}
	}
}

// signalFirst tells that a connection's first sample is there.
func signalFirst(sample *probes.Sample, inside chan<- struct{}) {
	if sample.Interval != 0 {
		return
	}
	select {
	case inside <- struct{}{}:
	default: // not heard yet
	}
}

// pauseAfter fills up the interval; on a server that answers slowly the pause is as long as the sample took, so that pgmedic never keeps it busy
// for more than half of the time.
func pauseAfter(took, interval time.Duration) time.Duration { return max(interval-took, took) }

// sample takes one sample in the look session; a new connection gets a new sampler, because nothing of the old one can be compared.
func (s *Server) sample(ctx context.Context, current **sampler.Sampler) (*probes.Sample, error) {
	ctx, cancel := context.WithTimeout(ctx, sampleDeadline)
	defer cancel()
	var sample *probes.Sample
	err := s.look.use(ctx, func(conn *pgx.Conn) error {
		if *current == nil || !(*current).Uses(conn) {
			*current = sampler.New(conn, s.look.server)
		}
		var err error
		sample, err = (*current).Take(ctx, s.ownPIDs())
		return err
	})
	return sample, err
}

// refusedLoginRest is the wait after a login that was refused: trying again soon helps nobody, and can lock an account.
const refusedLoginRest = 30 * time.Second

// retryAfter is how long to wait after a failure, with jitter so that several responders do not knock in step. A full server is asked often: against
// clients that hammer it, who waits longer does not get in.
func retryAfter(err error, attempts int) time.Duration {
	if pgerr.State(err) == "53300" {
		return jitter(100*time.Millisecond, 300*time.Millisecond)
	}
	if strings.HasPrefix(pgerr.State(err), "28") {
		return refusedLoginRest
	}
	wait := min(time.Duration(attempts)*500*time.Millisecond, 4*time.Second)
	return jitter(wait, wait+wait/2)
}

// patientAttempts is after how many refusals the sessions ask and act stop knocking at a full server several times a second: each attempt costs it a
// process, and by then, after some 30 s, the other clients are not about to give up either.
const patientAttempts = 150

// warmAfter is retryAfter for the sessions ask and act, which nobody waits for.
func warmAfter(err error, attempts int) time.Duration {
	if pgerr.State(err) == "53300" && attempts > patientAttempts {
		return jitter(time.Second, 2*time.Second)
	}
	return retryAfter(err, attempts)
}

func jitter(from, to time.Duration) time.Duration { return from + rand.N(to-from) }

// sleep waits and says whether ctx still runs.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(max(d, 0))
	defer timer.Stop()
	select {
	case <-timer.C:
		return ctx.Err() == nil
	case <-ctx.Done():
		return false
	}
}

// keepWarm opens the sessions ask and act, in this order, when the look session is inside, and touches them until ctx ends. What made look connect
// again has as a rule ended them too.
func (s *Server) keepWarm(ctx context.Context, inside <-chan struct{}) {
	attempts := 0
	var pause <-chan time.Time // none before the first sample
	for {
		select {
		case <-inside:
		case <-pause:
		case <-ctx.Done():
			return
		}
		err := s.ask.touch(ctx)
		if err == nil {
			err = s.act.touch(ctx)
		}
		if err == nil {
			attempts, pause = 0, time.After(warmEvery)
		} else {
			attempts++
			pause = time.After(warmAfter(err, attempts))
		}
	}
}

// touch opens the session or asks it for a sign of life; one that is in use needs none.
func (s *session) touch(ctx context.Context) error {
	select {
	case <-s.turn:
	default:
		return nil
	}
	defer func() { s.turn <- struct{}{} }()
	ctx, cancel := context.WithTimeout(ctx, sampleDeadline)
	defer cancel()
	return s.run(ctx, func(conn *pgx.Conn) error {
		_, err := conn.Exec(ctx, ping)
		return err
	})
}
