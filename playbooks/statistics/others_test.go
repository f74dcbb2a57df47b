package statistics

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/playbooks/index/indextest"
	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/pgserver"
	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
)

// slowly makes the sessions that begin from here on read pages one by one, in VACUUM and ANALYZE.
func (b *bench) slowly(t *testing.T) {
	t.Helper()
	name := pgtest.Value(t, b.dsn, "SELECT current_database()::text")
	pgtest.Execute(t, b.conn, "ALTER DATABASE "+name+" SET vacuum_cost_delay = '100ms'", "ALTER DATABASE "+name+" SET vacuum_cost_limit = 1")
}

// saw are the checks of a name.
func saw(checks []playbooks.Check, name string) string {
	words := ""
	for _, c := range checks {
		if c.Name == name {
			words += c.Saw + "; " + c.Do + "\n"
		}
	}
	return words
}

// Whoever vacuums or analyses the table already, or builds an index on it, is named, and nothing is sent beside it.
func TestOthersAtWork(t *testing.T) {
	t.Parallel()
	for sql, want := range map[string]string{"VACUUM late": " runs VACUUM on it", "ANALYZE late": " analyses it",
		"CREATE INDEX CONCURRENTLY ON late (kind)": " runs CREATE INDEX on it"} {
		t.Run(sql, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, meant, late...)
			d := b.draft(t)
			b.slowly(t)
			if strings.HasPrefix(sql, "CREATE") { // it waits for whoever writes
				pgtest.Execute(t, b.conn, "BEGIN", "UPDATE late SET note = '' WHERE id = 1")
			}
			conn := pgtest.Connect(t, b.dsn, map[string]string{"application_name": "nightly"})
			pgtest.InBackground(t, conn, sql)
			pgtest.Eventually(t, b.dsn, `SELECT count(*) FROM pg_locks WHERE granted AND mode = 'ShareUpdateExclusiveLock' AND relation = $1::text::regclass
				AND pid IN (SELECT pid FROM pg_stat_progress_vacuum UNION ALL SELECT pid FROM pg_stat_progress_analyze
					UNION ALL SELECT pid FROM pg_stat_progress_create_index)
				HAVING count(*) > 0`, "late")
			wantIn(t, b.prepare(t, d).Refused(), "others at work: pid ", "nightly", want, "wait until that ends")
			if strings.HasPrefix(sql, "CREATE") {
				pgtest.Execute(t, b.conn, "ROLLBACK")
			}
		})
	}
}

// While the table is locked it waits and says for whom; cancelled, nothing is changed.
func TestLockedAndCancelled(t *testing.T) {
	t.Parallel()
	b := newBench(t, meant, late...)
	d := b.draft(t)
	holder := pgtest.Connect(t, b.dsn, map[string]string{"application_name": "migration"})
	pgtest.Execute(t, holder, "BEGIN", "LOCK TABLE late IN SHARE ROW EXCLUSIVE MODE")
	before := pgtest.Value(t, b.dsn, "SELECT last_analyze::text FROM pg_stat_user_tables WHERE relname = 'late'")
	p := b.prepare(t, d)
	wantIn(t, saw(p.Checks, "others at work"), "migration", "holds ShareRowExclusiveLock on it", "waits until that transaction ends")
	run, err := p.Confirm(d.Word)
	if err != nil {
		t.Fatal(err)
	}
	report := reports(t, run, func(p playbooks.RunProgress) bool { return p.Waiting != "" })
	wantIn(t, report.Phase+" "+report.Waiting, "waiting for the table's lock", "migration", "idle in transaction")
	if err := run.Cancel(t.Context()); err != nil {
		t.Fatal(err)
	}
	outcome := run.Outcome()
	if outcome.State != playbooks.Canceled {
		t.Errorf("ended as %+v", outcome)
	}
	wantIn(t, outcome.Next, "draft again where they are still stale")
	if after := pgtest.Value(t, b.dsn, "SELECT last_analyze::text FROM pg_stat_user_tables WHERE relname = 'late'"); after != before {
		t.Errorf("analysed at %s, before at %s", after, before)
	}
}

