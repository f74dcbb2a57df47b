//go:build peers

package live

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/pgmedic/pgmedic/probes/pgserver"
)

// peersSpan is how long each tool looks at the server.
const peersSpan = 60 * time.Second

// BenchmarkPeers lets pgmedic and pg_activity look at the same server, one after the other, each at its own pace of a second, as a role of its own, and
// shows what that cost the server in a second: by pg_stat_statements (planning and execution), by log_min_duration_statement = 0, and in processor
// time of the tool's own backends. To be run by hand, alone on the machine, where pg_activity is installed:
//
//	go test -tags peers -run '^$' -bench Peers -benchtime 1x ./probes/live
func BenchmarkPeers(b *testing.B) {
	for _, c := range []struct {
		name string
		size crowdSize
	}{{"usual", usual}, {"large", large}} {
		server := crowd(b, c.size)
		for _, tool := range []struct {
			name string
			look func(ctx context.Context, b *testing.B, dsn string, server *pgserver.Server)
		}{{"pgmedic", lookWithPgmedic}, {"pg_activity", lookWithPgActivity}} {
			b.Run(c.name+"/"+tool.name, func(b *testing.B) {
				for b.Loop() {
					measure(b, server, tool.name, tool.look)
				}
			})
		}
	}
}

func measure(b *testing.B, server *pgserver.Server, name string, look func(context.Context, *testing.B, string, *pgserver.Server)) {
	role := "bench_" + name
	admin, err := pgx.Connect(b.Context(), server.DSN("postgres"))
	if err != nil {
		b.Fatal(err)
	}
	defer admin.Close(context.Background())
	fill(b, admin, []string{
		"DROP ROLE IF EXISTS " + role, "CREATE ROLE " + role + " LOGIN SUPERUSER PASSWORD 'bench'",
		"ALTER ROLE " + role + " SET log_min_duration_statement = 0",
	})
	dsn := fmt.Sprintf("host=127.0.0.1 port=%d user=%s password=bench dbname=postgres", server.Port(), role)
	ctx, cancel := context.WithTimeout(b.Context(), peersSpan)
	defer cancel()
	done := make(chan struct{})
	go func() { defer close(done); look(ctx, b, dsn, server) }()
	time.Sleep(peersSpan / 2) // what a start costs, with the texts that it reads, is not what a refresh costs
	before := work{}.read(b, admin, server, role)
	began := time.Now()
	time.Sleep(peersSpan/2 - 3*time.Second)
	after := work{}.read(b, admin, server, role)
	seconds, refreshes := time.Since(began).Seconds(), after.refreshes-before.refreshes
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(refreshes/seconds, "refreshes/s")
	b.ReportMetric((after.statements-before.statements)/refreshes, "statements-ms/refresh")
	b.ReportMetric((after.logged-before.logged)/refreshes, "logged-ms/refresh")
	b.ReportMetric((after.processor-before.processor)/refreshes, "cpu-ms/refresh")
	b.ReportMetric((after.processor-before.processor)/seconds, "cpu-ms/s")
	logDearest(b, admin, role)
	cancel()
	<-done
}

func lookWithPgmedic(ctx context.Context, b *testing.B, dsn string, _ *pgserver.Server) {
	s, err := New(Config{DSN: dsn})
	if err != nil {
		b.Error(err)
		return
	}
	defer s.Close()
	for tick := range s.Stream(ctx) {
		if tick.Sample == nil {
			b.Errorf("no sample: %+v", tick.Trouble)
			return
		}
	}
}

// lookWithPgActivity runs pg_activity in a terminal of its own.
func lookWithPgActivity(ctx context.Context, b *testing.B, dsn string, _ *pgserver.Server) {
	cmd := exec.CommandContext(ctx, "script", "-qefc", "stty rows 45 cols 160; exec pg_activity --refresh 1 '"+dsn+"'", "/dev/null")
	cmd.Env = append(os.Environ(), "TERM=xterm-256color", "LANG=C.UTF-8")
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 3 * time.Second
	if out, err := cmd.CombinedOutput(); err != nil && ctx.Err() == nil {
		b.Errorf("pg_activity: %v\n%s", err, out)
	}
}

// work is what a role's sessions did so far.
type work struct {
	statements float64 // ms of planning and execution, by pg_stat_statements
	refreshes  float64 // calls of the statement that was called most with what the role's sessions look at each time, the activity
	logged     float64 // ms, by log_min_duration_statement = 0
	processor  float64 // ms of the backends' processor time
}

func (w work) read(b *testing.B, conn *pgx.Conn, server *pgserver.Server, role string) work {
	b.Helper()
	err := conn.QueryRow(b.Context(), `SELECT COALESCE(sum(s.total_exec_time + s.total_plan_time), 0),
			COALESCE(max(s.calls) FILTER (WHERE s.query ~ 'pg_stat_get_activity|pg_stat_activity' AND s.query ~ 'wait_event'), 0)
		FROM pg_stat_statements AS s JOIN pg_roles AS r ON r.oid = s.userid WHERE r.rolname = $1`, role).Scan(&w.statements, &w.refreshes)
	if err != nil {
		b.Fatal(err)
	}
	w.logged, w.processor = loggedTime(b, server, role), backendTime(b, conn, role)
	return w
}

// logDearest shows with -v what the role's statements took, from the start of the tool on.
func logDearest(b *testing.B, conn *pgx.Conn, role string) {
	b.Helper()
	rows, err := conn.Query(b.Context(), `SELECT format('%s ms in %s calls: %s', round((s.total_exec_time + s.total_plan_time)::numeric, 1), s.calls,
			left(regexp_replace(s.query, '\s+', ' ', 'g'), 90))
		FROM pg_stat_statements AS s JOIN pg_roles AS r ON r.oid = s.userid WHERE r.rolname = $1
		ORDER BY s.total_exec_time + s.total_plan_time DESC LIMIT 12`, role)
	if err != nil {
		b.Fatal(err)
	}
	lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		b.Fatal(err)
	}
	b.Log(strings.Join(append([]string{role}, lines...), "\n"))
}

// backendTime is the processor time that the role's backends used so far, in ms (Linux: fields 14 and 15 of /proc/PID/stat, in hundredths of a second).
func backendTime(b *testing.B, conn *pgx.Conn, role string) float64 {
	rows, err := conn.Query(b.Context(), "SELECT pid FROM pg_stat_activity WHERE usename = $1", role)
	if err != nil {
		b.Fatal(err)
	}
	pids, err := pgx.CollectRows(rows, pgx.RowTo[int])
	if err != nil {
		b.Fatal(err)
	}
	total := 0.0
	for _, pid := range pids {
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		if err != nil {
			continue
		}
		_, after, _ := strings.Cut(string(stat), ") ")
		fields := strings.Fields(after)
		user, _ := strconv.ParseFloat(fields[11], 64)
		system, _ := strconv.ParseFloat(fields[12], 64)
		total += 10 * (user + system)
	}
	return total
}

var duration = regexp.MustCompile(`duration: ([0-9.]+) ms`)

// loggedTime is what the server has logged of the role's statements so far, in ms.
func loggedTime(b *testing.B, server *pgserver.Server, role string) float64 {
	log, err := os.ReadFile(filepath.Join(server.Dir(), "data", "log", "server.log"))
	if err != nil {
		b.Fatal(err)
	}
	total := 0.0
	for line := range strings.Lines(string(log)) {
		if match := duration.FindStringSubmatch(line); match != nil && strings.HasPrefix(line, role+" ") {
			ms, _ := strconv.ParseFloat(match[1], 64)
			total += ms
		}
	}
	return total
}
