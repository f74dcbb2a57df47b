package judge

import (
	"strings"
	"testing"

	"github.com/pgmedic/pgmedic/playbooks/index/indextest"
	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
)

// The seed's statement is judged by the values that hurt: the draft has what the seed's own index has, and the rewrite of its time filter comes with it.
func TestAdviceForTheSeed(t *testing.T) {
	dsn, _, id := indextest.Seeded(t)
	ask := indextest.Watched(t, dsn).Ask()
	text, err := ask.StatementText(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	a, err := Statement(t.Context(), ask, Query{Statement: text, QueryID: id})
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range a.Drafts {
		t.Logf("%s: %s\n%+v", v.Kind, strings.Join(v.SQL, "; "), v)
	}
	t.Logf("%s %s; rewrite %+v", a.Verdict, a.Reason, a.Rewrite)
	if a.Verdict != Recommended {
		t.Fatal(a.Verdict, a.Reason, a.Instead)
	}
	shape := a.Drafts[0].Indexes[0].Shape
	if shape.Keys[0].Column != "user_id" || shape.Predicate() != "completed_at IS NULL" || strings.Contains(shape.KeyList(), "params") {
		t.Error("not the index that the seed needs:", shape.Definition())
	}
	if a.Rewrite == nil || !strings.Contains(a.Rewrite.To, "created_at > current_timestamp - make_interval(") {
		t.Errorf("the time filter is not rewritten: %+v", a.Rewrite)
	}
}

// A function that does not take the constant that it is tried with is no key of an index; the rest of the statement is advised on.
func TestAFunctionThatRaises(t *testing.T) {
	dsn := pgtest.Database(t)
	indextest.Script(t, pgtest.Connect(t, dsn, nil), `
CREATE FUNCTION strict_code(text) RETURNS text IMMUTABLE LANGUAGE plpgsql AS 'BEGIN IF $1 !~ ''^v'' THEN RAISE EXCEPTION ''bad code %'', $1; END IF; RETURN upper($1); END';
CREATE TABLE codes (id int, a int, s text, pad text);
INSERT INTO codes SELECT i, i % 5000, 'v' || i, repeat('p', 100) FROM generate_series(1, 50000) AS i;
ANALYZE codes;
`)
	ask := indextest.Watched(t, dsn).Ask()
	a, err := Statement(t.Context(), ask, Query{Statement: "SELECT * FROM codes WHERE a = 5 AND strict_code(s) = 'V5'"})
	if err != nil || a.Verdict != Recommended || a.Drafts[0].Indexes[0].Shape.KeyList() != "a" {
		t.Errorf("%s %s %+v %v, want an index on a", a.Verdict, a.Reason, a.Drafts, err)
	}
	if a, err = Statement(t.Context(), ask, Query{Statement: "SELECT * FROM codes WHERE strict_code(s) = 'V5'"}); err != nil || a.Verdict != None {
		t.Errorf("%s %s %v, want none", a.Verdict, a.Reason, err)
	}
}
