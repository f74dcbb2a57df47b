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
// first sample and are kept open. One stream at a time. A panic is its last tick.
//
// Whatever was not yet taken from the channel is not overtaken: pgmedic then leaves samples out, and the next one's deltas cover the longer time.
func (s *Server) Stream(ctx context.Context) <-chan probes.Tick {
	ticks := make(chan probes.Tick, 1)
	inside := make(chan struct{}, 1)
	panics := make(chan error, 2) // of the two goroutines that read what the server says
	reader := ctx
	ctx, cancel := context.WithCancel(ctx)
	failed := func(err error) {
		panics <- err
		cancel()
	}
	s.streams.Go(func() {
		defer cancel()
		select {
		case <-s.closed:
		case <-ctx.Done():
		}
	})
	s.streams.Go(func() {
		defer close(ticks)
		defer s.passPanic(reader, ticks, panics)
		defer cancel()
		defer probes.OnPanic(failed)
		s.sampleForever(ctx, ticks, inside)
	})
	if !s.cfg.LookOnly {
		s.streams.Go(func() {
			defer probes.OnPanic(failed)
			s.keepWarm(ctx, inside)
		})
	}
	return ticks
}

// passPanic hands a panic on, if there was one, as long as somebody may take it.
func (s *Server) passPanic(reader context.Context, ticks chan<- probes.Tick, panics <-chan error) {
	select {
	case err := <-panics:
		select {
		case ticks <- probes.Tick{Failed: err}:
		case <-reader.Done():
		case <-s.closed:
		}
	default:
	}
}

// sampleForever sends ticks until ctx ends, and to inside after the first sample of each connection.
func (s *Server) sampleForever(ctx context.Context, ticks chan<- probes.Tick, inside chan<- struct{}) {
	var current *sampler.Sampler
	var failing trouble
	var ceiling probes.Ceiling
	for {
		started := time.Now()
		pause := time.Duration(0)
		if len(ticks) == 0 {
			sample, err := s.sample(ctx, &current)
			if ctx.Err() != nil {
				return
			}
			if err != nil {
				ticks <- probes.Tick{Trouble: failing.note(err, s.Target(), time.Now(), ceiling)}
				pause = retryAfter(err, failing.attempts)
			} else {
				ticks <- probes.Tick{Sample: sample}
				failing = trouble{}
				s.standby.Store(sample.Server.InRecovery)
				if sample.Ceiling.MaxConnections > 0 {
					ceiling = sample.Ceiling
				}
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

// sample takes one sample in the look session; a new connection gets a new sampler, because no figures of the old one can be compared.
func (s *Server) sample(ctx context.Context, current **sampler.Sampler) (*probes.Sample, error) {
	var sample *probes.Sample
	err := s.look.use(ctx, func(conn *pgx.Conn) error {
		ctx, cancel := context.WithTimeout(ctx, sampleDeadline)
		defer cancel()
		if *current == nil || !(*current).Uses(conn) {
			*current = sampler.New(conn, s.look.server).After(*current)
			s.identified = time.Now()
		}
		s.pooled.Store(s.look.pooled)
		var err error
		if sample, err = s.take(ctx, *current, conn); err != nil {
			return err
		}
		return s.bringUpToDate(ctx, sample)
	})
	return sample, err
}

// take lets the sampler look; through a pooler by transaction or session in one transaction.
func (s *Server) take(ctx context.Context, current *sampler.Sampler, conn *pgx.Conn) (*probes.Sample, error) {
	if between := s.look.pooled; between.kind != probes.NoPooler {
		sample, err := s.takePooled(ctx, current, conn)
		if err == nil {
			sample.Failures = append(sample.Failures, between.failure())
		}
		return sample, err
	}
	return current.Take(ctx, s.ownPIDs())
}

func (s *Server) takePooled(ctx context.Context, current *sampler.Sampler, conn *pgx.Conn) (*probes.Sample, error) {
	if s.look.pooled.kind == probes.PoolStatement {
		return current.Take(ctx, nil)
	}
	var sample *probes.Sample
	err := inOneTransaction(ctx, conn, func(pid int32, mend func(context.Context) error) error {
		current.AfterFailure(mend)
		var err error
		sample, err = current.Take(ctx, map[int32]bool{pid: true})
		return err
	})
	return sample, err
}

// identityEvery is how often the identity is read again. A standby's timeline changes when the one that it follows was promoted.
const identityEvery = time.Minute

// bringUpToDate puts the server's identity into the sample, read again after a promotion.
func (s *Server) bringUpToDate(ctx context.Context, sample *probes.Sample) error {
	if sample.Server.InRecovery != s.look.server.InRecovery || time.Since(s.identified) > identityEvery {
		if err := s.look.refresh(ctx); err != nil {
			return &pgerr.Step{Doing: "reading which server this is", Err: err}
		}
		s.identified = time.Now()
		s.home.Store(&home{s.look.place, s.look.server, s.look.pooled})
	}
	sample.Server = s.look.server
	return nil
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

// keepWarm opens the sessions ask and act, in this order, when the look session is inside, and touches them until ctx ends. While look is out they
// wait: what ended it has as a rule ended them too, and pgmedic knocks with one attempt at a time, look's.
func (s *Server) keepWarm(ctx context.Context, inside <-chan struct{}) {
	attempts := 0
	var pause <-chan time.Time // none before look's first sample
	for {
		select {
		case <-inside:
		case <-pause:
		case <-ctx.Done():
			return
		}
		if s.home.Load() == nil {
			attempts, pause = 0, nil
			continue
		}
		err := s.ask.touch(ctx)
		if between, _ := s.pooled.Load().(pooled); err == nil && between.kind == probes.NoPooler {
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
