package explain

import (
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/pgmedic/pgmedic/probes/pgerr"
	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
	"github.com/pgmedic/pgmedic/probes/plan"
)

// Each owner has titles of its own: the whale's are not the most common ones. Its pending jobs are of one kind, which is rare elsewhere too.
const togetherTable = `
CREATE TYPE mood AS ENUM ('calm', 'loud');
CREATE TABLE jobs (id int, owner int, "The Title" text, kind text, state text, doc jsonb, tone mood, done timestamptz, hidden boolean);
INSERT INTO jobs SELECT g, CASE WHEN whale THEN 7 ELSE 100 + g % 500 END, CASE WHEN whale THEN 'w' || g / 10 % 40 ELSE 'o' || g % 20 END,
  'k' || CASE WHEN whale THEN 1 ELSE g % 5 END, CASE WHEN g % 50 = 0 THEN 'pending' ELSE 'over' END,
  jsonb_build_object('n', CASE WHEN whale THEN g % 3 ELSE g % 30 END), (CASE WHEN whale THEN 'loud' ELSE 'calm' END)::mood,
  CASE WHEN whale AND g / 10 % 40 <> 3 OR g % 2 = 0 AND NOT whale THEN now() END, whale
  FROM (SELECT g, g % 10 = 0 AS whale FROM generate_series(1, 30000) AS g) AS x;
ANALYZE jobs`

func togetherAsker(t *testing.T) (*asker, string) {
	t.Helper()
	dsn := pgtest.Database(t)
	owner := pgtest.Connect(t, dsn, nil)
	for statement := range strings.SplitSeq(togetherTable, ";\n") {
		pgtest.Execute(t, owner, statement)
	}
	return newAsker(t, dsn), dsn
}

// The values of one table's equalities are in rows together, those that its constant conditions find; where they meet an OR, they stay as they are.
func TestHeavyValuesBelongTogether(t *testing.T) {
	ask, dsn := togetherAsker(t)
	conn := pgtest.Connect(t, dsn, nil)
	tests := []struct {
		condition string
		together  bool
		want      map[int]string
	}{
		{`owner = $1 AND "The Title" = $2`, true, map[int]string{1: "7"}},
		{`"The Title" = $1 AND owner = $2 AND done IS NULL`, true, map[int]string{1: "w3", 2: "7"}},
		{`owner = $1 AND "The Title" = $2 AND kind = $3 AND doc = $4 AND tone = $5`, true, map[int]string{1: "7", 3: "k1", 5: "loud"}},
		{`owner = $1 AND "The Title" = ANY ($2)`, true, map[int]string{1: "7"}},
		{`owner = $1 AND state = $2 AND hidden`, true, map[int]string{1: "7", 2: "pending"}},
		{`owner = $1 AND "The Title" = $2 AND id > $3`, true, map[int]string{1: "7"}},
		{`(owner = $1 OR "The Title" = $2)`, false, map[int]string{1: "7"}},
		{`owner = $1 AND "The Title" = $2 AND NOT hidden AND kind = $3`, false, map[int]string{1: "7"}},
		{`state = $1 AND kind = $2`, false, nil},
	}
	for _, test := range tests {
		p := ask.explained(t, Question{Statement: "SELECT * FROM jobs WHERE " + test.condition, Class: plan.Heavy})
		if said := strings.Contains(p.Origin.Note, "those of one row"); said != test.together {
			t.Errorf("%s: note %q", test.condition, p.Origin.Note)
		}
		for n, want := range test.want {
			if got := p.Origin.Parameters[n-1]; got.Value == nil || *got.Value != want {
				t.Errorf("%s: $%d is %v, want %s", test.condition, n, *got.Value, want)
			}
		}
		equalities, _, _ := strings.Cut(test.condition, " AND id >")
		parameters := p.Origin.Parameters[:strings.Count(equalities, "$")]
		result := conn.PgConn().ExecParams(t.Context(), "SELECT count(*)::text FROM jobs WHERE "+equalities, raw(parameters), nil, nil, nil).Read()
		if result.Err != nil || test.together && string(result.Rows[0][0]) == "0" {
			t.Errorf("%s: no row has the values together (%v)", test.condition, result.Err)
		}
	}
}

