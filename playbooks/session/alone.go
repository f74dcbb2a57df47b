package session

import (
	"strings"

	"github.com/pgmedic/pgmedic/probes"
)

// Barred says why a session is not signalled even alone, and what to do instead; empty: it may be. A superuser's may be, by a superuser.
func Barred(b probes.Backend) (reason, instead string) {
	switch {
	case b.Ours || b.Application == probes.ApplicationName:
		return "it is pgmedic's own session", "stop there what it runs"
	case b.Type == "" || b.Type == "client backend" && (b.State == "" || b.BackendStart.IsZero()):
		return "what it does is not visible to this role", "GRANT pg_read_all_stats to it (pg_monitor has that), or connect with a role that has it"
	case b.Type == "client backend" && b.State == "disabled":
		return "it does not report what it does (track_activities is off)", "ask whose it is, and end it by hand"
	case b.Type == "autovacuum worker":
		return "it is an autovacuum worker: it gives way by itself once somebody has waited for deadlock_timeout, unless it prevents a wraparound " +
			"of transaction ids", "let it finish, or take back what waits for it"
	case b.Type == "walsender":
		return "it is a walsender: a replica or a subscriber hangs on it", "see to the replica or the subscription that it serves"
	case b.Type != "client backend":
		return "it is no client's session but a " + b.Type, "see to what started it"
	}
	return "", ""
}

// LeftBehind says what maintenance that a session runs leaves where it is ended; empty: it runs none that reports its progress.
func LeftBehind(s *probes.Sample, pid int32) string {
	for _, build := range s.Builds {
		switch {
		case build.PID != pid:
		case strings.HasPrefix(build.Command, "REINDEX") && strings.HasSuffix(build.Command, "CONCURRENTLY"):
			return "it runs " + build.Command + ": ended, that leaves an INVALID index of the old one's name with _ccnew behind it, which is to be dropped; " +
				"the old one stays as it is"
		case strings.HasSuffix(build.Command, "CONCURRENTLY"):
			return "it runs " + build.Command + ": ended, that leaves an INVALID index behind, which writes keep up to date and no statement uses, " +
				"until it is dropped"
		default:
			return "it builds an index: ended, that is undone, and the time was spent for nothing"
		}
	}
	if why := upkeep(s, pid); why != "" {
		return why + ": ended, it has to be started anew"
	}
	return ""
}
