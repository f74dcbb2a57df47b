package unused

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/playbooks/index/indextest"
	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/live"
	"github.com/pgmedic/pgmedic/probes/pgserver"
	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
	"github.com/pgmedic/pgmedic/probes/plan"
	"github.com/pgmedic/pgmedic/probes/record"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

func TestQueries(t *testing.T) {
	pgtest.Queries(t, files, query, "{last_scan}", "NULL::timestamptz", "{nulls_not_distinct}", "false")
}

// of is a database with these statements run, and pgmedic's door to it.
func of(t *testing.T, statements ...string) (dsn string, ask *live.Asker) {
	t.Helper()
	dsn = pgtest.Database(t)
	pgtest.Execute(t, pgtest.Connect(t, dsn, nil), statements...)
	return dsn, indextest.Watched(t, dsn).Ask()
}

// rows is a table of 60,000 rows, so that an index of it has more than 1 MB.
func rows(name string) string {
	return "CREATE TABLE " + name + " AS SELECT n AS id, n % 1000 AS a, n % 77 AS b, 'word ' || n AS c FROM generate_series(1, 60000) AS n"
}

// scan has a statement scan an index, and waits until that is counted: at the latest with the end of its session.
func scan(t *testing.T, dsn, sql, index string) {
	t.Helper()
	conn := pgtest.Connect(t, dsn, nil)
	pgtest.Execute(t, conn, "SET enable_seqscan = off", sql)
	if err := conn.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	pgtest.Eventually(t, dsn, "SELECT idx_scan FROM pg_stat_user_indexes WHERE indexrelname = $1 AND idx_scan > 0", index)
}

// always takes every count for a long one.
var always = playbook{0}

// drafts are all drafts, by the name of the index.
func drafts(t *testing.T, ask *live.Asker) map[string]*playbooks.Draft {
	t.Helper()
	found, why := always.ByHand(nil, probes.StatementLoad{})
	if why != "" {
		t.Fatal(why)
	}
	first, err := always.Draft(t.Context(), ask, found)
	if err != nil {
		t.Fatal(err)
	}
	by := map[string]*playbooks.Draft{}
	for _, d := range append([]*playbooks.Draft{first}, first.Others...) {
		by[d.Target["index"]] = d
	}
	return by
}

// none is why nothing is drafted.
func none(t *testing.T, book playbooks.Playbook, ask *live.Asker) *playbooks.NoDraft {
	t.Helper()
	var none *playbooks.NoDraft
	if d, err := book.Draft(t.Context(), ask, playbooks.Finding{}); !errors.As(err, &none) {
		t.Fatalf("drafted %+v, %v", d, err)
	}
	return none
}

func said(words []string) string { return strings.Join(words, "\n") }

// An index without scans is drafted with what it costs, all that speaks against it, and a way back that the server takes.
func TestNeverUsed(t *testing.T) {
	t.Parallel()
	dsn, ask := of(t, rows(`"Order; items"`), `CREATE INDEX "x""; y" ON "Order; items" (lower(c))`, `ALTER TABLE "Order; items" CLUSTER ON "x""; y"`)
	d := drafts(t, ask)[`x"; y`]
	if d == nil || d.Kind != kindNever || d.SQL[0] != `DROP INDEX CONCURRENTLY public."x""; y"` || d.NoWayBack != "" {
		t.Fatalf("drafted %+v", d)
	}
	for _, words := range []string{"a standby counts its own scans", "once a month or a quarter", "statistics of its expressions", "CLUSTER orders",
		"waits for every transaction", "a hint or a script"} {
		if !strings.Contains(said(d.Warnings), words) {
			t.Errorf("%q is not said against it: %q", words, d.Warnings)
		}
	}
	if !strings.Contains(fmt.Sprint(d.Reasons), "no scan since 20") || !strings.Contains(fmt.Sprint(d.Prices), "MB") {
		t.Errorf("why %+v, costs %+v", d.Reasons, d.Prices)
	}
	before := pgtest.Value(t, dsn, `SELECT pg_get_indexdef('"x""; y"'::regclass)`)
	conn := pgtest.Connect(t, dsn, nil)
	pgtest.Execute(t, conn, d.SQL...)
	pgtest.Execute(t, conn, d.Undo...)
	if after := pgtest.Value(t, dsn, `SELECT pg_get_indexdef('"x""; y"'::regclass)`); after != before {
		t.Errorf("%s came back as %s", before, after)
	}
}

