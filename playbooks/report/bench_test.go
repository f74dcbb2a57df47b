package report

import (
	"runtime"
	"testing"
	"time"

	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/record"
	"github.com/pgmedic/pgmedic/probes/record/recordtest"
)

// BenchmarkSixHours writes the report of six hours of a server with 100 connections and 500 busy statements: an op may take 2 s. It tells how much memory is in use at
// the end.
func BenchmarkSixHours(b *testing.B) {
	file, err := record.Create(b.TempDir(), "orders", begin)
	check(b, err)
	busy := recordtest.NewBusy(begin)
	for range 6 * 3600 {
		check(b, file.AddSample(busy.Next(), probes.Assessment{Baseline: probes.Baseline{Median: 12, N: 110}}))
	}
	mark := func(name string, at time.Time) {
		_, err := file.AddEvent(record.Event{Kind: record.Mark, At: at, Title: name, Data: map[string]string{"mark": name}})
		check(b, err)
	}
	mark(record.MarkOnset, begin.Add(3*time.Hour))
	mark(record.MarkRecovered, begin.Add(4*time.Hour))
	check(b, file.Close())
	folder := b.TempDir()
	for b.Loop() {
		_, err := Write(file.Path(), folder)
		check(b, err)
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	b.ReportMetric(float64(m.HeapSys)/1e6, "MB")
}
