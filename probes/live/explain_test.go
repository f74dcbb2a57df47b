package live

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
	"github.com/pgmedic/pgmedic/probes/plan"
)

// dedup is the seed's statement as its application sends it.
const dedup = `SELECT id FROM reports.reports WHERE report_type = $1 AND title = $2 AND format = $3 AND user_id = $4 AND params = $5
	AND organization_id = $6 AND EXTRACT(EPOCH FROM current_timestamp-created_at)/60 < $7 AND completed_at IS NULL ORDER BY created_at DESC LIMIT 10`

// reportsDatabase makes the seed's table, and runs its statement once.
func reportsDatabase(t *testing.T) string {
	t.Helper()
	dsn := pgtest.Database(t)
	schema, err := os.ReadFile("testdata/reports.sql")
	if err != nil {
		t.Fatal(err)
	}
	conn := connect(t, dsn, nil)
	for statement := range strings.SplitSeq(string(schema), ";\n") {
		execute(t, conn, statement)
	}
	nobody := "00000000-0000-0000-0000-000000000000"
	if _, err = conn.Exec(t.Context(), dedup, "summary", "t", "csv", nobody, "{}", nobody, 5); err != nil {
		t.Fatal(err)
	}
	_ = conn.Close(t.Context())
	return dsn
}

// value reads one value as text.
func value(t *testing.T, dsn, sql string, args ...any) string {
	t.Helper()
	conn := connect(t, dsn, nil)
	defer conn.Close(context.Background())
	var v string
	if err := conn.QueryRow(t.Context(), sql, args...).Scan(&v); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return v
}

// queryIDOf looks a statement of this database up in pg_stat_statements.
func queryIDOf(t *testing.T, dsn, pattern string) int64 {
	t.Helper()
	conn := connect(t, dsn, nil)
	defer conn.Close(context.Background())
	var id int64
	err := conn.QueryRow(t.Context(), `SELECT queryid FROM pg_stat_statements s JOIN pg_database d ON d.oid = s.dbid
		WHERE d.datname = current_database() AND query LIKE $1`, pattern).Scan(&id)
	if err != nil {
		t.Fatalf("looking for %s: %v", pattern, err)
	}
	return id
}

// organizationRows returns how many rows the plan expects of the organization.
func organizationRows(p *plan.Plan) float64 {
	rows := -1.0
	p.Walk(func(n *plan.Node, _ int) {
		if strings.Contains(n.IndexCond, "organization_id") {
			rows = n.PlanRows
		}
	})
	return rows
}

func TestExplainGenericAndHeavy(t *testing.T) {
	dsn := reportsDatabase(t)
	ask := newServer(t, Config{DSN: dsn}).Ask()
	id := queryIDOf(t, dsn, "%reports.reports WHERE%")
	text, err := ask.StatementText(t.Context(), id)
	if err != nil || !strings.Contains(strings.ToUpper(text), "EXTRACT($8 FROM") {
		t.Fatalf("text %q, %v; want it as pg_stat_statements breaks it", text, err)
	}
	generic := explain(t, ask, Question{Statement: text, QueryID: id, Class: plan.Generic})
	heavy := explain(t, ask, Question{Statement: text, QueryID: id, Class: plan.Heavy})

	if g, h := organizationRows(generic), organizationRows(heavy); g > 1000 || h < 9000 {
		t.Errorf("the generic plan expects %v rows and the heavy hitter's %v, want about 200 and about 10,000", g, h)
	}
	o := heavy.Origin
	if o.SystemIdentifier == "" || o.Database == "" || o.QueryID != id || o.Class != plan.Heavy || o.Analyzed || time.Since(o.TakenAt) > patience {
		t.Errorf("origin %+v", o)
	}
	whale := value(t, dsn, "SELECT md5('org0')::uuid::text")
	wanted := []struct {
		n                       int
		typeName, column, value string
		from                    plan.ValueFrom
	}{
		{1, "text", "report_type", "summary", plan.FromRare}, // the rarer of two
		{6, "uuid", "organization_id", whale, plan.FromHeavy},
		{7, "numeric", "", "1", plan.FromNeutral},
		{8, "text", "", "epoch", plan.FromNeutral},
		{10, "bigint", "", "10", plan.FromNeutral},
	}
	for _, w := range wanted {
		p := o.Parameters[w.n-1]
		if p.N != w.n || p.Type != w.typeName || p.Column != w.column || p.Value == nil || *p.Value != w.value || p.From != w.from {
			t.Errorf("parameter %+v, want %+v", p, w)
		}
	}
}

