package sampler

import (
	"context"
	"fmt"
	"maps"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/pgerr"
)

// Sampler takes samples over one connection. It has one user at a time.
type Sampler struct {
	conn       *pgx.Conn
	server     probes.Server
	clock      serverClock
	pulse      pulse
	settings   settings
	names      *names
	texts      *textReader
	statements *statementReader
	probes     []*probe
	mend       func(context.Context) error // nil: nothing to do
}

// New makes a sampler. What a new connection sees cannot be compared with what an old one saw: it takes a new sampler.
func New(conn *pgx.Conn, server probes.Server) *Sampler {
	s := &Sampler{conn: conn, server: server, names: newNames(conn), texts: newTextReader()}
	s.begin()
	return s
}

// After lets a sampler over a new connection spare the server what the one before has found out: the statements' texts, which of them are pgmedic's own,
// and which probes overrun their budget. Of another server nothing is known. nil is for the first connection.
func (s *Sampler) After(before *Sampler) *Sampler {
	if before != nil && sameServer(s.server, before.server) {
		s.texts, s.probes = before.texts, before.probes
		s.begin()
	}
	return s
}

// sameServer says whether two connections lead to the same database of the same server; a standby has its primary's statements.
func sameServer(a, b probes.Server) bool {
	place := a.SystemIdentifier != "" || a.Host == b.Host && a.Port == b.Port
	return place && a.SystemIdentifier == b.SystemIdentifier && a.Version == b.Version && a.Database == b.Database
}

// begin makes the probes anew, as if nothing had been read before, but for texts and for what the probes were seen to cost.
func (s *Sampler) begin() {
	s.settings = settings{}
	s.texts.due = time.Time{}
	s.statements = newStatementReader(s.conn, s.server.Version, s.texts)
	before := s.probes
	s.makeProbes()
	for i, p := range before {
		s.probes[i].runs, s.probes[i].stretch = p.runs, p.stretch
	}
}

// makeProbes makes the probes, in the order in which they run. A budget is what one run at the normal pace may cost the server, waiting included and the
// network not; together they stay below reach (TestBudgets).
func (s *Sampler) makeProbes() {
	s.probes = []*probe{
		{name: "ceiling", every: time.Minute, locks: true, budget: 5 * time.Millisecond, read: s.readCeiling},
		{name: "role limits", every: 5 * time.Minute, locks: true, budget: 20 * time.Millisecond, read: s.readRoleLimits},
		{name: "settings", every: time.Minute, budget: 20 * time.Millisecond, read: s.readSettings},
		{name: "locks", budget: 3 * time.Millisecond, trips: 2, read: s.readLocks},
		{name: "prepared", every: preparedEvery, budget: 500 * time.Microsecond, read: s.readPrepared},
		{name: "builds", budget: 600 * time.Microsecond, read: s.readBuilds},
		{name: "progress", every: progressEvery, budget: 2 * time.Millisecond, read: s.readProgress},
		{name: "replicas", every: replicationEvery, budget: 500 * time.Microsecond, read: s.readReplicas},
		{name: "slots", every: replicationEvery, budget: 500 * time.Microsecond, read: s.readSlots},
		{name: "standby", every: replicationEvery, budget: 500 * time.Microsecond, read: s.readStandby},
		{name: "statements", budget: 2500 * time.Microsecond, trips: 2, read: s.statements.read, between: statementsBetween},
		{name: "running", budget: 4 * time.Millisecond, read: s.statements.readRunning, between: s.statements.nameUnnamed}, // in place of statements
		{name: "texts", every: textsEvery, budget: 10 * time.Millisecond, trips: 2, read: s.readTexts, between: s.texts.want},
		{name: "databases", every: countersEvery, budget: databasesBudget(s.server.Version), read: newDatabaseReader(s.conn, s.server.Version).read},
		{name: "writes", every: countersEvery, budget: time.Millisecond, read: newWriteReader(s.conn, s.server.Version).read},
		{name: "names", locks: true, budget: 300 * time.Microsecond, trips: 3, read: s.names.read}, // of what the others brought
	}
}

// AfterFailure sets what is to be done after a probe has failed: where all of a sample is one transaction, that one has failed too.
func (s *Sampler) AfterFailure(mend func(context.Context) error) { s.mend = mend }

// Uses says whether the sampler looks over this connection.
func (s *Sampler) Uses(conn *pgx.Conn) bool { return s.conn == conn }

// The budgets of what a sample cannot do without, and which is therefore never spaced out.
const (
	pulseBudget    = 200 * time.Microsecond
	activityBudget = 8500 * time.Microsecond // a thousand sessions
)

