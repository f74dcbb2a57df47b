package advise

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/pgmedic/pgmedic/playbooks/index/judge"
	"github.com/pgmedic/pgmedic/probes/live"
	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
)

// soon is how long an answer may take on a busy machine, whatever is asked.
const soon = 20 * time.Second

// answerTo asks about one statement as a person's role does.
func answerTo(t *testing.T, dsn, statement string) Answer {
	t.Helper()
	source, err := live.New(live.Config{DSN: dsn, LookOnly: true, Analyze: "the test only plans"})
	if err != nil {
		t.Fatal(err)
	}
	defer source.Close()
	ctx, cancel := context.WithTimeout(t.Context(), soon)
	defer cancel()
	answer := Judge(ctx, source.Ask(), judge.Query{Statement: statement})
	if err := ctx.Err(); err != nil {
		t.Fatalf("%s: no answer within %s", statement, soon)
	}
	return answer
}

const things = "CREATE TABLE things (id bigint, kind int NOT NULL, note text); INSERT INTO things SELECT n, n % 5000, repeat('n', 60) FROM generate_series(1, 40000) AS n"

// What cannot be judged is said in plain words, and never run.
func TestBadInput(t *testing.T) {
	dsn := pgtest.Database(t)
	owner := pgtest.Connect(t, dsn, nil)
	pgtest.Execute(t, owner, things, "VACUUM ANALYZE things",
		"CREATE TEMPORARY TABLE mine AS SELECT * FROM things", "ANALYZE mine",
		"CREATE TABLE raw (doc json, page xml)", "INSERT INTO raw SELECT '{}', '<a/>' FROM generate_series(1, 40000)", "VACUUM ANALYZE raw",
		"CREATE EXTENSION file_fdw", "CREATE SERVER files FOREIGN DATA WRAPPER file_fdw",
		"CREATE FOREIGN TABLE outside (line text) SERVER files OPTIONS (filename 'PG_VERSION')",
		"CREATE ROLE bystander LOGIN PASSWORD 'b'", "REVOKE ALL ON SCHEMA public FROM PUBLIC", "GRANT USAGE ON SCHEMA public TO bystander")
	t.Cleanup(func() {
		pgtest.Execute(t, pgtest.Connect(t, dsn, nil), "DROP OWNED BY bystander", "DROP ROLE bystander")
	})
	temporary := pgtest.Value(t, dsn, "SELECT nspname::text FROM pg_namespace n JOIN pg_class c ON c.relnamespace = n.oid WHERE c.relname = 'mine'")
	for name, test := range map[string]struct {
		statement string
		verdict   judge.Verdict
		reason    string // a part
	}{
		"empty":             {" ; ", judge.Failed, "no statement"},
		"mistyped":          {"SELEC * FROM things", judge.Failed, "mistyped"},
		"no SQL":            {"SELECT * FROM things WHERE AND", judge.Failed, "syntax error"},
		"clipped":           {"SELECT * FROM things WHERE kind = 5 AND note = 'abc", judge.Failed, "unterminated"},
		"several":           {"SELECT 1; DROP TABLE things", judge.Failed, "several"},
		"utility":           {"VACUUM things", judge.Failed, "utility"},
		"DDL":               {"CREATE INDEX ON things (kind)", judge.Failed, "utility"},
		"secret":            {"ALTER ROLE bystander PASSWORD 'hush'", judge.Failed, "utility"},
		"EXPLAIN":           {"EXPLAIN ANALYZE DELETE FROM things", judge.Failed, "utility"},
		"no table":          {"SELECT * FROM nothing WHERE kind = 5", judge.Failed, "nothing"},
		"no column":         {"SELECT * FROM things WHERE colour = 5", judge.Failed, "colour"},
		"another's table":   {"SELECT * FROM " + temporary + ".mine WHERE kind = 5", judge.None, "temporary"},
		"foreign table":     {"SELECT * FROM outside WHERE line = 'x'", judge.None, "foreign"},
		"no equality":       {"SELECT * FROM raw WHERE doc = '{}'", judge.Failed, "operator does not exist"},
		"function":          {"SELECT * FROM generate_series(1, 1000000) AS n WHERE n = 5", judge.None, ""},
		"no table at all":   {"SELECT 1", judge.None, ""},
		"catalogue":         {"SELECT * FROM pg_class WHERE relpages = 5", judge.None, ""},
		"contradiction":     {"SELECT * FROM things WHERE false", judge.None, ""},
		"without condition": {"SELECT * FROM things", judge.None, ""},
	} {
		a := answerTo(t, dsn, test.statement)
		if a.Verdict != test.verdict || !strings.Contains(a.Reason, test.reason) || a.Reason == "" || len(a.Drafts) > 0 {
			t.Errorf("%s: %s: %s; want %s with %q", name, a.Verdict, a.Reason, test.verdict, test.reason)
		}
		text := a.Text(80)
		if json, err := a.JSON(false); err != nil || strings.Contains(json+text, "hush") || strings.Contains(json, "null,") && !strings.Contains(json, `"rewrite":null`) {
			t.Errorf("%s: %s, %v\n%s", name, json, err, text)
		}
	}
	if a := answerTo(t, pgtest.As(t, dsn, "bystander", "b"), "SELECT * FROM things WHERE kind = 5"); a.Verdict != judge.Failed || !strings.Contains(a.Reason, "permission denied") {
		t.Errorf("without rights: %s: %s", a.Verdict, a.Reason)
	}
}

