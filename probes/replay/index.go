package replay

import (
	"context"
	"slices"
	"time"

	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/watch"
)

// index holds what a window needs beside the samples of its last minute, and what is not stored because the samples before say it: what slower
// probes had read, and the statements' calls outside incidents.
type index struct{ chapters []chapter } // by time

// chapter is what was known with the sample at a time.
type chapter struct {
	at   time.Time
	read probes.Read
	calm map[probes.StatementKey]probes.CallSum // shared, never changed
}

// chapterSpan is the least time from one chapter to the next.
const chapterSpan = 30 * time.Second

// at is the last chapter at a time or before; the zero one where there is none.
func (x *index) at(at time.Time) chapter { return x.before(at.Add(time.Nanosecond)) }

// before is the last chapter before a time; the zero one where there is none.
func (x *index) before(at time.Time) chapter {
	i, _ := slices.BinarySearchFunc(x.chapters, at, func(c chapter, at time.Time) int { return c.at.Compare(at) })
	if i == 0 {
		return chapter{}
	}
	return x.chapters[i-1]
}

// readIndex looks at every sample as the workbench did, which takes about a second for each busy hour, and then has the window made anew. Where a
// sample cannot be read, what is known ends there, and who goes to that sample is told why.
func (p *Player) readIndex(ctx context.Context) {
	watcher, seen := watch.NewWatcher(), probes.NewWindow(0)
	x := &index{}
	_ = p.file.Samples(func(s *probes.Sample, _ probes.Assessment) bool {
		a, _ := watcher.Step(s)
		seen.Add(withoutRows(s), a)
		if n := len(x.chapters); n == 0 || s.Interval == 0 || s.At.Sub(x.chapters[n-1].at).Abs() >= chapterSpan {
			x.chapters = append(x.chapters, chapter{s.At, seen.Read(), a.Calm})
		}
		return ctx.Err() == nil
	})
	if ctx.Err() != nil {
		return
	}
	slices.SortStableFunc(x.chapters, func(a, b chapter) int { return a.at.Compare(b.at) }) // the server's clock may have been set back
	p.index.Store(x)
	p.mu.Lock()
	p.jumped = true
	p.mu.Unlock()
	p.poke()
}

// withoutRows is a sample without what every sample brings anew.
func withoutRows(s *probes.Sample) *probes.Sample {
	rest := *s
	rest.Backends, rest.Statements = nil, probes.Statements{}
	return &rest
}
