package price

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/pgmedic/pgmedic/playbooks/index/indextest"
	"github.com/pgmedic/pgmedic/playbooks/index/table"
	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
	"github.com/pgmedic/pgmedic/probes/plan"
)

// sampled is a table with conditions on it, and the planner's counts beside the sample's.
type sampled struct {
	app     *pgx.Conn
	table   *table.Table
	sample  *Sample
	planner Count
	count   Count
}

// takeSample samples for the conditions of a plan of a statement that reads one table.
func takeSample(t *testing.T, dsn, schema, name, statement string) sampled {
	t.Helper()
	app := pgtest.Connect(t, dsn, nil)
	tx, err := pgtest.Connect(t, dsn, nil).BeginTx(t.Context(), pgx.TxOptions{AccessMode: pgx.ReadOnly})
	if err != nil {
		t.Fatal(err)
	}
	read, err := table.Read(t.Context(), tx, schema, name)
	if err != nil {
		t.Fatal(err)
	}
	s := sampled{app: app, table: read, planner: NewRows(tx, needAs(read, name), "", func(int) string { return "" }).Count}
	budget := &Budget{Time: 10 * time.Second} // the machine may be busy
	if s.sample, err = TakeSample(t.Context(), tx, read, name, s.conditions(t, statement), budget); err != nil {
		t.Fatal(err)
	}
	if s.sample != nil {
		if err := s.sample.Direct(t.Context(), tx, read, name, budget); err != nil {
			t.Fatal(err)
		}
		s.count = s.sample.Count(s.planner)
		t.Logf("%.0f rows of %.0f pages in %s, %d conditions, %d values counted through an index", s.sample.Rows, s.sample.Pages, s.sample.Took.Round(time.Millisecond),
			len(s.sample.conditions), len(s.sample.directed))
	}
	return s
}

// conditions are those that the plan of the statement has on its only table.
func (s sampled) conditions(t *testing.T, statement string) []plan.Condition {
	t.Helper()
	var document []byte
	if err := s.app.QueryRow(t.Context(), "EXPLAIN (FORMAT JSON, VERBOSE) "+statement).Scan(&document); err != nil {
		t.Fatal(err)
	}
	p, err := plan.Parse(document)
	if err != nil {
		t.Fatal(err)
	}
	var all []plan.Condition
	p.Walk(func(n *plan.Node, _ int) {
		if n.Relation == s.table.Name {
			all = append(append(all, plan.ConjunctsOf(n.IndexCond, n.Alias)...), plan.ConjunctsOf(n.Filter, n.Alias)...)
			all = append(all, plan.ConjunctsOf(n.RecheckCond, n.Alias)...)
		}
	})
	return all
}

