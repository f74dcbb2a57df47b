package brake

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/probes"
)

func TestTypedLimit(t *testing.T) {
	for typed, want := range map[string]time.Duration{"5 s": 5 * time.Second, "5s": 5 * time.Second, " 500 ms ": 500 * time.Millisecond,
		"2 min": 2 * time.Minute, "1h": time.Hour, "24 h": 24 * time.Hour} {
		if got, err := typedLimit(typed); err != nil || got != want {
			t.Errorf("%q is %v, %v; want %v", typed, got, err, want)
		}
	}
	for _, typed := range []string{"", "5", "s", "-5 s", "+5 s", "0 s", "0", "99 ms", "25 h", "5 d", "5 us", "5 sec", "5 S", "5 s; DROP", "5 5 s",
		"1.5 s", "5e3 ms", "9999999999 s", "2147483647 h",
		"5\u00a0s", "５ s", "' s", "5 s\x00", "5\ts", "infinity", "0x5 s"} {
		if got, err := typedLimit(typed); err == nil {
			t.Errorf("%q was taken for %v", typed, got)
		}
	}
}

func TestTypedNumber(t *testing.T) {
	if n, err := typedNumber(" 20 "); err != nil || n != 20 {
		t.Error(n, err)
	}
	for _, typed := range []string{"", "0", "-1", "+5", "1.5", "100001", "2 0", "20;", "１"} {
		if n, err := typedNumber(typed); err == nil {
			t.Errorf("%q was taken for %d", typed, n)
		}
	}
}

// A time is written as the server reads it back, and told the same way.
func TestTimes(t *testing.T) {
	for _, c := range []struct {
		d              time.Duration
		shown, written string
	}{
		{5 * time.Second, "5 s", "5s"}, {500 * time.Millisecond, "500 ms", "500ms"}, {time.Minute, "60 s", "60s"}, {2 * time.Minute, "120 s", "120s"},
		{5 * time.Minute, "5 min", "5min"}, {150 * time.Second, "150 s", "150s"}, {2 * time.Hour, "2 h", "2h"}, {48 * time.Hour, "2 d", "2d"},
	} {
		if shown(c.d) != c.shown || written(c.d) != c.written {
			t.Errorf("%v is shown %q and written %q", c.d, shown(c.d), written(c.d))
		}
		if back, ok := parsed(written(c.d)); !ok || back != c.d {
			t.Errorf("%q reads back as %v", written(c.d), back)
		}
	}
	for value, want := range map[string]time.Duration{"5000": 5 * time.Second, "1.5s": 1500 * time.Millisecond, "0": 0, "1 min": time.Minute} {
		if got, ok := parsed(value); !ok || got != want {
			t.Errorf("%q is %v", value, got)
		}
	}
	if _, ok := parsed("default"); ok {
		t.Error("a word was taken for a time")
	}
}

// The bound on what took longer holds for whatever was counted.
func TestMostBeyond(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	tight := 0
	for range 3000 {
		var c counted
		times := make([]float64, 1+random.IntN(200))
		scale := math.Pow(10, 5*random.Float64())
		for i := range times {
			times[i] = scale * math.Pow(random.Float64(), 1+10*random.Float64())
			c.mean += times[i] / float64(len(times))
			c.max = max(c.max, times[i])
		}
		for _, v := range times {
			c.dev += (v - c.mean) * (v - c.mean) / float64(len(times))
		}
		c.dev, c.calls = math.Sqrt(c.dev), int64(len(times))
		for _, limit := range statementSteps {
			beyond := int64(0)
			for _, v := range times {
				if v >= float64(limit)/float64(time.Millisecond) {
					beyond++
				}
			}
			bound := c.mostBeyond(limit)
			if bound < beyond || bound > c.calls || (bound == 0) != (beyond == 0) {
				t.Fatalf("%d of %d calls took %v or longer, bounded by %d; mean %v, deviation %v, longest %v", beyond, c.calls, limit, bound, c.mean, c.dev,
					c.max)
			}
			if beyond > 0 && bound < c.calls {
				tight++
			}
		}
	}
	if tight == 0 {
		t.Error("the bound never said anything")
	}
}

func TestShareOf(t *testing.T) {
	for want, h := range map[string]probes.Hit{
		"2 of 4481 (<0.1 %)":                     {Surely: 2, AtMost: 2, Of: 4481},
		"none of 1204":                           {Of: 1204},
		"214 of 345 (62 %)":                      {Surely: 214, AtMost: 214, Of: 345},
		"at most 3 of 1204 (0.2 %)":              {AtMost: 3, Of: 1204},
		"214 to 220 of 345 (62 to 64 %)":         {Surely: 214, AtMost: 220, Of: 345},
		"3 calls seen; of how many is not known": {Surely: 3, AtMost: 4},
		"no call was seen":                       {},
	} {
		if got := shareOf(h); got != want {
			t.Errorf("%+v is %q, want %q", h, got, want)
		}
	}
	if !tolerable(probes.Hit{AtMost: 1, Of: 100}) || tolerable(probes.Hit{AtMost: 1, Of: 99}) || tolerable(probes.Hit{AtMost: 1}) {
		t.Error("1 % is told wrongly")
	}
}

// Calls that ended between samples that were too far apart may have lasted as long, but no more of them than the statistics allow for.
func TestUnseenCalls(t *testing.T) {
	noon := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	g := &ground{
		finding: playbooks.Finding{Seen: &playbooks.Seen{}},
		seen: &probes.Lasting{From: noon, Counted: true, Spells: []probes.Spell{{QueryID: 1, Age: 3 * time.Second, AtMost: 4 * time.Second, Calm: true}},
			Ended: []probes.EndedCalls{{QueryID: 1, Calm: true, Calls: 600, Apart: time.Second}, {QueryID: 1, Calm: true, Calls: 400, Apart: 5 * time.Second}},
			Texts: map[int64]string{1: "SELECT 1"}},
		history: history{known: true, entries: []counted{{queryID: 1, calls: 5000, mean: 1, max: 2500, dev: 50}}},
	}
	at := func(limit time.Duration) probes.Hit { return g.hit(limit, true, object{}, 0) }
	if got := at(2 * time.Second); got != (probes.Hit{Surely: 1, AtMost: 401, Of: 1000}) {
		t.Errorf("by statistics of which nobody knows since when: %+v", got)
	}
	g.history.since = noon.Add(time.Minute)
	if got := at(2 * time.Second); got.AtMost != 401 {
		t.Errorf("by statistics that began later: %+v", got)
	}
	g.history.since = noon.Add(-time.Minute)
	for limit, want := range map[time.Duration]probes.Hit{
		500 * time.Millisecond: {Surely: 1, AtMost: 1 + 10, Of: 1000}, // the mean allows for 10, the deviation for 50
		2 * time.Second:        {Surely: 1, AtMost: 1 + 3, Of: 1000},
		3 * time.Second:        {Surely: 1, AtMost: 1, Of: 1000},
		5 * time.Second:        {Of: 1000},
	} {
		if got := at(limit); got != want {
			t.Errorf("%v would have failed %+v, want %+v", limit, got, want)
		}
	}
}
