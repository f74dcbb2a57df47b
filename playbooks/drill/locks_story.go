package drill

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/playbooks/session"
	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/record"
)

// leastWaiting is how many sessions must wait behind the migration.
const leastWaiting = 60

// How long a step may take before it counts as not happened, and how long the application is looked at for its figures.
const (
	pileUpWait  = 60 * time.Second
	releaseWait = 30 * time.Second
	serviceWait = 60 * time.Second
	serviceSpan = 5 * time.Second
)

// steps implements plot.
func (l *locks) steps(s *story) []func(context.Context) error {
	p := &locksStory{story: s, plot: l}
	return []func(context.Context) error{
		s.seeBaseline, p.seePileUp, p.explain, p.draftWayOut, p.unblock, p.seeRelease, p.seeService,
	}
}

// locksStory is what the story of a pile-up has seen so far.
type locksStory struct {
	*story
	plot *locks
	root *probes.Blocked // at its fullest
	most int             // sessions that waited at one time
}

// seePileUp waits until watch has told of it and enough wait.
func (p *locksStory) seePileUp(ctx context.Context) error {
	calm := p.drill.Served()
	p.tell.step("calm: " + calm.String())
	close(p.mayBegin)
	full := func() bool {
		p.waiting()
		_, ddl := p.queue()
		return p.toldOfLocks() != "" && ddl != nil && ddl.Behind >= leastWaiting
	}
	if err := p.until(ctx, pileUpWait, fmt.Sprintf("%d sessions that wait behind the migration", leastWaiting), full); err != nil {
		return fmt.Errorf("%w; the most were %d", err, p.most)
	}
	p.tell.step("told: " + p.toldOfLocks())
	last := p.window.Last()
	p.root, _ = p.queue()
	p.tell.step(fmt.Sprintf("pile-up: %d sessions wait, %d connections of %d", p.most, last.Counts().Total, last.Ceiling.Application()))
	return nil
}

// waiting is how many sessions wait for a lock now.
func (p *locksStory) waiting() int {
	n := p.window.Current().Blocking().Waiting
	p.most = max(p.most, n)
	return n
}

// queue finds the person's session at the root of the blocking tree, and the migration that waits for it; nil: not seen.
func (p *locksStory) queue() (root, ddl *probes.Blocked) {
	for _, r := range p.window.Current().Blocking().Roots {
		if user(r) != personRole {
			continue
		}
		for _, w := range r.Waiters {
			if user(w) == migrationRole {
				return r, w
			}
		}
		return r, nil
	}
	return nil, nil
}

func user(b *probes.Blocked) string {
	if b.Backend == nil {
		return ""
	}
	return b.Backend.User
}

// toldOfLocks is the title of watch's event of a pile-up; empty: there was none yet.
func (p *locksStory) toldOfLocks() string {
	for _, e := range p.events {
		if e.Data["event"] == record.EventLocks && e.Data["direction"] == "reached" {
			return e.Title
		}
	}
	return ""
}

// explain asks the unblock playbook what it sees, and says who waits for whom.
func (p *locksStory) explain(context.Context) error {
	if !p.find("unblock") {
		return errors.New("the unblock playbook found nothing in the way of the sessions that wait")
	}
	p.tell.step("finding: " + p.finding.Title)
	seen := playbooks.See(p.window)
	p.tell.step("root: " + line(p.root, seen))
	for _, w := range p.root.Waiters {
		p.tell.step(fmt.Sprintf("behind it: %s; waits for %s on %s; %s behind it", line(w, seen), w.Wait.Mode, w.Wait.Relation,
			probes.Counted(w.Behind, "session", "sessions")))
	}
	return p.keepFinding(map[string]string{"pid": strconv.Itoa(int(p.root.PID)), "waiting": strconv.Itoa(p.root.Behind)})
}

// line says who one of the tree is and what it does.
func line(b *probes.Blocked, seen *playbooks.Seen) string {
	pid := fmt.Sprintf("pid %d", b.PID)
	if b.Backend == nil {
		return pid
	}
	return pid + " · " + session.Describe(*b.Backend, seen.Sample.At, seen.Text(b.Backend.QueryID))
}

