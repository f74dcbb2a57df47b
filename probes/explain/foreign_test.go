package explain

import (
	"strings"
	"testing"

	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
	"github.com/pgmedic/pgmedic/probes/plan"
)

// behindObjects belong to a superuser but for the functions, which belong to hides_code.
const behindObjects = `
CREATE ROLE hides_code;
CREATE TYPE two AS (a int, b int);
CREATE FUNCTION bad(int) RETURNS int LANGUAGE plpgsql IMMUTABLE
    AS 'BEGIN IF current_setting(''test.armed'', true) = ''1'' THEN RAISE EXCEPTION ''it ran''; END IF; RETURN 1; END';
CREATE FUNCTION bad_match(two, int) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT bad($2) = 1';
CREATE FUNCTION bad_cast(two) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT bad(1)';
CREATE OPERATOR ~~ (FUNCTION = bad_match, LEFTARG = two, RIGHTARG = int);
CREATE OPERATOR = (FUNCTION = bad_match, LEFTARG = two, RIGHTARG = int);
CREATE OPERATOR <> (FUNCTION = bad_match, LEFTARG = two, RIGHTARG = int);
CREATE OPERATOR >= (FUNCTION = bad_match, LEFTARG = two, RIGHTARG = int);
CREATE OPERATOR <= (FUNCTION = bad_match, LEFTARG = two, RIGHTARG = int);
CREATE DOMAIN guarded AS int CHECK (bad(VALUE) = 1);
CREATE TYPE holder AS (inside guarded);
CREATE TABLE plain (id int);
CREATE TABLE held (h holder);
CREATE TABLE defaulted (id int, by_default int DEFAULT bad(1));
CREATE TABLE indexed (id int);
CREATE INDEX ON indexed ((id + bad(1)));
CREATE TABLE parent (id int);
CREATE TABLE heir (CHECK (id > bad(1))) INHERITS (parent);
CREATE TABLE ruled (id int);
CREATE RULE also AS ON INSERT TO ruled DO ALSO SELECT bad(1);
CREATE TABLE split (id int) PARTITION BY RANGE ((id + bad(1)));
CREATE VIEW of_indexed AS SELECT id FROM indexed`

// What the text does not name as a call runs in planning all the same.
func TestASuperuserPlansNothingHidden(t *testing.T) {
	dsn := pgtest.Database(t)
	owner := pgtest.Connect(t, dsn, nil)
	t.Cleanup(func() {
		pgtest.Execute(t, pgtest.Connect(t, dsn, nil), "DROP OWNED BY hides_code CASCADE", "DROP ROLE hides_code")
	})
	for statement := range strings.SplitSeq(behindObjects, ";\n") {
		pgtest.Execute(t, owner, statement)
	}
	for _, function := range []string{"bad(int)", "bad_match(two, int)", "bad_cast(two)"} {
		pgtest.Execute(t, owner, "ALTER FUNCTION "+function+" OWNER TO hides_code")
	}
	ask := newAsker(t, dsn)
	pgtest.Execute(t, ask.conn, "SET test.armed = '1'")
	for name, statement := range map[string]string{
		"LIKE":                     "SELECT 1 WHERE '(1,2)'::two LIKE 1",
		"IN":                       "SELECT 1 WHERE '(1,2)'::two IN (1, 2)",
		"NOT IN":                   "SELECT 1 WHERE '(1,2)'::two NOT IN (1, 2)",
		"BETWEEN":                  "SELECT 1 WHERE '(1,2)'::two BETWEEN 1 AND 2",
		"NULLIF":                   "SELECT NULLIF('(1,2)'::two, 1)",
		"CASE":                     "SELECT CASE '(1,2)'::two WHEN 1 THEN 1 END",
		"IS DISTINCT FROM":         "SELECT 1 WHERE '(1,2)'::two IS DISTINCT FROM 1",
		"!=":                       "SELECT 1 WHERE '(1,2)'::two != 1",
		"another column's default": "INSERT INTO defaulted (id) VALUES ($1)",
		"an index's expression":    "SELECT * FROM indexed WHERE id < $1",
		"an heir's check":          "SELECT * FROM parent WHERE id < 1",
		"a rule":                   "INSERT INTO ruled VALUES (1)",
		"a partition key":          "SELECT * FROM split WHERE id < $1",
		"behind a view":            "SELECT * FROM of_indexed WHERE id < $1",
		"a domain in a row":        "INSERT INTO held VALUES ($1)",
	} {
		_, err := ask.explain(t, Question{Statement: statement, Class: plan.Heavy, Values: Values(map[int]string{1: "(1)"})})
		if err == nil || !strings.Contains(err.Error(), "pgmedic doctor --grants") {
			t.Errorf("%s: %v", name, err)
		}
	}
	const harmless = "SELECT count(*) FROM plain WHERE id < $1"
	ask.explained(t, Question{Statement: harmless, Class: plan.Heavy})
	pgtest.Execute(t, owner, "CREATE CAST (two AS int) WITH FUNCTION bad_cast(two)")
	if _, err := ask.explain(t, Question{Statement: harmless, Class: plan.Heavy}); err == nil || !strings.Contains(err.Error(), "bad_cast") {
		t.Errorf("a cast that may stand anywhere: %v", err)
	}
}