// Everything that an index may be there for besides scans keeps it, and is said.
func TestSpared(t *testing.T) {
	t.Parallel()
	_, ask := of(t, "CREATE TABLE parents (id int PRIMARY KEY)", "INSERT INTO parents SELECT generate_series(0, 999)", rows("t"),
		"ALTER TABLE t ADD CONSTRAINT t_pkey PRIMARY KEY (id)", // a constraint
		"ALTER TABLE t ADD FOREIGN KEY (a) REFERENCES parents", "CREATE INDEX for_the_key ON t (a, c)",
		"CREATE UNIQUE INDEX values_unique ON t (c)",
		"CREATE UNIQUE INDEX identity ON t (id, c)", "ALTER TABLE t ALTER id SET NOT NULL, ALTER c SET NOT NULL",
		"ALTER TABLE t REPLICA IDENTITY USING INDEX identity",
		"CREATE INDEX small ON t (b) WHERE a = 5",
		"CREATE INDEX broken ON t (c, b, a)", "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'broken'::regclass")
	reason := none(t, always, ask).Reason
	for _, words := range []string{"2 (a constraint stands on it)", "1 (it alone serves a foreign key)", "1 (it keeps values unique)",
		"1 (it is the replica identity)",
		"1 (it is smaller than 1 MB)", "1 (it is INVALID or being built)", "none of the 7 indexes"} {
		if !strings.Contains(reason, words) {
			t.Errorf("%q is missing in %q", words, reason)
		}
	}
}

// An index that was scanned stays; one of several that serve a foreign key and that nobody scans stays too.
func TestUsed(t *testing.T) {
	t.Parallel()
	dsn, ask := of(t, rows("t"), "CREATE INDEX used ON t (id)", "CREATE TABLE parents (id int PRIMARY KEY)",
		"INSERT INTO parents SELECT generate_series(0, 76)",
		"ALTER TABLE t ADD FOREIGN KEY (b) REFERENCES parents", "CREATE INDEX key_small ON t (b, a)", "CREATE INDEX key_large ON t (b, c)")
	scan(t, dsn, "SELECT count(*) FROM t WHERE id = 7", "used")
	by := drafts(t, ask)
	if len(by) != 1 || by["key_large"] == nil {
		t.Errorf("drafted %+v, want key_large alone", by)
	}
}

// Of indexes that are the same the most needed stays, and whatever differs in any part is not the same.
func TestDuplicates(t *testing.T) {
	t.Parallel()
	_, ask := of(t, rows("t"), "ALTER TABLE t ADD CONSTRAINT stays PRIMARY KEY (id)", "CREATE INDEX same_as_pkey ON t (id)",
		"CREATE UNIQUE INDEX unique_as_pkey ON t (id)",
		"ALTER TABLE t ADD CONSTRAINT late UNIQUE (c) DEFERRABLE", "CREATE UNIQUE INDEX at_once ON t (c)",
		"CREATE INDEX expression ON t (lower(c)) WHERE b > 3", "CREATE INDEX expression_again ON t (lower(c)) WHERE b  >  3",
		"CREATE INDEX other_condition ON t (lower(c)) WHERE b > 4", "CREATE INDEX descending ON t (a DESC)", "CREATE INDEX ascending ON t (a)",
		"CREATE INDEX by_pattern ON t (c text_pattern_ops)", `CREATE INDEX by_byte ON t (c COLLATE "C")`, "CREATE INDEX stored ON t (b) INCLUDE (a)",
		"CREATE INDEX hashed ON t USING hash (b)")
	_, all, err := read(t.Context(), ask)
	if err != nil {
		t.Fatal(err)
	}
	var same []string
	for _, c := range judge(all, false).found {
		same = append(same, c.kind+" "+c.name+" of "+c.instead.name)
	}
	slices.Sort(same)
	want := []string{"duplicate expression_again of expression", "duplicate same_as_pkey of stays", "duplicate unique_as_pkey of stays"}
	if !slices.Equal(same, want) {
		t.Errorf("found %q, want %q", same, want)
	}
}

