package sampler

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/pgserver"
)

// BenchmarkCost reports what each probe takes in a run, as pgmedic waits for it and as pg_stat_statements counts it (server-), and both added up to
// milliseconds a second at the default interval with the pace that each probe has come to.
func BenchmarkCost(b *testing.B) {
	for _, size := range []struct{ connections, active, statements int }{{100, 20, 500}, {1000, 100, 5000}} {
		b.Run(fmt.Sprintf("%d connections, %d statements", size.connections, size.statements), func(b *testing.B) {
			dsn := crowdedServer(b, size.connections, size.active, size.statements)
			conn, err := pgx.Connect(b.Context(), dsn)
			if err != nil {
				b.Fatal(err)
			}
			defer conn.Close(context.Background())
			s := New(conn, probes.Server{Version: versionOf(b, conn), Database: "postgres"})
			took, runs := map[string]time.Duration{}, map[string]int{}
			last := map[string]probes.ProbeCost{}
			for b.Loop() {
				for _, p := range s.probes {
					p.due = time.Time{} // each probe in each sample
				}
				sample, err := s.Take(b.Context(), nil)
				if err != nil || len(sample.Backends) < size.connections {
					b.Fatalf("%v, %d sessions", err, len(sample.Backends))
				}
				for _, c := range sample.Costs {
					took[c.Probe] += c.Took
					runs[c.Probe]++
					last[c.Probe] = c
				}
			}
			waited, worked := 0.0, 0.0
			onServer := serverTime(b, conn)
			for name, sum := range took {
				mean := float64(sum) / float64(runs[name]) / float64(time.Millisecond)
				each := max(last[name].Every, nominal).Seconds()
				key := strings.ReplaceAll(name, " ", "_")
				b.ReportMetric(mean, key+"-ms/run")
				b.ReportMetric(onServer[key], "server-"+key+"-ms/run")
				waited += mean / each
				worked += onServer[key] / each
			}
			b.ReportMetric(waited, "ms/s")
			b.ReportMetric(worked, "server-ms/s")
		})
	}
}

// serverTime returns the mean execution time of each of pgmedic's queries in milliseconds, by its name.
func serverTime(b *testing.B, conn *pgx.Conn) map[string]float64 {
	b.Helper()
	rows, err := conn.Query(b.Context(), `SELECT substring(query FROM '/\* pgmedic:(\w+)'), sum(total_exec_time) / sum(calls)
		FROM pg_stat_statements WHERE query LIKE '%/* pgmedic:%' GROUP BY 1`)
	if err != nil {
		b.Fatal(err)
	}
	means := map[string]float64{}
	var name *string
	var mean float64
	if _, err := pgx.ForEachRow(rows, []any{&name, &mean}, func() error {
		means[known(name)] = mean
		return nil
	}); err != nil {
		b.Fatal(err)
	}
	return means
}

func versionOf(b *testing.B, conn *pgx.Conn) (version int) {
	b.Helper()
	if err := conn.QueryRow(b.Context(), "SELECT current_setting('server_version_num')::int").Scan(&version); err != nil {
		b.Fatal(err)
	}
	return version
}

// crowdedServer is a server with so many connections, some of them active, and so many statements of 1 kB.
func crowdedServer(b *testing.B, connections, active, statements int) string {
	b.Helper()
	server, err := pgserver.Start(context.Background(), pgserver.Options{Settings: map[string]string{
		"fsync": "off", "max_connections": fmt.Sprint(connections + 20), "pg_stat_statements.max": fmt.Sprint(statements + 1000), "shared_buffers": "32MB",
	}})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = server.Stop() })
	dsn := server.DSN("postgres")
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{}, connections)
	b.Cleanup(func() {
		cancel()
		for range connections {
			<-done
		}
	})
	opened := make(chan error, connections)
	for i := range connections {
		go func() {
			defer func() { done <- struct{}{} }()
			conn, err := pgx.Connect(ctx, dsn)
			opened <- err
			if err != nil {
				return
			}
			defer conn.Close(context.Background())
			if i < active {
				_, _ = conn.Exec(ctx, "SELECT pg_sleep(3600) /* "+strings.Repeat("x", 950)+" */")
			}
			<-ctx.Done()
		}()
		if err := <-opened; err != nil {
			b.Fatal(err)
		}
	}
	fillStatements(b, dsn, statements)
	return dsn
}

func fillStatements(b *testing.B, dsn string, statements int) {
	b.Helper()
	conn, err := pgx.Connect(b.Context(), dsn)
	if err != nil {
		b.Fatal(err)
	}
	defer conn.Close(context.Background())
	var columns, texts []string
	for i := range 100 {
		columns = append(columns, fmt.Sprintf("c%d int", i))
	}
	for i := range statements {
		texts = append(texts, fmt.Sprintf("SELECT /* %s */ c%d FROM wide WHERE c%d = 1", strings.Repeat("x", 950), i%100, i/100))
	}
	for _, sql := range []string{"CREATE EXTENSION pg_stat_statements", "CREATE TABLE wide (" + strings.Join(columns, ", ") + ")", strings.Join(texts, ";")} {
		if _, err := conn.Exec(b.Context(), sql, pgx.QueryExecModeSimpleProtocol); err != nil {
			b.Fatal(err)
		}
	}
}
