package judge

import (
	"slices"
	"strings"
	"testing"

	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/playbooks/index/indextest"
	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
)

// Of two indexes on two tables each has its own reasons and its own price for who writes, be its keys named alike; the other statements of both tables are looked at.
func TestEachTableOfATeamIsWeighed(t *testing.T) {
	dsn := pgtest.Database(t)
	pgtest.Execute(t, pgtest.Connect(t, dsn, nil),
		"CREATE TABLE bills (id int, owner int, code int, pad text)", "CREATE TABLE letters (code int, owner int, pad text)",
		"INSERT INTO bills SELECT i, i % 5000, i % 20000, repeat('x', 100) FROM generate_series(1, 40000) AS i",
		"INSERT INTO letters SELECT i, i % 15000, repeat('x', 100) FROM generate_series(1, 60000) AS i", "VACUUM ANALYZE bills", "VACUUM ANALYZE letters",
		"SELECT count(*) FROM letters WHERE owner = 5", "SELECT count(*) FROM bills WHERE owner = 5")
	a, err := Statement(t.Context(), indextest.Watched(t, dsn).Ask(), Query{Statement: "SELECT l.pad FROM bills AS b JOIN letters AS l ON l.owner = b.code WHERE b.owner = 6"})
	if err != nil || a.Verdict != Recommended || len(a.Drafts[0].Indexes) != 2 {
		t.Fatal(a.Verdict, a.Reason, a.Drafts, err)
	}
	v := a.Drafts[0]
	explained := Script(v.Explained())
	for _, words := range []string{"owner  -- equality", "owner  -- the join looks for it"} {
		if !strings.Contains(explained, words) {
			t.Errorf("no %q in\n%s", words, explained)
		}
	}
	for _, part := range []string{"owner on public.bills", "owner on public.letters"} {
		if !slices.ContainsFunc(v.Reasons, func(r playbooks.Reason) bool { return r.Part == part }) {
			t.Errorf("no reason for %s: %+v", part, v.Reasons)
		}
	}
	for _, name := range []string{"public.bills: ", "public.letters: "} {
		if !strings.Contains(v.Write, name+"every insert") || !strings.Contains(a.Others, name+"of ") {
			t.Errorf("not weighed on %s%q, %q", name, v.Write, a.Others)
		}
	}
	for _, table := range []string{"bills", "letters"} {
		if !slices.ContainsFunc(a.Winners, func(e Effect) bool { return strings.HasPrefix(e.Statement, "SELECT count(*) FROM "+table) }) ||
			!slices.ContainsFunc(a.Losers, func(e Effect) bool { return strings.HasPrefix(e.Statement, "INSERT INTO "+table) }) {
			t.Errorf("%s: winners %+v, losers %+v", table, a.Winners, a.Losers)
		}
	}
}
