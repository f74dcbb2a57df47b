package sampler

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
)

// A pile-up behind a lock of a table: those who wait are still being parsed, and have no query_id.
func TestStatementsThatWaitWhileTheyAreParsed(t *testing.T) {
	dsn := pgtest.Database(t)
	app := pgtest.Connect(t, dsn, nil)
	const known = "SELECT /* %d */ count(*) AS marker_known FROM waited WHERE note = 'hunter%d' AND n > -%d AND ok = true AND id IN (1, 2, 3)"
	pgtest.Execute(t, app, "CREATE TABLE waited (id int, n int, note text, ok boolean)", fmt.Sprintf(known, 0, 0, 1))
	s, w := lookAt(t, dsn), probes.NewWindow(0)
	look := func() *probes.Sample {
		sample := mustTake(t, s)
		w.Add(sample, probes.Assessment{})
		return sample
	}
	for deadline := time.Now().Add(30 * time.Second); !strings.Contains(shownTexts(w), "marker_known"); look() {
		pgtest.Execute(t, app, fmt.Sprintf(known, 0, 0, 1)) // counted, so that it has a row
		if time.Now().After(deadline) {
			t.Fatal("its text does not come")
		}
	}
	locker := pgtest.Connect(t, dsn, nil)
	pgtest.Execute(t, locker, "BEGIN", "LOCK TABLE waited")
	var waiting []string
	for i := range 5 {
		waiting = append(waiting, fmt.Sprintf(known, i, 10*i, 7+i))
	}
	waiting = append(waiting, "SELECT 'hunter9' AS marker_new FROM waited", "select 'hunter99' as marker_new from waited", "ALTER TABLE waited ADD hunter int")
	for _, sql := range waiting {
		pgtest.InBackground(t, pgtest.Connect(t, dsn, nil), sql, pgx.QueryExecModeSimpleProtocol)
	}
	pgtest.Eventually(t, dsn, `SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND clock_timestamp() - query_start > '1 s'
		AND datname = current_database() HAVING count(*) = $1`, len(waiting))
	sample := look()
	if pgtest.Version(t) < 140000 {
		if held, _ := heldBy(w, "marker"); held != 0 {
			t.Errorf("before version 14 %d sessions are told to run a statement", held)
		}
		return
	}
	id := pgtest.Eventually(t, dsn, "SELECT queryid FROM pg_stat_statements WHERE query LIKE '%marker_known%' AND query NOT LIKE '%queryid%' "+
		"AND dbid = (SELECT oid FROM pg_database WHERE datname = current_database())")
	if held, rows := heldBy(w, "marker_known"); held != 5 || rows != 1 || sample.Held(id) != 5 {
		t.Errorf("%d sessions in %d rows, %d by the server's id", held, rows, sample.Held(id))
	}
	if held, rows := heldBy(w, "marker_new"); held != 2 || rows != 1 {
		t.Errorf("of the statement that nothing knows %d sessions in %d rows, want 2 in 1", held, rows)
	}
	for _, b := range sample.Blocking().Roots[0].Waiters {
		if b.StatementUnknown() {
			t.Errorf("what %d runs is not known", b.PID)
		}
	}
	if all := shownTexts(w); strings.Contains(all, "hunter") {
		t.Errorf("texts %s", all)
	}
	// A text is read once.
	calls := runningReads(t, dsn)
	for range 3 {
		if sample = look(); sample.Held(id) != 5 {
			t.Errorf("%d sessions", sample.Held(id))
		}
	}
	if now := runningReads(t, dsn); now != calls || calls == "0" {
		t.Errorf("texts of the same sessions were read %s times, then %s", calls, now)
	}
	pgtest.Execute(t, locker, "ROLLBACK")
}

// runningReads is how often the texts of sessions were read in this database.
func runningReads(t *testing.T, dsn string) string {
	t.Helper()
	return pgtest.Value(t, dsn, `SELECT COALESCE(sum(calls), 0)::text FROM pg_stat_statements s JOIN pg_database d ON d.oid = s.dbid
		WHERE d.datname = current_database() AND query LIKE '%pgmedic:running_statements%' AND query NOT LIKE '%pg_stat_statements%'`)
}

// shownTexts are the texts of a window's rows, each after a line feed.
func shownTexts(w *probes.Window) (all string) {
	for _, row := range w.Statements() {
		all += "\n" + row.Text
	}
	return all
}

