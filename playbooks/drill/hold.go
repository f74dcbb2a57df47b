package drill

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/playbooks/catalogue"
	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/record"
)

// What holding the line must show: so many slots free for the application, once they were for so long, until the index is there.
const (
	leastFree  = 10
	settleTime = 2 * time.Second
	settleWait = 60 * time.Second
)

// The kinds of the facts of how many slots were free.
const (
	factFreeLeast  = "drill.slots_free_least"
	factFreeMedian = "drill.slots_free_median"
)

// holdTheLine confirms a hold of the statement that was found, and waits until it has settled.
func (s *story) holdTheLine(ctx context.Context) error {
	draft, err := s.draftHold(ctx)
	if err != nil {
		return fmt.Errorf("drafting to hold the line: %w", err)
	}
	s.tell.step("draft: " + draft.Title)
	err = s.during(ctx, func() error {
		prepared, err := playbooks.NewEngine(s.server, s.rec, time.Now).Prepare(ctx, draft)
		if err != nil {
			return err
		}
		for _, check := range prepared.Checks {
			s.tell.step(fmt.Sprintf("preflight: %s: %s", check.Name, check.Saw))
		}
		s.held, err = prepared.Confirm(draft.Word)
		return err
	})
	if err != nil {
		return fmt.Errorf("holding the line: %w", err)
	}
	var since time.Time
	settled := func() bool {
		last := s.window.Last()
		if freeSlots(last) < leastFree {
			since = time.Time{}
		} else if since.IsZero() {
			since = last.At
		}
		return !since.IsZero() && last.At.Sub(since) >= settleTime
	}
	if err := s.until(ctx, settleWait, fmt.Sprintf("%d free slots over %s", leastFree, settleTime), settled); err != nil {
		return errors.Join(err, s.letGo(ctx))
	}
	s.tell.step(fmt.Sprintf("held: %d slots free for the application, %d at least for %s", freeSlots(s.window.Last()), leastFree, settleTime))
	return nil
}

// draftHold drafts by hand, for the statement that was found, and takes the draft that goes on beside other work.
func (s *story) draftHold(ctx context.Context) (*playbooks.Draft, error) {
	for _, book := range catalogue.All() {
		byHand, can := book.(playbooks.ByHand)
		if book.Name() != "room" || !can {
			continue
		}
		f, why := byHand.ByHand(s.window, s.finding.Statement)
		if why != "" {
			return nil, errors.New(why)
		}
		d, err := book.Draft(ctx, s.server.Ask(), f)
		if err != nil {
			return nil, err
		}
		for _, d := range append([]*playbooks.Draft{d}, d.Others...) {
			if d.Meanwhile {
				return d, nil
			}
		}
	}
	return nil, errors.New("no playbook holds the line for the statement")
}

// letGo stops the hold, and says what came of it.
func (s *story) letGo(ctx context.Context) error {
	if s.held == nil {
		return nil
	}
	var outcome playbooks.Outcome
	err := s.during(ctx, func() error {
		err := s.held.Cancel(ctx)
		outcome = s.held.Outcome()
		return err
	})
	if err != nil {
		return fmt.Errorf("stopping to hold the line: %w", err)
	}
	for _, check := range outcome.Verification.Checks {
		s.tell.step(fmt.Sprintf("hold: %s: %s", check.Name, check.Saw))
	}
	if outcome.State != playbooks.Applied {
		return fmt.Errorf("the line was not held: %s: %w; %s", outcome.State, outcome.Err, outcome.Next)
	}
	return nil
}

// endHold stops a hold that a step that failed has left.
func (s *story) endHold() {
	if s.held == nil {
		return
	}
	_ = s.held.Cancel(context.Background()) // that it has ended already is as good
	s.held.Outcome()
}

// noteRoom is when the slots are counted from: what the index is drafted and built in.
func (s *story) noteRoom(context.Context) error {
	s.roomFrom = s.window.Last().At
	return nil
}

// tellRoom counts, in the recorded samples, the slots that were free until the index was there, and puts the figures on record.
func (s *story) tellRoom(context.Context) error {
	var frees []int
	slots := 0
	to := s.outcome.Ended
	err := s.rec.Samples(func(sample *probes.Sample, _ probes.Assessment) bool {
		if !sample.At.Before(s.roomFrom) && !sample.At.After(to) {
			frees = append(frees, freeSlots(sample))
			slots = sample.Ceiling.Application()
		}
		return true
	})
	if err != nil {
		return err
	}
	if len(frees) == 0 {
		return errors.New("no sample was recorded while the index was built")
	}
	slices.Sort(frees)
	least, median := frees[0], frees[len(frees)/2]
	s.tell.step(fmt.Sprintf("slots free for the application while the index was built: least %d, median %d, of %d (%d samples over %.1f s)",
		least, median, slots, len(frees), to.Sub(s.roomFrom).Seconds()))
	if err := s.keepRoom(least, median, len(frees), to); err != nil {
		return err
	}
	if s.held != nil && least < leastFree {
		return fmt.Errorf("only %d slots were free at one time while the line was held, fewer than %d", least, leastFree)
	}
	return nil
}

func (s *story) keepRoom(least, median, samples int, to time.Time) error {
	conditions := "during the spike, the line not held"
	if s.held != nil {
		conditions = "during the spike, the line held"
	}
	for _, figure := range []struct {
		kind string
		n    int
	}{{factFreeLeast, least}, {factFreeMedian, median}} {
		_, err := s.rec.AddFact(record.Fact{Kind: figure.kind, Subject: "while the index was drafted and built", Value: float64(figure.n), Unit: "connections", N: int64(samples),
			From: s.roomFrom, To: to, Method: "max_connections less the reserves and every client's session, in each sample", Conditions: conditions,
			Source: "samples", Status: record.Measured})
		if err != nil {
			return err
		}
	}
	return nil
}

// freeSlots is how many slots an ordinary role could still get.
func freeSlots(s *probes.Sample) int { return s.Ceiling.Tighter(s).Left() }