// Where its reply is lost, an ANALYZE since may be anybody's: here it is another session's, in the transaction that ours waited for.
func TestReplyLostAndAnalysedByAnother(t *testing.T) {
	t.Parallel()
	b := newBench(t, meant, late...)
	d := b.draft(t)
	pgtest.Execute(t, b.conn, "BEGIN", "LOCK TABLE late IN SHARE ROW EXCLUSIVE MODE")
	run := b.start(t, d)
	reports(t, run, func(p playbooks.RunProgress) bool { return p.Waiting != "" })
	pgtest.Execute(t, b.conn, "ANALYZE late")
	pgtest.Value(t, b.dsn, "SELECT pg_terminate_backend(pid)::text FROM pg_stat_activity WHERE query LIKE 'ANALYZE /* pgmedic:statistics%' AND "+
		"datname = current_database()")
	pgtest.Execute(t, b.conn, "COMMIT")
	outcome := run.Outcome()
	v := outcome.Verification
	if outcome.State != playbooks.Unknown || v.Done || v.Begun || len(v.Rows) != 1 || v.Rows[0].State != playbooks.RowUnknown {
		t.Errorf("ended as %+v", outcome)
	}
	wantIn(t, saw(v.Checks, "public.late"), "analysed on 20", "by this or by somebody else's ANALYZE")
}

// A second run of the same draft knows nothing of what the first has done.
func TestSecondRun(t *testing.T) {
	t.Parallel()
	b := newBench(t, "SELECT /* meant */ count(*) FROM first JOIN second USING (n)", "CREATE TABLE first AS SELECT n FROM generate_series(1, 2000) AS n",
		"CREATE TABLE second AS SELECT n FROM generate_series(1, 2000) AS n")
	pgtest.Eventually(t, b.dsn, "SELECT count(*) FROM pg_stat_user_tables WHERE n_live_tup = 2000 HAVING count(*) = 2")
	d := b.draft(t)
	until := func(locked string, step int) playbooks.Outcome {
		pgtest.Execute(t, b.conn, "BEGIN", "LOCK TABLE "+locked+" IN SHARE MODE")
		run := b.start(t, d)
		reports(t, run, func(p playbooks.RunProgress) bool { return p.Waiting != "" && p.Step == step })
		if err := run.Cancel(t.Context()); err != nil {
			t.Fatal(err)
		}
		outcome := run.Outcome()
		pgtest.Execute(t, b.conn, "ROLLBACK")
		return outcome
	}
	if o := until("second", 2); o.State != playbooks.Canceled || !o.Verification.Begun {
		t.Fatalf("the first ended as %+v", o)
	}
	o := until("first", 1)
	said := saw(o.Verification.Checks, "public.first")
	if o.State != playbooks.Canceled || !strings.HasPrefix(said, "its statistics are as old as before;") {
		t.Errorf("the second ended as %+v", o)
	}
}

// How far it is comes from the server; DDL that queues behind it is named, for everybody queues behind that.
func TestProgressAndWhoWaitsBehind(t *testing.T) {
	t.Parallel()
	b := newBench(t, meant, late...)
	d := b.draft(t)
	b.slowly(t)
	run := b.start(t, d)
	report := reports(t, run, func(p playbooks.RunProgress) bool { return p.Done > 0 })
	if report.Phase != "acquiring sample rows" || report.Unit != "blocks" || report.Total < 100 || report.Done > report.Total {
		t.Errorf("reports %+v", report)
	}
	ddl := pgtest.Connect(t, b.dsn, map[string]string{"application_name": "migration"})
	pgtest.InBackground(t, ddl, "ALTER TABLE late ADD other int")
	pgtest.InBackground(t, pgtest.Connect(t, b.dsn, nil), "SELECT count(*) FROM late")
	report = reports(t, run, func(p playbooks.RunProgress) bool { return strings.Contains(p.Behind, "and 1 behind that") })
	wantIn(t, report.Behind, "migration", "waits for the whole table behind it", "goes on when ANALYZE ends or is cancelled")
	if err := run.Cancel(t.Context()); err != nil {
		t.Fatal(err)
	}
	if outcome := run.Outcome(); outcome.State != playbooks.Canceled || outcome.Harm == 0 {
		t.Errorf("ended as %+v", outcome)
	}
	pgtest.Eventually(t, b.dsn, "SELECT 1 FROM pg_attribute WHERE attrelid = 'late'::regclass AND attname = 'other'")
}

