package snapshot

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/probes"
)

// Options say how to look.
type Options struct {
	For       time.Duration // how long to look, by the server's clock; at most probes.StatementSpan. 0: one sample, without statement figures
	Wait      time.Duration // how long to try to get in
	Books     []playbooks.Playbook
	Addresses bool // show the clients' addresses as they are
}

// grace is how much longer than Options.For the look may take on a server that answers late.
const grace = 3 * time.Second

// Interval is the time between samples that fits a look of this length: three samples, or more of a second each.
func Interval(length time.Duration) time.Duration {
	return min(max(length/2, 100*time.Millisecond), time.Second)
}

// letGoPatience is how long Take waits for the source to let go: one whose server does not answer takes longer, and ends by itself.
const letGoPatience = time.Second

// Take looks. It ends by itself: within Wait where nobody answers, else For (and grace) after the first answer. Of a server that stops answering it tells
// what was seen until then, see Snapshot.BrokenOff.
func Take(ctx context.Context, source probes.Source, opts Options) (*Snapshot, error) {
	look, err := follow(ctx, source, opts)
	if err != nil {
		return nil, err
	}
	return look.snapshot(opts), nil
}

// look is what was seen.
type look struct {
	samples []*probes.Sample // at least one, oldest first
	window  *probes.Window
	lost    *probes.Trouble // the last one; nil: the connection held
	out     bool            // and was not regained
	broken  bool            // it did not last as long as it was to
}

func (l *look) last() *probes.Sample { return l.samples[len(l.samples)-1] }

// follow watches the source for long enough.
func follow(ctx context.Context, source probes.Source, opts Options) (*look, error) {
	streaming, stop := context.WithCancel(ctx)
	ticks := source.Stream(streaming)
	defer letGo(stop, ticks)
	l := &look{window: probes.NewWindow(opts.For)}
	timer := time.NewTimer(opts.Wait)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("the look was interrupted: %w", ctx.Err())
		case <-timer.C:
			if len(l.samples) == 0 {
				return nil, notIn(l.lost, opts.Wait)
			}
			l.broken = true
			return l, nil
		case tick, open := <-ticks:
			if !open {
				return nil, fmt.Errorf("the look was interrupted: %w", context.Canceled)
			}
			if tick.Failed != nil {
				return nil, tick.Failed
			}
			if tick.Trouble != nil {
				l.lost, l.out = tick.Trouble, true
				if len(l.samples) == 0 && isFinal(tick.Trouble) {
					return nil, notIn(l.lost, 0)
				}
				continue
			}
			if len(l.samples) == 0 {
				timer.Reset(opts.For + grace)
				l.lost = nil
			}
			l.out = false
			l.add(tick.Sample)
			if l.seen() >= opts.For-opts.For/20 { // a sample may come a moment early
				return l, nil
			}
		}
	}
}

// letGo ends the stream, and waits a moment until the source has let go.
func letGo(stop func(), ticks <-chan probes.Tick) {
	stop()
	patience := time.After(letGoPatience)
	for {
		select {
		case _, open := <-ticks:
			if !open {
				return
			}
		case <-patience:
			return
		}
	}
}

func (l *look) add(s *probes.Sample) {
	l.samples = append(l.samples, s)
	l.window.Add(s, probes.Assessment{})
}

// seen is how long the look covers, by the server's clock.
func (l *look) seen() time.Duration { return max(l.last().At.Sub(l.samples[0].At), 0) }

// brokenOff says how the look ended before its time; null: it lasted.
func (l *look) brokenOff(length time.Duration) *string {
	if !l.broken {
		return nil
	}
	words := "the server stopped answering after "
	if l.refused() {
		words = "the connection was lost after "
	}
	if seen := l.seen(); seen > 0 {
		words += fmt.Sprintf("%s of %s", probes.Span(seen), probes.Span(length))
	} else {
		words += "the first sample"
	}
	if l.refused() {
		words += " and not regained: " + l.lost.Reason
	}
	return &words
}

// refused says whether the server answered at the end, and would not go on: an administrator ended the session, or it has no slot.
func (l *look) refused() bool { return l.out && l.lost.SQLState != "" }

// isFinal says whether trying again soon is of no use: a login that is refused, a database that is not there.
func isFinal(t *probes.Trouble) bool {
	return strings.HasPrefix(t.SQLState, "28") || t.SQLState == "3D000" || t.SQLState == "42501"
}

// notIn says why there is nothing to show. waited 0: no time was spent on trying again.
func notIn(t *probes.Trouble, waited time.Duration) error {
	if t == nil {
		return fmt.Errorf("no answer within %s; --wait gives it longer", probes.Span(waited))
	}
	tried := ""
	if waited > 0 {
		tried = fmt.Sprintf(" (%s in %s; --wait gives it longer)", several(t.Attempts, "attempt"), probes.Span(waited))
	}
	next := ""
	if t.Next != "" {
		next = "\n" + t.Next
	}
	return fmt.Errorf("no snapshot of %s, %s: %s%s%s", t.Target, t.Doing, t.Reason, tried, next)
}
