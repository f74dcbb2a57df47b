package explain

import (
	"strings"
	"testing"

	"github.com/pgmedic/pgmedic/probes/pgerr"
	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
	"github.com/pgmedic/pgmedic/probes/plan"
)

const callObjects = `
CREATE FUNCTION adds(int, int) RETURNS int LANGUAGE sql VOLATILE AS 'SELECT $1 + $2';
CREATE OPERATOR <+> (FUNCTION = adds, LEFTARG = int, RIGHTARG = int);
CREATE AGGREGATE adding(int) (SFUNC = adds, STYPE = int);
CREATE TYPE pair AS (a int, b int);
CREATE FUNCTION pair_of(int) RETURNS pair LANGUAGE sql VOLATILE AS 'SELECT ROW($1, $1)::pair';
CREATE CAST (int AS pair) WITH FUNCTION pair_of(int);
CREATE FUNCTION accepts(int) RETURNS boolean LANGUAGE sql VOLATILE AS 'SELECT true';
CREATE DOMAIN checked AS int CHECK (accepts(VALUE));
CREATE FUNCTION second(pair) RETURNS int LANGUAGE sql VOLATILE AS 'SELECT $1.b';
CREATE VIEW inner_view AS SELECT column1 AS n FROM (VALUES (adds(1, 2))) AS v;
CREATE VIEW outer_view AS SELECT n FROM inner_view;
CREATE TABLE numbered (id int DEFAULT adds(1, 2) CHECK (accepts(id)))`

