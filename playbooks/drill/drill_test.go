package drill

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"go.uber.org/goleak"
)

// The whole rehearsal at a small size: its data, its calm load, its spike, its end.
func TestDrill(t *testing.T) {
	defer goleak.VerifyNone(t)
	var said []string
	var progress []float64
	say := func(s string) { said = append(said, s) }
	d, err := Start(context.Background(), Options{Rows: 60_000}, say, func(p float64) { progress = append(progress, p) })
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := d.Stop(); err != nil {
			t.Errorf("stopping: %v", err)
		}
		if _, err := os.Stat(d.server.Dir()); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("the server's folder is still there: %v", err)
		}
	}()
	if len(said) != 3 || !slices.IsSorted(progress) || progress[len(progress)-1] != 1 {
		t.Errorf("said %q, progress %v", said, progress)
	}
	conn, err := pgx.Connect(context.Background(), d.DSN())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	t.Run("distribution", func(t *testing.T) { checkDistribution(t, conn) })
	t.Run("patterns", func(t *testing.T) { checkPatterns(t, conn, d.Patterns()) })
	t.Run("calm", func(t *testing.T) { checkCalm(t, conn, d) })
	t.Run("spike", func(t *testing.T) { checkSpike(t, conn, d) })
}

// number returns the one figure that a query gives.
func number(t *testing.T, conn *pgx.Conn, query string, args ...any) float64 {
	t.Helper()
	var n float64
	if err := conn.QueryRow(context.Background(), query, args...).Scan(&n); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return n
}

// until asks again until the figure is at least so much: the server has no signal for it.
func until(t *testing.T, conn *pgx.Conn, least float64, query string) {
	t.Helper()
	deadline := time.Now().Add(time.Minute)
	for {
		n := number(t, conn, query)
		if n >= least {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s: still %v, want %v", query, n, least)
		}
		time.Sleep(50 * time.Millisecond)
	}
}

func checkDistribution(t *testing.T, conn *pgx.Conn) {
	const loaded = `FROM reports.reports WHERE id <= 60000`
	const whales = loaded + ` AND organization_id = '` + whale + `'`
	for _, c := range []struct {
		what, query string
		want, error float64
	}{
		{"rows", `SELECT count(*) ` + loaded, 60_000, 0},
		{"rows of the whale", `SELECT count(*) ` + whales, 15_000, 0},
		{"share of incomplete rows", `SELECT avg((completed_at IS NULL)::int) ` + loaded + ` AND created_at < now() - interval '1 hour'`, 0.027, 0.003},
		{"power users' share of the whale's incomplete rows", `SELECT avg((user_id IN ('` + powerUser1 + `', '` + powerUser2 + `'))::int) ` + whales +
			` AND completed_at IS NULL AND created_at < now() - interval '1 hour'`, 0.75, 0.1},
		{"organizations", `SELECT count(DISTINCT organization_id) ` + loaded, 201, 0},
		{"params too large for an index", `SELECT least(1, count(*)) ` + loaded + ` AND length(params::text) > 2704`, 1, 0},
		{"rows not from the last 180 days", `SELECT count(*) ` + loaded + ` AND created_at NOT BETWEEN now() - interval '181 days' AND now()`, 0, 0},
	} {
		if got := number(t, conn, c.query); math.Abs(got-c.want) > c.error {
			t.Errorf("%s: %v, want %v", c.what, got, c.want)
		}
	}
	rows, _ := conn.Query(context.Background(), `SELECT indexname::text FROM pg_indexes WHERE schemaname = 'reports' ORDER BY 1`)
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if want := []string{"reports_created_by_index", "reports_organization_id_index", "reports_pkey"}; err != nil || !slices.Equal(names, want) {
		t.Errorf("indexes %v, %v; want %v", names, err, want)
	}
}

func checkPatterns(t *testing.T, conn *pgx.Conn, patterns []Pattern) {
	const same = `SELECT count(*) FROM reports.reports WHERE report_type = $1 AND title = $2 AND format = $3 AND user_id = $4::text::uuid
		AND params = $5::text::jsonb AND organization_id = $6::text::uuid AND $7::text = '1440'`
	var sizes []float64
	for _, p := range patterns {
		var args []any
		for _, n := range slices.Sorted(maps.Keys(p.Values)) {
			args = append(args, p.Values[n])
		}
		if n := number(t, conn, same, args...); n < 1 {
			t.Errorf("%s: no row has the values %v", p.Name, p.Values)
		}
		sizes = append(sizes, number(t, conn, `SELECT count(*) FROM reports.reports WHERE organization_id = $1::text::uuid`, p.Values[6]))
	}
	if len(sizes) != 3 || patterns[0].Name != "whale" || patterns[0].Values[4] != powerUser1 ||
		sizes[0] < 5*sizes[1] || sizes[1] < 5*sizes[2] || sizes[2] < 1 {
		t.Errorf("patterns %v with organizations of %v rows: want the whale's power user, then two smaller", patterns, sizes)
	}
}

