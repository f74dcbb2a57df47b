package replay

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/pgmedic/pgmedic/probes"
)

// busyHour is an hour of a server with 100 connections and 500 statements that all run.
func busyHour(b *testing.B) *deck {
	b.Helper()
	r, random := newRecorder(b), rand.New(rand.NewPCG(1, 2))
	for i := range 3600 {
		s := sampleAt(i)
		s.Backends = nil
		for pid := range 100 {
			s.Backends = append(s.Backends, probes.Backend{PID: int32(pid + 1), Type: "client backend", State: "active", DatabaseOID: 1, UserOID: 2,
				Database: "orders", User: "app", QueryID: random.Int64N(500), QueryStart: s.At.Add(-time.Duration(random.IntN(1e9))), BackendStart: start})
		}
		s.Statements.Deltas = nil
		for id := range int64(500) {
			k := key
			k.QueryID = id
			s.Statements.Deltas = append(s.Statements.Deltas, probes.StatementDelta{
				StatementKey: k, Database: "orders", User: "app", Calls: 1 + random.Int64N(20), ExecTime: time.Duration(random.Int64N(1e7)),
				TotalCalls: int64(i) * 10, TotalExecTime: time.Duration(i) * time.Millisecond,
			})
		}
		r.add(b, s)
	}
	return open(b, r.file)
}

// BenchmarkSeek goes anywhere in a busy hour: an op may take 50 ms.
func BenchmarkSeek(b *testing.B) {
	d := busyHour(b)
	d.readIndex(b.Context())
	random := rand.New(rand.NewPCG(1, 2))
	for b.Loop() {
		d.Seek(start.Add(time.Duration(random.IntN(3600)) * time.Second))
		if m := d.take(b); m.Window == nil {
			b.Fatal("no window")
		}
	}
}

// BenchmarkOpen opens a busy hour and shows its beginning: an op may take 300 ms.
func BenchmarkOpen(b *testing.B) {
	file := busyHour(b).file
	for b.Loop() {
		if m := open(b, file).take(b); m.Window == nil {
			b.Fatal("no window")
		}
	}
}

// BenchmarkIndex is what goes on behind the first screen of a busy hour.
func BenchmarkIndex(b *testing.B) {
	d := busyHour(b)
	for b.Loop() {
		d.readIndex(b.Context())
	}
}
