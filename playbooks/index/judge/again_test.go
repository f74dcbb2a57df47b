package judge

import (
	"testing"

	"github.com/pgmedic/pgmedic/playbooks/index/indextest"
	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
	"github.com/pgmedic/pgmedic/probes/plan"
)

// Where an index is for the values of a real call, and for no others, the plan taken again has those values too.
func TestBeforeIsTakenAgainWithItsOwnValues(t *testing.T) {
	dsn := pgtest.Database(t)
	pgtest.Execute(t, pgtest.Connect(t, dsn, nil),
		"CREATE TABLE numbers (id int, word text, pad text)",
		"INSERT INTO numbers SELECT (i * 7919) % 100000, 'v' || i, repeat('p', 100) FROM generate_series(1, 100000) AS i",
		"ANALYZE numbers")
	ask := indextest.Watched(t, dsn).Ask()
	a, err := Statement(t.Context(), ask, Query{Statement: "SELECT * FROM numbers WHERE id > $1", Live: "SELECT * FROM numbers WHERE id > 99990", LiveFrom: "those of a call"})
	if err != nil {
		t.Fatal(err)
	}
	before := a.Before
	if a.Verdict != Recommended || before.Origin.Class != plan.Given {
		t.Fatalf("%s %s, judged by %s values", a.Verdict, a.Reason, before.Origin.Class)
	}
	after, err := a.order(a.Drafts[0]).Again(t.Context(), ask)
	if err != nil {
		t.Fatal(err)
	}
	if after.Root.PlanRows != before.Root.PlanRows || after.Root.TotalCost != before.Root.TotalCost {
		t.Errorf("%.0f rows at %.1f, and again %.0f at %.1f", before.Root.PlanRows, before.Root.TotalCost, after.Root.PlanRows, after.Root.TotalCost)
	}
}

// A plan with other values than before is not held against it.
func TestOtherValuesAreNotCompared(t *testing.T) {
	dsn := pgtest.Database(t)
	pgtest.Execute(t, pgtest.Connect(t, dsn, nil), "CREATE TABLE words (word text)", "INSERT INTO words SELECT 'w' || i FROM generate_series(1, 1000) AS i", "ANALYZE words")
	ask := indextest.Watched(t, dsn).Ask()
	a, err := Statement(t.Context(), ask, Query{Statement: "SELECT * FROM words WHERE word = $1"})
	if err != nil {
		t.Fatal(err)
	}
	other := "w77"
	a.taken.question.Values[1] = &other
	if _, err := a.order(Variant{}).Again(t.Context(), ask); err == nil {
		t.Error("a plan with another value stands beside the one before")
	}
}
