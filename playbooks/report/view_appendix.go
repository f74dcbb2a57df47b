package report

import (
	"fmt"
	"sort"

	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/watch"
)

// ledgerLine is one fact in full.
type ledgerLine struct{ ID, Kind, Subject, Value, N, Window, Method, Conditions, Source, Status md }

func (w *writer) all() []ledgerLine {
	list := make([]ledgerLine, len(w.facts.facts))
	for i, f := range w.facts.facts {
		list[i] = ledgerLine{
			w.ids[f.ID], escape(f.Kind), escape(orNothing(f.Subject)), escape(value(f)), count(f.N), md(window(f.From, f.To)),
			escape(f.Method), escape(orNothing(f.Conditions)), escape(f.Source), escape(string(f.Status)),
		}
	}
	return list
}

// method says what the words of the report mean.
func (w *writer) method() []md {
	return []md{
		"**Connections** are client backends in pg_stat_activity; pgmedic's own sessions and parallel workers are left out.",
		"**Ceiling**: max_connections less superuser_reserved_connections and reserved_connections, for the connections to all databases; or the limit of the " +
			"database or of a role, for their own connections, where the larger share of that is taken. Whoever holds a slot takes it, pgmedic too.",
		md(fmt.Sprintf("**Baseline**: the median of the last %.0f minutes outside incidents, from %d samples on; never the spike's own beginning.",
			watch.BaselineSpan.Minutes(), probes.BaselineMinimum)),
		md(fmt.Sprintf("**Onset**: the first sample of a run at ≥ max(%d × baseline, baseline + %d) or ≥ %d %% of the ceiling in %d of %d samples.",
			watch.OnsetFactor, watch.OnsetExtra, watch.AlarmPercent, watch.OnsetOf, watch.OnsetSamples)),
		md(fmt.Sprintf("**Recovered**: the first sample of %s in which %d of %d samples, the first and the last among them, are at ≤ %v × baseline + %d "+
			"and ≥ %v × baseline, and none at the onset's level. It is not the same as remedied, nor as resolved.",
			span(watch.RecoverySpan), watch.RecoveryOf, watch.RecoverySamples, watch.RecoveryFactor, watch.RecoveryExtra, watch.RecoveryFloor)),
		"**Calls, mean, load** come from differences of pg_stat_statements between samples that lie wholly in the window. A call counts when it ends.",
		"**Rows read**: over a plan's scans, (kept + removed by filter + removed by recheck) × loops. EXPLAIN prints means per loop, so that with more than one loop " +
			"the product is exact to half a row a loop before PostgreSQL 18.",
		"**Ratio**: before ÷ max(after, 1) for rows; made only of the same statement, values, method and server, for times also of the same state of the cache and " +
			"of a like load: both within the spike or both outside, active connections within a factor of " + md(number(loadRatio)) + ".",
		"**Shared buffers**: a block that is not in them may still have come from the operating system's cache.",
		md(fmt.Sprintf("**Gap**: more than %d usual intervals and %s without a sample. A gap is never counted as zero.", watch.GapIntervals, watch.GapMinimum)),
	}
}

// gaps says where the record is silent, and what else bounds what it knows.
func (w *writer) gaps() []md {
	var list []md
	for _, g := range w.in.gaps() {
		list = append(list, md(fmt.Sprintf("no samples %s, %s", window(g.From, g.To), span(g.To.Sub(g.From)))))
	}
	for _, m := range w.in.moments {
		if m.Reset {
			list = append(list, md("the statements' statistics were reset before "+stamp(m.At)))
		}
	}
	for _, s := range w.in.others {
		list = append(list, md("another spike in this record, from "+stamp(s.Onset)+", is not in this report"))
	}
	return list
}

// settings lists the planner settings that any plan was made under.
func (w *writer) settings() []md {
	seen := map[string]bool{}
	for _, p := range w.in.plans {
		for name, value := range p.Plan.Settings {
			seen[name+" = "+value] = true
		}
	}
	names := make([]string, 0, len(seen))
	for name := range seen {
		names = append(names, name)
	}
	sort.Strings(names)
	list := make([]md, len(names))
	for i, name := range names {
		list[i] = code(name)
	}
	return list
}
