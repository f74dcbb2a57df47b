//go:build pooler

package live

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/explain"
	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
	"github.com/pgmedic/pgmedic/probes/plan"
)

// poolers are the ways in which a PgBouncer can stand in between. One that ignores the settings of the startup packet lets them through to nobody.
var poolers = []struct {
	name, mode, more string
	kind             probes.Pooler
}{
	{"session", "session", "", probes.PoolSession},
	{"transaction", "transaction", "", probes.PoolTransaction},
	{"statement", "statement", "", probes.PoolStatement},
	{"settings ignored, session", "session", ignoreAll, probes.PoolSession},
	{"settings ignored, transaction", "transaction", ignoreAll, probes.PoolTransaction},
	{"settings ignored, statement", "statement", ignoreAll, probes.PoolStatement},
	{"one server connection", "transaction", "default_pool_size = 1", probes.PoolTransaction},
	{"taking turns", "transaction", "server_round_robin = 1\nmin_pool_size = 3", probes.PoolTransaction},
}

const ignoreAll = "ignore_startup_parameters = default_transaction_read_only,statement_timeout,lock_timeout,idle_in_transaction_session_timeout,search_path"

func TestThroughAPooler(t *testing.T) {
	for _, test := range poolers {
		t.Run(test.name, func(t *testing.T) {
			dsn := reportsDatabase(t)
			through := pgtest.PgBouncer(t, dsn, test.mode, test.more)
			s := newServer(t, Config{DSN: through})
			ticks := stream(t, s)
			first := waitForSample(t, ticks, "a sample", anySample)
			if first.Server.Pooler != test.kind {
				t.Errorf("pooler %q, want %q", first.Server.Pooler, test.kind)
			}
			last := waitForSample(t, ticks, "figures of statements", func(s *probes.Sample) bool { return len(s.Statements.Deltas) > 0 || later(s, first) })
			lookThrough(t, last)
			can := s.Can()
			if !strings.HasPrefix(can.NoAct, "through a pooler ("+string(test.kind)+" mode): connect to the server directly (it listens on port ") {
				t.Errorf("abilities %+v", can)
			}
			if (can.NoExplain != "") != (test.kind == probes.PoolStatement) || can.NoAnalyze == "" {
				t.Errorf("abilities %+v", can)
			}
			explainThrough(t, s, test.kind)
			if _, err := s.Act().Cancel(t.Context(), 1, first.At); err == nil {
				t.Error("a cancel was sent")
			}
			if _, err := s.Act().OpenBuild(t.Context()); err == nil {
				t.Error("a build session was opened")
			}
			waitForSample(t, ticks, "a sample after it", anySample)
			s.Close()
			nothingIsLeft(t, dsn, through)
		})
	}
}

// later says whether a few samples' time has passed.
func later(s, first *probes.Sample) bool { return s.At.Sub(first.At) > 10*minimumInterval }

// lookThrough checks that every probe works as without a pooler, and that what is not known is said.
func lookThrough(t *testing.T, s *probes.Sample) {
	t.Helper()
	said := false
	for _, f := range s.Failures {
		if f.Probe == "pooler" {
			said = strings.Contains(f.Reason, "connections are those of the pooler")
			continue
		}
		t.Errorf("%s: %s", f.Probe, f.Reason)
	}
	if !said {
		t.Errorf("failures %+v", s.Failures)
	}
	if s.Ceiling.MaxConnections == 0 || s.Server.SystemIdentifier == "" || s.Server.Timeline == 0 || s.Counts().Ours == 0 {
		t.Errorf("ceiling %+v, server %+v, counts %+v", s.Ceiling, s.Server, s.Counts())
	}
}

func explainThrough(t *testing.T, s *Server, kind probes.Pooler) {
	t.Helper()
	made, err := s.Ask().Explain(t.Context(), explain.Question{Statement: dedup, Class: plan.Heavy})
	if kind == probes.PoolStatement {
		if err == nil || !strings.Contains(err.Error(), "statement mode") {
			t.Errorf("explained: %v, %v", made, err)
		}
		if err := s.Ask().Read(t.Context(), nil); err == nil || !strings.Contains(err.Error(), "statement mode") {
			t.Errorf("read: %v", err)
		}
	} else if err != nil || made.Root == nil {
		t.Errorf("not explained: %v", err)
	}
	if server, err := s.Ask().Server(t.Context()); err != nil || server.Pooler != kind {
		t.Errorf("ask: %+v, %v", server, err)
	}
}

