// Package session is what the playbooks share that cancel statements and end sessions: who may be signalled, the draft, the guarded sending row by row, and the
// reading back. The playbooks themselves are the folders in it.
package session

import (
	"cmp"
	"embed"
	"slices"
	"strings"
	"time"

	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/sqlfile"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

//go:embed sql/*.sql
var sqlFiles embed.FS

func query(name string, placeholders ...string) string {
	return sqlfile.Text(sqlFiles, name, placeholders...)
}

// Spared says why a session is never one of a group that is signalled; empty: it may be.
func Spared(s *probes.Sample, b probes.Backend) string {
	switch {
	case b.Type != "client backend":
		return "it is no client's session"
	case b.Ours || b.Application == probes.ApplicationName:
		return "it is pgmedic's"
	case b.User == "":
		return "its role is not known"
	case b.Superuser:
		return "its role is a superuser"
	case b.State == "" || b.BackendStart.IsZero():
		return "what it does is not visible to this role"
	case b.State == "disabled":
		return "it does not report what it does (track_activities is off)"
	}
	return upkeep(s, b.PID)
}

// upkeep says what maintenance a session runs: that which reports its progress, and backups, which tell by their name also while they rest, as the
// leader of a parallel pg_dump does with the snapshot of all its workers. Empty: none. COPY is none: applications load data so.
func upkeep(s *probes.Sample, pid int32) string {
	for _, build := range s.Builds {
		if build.PID == pid {
			return "it builds an index"
		}
	}
	for _, p := range s.Progress {
		if p.PID == pid && !strings.HasPrefix(p.Command, "COPY") {
			return "it runs " + p.Command
		}
	}
	for _, b := range s.Backends {
		if b.PID == pid {
			return backup(b.Application)
		}
	}
	return ""
}

// backup says by an application's name that it is a backup, or the restore of one; empty: it is none. Names are what these programs call themselves
// where nobody gives them another.
func backup(application string) string {
	program, _, _ := strings.Cut(application, " ") // pgBackRest adds what it does: pgBackRest [backup]
	switch program {
	case "pg_dump", "pg_dumpall", "pg_basebackup", "pgBackRest", "pg_probackup", "barman":
		return "it is a backup (" + program + ")"
	case "pg_restore":
		return "it is a restore (" + program + ")"
	}
	return ""
}

// Since is when a session began what it does: its statement where it runs one, its transaction where it is idle in one, else when it became idle. Zero: not known.
func Since(b probes.Backend) time.Time {
	switch {
	case IsActive(b):
		return b.QueryStart
	case IsInTransaction(b):
		return b.XactStart
	}
	return b.StateChange
}

// IsActive says whether it runs a statement: then that can be cancelled.
func IsActive(b probes.Backend) bool {
	return b.State == "active" || b.State == "fastpath function call"
}

// IsInTransaction says whether it is idle in a transaction, an aborted one included.
func IsInTransaction(b probes.Backend) bool { return strings.HasPrefix(b.State, "idle in transaction") }

// OldestFirst sorts sessions by when they began what they do; unknown last.
func OldestFirst(sessions []probes.Backend) {
	slices.SortStableFunc(sessions, func(a, b probes.Backend) int {
		x, y := Since(a), Since(b)
		if x.IsZero() != y.IsZero() {
			return cmp.Compare(b2i(x.IsZero()), b2i(y.IsZero()))
		}
		return cmp.Or(x.Compare(y), cmp.Compare(a.PID, b.PID))
	})
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// mostStatement is how much of a statement a line about a session shows, in characters.
const mostStatement = 60

// Describe says on one line who a session is and what it does, as of the sample's time: application, role, address, state and for how long, statement.
func Describe(b probes.Backend, at time.Time, text string) string {
	words := []string{cmp.Or(b.Application, "no application name"), cmp.Or(b.User, "unknown role")}
	if b.Client != "" {
		words = append(words, b.Client)
	}
	words = append(words, Doing(b, at))
	if text != "" {
		words = append(words, sqltext.Headline(text, mostStatement))
	}
	return sqltext.CleanLine(strings.Join(words, " · "))
}

// Doing says in what state a session is and for how long, for example "idle in transaction for 4 min 12 s, its transaction open for 13 min 2 s".
func Doing(b probes.Backend, at time.Time) string {
	if b.State == "" {
		return "state not visible"
	}
	since := b.StateChange
	if IsActive(b) {
		since = b.QueryStart
	}
	if since.IsZero() {
		return b.State
	}
	text := b.State + " for " + probes.Span(max(at.Sub(since), 0))
	if IsInTransaction(b) && !b.XactStart.IsZero() && since.Sub(b.XactStart) >= time.Second {
		text += ", its transaction open for " + probes.Span(max(at.Sub(b.XactStart), 0))
	}
	return text
}
