package sampler

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
)

// BenchmarkTexts reports what one read of texts costs, beside one of the counters alone, by how large the server's file of texts is.
func BenchmarkTexts(b *testing.B) {
	for _, size := range []int{1 << 10, 48 << 20 / 5000} {
		b.Run(fmt.Sprintf("5000 statements of %d bytes", size), func(b *testing.B) {
			dsn := pgtest.Server(b, map[string]string{"pg_stat_statements.max": "6000"}).DSN("postgres")
			app := pgtest.Connect(b, dsn, nil)
			pgtest.Execute(b, app, "CREATE EXTENSION pg_stat_statements")
			for i := range 5000 {
				sum := ""
				for bit := range 13 {
					sum += " " + string("+-"[i>>bit&1]) + " 1"
				}
				sql := "SELECT 1" + sum + " /* " + strings.Repeat("x", size-60) + " */"
				if _, err := app.Exec(b.Context(), sql, pgx.QueryExecModeSimpleProtocol); err != nil {
					b.Fatal(err)
				}
			}
			r := newReader(b, dsn)
			r.mustRead(b, 0)
			var counters, texts time.Duration
			for b.Loop() {
				began := time.Now()
				if now, _, err := r.takeReading(b.Context()); err != nil || len(now.entries) < 5000 {
					b.Fatalf("%v, %d entries", err, len(now.entries))
				}
				middle := time.Now()
				rows, err := r.conn.Query(b.Context(), query("texts", "{schema}", r.extension.Schema, "{query}", "s.query"), []int64{1})
				if err != nil {
					b.Fatal(err)
				}
				if rows.Close(); rows.Err() != nil {
					b.Fatal(rows.Err())
				}
				counters += middle.Sub(began)
				texts += time.Since(middle)
			}
			b.ReportMetric(float64(counters.Milliseconds())/float64(b.N), "counters-ms")
			b.ReportMetric(float64(texts.Milliseconds())/float64(b.N), "texts-ms")
			b.ReportMetric(0, "ns/op")
			b.Log(pgtest.Value(b, dsn, `SELECT format('on the server %s ms at least, %s kB of temp files a read', round(min_exec_time::numeric, 1), temp_blks_written * 8 / calls)
				FROM pg_stat_statements WHERE query LIKE '%pgmedic:texts%' AND query NOT LIKE '%min_exec_time%'`))
		})
	}
}

// BenchmarkRunning reports what the fallback costs: the texts of the sessions that are active, and ids made of them.
func BenchmarkRunning(b *testing.B) {
	for _, size := range []struct{ connections, active int }{{100, 100}, {1000, 100}} {
		b.Run(fmt.Sprintf("%d connections, %d active", size.connections, size.active), func(b *testing.B) {
			conn := lookConnection(b, crowdedServer(b, size.connections, size.active, 1))
			for b.Loop() {
				running, err := ReadRunning(b.Context(), conn)
				if err != nil || len(running) != size.active {
					b.Fatalf("%d, %v", len(running), err)
				}
				for _, s := range running {
					_ = s.ID()
				}
			}
			b.StopTimer()
			b.ReportMetric(leastTime(b, conn, query("running_statements", "{query}", rawText(conn, "s.query")), []int32(nil)), "server-ms/op")
		})
	}
}
