package drill

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/pgmedic/pgmedic/playbooks/index/judge"
	"github.com/pgmedic/pgmedic/probes/live"
	"github.com/pgmedic/pgmedic/probes/pgserver"
	"github.com/pgmedic/pgmedic/probes/plan"
)

// seedsIndex is the one that ended the incident.
const seedsIndex = `CREATE INDEX seeds_own ON reports.reports (user_id, organization_id, report_type, format, created_at DESC) WHERE completed_at IS NULL`

// The best draft for the seed's statement, at the drill's full size, reads no more rows than the index that ended the incident, for the whale's pattern and for two
// smaller ones, is at most 1.15 times as large, and costs and weighs what was promised.
func TestDraftBesideTheSeedsIndex(t *testing.T) {
	ctx := t.Context()
	server, err := pgserver.Start(ctx, pgserver.Options{Settings: map[string]string{"shared_buffers": sharedBuffers, "autovacuum": "off"}})
	if err != nil {
		t.Fatal(err)
	}
	d := &Drill{server: server, plot: &spike{}}
	defer d.Stop()
	if _, err := d.fill(ctx, newPopulation(DefaultRows), func(string) {}, func(float64) {}); err != nil {
		t.Fatal(err)
	}
	patterns, err := readPatterns(ctx, d.DSN())
	if err != nil {
		t.Fatal(err)
	}
	conn, err := pgx.Connect(ctx, d.DSN())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())

	v, took := adviseOn(t, d.DSN(), patterns[0])
	t.Logf("drafted in %s: %s, %.0f bytes, cost %.0f → %.0f, rows %.0f → %.0f", took, v.SQL, v.Bytes, v.Cost.Before, v.Cost.After, v.RowsRead.Before, v.RowsRead.After)
	rows, size, cost := built(t, conn, patterns, strings.Replace(v.SQL[0], "CONCURRENTLY ", "", 1), v.Indexes[0].Shape.Name())
	seeds, seedsSize, _ := built(t, conn, patterns, seedsIndex, "seeds_own")
	t.Logf("rows read %v beside %v, %.0f bytes beside %.0f, cost of the whale's %.1f", rows, seeds, size, seedsSize, cost)
	for i := range patterns {
		if rows[i] > seeds[i] {
			t.Errorf("%s: reads %v rows, the seed's own index %v", patterns[i].Name, rows[i], seeds[i])
		}
	}
	if size > 1.15*seedsSize {
		t.Errorf("%.0f bytes, the seed's own index has %.0f", size, seedsSize)
	}
	within(t, "size", v.Bytes, size, 1.3)
	within(t, "cost", v.Cost.After, cost, 1.5)
}

// adviseOn drafts for the statement with one pattern's values.
func adviseOn(t *testing.T, dsn string, p Pattern) (judge.Variant, time.Duration) {
	t.Helper()
	looking, err := live.New(live.Config{DSN: dsn, LookOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer looking.Close()
	values := map[int]*string{}
	for n, value := range p.Values {
		values[n] = &value
	}
	began := time.Now()
	a, err := judge.Statement(t.Context(), looking.Ask(), judge.Query{Statement: dedupSQL, Values: values})
	took := time.Since(began)
	if err != nil || len(a.Drafts) == 0 {
		t.Fatalf("%v: %s %s", err, a.Verdict, a.Reason)
	}
	if a.Rewrite == nil || a.Rewritten == nil || !strings.Contains(a.Rewrite.To, "created_at >") {
		t.Errorf("the time filter is not rewritten: %+v", a.Rewrite)
	}
	return a.Drafts[0], took
}

// built builds an index, says what each pattern's lookup reads through it, its size, and the cost of the first lookup; then it drops it.
func built(t *testing.T, conn *pgx.Conn, patterns []Pattern, create, name string) (rows []float64, size, cost float64) {
	t.Helper()
	if err := run(t.Context(), conn, create); err != nil {
		t.Fatal(err)
	}
	for i, p := range patterns {
		taken := analyzed(t, conn, p)
		read, _ := taken.RowsRead()
		rows = append(rows, read)
		if i == 0 {
			cost = taken.Root.TotalCost
		}
	}
	size = number(t, conn, "SELECT pg_relation_size('reports."+name+"')")
	if err := run(t.Context(), conn, "DROP INDEX reports."+name); err != nil {
		t.Fatal(err)
	}
	return rows, size, cost
}

func analyzed(t *testing.T, conn *pgx.Conn, p Pattern) *plan.Plan {
	t.Helper()
	var args []any
	for n := 1; n <= len(p.Values); n++ {
		args = append(args, p.Values[n])
	}
	var output []byte
	sql := "EXPLAIN (ANALYZE, VERBOSE, FORMAT JSON) " + dedupSQL
	if err := conn.QueryRow(t.Context(), sql, append([]any{pgx.QueryExecModeExec}, args...)...).Scan(&output); err != nil {
		t.Fatal(err)
	}
	taken, err := plan.Parse(output)
	if err != nil {
		t.Fatal(err)
	}
	return taken
}

func within(t *testing.T, what string, promised, found, factor float64) {
	t.Helper()
	if found > promised*factor || promised > found*factor {
		t.Errorf("%s: promised %s, found %s", what, fmt.Sprint(promised), fmt.Sprint(found))
	}
}
