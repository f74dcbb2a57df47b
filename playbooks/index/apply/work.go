package apply

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/probes/live"
)

// Apply implements playbooks.Work.
func (w *work) Apply(ctx context.Context, session *live.BuildSession) error {
	if w.ended = w.begin(ctx, session); w.ended != nil {
		return w.ended
	}
	return w.send(ctx, session)
}

// begin reserves the tables, and then refuses where another pgmedic, or somebody else, has changed what is there since the confirmation.
func (w *work) begin(ctx context.Context, session sender) error {
	w.at.Store(nothingSent)
	if err := reserve(ctx, session, w.steps); err != nil {
		return err
	}
	return readFirst(ctx, session, nothingWasSent, func(ctx context.Context, tx pgx.Tx) error {
		now, err := planSteps(ctx, tx, w.order)
		if err != nil {
			return err
		}
		if c := w.changed(now); c.Verdict == playbooks.Refuse {
			return fmt.Errorf("%s; %s", c.Saw, c.Do)
		}
		return nil
	})
}

// send sends the steps one after the other, and ends at the first that fails.
func (w *work) send(ctx context.Context, session sender) error {
	began := time.Now()
	err := sendAll(ctx, session, w.steps, func(step int) { w.at.Store(int32(step)) })
	if err == nil {
		w.took.Store(int64(time.Since(began)))
	}
	w.ended = w.meter.blockedBy(err)
	return w.ended
}
