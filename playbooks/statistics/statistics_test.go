package statistics

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/playbooks/index/indextest"
	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/live"
	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
	"github.com/pgmedic/pgmedic/probes/plan"
	"github.com/pgmedic/pgmedic/probes/record"
	"github.com/pgmedic/pgmedic/probes/storage"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

func TestQueries(t *testing.T) {
	pgtest.Queries(t, files, query, "{maintain}", "false", "{analyze_time}", "NULL::float8")
}

// patience bounds what a test waits for.
const patience = 60 * time.Second

// memory keeps what the engine records.
type memory struct {
	mutex  sync.Mutex
	events []record.Event
}

func (m *memory) AddEvent(e record.Event) (record.Event, error) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	e.ID = fmt.Sprint(len(m.events))
	m.events = append(m.events, e)
	return e, nil
}
func (m *memory) AddPlan(*plan.Plan) (string, error)         { return "plan", nil }
func (m *memory) AddFact(f record.Fact) (record.Fact, error) { return f, nil }

// bench is a database with a statement, and pgmedic's door to it.
type bench struct {
	dsn     string
	conn    *pgx.Conn
	server  *live.Server
	rec     *memory
	engine  *playbooks.Engine
	finding playbooks.Finding
}

// newBench runs the statements that prepare a database, and then the one that is meant, under its own text.
func newBench(t *testing.T, statement string, prepare ...string) *bench {
	t.Helper()
	b := &bench{dsn: pgtest.Database(t), rec: &memory{}}
	b.conn = pgtest.Connect(t, b.dsn, nil)
	for _, sql := range append(prepare, statement) {
		b.counted(t, sql) // what a session has written and then analyses is counted twice
	}
	b.server = indextest.Watched(t, b.dsn)
	b.engine = playbooks.NewEngine(b.server, b.rec, time.Now)
	b.find(t, b.server)
	return b
}

// counted runs statements in a session that ends with them, so that the server counts at once what they did.
func (b *bench) counted(t *testing.T, statements ...string) {
	t.Helper()
	conn := pgtest.Connect(t, b.dsn, nil)
	pgtest.Execute(t, conn, statements...)
	if err := conn.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	pgtest.Eventually(t, b.dsn, "SELECT 1 WHERE NOT EXISTS (SELECT FROM pg_stat_activity WHERE pid = $1)", int32(conn.PgConn().PID()))
}

// find makes the finding for the statement that ran last.
func (b *bench) find(t *testing.T, server *live.Server) {
	t.Helper()
	var load probes.StatementLoad
	err := b.conn.QueryRow(t.Context(), `SELECT s.queryid, s.query FROM pg_stat_statements AS s JOIN pg_database AS d ON d.oid = s.dbid
		WHERE d.datname = current_database() AND s.query LIKE 'SELECT%/* meant */%'`).Scan(&load.QueryID, &load.Text)
	if err != nil {
		t.Fatal("finding the statement:", err)
	}
	f, why := New().(playbooks.ByHand).ByHand(nil, load)
	if why != "" {
		t.Fatal(why)
	}
	b.finding = f
}

func (b *bench) draft(t *testing.T) *playbooks.Draft {
	t.Helper()
	d, err := New().Draft(t.Context(), b.server.Ask(), b.finding)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// none is why nothing is drafted.
func (b *bench) none(t *testing.T) string {
	t.Helper()
	d, err := New().Draft(t.Context(), b.server.Ask(), b.finding)
	var none *playbooks.NoDraft
	if !errors.As(err, &none) {
		t.Fatalf("drafted %+v, %v", d, err)
	}
	return none.Reason
}

func (b *bench) prepare(t *testing.T, d *playbooks.Draft) *playbooks.Prepared {
	t.Helper()
	p, err := b.engine.Prepare(t.Context(), d)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Abandon)
	return p
}

func (b *bench) start(t *testing.T, d *playbooks.Draft) *playbooks.Run {
	t.Helper()
	run, err := b.prepare(t, d).Confirm(d.Word)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { run.Outcome() }) // its session ends before the database is dropped
	return run
}

// reports waits for a report of the run.
func reports(t *testing.T, run *playbooks.Run, is func(playbooks.RunProgress) bool) playbooks.RunProgress {
	t.Helper()
	deadline := time.After(patience)
	var last playbooks.RunProgress
	for {
		select {
		case p, more := <-run.Progress():
			if !more {
				t.Fatalf("it has ended: %+v, last report %+v", run.Outcome(), last)
			}
			if last = p; is(p) {
				return p
			}
		case <-deadline:
			t.Fatalf("no such report, the last was %+v", last)
		}
	}
}

