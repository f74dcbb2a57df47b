package live

import (
	"strings"
	"testing"
	"time"

	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/explain"
	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
	"github.com/pgmedic/pgmedic/probes/plan"
)

// TestOwnStatementsAreNotShown lets pgmedic work alone, as a role that may not hold pg_stat_statements back, until it has read the texts of what it did.
func TestOwnStatementsAreNotShown(t *testing.T) {
	dsn := reportsDatabase(t)
	pgtest.Execute(t, pgtest.Connect(t, dsn, nil), "CREATE ROLE own_monitor LOGIN PASSWORD 'p' IN ROLE pg_monitor", "GRANT USAGE ON SCHEMA reports TO own_monitor",
		"GRANT SELECT ON reports.reports TO own_monitor")
	t.Cleanup(func() {
		pgtest.Execute(t, pgtest.Connect(t, dsn, nil), "DROP OWNED BY own_monitor", "DROP ROLE own_monitor")
	})
	s := newServer(t, Config{DSN: pgtest.As(t, dsn, "own_monitor", "p")})
	ticks := stream(t, s)
	first := waitForSample(t, ticks, "the three warm sessions", func(s *probes.Sample) bool { return s.Counts().Ours == 3 })
	openBuild(t, s)
	explained(t, s.Ask(), explain.Question{Statement: dedup, Class: plan.Heavy, Analyze: true})
	_, _ = s.Ask().StatementText(t.Context(), 1) // none has this id

	window := probes.NewWindow(time.Minute)
	tagged := queryIDOf(t, dsn, "SELECT /* pgmedic:statement_text%")
	waitForSample(t, ticks, "another read of texts", func(sample *probes.Sample) bool {
		window.Add(sample, probes.Assessment{})
		return strings.HasPrefix(window.Text(tagged), probes.OwnTag)
	})
	for _, l := range window.Statements() {
		if l.Database != first.Server.Database {
			continue
		}
		text := pgtest.Value(t, dsn, "SELECT query FROM pg_stat_statements WHERE queryid = $1 LIMIT 1", l.QueryID)
		if text != "begin read only" && text != "rollback" && !strings.Contains(text, "s.dbid") { // everybody's, and this test's
			t.Errorf("shown: %s", text)
		}
	}
	if text := pgtest.Value(t, dsn, "SELECT query FROM pg_stat_statements WHERE query LIKE '%pg_stat_get_activity($%' LIMIT 1"); !strings.Contains(text, probes.OwnTag) {
		t.Errorf("the server keeps no tag: %s", text)
	}
}
