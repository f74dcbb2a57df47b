package report

import (
	"fmt"
	"path/filepath"
	"sort"
	"time"

	"github.com/pgmedic/pgmedic/playbooks/redact"
	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/record"
	"github.com/pgmedic/pgmedic/probes/watch"
)

// incident is what the report is made of, gathered in one pass over the file and kept small: a day of samples has to fit.
type incident struct {
	name    string // the file's name without its folder
	moments []moment
	peak    *probes.Sample // of the spike, or of the whole record where there is none; nil without samples
	last    *probes.Sample // the newest: which server, which ceiling
	pile    *probes.Sample // of the spike, the one in which most sessions waited behind one; nil: there was no such queue
	top     []int64        // the statements that most connections ran at the peak, the first one first
	names   redact.Names   // of whatever was sampled
	spike   spike
	others  []spike // further ones in the same record
	events  []record.Event
	actions []action
	plans   []record.StoredPlan
	stored  []record.Fact
	texts   map[int64]string
}

// moment is what the report needs of one sample.
type moment struct {
	At       time.Time
	Interval time.Duration
	Counts   probes.Counts
	Limit    probes.Limit // the tighter one
	Baseline probes.Baseline
	Held     map[int64]int // connections that ran a statement, by query id: of the top ones
	Since    time.Time     // of the statements' deltas; zero where there are none
	Done     []done        // by the top statements
	Waits    [waitClasses]int
	Behind   int     // most sessions that waited for one, directly or through others
	InWay    []int32 // pids of those for whom so many waited that it is a pile-up
	Reset    bool
	Evicted  int64
}

// done is what one statement finished between two samples.
type done struct {
	QueryID int64
	Calls   int64
	Time    time.Duration
}

// spike is a time between an onset and its recovery.
type spike struct {
	Onset     time.Time // zero: none was seen
	Recovered time.Time // zero: not while it was recorded
	peak      record.Point
}

// load reads the incident file. The record's own errors name the file and what was read of it.
func load(path string) (_ *incident, err error) {
	file, err := record.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() {
		if closeErr := file.Close(); err == nil && closeErr != nil {
			err = fmt.Errorf("closing the incident file %s: %w", path, closeErr)
		}
	}()
	in := &incident{name: filepath.Base(path)}
	if in.events, err = file.Events(); err != nil {
		return nil, err
	}
	if in.plans, err = file.Plans(); err != nil {
		return nil, err
	}
	if in.stored, err = file.Facts(); err != nil {
		return nil, err
	}
	if in.texts, err = file.Texts(); err != nil {
		return nil, err
	}
	if err = in.read(samplesOf(file)); err != nil {
		return nil, err
	}
	in.actions = actionsOf(in.events)
	return in, nil
}

func (s spike) covers(at time.Time) bool {
	return !at.Before(s.Onset) && (s.Recovered.IsZero() || !at.After(s.Recovered))
}

// spikesOf pairs the marks: each onset with the recovery that follows it.
func spikesOf(events []record.Event) []spike {
	var spikes []spike
	for _, e := range events {
		if e.Kind != record.Mark {
			continue
		}
		switch e.Data["mark"] {
		case record.MarkOnset:
			spikes = append(spikes, spike{Onset: e.At})
		case record.MarkRecovered:
			if n := len(spikes); n > 0 && spikes[n-1].Recovered.IsZero() {
				spikes[n-1].Recovered = e.At
			}
		}
	}
	return spikes
}

// begin and end are those of the record; zero without samples.
func (in *incident) begin() time.Time {
	if len(in.moments) == 0 {
		return time.Time{}
	}
	return in.moments[0].At
}

func (in *incident) end() time.Time {
	if len(in.moments) == 0 {
		return time.Time{}
	}
	return in.moments[len(in.moments)-1].At
}

// between returns the moments from one time to another, both included. A zero from is the record's begin, a zero to its end.
func (in *incident) between(from, to time.Time) []moment {
	first := sort.Search(len(in.moments), func(i int) bool { return !in.moments[i].At.Before(from) })
	last := len(in.moments)
	if !to.IsZero() {
		last = sort.Search(len(in.moments), func(i int) bool { return in.moments[i].At.After(to) })
	}
	if first >= last {
		return nil
	}
	return in.moments[first:last]
}

// step is the usual time between samples: the median.
func (in *incident) step() time.Duration {
	var steps []time.Duration
	for i := 1; i < len(in.moments); i++ {
		steps = append(steps, in.moments[i].At.Sub(in.moments[i-1].At))
	}
	if len(steps) == 0 {
		return 0
	}
	sort.Slice(steps, func(i, j int) bool { return steps[i] < steps[j] })
	return steps[len(steps)/2]
}

// gap is a time in which nothing was sampled.
type gap struct{ From, To time.Time }

// gapLimit is the longest time without a sample that is no gap, as watch has it: a busy server answers late, and that is not silence.
func (in *incident) gapLimit() time.Duration {
	return max(watch.GapIntervals*in.step(), watch.GapMinimum)
}

// gaps finds where the record is silent. Silence is never counted as zero connections.
func (in *incident) gaps() []gap {
	var gaps []gap
	limit := in.gapLimit()
	for i := 1; i < len(in.moments); i++ {
		if before, at := in.moments[i-1].At, in.moments[i].At; at.Sub(before) > limit {
			gaps = append(gaps, gap{before, at})
		}
	}
	return gaps
}

// drawable says whether there is enough for a chart.
func (in *incident) drawable() bool { return in.begin().Before(in.end()) }
