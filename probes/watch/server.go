package watch

import (
	"fmt"
	"strings"
	"time"

	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/record"
)

// lookAtServer tells when another server answers, or the same one after a restart; other: with the clock of another machine, as far as is known.
func (w *Watcher) lookAtServer(s *probes.Sample) (other bool) {
	before, now, first := w.server, s.Server, !w.known
	w.server, w.known = now, true
	crashed := w.crashedAt(s)
	if first {
		return false
	}
	if isOther(before, now) {
		w.settings = nil
	}
	change := serverChange(before, now)
	switch {
	case change != "":
		w.tell(record.System, s.At, "failover: "+change, map[string]string{"event": record.EventFailover, "before": record.Identity(before)})
	case !before.StartedAt.IsZero() && !now.StartedAt.IsZero() && !before.StartedAt.Equal(now.StartedAt):
		w.tell(record.Observed, now.StartedAt, "the server restarted", map[string]string{"event": record.EventRestart})
	case !crashed.IsZero():
		w.tell(record.Observed, crashed, "a process of the server crashed: it ended all sessions and began anew; what it had counted is lost",
			map[string]string{"event": record.EventRestart, "reason": "crash"})
	}
	return change != "" && !before.StartedAt.Equal(now.StartedAt)
}

// isOther says whether the answer comes from another machine, or from another cluster.
func isOther(before, now probes.Server) bool {
	return before.SystemIdentifier != now.SystemIdentifier || before.Host != now.Host || before.Port != now.Port
}

// crashedAt says when the server's processes began anew since the sample before, zero where they did not: after the crash of one process the others
// start again although the server itself, by pg_postmaster_start_time(), goes on. A role without pg_read_all_stats does not see it.
func (w *Watcher) crashedAt(s *probes.Sample) time.Time {
	before := w.checkpointer
	for _, b := range s.Backends {
		if b.Type == "checkpointer" && !b.BackendStart.IsZero() {
			w.checkpointer = b.BackendStart
		}
	}
	if before.IsZero() || before.Equal(w.checkpointer) {
		return time.Time{}
	}
	return w.checkpointer
}

// serverChange says what makes now another server than before, empty where nothing does.
func serverChange(before, now probes.Server) string {
	change := roleChange(before, now)
	if isOther(before, now) && !before.StartedAt.Equal(now.StartedAt) && (before.Host != now.Host || before.Port != now.Port) {
		moved := fmt.Sprintf("%s:%d answers instead of %s:%d", now.Host, now.Port, before.Host, before.Port)
		return strings.TrimSuffix(moved+", "+change, ", ")
	}
	return change
}

// roleChange is serverChange but for the address.
func roleChange(before, now probes.Server) string {
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
