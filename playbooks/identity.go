package playbooks

import (
	"context"
	_ "embed"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/live"
	"github.com/pgmedic/pgmedic/probes/record"
)

//go:embed session.sql
var sessionSQL string

// identity says which server answers, when, and whether the acting session is one of its own.
type identity struct {
	probes.Server
	At           time.Time // server clock
	SessionThere bool      // the session asked about runs on this server
}

// identify reads the server's identity in the ask session. session may be nil.
func (e *Engine) identify(ctx context.Context, session *live.BuildSession) (identity, error) {
	var pid int32
	var start time.Time
	if session != nil {
		pid, start = session.PID, session.BackendStart
	}
	server, err := e.server.Ask().Server(ctx)
	id := identity{Server: server}
	if err == nil {
		err = e.server.Ask().Read(ctx, func(ctx context.Context, tx pgx.Tx) error {
			return tx.QueryRow(ctx, sessionSQL, pid, start).Scan(&id.At, &id.SessionThere)
		})
	}
	if err != nil {
		return identity{}, fmt.Errorf("asking %s who it is: %w", e.server.Target(), err)
	}
	return id, nil
}

// String names the server, so that the two of a failover can be told apart.
func (id identity) String() string {
	name := record.Identity(id.Server) + " started " + id.StartedAt.UTC().Format(time.RFC3339)
	if id.InRecovery {
		name += ", a standby"
	}
	return name
}

// same says whether both are one database of one server, and now no standby. A promoted standby shows by its timeline, which a role that may not read it does
// not get; a start of which id did not know, although it was before id was read, gives it away too.
func (id identity) same(now identity) bool {
	started := now.StartedAt.Equal(id.StartedAt) || now.StartedAt.After(id.At)
	return now.SystemIdentifier == id.SystemIdentifier && now.Timeline == id.Timeline && now.Database == id.Database && started && !now.InRecovery
}

// changed says in words what is not as it was in the identity that now answers for the acting session; empty: nothing.
func (id identity) changed(now identity) string {
	switch {
	case now.InRecovery:
		return "the server is a standby now; connect to the primary and prepare again"
	case !id.same(now):
		return "another server answers than at the preflight, as after a failover; look again and prepare again"
	case !now.SessionThere:
		return "the session that was to apply it has ended; prepare it again"
	}
	return ""
}
