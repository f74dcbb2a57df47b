package sampler

import (
	"strings"
	"testing"
	"time"

	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
)

func TestServerClock(t *testing.T) {
	local := time.Now() // with a monotonic clock
	reading := func(server, before, took time.Duration) clockReading {
		return clockReading{server: noon.Add(server), before: local.Add(before), after: local.Add(before + took)}
	}
	const second, hour = time.Second, time.Hour
	for _, c := range []struct {
		name           string
		now            clockReading
		interval, jump time.Duration
	}{
		{"as this machine's", reading(second, second, 0), second, 0},
		{"slower than this machine's", reading(second/2, second, 0), second / 2, 0},
		{"a slow answer", reading(second, second, 9*second), second, 0},
		{"a slow answer of late", reading(10*second, second, 9*second), 10 * second, 0},
		{"set back", reading(second-hour, second, 0), second, -hour},
		{"set back a little", reading(-second/10, second, 0), second, -second / 10 * 11},
		{"set ahead", reading(second+hour, second, 0), second, hour},
	} {
		var clock serverClock
		if interval, jump := clock.step(reading(0, 0, 0)); interval != 0 || jump != 0 {
			t.Errorf("first reading: %v, %v", interval, jump)
		}
		if interval, jump := clock.step(c.now); interval != c.interval || jump != c.jump {
			t.Errorf("%s: interval %v, set by %v; want %v, %v", c.name, interval, jump, c.interval, c.jump)
		}
	}
}

// After the clock was set back nothing is negative, every probe reads anew at once, and the sample says why it compares nothing.
func TestSamplesAfterTheClockWasSetBack(t *testing.T) {
	s := samplerOf(t, pgtest.Connect(t, pgtest.Database(t), nil))
	for range 3 {
		if _, err := s.Take(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
	}
	s.clock.last.server = s.clock.last.server.Add(time.Hour) // as if it had been an hour later than now
	sample, err := s.Take(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if sample.Interval <= 0 || sample.Interval > time.Minute || !sample.Statements.Since.IsZero() || len(sample.Statements.Deltas) > 0 || sample.Settings == nil {
		t.Errorf("interval %v, statements since %s, %d settings", sample.Interval, sample.Statements.Since, len(sample.Settings))
	}
	if f := sample.Failures; len(f) != 1 || f[0].Probe != "clock" || !strings.Contains(f[0].Reason, "set back by 1h0m0") {
		t.Errorf("failures %+v", f)
	}
	sample, err = s.Take(t.Context(), nil)
	if err != nil || len(sample.Failures) > 0 || sample.Statements.Since.IsZero() {
		t.Errorf("%v; the sample after: %+v", err, sample.Failures)
	}
}