// truth counts all rows by which of the conditions they meet: a bit for each.
func (s sampled) truth(t *testing.T, where []string) map[int]float64 {
	t.Helper()
	bits := "0"
	for i, text := range where {
		bits += fmt.Sprintf(" + CASE WHEN %s THEN %d ELSE 0 END", text, 1<<i)
	}
	rows, err := s.app.Query(t.Context(), "SELECT "+bits+", count(*) FROM "+s.table.String()+" GROUP BY 1")
	if err != nil {
		t.Fatal(err)
	}
	truth := map[int]float64{}
	var met, n int
	if _, err := pgx.ForEachRow(rows, []any{&met, &n}, func() error {
		for set := range 1 << len(where) {
			if met&set == set {
				truth[set] += float64(n)
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return truth
}

func (s sampled) counted(t *testing.T, count Count, conditions ...plan.Condition) float64 {
	t.Helper()
	rows, err := count(context.WithoutCancel(t.Context()), conditions...)
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// The seed's statement at 600,000 rows, with parameters of the whale's power user, of a smaller user of the whale, and of a small organization: every set of the
// columns that an index could have is counted within a factor of two, where the planner is far off.
func TestSampleCountsColumnsThatDependOnEachOther(t *testing.T) {
	dsn := pgtest.Database(t)
	app := pgtest.Connect(t, dsn, nil)
	for _, statement := range strings.SplitAfter(strings.ReplaceAll(indextest.Table, "60000", "600000"), ";\n") {
		pgtest.Execute(t, app, statement)
	}
	worst, planners := 1.0, 1.0
	for _, pattern := range []struct{ name, kind, format, user, org string }{
		{"whale", "issues-csv", "csv", "user1", "org0"},
		{"another user of the whale", "audit", "pdf", "user33", "org0"},
		{"small", "summary", "json", "user300", "org37"},
	} {
		t.Run(pattern.name, func(t *testing.T) {
			where := []string{"report_type = '" + pattern.kind + "'", "format = '" + pattern.format + "'", "user_id = md5('" + pattern.user + "')::uuid",
				"organization_id = md5('" + pattern.org + "')::uuid", "completed_at IS NULL"}
			s := takeSample(t, dsn, "reports", "reports", "SELECT * FROM reports.reports WHERE "+strings.Join(where, " AND "))
			truths := s.truth(t, where)
			for set := 1; set < 1<<len(where); set++ {
				var texts []string
				for i, text := range where {
					if set&(1<<i) != 0 {
						texts = append(texts, text)
					}
				}
				truth := truths[set]
				conditions := s.conditions(t, "SELECT * FROM reports.reports WHERE "+strings.Join(texts, " AND "))
				said := s.counted(t, s.count, conditions...)
				worst = max(worst, off(max(said, 100)/max(truth, 100)))
				planners = max(planners, off(max(s.counted(t, s.planner, conditions...), 100)/max(truth, 100)))
				if off(max(said, 100)/max(truth, 100)) > 2 {
					t.Errorf("%s: %.0f rows, said %.0f, planner %.0f", strings.Join(texts, " AND "), truth, said, s.counted(t, s.planner, conditions...))
				}
			}
		})
	}
	t.Logf("worst factor %.2f, the planner's %.2f", worst, planners)
	if planners < 3 {
		t.Errorf("the planner is only off by %.2f: nothing is shown", planners)
	}
}

// A partitioned table is sampled as a whole, a materialised view like a table, and the rows of a beginning of the table are not taken for those of all of it.
func TestSampleOfOtherRelations(t *testing.T) {
	dsn := pgtest.Database(t)
	app := pgtest.Connect(t, dsn, nil)
	pgtest.Execute(t, app,
		"CREATE TABLE logs (id int, level text, at int) PARTITION BY RANGE (at)",
		"CREATE TABLE logs_1 PARTITION OF logs FOR VALUES FROM (0) TO (100000)", "CREATE TABLE logs_2 PARTITION OF logs FOR VALUES FROM (100000) TO (600000)",
		"INSERT INTO logs SELECT n, CASE WHEN n % 20 = 0 THEN 'error' ELSE 'info' END, n FROM generate_series(1, 599999) AS n",
		"CREATE MATERIALIZED VIEW seen AS SELECT * FROM logs", "VACUUM ANALYZE logs", "VACUUM ANALYZE seen")
	tx, err := pgtest.Connect(t, dsn, nil).BeginTx(t.Context(), pgx.TxOptions{AccessMode: pgx.ReadOnly})
	if err != nil {
		t.Fatal(err)
	}
	for _, relation := range []string{"logs", "seen"} {
		of, err := table.Read(t.Context(), tx, "public", relation)
		if err != nil {
			t.Fatal(err)
		}
		conditions := plan.Conjuncts("((level = 'error'::text) AND ((id % 20) = 0) AND (at > 300000) AND (at >= 200000) AND (at <= 202000))")
		s, err := TakeSample(t.Context(), tx, of, relation, conditions, &Budget{Time: 10 * time.Second})
		if err != nil || s == nil || s.Rows < 10_000 || s.Rows > 1.3*mostRows {
			t.Fatalf("%s: %+v, %v", relation, s, err)
		}
		count := s.Count(NewRows(tx, needAs(of, relation), "", func(int) string { return "" }).Count)
		for _, c := range []struct {
			of    []plan.Condition
			truth float64
		}{{conditions[:2], 30000}, {conditions[:3], 15000}, {conditions[3:], 2001}, {nil, 599999}} {
			said, err := count(t.Context(), c.of...)
			if err != nil || off(said/c.truth) > 1.7 {
				t.Errorf("%s: %.0f rows, said %.0f, %v", relation, c.truth, said, err)
			}
		}
	}
}

// Of a partitioned table only the leaves that the plan scans are counted, in the sample as by the planner.
func TestSampleOfScannedLeaves(t *testing.T) {
	dsn := pgtest.Database(t)
	pgtest.Execute(t, pgtest.Connect(t, dsn, nil),
		"CREATE TABLE days (id int, at int, kind text) PARTITION BY RANGE (at)",
		"CREATE TABLE days_1 PARTITION OF days FOR VALUES FROM (0) TO (30000)", "CREATE TABLE days_2 PARTITION OF days FOR VALUES FROM (30000) TO (40001)",
		"INSERT INTO days SELECT n, n, CASE WHEN n % 20 = 0 OR n > 30000 AND n % 2 = 0 THEN 'red' ELSE 'blue' END FROM generate_series(1, 40000) AS n", "VACUUM ANALYZE days")
	reading(t, dsn, "public", "days", func(tx pgx.Tx, of *table.Table) {
		conditions := plan.Conjuncts("((days.kind = 'red'::text) AND (days.at > 35000))")
		s, err := TakeSample(t.Context(), tx, of, "days", conditions, &Budget{Time: 10 * time.Second})
		if err != nil || s == nil {
			t.Fatal(s, err)
		}
		need := needAs(of, "days")
		need.Scans = []*plan.Node{{Type: "Seq Scan", Schema: "public", Relation: "days_2", Alias: "days"}}
		planner := NewRows(tx, need, "", func(int) string { return "" }).Count
		for name, count := range map[string]Count{"planner": planner, "sample": s.In(need).Count(planner)} {
			for n, truth := range []float64{10000, 5000, 2500} {
				if said, err := count(t.Context(), conditions[:n]...); err != nil || off(said/truth) > 1.1 {
					t.Errorf("%s, %d conditions: %.0f rows said, %.0f are in the leaf (%v)", name, n, said, truth, err)
				}
			}
		}
		need.Scans[0].Relation = "days_none"
		if part := s.In(need); part != nil {
			t.Errorf("a sample of no leaf has %.0f rows", part.Rows)
		}
	})
}
