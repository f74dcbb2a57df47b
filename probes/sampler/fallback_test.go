package sampler

import (
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
)

// mustTake takes a sample of which the activity at least must be there.
func mustTake(t testing.TB, s *Sampler) *probes.Sample {
	t.Helper()
	sample, err := s.Take(t.Context(), map[int32]bool{int32(s.conn.PgConn().PID()): true})
	if err != nil {
		t.Fatal(err)
	}
	return sample
}

// sleepers makes sessions run the same statement with other constants, and waits until they do.
func sleepers(t testing.TB, dsn string, statements ...string) {
	t.Helper()
	for _, sql := range statements {
		pgtest.InBackground(t, pgtest.Connect(t, dsn, nil), sql)
	}
	pgtest.Eventually(t, dsn, `SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND wait_event = 'PgSleep' HAVING count(*) = $1`, len(statements))
}

// heldBy returns how many sessions run the statement whose text has the marker, by the window's rows.
func heldBy(w *probes.Window, marker string) (held, rows int) {
	for _, row := range w.Statements() {
		if strings.Contains(row.Text, marker) {
			rows++
			held += row.Held
		}
	}
	return held, rows
}

func TestStatementsWithoutTheLibrary(t *testing.T) {
	t.Parallel()
	dsn := pgtest.Server(t, map[string]string{"shared_preload_libraries": ""}).DSN("postgres")
	pgtest.Execute(t, pgtest.Connect(t, dsn, nil), "CREATE EXTENSION pg_stat_statements")
	sleepers(t, dsn, "SELECT 'hunter1' AS marker_a, pg_sleep(60)", "select  'hunter22' AS marker_a, pg_sleep(61)",
		"DO $$ BEGIN PERFORM pg_sleep(60), 'hunter3'; END $$", "SELECT pg_sleep(62) FROM generate_series(1, 1) WHERE 1 IN (1, 2, 3)")
	s := lookAt(t, dsn)
	w := probes.NewWindow(0)
	for range 3 {
		sample := mustTake(t, s)
		w.Add(sample, probes.Assessment{})
		if st := sample.Statements; st.Known || !strings.Contains(st.Sampled, "shared_preload_libraries") {
			t.Fatalf("%+v", st)
		}
		for _, f := range sample.Failures {
			if f.Probe == "held" {
				t.Errorf("%s: %s", f.Probe, f.Reason)
			}
		}
	}
	if held, rows := heldBy(w, "marker_a"); held != 2 || rows != 1 {
		t.Errorf("%d sessions in %d rows, want 2 in 1", held, rows)
	}
	all := ""
	for _, row := range w.Statements() {
		if all += row.Text + "\n"; !row.Sampled || row.Calls != 0 || row.Mean != 0 || row.Load != float64(row.Held) {
			t.Errorf("%+v", row)
		}
	}
	if strings.Contains(all, "hunter") || !strings.Contains(all, "DO\n") || !strings.Contains(all, "generate_series") || strings.Contains(all, "pgmedic") {
		t.Errorf("texts %q", all)
	}
}

// Where the server gives statements ids, those stand, and the texts of sessions come by them.
func TestStatementsWithoutTheExtensionKeepTheServersIDs(t *testing.T) {
	dsn := pgtest.Database(t)
	pgtest.Execute(t, pgtest.Connect(t, dsn, nil), "DROP EXTENSION pg_stat_statements")
	const running = "SELECT pg_sleep(60) AS marker_ids"
	sleepers(t, dsn, running)
	id := pgtest.Eventually(t, dsn, "SELECT query_id FROM pg_stat_activity WHERE query = $1", running)
	r := newReader(t, dsn)
	sample := &probes.Sample{At: noon, Backends: []probes.Backend{{Type: clientBackend, State: "active", QueryID: id}}}
	if err := r.read(t.Context(), sample); err == nil {
		t.Error("no fault")
	}
	if err := r.readRunning(t.Context(), sample); err != errIdle || !strings.Contains(sample.Statements.Sampled, "CREATE EXTENSION") || r.running.makesIDs {
		t.Errorf("%v, %+v", err, sample.Statements)
	}
	texts := map[int64]string{}
	for second := range 3 {
		sample.At = noon.Add(time.Duration(second) * time.Second)
		if err := r.readTexts(t.Context(), sample); err != nil {
			t.Fatal(err)
		}
		maps.Copy(texts, sample.Statements.Texts)
	}
	if !strings.Contains(texts[id], "marker_ids") {
		t.Errorf("texts %v", texts)
	}
}

