package replay

import (
	"context"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/record"
)

// beat is the time between two looks at the clock while it plays.
const beat = 250 * time.Millisecond

// Silence longer than gapLength is not waited for: after gapShown of it, by the record's own clock, the position goes to gapShown before its end.
const (
	gapLength = 15 * time.Second
	gapShown  = 3 * time.Second
)

// Speeds returns how many seconds of the record a second can take, the lowest first.
func Speeds() []float64 { return []float64{0.25, 0.5, 1, 2, 4, 8, 16} }

// Clock is the local one.
type Clock struct {
	Now   func() time.Time
	After func(time.Duration) <-chan time.Time
}

// State is where the replay is. Of a file without samples all times are zero.
type State struct {
	At       time.Time // the position
	From, To time.Time // of the first sample and of the last
	Playing  bool
	Speed    float64 // seconds of the record in a second
	Reading  bool    // what is normal for the statements is still being worked out
}

// Recorded is a sample and how it compared.
type Recorded struct {
	Sample     *probes.Sample
	Assessment probes.Assessment
}

// Move is what became of the position.
type Move struct {
	State
	Curve   []record.Point // the client connections of every sample, oldest first; shared, never changed
	Window  *probes.Window // takes the place of what was followed before, up to the position; nil: it goes on with Samples
	Samples []Recorded     // since the move before, oldest first
	Skipped time.Duration  // silence that was not waited for; 0: none
	Ended   bool           // it was to play, and there is nothing behind the position
	Err     error          // the file could not be read
	Failed  error          // a panic, with its stack; this is the last move
}

// Player plays one file. Its methods may be called from several goroutines, Follow and Stream once.
type Player struct {
	file  *record.File
	clock Clock
	wake  chan struct{}
	index atomic.Pointer[index] // nil: still being read

	mu      sync.Mutex     // never held while the file is read; guards what follows
	curve   []record.Point // changed by the goroutine that moves alone, which reads it without the lock
	at      time.Time
	playing bool
	speed   int       // in Speeds
	since   time.Time // local: when the position was as it is
	jumped  bool      // the window begins anew

	// What follows belongs to the goroutine that moves.
	told   State
	texts  map[int64]string
	ahead  []Recorded // read, not told yet
	readTo time.Time  // everything up to there was read
}

// Open makes a player that stands at the first sample. It reads the connections' curve, no sample.
func Open(file *record.File, clock Clock) (*Player, error) {
	p := &Player{file: file, clock: clock, wake: make(chan struct{}, 1), speed: slices.Index(Speeds(), 1), jumped: true}
	if _, err := p.readCurve(); err != nil {
		return nil, err
	}
	if len(p.curve) > 0 {
		p.at = p.curve[0].At
	}
	return p, nil
}

// recorded is why nothing can be asked or done.
const recorded = "this is a recorded incident, without its server"

// Can says that a file can be looked at and nothing else.
func (p *Player) Can() probes.Abilities {
	return probes.Abilities{NoExplain: recorded, NoAnalyze: recorded, NoAct: recorded}
}

// Target is the file's name.
func (p *Player) Target() string { return filepath.Base(p.file.Path()) }

// Toggle plays, or pauses.
func (p *Player) Toggle() {
	p.change(func() {
		if p.playing = !p.playing; p.playing {
			p.since = p.clock.Now()
		}
	})
}

// Faster and Slower take the next speed, as long as there is one.
func (p *Player) Faster() { p.change(func() { p.speed = min(p.speed+1, len(Speeds())-1) }) }

// Slower is Faster's opposite.
func (p *Player) Slower() { p.change(func() { p.speed = max(p.speed-1, 0) }) }

// Step pauses and goes n samples on, or back where n is negative.
func (p *Player) Step(n int) {
	p.change(func() {
		if len(p.curve) == 0 {
			return
		}
		here := p.last(p.at)
		if n < 0 && p.curve[here].At.Before(p.at) {
			here++ // between two samples: the first step back goes to the one before
		}
		p.playing, p.jumped = false, true
		p.at = p.curve[min(max(here+n, 0), len(p.curve)-1)].At
	})
}

// Seek goes to a time. Before the first sample there is nothing; behind the last one it stands as the last.
func (p *Player) Seek(at time.Time) {
	p.change(func() {
		if len(p.curve) == 0 {
			return
		}
		if first := p.curve[0].At; at.Before(first) {
			at = first
		}
		p.at, p.since, p.jumped = at.UTC(), p.clock.Now(), true
	})
}

// change does what a person asked for at the position that it is by now, and wakes who moves.
func (p *Player) change(do func()) {
	p.mu.Lock()
	p.advance()
	do()
	p.mu.Unlock()
	p.poke()
}

func (p *Player) poke() {
	select {
	case p.wake <- struct{}{}:
	default: // it is awake
	}
}

// last is the index of the newest sample at a time or before; 0 where there is none. The curve must not be empty.
func (p *Player) last(at time.Time) int {
	i, found := slices.BinarySearchFunc(p.curve, at, func(point record.Point, at time.Time) int { return point.At.Compare(at) })
	if !found {
		i--
	}
	return max(i, 0)
}

// advance takes the position along with the clock, up to the last sample, and returns the silence that it leaves out.
func (p *Player) advance() (skipped time.Duration) {
	now := p.clock.Now()
	passed := now.Sub(p.since)
	p.since = now
	if !p.playing || len(p.curve) == 0 {
		return 0
	}
	end := p.curve[len(p.curve)-1].At
	if !p.at.Before(end) {
		return 0
	}
	here := p.last(p.at)
	p.at = p.at.Add(time.Duration(float64(max(passed, 0)) * Speeds()[p.speed]))
	for ; here+1 < len(p.curve) && p.curve[here].At.Before(p.at); here++ {
		from, to := p.curve[here].At.Add(gapShown), p.curve[here+1].At.Add(-gapShown)
		if to.Sub(from) > gapLength-2*gapShown && !p.at.Before(from) && p.at.Before(to) {
			skipped += to.Sub(p.at)
			p.at = to
		}
	}
	if p.at.After(end) {
		p.at = end
	}
	return skipped
}

// state is what is told now.
func (p *Player) state() State {
	s := State{At: p.at, Playing: p.playing, Speed: Speeds()[p.speed], Reading: p.index.Load() == nil}
	if n := len(p.curve); n > 0 {
		s.From, s.To = p.curve[0].At, p.curve[n-1].At
	}
	return s
}

// Stream implements probes.Source: each sample at which the position arrives.
func (p *Player) Stream(ctx context.Context) <-chan probes.Tick {
	ticks := make(chan probes.Tick)
	moves := p.Follow(ctx)
	go func() {
		defer close(ticks)
		for m := range moves {
			for _, tick := range m.ticks() {
				select {
				case ticks <- tick:
				case <-ctx.Done():
				}
			}
		}
	}()
	return ticks
}

func (m Move) ticks() []probes.Tick {
	switch {
	case m.Failed != nil:
		return []probes.Tick{{Failed: m.Failed}}
	case m.Window != nil && m.Window.Last() != nil:
		return []probes.Tick{{Sample: m.Window.Last()}}
	}
	ticks := make([]probes.Tick, len(m.Samples))
	for i, r := range m.Samples {
		ticks[i].Sample = r.Sample
	}
	return ticks
}