// What was typed, or what the server or a function made of it, is shown nowhere.
func TestValuesStayHidden(t *testing.T) {
	dsn := pgtest.Database(t)
	pgtest.Execute(t, pgtest.Connect(t, dsn, nil), things, "VACUUM ANALYZE things",
		"CREATE FUNCTION code_of(text) RETURNS int IMMUTABLE LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no such account %', $1; END $$")
	for statement, says := range map[string]string{
		"SELECT * FROM things WHERE kind = 'hunter2'":                "22P02",
		"SELECT * FROM things WHERE kind = 5/0 AND note = 'hunter2'": "22012",
		"SELECT * FROM things WHERE kind = code_of('hunter2')":       "P0001",
		"SELECT * FROM things WHERE note = 'hunter2":                 "unterminated",
		"SELECT * FROM things WHERE note = 'O' 'hunter2'":            "syntax error",
	} {
		a := answerTo(t, dsn, statement)
		json, err := a.JSON(false)
		if err != nil || strings.Contains(json+a.Text(80), "hunter2") || a.Verdict != judge.Failed || !strings.Contains(a.Reason, says) {
			t.Errorf("%s: %v %s", statement, err, json)
		}
	}
}

// Nothing that the statement calls is run.
func TestNothingIsRun(t *testing.T) {
	dsn := pgtest.Database(t)
	conn := pgtest.Connect(t, dsn, nil)
	pgtest.Execute(t, conn, things, "VACUUM ANALYZE things", "CREATE SEQUENCE drawn",
		"CREATE FUNCTION writes(int) RETURNS int LANGUAGE sql VOLATILE AS 'DELETE FROM things RETURNING 1'")
	for _, statement := range []string{
		"SELECT nextval('drawn'), note FROM things WHERE kind = 5", "SELECT writes(1), note FROM things WHERE kind = 5",
		"DELETE FROM things WHERE kind = 5", "WITH gone AS (DELETE FROM things WHERE kind = 5 RETURNING *) SELECT count(*) FROM gone",
	} {
		if a := answerTo(t, dsn, statement); a.Verdict != judge.Recommended && a.Verdict != judge.Failed {
			t.Errorf("%s: %s: %s", statement, a.Verdict, a.Reason)
		}
	}
	if got := pgtest.Value(t, dsn, "SELECT (SELECT count(*) FROM things) || ' ' || is_called FROM drawn"); got != "40000 false" {
		t.Errorf("rows and whether the sequence was used: %s", got)
	}
}

// A table that somebody holds locked is answered for in seconds, with who holds it.
func TestLockedTable(t *testing.T) {
	dsn := pgtest.Database(t)
	holder := pgtest.Connect(t, dsn, nil)
	pgtest.Execute(t, holder, things, "VACUUM ANALYZE things", "BEGIN", "LOCK TABLE things")
	a := answerTo(t, dsn, "SELECT * FROM things WHERE kind = 5")
	if pid := strconv.Itoa(int(holder.PgConn().PID())); a.Verdict != judge.Failed || !strings.Contains(a.Reason, pid) || !strings.Contains(a.Reason, "locked") {
		t.Errorf("%s: %s; want the session %s", a.Verdict, a.Reason, pid)
	}
}

// A table that goes and comes meanwhile is judged or not; it never ends otherwise.
func TestDroppedMeanwhile(t *testing.T) {
	dsn := pgtest.Database(t)
	conn := pgtest.Connect(t, dsn, nil)
	pgtest.Execute(t, conn, things)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- comeAndGo(ctx, conn) }()
	for range 15 {
		if a := answerTo(t, dsn, "SELECT * FROM things WHERE kind = 5"); a.Reason == "" {
			t.Errorf("%s without a reason", a.Verdict)
		}
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// comeAndGo drops a table and makes it anew until ctx ends.
func comeAndGo(ctx context.Context, conn *pgx.Conn) error {
	for ctx.Err() == nil {
		sql := "DROP TABLE IF EXISTS things; CREATE TABLE things (id bigint, kind int NOT NULL, note text); " +
			"INSERT INTO things SELECT n, n % 500, repeat('n', 60) FROM generate_series(1, 8000) AS n; ANALYZE things"
		if _, err := conn.Exec(context.Background(), sql); err != nil {
			return err
		}
	}
	return nil
}

// A thousand partitions are one table.
func TestAThousandPartitions(t *testing.T) {
	dsn := pgtest.Database(t)
	conn := pgtest.Connect(t, dsn, nil)
	pgtest.Execute(t, conn, "CREATE TABLE many (part int NOT NULL, kind int NOT NULL, note text) PARTITION BY LIST (part)")
	for n := range 20 { // one transaction for all would hold more locks than the server has
		pgtest.Execute(t, conn, fmt.Sprintf("DO $$ BEGIN FOR n IN %d..%d LOOP EXECUTE format('CREATE TABLE many_%%s PARTITION OF many FOR VALUES IN (%%s)', n, n); END LOOP; END $$",
			50*n, 50*n+49))
	}
	pgtest.Execute(t, conn, "INSERT INTO many SELECT n % 1000, n / 1000, repeat('n', 60) FROM generate_series(1, 100000) AS n", "ANALYZE many")
	began := time.Now()
	a := answerTo(t, dsn, "SELECT note FROM many WHERE kind = 5")
	t.Logf("judged in %s", time.Since(began).Round(time.Millisecond))
	if a.Verdict != judge.None && a.Verdict != judge.Recommended {
		t.Fatalf("%s: %s", a.Verdict, a.Reason)
	}
	if a.Verdict == judge.Recommended && len(a.Drafts[0].SQL) < 2000 {
		t.Errorf("%d statements", len(a.Drafts[0].SQL))
	}
	if lines := strings.Count(a.Text(100), "\n"); lines > 100 {
		t.Errorf("the text has %d lines", lines)
	}
}
