package panes

import (
	"slices"
	"time"

	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/ui/draw"
)

// heldKnown says whether pg_stat_activity tells query ids here: from version 14 on, with compute_query_id, of sessions that this role may see.
func heldKnown(s *probes.Sample) bool {
	busy := false
	for _, b := range s.Backends {
		if !b.IsClient() {
			continue
		}
		if b.QueryID != 0 {
			return true
		}
		busy = busy || b.State != "idle"
	}
	return !busy && s.Server.Version >= 140000
}

// sampledWhy is why the figures are from sampled activity alone, empty where they are not. A sample between two readings does not tell: then it is as before.
func sampledWhy(s *probes.Sample, loads []probes.StatementLoad, before string) string {
	switch {
	case s.Statements.Sampled != "":
		return s.Statements.Sampled
	case len(loads) > 0 && loads[0].Sampled:
		return before
	}
	return ""
}

// lossNotes say what the figures lack because pg_stat_statements lost it.
func lossNotes(lost probes.Losses, at time.Time) []string {
	var notes []string
	switch {
	case lost.Reset && lost.ResetAt.IsZero():
		notes = append(notes, "the statistics were reset in this time: load and calls/s are too small")
	case lost.Reset:
		notes = append(notes, "the statistics were reset "+sinceAt(lost.ResetAt, at)+" ago: what was not yet read by then is lost")
	}
	if lost.Evicted > 0 {
		notes = append(notes, "pg_stat_statements threw entries out in this time (more statements than pg_stat_statements.max): figures may be too small")
	}
	return notes
}

// statementNotes are what a person must know to read the figures. sampled is why they are from sampled activity alone.
func statementNotes(s *probes.Sample, loads []probes.StatementLoad, span time.Duration, sampled string) []string {
	notes := reasons(s, "statements", "running", "texts", "held")
	if sampled != "" {
		if !slices.Contains(notes, sampled) {
			notes = append([]string{sampled}, notes...)
		}
		notes = append(notes, "sampled activity: load is how many connections were seen running it, on average; calls are not known")
	}
	if span == 0 && len(notes) == 0 {
		notes = append(notes, "the first reading has no figures yet: they are differences between two")
	}
	running := 0
	for _, l := range loads {
		if l.Lagging {
			running += l.Held
		}
	}
	if running > 0 && span > 0 {
		notes = append(notes, draw.Counted(int64(running), "connection runs a call that has", "connections run calls that have")+
			" not ended: load counts a call when it ends, held counts it now")
	}
	for _, l := range loads {
		if l.BaseOf == probes.BaseStats {
			return append(notes, "* against all calls since the statistics were reset, these included")
		}
	}
	return notes
}
