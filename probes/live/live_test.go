package live

import (
	"context"
	"testing"
	"time"

	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// patience bounds what a test waits for.
const patience = 60 * time.Second

// newServer looks at a database until the test ends.
func newServer(t *testing.T, cfg Config) *Server {
	t.Helper()
	s, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// stream opens a stream that ends with the test.
func stream(t *testing.T, s *Server) <-chan probes.Tick {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(cancel)
	s.SetInterval(minimumInterval)
	return s.Stream(ctx)
}

// waitFor returns the first tick that fits.
func waitFor(t *testing.T, ticks <-chan probes.Tick, what string, fits func(probes.Tick) bool) probes.Tick {
	t.Helper()
	deadline := time.After(patience)
	var failures []probes.Failure
	var trouble *probes.Trouble
	for {
		select {
		case tick, open := <-ticks:
			if !open {
				t.Fatalf("the stream ended before %s", what)
			}
			if fits(tick) {
				return tick
			}
			if trouble = tick.Trouble; tick.Sample != nil {
				failures = tick.Sample.Failures
			}
		case <-deadline:
			t.Fatalf("%s did not happen; last trouble %+v, last failures %+v", what, trouble, failures)
		}
	}
}

// waitForSample returns the first sample that fits.
func waitForSample(t *testing.T, ticks <-chan probes.Tick, what string, fits func(*probes.Sample) bool) *probes.Sample {
	t.Helper()
	return waitFor(t, ticks, what, func(tick probes.Tick) bool { return tick.Sample != nil && fits(tick.Sample) }).Sample
}

func anySample(*probes.Sample) bool { return true }

// backend returns the sample's row of a session.
func backend(s *probes.Sample, pid int32) probes.Backend {
	for _, b := range s.Backends {
		if b.PID == pid {
			return b
		}
	}
	return probes.Backend{}
}
