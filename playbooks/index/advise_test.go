package index

import (
	"strings"
	"testing"
)

// The seed's statement is judged by the values that hurt: the draft has what the seed's own index has, and the rewrite of its time filter comes with it.
func TestAdviceForTheSeed(t *testing.T) {
	dsn, _, finding := seeded(t)
	ask := watched(t, dsn).Ask()
	text, err := ask.StatementText(t.Context(), finding.Statement.QueryID)
	if err != nil {
		t.Fatal(err)
	}
	a, err := Advise(t.Context(), ask, Query{Statement: text, QueryID: finding.Statement.QueryID})
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