func checkCalm(t *testing.T, conn *pgx.Conn, d *Drill) {
	until(t, conn, 50, `SELECT count(*) FROM reports.reports WHERE id > 60000 AND completed_at IS NOT NULL`)
	if n := number(t, conn, `SELECT count(*) FROM pg_stat_activity WHERE usename = 'reports_rw' AND application_name <> 'report-worker'`); n > 0 {
		t.Errorf("%v connections of the application have another name", n)
	}
	// A report is counted after its commit: some of the fifty may not be yet.
	if served := d.Served(); served.Reports < 30 || served.Median <= 0 || served.Worst < served.P95 || served.P95 < served.Median {
		t.Errorf("served %+v", served)
	}
	var text string
	err := conn.QueryRow(context.Background(), `SELECT query FROM pg_stat_statements JOIN pg_roles ON pg_roles.oid = userid
		WHERE rolname = 'reports_rw' ORDER BY total_exec_time DESC LIMIT 1`).Scan(&text)
	if err != nil || !strings.HasPrefix(text, "SELECT id, report_type") ||
		!strings.Contains(text, "EXTRACT($8 FROM current_timestamp-created_at)/$9 < $7") {
		t.Errorf("the top statement is %q, %v; want the dedup query", text, err)
	}
}

func checkSpike(t *testing.T, conn *pgx.Conn, d *Drill) {
	d.Errors()
	d.arrivals.factor(10) // far above what the machine can do, also where other tests slowed the calibration down
	until(t, conn, 90, `SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'`)
	deadline := time.Now().Add(time.Minute)
	events := d.Errors()
	for ; len(events) == 0 && time.Now().Before(deadline); events = d.Errors() {
		time.Sleep(50 * time.Millisecond)
	}
	if len(events) == 0 {
		t.Error("the clients have seen no error in a full pool")
	}
	d.Calm()
}

func TestTooFewRows(t *testing.T) {
	if _, err := Start(context.Background(), Options{Rows: 10}, nil, nil); err == nil || !strings.Contains(err.Error(), "10000") {
		t.Errorf("error %v does not say how many rows it takes", err)
	}
}

// A start that is given up leaves no server, not even one that was to be kept.
func TestACancelledStart(t *testing.T) {
	for _, keep := range []bool{false, true} {
		t.Run(fmt.Sprintf("keep %v", keep), func(t *testing.T) { checkCancelledStart(t, keep) })
	}
}

func checkCancelledStart(t *testing.T, keep bool) {
	defer goleak.VerifyNone(t)
	ctx, cancel := context.WithCancel(context.Background())
	dir := ""
	say := func(s string) {
		dir = s[strings.LastIndex(s, " ")+1:]
		cancel()
	}
	if _, err := Start(ctx, Options{Rows: leastRows, Keep: keep}, say, func(float64) {}); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want that it was cancelled", err)
	}
	if _, err := os.Stat(dir); dir == "" || !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the folder %q is still there: %v", dir, err)
	}
}

// What Stop leaves running can be reached and ended by what Kept says, and by nothing else that was shown.
func TestKeptServer(t *testing.T) {
	defer goleak.VerifyNone(t)
	d, err := Start(context.Background(), Options{Rows: leastRows, Keep: true}, func(string) {}, func(float64) {})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := d.server.Stop(); err != nil {
			t.Errorf("ending the kept server: %v", err)
		}
	}()
	if err := d.Stop(); err != nil {
		t.Fatal(err)
	}
	kept := d.Kept()
	if !strings.Contains(kept, d.server.Dir()) {
		t.Errorf("the server's folder is not named:\n%s", kept)
	}
	dsn := regexp.MustCompile(`(?m)^connect: psql '(.*)'$`).FindStringSubmatch(kept)
	end := regexp.MustCompile(`(?m)^end it: kill -INT (\d+)`).FindStringSubmatch(kept)
	if dsn == nil || end == nil {
		t.Fatalf("it is not said how to connect or how to end it:\n%s", kept)
	}
	conn, err := pgx.Connect(context.Background(), dsn[1])
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	pid := number(t, conn, `SELECT split_part(pg_read_file('postmaster.pid'), E'\n', 1)::int`)
	if fmt.Sprint(pid) != end[1] {
		t.Errorf("the server is process %v, not %s", pid, end[1])
	}
}
