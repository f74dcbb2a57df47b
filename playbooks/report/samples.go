package report

import (
	"cmp"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/pgmedic/pgmedic/playbooks/redact"
	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/record"
	"github.com/pgmedic/pgmedic/probes/watch"
)

// source is where an incident's samples are read from.
type source struct {
	curve func() ([]record.Point, error)
	at    func(time.Time) (*probes.Sample, error) // all of one sample
	each  func(take func(*probes.Sample, probes.Assessment) seen, visit func(seen) bool) error
}

// seen is what is kept of a sample.
type seen struct {
	moment
	names redact.Seen
	all   []done // of every statement, where that is asked for
}

// samplesOf reads an incident file: its curve of connections first, some samples whole, and all of them once, in part.
func samplesOf(file *record.File) source {
	return source{
		curve: file.Curve,
		at: func(at time.Time) (found *probes.Sample, err error) {
			err = file.SamplesBetween(at, at, func(s *probes.Sample, _ probes.Assessment) bool {
				found = s
				return false
			})
			if err == nil && found == nil {
				err = errors.New("a sample that the curve tells of is not there")
			}
			return found, err
		},
		each: func(take func(*probes.Sample, probes.Assessment) seen, visit func(seen) bool) error {
			return record.Gather(file, take, visit)
		},
	}
}

// read takes what the report needs of the samples. The spike with the highest peak is the one that the report is about.
func (in *incident) read(from source) error {
	curve, err := from.curve()
	if err != nil || len(curve) == 0 {
		return err
	}
	peak := in.chooseSpike(curve)
	if in.peak, err = from.at(peak.At); err != nil {
		return err
	}
	if in.last, err = from.at(curve[len(curve)-1].At); err != nil {
		return err
	}
	if in.top = heldMost(in.peak); len(in.top) == 0 {
		if in.top, err = in.busiest(from, curve); err != nil {
			return err
		}
	}
	err = from.each(func(s *probes.Sample, a probes.Assessment) seen {
		return seen{moment: momentOf(s, a, in.top), names: redact.See(s)}
	}, func(s seen) bool {
		in.moments = append(in.moments, s.moment)
		in.names.Add(s.names)
		return true
	})
	if err != nil {
		return err
	}
	if at := in.worstPile(); !at.IsZero() {
		in.pile, err = from.at(at)
	}
	return err
}

// chooseSpike pairs the marks, finds each spike's peak, and returns the highest; that of the whole record where there is no spike.
func (in *incident) chooseSpike(curve []record.Point) record.Point {
	spikes := spikesOf(in.events)
	var whole record.Point
	for i, p := range curve {
		if i == 0 || p.Clients > whole.Clients {
			whole = p
		}
		for i := range spikes {
			if s := &spikes[i]; s.covers(p.At) && (s.peak.At.IsZero() || p.Clients > s.peak.Clients) {
				s.peak = p
			}
		}
	}
	slices.SortStableFunc(spikes, func(a, b spike) int { return cmp.Compare(b.peak.Clients, a.peak.Clients) })
	if len(spikes) == 0 {
		return whole
	}
	in.spike, in.others = spikes[0], spikes[1:]
	if in.spike.peak.At.IsZero() { // nothing was sampled in it
		return whole
	}
	return in.spike.peak
}

// topStatements is how many statements the report follows.
const topStatements = 5

// heldMost returns the statements that most connections run in a sample, the most first.
func heldMost(s *probes.Sample) []int64 {
	held := map[int64]int64{}
	for i := range s.Backends {
		if b := &s.Backends[i]; isRun(b) {
			held[b.QueryID]++
		}
	}
	return heaviest(held)
}

// isRun says whether a client runs a statement that is known.
func isRun(b *probes.Backend) bool { return b.IsClient() && b.State == "active" && b.QueryID != 0 }

func heaviest(weight map[int64]int64) []int64 {
	ids := slices.SortedFunc(maps.Keys(weight), func(a, b int64) int {
		return cmp.Or(cmp.Compare(weight[b], weight[a]), cmp.Compare(a, b))
	})
	return ids[:min(len(ids), topStatements)]
}

// busiest returns the statements with the most time in the spike, for a record that does not tell which statement a session runs.
func (in *incident) busiest(from source, curve []record.Point) ([]int64, error) {
	begin, end := in.spike.Onset, in.spike.Recovered
	if end.IsZero() {
		end = curve[len(curve)-1].At
	}
	weight := map[int64]int64{}
	err := from.each(func(s *probes.Sample, _ probes.Assessment) seen {
		if s.At.Before(begin) || s.At.After(end) {
			return seen{}
		}
		return seen{all: doneIn(s, nil)}
	}, func(s seen) bool {
		for _, d := range s.all {
			weight[d.QueryID] += int64(d.Time)
		}
		return true
	})
	return heaviest(weight), err
}

// doneIn is what the statements finished between two samples; nil: of all.
func doneIn(s *probes.Sample, of []int64) []done {
	var all []done
	for i := range s.Statements.Deltas {
		if d := &s.Statements.Deltas[i]; of == nil || slices.Contains(of, d.QueryID) {
			all = append(all, done{d.QueryID, d.Calls, d.ExecTime})
		}
	}
	return all
}

// momentOf is what the report needs of a sample, of the statements those that it follows.
func momentOf(s *probes.Sample, a probes.Assessment, top []int64) moment {
	m := moment{
		At: s.At, Interval: s.Interval, Counts: s.Counts(), Limit: s.Ceiling.Tighter(s), Baseline: a.Baseline,
		Held: map[int64]int{}, Reset: s.Statements.Reset, Evicted: s.Statements.Evicted,
	}
	for i := range s.Backends {
		b := &s.Backends[i]
		if !b.IsClient() || b.State != "active" {
			continue
		}
		m.Waits[waitClass(b)]++
		if b.QueryID != 0 && slices.Contains(top, b.QueryID) {
			m.Held[b.QueryID]++
		}
	}
	if len(s.Waits) > 0 {
		for _, root := range s.Blocking().Roots {
			m.Behind = max(m.Behind, root.Behind)
			m.InWay = inWay(root, m.InWay)
		}
	}
	if s.Statements.Known && !s.Statements.Since.IsZero() {
		m.Since, m.Done = s.Statements.Since, doneIn(s, append([]int64{}, top...))
	}
	return m
}

// inWay adds who of a queue has a pile-up behind it.
func inWay(b *probes.Blocked, to []int32) []int32 {
	if b.Behind < watch.PileUpWaiters {
		return to
	}
	to = append(to, b.PID)
	for _, w := range b.Waiters {
		to = inWay(w, to)
	}
	return to
}

// worstPile is when most sessions waited behind one, within the spike; zero: never so many that it is a pile-up.
func (in *incident) worstPile() time.Time {
	most, at := watch.PileUpWaiters-1, time.Time{}
	for _, m := range in.between(in.spikeWindow()) {
		if m.Behind > most {
			most, at = m.Behind, m.At
		}
	}
	return at
}