// nothingIsLeft looks at every server connection of the pool, as its other clients will use them.
func nothingIsLeft(t *testing.T, dsn, through string) {
	t.Helper()
	var seen []int32
	fresh := pgtest.Connect(t, dsn, nil) // not pooled: what is usual
	for range 8 {
		conn := client(t, through)
		var pid int32
		var prepared int
		if err := conn.QueryRow(t.Context(), "SELECT pg_backend_pid(), (SELECT count(*) FROM pg_prepared_statements)", pgx.QueryExecModeSimpleProtocol).
			Scan(&pid, &prepared); err != nil || prepared != 0 {
			t.Errorf("%d prepared statements are left, %v", prepared, err)
		}
		if !slices.Contains(seen, pid) {
			seen = append(seen, pid)
		}
		for _, setting := range []string{
			"default_transaction_read_only", "statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout", "search_path",
			"plan_cache_mode", "idle_session_timeout",
		} {
			if setting == "idle_session_timeout" && pgtest.Version(t) < 140000 {
				continue
			}
			var usual, now string
			if err := fresh.QueryRow(t.Context(), "SHOW "+setting).Scan(&usual); err != nil {
				t.Fatal(err)
			}
			if err := conn.QueryRow(t.Context(), "SHOW "+setting, pgx.QueryExecModeSimpleProtocol).Scan(&now); err != nil || now != usual {
				t.Errorf("%s is %q for the next client, %q is usual, %v", setting, now, usual, err)
			}
		}
		if _, err := conn.Exec(t.Context(), "CREATE TABLE IF NOT EXISTS written (n int)", pgx.QueryExecModeSimpleProtocol); err != nil {
			t.Errorf("the next client cannot write: %v", err)
		}
	}
	var untagged string
	if err := fresh.QueryRow(t.Context(), "SELECT COALESCE(string_agg(query, '; '), '') FROM pg_stat_statements WHERE query ~ 'LOCAL|pg_backend_pid' "+
		"AND query !~ 'pgmedic:|prepared_statements|string_agg' AND dbid = (SELECT oid FROM pg_database WHERE datname = current_database())").
		Scan(&untagged); err != nil || untagged != "" {
		t.Errorf("not known as pgmedic's own: %s, %v", untagged, err)
	}
	var advisory int
	if err := fresh.QueryRow(t.Context(), "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'").Scan(&advisory); err != nil || advisory != 0 {
		t.Errorf("%d advisory locks, %v", advisory, err)
	}
	t.Logf("server connections of the pool: %v", seen)
}

// client opens a connection through the pooler, kept until the test ends, so that each has a server connection of its own where it can.
func client(t *testing.T, through string) *pgx.Conn {
	t.Helper()
	cfg, err := pgx.ParseConfig(through)
	if err != nil {
		t.Fatal(err)
	}
	cfg.DefaultQueryExecMode = pgx.QueryExecModeSimpleProtocol
	conn, err := pgx.ConnectConfig(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

// TestAPoolersServerConnectionIsTerminated ends PgBouncer's server connections under pgmedic.
func TestAPoolersServerConnectionIsTerminated(t *testing.T) {
	dsn := pgtest.Database(t)
	through := pgtest.PgBouncer(t, dsn, "transaction", "")
	s := newServer(t, Config{DSN: through})
	ticks := stream(t, s)
	waitForSample(t, ticks, "a sample", anySample)
	pgtest.Value(t, dsn, "SELECT count(pg_terminate_backend(pid))::text FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()")
	if s := waitForSample(t, ticks, "another sample", anySample); s.Server.Pooler != probes.PoolTransaction {
		t.Errorf("server %+v", s.Server)
	}
}

// TestAProbeThatFailsThroughAPooler leaves the rest of the sample as it is: the transaction that failed is replaced.
func TestAProbeThatFailsThroughAPooler(t *testing.T) {
	dsn := pgtest.Database(t)
	through := pgtest.PgBouncer(t, dsn, "transaction", "")
	s := newServer(t, Config{DSN: through})
	ticks := stream(t, s)
	waitForSample(t, ticks, "a sample", anySample)
	admin := pgtest.Connect(t, dsn, nil)
	pgtest.Execute(t, admin, "DROP EXTENSION pg_stat_statements")
	failed := func(s *probes.Sample, probe string) bool {
		return slices.ContainsFunc(s.Failures, func(f probes.Failure) bool { return f.Probe == probe })
	}
	broken := waitForSample(t, ticks, "the failure", func(s *probes.Sample) bool { return failed(s, "statements") })
	for _, f := range broken.Failures {
		if f.Probe != "statements" && f.Probe != "texts" && f.Probe != "pooler" {
			t.Errorf("%s: %s", f.Probe, f.Reason)
		}
	}
	waitForSample(t, ticks, "the reason itself, not that of the transaction", func(s *probes.Sample) bool {
		return failed(s, "statements") && !slices.ContainsFunc(s.Failures, func(f probes.Failure) bool { return strings.Contains(f.Reason, "25P02") })
	})
}

// Through a pooler there is no state of a session: each transaction says where names are looked up.
func TestFunctionsThatStandInThroughAPooler(t *testing.T) {
	dsn := pgtest.Database(t)
	pgtest.Execute(t, pgtest.Connect(t, dsn, nil), standIns...)
	s := newServer(t, Config{DSN: pgtest.PgBouncer(t, dsn, "transaction", "")})
	expectBuiltIns(t, s.Ask())
	if server, err := s.Ask().Server(t.Context()); err != nil || server.Pooler != probes.PoolTransaction || server.InRecovery {
		t.Errorf("ask sees %+v, %v", server, err)
	}
	if p := explained(t, s.Ask(), explain.Question{Statement: "SELECT id FROM mine", Class: plan.Heavy}); p.Root.Schema != "own" {
		t.Errorf("reads schema %q", p.Root.Schema)
	}
}