// draftWayOut drafts the end of the root's session.
func (p *locksStory) draftWayOut(ctx context.Context) error {
	if err := p.draftTreatment(ctx); err != nil {
		return err
	}
	p.tell.step("draft: " + p.draft.Title)
	for _, reason := range p.draft.Reasons {
		p.tell.step("why: " + reason.Part + ": " + reason.Why)
	}
	for _, warning := range p.draft.Warnings {
		p.tell.step("warning: " + warning)
	}
	for _, other := range p.draft.Others {
		p.tell.step("or: " + other.Title)
	}
	want := fmt.Sprintf("pid %d", p.root.PID)
	if len(p.draft.Rows) != 1 || p.draft.Rows[0].Name != want {
		return fmt.Errorf("the draft is not about %s alone: %v", want, p.draft.Rows)
	}
	return nil
}

// unblock confirms with the word that a person would type.
func (p *locksStory) unblock(ctx context.Context) error {
	p.tell.step(fmt.Sprintf("meanwhile: %d wait; the application: %s", p.waiting(), p.drill.Served()))
	p.tell.step("typed: " + p.draft.Word)
	if err := p.carryOut(ctx, "unblocking"); err != nil {
		return fmt.Errorf("unblocking: %w", err)
	}
	if p.outcome.State != playbooks.Applied {
		return fmt.Errorf("the root is still in the way: %s: %w; %s", p.outcome.State, p.outcome.Err, p.outcome.Next)
	}
	for _, row := range p.outcome.Verification.Rows {
		p.tell.step(fmt.Sprintf("%s: %s, %s", row.Name, row.State, row.Saw))
	}
	p.tellVerified()
	return nil
}

// seeRelease waits until nobody waits any more and the migration is done.
func (p *locksStory) seeRelease(ctx context.Context) error {
	free := func() bool { return p.waiting() == 0 && isClosed(p.plot.migrated) }
	if err := p.until(ctx, releaseWait, "nobody to wait any more", free); err != nil {
		return fmt.Errorf("%w; %d wait", err, p.waiting())
	}
	p.tell.step(fmt.Sprintf("released: %d waiting → 0, seen %.1f s after the signal was sent; the migration is done",
		p.most, p.window.Last().At.Sub(p.outcome.Started).Seconds()))
	return nil
}

// seeService waits until the connections are back and the application gets done what it is asked for.
func (p *locksStory) seeService(ctx context.Context) error {
	if err := p.until(ctx, recoveryWait, "the connections to recover", func() bool { return !p.window.Assessment().InIncident() }); err != nil {
		return err
	}
	if err := p.watchService(ctx); err != nil {
		return err
	}
	a, connections := p.window.Assessment(), p.window.Last().Counts().Total
	p.tell.step(fmt.Sprintf("shown: %d waited at most, %d at the end; peak %d connections, %d at the end, baseline %.0f",
		p.most, p.waiting(), a.Peak, connections, a.Baseline.Median))
	return checkBack(a.Baseline, connections)
}

// watchService looks at what the application gets done, a few seconds at a time, until that is enough.
func (p *locksStory) watchService(ctx context.Context) error {
	p.drill.Served()
	began, line, short := p.window.Last().At, "", error(nil)
	serves := func() bool {
		now := p.window.Last().At
		span := now.Sub(began)
		if span < serviceSpan {
			return false
		}
		served := p.drill.Served()
		rate := float64(served.Reports) / span.Seconds()
		began, line = now, fmt.Sprintf("%.1f reports/s over %.1f s, %s", rate, span.Seconds(), served)
		short = checkService(served, rate, p.drill.CalmRate())
		return short == nil
	}
	if err := p.until(ctx, serviceWait, "the application", serves); err != nil {
		return errors.Join(err, short)
	}
	p.tell.step("served: " + line)
	return nil
}

// checkService fails where the application does not get done what it is asked for.
func checkService(served Served, rate, calm float64) error {
	if served.Failed > 0 || rate < calm/2 {
		return fmt.Errorf("the application does not serve as before: %.1f reports/s of %.1f, %d errors", rate, calm, served.Failed)
	}
	return nil
}
