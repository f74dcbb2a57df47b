package playbooks

import (
	"context"
	_ "embed"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/live"
)

//go:embed session.sql
var sessionSQL string

//go:embed harm.sql
var harmSQL string

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

// changed says in words what is not as it was in the identity that now answers for the acting session; empty: nothing.
func (id identity) changed(now identity) string {
	switch {
	case now.InRecovery:
		return "the server is a standby now; connect to the primary and prepare again"
	case now.SystemIdentifier != id.SystemIdentifier || now.Timeline != id.Timeline || now.Database != id.Database:
		return "another server answers than at the preflight, as after a failover; look again and prepare again"
	case !now.SessionThere:
		return "the session that was to apply it has ended; prepare it again"
	}
	return ""
}

// harm counts the sessions that wait behind the one that applies, directly or in a chain.
func (e *Engine) harm(ctx context.Context, pid int32) (int, error) {
	var waiting int
	err := e.server.Ask().Read(ctx, func(ctx context.Context, tx pgx.Tx) error {
		return tx.QueryRow(ctx, harmSQL, pid).Scan(&waiting)
	})
	if err != nil {
		return 0, fmt.Errorf("counting the sessions behind pid %d: %w", pid, err)
	}
	return waiting, nil
}
