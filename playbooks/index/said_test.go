package index

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/playbooks/index/figure"
	"github.com/pgmedic/pgmedic/playbooks/index/indextest"
	"github.com/pgmedic/pgmedic/playbooks/index/judge"
	"github.com/pgmedic/pgmedic/playbooks/index/price"
	"github.com/pgmedic/pgmedic/probes/live"
	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
)

// The SQL of a draft gives the reason of each key and of the predicate, whatever comes with the index: ANALYZE, an extension, partitions.
func TestReasonsStandInTheSQL(t *testing.T) {
	dsn := pgtest.Database(t)
	app := pgtest.Connect(t, dsn, nil)
	pgtest.Execute(t, app,
		"CREATE TABLE people (id int, email text, name text, gone timestamptz)",
		"INSERT INTO people SELECT i, 'U' || i, md5(i::text), CASE WHEN i % 20 > 0 THEN now() END FROM generate_series(1, 40000) AS i",
		"CREATE TABLE events (account int, at timestamptz, pad text) PARTITION BY RANGE (at)",
		"CREATE TABLE events_1 PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2026-02-01')",
		"CREATE TABLE events_2 PARTITION OF events FOR VALUES FROM ('2026-02-01') TO ('2026-03-01')",
		"INSERT INTO events SELECT i % 4000, '2026-01-01'::timestamptz + i * interval '1 min', repeat('x', 50) FROM generate_series(1, 80000) AS i",
		"VACUUM ANALYZE people", "VACUUM ANALYZE events_1", "VACUUM ANALYZE events_2")
	ask := indextest.Watched(t, dsn).Ask()
	for statement, with := range map[string]string{
		"SELECT * FROM people WHERE lower(email) = 'u5'":                   "ANALYZE public.people;",
		"SELECT * FROM people WHERE upper(email) = 'U20' AND gone IS NULL": "WHERE gone IS NULL;  -- ",
		"SELECT * FROM people WHERE name LIKE '%c4ca%'":                    "CREATE EXTENSION pg_trgm",
		"SELECT * FROM events WHERE account = 5 AND at >= '2026-01-01'":    "ON ONLY public.events (",
	} {
		a, err := judge.Statement(t.Context(), ask, judge.Query{Statement: statement})
		if err != nil {
			t.Fatal(statement, err)
		}
		if a.Verdict != judge.Recommended {
			t.Fatalf("%s: %s %s", statement, a.Verdict, a.Reason)
		}
		d, err := draftOf(a, playbooks.Finding{}, a.Drafts[0])
		if err != nil {
			t.Fatal(statement, err)
		}
		for _, x := range a.Drafts[0].Indexes {
			for _, k := range x.Shape.Keys {
				if !regexp.MustCompile(`(?m)^  ` + regexp.QuoteMeta(k.SQL()) + `,? *  -- \S`).MatchString(d.Explained) {
					t.Errorf("%s: no reason for %s in\n%s", statement, k.SQL(), d.Explained)
				}
			}
		}
		if !strings.Contains(d.Explained, with) || strings.Contains(d.Explained, "pgmedic:") {
			t.Errorf("%s: no %q, or a tag, in\n%s", statement, with, d.Explained)
		}
		pgtest.Execute(t, app, a.Drafts[0].Explained()...) // it is SQL still
	}
}

