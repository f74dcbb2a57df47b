package live

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/pgmedic/pgmedic/probes/pgserver"
	"github.com/pgmedic/pgmedic/probes/sampler"
)

// crowdSize is a server that a benchmark fills.
type crowdSize struct {
	connections int // idle, but for a tenth that is active
	statements  int // in pg_stat_statements, of textBytes each
	textBytes   int
}

var (
	usual = crowdSize{connections: 100, statements: 500, textBytes: 1000}
	large = crowdSize{connections: 1000, statements: 5000, textBytes: 1000}
)

// BenchmarkSample takes samples over a loopback connection while four clients run the statements. It shows the time of one sample, and what the server
// worked for a second of samples at 1 s: the time of pgmedic's statements in pg_stat_statements.
func BenchmarkSample(b *testing.B) {
	for name, size := range map[string]crowdSize{"usual": usual, "large": large} {
		b.Run(name, func(b *testing.B) {
			server := crowd(b, size)
			s, err := New(Config{DSN: server.DSN("postgres")})
			if err != nil {
				b.Fatal(err)
			}
			defer s.Close()
			var current *sampler.Sampler
			for b.Loop() {
				if _, err := s.sample(b.Context(), &current); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// crowd starts a server with so many connections and statements, and with four clients that run the statements until the benchmark ends.
func crowd(b *testing.B, size crowdSize) *pgserver.Server {
	b.Helper()
	server, err := pgserver.Start(b.Context(), pgserver.Options{Settings: map[string]string{
		"max_connections": fmt.Sprint(size.connections + 50), "pg_stat_statements.max": "10000", "pg_stat_statements.track_planning": "on",
		"fsync": "off", "synchronous_commit": "off", "logging_collector": "on", "log_directory": "log", "log_filename": "server.log", "log_line_prefix": "%u ",
	}})
	if err != nil {
		b.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	var clients sync.WaitGroup
	b.Cleanup(func() {
		stop()
		clients.Wait()
		if err := server.Stop(); err != nil {
			b.Error(err)
		}
	})
	open := func() *pgx.Conn {
		conn, err := pgx.Connect(ctx, server.DSN("postgres"))
		if err != nil {
			b.Fatal(err)
		}
		return conn
	}
	statements := wideStatements(size)
	first := open()
	fill(b, first, append([]string{"CREATE EXTENSION pg_stat_statements", wideTable}, statements...))
	for i := range size.connections {
		conn := open()
		switch {
		case i < 4:
			clients.Go(func() { runAll(ctx, conn, statements) })
		case i < size.connections/10:
			clients.Go(func() { _, _ = conn.Exec(ctx, "SELECT pg_sleep(86400)") })
		}
	}
	return server
}

// columns is how many the table of the statements has: every two of them make a statement of their own.
const columns = 300

var wideTable = func() string {
	names := make([]string, columns)
	for i := range names {
		names[i] = fmt.Sprintf("c%d int", i)
	}
	return "CREATE TABLE wide (" + strings.Join(names, ", ") + ")"
}()

// wideStatements makes statements that pg_stat_statements tells apart, each as long as the size wants.
func wideStatements(size crowdSize) []string {
	statements := make([]string, size.statements)
	for i := range statements {
		head := fmt.Sprintf("SELECT c%d, c%d FROM wide ", i%columns, i/columns)
		statements[i] = head + "/*" + strings.Repeat("x", max(size.textBytes-len(head)-20, 0)) + "*/ WHERE c0 = 1"
	}
	return statements
}

func fill(b *testing.B, conn *pgx.Conn, statements []string) {
	b.Helper()
	for _, sql := range statements {
		if _, err := conn.Exec(b.Context(), sql, pgx.QueryExecModeSimpleProtocol); err != nil {
			b.Fatal(err)
		}
	}
}

// runAll sends the statements in turn, some 100 a second, until ctx ends.
func runAll(ctx context.Context, conn *pgx.Conn, statements []string) {
	ticker := time.NewTicker(10 * time.Millisecond)
	defer ticker.Stop()
	for i := 0; ; i++ {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			_, _ = conn.Exec(ctx, statements[i%len(statements)], pgx.QueryExecModeSimpleProtocol)
		}
	}
}
