package sampler

import (
	"context"
	"fmt"
	"slices"
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
	}
	if b.Type == "" && r.Database != nil && r.User != nil {
		// Hidden from this role. A session of a role in a database is a client but for parallel workers, which cannot be told apart here.
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
	if hidden := countHidden(sample.Backends); hidden > 0 {
		blind = append(blind, probes.Failure{Probe: "activity", Reason: fmt.Sprintf(
			"the state of %d sessions is hidden from role %s: GRANT pg_read_all_stats TO %s (or pg_monitor)",
			hidden, sample.Server.User, sqltext.Ident(sample.Server.User))})
	}
	switch {
	case sample.Server.Version < 140000:
		blind = append(blind, probes.Failure{Probe: "held", Reason: "PostgreSQL 13 does not tell which statement a session runs: held counts are unknown"})
	case !slices.ContainsFunc(sample.Backends, func(b probes.Backend) bool { return b.QueryID != 0 }): // pgmedic's own session should have one
		blind = append(blind, probes.Failure{Probe: "held", Reason: fmt.Sprintf(
			"held counts are unknown: the server gives statements no ids (compute_query_id = %s): set it to on and reload", s.settings.computeQueryID)})
	}
	return blind
}

func countHidden(backends []probes.Backend) int {
	n := 0
	for _, b := range backends {
		if b.IsClient() && b.State == "" {
			n++
		}
	}
	return n
}