func wantIn(t *testing.T, text string, words ...string) {
	t.Helper()
	for _, w := range words {
		if !strings.Contains(text, w) {
			t.Errorf("%q is missing in %q", w, text)
		}
	}
}

func relations(schema, name string) []storage.Name {
	return []storage.Name{{Schema: schema, Relation: name}}
}

const meant = "SELECT /* meant */ note FROM late WHERE kind = 77"

// late is a table whose statistics are of an empty one.
var late = []string{"CREATE TABLE late (id bigint, kind int NOT NULL, note text)", "ANALYZE late",
	"INSERT INTO late SELECT n, n % 6000, repeat('n', 60) FROM generate_series(1, 60000) AS n"}

// Stale statistics are renewed: the intent comes first, they are read back as newer, and the planner expects what is there.
func TestStale(t *testing.T) {
	t.Parallel()
	b := newBench(t, meant, late...)
	pgtest.Eventually(t, b.dsn, "SELECT n_mod_since_analyze FROM pg_stat_user_tables WHERE n_mod_since_analyze = 60000")
	d := b.draft(t)
	if d.Word != "late" || len(d.SQL) != 1 || d.SQL[0] != "ANALYZE /* pgmedic:statistics */ public.late" || d.NoWayBack == "" || len(d.Undo) != 0 ||
		len(d.Others) != 0 {
		t.Fatalf("drafted %+v", d)
	}
	wantIn(t, fmt.Sprint(d.Reasons), "it was empty when it was analysed", "60,000 of 60,000 rows changed since it was analysed on 20",
		"autovacuum analyses it from 50 on")
	wantIn(t, strings.Join(d.Warnings, "\n"), "SHARE UPDATE EXCLUSIVE", "queries queue behind that DDL", "may change with its next planning")
	wantIn(t, fmt.Sprint(d.Prices), "pages", "about ")
	outcome := b.start(t, d).Outcome()
	if outcome.State != playbooks.Applied || outcome.Next != "" || outcome.Verification.Undo != nil || outcome.Verification.After == nil {
		t.Fatalf("ended as %+v", outcome)
	}
	wantIn(t, fmt.Sprint(outcome.Verification.Checks), "60000 rows, which were 0", "rows expected ")
	if was, is := expected(outcome.Verification.Before), expected(outcome.Verification.After); was == is || is < 5 || is > 15 {
		t.Errorf("the planner expected %.0f rows and expects %.0f of 10", was, is)
	}
	acted := slices.DeleteFunc(slices.Clone(b.rec.events), func(e record.Event) bool { return e.Kind != record.Acted })
	if first, last := acted[0], acted[1]; first.Data["state"] != "intent" || first.Data["relation"] != "public.late" || first.SQL != d.SQL[0] ||
		last.Data["state"] != "applied" || last.Data["undo"] != "" || b.rec.events[0].ID != first.ID {
		t.Errorf("on record: %+v", b.rec.events)
	}
	wantIn(t, b.none(t), "public.late is fresh, 0 of 60,000 rows changed since it was analysed on ")
}

// A table that was never analysed is stale however few rows changed, an empty one is not.
func TestNeverAnalysed(t *testing.T) {
	t.Parallel()
	b := newBench(t, "SELECT /* meant */ * FROM few, nobody WHERE few.n = nobody.n", "CREATE TABLE nobody (n int)", "CREATE TABLE few AS SELECT 7 AS n")
	pgtest.Eventually(t, b.dsn, "SELECT n_live_tup FROM pg_stat_user_tables WHERE relname = 'few' AND n_live_tup = 1")
	d := b.draft(t)
	wantIn(t, fmt.Sprint(d.Reasons), "few", "it was never analysed", "public.nobody is fresh, it is empty")
	if len(d.SQL) != 1 || b.start(t, d).Outcome().State != playbooks.Applied {
		t.Errorf("drafted %q", d.SQL)
	}
}

// A column that was added since has no statistics; a hostile name is quoted, and is confirmed by a word that can be typed.
func TestColumnWithoutStatistics(t *testing.T) {
	t.Parallel()
	const name = `"odd; ""name\d"`
	b := newBench(t, "SELECT /* meant */ * FROM "+name, "CREATE TABLE "+name+" AS SELECT n FROM generate_series(1, 1000) AS n", "ANALYZE "+name,
		"ALTER TABLE "+name+` ADD "new""\; column" int DEFAULT 7`)
	d := b.draft(t)
	wantIn(t, fmt.Sprint(d.Reasons), `no statistics of column "new""\; column"`)
	if d.Word != `odd; "name\d` || d.SQL[0] != "ANALYZE /* pgmedic:statistics */ public."+name {
		t.Fatalf("drafted %q, word %q, SQL %q", d.Title, d.Word, d.SQL)
	}
	if outcome := b.start(t, d).Outcome(); outcome.State != playbooks.Applied {
		t.Errorf("ended as %+v", outcome)
	}
	wantIn(t, b.none(t), "is fresh")
}

