//go:build pooler

package session

import (
	"strings"
	"testing"

	"github.com/pgmedic/pgmedic/probes/live"
	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
)

// Through a pooler nothing is sent, whatever its mode: the sessions that are seen are the pooler's own, and who is behind them is not known.
func TestThroughAPooler(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{"session", "transaction", "statement"} {
		dsn := pgtest.Database(t)
		s := newScene(t, dsn, live.Config{DSN: pgtest.PgBouncer(t, dsn, mode, "")})
		conn := s.conns(1)[0]
		pgtest.Execute(t, conn, "SELECT 1")
		seen, sessions := s.sees("idle", conn)
		if refused := s.refused(draft(live.Terminate, seen, sessions...)); !strings.Contains(refused, "through a pooler ("+mode) || !s.lives(sessions[0]) {
			t.Errorf("%s: refused %q", mode, refused)
		}
	}
}
