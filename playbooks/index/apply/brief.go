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

// lookAgain is the time between two looks for the piece of a brief step's wait in which the server says who blocks it.
const lookAgain = 100 * time.Millisecond

// watchBrief looks at a brief step. The server knows whom it waits for in a piece of its wait only, a third of the time; so the first piece is looked for, and who
// blocked last is said while it rests.
func (m *meter) watchBrief(ctx context.Context, ask *live.Asker, pid int32, s Step) (playbooks.Progress, error) {
	p, err := m.look(ctx, ask, pid, s)
	for until := time.Now().Add(lockRest + lockPiece); err == nil && m.unnamed(p) && time.Now().Before(until); {
		select {
		case <-time.After(lookAgain):
		case <-ctx.Done():
			return p, ctx.Err()
		}
		p, err = m.look(ctx, ask, pid, s)
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
