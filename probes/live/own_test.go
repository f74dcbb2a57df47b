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

// TestOwnStatementsAreNeverShown lets pgmedic work alone, as the application's own role, for longer than it waits between two reads of texts.
func TestOwnStatementsAreNeverShown(t *testing.T) {
	dsn := reportsDatabase(t)
	s := newServer(t, Config{DSN: dsn})
	ticks := stream(t, s)
	first := waitForSample(t, ticks, "the three warm sessions", func(s *probes.Sample) bool { return s.Counts().Ours == 3 })
	openBuild(t, s)
	explained(t, s.Ask(), explain.Question{Statement: dedup, Class: plan.Heavy, Analyze: true})
	_, _ = s.Ask().StatementText(t.Context(), 1) // none has this id

	shown := map[int64]bool{}
	window := probes.NewWindow(time.Minute)
	waitForSample(t, ticks, "another read of texts", func(sample *probes.Sample) bool {
		window.Add(sample, probes.Assessment{})
		for _, l := range window.Statements() {
			if l.Database == sample.Server.Database {
				shown[l.QueryID] = true
			}
		}
		return sample.At.Sub(first.At) > 5*time.Second+time.Second
	})
	for id := range shown {
		text := pgtest.Value(t, dsn, "SELECT query FROM pg_stat_statements WHERE queryid = $1 LIMIT 1", id)
		if text != "begin read only" && text != "rollback" { // everybody's
			t.Errorf("shown: %s", text)
		}
	}
	if text := pgtest.Value(t, dsn, "SELECT query FROM pg_stat_statements WHERE query LIKE '%pg_stat_get_activity($%' LIMIT 1"); !strings.Contains(text, probes.OwnTag) {
		t.Errorf("the server keeps no tag: %s", text)
	}
}