func TestExtensionThatCountsNothing(t *testing.T) {
	t.Parallel()
	dsn := pgtest.Server(t, map[string]string{"compute_query_id": "off"}).DSN("postgres")
	app := pgtest.Connect(t, dsn, nil)
	pgtest.Execute(t, app, "CREATE EXTENSION pg_stat_statements")
	sleepers(t, dsn, "SELECT 'hunter1' AS marker_off, pg_sleep(60)")
	w := probes.NewWindow(0)
	sample := mustTake(t, lookAt(t, dsn))
	w.Add(sample, probes.Assessment{})
	if held, _ := heldBy(w, "marker_off"); held != 1 || !strings.Contains(sample.Statements.Sampled, "compute_query_id = 'auto'") {
		t.Errorf("held %d, %+v", held, sample.Statements)
	}
	pgtest.Execute(t, app, "ALTER SYSTEM SET compute_query_id = auto", "ALTER SYSTEM SET pg_stat_statements.track = none", "SELECT pg_reload_conf()")
	pgtest.Eventually(t, dsn, "SELECT 1 WHERE current_setting('pg_stat_statements.track') = 'none'")
	sample = mustTake(t, lookAt(t, dsn))
	if !strings.Contains(sample.Statements.Sampled, "pg_stat_statements.track = 'top'") {
		t.Errorf("%+v", sample.Statements)
	}
	// What this role alone does not count, as a monitoring role may be set, says nothing about the others.
	pgtest.Execute(t, app, "ALTER SYSTEM RESET pg_stat_statements.track", "ALTER ROLE postgres SET pg_stat_statements.track = none", "SELECT pg_reload_conf()")
	pgtest.Eventually(t, dsn, "SELECT 1 FROM pg_settings WHERE name = 'pg_stat_statements.track' AND source = 'user' AND reset_val = 'none'")
	if sample = mustTake(t, lookAt(t, dsn)); !sample.Statements.Known || sample.Statements.Sampled != "" {
		t.Errorf("%+v, %+v", sample.Statements, sample.Failures)
	}
}

// On a server whose pg_stat_statements works no text of a session is read beside those that have no entry yet.
func TestNoFallbackWhereTheExtensionWorks(t *testing.T) {
	dsn := pgtest.Database(t)
	s := lookAt(t, dsn)
	for range 3 {
		if sample := mustTake(t, s); !sample.Statements.Known || sample.Statements.Sampled != "" {
			t.Errorf("%+v", sample.Statements)
		}
	}
	calls := runningReads(t, dsn)
	if calls != "0" {
		t.Errorf("the sessions' texts were read %s times", calls)
	}
}

func TestRunningID(t *testing.T) {
	long := "SELECT " + strings.Repeat("column_of_some_length, ", 60)
	same := [][2]string{
		{"SELECT 1", "select  2;"}, {"SELECT a FROM t WHERE b = 'x'", "SELECT a /* c */ FROM t WHERE b = $1"},
		{"SELECT 1 WHERE a IN (1)", "SELECT 1 WHERE a IN (1, 2, 3)"}, {"INSERT INTO t VALUES (1, 'a')", "INSERT INTO t VALUES (1, 'a'), (2, 'b'),(3, 'c')"},
		{"ALTER ROLE a PASSWORD 'x'", "ALTER ROLE b PASSWORD 'y'"},
	}
	for _, pair := range same {
		if RunningID(1, 2, pair[0], false) != RunningID(1, 2, pair[1], false) {
			t.Errorf("%q and %q have two ids", pair[0], pair[1])
		}
	}
	differ := [][2]string{
		{"SELECT a FROM t", "SELECT a FROM u"}, {"SELECT a FROM t WHERE b = 1 AND c = 1", "SELECT a FROM t WHERE b = 1"}, {`SELECT "A"`, `SELECT "a"`},
		{"SELECT f(1, a)", "SELECT f(a)"}, {"SELECT (1), a", "SELECT (1, a)"}, {"VACUUM", "ANALYZE"},
	}
	for _, pair := range differ {
		if RunningID(1, 2, pair[0], false) == RunningID(1, 2, pair[1], false) {
			t.Errorf("%q and %q have one id", pair[0], pair[1])
		}
	}
	if RunningID(1, 2, "SELECT 1", false) == RunningID(2, 1, "SELECT 1", false) {
		t.Error("one id in two databases")
	}
	if RunningID(1, 2, long[:1023], true) != RunningID(1, 2, long[:1011], true) {
		t.Error("a text that is clipped a little sooner has another id")
	}
	for _, text := range []string{"", ";", "'", "\x00\xff", "(((((", "$$", ",,$,$"} {
		if RunningID(0, 0, text, true) <= 0 {
			t.Errorf("%q has no id", text)
		}
	}
}
