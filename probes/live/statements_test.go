package live

import (
	"strings"
	"testing"
	"time"

	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
)

// idOf waits until a statement whose text has the marker is known, and returns its query id.
func idOf(t *testing.T, ticks <-chan probes.Tick, marker string) int64 {
	t.Helper()
	var id int64
	waitForSample(t, ticks, "the text with "+marker, func(s *probes.Sample) bool {
		for queryID, text := range s.Statements.Texts {
			if strings.Contains(text, marker) {
				id = queryID
			}
		}
		return id != 0
	})
	return id
}

// delta returns what a statement counted in a sample.
func delta(s *probes.Sample, queryID int64) probes.StatementDelta {
	for _, d := range s.Statements.Deltas {
		if d.QueryID == queryID {
			return d
		}
	}
	return probes.StatementDelta{}
}

func TestStatementDeltas(t *testing.T) {
	dsn := pgtest.Database(t)
	app := pgtest.Connect(t, dsn, nil)
	ticks := stream(t, newServer(t, Config{DSN: dsn}))
	first := waitForSample(t, ticks, "a sample", anySample)
	if !first.Statements.Known || !first.Statements.Since.IsZero() || len(first.Statements.Deltas) > 0 || first.Interval != 0 {
		t.Errorf("the first reading has deltas or is not known: %+v", first.Statements)
	}
	for range 3 {
		pgtest.Execute(t, app, "SELECT 'secret' AS marker_one, pg_sleep(0.01)")
	}
	id, calls := queryIDOf(t, dsn, "%marker_one%"), int64(0)
	waitForSample(t, ticks, "the first calls", func(s *probes.Sample) bool { // without waiting for the text, though the role is pgmedic's, too
		calls += delta(s, id).Calls
		return calls == 3
	})
	for range 5 {
		pgtest.Execute(t, app, "SELECT 'secret' AS marker_one, pg_sleep(0.01)")
	}
	s := waitForSample(t, ticks, "all calls", func(s *probes.Sample) bool {
		calls += delta(s, id).Calls
		return calls >= 8
	})
	d := delta(s, id)
	if calls != 8 || d.TotalCalls != 8 || d.ExecTime < time.Duration(d.Calls)*10*time.Millisecond || d.Database == "" || d.User != "postgres" {
		t.Errorf("calls %d, delta %+v", calls, d)
	}
}

func TestStatementDeltasSurviveReset(t *testing.T) {
	dsn := pgtest.Database(t)
	app := pgtest.Connect(t, dsn, nil)
	ticks := stream(t, newServer(t, Config{DSN: dsn}))
	waitForSample(t, ticks, "a sample", anySample)
	for range 3 {
		pgtest.Execute(t, app, "SELECT sqrt(length('a')) AS marker_two")
	}
	id := idOf(t, ticks, "marker_two")
	pgtest.Execute(t, app, "SELECT pg_stat_statements_reset()", "SELECT sqrt(length('a')) AS marker_two")
	s := waitForSample(t, ticks, "the reset", func(s *probes.Sample) bool { return s.Statements.Reset })
	if d := delta(s, id); d.Calls != 1 && d.Calls != 0 {
		t.Errorf("delta over the reset %+v", d)
	}
	if s.Statements.ResetAt.Before(s.Statements.Since) {
		t.Errorf("reset at %s, reading before at %s", s.Statements.ResetAt, s.Statements.Since)
	}
}

func TestTextsHoldNoLiteralsAndNoSecrets(t *testing.T) {
	dsn := pgtest.Database(t)
	app := pgtest.Connect(t, dsn, nil)
	ticks := stream(t, newServer(t, Config{DSN: dsn}))
	waitForSample(t, ticks, "a sample", anySample)
	// A statement with a parameter only has no entry in pg_stat_statements before it ends: its text comes from the session.
	pgtest.InBackground(t, app, "SELECT $1::text AS marker_three, 'hunter2', pg_sleep(60)", "x")
	pgtest.Execute(t, pgtest.Connect(t, dsn, nil), "CREATE ROLE secretive PASSWORD 'hunter2'", "DROP ROLE secretive")
	texts := map[int64]string{}
	waitForSample(t, ticks, "both texts", func(s *probes.Sample) bool {
		for id, text := range s.Statements.Texts {
			texts[id] = text
		}
		all := joined(texts)
		return strings.Contains(all, "marker_three") && strings.Contains(all, "CREATE")
	})
	if all := joined(texts); strings.Contains(all, "hunter2") || strings.Contains(all, "secretive") ||
		strings.Count(all, "pgmedic:") != strings.Count(all, "/* pgmedic:own */\n") { // of its own statements, no text
		t.Errorf("texts %q", all)
	}
}

func joined(texts map[int64]string) string {
	var all strings.Builder
	for _, text := range texts {
		all.WriteString(text + "\n")
	}
	return all.String()
}

func TestMissingExtensionIsSaidAndTheRestGoesOn(t *testing.T) {
	dsn := pgtest.Database(t)
	app := pgtest.Connect(t, dsn, nil)
	pgtest.Execute(t, app, "DROP EXTENSION pg_stat_statements")
	ticks := stream(t, newServer(t, Config{DSN: dsn}))
	s := waitForSample(t, ticks, "the failure, and the test's one client", func(s *probes.Sample) bool {
		return failure(s, "statements") != "" && s.Counts().Total == 1 // the one that made the database may take a moment to go
	})
	if s.Statements.Known || !strings.Contains(failure(s, "statements"), "CREATE EXTENSION pg_stat_statements") {
		t.Errorf("statements %+v, failures %+v", s.Statements, s.Failures)
	}
}

func TestExtensionInAnotherSchema(t *testing.T) {
	dsn := pgtest.Database(t)
	app := pgtest.Connect(t, dsn, nil)
	pgtest.Execute(t, app, `CREATE SCHEMA "Odd ""name"`, `ALTER EXTENSION pg_stat_statements SET SCHEMA "Odd ""name"`)
	ticks := stream(t, newServer(t, Config{DSN: dsn}))
	if s := waitForSample(t, ticks, "a sample", anySample); !s.Statements.Known {
		t.Errorf("failures %+v", s.Failures)
	}
}

func TestAGrantShowsNoHistory(t *testing.T) {
	dsn := pgtest.Database(t)
	app := pgtest.Connect(t, dsn, nil)
	pgtest.Execute(t, app, "CREATE ROLE newcomer LOGIN PASSWORD 'p'")
	t.Cleanup(func() { pgtest.Execute(t, pgtest.Connect(t, dsn, nil), "DROP ROLE newcomer") })
	for range 70 {
		pgtest.Execute(t, app, "SELECT cbrt(2) AS marker_six")
	}
	id := queryIDOf(t, dsn, "%marker_six%")
	s := newServer(t, Config{DSN: pgtest.As(t, dsn, "newcomer", "p")})
	ticks := stream(t, s)
	waitForSample(t, ticks, "a second reading", func(s *probes.Sample) bool { return !s.Statements.Since.IsZero() })
	pgtest.Execute(t, app, "GRANT pg_read_all_stats TO newcomer")
	calls := int64(0)
	count := func(s *probes.Sample) { calls += delta(s, id).Calls }
	waitForSample(t, ticks, "a new start", func(s *probes.Sample) bool { count(s); return s.Statements.Since.IsZero() })
	pgtest.Execute(t, app, "SELECT cbrt(2) AS marker_six")
	waitForSample(t, ticks, "the next call", func(s *probes.Sample) bool { count(s); return calls > 0 })
	if calls != 1 {
		t.Errorf("%d calls, want 1: the history counts as one interval", calls)
	}
	s.Close()
}
