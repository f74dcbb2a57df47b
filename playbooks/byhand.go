package playbooks

import "github.com/pgmedic/pgmedic/probes"

// Seen is what a finding about sessions was seen in. It is never changed.
type Seen struct {
	Sample     *probes.Sample         // the newest, completed by what slower probes read before (Window.Current)
	Statements []probes.StatementLoad // of the last minute (Window.Statements), with their texts
	Lasting    *probes.Lasting        // of the role that the finding is about (Window.LastingOf); nil: not looked at
}

// See takes what there is to see in the window; nil before the first sample.
func See(w *probes.Window) *Seen {
	sample := w.Current()
	if sample == nil {
		return nil
	}
	return &Seen{Sample: sample, Statements: w.Statements()}
}

// Text is the normalised text of a statement that was seen; empty: not known.
func (s *Seen) Text(queryID int64) string {
	for _, l := range s.Statements {
		if l.QueryID == queryID && queryID != 0 {
			return l.Text
		}
	}
	return ""
}

// ByHand is a playbook that a person may start where it has no finding of its own.
type ByHand interface {
	// Offer says what starting it by hand does, for example "make room".
	Offer() string
	// ByHand makes the finding to draft for. chosen is the selected statement, its QueryID 0 where none is. Where there is nothing to draft for, why says so.
	ByHand(w *probes.Window, chosen probes.StatementLoad) (f Finding, why string)
}
