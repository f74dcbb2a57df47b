package live

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/pgmedic/pgmedic/probes/explain"
	"github.com/pgmedic/pgmedic/probes/pgerr"
	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
	"github.com/pgmedic/pgmedic/probes/plan"
	"github.com/pgmedic/pgmedic/probes/sqltext"
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
	conn := pgtest.Connect(t, dsn, nil)
	for statement := range strings.SplitSeq(string(schema), ";\n") {
		pgtest.Execute(t, conn, statement)
	}
	nobody := "00000000-0000-0000-0000-000000000000"
	if _, err = conn.Exec(t.Context(), dedup, "summary", "t", "csv", nobody, "{}", nobody, 5); err != nil {
		t.Fatal(err)
	}
	_ = conn.Close(t.Context())
	return dsn
}

// queryIDOf looks a statement of this database up in pg_stat_statements.
func queryIDOf(t *testing.T, dsn, pattern string) int64 {
	t.Helper()
	conn := pgtest.Connect(t, dsn, nil)
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
	generic := explained(t, ask, explain.Question{Statement: text, QueryID: id, Class: plan.Generic})
	heavy := explained(t, ask, explain.Question{Statement: text, QueryID: id, Class: plan.Heavy})

	if g, h := organizationRows(generic), organizationRows(heavy); g > 1000 || h < 9000 {
		t.Errorf("the generic plan expects %v rows and the heavy hitter's %v, want about 200 and about 10,000", g, h)
	}
	o := heavy.Origin
	if o.SystemIdentifier == "" || o.Database == "" || o.QueryID != id || o.Class != plan.Heavy || o.Analyzed || time.Since(o.TakenAt) > patience {
		t.Errorf("origin %+v", o)
	}
	whale := pgtest.Value(t, dsn, "SELECT md5('org0')::uuid::text")
	wanted := []struct {
		n                       int
		typeName, column, value string
		from                    plan.ValueFrom
	}{
		{1, "text", "report_type", "", plan.FromRare}, // one of two, that the whale has: see below
		{6, "uuid", "organization_id", whale, plan.FromHeavy},
		{7, "numeric", "", "1", plan.FromNeutral},
		{8, "text", "", "epoch", plan.FromNeutral},
		{10, "bigint", "", "10", plan.FromNeutral},
	}
	for _, w := range wanted {
		p := o.Parameters[w.n-1]
		if p.N != w.n || p.Type != w.typeName || p.Column != w.column || p.Value == nil || w.value != "" && *p.Value != w.value || p.From != w.from {
			t.Errorf("parameter %+v, want %+v", p, w)
		}
	}
	together := "SELECT EXISTS (SELECT FROM reports.reports WHERE organization_id = " + sqltext.Literal(whale) + " AND report_type = " + sqltext.Literal(*o.Parameters[0].Value) + ")::text"
	if pgtest.Value(t, dsn, together) != "true" {
		t.Error("no row has the values of the organization and of the type together")
	}
}