// An index whose columns a longer one begins with is told apart from one that is the same; of a chain the longest stays, and it is not called unused.
func TestPrefixes(t *testing.T) {
	t.Parallel()
	_, ask := of(t, rows("t"), "CREATE INDEX a ON t (a)", "CREATE INDEX ab ON t (a, b)", "CREATE INDEX abc ON t (a, b, c)",
		"CREATE INDEX c_desc ON t (c DESC)",
		"CREATE INDEX bc ON t (b, c)", "CREATE UNIQUE INDEX ca ON t (c, a)", "CREATE INDEX c_some ON t (c) WHERE a > 0")
	by := drafts(t, ask)
	for name, want := range map[string]string{"a": kindPrefix, "ab": kindPrefix, "abc": "", "c_desc": kindNever, "bc": kindNever, "ca": "",
		"c_some": kindNever} {
		got := ""
		if by[name] != nil {
			got = by[name].Kind
		}
		if got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if a := by["a"]; a != nil && (!strings.Contains(a.Title, "public.abc begins with its columns") || !strings.Contains(said(a.Warnings),
		"a scan by it reads more pages")) {
		t.Errorf("a: %s, %q", a.Title, a.Warnings)
	}
}

// Of a partitioned table the index of the whole is judged by the scans and the sizes of all parts.
func TestPartitioned(t *testing.T) {
	t.Parallel()
	dsn, ask := of(t, "CREATE TABLE p (id int, a int) PARTITION BY RANGE (id)", "CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (40000)",
		"CREATE TABLE p2 PARTITION OF p FOR VALUES FROM (40000) TO (90000)", "INSERT INTO p SELECT n, n % 9000 FROM generate_series(1, 80000) AS n",
		"CREATE INDEX used_in_one ON p (id)", "CREATE INDEX never ON p (a, id)")
	scan(t, dsn, "SELECT count(*) FROM p WHERE id = 7", "p1_id_idx")
	by := drafts(t, ask)
	d := by["never"]
	if len(by) != 1 || d == nil || d.SQL[0] != "DROP INDEX public.never" || !strings.Contains(said(d.Warnings), "its 2 partitions against everybody") {
		t.Fatalf("drafted %+v", by)
	}
	conn := pgtest.Connect(t, dsn, nil)
	pgtest.Execute(t, conn, d.SQL...)
	pgtest.Execute(t, conn, d.Undo...)
	if n := pgtest.Value(t, dsn, "SELECT count(*)::text FROM pg_index WHERE indisvalid AND indkey::text = '2 1' AND indrelid::regclass::text IN "+
		"('p', 'p1', 'p2')"); n != "3" {
		t.Errorf("%s valid indexes after the way back, want 3", n)
	}
}

// Where scans were not counted for long enough, nothing is called unused; duplicates are found all the same.
func TestCountsTooYoung(t *testing.T) {
	t.Parallel()
	dsn, ask := of(t, rows("t"), "CREATE INDEX never ON t (id)", "SELECT pg_stat_reset()")
	if reason := none(t, New(), ask).Reason; !strings.Contains(reason, "not known: scans are counted only since "+
		""+time.Now().UTC().Format("2006-01-02")) {
		t.Error(reason)
	}
	pgtest.Execute(t, pgtest.Connect(t, dsn, nil), "CREATE INDEX twice ON t (id)")
	if d, err := New().Draft(t.Context(), ask, playbooks.Finding{}); err != nil || d.Kind != kindDuplicate || len(d.Others) != 0 {
		t.Errorf("drafted %+v, %v", d, err)
	}
}

// A crash loses the counts: they begin anew, and what was used before is not called unused.
func TestCountsLostInACrash(t *testing.T) {
	t.Parallel()
	server := pgtest.Server(t, nil)
	dsn := server.DSN("postgres")
	pgtest.Execute(t, pgtest.Connect(t, dsn, nil), rows("t"), "CREATE INDEX used ON t (a)")
	var crashed time.Time
	if err := pgtest.Connect(t, dsn, nil).QueryRow(t.Context(), "SELECT clock_timestamp()").Scan(&crashed); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(server.Crash(), server.Revive(t.Context())); err != nil {
		t.Fatal(err)
	}
	s, _, err := read(t.Context(), indextest.Watched(t, dsn).Ask())
	if err != nil || s.since == nil || s.since.Before(crashed) {
		t.Errorf("after the crash at %s it is said to count since %v, %v", crashed, s.since, err)
	}
}

func TestCountsSwitchedOff(t *testing.T) {
	t.Parallel()
	server := pgtest.Server(t, map[string]string{"track_counts": "off"})
	dsn := server.DSN("postgres")
	pgtest.Execute(t, pgtest.Connect(t, dsn, nil), rows("t"), "CREATE INDEX used ON t (a)")
	if reason := none(t, always, indextest.Watched(t, dsn).Ask()).Reason; !strings.Contains(reason, "not known: track_counts is off") {
		t.Error(reason)
	}
}

// What a standby reads is counted there: here it is said that one streams, and there nothing is drafted.
func TestStandby(t *testing.T) {
	t.Parallel()
	primary := pgtest.Server(t, nil)
	dsn := primary.DSN("postgres")
	pgtest.Execute(t, pgtest.Connect(t, dsn, nil), rows("t"), "CREATE INDEX never ON t (id)")
	standby, err := pgserver.Standby(context.Background(), primary, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = standby.Stop() })
	pgtest.Eventually(t, dsn, "SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming' HAVING count(*) > 0")
	if d := drafts(t, indextest.Watched(t, dsn).Ask())["never"]; d == nil || !strings.Contains(said(d.Warnings), "1 receiver streams now") {
		t.Errorf("drafted %+v", d)
	}
	if reason := none(t, always, indextest.Watched(t, standby.DSN("postgres")).Ask()).Reason; !strings.Contains(reason, "this is a standby") {
		t.Error(reason)
	}
}