func explain(t *testing.T, ask *Asker, q Question) *plan.Plan {
	t.Helper()
	p, err := ask.Explain(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestExplainAnalyzeWithGivenValues(t *testing.T) {
	dsn := reportsDatabase(t)
	ask := newServer(t, Config{DSN: dsn}).Ask()
	values := map[int]string{6: value(t, dsn, "SELECT md5('org0')::uuid::text"), 2: "it's"}
	p := explain(t, ask, Question{Statement: dedup, Class: plan.Given, Values: values, Pattern: "whale", Analyze: true})
	if rows, ok := p.RowsRead(); !ok || rows < 10000 {
		t.Errorf("rows read %v %v, want the organization's 10,000", rows, ok)
	}
	o := p.Origin
	if !o.Analyzed || o.Pattern != "whale" || o.Class != plan.Given || o.Parameters[5].From != plan.FromGiven || *o.Parameters[1].Value != "it's" {
		t.Errorf("origin %+v", o)
	}
}

func TestExplainRefuses(t *testing.T) {
	dsn := reportsDatabase(t)
	owner := connect(t, dsn, nil)
	execute(t, owner, "CREATE TABLE traces (n int)",
		"CREATE FUNCTION writes() RETURNS int LANGUAGE plpgsql VOLATILE AS 'BEGIN INSERT INTO traces VALUES (1); RETURN 1; END'",
		"CREATE FUNCTION lies() RETURNS int LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN writes(); END'")
	ask := newServer(t, Config{DSN: dsn}).Ask()
	tests := []struct {
		name     string
		question Question
		says     string
	}{
		{"second statement", Question{Statement: "SELECT 1; INSERT INTO traces VALUES (1)", Class: plan.Generic}, "not one complete statement"},
		{"end of our own", Question{Statement: "SELECT 1 */; INSERT INTO traces VALUES (1)", Class: plan.Generic}, "42601"},
		{"clipped", Question{Statement: "SELECT id FROM reports.reports WHERE tit", Class: plan.Generic}, "42703"},
		{"clipped in a string", Question{Statement: "SELECT id FROM reports.reports WHERE title = 'Rep", Class: plan.Generic}, "not one complete statement"},
		{"utility", Question{Statement: "ANALYZE reports.reports", Class: plan.Generic}, "utility"},
		{"no text", Question{Class: plan.Generic}, "not known yet"},
		{"insert", Question{Statement: "INSERT INTO traces VALUES (1)", Class: plan.Heavy, Analyze: true}, "change or lock rows"},
		{"insert in a WITH", Question{Statement: "WITH t AS (INSERT INTO traces VALUES (1) RETURNING n) SELECT * FROM t", Class: plan.Heavy, Analyze: true},
			"change or lock rows"},
		{"row locks", Question{Statement: "SELECT * FROM traces FOR UPDATE", Class: plan.Heavy, Analyze: true}, "change or lock rows"},
		{"writing function", Question{Statement: "SELECT writes()", Class: plan.Heavy, Analyze: true}, "25006"},
		{"writing while planning", Question{Statement: "SELECT 1 WHERE lies() = 1", Class: plan.Generic}, "25006"},
		{"too long", Question{Statement: "SELECT pg_sleep(10)", Class: plan.Heavy, Analyze: true, Timeout: 100 * time.Millisecond}, "longer than 100ms"},
		{"ANALYZE without values", Question{Statement: dedup, Class: plan.Generic, Analyze: true}, "needs values"},
		{"value that does not fit", Question{Statement: dedup, Class: plan.Given, Values: map[int]string{6: "hunter2"}}, "22P02"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			p, err := ask.Explain(t.Context(), test.question)
			if err == nil || !strings.Contains(err.Error(), test.says) || strings.Contains(err.Error(), "hunter2") {
				t.Errorf("plan %v, error %v, want one that says %q", p, err, test.says)
			}
		})
	}
	if n := value(t, dsn, "SELECT count(*)::text FROM traces"); n != "0" {
		t.Errorf("EXPLAIN has written %s rows", n)
	}
	explain(t, ask, Question{Statement: "SELECT 1", Class: plan.Generic}) // the session is as before
}

func TestExplainLeavesTheApplicationsStatementItsOwn(t *testing.T) {
	dsn := pgtest.Database(t)
	ask := newServer(t, Config{DSN: dsn}).Ask()
	explain(t, ask, Question{Statement: "SELECT degrees(length('a'))", Class: plan.Generic}) // parsing it makes its entry, which the next call shows
	execute(t, connect(t, dsn, nil), "SELECT degrees(length('b'))")
	text, err := ask.StatementText(t.Context(), queryIDOf(t, dsn, "%degrees(length%"))
	if err != nil || text != "SELECT degrees(length($1))" {
		t.Errorf("text %q, %v", text, err)
	}
}

func TestExplainAnalyzeOnlyWhereAllowed(t *testing.T) {
	dsn := pgtest.Database(t)
	s := newServer(t, Config{DSN: dsn, Analyze: "not without consent"})
	_, err := s.Ask().Explain(t.Context(), Question{Statement: "SELECT 1", Class: plan.Heavy, Analyze: true})
	if err == nil || !strings.Contains(err.Error(), "not without consent") || s.Ask().Can().NoAnalyze == "" {
		t.Errorf("error %v, abilities %+v", err, s.Can())
	}
}

func TestExplainOfALockedTableGivesUpSoon(t *testing.T) {
	dsn := reportsDatabase(t)
	locker := connect(t, dsn, nil)
	execute(t, locker, "BEGIN", "LOCK TABLE reports.reports")
	_, err := newServer(t, Config{DSN: dsn}).Ask().Explain(t.Context(), Question{Statement: dedup, Class: plan.Generic})
	if sqlState(err) != "55P03" || !strings.Contains(err.Error(), "locked") {
		t.Errorf("error %v", err)
	}
}

func TestExplainWithoutPrivilegeNamesTheGrant(t *testing.T) {
	dsn := reportsDatabase(t)
	execute(t, connect(t, dsn, nil), "CREATE ROLE unprivileged LOGIN PASSWORD 'p'")
	t.Cleanup(func() { execute(t, connect(t, dsn, nil), "DROP ROLE unprivileged") })
	s := newServer(t, Config{DSN: as(t, dsn, "unprivileged", "p")})
	_, err := s.Ask().Explain(t.Context(), Question{Statement: dedup, Class: plan.Generic})
	if sqlState(err) != "42501" || !strings.Contains(err.Error(), "GRANT pg_read_all_data") {
		t.Errorf("error %v", err)
	}
	s.Close()
}

func TestStatementTextPrefersTheRunningSession(t *testing.T) {
	dsn := pgtest.Database(t)
	const running = "SELECT pg_sleep(60), length('constant') /* marker_four */"
	conn := connect(t, dsn, nil)
	inBackground(t, conn, running, pgx.QueryExecModeSimpleProtocol)
	ask := newServer(t, Config{DSN: dsn}).Ask()
	id := eventually(t, ask, "SELECT query_id FROM pg_stat_activity WHERE query = $1 AND query_id IS NOT NULL", running)
	if text, err := ask.StatementText(t.Context(), id); err != nil || text != running {
		t.Errorf("text %q, %v", text, err)
	}
}

// eventually reads a number as soon as there is one.
func eventually(t *testing.T, ask *Asker, sql string, args ...any) int64 {
	t.Helper()
	var n int64
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); {
		err := ask.Read(t.Context(), func(ctx context.Context, tx pgx.Tx) error { return tx.QueryRow(ctx, sql, args...).Scan(&n) })
		if err == nil {
			return n
		}
		if !errors.Is(err, pgx.ErrNoRows) {
			t.Fatal(err)
		}
	}
	t.Fatalf("nothing came of %s", sql)
	return 0
}