func explained(t *testing.T, ask *Asker, q explain.Question) *plan.Plan {
	t.Helper()
	p, err := ask.Explain(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestExplainAnalyzeWithGivenValues(t *testing.T) {
	dsn := reportsDatabase(t)
	s := newServer(t, Config{DSN: dsn})
	lookAt(t, s)
	ask := s.Ask()
	values := map[int]string{6: pgtest.Value(t, dsn, "SELECT md5('org0')::uuid::text"), 2: "it's"}
	p := explained(t, ask, explain.Question{Statement: dedup, Class: plan.Given, Values: explain.Values(values), Pattern: "whale", Analyze: true})
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
	owner := pgtest.Connect(t, dsn, nil)
	pgtest.Execute(t, owner, "CREATE TABLE traces (n int)", "CREATE SEQUENCE s",
		"CREATE FUNCTION writes() RETURNS int LANGUAGE plpgsql VOLATILE AS 'BEGIN INSERT INTO traces VALUES (1); RETURN 1; END'",
		"CREATE FUNCTION lies() RETURNS int LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN writes(); END'")
	s := newServer(t, Config{DSN: dsn})
	lookAt(t, s)
	ask := s.Ask()
	tests := []struct {
		name     string
		question explain.Question
		says     string
	}{
		{"second statement", explain.Question{Statement: "SELECT 1; INSERT INTO traces VALUES (1)", Class: plan.Generic}, "not one complete statement"},
		{"end of our own", explain.Question{Statement: "SELECT 1 */; INSERT INTO traces VALUES (1)", Class: plan.Generic}, "42601"},
		{"clipped", explain.Question{Statement: "SELECT id FROM reports.reports WHERE tit", Class: plan.Generic}, "42703"},
		{"clipped in a string", explain.Question{Statement: "SELECT id FROM reports.reports WHERE title = 'Rep", Class: plan.Generic}, "not one complete statement"},
		{"utility", explain.Question{Statement: "ANALYZE reports.reports", Class: plan.Generic}, "utility"},
		{"no text", explain.Question{Class: plan.Generic}, "not known yet"},
		{"insert", explain.Question{Statement: "INSERT INTO traces VALUES (1)", Class: plan.Heavy, Analyze: true}, "change or lock rows"},
		{"insert in a WITH", explain.Question{Statement: "WITH t AS (INSERT INTO traces VALUES (1) RETURNING n) SELECT * FROM t", Class: plan.Heavy, Analyze: true},
			"change or lock rows"},
		{"row locks", explain.Question{Statement: "SELECT * FROM traces FOR UPDATE", Class: plan.Heavy, Analyze: true}, "change or lock rows"},
		{"volatile function", explain.Question{Statement: "SELECT writes()", Class: plan.Heavy, Analyze: true}, "run writes, declared volatile"},
		{"volatile function in a condition", explain.Question{Statement: "SELECT 1 FROM traces WHERE n = nextval('s')", Class: plan.Heavy, Analyze: true},
			"run nextval, declared volatile"},
		{"advisory lock", explain.Question{Statement: "SELECT pg_advisory_lock(n) FROM traces", Class: plan.Heavy, Analyze: true}, "pg_advisory_lock"},
		{"notification", explain.Question{Statement: "SELECT pg_notify('c', 'x')", Class: plan.Heavy, Analyze: true}, "pg_notify"},
		{"writing function that lies", explain.Question{Statement: "SELECT lies() FROM traces", Class: plan.Heavy, Analyze: true}, "25006"},
		{"ANALYZE in the text", explain.Question{Statement: "ANALYZE) SELECT 1", Class: plan.Generic}, "utility"},
		{"select into", explain.Question{Statement: "SELECT 1 AS n INTO made", Class: plan.Heavy, Analyze: true}, "SELECT INTO"},
		{"writing while planning", explain.Question{Statement: "SELECT 1 WHERE lies() = 1", Class: plan.Generic}, "25006"},
		{"too long", explain.Question{Statement: "SELECT pg_sleep(10)", Class: plan.Heavy, Analyze: true, Timeout: 100 * time.Millisecond}, "longer than 100ms"},
		{"ANALYZE without values", explain.Question{Statement: dedup, Class: plan.Generic, Analyze: true}, "needs values"},
		{"value that does not fit", explain.Question{Statement: dedup, Class: plan.Given, Values: explain.Values(map[int]string{6: "hunter2"})}, "22P02"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			p, err := ask.Explain(t.Context(), test.question)
			if err == nil || !strings.Contains(err.Error(), test.says) || strings.Contains(err.Error(), "hunter2") {
				t.Errorf("plan %v, error %v, want one that says %q", p, err, test.says)
			}
		})
	}
	if n := pgtest.Value(t, dsn, "SELECT count(*)::text FROM traces"); n != "0" {
		t.Errorf("EXPLAIN has written %s rows", n)
	}
	explained(t, ask, explain.Question{Statement: "SELECT 1", Class: plan.Generic}) // the session is as before
}

func TestExplainLeavesTheApplicationsStatementItsOwn(t *testing.T) {
	dsn := pgtest.Database(t)
	ask := newServer(t, Config{DSN: dsn}).Ask()
	explained(t, ask, explain.Question{Statement: "SELECT degrees(length('a'))", Class: plan.Generic}) // parsing it makes its entry, which the next call shows
	pgtest.Execute(t, pgtest.Connect(t, dsn, nil), "SELECT degrees(length('b'))", "SELECT 1")          // what a session ran last has its own constants
	text, err := ask.StatementText(t.Context(), queryIDOf(t, dsn, "%degrees(length%"))
	if err != nil || text != "SELECT degrees(length($1))" {
		t.Errorf("text %q, %v", text, err)
	}
}

func TestExplainAnalyzeOnlyWhereAllowed(t *testing.T) {
	dsn := pgtest.Database(t)
	s := newServer(t, Config{DSN: dsn, Analyze: "not without consent"})
	_, err := s.Ask().Explain(t.Context(), explain.Question{Statement: "SELECT 1", Class: plan.Heavy, Analyze: true})
	if err == nil || !strings.Contains(err.Error(), "not without consent") || s.Ask().Can().AnalyzesUnasked() {
		t.Errorf("error %v, abilities %+v", err, s.Can())
	}
	lookAt(t, s)
	p := explained(t, s.Ask(), explain.Question{Statement: "SELECT 1", Class: plan.Heavy, Analyze: true, ConsentedTo: &s.home.Load().server})
	if !p.Origin.Analyzed || !p.Root.Executed {
		t.Errorf("with consent it was not run: %+v", p.Origin)
	}
}

func TestExplainOfALockedTableGivesUpSoon(t *testing.T) {
	dsn := reportsDatabase(t)
	locker := pgtest.Connect(t, dsn, nil)
	pgtest.Execute(t, locker, "BEGIN", "LOCK TABLE reports.reports")
	_, err := newServer(t, Config{DSN: dsn}).Ask().Explain(t.Context(), explain.Question{Statement: dedup, Class: plan.Generic})
	who := fmt.Sprintf("session %d", locker.PgConn().PID())
	if pgerr.State(err) != "55P03" || !strings.Contains(err.Error(), who) || !strings.Contains(err.Error(), "AccessExclusiveLock on reports.reports") {
		t.Errorf("error %v, want one that names %s", err, who)
	}
}

func TestExplainWithoutPrivilegeNamesTheGrant(t *testing.T) {
	dsn := reportsDatabase(t)
	pgtest.Execute(t, pgtest.Connect(t, dsn, nil), "CREATE ROLE unprivileged LOGIN PASSWORD 'p'")
	t.Cleanup(func() { pgtest.Execute(t, pgtest.Connect(t, dsn, nil), "DROP ROLE unprivileged") })
	s := newServer(t, Config{DSN: pgtest.As(t, dsn, "unprivileged", "p")})
	_, err := s.Ask().Explain(t.Context(), explain.Question{Statement: dedup, Class: plan.Generic})
	if pgerr.State(err) != "42501" || !strings.Contains(err.Error(), "GRANT pg_read_all_data") {
		t.Errorf("error %v", err)
	}
	s.Close()
}

func TestStatementTextPrefersTheRunningSession(t *testing.T) {
	dsn := pgtest.Database(t)
	const running = "SELECT pg_sleep(60), length('constant') /* marker_four */"
	conn := pgtest.Connect(t, dsn, nil)
	pgtest.InBackground(t, conn, running, pgx.QueryExecModeSimpleProtocol)
	ask := newServer(t, Config{DSN: dsn}).Ask()
	id := pgtest.Eventually(t, dsn, "SELECT query_id FROM pg_stat_activity WHERE query = $1 AND query_id IS NOT NULL", running)
	if text, err := ask.StatementText(t.Context(), id); err != nil || text != running {
		t.Errorf("text %q, %v", text, err)
	}
}

func TestStatementOfAnotherDatabase(t *testing.T) {
	elsewhere := reportsDatabase(t)
	id := queryIDOf(t, elsewhere, "%reports.reports WHERE%")
	name := pgtest.Value(t, elsewhere, "SELECT current_database()::text")
	dsn := pgtest.Database(t)
	ask := newServer(t, Config{DSN: dsn}).Ask()
	_, err := ask.StatementText(t.Context(), id)
	var there *explain.ElsewhereError
	if !errors.As(err, &there) || there.Database != name || !strings.Contains(err.Error(), "-d "+name) {
		t.Fatalf("error %v, want one that names %s", err, name)
	}
	text, _, err := ask.StatementTextIn(t.Context(), name, id)
	if err != nil {
		t.Fatal(err)
	}
	p := explained(t, ask, explain.Question{Statement: text, QueryID: id, Database: name, Class: plan.Heavy})
	if p.Origin.Database != name || organizationRows(p) < 9000 {
		t.Errorf("origin %+v, %v rows", p.Origin, organizationRows(p))
	}
	pgtest.Eventually(t, dsn, "SELECT 1 WHERE NOT EXISTS (SELECT FROM pg_stat_activity WHERE application_name = 'pgmedic' AND datname = $1)", name)
	_, err = ask.Explain(t.Context(), explain.Question{Statement: "SELECT 1", Database: "nowhere", Class: plan.Generic})
	if pgerr.State(err) != "3D000" || !strings.Contains(err.Error(), "database nowhere") {
		t.Errorf("error %v", err)
	}
}

func TestAFullServerHasNoSessionForAnotherDatabase(t *testing.T) {
	server := pgtest.Server(t, map[string]string{"max_connections": "4", "superuser_reserved_connections": "0", "max_wal_senders": "0"})
	ask := newServer(t, Config{DSN: server.DSN("postgres")}).Ask()
	if _, err := ask.Server(t.Context()); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		pgtest.Connect(t, server.DSN("postgres"), nil)
	}
	_, err := ask.Explain(t.Context(), explain.Question{Statement: "SELECT 1", Database: "template1", Class: plan.Generic})
	if pgerr.State(err) != "53300" || !strings.Contains(err.Error(), "one more session") {
		t.Errorf("error %v", err)
	}
}

