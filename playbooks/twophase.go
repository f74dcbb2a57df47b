package playbooks

import "github.com/pgmedic/pgmedic/probes/live"

// RollbackPrepared rolls a prepared transaction back if it still is what was shown; see live.ActSession. Its errors are as those of Signal.
func (s *Sender) RollbackPrepared(shown live.TwoPhase) (live.Answer, error) {
	if s.ctx.Err() != nil {
		return live.Answer{}, live.ErrStopped
	}
	return s.act.RollbackPrepared(shown)
}
