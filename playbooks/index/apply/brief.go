package apply

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/probes/live"
	"github.com/pgmedic/pgmedic/probes/pgerr"
)

// waitsForTable is the phase of a step that waits for a lock on its table.
const waitsForTable = "waiting for the table's lock"

// The least time between two looks for the piece of a brief step's wait in which the server says who blocks it: within the first second, and after it.
const (
	lookAgain = 100 * time.Millisecond
	lookLater = 500 * time.Millisecond
)

// watchBrief looks at a brief step. The server knows whom it waits for in a piece of its wait only, a third of the time; so the first piece is looked for, once
// in a step, and who blocked last is said while it rests.
func (m *meter) watchBrief(ctx context.Context, ask *live.Asker, pid int32, s Step) (playbooks.Progress, error) {
	began := time.Now()
	p, err := m.lookRested(ctx, ask, pid, s)
	for err == nil && m.unnamed(p) && !m.searched {
		wait := max(lookAgain, time.Until(m.rest))
		if time.Since(began) >= time.Second {
			wait = max(lookLater, wait)
		}
		if time.Since(began)+wait > lockRest+lockPiece {
			m.searched = true
			break
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return p, ctx.Err()
		}
		p, err = m.lookRested(ctx, ask, pid, s)
	}
	if err != nil || p.Phase != waitsForTable {
		return p, err
	}
	if p.Waiting != "" {
		m.blocker.Store(&p.Waiting)
	} else if last := m.blocker.Load(); last != nil {
		p.Waiting = *last
	}
	p.GivesUp = max(cmp.Or(s.patience, lockPatience)-time.Since(m.since), time.Second)
	return p, nil
}

// lookRested looks once, and then rests in proportion to how long that took: until then it says what was seen last.
func (m *meter) lookRested(ctx context.Context, ask *live.Asker, pid int32, s Step) (playbooks.Progress, error) {
	began := time.Now()
	if began.Before(m.rest) {
		return m.found, nil
	}
	p, err := m.look(ctx, ask, pid, s)
	m.rest = time.Now().Add(playbooks.RestAfter(time.Since(began)))
	if err == nil {
		m.found = p
	}
	return p, err
}

// unnamed says whether it waits and nobody knows for whom.
func (m *meter) unnamed(p playbooks.Progress) bool {
	return p.Phase == waitsForTable && p.Waiting == "" && m.blocker.Load() == nil
}

// blockedBy adds to the error of a brief step that was given up whom it waited for.
func (m *meter) blockedBy(err error) error {
	last := m.blocker.Load()
	if last == nil || pgerr.State(err) != lockNotAvailable {
		return err
	}
	return fmt.Errorf("%w; it waited for %s", err, *last)
}
