package replay

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/record"
)

// Follow tells each move of the position until ctx ends, the first one at once; then it closes the channel. A slow reader gets fewer moves, with
// the same samples.
func (p *Player) Follow(ctx context.Context) <-chan Move {
	moves := make(chan Move)
	go p.run(ctx, moves)
	return moves
}

func (p *Player) run(ctx context.Context, moves chan<- Move) {
	defer close(moves)
	tell := func(m Move) {
		select {
		case moves <- m:
		case <-ctx.Done():
		}
	}
	defer probes.OnPanic(func(err error) { tell(Move{Failed: err}) })
	failed := make(chan Move, 1)
	var working sync.WaitGroup
	defer working.Wait()
	working.Go(func() {
		defer probes.OnPanic(func(err error) { failed <- Move{Failed: err} })
		p.readIndex(ctx)
	})
	for {
		if m, moved := p.move(); moved {
			tell(m)
		}
		select {
		case <-ctx.Done():
			return
		case m := <-failed:
			tell(m)
			return
		case <-p.wake:
		case <-p.due():
		}
	}
}

// due comes when it is time to look at the clock again: never while it stands.
func (p *Player) due() <-chan time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.playing {
		return nil
	}
	return p.clock.After(beat)
}

// move brings the position up to the clock, and says what there is to tell.
func (p *Player) move() (Move, bool) {
	p.mu.Lock()
	skipped, jumped := p.advance(), p.jumped
	p.jumped = false
	m := Move{State: p.state(), Skipped: skipped}
	p.mu.Unlock()
	var err error
	if play := m.Playing; (play || jumped) && !m.At.Before(m.To) {
		m.State, err = p.lookForMore()
		m.Ended = play && !m.Playing && err == nil
	}
	switch {
	case err != nil:
	case jumped && !m.To.IsZero():
		m.Window, err = p.windowAt(m.At)
	case !jumped:
		m.Samples, err = p.samplesUntil(m.At)
	}
	if err != nil {
		m.State = p.pause()
		m.Err = err
	}
	before := p.told
	p.told, m.Curve = m.State, p.curve
	return m, jumped || m.Ended || m.Err != nil || m.State != before
}

// lookForMore reads at the end of the file whether it has grown. Where it has not, it pauses.
func (p *Player) lookForMore() (State, error) {
	grown, err := p.readCurve()
	if err != nil || !grown {
		return p.pause(), err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.state(), nil
}

func (p *Player) pause() State {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.playing = false
	return p.state()
}

// readCurve reads the connections' curve, and says whether it has grown.
func (p *Player) readCurve() (grown bool, err error) {
	curve, err := p.file.Curve()
	if err != nil {
		return false, err
	}
	slices.SortStableFunc(curve, func(a, b record.Point) int { return a.At.Compare(b.At) }) // the server's clock may have been set back
	p.mu.Lock()
	defer p.mu.Unlock()
	grown = len(curve) > len(p.curve)
	p.curve = curve
	return grown, nil
}

// windowAt is the window as it was at a time: it holds probes.StatementSpan before the newest sample then, and the counts of the hour before.
func (p *Player) windowAt(at time.Time) (*probes.Window, error) {
	if p.texts == nil {
		texts, err := p.file.Texts()
		if err != nil {
			return nil, err
		}
		p.texts = texts
	}
	here := p.last(at)
	newest := p.curve[here].At
	from := newest.Add(-probes.StatementSpan)
	samples, err := p.read(from, newest)
	if err != nil {
		return nil, err
	}
	if len(samples) == 0 {
		return nil, fmt.Errorf("the incident file %s has no sample of %s any more: open it again", p.file.Path(), newest.Format(time.DateTime))
	}
	before := probes.Earlier{Counts: counts(p.curve[:here+1], samples[0].Sample.At), Texts: p.texts}
	if x := p.index.Load(); x != nil {
		before.Read = x.before(samples[0].Sample.At).read
	}
	w := probes.NewWindowAfter(before, probes.StatementSpan)
	for _, r := range samples {
		w.Add(r.Sample, r.Assessment)
	}
	p.ahead, p.readTo = nil, newest
	return w, nil
}

// countsSpan is as much of the curve as a window keeps.
const countsSpan = time.Hour

// counts are the counts of the last hour before a time. Of states and waits nothing is known there.
func counts(curve []record.Point, before time.Time) []probes.Counts {
	var found []probes.Counts
	for _, point := range curve {
		if point.At.Before(before) && before.Sub(point.At) <= countsSpan {
			found = append(found, probes.Counts{At: point.At, Total: point.Clients})
		}
	}
	return found
}

// readAhead is how much of the record is read at once.
const readAhead = time.Minute

// samplesUntil returns the samples up to a time that were not told yet.
func (p *Player) samplesUntil(at time.Time) ([]Recorded, error) {
	if at.After(p.readTo) {
		to := at.Add(readAhead)
		if n := len(p.curve); n > 0 && to.After(p.curve[n-1].At) {
			to = p.curve[n-1].At
		}
		if to.After(p.readTo) {
			more, err := p.read(p.readTo.Add(time.Nanosecond), to)
			if err != nil {
				return nil, err
			}
			p.ahead, p.readTo = append(p.ahead, more...), to
		}
	}
	n := 0
	for n < len(p.ahead) && !p.ahead[n].Sample.At.After(at) {
		n++
	}
	due := p.ahead[:n:n]
	p.ahead = p.ahead[n:]
	return due, nil
}

// read returns the samples of a stretch, both ends included, by their times.
func (p *Player) read(from, to time.Time) ([]Recorded, error) {
	var found []Recorded
	x := p.index.Load()
	err := p.file.SamplesBetween(from, to, func(s *probes.Sample, a probes.Assessment) bool {
		if x != nil {
			a.Calm = x.at(s.At).calm
		}
		found = append(found, Recorded{s, a})
		return true
	})
	slices.SortStableFunc(found, func(a, b Recorded) int { return a.Sample.At.Compare(b.Sample.At) })
	return found, err
}
