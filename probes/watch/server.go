package watch

import (
	"fmt"

	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/record"
)

// lookAtServer tells when another server answers, or the same one after a restart.
func (w *Watcher) lookAtServer(s *probes.Sample) {
	before, now, first := w.server, s.Server, !w.known
	w.server, w.known = now, true
	if first {
		return
	}
	switch change := serverChange(before, now); {
	case change != "":
		w.tell(record.System, s.At, "failover: "+change, map[string]string{"event": record.EventFailover, "before": record.Identity(before)})
	case !before.StartedAt.IsZero() && !now.StartedAt.IsZero() && !before.StartedAt.Equal(now.StartedAt):
		w.tell(record.Observed, now.StartedAt, "the server restarted", map[string]string{"event": record.EventRestart})
	}
	if s.Statements.Reset {
		w.tell(record.Observed, s.At, "the statistics of the statements were reset", map[string]string{"event": record.EventReset})
	}
}

// serverChange says what makes now another server than before, empty where nothing does.
func serverChange(before, now probes.Server) string {
	switch {
	case before.SystemIdentifier != "" && now.SystemIdentifier != "" && before.SystemIdentifier != now.SystemIdentifier:
		return fmt.Sprintf("another server answers, system identifier %s instead of %s", now.SystemIdentifier, before.SystemIdentifier)
	case before.InRecovery && !now.InRecovery:
		return "the standby became primary"
	case !before.InRecovery && now.InRecovery:
		return "a standby answers where a primary did"
	case before.Timeline != 0 && now.Timeline != 0 && before.Timeline != now.Timeline:
		return fmt.Sprintf("timeline %d instead of %d", now.Timeline, before.Timeline)
	}
	return ""
}
