package record

import (
	"slices"

	"github.com/pgmedic/pgmedic/probes"
)

// totals keeps what each statement counted in a run. A statement's totals follow from its deltas, but for a reset: what is stored is how far they do not,
// which takes no room as long as it does not change.
type totals map[probes.StatementKey]probes.CallSum

// out returns the sample as it is stored.
func (t totals) out(s *probes.Sample) probes.Sample {
	stored := *s
	stored.Statements.Deltas = slices.Clone(s.Statements.Deltas)
	for i := range stored.Statements.Deltas {
		d := &stored.Statements.Deltas[i]
		sum := t.add(d)
		d.TotalCalls -= sum.Calls
		d.TotalExecTime -= sum.Time
	}
	return stored
}

// in makes a stored sample what it was. Its deltas are its own.
func (t totals) in(s *probes.Sample) {
	for i := range s.Statements.Deltas {
		d := &s.Statements.Deltas[i]
		sum := t.add(d)
		d.TotalCalls += sum.Calls
		d.TotalExecTime += sum.Time
	}
}

func (t totals) add(d *probes.StatementDelta) probes.CallSum {
	sum := t[d.StatementKey]
	sum.Calls += d.Calls
	sum.Time += d.ExecTime
	t[d.StatementKey] = sum
	return sum
}
