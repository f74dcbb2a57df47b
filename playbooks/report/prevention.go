package report

import (
	"fmt"
	"math"
	"slices"

	"github.com/pgmedic/pgmedic/probes/record"
	"github.com/pgmedic/pgmedic/probes/watch"
)

// The kinds of facts that prevention stands on: what an alert can be set to.
const (
	kindWarn = "alert.warning"  // where a spike begins, by the baseline
	kindPage = "alert.critical" // where few slots are left, by the ceiling
)

// addAlerts derives the thresholds that can fire from the baseline and the real ceiling.
func (l *ledger) addAlerts() {
	ceiling := l.find(kindCeiling, "")
	if ceiling == nil {
		return
	}
	page := math.Floor(ceiling.Value * watch.AlarmPercent / 100)
	l.add(record.Fact{Kind: kindPage, Value: page, Unit: unitConnections, From: ceiling.From, To: ceiling.To, Status: record.Projected,
		Method: fmt.Sprintf("%d %% of the ceiling, rounded down", watch.AlarmPercent), Source: ceiling.ID})
	baseline := l.find(kindBaseline, "")
	if baseline == nil {
		return
	}
	warn := math.Ceil(max(watch.OnsetFactor*baseline.Value, baseline.Value+watch.OnsetExtra))
	if warn >= page {
		return // the ceiling comes first
	}
	l.add(record.Fact{Kind: kindWarn, Value: warn, Unit: unitConnections, From: baseline.From, To: baseline.To, Status: record.Projected,
		Method: fmt.Sprintf("the larger of %d × baseline and baseline + %d", watch.OnsetFactor, watch.OnsetExtra), Source: baseline.ID})
}

// alertLine is one threshold.
type alertLine struct{ Name, Figure, Why md }

func (w *writer) alerts() []alertLine {
	var lines []alertLine
	for _, a := range []struct {
		name md
		kind string
	}{{"warning", kindWarn}, {"critical", kindPage}} {
		if f := w.facts.find(a.kind, ""); f != nil {
			lines = append(lines, alertLine{a.name, w.figure(f), escape(f.Method)})
		}
	}
	return lines
}

// rules are the alerts as rules of monitoring systems.
func (w *writer) rules() []md {
	page := w.facts.find(kindPage, "")
	if page == nil {
		return nil
	}
	var prometheus, cloudwatch string
	add := func(name, severity string, f *record.Fact) {
		if f == nil {
			return
		}
		prometheus += fmt.Sprintf("  - alert: %s\n    expr: sum by (instance) (pg_stat_database_numbackends) >= %.0f\n    for: 1m\n    labels: {severity: %s}\n", name, f.Value, severity)
		cloudwatch += fmt.Sprintf("DatabaseConnections >= %.0f for 1 of 1 datapoints within 1 minute (Maximum), %s\n", f.Value, severity)
	}
	add("PostgreSQLConnectionsAboveBaseline", "warning", w.facts.find(kindWarn, ""))
	add("PostgreSQLConnectionsNearCeiling", "critical", page)
	return []md{fence("yaml", "# Prometheus, with postgres_exporter\ngroups:\n- name: postgresql-connections\n  rules:\n"+prometheus), fence("", "Amazon CloudWatch, RDS and Aurora:\n"+cloudwatch)}
}

// timeouts says what a statement_timeout has to be longer than.
func (w *writer) timeouts() md {
	id, ok := w.in.topStatement()
	if !ok {
		return ""
	}
	var longest *record.Fact
	for _, f := range w.facts.all(kindMean) {
		if f.Subject == queryName(id) && (longest == nil || f.Value > longest.Value) {
			longest = f
		}
	}
	if longest == nil {
		return ""
	}
	text := md(fmt.Sprintf("Calls of the statement that succeeded took %s in the mean, %s", w.figure(longest), escape(longest.Conditions)))
	if calm := w.calmMean(id); calm != nil && calm.ID != longest.ID {
		text += ", and " + w.figure(calm) + " before the onset"
	}
	return text + ". A `statement_timeout` below the first figure would have failed calls that worked; one above it does not keep such a spike short. The mean hides the longest calls."
}

func (w *writer) calmMean(id int64) *record.Fact {
	if phases := w.in.phases(); len(phases) > 1 {
		return w.facts.findAt(kindMean, queryName(id), phases[0].From, phases[0].To)
	}
	return nil
}

// blind lists what could not be seen while the incident ran: each reason once.
func (w *writer) blind() []md {
	var lines []md
	if w.in.peak == nil {
		return nil
	}
	for _, f := range append(slices.Clone(w.in.peak.Failures), w.in.last.Failures...) {
		if line := escape(f.Probe + ": " + f.Reason); !slices.Contains(lines, line) {
			lines = append(lines, line)
		}
	}
	return lines
}
