package advise

import (
	"slices"
	"strings"
	"testing"

	"github.com/pgmedic/pgmedic/playbooks/index/judge"
	"github.com/pgmedic/pgmedic/probes/live"
	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

func TestQueries(t *testing.T) { pgtest.Queries(t, sqlFiles, query, "{schema}", "public") }

// The statements that took the most time come first, without utility statements and pgmedic's own.
func TestTop(t *testing.T) {
	dsn := pgtest.Database(t)
	conn := pgtest.Connect(t, dsn, nil)
	pgtest.Execute(t, conn, things, "VACUUM ANALYZE things")
	for range 5 { // what is called once is the first that the server forgets
		pgtest.Execute(t, conn, "SELECT pg_sleep(0.1)", "SELECT sum(id) FROM things WHERE kind = 5")
	}
	source, err := live.New(live.Config{DSN: dsn, LookOnly: true, Analyze: "the test only plans"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(source.Close)
	for range 2 { // pgmedic's own reading is counted by the second
		queries, err := Top(t.Context(), source.Ask(), 20)
		if err != nil || len(queries) == 0 {
			t.Fatal(queries, err)
		}
		found := slices.IndexFunc(queries, func(q judge.Query) bool { return strings.Contains(q.Statement, "FROM things WHERE kind = $1") })
		slept := slices.IndexFunc(queries, func(q judge.Query) bool { return strings.Contains(q.Statement, "pg_sleep") })
		if found < 0 || slept < 0 || slept > found {
			t.Errorf("%+v", queries)
		}
		for _, q := range queries {
			if sqltext.IsUtility(q.Statement) || strings.Contains(q.Statement, "pgmedic:") || q.QueryID == 0 || q.UserOID == 0 {
				t.Errorf("%+v", q)
			}
		}
	}
	queries, err := Top(t.Context(), source.Ask(), 1)
	if err != nil || len(queries) != 1 {
		t.Errorf("%+v, %v; want one", queries, err)
	}
}

func TestTopWithoutTheExtension(t *testing.T) {
	dsn := pgtest.Database(t)
	pgtest.Execute(t, pgtest.Connect(t, dsn, nil), "DROP EXTENSION pg_stat_statements")
	source, err := live.New(live.Config{DSN: dsn, LookOnly: true, Analyze: "the test only plans"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(source.Close)
	if _, err := Top(t.Context(), source.Ask(), 5); err == nil || !strings.Contains(err.Error(), "CREATE EXTENSION pg_stat_statements") {
		t.Error(err)
	}
}
