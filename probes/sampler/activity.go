package sampler

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

const clientBackend = "client backend"

// activityRow is one row of activity.sql; the server hides most of other roles' rows from a role without pg_read_all_stats, as NULL.
type activityRow struct {
	PID          int32
	LeaderPID    *int32
	Type         *string
	Database     *uint32
	User         *uint32
	Application  *string
	Client       *string
	State        *string
	WaitType     *string
	WaitEvent    *string
	QueryID      *int64
	BackendStart *time.Time
	XactStart    *time.Time
	QueryStart   *time.Time
	StateChange  *time.Time
	XidAge       *int64
	XminAge      *int64
}

// readActivity reads every session. Names of databases and roles are filled in later.
func readActivity(ctx context.Context, conn *pgx.Conn, version int, ownPIDs map[int32]bool) ([]probes.Backend, error) {
	queryID := "a.query_id"
	if version < 140000 {
		queryID = "0::bigint"
	}
	rows, err := conn.Query(ctx, query("activity", "{query_id}", queryID))
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (probes.Backend, error) {
		r, err := pgx.RowToStructByPos[activityRow](row)
		return r.backend(ownPIDs), err
	})
}

func (r activityRow) backend(ownPIDs map[int32]bool) probes.Backend {
	b := probes.Backend{
		PID: r.PID, LeaderPID: known(r.LeaderPID), Type: clean(r.Type),
		DatabaseOID: known(r.Database), UserOID: known(r.User),
		Application: clean(r.Application), Client: clean(r.Client),
		State: clean(r.State), WaitType: clean(r.WaitType), WaitEvent: clean(r.WaitEvent), QueryID: known(r.QueryID),
		BackendStart: known(r.BackendStart), XactStart: known(r.XactStart), QueryStart: known(r.QueryStart), StateChange: known(r.StateChange),
		XidAge: known(r.XidAge), XminAge: known(r.XminAge),
	}
	if b.Type == "" && r.Database != nil && r.User != nil {
		// Hidden from this role. A session of a role in a database is a client but for parallel and other background workers, which cannot be told apart
		// here, and for walsenders, which can (activity.sql).
		b.Type = clientBackend
	}
	b.Ours = ownPIDs[b.PID] || b.Application == probes.ApplicationName
	return b
}

// known returns the value, or zero for NULL.
func known[T any](value *T) T {
	if value == nil {
		var zero T
		return zero
	}
	return *value
}

// clean returns the text on one harmless line, empty for NULL.
func clean(text *string) string { return sqltext.CleanLine(known(text)) }

// blindSpots says what the activity cannot show on this server or to this role, and what to do about it.
func (s *Sampler) blindSpots(sample *probes.Sample) []probes.Failure {
	var blind []probes.Failure
	hidden, off, ids := 0, 0, false
	for _, b := range sample.Backends {
		ids = ids || b.QueryID != 0 // pgmedic's own session should have one
		switch {
		case b.IsClient() && b.State == "":
			hidden++
		case b.IsClient() && b.State == untracked:
			off++
		}
	}
	if hidden > 0 {
		blind = append(blind, probes.Failure{Probe: "activity", Reason: fmt.Sprintf(
			"the state of %s is hidden from role %s, and whether there are parallel or other background workers among them, which are no "+
				"connections: GRANT pg_read_all_stats TO %s (or pg_monitor)", probes.Counted(hidden, "session", "sessions"), sample.Server.User,
			sqltext.Ident(sample.Server.User))})
	}
	if off > 0 {
		blind = append(blind, probes.Failure{Probe: "activity", Reason: fmt.Sprintf(
			"what %s is not told: track_activities is off there (here: %s): set it to on in postgresql.conf, "+
				"and where ALTER DATABASE or ALTER ROLE set it, and reload", probes.Counted(off, "session does", "sessions do"), s.settings.trackActivities)})
	}
	if names := s.settings.hidden; len(names) > 0 {
		blind = append(blind, probes.Failure{Probe: "settings", Reason: fmt.Sprintf("%s: hidden from role %s: GRANT pg_read_all_settings TO %s (or pg_monitor)",
			strings.Join(names, ", "), sample.Server.User, sqltext.Ident(sample.Server.User))})
	}
	if why := s.noQueryIDs(sample.Server.Version, ids); why != "" && !s.statements.running.makesIDs {
		blind = append(blind, probes.Failure{Probe: "held", Reason: why})
	}
	return blind
}

// untracked is the state of a session with track_activities = off.
const untracked = "disabled"

// noQueryIDs says why no session tells which statement it runs, given whether any does; empty where one does.
func (s *Sampler) noQueryIDs(version int, any bool) string {
	switch {
	case version < 140000:
		return "PostgreSQL 13 does not tell which statement a session runs: held counts are unknown"
	case any:
		return ""
	case s.settings.trackActivities == "off":
		return "held counts are unknown: sessions do not tell what they run (track_activities = off): set it to on and reload"
	}
	return fmt.Sprintf("held counts are unknown: the server gives statements no ids (compute_query_id = %s): set it to on and reload",
		s.settings.computeQueryID)
}