func TestStatementTextOfAnotherDatabaseNamesIt(t *testing.T) {
	elsewhere := reportsDatabase(t)
	id := queryIDOf(t, elsewhere, "%reports.reports WHERE%")
	_, err := newServer(t, Config{DSN: pgtest.Database(t)}).Ask().StatementText(t.Context(), id)
	if name := value(t, elsewhere, "SELECT current_database()::text"); err == nil || !strings.Contains(err.Error(), "runs in database "+name) {
		t.Errorf("error %v, want one that names %s", err, name)
	}
}

func TestStatementTextClippedIsRefused(t *testing.T) {
	dsn := pgtest.Database(t)
	conn := connect(t, dsn, nil)
	execute(t, conn, "DROP EXTENSION pg_stat_statements")
	inBackground(t, conn, "SELECT pg_sleep(60), '"+strings.Repeat("long", 500)+"'", pgx.QueryExecModeSimpleProtocol)
	ask := newServer(t, Config{DSN: dsn}).Ask()
	id := eventually(t, ask, "SELECT query_id FROM pg_stat_activity WHERE query LIKE '%longlong%' AND query_id IS NOT NULL AND pid <> pg_backend_pid()")
	if _, err := ask.StatementText(t.Context(), id); err == nil || !strings.Contains(err.Error(), "clipped at track_activity_query_size") {
		t.Errorf("error %v", err)
	}
}

