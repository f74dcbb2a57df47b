package sampler

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/pgerr"
)

// Sampler takes samples over one connection. It has one user at a time.
type Sampler struct {
	conn       *pgx.Conn
	server     probes.Server
	last       time.Time // At of the sample before
	settings   settings
	names      *names
	statements *statementReader
	probes     []*probe
}

// probe is one part of a sample that a sample can do without, with its own pace.
type probe struct {
	name  string
	every time.Duration // 0: in each sample
	read  func(ctx context.Context, sample *probes.Sample) error
	due   time.Time // server time
	fault string    // why its last run failed; empty where it did not
}

// probeRest is how long a probe that failed is left alone.
const probeRest = 5 * time.Second

// settingsEvery is how often the ceiling is read again: a database's limit can change while the server runs.
const settingsEvery = 60 * time.Second

// New makes a sampler. What a new connection sees cannot be compared with what an old one saw: it takes a new sampler.
func New(conn *pgx.Conn, server probes.Server) *Sampler {
	s := &Sampler{conn: conn, server: server, names: newNames(conn)}
	s.statements = newStatementReader(conn, server.Version)
	s.probes = []*probe{
		{name: "ceiling", every: settingsEvery, read: s.readSettings},
		{name: "builds", read: s.readBuilds},
		{name: "statements", read: s.statements.read},
		{name: "texts", read: s.statements.readTexts},
		{name: "names", read: s.names.read}, // of what the others brought
	}
	return s
}

// Uses says whether the sampler looks over this connection.
func (s *Sampler) Uses(conn *pgx.Conn) bool { return s.conn == conn }

// Take makes a sample. The server's clock and the activity must be there: without them there is no sample, because no data must not look like no load.
// The other probes may fail: the sample says why.
func (s *Sampler) Take(ctx context.Context, ownPIDs map[int32]bool) (*probes.Sample, error) {
	started := time.Now()
	sample := &probes.Sample{Server: s.server}
	err := s.conn.QueryRow(ctx, query("pulse")).Scan(&sample.At, &sample.Server.InRecovery)
	if err != nil {
		return nil, &pgerr.Step{Doing: "reading the server's clock", Err: err}
	}
	sample.Backends, err = readActivity(ctx, s.conn, s.server.Version, ownPIDs)
	if err != nil {
		return nil, &pgerr.Step{Doing: "reading the activity", Err: err}
	}
	for _, p := range s.probes {
		if err := s.run(ctx, p, sample); err != nil {
			return nil, err
		}
	}
	s.finish(sample)
	sample.Cost = time.Since(started)
	return sample, nil
}

// run lets a probe read if it is due. Only the loss of the connection is an error.
func (s *Sampler) run(ctx context.Context, p *probe, sample *probes.Sample) error {
	if !sample.At.Before(p.due) {
		p.due, p.fault = sample.At.Add(p.every), ""
		if err := p.read(ctx, sample); err != nil {
			if s.conn.IsClosed() || ctx.Err() != nil {
				return &pgerr.Step{Doing: "reading the " + p.name, Err: err}
			}
			p.due, p.fault = sample.At.Add(probeRest), probeFault(p.name, err)
		}
	}
	if p.fault != "" {
		sample.Failures = append(sample.Failures, probes.Failure{Probe: p.name, Reason: p.fault})
	}
	return nil
}

// finish fills in what was read before, or apart.
func (s *Sampler) finish(sample *probes.Sample) {
	if !s.last.IsZero() {
		sample.Interval = sample.At.Sub(s.last)
	}
	s.last = sample.At
	sample.Ceiling = s.settings.ceiling
	s.names.fill(sample)
	sample.Failures = append(sample.Failures, s.blindSpots(sample)...)
}
