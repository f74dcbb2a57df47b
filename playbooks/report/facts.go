package report

import (
	"time"

	"github.com/pgmedic/pgmedic/probes/record"
)

// The kinds of facts that the report computes from the record. Kinds that others store in the file (index.size, …) stand with their readers.
const (
	kindPeak         = "connections.peak"
	kindPeakShare    = "connections.peak.share" // of the ceiling
	kindCeiling      = "connections.ceiling"
	kindBaseline     = "connections.baseline"
	kindAfter        = "connections.after"
	kindAbove        = "connections.above" // time at or above a share of the ceiling; subject: the share
	kindDuration     = "spike.duration"
	kindHeld         = "statement.held" // at the peak; subject: the query id
	kindHeldShare    = "statement.held.share"
	kindHeldMean     = "statement.held.mean" // over a phase
	kindCalls        = "statement.calls"
	kindRate         = "statement.rate"
	kindMean         = "statement.mean"
	kindLoad         = "statement.load"
	kindLittle       = "statement.little"
	kindErrors       = "errors.imported"           // subject: the SQLSTATE, or what else they are called
	kindBuild        = "build.duration"            // subject: the index
	kindPhase        = "build.phase"               // subject: the phase
	kindHarm         = "build.harm"                // backend-seconds that others waited behind it; subject: the index
	kindIndexSize    = "index.size"                // stored; subject: the index
	kindRowsRead     = "plan.rows_read"            // subject: the parameter pattern
	kindRowsRatio    = "plan.rows_read.ratio"      // before ÷ max(after, 1)
	kindTime         = "plan.execution_time"       // EXPLAIN ANALYZE
	kindTimeRatio    = "plan.execution_time.ratio" // before ÷ after
	kindBlocksRead   = "plan.blocks.read"          // not in shared buffers
	kindBlocksHit    = "plan.blocks.hit"           // found in shared buffers
	kindCost         = "plan.cost"                 // the planner's estimate
	sourceOfSamples  = "samples"                   // Fact.Source of whatever is counted over samples
	methodActivity   = "client backends in pg_stat_activity, pgmedic's own left out"
	methodStatements = "pg_stat_statements, differences between samples"
)

// ledger is every fact of the report, in the order in which they were found.
type ledger struct {
	facts []record.Fact
	known map[string]bool // by id
}

// factsOf computes every fact of the report from the record, and takes over those that the file holds already.
func factsOf(in *incident) *ledger {
	l := &ledger{known: map[string]bool{}}
	l.addConnections(in)
	l.addStatement(in)
	l.addPile(in)
	l.addErrors(in)
	l.addBuild(in)
	l.addTimes(in)
	l.addSessions(in)
	l.addPlans(in)
	l.addAlerts()
	for _, f := range in.stored {
		l.add(f)
	}
	return l
}

// add keeps a fact once.
func (l *ledger) add(f record.Fact) {
	if f.ID == "" {
		f.ID = record.FactID(f)
	}
	if f.Status == "" {
		f.Status = record.Measured
	}
	if !l.known[f.ID] {
		l.known[f.ID] = true
		l.facts = append(l.facts, f)
	}
}

// find returns the first fact of a kind about a subject; an empty subject takes any. Nil: it was not measured.
func (l *ledger) find(kind, subject string) *record.Fact {
	for i, f := range l.facts {
		if f.Kind == kind && (subject == "" || f.Subject == subject) {
			return &l.facts[i]
		}
	}
	return nil
}

// findAt is find for one window among several.
func (l *ledger) findAt(kind, subject string, from, to time.Time) *record.Fact {
	for i, f := range l.facts {
		if f.Kind == kind && f.Subject == subject && f.From.Equal(from) && f.To.Equal(to) {
			return &l.facts[i]
		}
	}
	return nil
}

// all returns the facts of a kind.
func (l *ledger) all(kind string) []*record.Fact {
	var found []*record.Fact
	for i, f := range l.facts {
		if f.Kind == kind {
			found = append(found, &l.facts[i])
		}
	}
	return found
}
