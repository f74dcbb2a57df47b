package unblock

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/playbooks/session"
	"github.com/pgmedic/pgmedic/playbooks/session/prepared"
	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/live"
)

// mostRoots is for how many who are in the way ways out are drafted: the one with most waiters behind, and the next.
const mostRoots = 3

// Draft implements playbooks.Playbook: the ways out of the worst pile-up, those first that free most, of those the gentlest; behind them one way out
// of each next.
func (playbook) Draft(ctx context.Context, ask *live.Asker, f playbooks.Finding) (*playbooks.Draft, error) {
	s := f.Seen.Sample
	q := queueOf(s)
	roots := pileUps(s, q)
	if len(roots) == 0 {
		roots = s.Blocking().Roots
	}
	if len(roots) == 0 {
		return nil, &playbooks.NoDraft{Reason: "nobody waits behind anybody any more"}
	}
	var drafts []*playbooks.Draft
	var why error
	for i, root := range roots[:min(len(roots), mostRoots)] {
		ways, err := scene{ask: ask, finding: f, seen: f.Seen, queue: q, root: root}.ways(ctx)
		var none *playbooks.NoDraft
		switch {
		case err != nil && !errors.As(err, &none):
			return nil, err
		case err != nil && why == nil:
			why = err
		case err == nil && i > 0:
			ways = ways[:1]
		}
		drafts = append(drafts, ways...)
	}
	if len(drafts) == 0 {
		return nil, why
	}
	drafts[0].Others = drafts[1:]
	return drafts[0], nil
}

// scene is one root with what waits behind it.
type scene struct {
	ask     *live.Asker
	finding playbooks.Finding
	seen    *playbooks.Seen
	queue   queue
	root    *probes.Blocked
}

// way is one way out before it is a draft.
type way struct {
	signal  live.Signal // empty: a prepared transaction is rolled back
	of      probes.Backend
	between bool    // it is not the root, but waits itself
	frees   []int32 // who goes on by it
}

// ways drafts what ends the waiting behind the root. The error is a *NoDraft where nothing does.
func (c scene) ways(ctx context.Context) ([]*playbooks.Draft, error) {
	ways, refused := c.list()
	if len(ways) == 0 {
		return nil, refused
	}
	known := c.look(ctx)
	var drafts []*playbooks.Draft
	for _, w := range ways {
		d, err := c.draft(ctx, w, known)
		if err != nil {
			return nil, err
		}
		if refused != nil {
			d.Warnings = append(d.Warnings, c.rootShort()+" stays in the way: "+refused.Reason)
		}
		drafts = append(drafts, d)
	}
	return drafts, nil
}

// list are the ways out, and why the root itself is left alone; nil: it need not be.
func (c scene) list() ([]way, *playbooks.NoDraft) {
	s, who := c.seen.Sample, partyOf(c.root)
	if c.root.Cycle {
		return nil, deadlock(s, c.root)
	}
	refused := c.refusal()
	var ways []way
	if refused == nil {
		frees := c.queue.freed(who)
		if c.root.Prepared != nil {
			ways = append(ways, way{frees: frees})
		} else {
			if session.IsActive(*c.root.Backend) {
				ways = append(ways, way{signal: live.CancelQuery, of: *c.root.Backend, frees: frees})
			}
			ways = append(ways, way{signal: live.Terminate, of: *c.root.Backend, frees: frees})
		}
	}
	if b, frees := c.queue.between(s, who); b != nil {
		ways = append(ways, way{signal: live.CancelQuery, of: *b, between: true, frees: frees})
	}
	slices.SortStableFunc(ways, func(a, b way) int {
		return cmp.Or(cmp.Compare(spoils(s, a), spoils(s, b)), cmp.Compare(len(b.frees), len(a.frees)))
	})
	return ways, refused
}

// spoils is 1 for what ends maintenance, which is the last thing to do, else 0.
func spoils(s *probes.Sample, w way) int {
	if session.LeftBehind(s, w.of.PID) != "" {
		return 1
	}
	return 0
}

// refusal says why the root is left alone; nil: it need not be.
func (c scene) refusal() *playbooks.NoDraft {
	b := c.root.Backend
	switch {
	case c.root.Prepared != nil:
		return nil
	case c.root.PID == 0:
		return &playbooks.NoDraft{
			Reason: "which prepared transaction is in the way is not known yet", Instead: "look again in a few seconds: they are read every 10 s",
		}
	case b == nil:
		return &playbooks.NoDraft{Reason: fmt.Sprintf("pid %d has ended since the locks were read", c.root.PID), Instead: "look again"}
	}
	if reason, instead := session.Barred(*b); reason != "" {
		return &playbooks.NoDraft{Reason: fmt.Sprintf("pid %d is left alone: %s", b.PID, reason), Instead: instead}
	}
	return nil
}

// mayCancel says whether a session that waits may be told to give its statement up.
func mayCancel(s *probes.Sample, b probes.Backend) bool {
	reason, _ := session.Barred(b)
	return reason == "" && session.IsActive(b) && session.LeftBehind(s, b.PID) == ""
}

// deadlock is the answer where they wait for each other: the server ends that.
func deadlock(s *probes.Sample, root *probes.Blocked) *playbooks.NoDraft {
	after := "deadlock_timeout"
	for _, setting := range s.Settings {
		if setting.Name == "deadlock_timeout" {
			after = "deadlock_timeout (" + setting.Value + ")"
		}
	}
	return &playbooks.NoDraft{
		Reason:  fmt.Sprintf("pid %d and others wait for each other: the server itself cancels one of them %s after it began to wait", root.PID, after),
		Instead: "wait for that, and look at the statements' order of locking in the server's log",
	}
}

// draft makes a way out one that can be carried out.
func (c scene) draft(ctx context.Context, w way, known known) (*playbooks.Draft, error) {
	var d *playbooks.Draft
	if w.signal == "" {
		var err error
		if d, err = prepared.Draft(ctx, c.ask, playbookName, c.finding, *c.root.Prepared); err != nil {
			return nil, err
		}
	} else {
		d = session.Draft(playbookName, c.finding, session.Order{Signal: w.signal, Sessions: []probes.Backend{w.of}, Seen: c.seen})
		d.Title = fmt.Sprintf("%s pid %d", w.signal, w.of.PID)
		d.Kind = d.Title
	}
	d.Title += fmt.Sprintf(", for which %s", probes.Counted(len(c.behindOf(w)), "session waits", "sessions wait"))
	d.For = c.frees(w)
	d.Reasons = append(d.Reasons, c.reasons(w, known)...)
	d.Prices = append(d.Prices, playbooks.Price{
		Name: "sessions that wait", Now: fmt.Sprint(c.root.Behind), Value: fmt.Sprint(c.root.Behind - len(w.frees)),
		How: "counted in the blocking tree; those that go on do so one after the other where they want the same",
	})
	d.Warnings = append(d.Warnings, c.warnings(w)...)
	d.Work = &work{Acting: d.Work.(playbooks.Acting), ask: w, waiters: c.queue.known(w.frees), root: c.root.PID}
	return d, nil
}

// behindOf are those that wait for whom the way out takes out.
func (c scene) behindOf(w way) []int32 {
	if w.between {
		return c.queue.behind(party{pid: w.of.PID})
	}
	return c.queue.behind(partyOf(c.root))
}
