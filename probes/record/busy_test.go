package record

import (
	"fmt"
	"math/rand/v2"
	"os"
	"testing"
	"time"

	"github.com/pgmedic/pgmedic/probes"
)

// busy makes the samples of a server with 100 connections and 500 statements that all run: the size that the design asks for.
type busy struct {
	random     *rand.Rand
	at         time.Time
	backends   []probes.Backend
	statements []probes.StatementDelta
	pid        int32
}

func newBusy() *busy {
	b := &busy{random: rand.New(rand.NewPCG(1, 2)), at: start.Truncate(time.Microsecond)}
	for range 100 {
		b.backends = append(b.backends, b.connect())
	}
	for i := range 500 {
		b.statements = append(b.statements, probes.StatementDelta{
			StatementKey: probes.StatementKey{DatabaseOID: 16384, UserOID: uint32(16385 + i%5), QueryID: b.random.Int64() - b.random.Int64(), TopLevel: true},
			Database:     "orders", User: fmt.Sprintf("app_%d", i%5),
			TotalCalls: b.random.Int64N(1e9), TotalExecTime: time.Duration(b.random.Int64N(1e12)) * time.Microsecond,
		})
	}
	return b
}

func (b *busy) connect() probes.Backend {
	b.pid++
	app := b.random.IntN(6)
	return probes.Backend{PID: 1000 + b.pid, Type: "client backend", DatabaseOID: 16384, UserOID: uint32(16385 + app%5), Database: "orders",
		User: fmt.Sprintf("app_%d", app%5), Application: fmt.Sprintf("worker-%d", app), Client: fmt.Sprintf("10.0.%d.%d", app, b.random.IntN(30)),
		State: "idle", BackendStart: b.at.Add(-b.micros(1e9))}
}

func (b *busy) micros(below int64) time.Duration {
	return time.Duration(b.random.Int64N(below)) * time.Microsecond
}

// next is the sample a second later. Every session has begun something else, one in a hundred is a new one.
func (b *busy) next() *probes.Sample {
	b.at = b.at.Add(time.Second + b.micros(2000))
	s := sampleAt(0)
	s.At, s.Statements = b.at, probes.Statements{Known: true, Since: b.at.Add(-time.Second)}
	s.Costs = []probes.ProbeCost{{Probe: "activity", Took: b.micros(5000)}, {Probe: "statements", Took: b.micros(9000)}}
	for i := range b.backends {
		b.run(&b.backends[i])
	}
	for i := range b.statements {
		b.count(&b.statements[i])
	}
	s.Backends = append([]probes.Backend(nil), b.backends...)
	s.Statements.Deltas = append([]probes.StatementDelta(nil), b.statements...)
	return s
}

func (b *busy) run(s *probes.Backend) {
	if b.random.IntN(100) == 0 {
		*s = b.connect()
	}
	s.QueryID = b.statements[b.random.IntN(len(b.statements))].QueryID
	s.QueryStart = b.at.Add(-b.micros(1e6))
	s.StateChange = s.QueryStart.Add(b.micros(1000))
	s.State, s.XactStart, s.XminAge, s.WaitType, s.WaitEvent = "idle", time.Time{}, 0, "Client", "ClientRead"
	if b.random.IntN(2) == 0 {
		s.State, s.XactStart, s.XminAge, s.WaitType, s.WaitEvent = "active", s.QueryStart, b.random.Int64N(1000), "", ""
		if b.random.IntN(3) == 0 {
			s.WaitType, s.WaitEvent = "IO", "DataFileRead"
		}
	}
}

func (b *busy) count(d *probes.StatementDelta) {
	calls := 1 + b.random.Int64N(20)
	d.Calls, d.Rows, d.BlocksHit, d.BlocksRead = calls, calls*b.random.Int64N(5), calls*(4+b.random.Int64N(8)), b.random.Int64N(3)
	d.ExecTime = time.Duration(calls) * (200*time.Microsecond + b.micros(400))
	d.TotalCalls += d.Calls
	d.TotalExecTime += d.ExecTime
}

// busyFile records so many seconds of a busy server.
func busyFile(tb testing.TB, seconds int) *File {
	tb.Helper()
	f, err := Create(tb.TempDir(), "orders", start)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = f.Close() })
	b := newBusy()
	for range seconds {
		if err := f.AddSample(b.next(), assessment()); err != nil {
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
	samples := newBusy()
	for b.Loop() {
		b.StopTimer()
		s := samples.next()
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