// A prepared transaction that holds the table has no session to ask.
func TestPreparedTransaction(t *testing.T) {
	t.Parallel()
	server := pgtest.Server(t, map[string]string{"max_prepared_transactions": "2"})
	dsn := server.DSN("postgres")
	conn := pgtest.Connect(t, dsn, nil)
	pgtest.Execute(t, conn, "CREATE TABLE late (n int)", "BEGIN", "LOCK TABLE late IN SHARE MODE", "PREPARE TRANSACTION 'forgotten'")
	watched := indextest.Watched(t, dsn)
	all, err := readTables(t.Context(), watched.Ask(), relations("public", "late"))
	if err != nil {
		t.Fatal(err)
	}
	checks, err := (&work{tables: all}).others(t.Context(), watched.Ask())
	if err != nil {
		t.Fatal(err)
	}
	wantIn(t, saw(checks, "others at work"), "a prepared transaction holds ShareLock on it")
	pgtest.Execute(t, conn, "ROLLBACK PREPARED 'forgotten'")
}

// Who may not ANALYZE is refused, as the server would leave the table out with a warning; and what this role may not see of the statistics is not
// called stale.
func TestRights(t *testing.T) {
	t.Parallel()
	b := newBench(t, meant, append(late, "CREATE ROLE statistics_guest LOGIN PASSWORD 'guest' IN ROLE pg_read_all_stats",
		"GRANT SELECT ON late TO statistics_guest",
		"ALTER TABLE late ENABLE ROW LEVEL SECURITY", "CREATE POLICY own ON late USING (id > 0)")...)
	t.Cleanup(func() {
		pgtest.Execute(t, pgtest.Connect(t, b.dsn, nil), "DROP OWNED BY statistics_guest", "DROP ROLE statistics_guest")
	})
	b.server.Close()
	b.server = indextest.Watched(t, pgtest.As(t, b.dsn, "statistics_guest", "guest"))
	b.engine = playbooks.NewEngine(b.server, b.rec, time.Now)
	d := b.draft(t)
	wantIn(t, d.Reasons[0].Why, "this role may not see its statistics", "60,000 of 60,000 rows changed")
	wantIn(t, b.prepare(t, d).Refused(), "this role may not ANALYZE public.late: the server would leave it out with a warning", "connect as postgres")
	if pgtest.Version(t) >= 170000 {
		pgtest.Execute(t, b.conn, "GRANT MAINTAIN ON late TO statistics_guest")
		if why := b.prepare(t, b.draft(t)).Refused(); why != "" {
			t.Error("with MAINTAIN:", why)
		}
	}
}

// What somebody else has analysed since the draft is said before it is done again.
func TestAnalysedMeanwhile(t *testing.T) {
	t.Parallel()
	b := newBench(t, meant, late...)
	d := b.draft(t)
	b.counted(t, "ANALYZE late")
	wantIn(t, saw(b.prepare(t, d).Checks, "statistics"), "public.late was analysed since this was drafted")
}

// On a standby nothing can be gathered.
func TestStandby(t *testing.T) {
	t.Parallel()
	primary := pgtest.Server(t, nil)
	pgtest.Execute(t, pgtest.Connect(t, primary.DSN("postgres"), nil), late...)
	standby, err := pgserver.Standby(context.Background(), primary, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = standby.Stop() })
	server := indextest.Watched(t, standby.DSN("postgres"))
	all, err := readTables(t.Context(), server.Ask(), relations("public", "late"))
	if err != nil || len(all) != 1 {
		t.Fatal(all, err)
	}
	p, err := playbooks.NewEngine(server, &memory{}, time.Now).Prepare(t.Context(), draft(playbooks.Finding{}, &work{tables: all}, nil))
	if err != nil || !strings.Contains(p.Refused(), "standby") {
		t.Errorf("prepared %+v, %v", p, err)
	}
}

// Without a statement there are no tables; a table whose name cannot be shown is not taken for another.
func TestNothingToAnalyse(t *testing.T) {
	t.Parallel()
	if _, why := New().(playbooks.ByHand).ByHand(nil, probes.StatementLoad{}); !strings.Contains(why, "select a statement first") {
		t.Error(why)
	}
	b := newBench(t, "SELECT /* meant */ 1")
	wantIn(t, b.none(t), "reads no table")
	b = newBench(t, "SELECT /* meant */ * FROM \"\x1b[2Jx\"", "CREATE TABLE \"\x1b[2Jx\" (n int)")
	wantIn(t, b.none(t), "is not there under the name that the plan shows", "control characters")
	b = newBench(t, "SELECT /* meant */ relname FROM pg_class")
	wantIn(t, b.none(t), "pg_catalog.pg_class is a table of the server's own")
}