// A column that was never analysed has its value from the row as well, and given values are nobody's to change.
func TestValuesThatARowSupplies(t *testing.T) {
	ask, dsn := togetherAsker(t)
	pgtest.Execute(t, pgtest.Connect(t, dsn, nil), `ALTER TABLE jobs ALTER COLUMN "The Title" SET STATISTICS 0`, "DELETE FROM pg_statistic WHERE starelid = 'jobs'::regclass AND staattnum = 3")
	const statement = `SELECT * FROM jobs WHERE owner = $1 AND "The Title" = $2 AND doc = $3`
	p := ask.explained(t, Question{Statement: statement, Class: plan.Heavy, Values: Values(map[int]string{3: `{"n": 99}`})})
	title, doc := p.Origin.Parameters[1], p.Origin.Parameters[2]
	if title.From != plan.FromMade || !strings.HasPrefix(*title.Value, "w") || doc.From != plan.FromGiven || *doc.Value != `{"n": 99}` {
		t.Errorf("parameters %+v", p.Origin.Parameters)
	}
}

// Where a row must not be read, the values are those that the statistics have, column by column.
func TestNoRowIsReadWithoutRights(t *testing.T) {
	_, dsn := togetherAsker(t)
	owner := pgtest.Connect(t, dsn, nil)
	pgtest.Execute(t, owner,
		"CREATE FUNCTION locks(text) RETURNS boolean LANGUAGE plpgsql AS 'BEGIN PERFORM pg_advisory_lock(82); RETURN true; END'",
		"CREATE DOMAIN word AS text CHECK (locks(VALUE))",
		`CREATE TABLE typed AS SELECT owner, "The Title"::word FROM jobs`, "CREATE TABLE guarded AS SELECT * FROM jobs", "CREATE TABLE hidden AS SELECT * FROM jobs",
		"ALTER TABLE guarded ENABLE ROW LEVEL SECURITY", "CREATE POLICY all_rows ON guarded USING (true)",
		`CREATE VIEW seen AS SELECT owner, "The Title" FROM hidden`, "ANALYZE", "SELECT pg_advisory_unlock_all()",
		"CREATE ROLE reads_jobs LOGIN PASSWORD 'p'", "GRANT SELECT ON typed, guarded, seen, jobs TO reads_jobs", "GRANT SELECT (owner) ON hidden TO reads_jobs")
	t.Cleanup(func() {
		pgtest.Execute(t, pgtest.Connect(t, dsn, nil), "DROP OWNED BY reads_jobs", "DROP ROLE reads_jobs")
	})
	ask := newAsker(t, pgtest.As(t, dsn, "reads_jobs", "p"))
	for _, relation := range []string{"typed", "guarded", "seen"} {
		p := ask.explained(t, Question{Statement: "SELECT * FROM " + relation + ` WHERE owner = $1 AND "The Title" = $2`, Class: plan.Heavy})
		if strings.Contains(p.Origin.Note, "those of one row") {
			t.Errorf("%s: note %q", relation, p.Origin.Note)
		}
	}
	p := ask.explained(t, Question{Statement: `SELECT * FROM jobs WHERE owner = $1 AND "The Title" = $2`, Class: plan.Heavy})
	if !strings.Contains(p.Origin.Note, "those of one row") {
		t.Errorf("where it may read: %q", p.Origin.Note)
	}
	if n := pgtest.Value(t, dsn, "SELECT count(*)::text FROM pg_locks WHERE locktype = 'advisory' AND pid = $1", ask.conn.PgConn().PID()); n != "0" {
		t.Errorf("%s advisory locks are held", n)
	}
	_ = ask.conn.Close(t.Context())
}

// A locked table is refused within lock_timeout, and what was set for the reading of pages is gone afterwards.
func TestRowOfALockedTable(t *testing.T) {
	ask, dsn := togetherAsker(t)
	q := Question{Statement: `SELECT * FROM jobs WHERE owner = $1 AND "The Title" = $2`, Class: plan.Heavy}
	locker := pgtest.Connect(t, dsn, nil)
	pgtest.Execute(t, locker, "BEGIN", "LOCK TABLE jobs")
	start := time.Now()
	if _, err := ask.explain(t, q); pgerr.State(err) != "55P03" || time.Since(start) > 5*time.Second {
		t.Errorf("locked: %v after %v", err, time.Since(start))
	}
	pgtest.Execute(t, locker, "ROLLBACK")
	ask.in(t, func(tx pgx.Tx) {
		defer Forget(ask.conn)
		var left string
		_, err := Explain(t.Context(), Context{Tx: tx, Server: ask.server, Key: []byte("k"), Now: time.Now()}, q)
		if scanned := tx.QueryRow(t.Context(), "SELECT current_setting('statement_timeout')").Scan(&left); err != nil || scanned != nil || left != ask.timeout {
			t.Errorf("statement_timeout is %q afterwards: %v, %v", left, err, scanned)
		}
	})
	if got := pgtest.Value(t, dsn, "SELECT count(*)::text FROM pg_stat_statements WHERE query LIKE '%few_rows%' AND query LIKE '%owner = 7%'"); got != "0" {
		t.Errorf("%s statements hold a value", got)
	}
}