// EXPLAIN prints no VALUES rows, no LIMIT, no window's frame, and no names of what stands behind operators, aggregates, casts, domains: the text is judged too.
func TestAnalyzeRefusesWhatThePlanDoesNotShow(t *testing.T) {
	dsn := pgtest.Database(t)
	owner := pgtest.Connect(t, dsn, nil)
	for statement := range strings.SplitSeq(callObjects, ";\n") {
		pgtest.Execute(t, owner, statement)
	}
	ask := newAsker(t, dsn)
	for name, statement := range map[string]string{
		"VALUES":                "SELECT * FROM (VALUES (pg_try_advisory_lock(21))) AS v",
		"LIMIT":                 "SELECT 1 LIMIT CASE WHEN pg_try_advisory_lock(31) THEN 1 ELSE 2 END",
		"OFFSET":                "SELECT 1 OFFSET pg_try_advisory_lock(32)::int",
		"a window's frame":      "SELECT sum(g) OVER (ORDER BY g ROWS pg_try_advisory_lock(33)::int PRECEDING) FROM generate_series(1, 2) AS g",
		"quotes and a comment":  `SELECT * FROM (VALUES ("pg_catalog" . "pg_try_advisory_lock" /* here */ (34))) AS v`,
		"an escaped name":       `SELECT * FROM (VALUES (U&"pg\005ftry_advisory_lock"(35))) AS v`,
		"operator":              "SELECT 1 <+> g FROM generate_series(1, 2) AS g",
		"operator by its name":  "SELECT 1 OPERATOR(public.<+>) g FROM generate_series(1, 2) AS g",
		"aggregate":             "SELECT adding(g) FROM generate_series(1, 2) AS g",
		"cast":                  "SELECT * FROM (VALUES (5::pair)) AS v",
		"domain":                "SELECT * FROM (VALUES (CAST(7 AS public.checked))) AS v",
		"field of a row":        "SELECT * FROM (VALUES ((ROW(1, 2)::pair).second)) AS v",
		"view of a view":        "SELECT n FROM outer_view",
		"function of no schema": "SELECT * FROM (VALUES (adds(1, 2))) AS v",
	} {
		if _, err := ask.explain(t, Question{Statement: statement, Class: plan.Heavy}); err != nil && !strings.Contains(err.Error(), "cannot be looked up") {
			t.Errorf("%s cannot be planned: %v", name, err)
		}
		_, err := ask.explain(t, Question{Statement: statement, Class: plan.Heavy, Analyze: true})
		if err == nil || !strings.Contains(err.Error(), "declared volatile") && !strings.Contains(err.Error(), "cannot be looked up") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if n := pgtest.Value(t, dsn, "SELECT count(*)::text FROM pg_locks WHERE locktype = 'advisory'"); n != "0" {
		t.Errorf("%s advisory locks are left", n)
	}
	ask.explained(t, Question{Statement: "SELECT lower(c.relname), count(*), sum(c.relpages) FROM pg_class AS c WHERE c.oid IN ($1, 2) GROUP BY 1 ORDER BY max(c.relname) LIMIT 3",
		Class: plan.Heavy, Analyze: true})
	// to read rows computes no default and checks nothing
	ask.explained(t, Question{Statement: "SELECT * FROM numbered WHERE id < $1", Class: plan.Heavy, Analyze: true})
}

// long is a name that the server cuts.
const long = "a_name_that_is_longer_than_the_sixty_three_bytes_that_the_server_keeps_of_it"

const foreignObjects = `
CREATE ROLE writes_code LOGIN PASSWORD 'p';
CREATE ROLE just_looks LOGIN PASSWORD 'p';
CREATE TYPE pair AS (a int, b int);
CREATE FUNCTION ours() RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 1';
CREATE FUNCTION theirs(int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RAISE EXCEPTION ''it ran''; END';
CREATE FUNCTION Ünder(int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RAISE EXCEPTION ''it ran''; END';
CREATE FUNCTION field(pair) RETURNS int LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RAISE EXCEPTION ''it ran''; END';
CREATE VIEW hides AS SELECT theirs(1) AS n;
ALTER FUNCTION theirs(int) OWNER TO writes_code;
ALTER FUNCTION Ünder(int) OWNER TO writes_code;
CREATE FUNCTION ` + long + `(int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RAISE EXCEPTION ''it ran''; END';
ALTER FUNCTION ` + long + `(int) OWNER TO writes_code;
ALTER FUNCTION field(pair) OWNER TO writes_code;
CREATE SCHEMA aside;
CREATE FUNCTION aside.count(int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 1';
ALTER FUNCTION aside.count(int) OWNER TO writes_code`

// raised is the SQLSTATE of RAISE EXCEPTION.
const raised = "P0001"

// Planning runs immutable functions: as a superuser those that others wrote are not let in.
func TestASuperuserPlansNobodysFunctions(t *testing.T) {
	dsn := pgtest.Database(t)
	owner := pgtest.Connect(t, dsn, nil)
	t.Cleanup(func() {
		pgtest.Execute(t, pgtest.Connect(t, dsn, nil), "DROP OWNED BY writes_code CASCADE", "DROP OWNED BY just_looks", "DROP ROLE writes_code", "DROP ROLE just_looks")
	})
	for statement := range strings.SplitSeq(foreignObjects, ";\n") {
		pgtest.Execute(t, owner, statement)
	}
	ask := newAsker(t, dsn)
	refused := func(ask *asker, statement string) {
		t.Helper()
		_, err := ask.explain(t, Question{Statement: statement, Class: plan.Generic})
		if err == nil || pgerr.State(err) == raised || !strings.Contains(err.Error(), "pgmedic doctor --grants") {
			t.Errorf("%s: %v", statement, err)
		}
	}
	for _, statement := range []string{
		"SELECT 1 WHERE theirs(1) = $1", "SELECT 1 WHERE public.theirs (1) = $1", "SELECT Ünder(1)", "SELECT ('(1,2)'::pair).field", "SELECT n FROM hides",
		"SELECT aside.count(1)", "SELECT " + long + "(1)",
	} {
		refused(ask, statement)
	}
	if _, err := ask.explain(t, Question{Statement: `SELECT U&"\0074heirs"(1)`, Class: plan.Generic}); err == nil || !strings.Contains(err.Error(), "cannot be looked up") {
		t.Errorf("an escaped name: %v", err)
	}
	ask.explained(t, Question{Statement: "SELECT count(*), ours() FROM pg_class", Class: plan.Generic})

	pgtest.Execute(t, owner, "GRANT pg_execute_server_program TO just_looks")
	looks := newAsker(t, pgtest.As(t, dsn, "just_looks", "p"))
	refused(looks, "SELECT 1 WHERE theirs(1) = $1")
	pgtest.Execute(t, owner, "REVOKE pg_execute_server_program FROM just_looks")
	if _, err := looks.explain(t, Question{Statement: "SELECT theirs(1)", Class: plan.Generic}); pgerr.State(err) != raised {
		t.Errorf("a role that is no superuser: %v", err)
	}
	_ = looks.conn.Close(t.Context())
}