// How the rows read are known is said of each side: an estimate of the whole table, a count in a sample, a measurement.
func TestEachSideSaysHowItIsKnown(t *testing.T) {
	dsn := pgtest.Database(t)
	pgtest.Execute(t, pgtest.Connect(t, dsn, nil),
		"CREATE TABLE bills (customer int, state int, amount int, pad text)",
		"INSERT INTO bills SELECT i % 500, i % 7, i % 1000, repeat('x', 100) FROM generate_series(1, 60000) AS i",
		"CREATE INDEX bills_customer ON bills (customer)", "VACUUM ANALYZE bills")
	planning, err := live.New(live.Config{DSN: dsn, LookOnly: true, Analyze: "the test only plans"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(planning.Close)
	for _, c := range []struct {
		statement string
		ask       *live.Asker
		want      judge.Known
		words     string
	}{
		{"SELECT * FROM bills WHERE state = 3 AND amount = 10", planning.Ask(), judge.Known{Before: price.Estimated, After: price.Sampled}, "now estimated, then counted in a sample"},
		{"SELECT * FROM bills WHERE customer < 90 AND amount = 10", planning.Ask(), judge.Known{Before: price.Sampled, After: price.Sampled}, "counted in a sample of the table"},
		{"SELECT * FROM bills WHERE state = 3 AND amount = 10", indextest.Watched(t, dsn).Ask(), judge.Known{Before: price.Measured, After: price.Sampled}, "now measured, then counted in a sample"},
	} {
		a, err := judge.Statement(t.Context(), c.ask, judge.Query{Statement: c.statement})
		if err != nil || a.Verdict != judge.Recommended {
			t.Fatal(c.statement, a.Verdict, a.Reason, err)
		}
		v := a.Drafts[0]
		if v.Known != c.want || !strings.Contains(a.Reason, "("+c.words+")") || prices(v)[0].How != c.words+", for the same values" {
			t.Errorf("%s: %+v; %s; %+v", c.statement, v.Known, a.Reason, prices(v)[0])
		}
	}
}

// Ten of many statements are looked at, and that is said beside who gains and who pays. Who inserts pays, and the statement itself does not count among those that gain.
func TestOthersAreToldWithHowManyWereLookedAt(t *testing.T) {
	dsn := pgtest.Database(t)
	app := pgtest.Connect(t, dsn, nil)
	pgtest.Execute(t, app,
		"CREATE TABLE bills (id int, customer int, pad text)",
		"INSERT INTO bills SELECT i, i % 5000, repeat('x', 100) FROM generate_series(1, 40000) AS i", "VACUUM ANALYZE bills",
		"SELECT * FROM bills WHERE customer = 5")
	for n := range 15 {
		pgtest.Execute(t, app, "SELECT count(*)"+strings.Repeat(" + 1", n)+" FROM bills WHERE customer = 5")
	}
	ask := indextest.Watched(t, dsn).Ask()
	a, err := judge.Statement(t.Context(), ask, judge.Query{Statement: "SELECT * FROM bills\nWHERE customer = 6"})
	if err != nil || a.Verdict != judge.Recommended {
		t.Fatal(a.Verdict, a.Reason, err)
	}
	d, err := draftOf(a, playbooks.Finding{}, a.Drafts[0])
	if err != nil {
		t.Fatal(err)
	}
	want := regexp.MustCompile(`^of 16 other statements of the table \d+ were planned, without values: .*the (other 6 took less time|time for the other \d+ was up)`)
	if !want.MatchString(a.Others) || d.Effects.Looked != a.Others {
		t.Errorf("%q, %q in the draft", a.Others, d.Effects.Looked)
	}
	of := func(effects []judge.Effect, begin string) bool {
		return slices.ContainsFunc(effects, func(e judge.Effect) bool { return strings.HasPrefix(e.Statement, begin) })
	}
	if !of(a.Losers, "INSERT") || of(a.Winners, "SELECT *") || !of(a.Winners, "SELECT count") {
		t.Errorf("winners %+v, losers %+v", a.Winners, a.Losers)
	}
	if len(d.Effects.Winners) != len(a.Winners) || len(d.Effects.Losers) != len(a.Losers) || d.Effects.Losers[0].Now != figure.Cost(a.Losers[0].Cost.Before) {
		t.Errorf("the draft has %+v", d.Effects)
	}
}

// Whether updates set a column of the index is a caveat where this role is not told, and known where the statements are, though the table's counters are young.
func TestHOTIsNotTakenForKept(t *testing.T) {
	dsn := pgtest.Database(t)
	app := pgtest.Connect(t, dsn, nil)
	pgtest.Execute(t, app,
		"CREATE TABLE bills (id int, customer int, pad text) WITH (fillfactor = 50)",
		"INSERT INTO bills SELECT i, i % 5000, repeat('x', 100) FROM generate_series(1, 40000) AS i", "VACUUM ANALYZE bills",
		"UPDATE bills SET customer = customer + 1 WHERE id < 1000", "DROP ROLE IF EXISTS said_plain", "CREATE ROLE said_plain LOGIN PASSWORD 'x'", "GRANT SELECT ON bills TO said_plain")
	t.Cleanup(func() {
		pgtest.Execute(t, pgtest.Connect(t, dsn, nil), "DROP OWNED BY said_plain", "DROP ROLE said_plain")
	})
	const statement = "SELECT * FROM bills WHERE customer = 6"
	a, err := judge.Statement(t.Context(), indextest.Watched(t, dsn).Ask(), judge.Query{Statement: statement})
	if err != nil || a.Verdict != judge.Recommended {
		t.Fatal(a.Verdict, a.Reason, err)
	}
	if v := a.Drafts[0]; !v.HOTLost || !strings.Contains(v.Write, "updates set customer") {
		t.Errorf("HOT lost %t, %s", v.HOTLost, v.Write)
	}
	if err := app.Close(t.Context()); err != nil { // its counters are sent now at the latest
		t.Fatal(err)
	}
	pgtest.Eventually(t, dsn, "SELECT n_tup_hot_upd FROM pg_stat_user_tables WHERE relname = 'bills' AND n_tup_hot_upd > 0")
	a, err = judge.Statement(t.Context(), indextest.Watched(t, pgtest.As(t, dsn, "said_plain", "x")).Ask(), judge.Query{Statement: statement})
	if err != nil || a.Verdict != judge.Recommended {
		t.Fatal(a.Verdict, a.Reason, err)
	}
	if v := a.Drafts[0]; v.HOTLost || !slices.Contains(v.Caveats, judge.HOTUnknown) {
		t.Errorf("HOT lost %t, %q", v.HOTLost, v.Caveats)
	}
}

// What the catalogue does not know of a table is no fact.
func TestUnknownRowsAreNoFact(t *testing.T) {
	dsn := pgtest.Database(t)
	pgtest.Execute(t, pgtest.Connect(t, dsn, nil),
		"CREATE TABLE bills (id int, state text, pad text)",
		"INSERT INTO bills SELECT i, CASE WHEN i % 1000 = 0 THEN 'z' ELSE 'y' END, repeat('p', 100) FROM generate_series(1, 40000) AS i", "ANALYZE bills",
		"CREATE TABLE lines (id int, bill int) WITH (autovacuum_enabled = off)", "INSERT INTO lines SELECT i, i FROM generate_series(1, 1000) AS i")
	a, err := judge.Statement(t.Context(), indextest.Watched(t, dsn).Ask(), judge.Query{Statement: "SELECT * FROM bills JOIN lines ON lines.bill = bills.id WHERE bills.state = 'z'"})
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]float64{}
	for _, f := range a.Facts {
		seen[fmt.Sprint(f.Kind, " ", f.Subject)] = f.Value
	}
	_, rows := seen["table.rows public.lines"]
	_, size := seen["table.size public.lines"]
	if rows || size || seen["table.rows public.bills"] != 40000 {
		t.Errorf("%v", seen)
	}
}
