package judge

import (
	"slices"
	"strings"
	"testing"

	"github.com/pgmedic/pgmedic/playbooks/index/apply"
	"github.com/pgmedic/pgmedic/playbooks/index/indextest"
	"github.com/pgmedic/pgmedic/playbooks/index/price"
	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
	"github.com/pgmedic/pgmedic/probes/plan"
)

// A promise that does not hold for the value that most rows have says so.
func TestPromiseSaysForWhom(t *testing.T) {
	dsn := pgtest.Database(t)
	pgtest.Execute(t, pgtest.Connect(t, dsn, nil),
		"CREATE TABLE tickets (id int, account int, status text, data jsonb, pad text)",
		`INSERT INTO tickets SELECT i, CASE WHEN i % 5 < 2 THEN 1 ELSE i % 3000 END, CASE WHEN i % 50 = 0 THEN 'open' ELSE 'closed' END,
			jsonb_build_object('k', i), repeat('x', 100) FROM generate_series(1, 60000) AS i`,
		"VACUUM ANALYZE tickets")
	ask := indextest.Watched(t, dsn).Ask()
	for _, c := range []struct {
		statement, keys string
		class           plan.Class
		warning         string
	}{
		{"SELECT id FROM tickets WHERE account = $1 ORDER BY (data ->> $2)::int LIMIT $3", "account", plan.Typical, "for the most common one of account (40 % of the rows) it gains little or nothing"},
		{"SELECT pad FROM tickets WHERE status = $1", "status", plan.Heavy, "judged with a rare value of status, as such columns are searched for what is rare: for the most common one (98 % of the rows)"},
		{"SELECT pad FROM tickets WHERE id = $1", "id", plan.Heavy, ""},
	} {
		a, err := Statement(t.Context(), ask, Query{Statement: c.statement})
		if err != nil || a.Verdict != Recommended {
			t.Fatal(c.statement, a.Verdict, a.Reason, err)
		}
		told := slices.ContainsFunc(a.Warnings, func(w string) bool { return c.warning != "" && strings.Contains(w, c.warning) })
		promised := slices.ContainsFunc(a.Warnings, func(w string) bool { return strings.Contains(w, "most common one") })
		if a.Drafts[0].Indexes[0].Shape.KeyList() != c.keys || a.Before.Origin.Class != c.class || told != (c.warning != "") || promised != told {
			t.Errorf("%s: %s for %s, %q", c.statement, a.Drafts[0].Indexes[0].Shape.KeyList(), a.Before.Origin.Class, a.Warnings)
		}
	}
}

// A sentence for one row, for several indexes, and for what spares cost but no rows.
func TestSummary(t *testing.T) {
	known := Known{price.Estimated, price.Estimated}
	for want, v := range map[string]Variant{
		"btree reads about 1 row instead of 20 (estimated by the planner), at a cost of 2 instead of 30":             {Kind: "btree", RowsRead: Change{20, 1}, Cost: Change{30, 2}, Known: known},
		"2 indexes read about 3 rows instead of 20 (estimated by the planner), at a cost of 2 instead of 30":         {Kind: "2 indexes", Indexes: make([]apply.Index, 2), RowsRead: Change{20, 3}, Cost: Change{30, 2}, Known: known},
		"btree: the statement costs 2 instead of 30, though it still reads about 20 rows (estimated by the planner)": {Kind: "btree", RowsRead: Change{20, 20}, Cost: Change{30, 2}, Known: known},
	} {
		if got := v.Summary(); got != want {
			t.Errorf("%q\nwant %q", got, want)
		}
	}
}
