package probes

import (
	"slices"
	"time"
)

// newest keeps what each probe read last. A sample holds what was read for it, and nothing older: a probe with a slower pace, or one that is spaced out
// because it overran its budget, leaves its part of most samples empty.
type newest struct {
	sample Sample // no more than the parts below
	costs  []ProbeCost
	readAt map[string]time.Time // by probe
}

// part is what one probe brings into a sample.
type part struct {
	probe string
	found func(s *Sample) bool     // it brought something; where it found that there is nothing, the costs say that it ran
	take  func(into, from *Sample) // copies it
}

var parts = []part{
	{"locks", func(s *Sample) bool { return s.Waits != nil }, func(into, from *Sample) { into.Waits = from.Waits }},
	{"prepared", func(s *Sample) bool { return s.Prepared != nil }, func(into, from *Sample) { into.Prepared = from.Prepared }},
	{"builds", func(s *Sample) bool { return s.Builds != nil }, func(into, from *Sample) { into.Builds = from.Builds }},
	{"progress", func(s *Sample) bool { return s.Progress != nil }, func(into, from *Sample) { into.Progress = from.Progress }},
	{"databases", func(s *Sample) bool { return s.Databases != nil }, func(into, from *Sample) { into.Databases = from.Databases }},
	{"writes", func(s *Sample) bool { return s.Writes.Known }, func(into, from *Sample) { into.Writes = from.Writes }},
	{"replicas", func(s *Sample) bool { return s.Replicas != nil }, func(into, from *Sample) { into.Replicas = from.Replicas }},
	{"slots", func(s *Sample) bool { return s.Slots != nil }, func(into, from *Sample) { into.Slots = from.Slots }},
	{"standby", func(s *Sample) bool { return s.Standby != nil }, func(into, from *Sample) { into.Standby = from.Standby }},
	{"settings", func(s *Sample) bool { return s.Settings != nil }, func(into, from *Sample) {
		if from.Settings != nil { // else they are as before
			into.Settings = from.Settings
		}
	}},
}

// dropEnded leaves out what the activity, which is of this sample, shows to be over: waits of sessions that do not wait for a lock any more, the
// progress of sessions that are gone, and the standby that is a primary now. Only parts that are old by a sample need it.
func (s *Sample) dropEnded(old func(probe string) bool) {
	here, waiting := map[int32]bool{}, map[int32]bool{}
	for _, b := range s.Backends {
		here[b.PID] = true
		if b.WaitType == "Lock" {
			waiting[b.waiter()] = true
		}
	}
	if old("locks") {
		s.Waits = only(s.Waits, func(w LockWait) bool { return waiting[w.PID] })
	}
	if old("builds") {
		s.Builds = only(s.Builds, func(b IndexBuild) bool { return here[b.PID] })
	}
	if old("progress") {
		s.Progress = only(s.Progress, func(p Progress) bool { return here[p.PID] })
	}
	if !s.Server.InRecovery {
		s.Standby = nil // it was promoted
	}
}

// only returns a copy of those rows that are to be kept.
func only[T any](rows []T, keep func(T) bool) []T {
	return slices.DeleteFunc(slices.Clone(rows), func(row T) bool { return !keep(row) })
}

// add takes the next sample. The first one of a connection begins anew: it may be another server.
func (n *newest) add(s *Sample) {
	if s.Interval == 0 || n.readAt == nil {
		*n = newest{readAt: map[string]time.Time{}}
	}
	for _, cost := range s.Costs {
		if !s.failed(cost.Probe) {
			n.readAt[cost.Probe] = s.At
		}
	}
	for _, p := range parts {
		if p.found(s) || n.readAt[p.probe].Equal(s.At) {
			n.readAt[p.probe] = s.At
			p.take(&n.sample, s)
		}
	}
	for _, cost := range s.Costs {
		at := slices.IndexFunc(n.costs, func(c ProbeCost) bool { return c.Probe == cost.Probe })
		if at < 0 {
			n.costs = append(n.costs, cost)
		} else {
			n.costs[at] = cost
		}
	}
}

func (s *Sample) failed(probe string) bool {
	return slices.ContainsFunc(s.Failures, func(f Failure) bool { return f.Probe == probe })
}

// Current returns the newest sample, nil before the first. What a probe did not read for it stands there as it was last read over this connection, less
// what is over by the activity; Costs holds the newest cost of each probe, and ReadAt says how old a part is. Statements are as in the sample: see
// Window.Statements.
func (w *Window) Current() *Sample {
	last := w.Last()
	if last == nil {
		return nil
	}
	current := *last
	for _, p := range parts {
		p.take(&current, &w.newest.sample)
	}
	current.dropEnded(func(probe string) bool { return !w.newest.readAt[probe].Equal(last.At) })
	current.Costs = slices.Clone(w.newest.costs)
	return &current
}

// ReadAt returns when the probe last read its part of a sample, server time; zero: not over this connection.
func (w *Window) ReadAt(probe string) time.Time { return w.newest.readAt[probe] }