// A standby that is promoted has counted its own scans alone: what the primary used is not called unused by them. Where it may be seen when that was,
// they count from then on.
func TestPromoted(t *testing.T) {
	t.Parallel()
	primary := pgtest.Server(t, nil)
	dsn := primary.DSN("postgres")
	pgtest.Execute(t, pgtest.Connect(t, dsn, nil), rows("t"), "CREATE INDEX used ON t (id)", "CREATE ROLE guest LOGIN PASSWORD 'guest'")
	standby, err := pgserver.Standby(context.Background(), primary, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = standby.Stop() })
	scan(t, dsn, "SELECT count(*) FROM t WHERE id = 7", "used")
	dsn = standby.DSN("postgres")
	pgtest.Eventually(t, dsn, "SELECT 1 FROM pg_class WHERE relname = 'used'")
	var before, after time.Time
	conn := pgtest.Connect(t, dsn, nil)
	if err := conn.QueryRow(t.Context(), "SELECT clock_timestamp()").Scan(&before); err != nil {
		t.Fatal(err)
	}
	if err := conn.QueryRow(t.Context(), "SELECT clock_timestamp() FROM pg_promote() AS p WHERE p").Scan(&after); err != nil {
		t.Fatal(err)
	}
	pgtest.Eventually(t, dsn, "SELECT 1 WHERE NOT pg_is_in_recovery()")
	ask := indextest.Watched(t, dsn).Ask()
	s, _, err := read(t.Context(), ask)
	if err != nil || s.timeline != 2 || s.promoted == nil || s.promoted.Before(before) || s.promoted.After(after.Add(time.Second)) {
		t.Fatalf("promoted between %s and %s, read %+v, %v", before, after, s, err)
	}
	const lacks = "this server was promoted, or recovered from a backup (timeline 2; on 20"
	if d := none(t, New(), ask); !strings.Contains(d.Reason, lacks) || !strings.Contains(d.Instead, "7 days") {
		t.Errorf("%+v", d)
	}
	pgtest.Eventually(t, dsn, "SELECT 1 WHERE clock_timestamp() > $1", *s.promoted)
	if d := drafts(t, ask)["used"]; d == nil || !strings.HasPrefix(d.Warnings[0], lacks) {
		t.Errorf("drafted %+v", d)
	}
	guest := indextest.Watched(t, pgtest.As(t, dsn, "guest", "guest")).Ask()
	if d := none(t, always, guest); !strings.Contains(d.Reason, "(timeline 2; when, a role with pg_monitor may see)") || !strings.Contains(d.Instead,
		"pg_monitor") {
		t.Errorf("%+v", d)
	}
	pgtest.Execute(t, conn, "SELECT pg_stat_reset()")                                                                                // from here on all is counted
	pgtest.Eventually(t, dsn, "SELECT 1 FROM pg_stat_database WHERE datname = current_database() AND stats_reset > $1", *s.promoted) // before 15 by another process
	if d := drafts(t, ask)["used"]; d == nil || !strings.HasPrefix(d.Warnings[0], "a standby counts its own scans") {
		t.Errorf("drafted after a reset %+v", d)
	}
}