// Several tables are drafted together and each alone; one that changed its name meanwhile is not analysed under it, and those before it are.
func TestSeveral(t *testing.T) {
	t.Parallel()
	b := newBench(t, "SELECT /* meant */ count(*) FROM first JOIN second USING (n)", "CREATE TABLE first AS SELECT n FROM generate_series(1, 2000) AS n",
		"CREATE TABLE second AS SELECT n FROM generate_series(1, 2000) AS n")
	pgtest.Eventually(t, b.dsn, "SELECT count(*) FROM pg_stat_user_tables WHERE n_live_tup = 2000 HAVING count(*) = 2")
	d := b.draft(t)
	if len(d.SQL) != 2 || d.Word != "analyze 2" || len(d.Others) != 2 || d.Others[1].Word != "second" || d.Others[0].SQL[0] != d.SQL[0] {
		t.Fatalf("drafted %+v", d)
	}
	p := b.prepare(t, d)
	pgtest.Execute(t, b.conn, "ALTER TABLE second RENAME TO other", "CREATE TABLE second (n int)")
	if _, err := p.Confirm(d.Word); err == nil || !strings.Contains(err.Error(), "public.second is gone, or another table has its name") ||
		len(b.rec.events) != 0 {
		t.Errorf("confirmed: %v, on record %+v", err, b.rec.events)
	}
	pgtest.Execute(t, b.conn, "DROP TABLE second", "ALTER TABLE other RENAME TO second", "BEGIN", "LOCK TABLE first IN SHARE MODE")
	run := b.start(t, d)
	reports(t, run, func(p playbooks.RunProgress) bool { return p.Waiting != "" && p.Step == 1 && p.Steps == 2 })
	pgtest.Execute(t, b.conn, "ALTER TABLE second RENAME TO other", "COMMIT")
	outcome := run.Outcome()
	if outcome.State != playbooks.Unfinished || !strings.Contains(fmt.Sprint(outcome.Err),
		"ANALYZE of public.second was not sent: it is gone, or another table has its name") {
		t.Errorf("ended as %+v", outcome)
	}
	wantIn(t, fmt.Sprint(outcome.Verification.Checks), "2000 rows, which were ", "as old as before")
}

// Autovacuum leaves a partitioned table alone: statistics over all partitions are drafted, with the partitions, which then are not analysed twice.
func TestPartitioned(t *testing.T) {
	t.Parallel()
	b := newBench(t, "SELECT /* meant */ count(*) FROM p WHERE a = 7", "CREATE TABLE p (id int, a int) PARTITION BY RANGE (id)",
		"CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (1000)",
		"CREATE TABLE p2 PARTITION OF p FOR VALUES FROM (1000) TO (9000)", "INSERT INTO p SELECT n, n % 9 FROM generate_series(1, 3000) AS n", "ANALYZE p1",
		"ANALYZE p2")
	d := b.draft(t)
	if len(d.SQL) != 1 || d.SQL[0] != "ANALYZE /* pgmedic:statistics */ public.p" {
		t.Fatalf("drafted %q", d.SQL)
	}
	wantIn(t, fmt.Sprint(d.Reasons), "no statistics over all of its 2 partitions: autovacuum gathers those of each partition alone")
	wantIn(t, strings.Join(d.Warnings, "\n"), "it reads every partition")
	if outcome := b.start(t, d).Outcome(); outcome.State != playbooks.Applied {
		t.Fatalf("ended as %+v", outcome)
	}
	wantIn(t, b.none(t), "public.p is fresh", "public.p1 is fresh")
	b.counted(t, "INSERT INTO p SELECT n, n % 9 FROM generate_series(3001, 8000) AS n")
	b.counted(t, "ANALYZE p2")
	if pgtest.Version(t) >= 140000 {
		wantIn(t, fmt.Sprint(b.draft(t).Reasons), "the statistics over all partitions are of 3,000 rows, which have about 8,000 now")
	}
	b.counted(t, "ANALYZE p", "UPDATE p SET a = a + 1 WHERE id < 1000")
	pgtest.Eventually(t, b.dsn, "SELECT n_mod_since_analyze FROM pg_stat_user_tables WHERE relname = 'p1' AND n_mod_since_analyze > 900")
	d = b.draft(t)
	if len(d.SQL) != 1 || !strings.HasSuffix(d.SQL[0], "public.p") && !strings.HasSuffix(d.SQL[0], "public.p1") {
		t.Errorf("drafted %q", d.SQL)
	}
}
