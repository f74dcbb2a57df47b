// Package recordtest makes samples of the size that the design asks for, for tests and benchmarks of whatever reads an incident file.
package recordtest

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/pgmedic/pgmedic/probes"
)

// Busy makes the samples of a server with 100 connections and 500 statements that all run: the size that the design asks for.
type Busy struct {
	random     *rand.Rand
	at         time.Time
	backends   []probes.Backend
	statements []probes.StatementDelta
	pid        int32
}

// NewBusy begins at a time.
func NewBusy(start time.Time) *Busy {
	b := &Busy{random: rand.New(rand.NewPCG(1, 2)), at: start.Truncate(time.Microsecond)}
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

func (b *Busy) connect() probes.Backend {
	b.pid++
	app := b.random.IntN(6)
	return probes.Backend{PID: 1000 + b.pid, Type: "client backend", DatabaseOID: 16384, UserOID: uint32(16385 + app%5), Database: "orders",
		User: fmt.Sprintf("app_%d", app%5), Application: fmt.Sprintf("worker-%d", app), Client: fmt.Sprintf("10.0.%d.%d", app, b.random.IntN(30)),
		State: "idle", BackendStart: b.at.Add(-b.micros(1e9))}
}

func (b *Busy) micros(below int64) time.Duration {
	return time.Duration(b.random.Int64N(below)) * time.Microsecond
}

// Next is the sample a second later. Every session has begun something else, one in a hundred is a new one.
func (b *Busy) Next() *probes.Sample {
	b.at = b.at.Add(time.Second + b.micros(2000))
	s := &probes.Sample{
		At: b.at, Interval: time.Second, Cost: b.micros(20000), Statements: probes.Statements{Known: true, Since: b.at.Add(-time.Second)},
		Server:  probes.Server{SystemIdentifier: "7301", Timeline: 1, Host: "db", Port: 5432, Database: "orders", User: "pgmedic", Version: 150018, VersionText: "15.18"},
		Ceiling: probes.Ceiling{MaxConnections: 200, SuperuserReserved: 3, DatabaseLimit: -1},
	}
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

func (b *Busy) run(s *probes.Backend) {
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

func (b *Busy) count(d *probes.StatementDelta) {
	calls := 1 + b.random.Int64N(20)
	d.Calls, d.Rows, d.BlocksHit, d.BlocksRead = calls, calls*b.random.Int64N(5), calls*(4+b.random.Int64N(8)), b.random.Int64N(3)
	d.ExecTime = time.Duration(calls) * (200*time.Microsecond + b.micros(400))
	d.TotalCalls += d.Calls
	d.TotalExecTime += d.ExecTime
}