func TestSeveralStatements(t *testing.T) {
	tests := map[string]bool{
		"SELECT 1":                     false,
		"SELECT 1 ; ":                  false,
		"SELECT ';'":                   false,
		"SELECT 1 -- ;\n":              false,
		"SELECT 1; SELECT 2":           true,
		"BEGIN; SELECT 1 /* ; */ ; --": true,
	}
	for text, want := range tests {
		if got := severalStatements(text); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}

func TestReadCannotWrite(t *testing.T) {
	dsn := pgtest.Database(t)
	err := newServer(t, Config{DSN: dsn}).Ask().Read(t.Context(), func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, "CREATE TABLE written (n int)")
		return err
	})
	if sqlState(err) != "25006" {
		t.Errorf("error %v", err)
	}
}

func TestValuesOfAFixedLengthTypeStayWhole(t *testing.T) {
	dsn := pgtest.Database(t)
	execute(t, connect(t, dsn, nil), "CREATE TABLE towns (country char(3), flags bit(3), note text)",
		"INSERT INTO towns SELECT 'USA', B'101', NULL FROM generate_series(1, 900)", "ANALYZE towns")
	ask := newServer(t, Config{DSN: dsn}).Ask()
	p := explain(t, ask, Question{Statement: "SELECT * FROM towns WHERE country = $1 AND flags = $2", Class: plan.Heavy})
	if p.Root.PlanRows < 800 {
		t.Errorf("%v rows expected, want 900: %+v", p.Root.PlanRows, p.Origin.Parameters)
	}
	// Nothing is known of a line's values: it is planned with NULL.
	p = explain(t, ask, Question{Statement: "SELECT * FROM towns WHERE $1::line IS NULL", Class: plan.Heavy})
	if p.Root.PlanRows < 800 || p.Origin.Parameters[0].Value != nil {
		t.Errorf("%v rows expected, want 900: %+v", p.Root.PlanRows, p.Origin.Parameters)
	}
}

func TestDigestTellsOtherValues(t *testing.T) {
	dsn := pgtest.Database(t)
	ask := newServer(t, Config{DSN: dsn}).Ask()
	digest := func(ask *Asker, statement string, values map[int]string) string {
		return explain(t, ask, Question{Statement: statement, Class: plan.Given, Values: values}).Origin.Values
	}
	const statement = "SELECT $1::text, $2::text"
	first := digest(ask, statement, map[int]string{1: "hunter2", 2: "b"})
	if again := digest(ask, statement, map[int]string{1: "hunter2", 2: "b"}); again != first || len(first) != 64 {
		t.Errorf("the same values: %s and %s", first, again)
	}
	others := map[string]string{
		"another value":   digest(ask, statement, map[int]string{1: "hunter2", 2: "c"}),
		"another order":   digest(ask, statement, map[int]string{1: "b", 2: "hunter2"}),
		"another text":    digest(ask, "SELECT $1::text || $2::text", map[int]string{1: "hunter2", 2: "b"}),
		"another program": digest(newServer(t, Config{DSN: dsn}).Ask(), statement, map[int]string{1: "hunter2", 2: "b"}),
	}
	for name, other := range others {
		if other == first {
			t.Errorf("%s has the same digest", name)
		}
	}
	if one, two := digest(ask, "SELECT 1", nil), digest(ask, "SELECT 2", nil); one == two {
		t.Error("other constants have the same digest")
	}
}