// Take makes a sample. The server's clock and the activity must be there: without them there is no sample, because no data must not look like no load.
// The other probes may fail: the sample says why.
func (s *Sampler) Take(ctx context.Context, ownPIDs map[int32]bool) (*probes.Sample, error) {
	started := time.Now()
	sample := &probes.Sample{Server: s.server}
	if err := s.readPulse(ctx, sample); err != nil {
		return nil, err
	}
	pulsed := time.Now()
	var err error
	sample.Backends, err = readActivity(ctx, s.conn, s.server.Version, ownPIDs)
	if err != nil {
		return nil, &pgerr.Step{Doing: "reading the activity", Err: err}
	}
	sample.Costs = append(sample.Costs, probes.ProbeCost{Probe: "activity", Took: time.Since(pulsed), Budget: activityBudget})
	if err := s.runProbes(ctx, sample); err != nil {
		return nil, err
	}
	sample.Ceiling = s.settings.ceiling
	s.names.fill(sample)
	sample.Failures = append(sample.Failures, s.blindSpots(sample)...)
	sample.Failures = append(sample.Failures, s.statements.blindSpots(sample)...)
	sample.Cost = time.Since(started)
	return sample, nil
}

// readPulse reads the server's clock. Where it was set since the sample before, nothing is compared across that.
func (s *Sampler) readPulse(ctx context.Context, sample *probes.Sample) error {
	before := time.Now()
	if err := s.conn.QueryRow(ctx, query("pulse")).Scan(&sample.At, &sample.Server.InRecovery); err != nil {
		return &pgerr.Step{Doing: "reading the server's clock", Err: err}
	}
	after := time.Now()
	s.pulse.took = after.Sub(before)
	if s.pulse.least == 0 || s.pulse.took < s.pulse.least {
		s.pulse.least = s.pulse.took
	}
	sample.OffsetWithin = (s.pulse.took / 2).Round(time.Microsecond)
	sample.Offset = sample.At.Sub(before.Round(0).Add(s.pulse.took / 2)).Round(time.Microsecond)
	var jump time.Duration
	sample.Interval, jump = s.clock.step(clockReading{server: sample.At, before: before, after: after})
	if jump != 0 {
		s.begin()
		sample.Failures = append(sample.Failures, probes.Failure{Probe: "clock", Reason: jumpReason(jump)})
	}
	sample.Costs = append(sample.Costs, probes.ProbeCost{Probe: "pulse", Took: s.pulse.took, Budget: pulseBudget})
	return nil
}

// runProbes runs what is due. One that is cut off ends it: the others come with the next sample. Only the loss of the connection is an error.
func (s *Sampler) runProbes(ctx context.Context, sample *probes.Sample) error {
	cut := false
	_, busy, _ := lockWaiters(sample.Backends)
	for _, p := range s.probes {
		if cut || sample.At.Before(p.due) {
			p.sitOut(sample)
			continue
		}
		if p.locks && busy >= contended {
			sample.Failures = append(sample.Failures, contention(p.name, busy))
			continue
		}
		var err error
		if cut, err = p.run(ctx, sample, s.pulse); err != nil && (s.conn.IsClosed() || ctx.Err() != nil) {
			return &pgerr.Step{Doing: "reading the " + p.name, Err: err}
		}
		if err != nil && s.mend != nil {
			if err := s.mend(ctx); err != nil {
				return &pgerr.Step{Doing: "going on without the " + p.name, Err: err}
			}
		}
	}
	return nil
}

// contention is why a probe that takes locks of its own has not run.
func contention(probe string, busy int) probes.Failure {
	return probes.Failure{Probe: probe, Reason: fmt.Sprintf(
		"%s: not read while %d sessions wait for the server's lock table itself, because it would wait for them all", probe, busy)}
}

// readTexts reads texts where some are wanted and it is time for them.
func (s *Sampler) readTexts(ctx context.Context, sample *probes.Sample) error {
	made := sample.Statements.Texts // of statements that pgmedic gave an id
	sample.Statements.Texts = nil
	err := s.statements.readTexts(ctx, sample)
	if err == nil && sample.Statements.Texts == nil {
		err = errIdle
	}
	if sample.Statements.Texts == nil {
		sample.Statements.Texts = made
	} else {
		maps.Copy(sample.Statements.Texts, made)
	}
	return err
}

// statementsBetween says of a sample between two readings that it has no figures of its own, not that there are none.
func statementsBetween(sample *probes.Sample) {
	sample.Statements = probes.Statements{Known: true, Since: sample.At}
}
