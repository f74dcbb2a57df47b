package report

import (
	"fmt"
	"sort"
	"strconv"
	"time"

	"github.com/pgmedic/pgmedic/probes/record"
)

// addErrors adds up the errors that something else counted, apart by SQLSTATE.
func (l *ledger) addErrors(in *incident) {
	sums := map[string]*record.Fact{}
	for _, e := range in.events {
		n, err := strconv.ParseFloat(e.Data["errors"], 64)
		if e.Kind != record.Imported || err != nil {
			continue
		}
		name := errorName(e)
		f := sums[name]
		if f == nil {
			f = &record.Fact{Kind: kindErrors, Subject: name, Unit: unitErrors, From: e.At, To: e.At,
				Method: "counted by " + orUnknown(e.Source), Source: e.ID, Status: record.ImportedIn}
			sums[name] = f
		}
		f.Value += n
		f.N++
		f.To = later(f.To, e.At, e.End)
	}
	names := make([]string, 0, len(sums))
	for name := range sums {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		sums[name].Conditions = fmt.Sprintf("added up over %d imported events", sums[name].N)
		l.add(*sums[name])
	}
}

// errorName is the SQLSTATE, or what the event is called where the server was never asked.
func errorName(e record.Event) string {
	if state := e.Data["sqlstate"]; state != "" {
		return state
	}
	if name := e.Data["error"]; name != "" {
		return name
	}
	return "without SQLSTATE"
}

func later(times ...time.Time) time.Time {
	var last time.Time
	for _, t := range times {
		if t.After(last) {
			last = t
		}
	}
	return last
}

func orUnknown(s string) string {
	if s == "" {
		return "unknown"
	}
	return s
}

// addBuild takes how long each finished action took, and its phases.
func (l *ledger) addBuild(in *incident) {
	for _, a := range in.actions {
		if a.Outcome == nil || a.onSessions() {
			continue
		}
		subject, from, to := a.subject(), a.started(), a.ended()
		took, ok := a.took()
		if !ok {
			continue
		}
		l.add(record.Fact{Kind: kindBuild, Subject: subject, Value: took.Seconds(), Unit: unitSeconds, N: 1, From: from, To: to,
			Method: "from sending the statement to the server's answer", Conditions: a.Outcome.Data["state"], Source: a.Outcome.ID})
		if harm, err := strconv.ParseFloat(a.Outcome.Data["harm_s"], 64); err == nil {
			l.add(record.Fact{Kind: kindHarm, Subject: subject, Value: harm, Unit: unitSeconds, N: 1, From: from, To: to,
				Method: "sum over the sessions blocked behind it, looked at about once a second", Source: a.Outcome.ID})
		}
		for _, p := range a.phases() {
			l.add(record.Fact{Kind: kindPhase, Subject: phaseSubject(a, p.Name), Value: p.Took.Seconds(), Unit: unitSeconds, N: 1, From: from, To: to,
				Method: "pg_stat_progress_create_index, looked at about once a second", Conditions: a.Outcome.Data["state"], Source: a.Outcome.ID})
		}
	}
}

func phaseSubject(a action, phase string) string { return a.subject() + ": " + phase }
