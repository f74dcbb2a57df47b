package explain

import (
	"strings"
	"testing"

	"github.com/pgmedic/pgmedic/probes/pgerr"
	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
	"github.com/pgmedic/pgmedic/probes/plan"
)

// A placeholder that does not fit becomes NULL, which costs a second try: EXPLAIN ANALYZE has none, and runs with the values of a plan, NULL among them.
func TestAnalyzeIsTriedOnce(t *testing.T) {
	ask := newAsker(t, pgtest.Database(t))
	q := Question{Statement: "SELECT g FROM generate_series(1, 3) AS g WHERE g = $1::text::int OR g < $2", Class: plan.Heavy}
	before := ask.explained(t, q)
	if p := before.Origin.Parameters; p[0].Value != nil {
		t.Fatalf("parameters %+v", p)
	}
	q.Analyze = true
	if _, err := ask.explain(t, q); pgerr.State(err) != "22P02" {
		t.Errorf("error %v", err)
	}
	two := "2"
	q.Values = ValuesOf(before)
	q.Values[2] = &two
	p := ask.explained(t, q)
	if got := p.Origin.Parameters; got[0].Value != nil || got[0].From != plan.FromGiven || *got[1].Value != two || p.Root.ActualRows != 1 {
		t.Errorf("%v rows with %+v", p.Root.ActualRows, got)
	}
}

// Without parameters every plan is one with the statement's own constants.
func TestClassWithoutParameters(t *testing.T) {
	ask := newAsker(t, pgtest.Database(t))
	for _, class := range []plan.Class{plan.Generic, plan.Heavy, plan.Typical, plan.Given} {
		if p := ask.explained(t, Question{Statement: "SELECT 1", Class: class}); p.Origin.Class != plan.Given {
			t.Errorf("asked for %s, got %s", class, p.Origin.Class)
		}
	}
}

// Who holds a table of the same name in another schema is not in the way.
func TestTheLockerOfTheRightTableIsNamed(t *testing.T) {
	dsn := pgtest.Database(t)
	first, second := pgtest.Connect(t, dsn, nil), pgtest.Connect(t, dsn, nil)
	pgtest.Execute(t, first, "CREATE TABLE jobs (id int)", "CREATE SCHEMA aside", "CREATE TABLE aside.jobs (id int)", "BEGIN", "LOCK TABLE aside.jobs")
	pgtest.Execute(t, second, "BEGIN", "LOCK TABLE jobs")
	ask := newAsker(t, dsn)
	for statement, want := range map[string]string{"SELECT * FROM jobs": " on public.jobs,", "SELECT * FROM aside.jobs": " on aside.jobs,"} {
		_, err := ask.explain(t, Question{Statement: statement, Class: plan.Generic})
		if pgerr.State(err) != "55P03" || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", statement, err)
		}
	}
}

// To compute an expression of a column's common values must not run what somebody made a type of.
func TestStatisticsAreNotReadThroughADomain(t *testing.T) {
	dsn := pgtest.Database(t)
	owner := pgtest.Connect(t, dsn, nil)
	pgtest.Execute(t, owner,
		"CREATE FUNCTION locks(text) RETURNS boolean LANGUAGE plpgsql AS 'BEGIN PERFORM pg_advisory_lock(81); RETURN true; END'",
		"CREATE DOMAIN guarded AS text CHECK (locks(VALUE))",
		"CREATE TABLE notes (word guarded)", "INSERT INTO notes SELECT 'v' || g % 5 FROM generate_series(1, 100) AS g", "ANALYZE notes", "SELECT pg_advisory_unlock_all()")
	ask := newAsker(t, dsn)
	ask.explained(t, Question{Statement: "SELECT * FROM notes WHERE upper(word) = $1", Class: plan.Heavy})
	if n := pgtest.Value(t, dsn, "SELECT count(*)::text FROM pg_locks WHERE locktype = 'advisory' AND pid = $1", ask.conn.PgConn().PID()); n != "0" {
		t.Errorf("%s advisory locks are held", n)
	}
}