func TestStatementsAreFoundByTheirTexts(t *testing.T) {
	reader := newTextReader()
	whole := func(text string) Running { return Running{database: 1, text: text, length: len(text)} }
	find := func(s Running) int64 {
		key, usable := reader.keyOf(s)
		if !usable {
			return ambiguous
		}
		id, _ := reader.byText.Get(key)
		return id
	}
	long := "SELECT " + strings.Repeat("column_of_some_length, ", 60) + "last FROM long WHERE id = "
	for id, text := range map[int64]string{
		1: "SELECT a FROM t WHERE b = $1 AND c > $2", 2: "UPDATE t SET a = $1 WHERE b IS NULL AND c IN ($2, $3)", 3: "UPDATE t SET a = $1 WHERE b IS NULL AND c IN ($2)",
		4: "SELECT extract($1 FROM at) FROM t", 5: long + "$1", 6: "SELECT twice", 7: "select Twice", 8: "EXECUTE s ($1)",
	} {
		reader.note(id, 1, text, len(text), false)
	}
	for text, want := range map[string]int64{
		"select a from t where b = 'x' and c > -3;": 1, "SELECT a FROM t WHERE b = true AND c > NULL": 1, "SELECT a FROM t WHERE b = 1 AND d > 3": 0,
		"UPDATE t SET a = NULL WHERE b IS NULL AND c IN (1, 2)": 2, "UPDATE t SET a = 2 WHERE b IS NULL AND c IN (1)": 3, "UPDATE t SET a = 2 WHERE b IS TRUE AND c IN (1)": 0,
		"SELECT EXTRACT(epoch FROM at) FROM t": 4, long + "7": 5, "SELECT twice": 0, "EXECUTE s (1)": 0, "SELECT 1; SELECT twice": 0, "": 0,
	} {
		if id := find(whole(text)); id != want {
			t.Errorf("%s is statement %d, want %d", text, id, want)
		}
	}
	clipped := whole(long[:1023])
	if clipped.Clipped = true; find(clipped) != 5 {
		t.Errorf("the beginning is statement %d", find(clipped))
	}
	if clipped.database = 2; find(clipped) != 0 {
		t.Error("a statement of another database")
	}
	reader.note(9, 1, long+"$1 AND other", len(long), false)
	if clipped.database = 1; find(clipped) != 0 || find(whole(long+"7")) != 5 {
		t.Error("two statements begin alike, and one of them is taken")
	}
	reader = newTextReader()
	reader.version = squashesLists
	reader.note(1, 1, "SELECT a FROM t WHERE b IN ($1 /*, ... */)", 42, false)
	if find(whole("SELECT a FROM t WHERE b IN (1, 2, 3)")) != 1 {
		t.Error("from version 18 on a list counts as one constant")
	}
}

// BenchmarkUnnamed reports what it costs that 500 sessions wait while their statements are parsed: the sample that reads their texts, and those after it.
func BenchmarkUnnamed(b *testing.B) {
	const sessions = 500
	server := pgtest.Server(b, map[string]string{"max_connections": fmt.Sprint(sessions + 20), "shared_buffers": "32MB"})
	dsn := server.DSN("postgres")
	locker := pgtest.Connect(b, dsn, nil)
	pgtest.Execute(b, locker, "CREATE EXTENSION pg_stat_statements", "CREATE TABLE waited (n int)", "BEGIN", "LOCK TABLE waited")
	for i := range sessions {
		pgtest.InBackground(b, pgtest.Connect(b, dsn, nil), fmt.Sprintf("SELECT /* %s */ * FROM waited WHERE n = %d", strings.Repeat("x", 950), i), pgx.QueryExecModeSimpleProtocol)
	}
	pgtest.Eventually(b, dsn, `SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND clock_timestamp() - query_start > '1 s' HAVING count(*) = $1`, sessions)
	s := lookAt(b, dsn)
	sample := mustTake(b, s)
	var first, later time.Duration
	for b.Loop() {
		for i := range sample.Backends {
			if sample.Backends[i].WaitType == "Lock" {
				sample.Backends[i].QueryID = 0
			}
		}
		s.statements.running.unnamed = nil
		began := time.Now()
		if err := s.statements.readUnnamed(b.Context(), sample); err != nil || len(s.statements.running.unnamed) != sessions {
			b.Fatalf("%v, %d sessions", err, len(s.statements.running.unnamed))
		}
		middle := time.Now()
		for i := range sample.Backends {
			if sample.Backends[i].WaitType == "Lock" {
				sample.Backends[i].QueryID = 0
			}
		}
		reset := time.Now()
		if err := s.statements.readUnnamed(b.Context(), sample); err != errIdle {
			b.Fatal(err)
		}
		first += middle.Sub(began)
		later += time.Since(reset)
	}
	b.ReportMetric(float64(first.Microseconds())/float64(b.N)/1000, "first-ms")
	b.ReportMetric(float64(later.Microseconds())/float64(b.N)/1000, "later-ms")
	var pids []int32
	for _, backend := range sample.Backends {
		pids = append(pids, backend.PID)
	}
	b.ReportMetric(leastTime(b, s.conn, query("running_statements", "{query}", "s.query"), pids), "server-ms")
	b.ReportMetric(0, "ns/op")
	pgtest.Execute(b, locker, "ROLLBACK")
}
