package apply

import (
	"context"
	"time"

	"github.com/pgmedic/pgmedic/probes/live"
)

// Apply implements playbooks.Work: it sends the steps one after the other, and ends at the first that fails.
func (w *work) Apply(ctx context.Context, session *live.BuildSession) error {
	began := time.Now()
	err := sendAll(ctx, session, w.steps, func(step int) { w.at.Store(int32(step)) })
	if err == nil {
		w.took.Store(int64(time.Since(began)))
	}
	w.ended = err
	return err
}