// What the counts are worth by when the server was promoted, and since when they count.
func TestKnownByPromotion(t *testing.T) {
	now := time.Date(2026, 11, 23, 16, 0, 0, 0, time.UTC)
	ago := func(days int) *time.Time { then := now.AddDate(0, 0, -days); return &then }
	for _, c := range []struct {
		timeline        int
		promoted, since *time.Time
		want            string
	}{
		{1, nil, ago(8), ""},
		{0, nil, ago(8), ""},
		{5, ago(300), ago(8), ""},
		{5, ago(300), ago(6), "scans are counted only since 2026-11-17"},
		{5, ago(8), ago(300), ""},
		{5, ago(6), ago(300), "timeline 5; on 2026-11-17 16:00 UTC, 6 days"},
		{5, nil, ago(300), "timeline 5; when, a role with pg_monitor may see"},
		{5, nil, nil, "since when scans are counted is not known"},
	} {
		s := server{now: now, counts: true, timeline: c.timeline, promoted: c.promoted, since: c.since}
		if known, why := s.isKnown(enough); known != (c.want == "") || !strings.Contains(why, c.want) {
			t.Errorf("%+v: known %v, %q", c, known, why)
		}
	}
}

// A table that somebody has locked against everybody delays no one: the answer says what to do.
func TestLocked(t *testing.T) {
	t.Parallel()
	dsn, ask := of(t, rows("t"), "CREATE INDEX never ON t (lower(c))")
	pgtest.Execute(t, pgtest.Connect(t, dsn, nil), "BEGIN", "LOCK TABLE t")
	began := time.Now()
	_, err := always.Draft(t.Context(), ask, playbooks.Finding{})
	if err == nil || !strings.Contains(err.Error(), "see who blocks") || time.Since(began) > 10*time.Second {
		t.Errorf("after %s: %v", time.Since(began), err)
	}
}

// Another role's index is drafted, and it is said that this role may not drop it.
func TestOtherRole(t *testing.T) {
	t.Parallel()
	dsn, _ := of(t, rows("t"), "CREATE INDEX never ON t (id)", "CREATE ROLE unused_guest LOGIN PASSWORD 'guest'")
	t.Cleanup(func() { pgtest.Execute(t, pgtest.Connect(t, dsn, nil), "DROP ROLE unused_guest") })
	ask := indextest.Watched(t, pgtest.As(t, dsn, "unused_guest", "guest")).Ask()
	if d := drafts(t, ask)["never"]; d == nil || !strings.Contains(said(d.Warnings), "this role may not drop it: public.t is owned by postgres") {
		t.Errorf("drafted %+v", d)
	}
}

// memory keeps what the engine records.
type memory struct{ events []record.Event }

func (m *memory) AddEvent(e record.Event) (record.Event, error) {
	m.events = append(m.events, e)
	return e, nil
}
func (m *memory) AddPlan(*plan.Plan) (string, error)         { return "", nil }
func (m *memory) AddFact(f record.Fact) (record.Fact, error) { return f, nil }

// The engine never sends it: the preflight refuses, says how it is used by now, and no word confirms it.
func TestDraftedOnly(t *testing.T) {
	t.Parallel()
	dsn := pgtest.Database(t)
	conn := pgtest.Connect(t, dsn, nil)
	pgtest.Execute(t, conn, rows("t"), "CREATE INDEX never ON t (id)")
	server := indextest.Watched(t, dsn)
	d := drafts(t, server.Ask())["never"]
	scan(t, dsn, "SELECT count(*) FROM t WHERE id = 7", "never")
	kept := &memory{}
	p, err := playbooks.NewEngine(server, kept, time.Now).Prepare(t.Context(), d)
	if err != nil || !strings.Contains(p.Refused(), "drafted only: pgmedic drafts this and does not send it") {
		t.Fatalf("prepared %+v, %v", p, err)
	}
	if !slices.ContainsFunc(p.Checks, func(c playbooks.Check) bool {
		return c.Saw == "1 scan since it was read" && c.Verdict == playbooks.Caution
	}) {
		t.Errorf("checks %+v", p.Checks)
	}
	if _, err := p.Confirm(d.Word); err == nil || len(kept.events) != 0 {
		t.Errorf("confirmed with %v, on record %+v", err, kept.events)
	}
	pgtest.Execute(t, conn, "ALTER INDEX never RENAME TO another")
	p, err = playbooks.NewEngine(server, kept, time.Now).Prepare(t.Context(), d)
	if err != nil || p.Refused() == "" || !slices.ContainsFunc(p.Checks, func(c playbooks.Check) bool {
		return strings.Contains(c.Saw,
			"is gone or has another name")
	}) {
		t.Errorf("prepared %+v, %v", p, err)
	}
}
