package record

import (
	"math/rand/v2"
	"os"
	"testing"
	"time"

	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/record/recordtest"
)

// busyFile records so many seconds of a busy server.
func busyFile(tb testing.TB, seconds int) *File {
	tb.Helper()
	f, err := Create(tb.TempDir(), "orders", start)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = f.Close() })
	b := recordtest.NewBusy(start)
	for range seconds {
		if err := f.AddSample(b.Next(), assessment()); err != nil {
			tb.Fatal(err)
		}
	}
	return f
}

// hourLimit is how large an hour of a busy server may be on disk.
const hourLimit = 25_000_000

// The size does not depend on the machine: it is held to here, on ten minutes.
func TestAnHourStaysSmall(t *testing.T) {
	f := busyFile(t, 600)
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(f.Path())
	if err != nil {
		t.Fatal(err)
	}
	if hour := info.Size() * 6; hour > hourLimit {
		t.Errorf("an hour of a busy server takes %d MB, want at most %d", hour/1e6, hourLimit/1_000_000)
	}
}

// BenchmarkAddSample is what a second of a busy server costs to write: an op may take 10 ms, 1 % of a core.
func BenchmarkAddSample(b *testing.B) {
	f := busyFile(b, 1)
	samples := recordtest.NewBusy(start)
	for b.Loop() {
		b.StopTimer()
		s := samples.Next()
		b.StartTimer()
		if err := f.AddSample(s, assessment()); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkHour reads an hour of a busy server, as a report does; it tells what the file takes.
func BenchmarkHour(b *testing.B) {
	f := busyFile(b, 3600)
	for b.Loop() {
		n := 0
		if err := f.Samples(func(*probes.Sample, probes.Assessment) bool { n++; return true }); err != nil || n != 3600 {
			b.Fatal(n, err)
		}
	}
	if err := f.Close(); err != nil {
		b.Fatal(err)
	}
	info, err := os.Stat(f.Path())
	if err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(info.Size())/1e6, "MB/hour")
}

// BenchmarkGather reads what a report needs of an hour of a busy server: of six hours it may take a second.
func BenchmarkGather(b *testing.B) {
	f := busyFile(b, 3600)
	for b.Loop() {
		n := 0
		at := func(s *probes.Sample, _ probes.Assessment) time.Time { return s.At }
		if err := Gather(f, at, func(time.Time) bool { n++; return true }); err != nil || n != 3600 {
			b.Fatal(n, err)
		}
	}
}

// BenchmarkSeek gets at one sample anywhere in an hour: an op may take 50 ms.
func BenchmarkSeek(b *testing.B) {
	f := busyFile(b, 3600)
	random := rand.New(rand.NewPCG(1, 2))
	for b.Loop() {
		at := start.Add(time.Duration(random.IntN(3500)) * time.Second)
		found := 0
		err := f.SamplesBetween(at, at.Add(1500*time.Millisecond), func(*probes.Sample, probes.Assessment) bool { found++; return true })
		if err != nil || found == 0 {
			b.Fatal(found, err)
		}
	}
}

// BenchmarkCurve reads the connections of six hours for the scrub bar.
func BenchmarkCurve(b *testing.B) {
	f := busyFile(b, 3600)
	for b.Loop() {
		if curve, err := f.Curve(); err != nil || len(curve) != 3600 {
			b.Fatal(len(curve), err)
		}
	}
}
