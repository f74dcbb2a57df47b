package sampler

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/pgmedic/pgmedic/probes"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func key(id int64) probes.StatementKey { return probes.StatementKey{QueryID: id, TopLevel: true} }

// after makes a reading so many seconds after noon.
func after(seconds int, calls map[int64]int64) reading {
	r := reading{at: noon.Add(time.Duration(seconds) * time.Second), entries: map[probes.StatementKey]counters{}, resetAt: noon}
	for id, n := range calls {
		r.entries[key(id)] = counters{calls: n, execTime: time.Duration(n) * time.Millisecond, rows: n}
	}
	return r
}

func callsOf(s probes.Statements) map[int64]int64 {
	calls := map[int64]int64{}
	for _, d := range s.Deltas {
		calls[d.QueryID] = d.Calls
	}
	return calls
}

func TestDiffer(t *testing.T) {
	reset := after(1, map[int64]int64{1: 12, 2: 1})
	reset.resetAt = noon.Add(500 * time.Millisecond)
	tests := []struct {
		name  string
		now   reading
		want  map[int64]int64
		reset bool
	}{
		{"counts on", after(1, map[int64]int64{1: 13, 2: 5}), map[int64]int64{1: 3}, false},
		{"new entry", after(1, map[int64]int64{1: 10, 2: 5, 3: 7}), map[int64]int64{3: 7}, false},
		{"thrown out", after(1, map[int64]int64{1: 10}), map[int64]int64{}, false},
		{"thrown out and back", after(1, map[int64]int64{1: 10, 2: 2}), map[int64]int64{2: 2}, false},
		{"reset, and already beyond", reset, map[int64]int64{1: 12, 2: 1}, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var d differ
			first := d.next(after(0, map[int64]int64{1: 10, 2: 5}))
			if len(first.Deltas) > 0 || !first.Since.IsZero() || !first.Known {
				t.Errorf("first reading %+v", first)
			}
			s := d.next(test.now)
			since := noon
			if test.reset {
				since = test.now.resetAt // what was counted since then is all that is known
			}
			if got := callsOf(s); !equal(got, test.want) || s.Reset != test.reset || !s.Since.Equal(since) {
				t.Errorf("deltas %v, reset %v, since %s", got, s.Reset, s.Since)
			}
		})
	}
}

func TestDifferSeesAResetWithoutItsTime(t *testing.T) {
	var d differ
	before, now := after(0, map[int64]int64{1: 10, 2: 5}), after(1, map[int64]int64{1: 2})
	before.resetAt, now.resetAt = time.Time{}, time.Time{}
	d.next(before)
	if s := d.next(now); !s.Reset || s.Deltas[0].Calls != 2 {
		t.Errorf("%+v", s)
	}
}

// The counters are read a moment after the sample's clock: a reset may come between.
func TestDifferOfAResetAfterTheSamplesTime(t *testing.T) {
	var d differ
	d.next(after(0, map[int64]int64{1: 10}))
	now := after(1, map[int64]int64{1: 2})
	now.resetAt = now.at.Add(time.Millisecond)
	if s := d.next(now); !s.Reset || !s.Since.Equal(now.at) {
		t.Errorf("%+v", s)
	}
}

func TestDifferCountsEvictions(t *testing.T) {
	var d differ
	before, now := after(0, nil), after(1, nil)
	before.dealloc, now.dealloc = 4, 9
	d.next(before)
	if s := d.next(now); s.Evicted != 5 {
		t.Errorf("evicted %d", s.Evicted)
	}
}

// TestDifferStartsAnewWhereEntriesCannotBeCompared: what came to light was not counted in the interval.
func TestDifferStartsAnewWhereEntriesCannotBeCompared(t *testing.T) {
	all, own := map[int64]int64{1: 70, 2: 5}, map[int64]int64{2: 5}
	granted, old := after(0, own), after(0, own)
	granted.hidden = 1
	old.resetAt = time.Time{}
	reset := after(1, map[int64]int64{2: 1})
	reset.resetAt = noon.Add(500 * time.Millisecond)
	tests := []struct {
		name        string
		before, now reading
		want        map[int64]int64
		anew        bool
	}{
		{"GRANT pg_read_all_stats", granted, after(1, all), map[int64]int64{}, true},
		{"ALTER EXTENSION UPDATE", old, after(1, all), map[int64]int64{}, true},
		{"a reset of what was hidden too", granted, reset, map[int64]int64{2: 1}, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var d differ
			d.next(test.before)
			s := d.next(test.now)
			if got := callsOf(s); !equal(got, test.want) || s.Since.IsZero() != test.anew || s.Reset == test.anew {
				t.Errorf("deltas %v, since %s, reset %v", got, s.Since, s.Reset)
			}
			s = d.next(after(2, map[int64]int64{1: 71, 2: 6}))
			if got := callsOf(s); test.anew && !equal(got, map[int64]int64{1: 1, 2: 1}) {
				t.Errorf("then %v", got)
			}
		})
	}
}

func equal(a, b map[int64]int64) bool {
	if len(a) != len(b) {
		return false
	}
	for id, n := range a {
		if b[id] != n {
			return false
		}
	}
	return true
}

// TestDifferNeverInventsCalls plays a server: calls, evictions and resets in any order. The deltas never exceed the calls made, are never negative, and
// are exact as long as nothing was evicted.
func TestDifferNeverInventsCalls(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var d differ
		made, seen, counted := map[int64]int64{}, map[int64]int64{}, map[int64]int64{}
		evicted := false
		resetAt := noon
		d.next(after(0, nil))
		for second := range rapid.IntRange(1, 30).Draw(t, "readings") {
			for range rapid.IntRange(0, 5).Draw(t, "steps") {
				id := rapid.Int64Range(1, 3).Draw(t, "id")
				switch rapid.IntRange(0, 9).Draw(t, "step") {
				case 0:
					delete(counted, id)
					evicted = true
				case 1:
					if len(counted) == 0 {
						continue
					}
					clear(counted)
					resetAt = resetAt.Add(time.Millisecond)
					evicted = true // calls between the reading before and the reset are lost too
				default:
					n := rapid.Int64Range(1, 5).Draw(t, "calls")
					made[id] += n
					counted[id] += n
				}
			}
			now := after(second+1, counted)
			now.resetAt = resetAt
			for _, delta := range d.next(now).Deltas {
				if delta.Calls <= 0 || delta.ExecTime <= 0 || delta.TotalCalls < delta.Calls {
					t.Fatalf("delta %+v", delta)
				}
				seen[delta.QueryID] += delta.Calls
			}
		}
		for id := range made {
			if seen[id] > made[id] || !evicted && seen[id] != made[id] {
				t.Fatalf("statement %d: %d calls made, %d seen", id, made[id], seen[id])
			}
		}
	})
}