func TestStatementTextClippedIsRefused(t *testing.T) {
	dsn := pgtest.Database(t)
	conn := pgtest.Connect(t, dsn, nil)
	pgtest.Execute(t, conn, "DROP EXTENSION pg_stat_statements")
	pgtest.InBackground(t, conn, "SELECT pg_sleep(60), '"+strings.Repeat("long", 500)+"'", pgx.QueryExecModeSimpleProtocol)
	ask := newServer(t, Config{DSN: dsn}).Ask()
	id := pgtest.Eventually(t, dsn, "SELECT query_id FROM pg_stat_activity WHERE query LIKE '%longlong%' AND query_id IS NOT NULL AND pid <> pg_backend_pid()")
	if _, err := ask.StatementText(t.Context(), id); err == nil || !strings.Contains(err.Error(), "clipped at track_activity_query_size") {
		t.Errorf("error %v", err)
	}
}

func TestReadCannotWrite(t *testing.T) {
	dsn := pgtest.Database(t)
	err := newServer(t, Config{DSN: dsn}).Ask().Read(t.Context(), func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, "CREATE TABLE written (n int)")
		return err
	})
	if pgerr.State(err) != "25006" {
		t.Errorf("error %v", err)
	}
}

func TestDigestTellsOtherValues(t *testing.T) {
	dsn := pgtest.Database(t)
	ask := newServer(t, Config{DSN: dsn}).Ask()
	digest := func(ask *Asker, statement string, values map[int]string) string {
		return explained(t, ask, explain.Question{Statement: statement, Class: plan.Given, Values: explain.Values(values)}).Origin.Values
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
