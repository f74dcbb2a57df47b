package report

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/probes/record"
)

// kindSessions begins the kinds of facts that count how the sessions of an action ended, for example "sessions.acted"; subject: the action's title.
const kindSessions = "sessions."

// The units of rows: a repetition may send to one session several times, for another call each.
const (
	unitSessions = "sessions"
	unitSent     = "calls"
)

// rowUnit is what a row of the action is.
func (a action) rowUnit() string {
	if len(a.Shots) > 0 {
		return unitSent
	}
	return unitSessions
}

// addSessions counts what became of the sessions of each action: of one that repeated itself, over all its shots.
func (l *ledger) addSessions(in *incident) {
	for _, a := range in.actions {
		rows := a.rows()
		if len(rows) == 0 {
			continue
		}
		for _, state := range playbooks.RowStates {
			l.add(record.Fact{Kind: kindSessions + string(state), Subject: a.title(), Value: float64(playbooks.CountRows(rows, state)), Unit: a.rowUnit(),
				N: int64(len(rows)), From: a.started(), To: a.ended(), Method: "counted over all that were listed, each read back from pg_stat_activity",
				Conditions: a.repeated(), Source: a.Outcome.ID})
		}
	}
}

// repeated says how many shots an action was sent in; empty: all at once.
func (a action) repeated() string {
	if len(a.Shots) == 0 {
		return ""
	}
	return fmt.Sprintf("added up over %s", counted(float64(len(a.Shots)), "shots"))
}

// rows are what became of the sessions that the action acted on, those of its shots one after the other; nil: it has none.
func (a action) rows() []playbooks.Row {
	if a.Outcome == nil {
		return nil
	}
	if len(a.Shots) == 0 {
		return rowsOf(*a.Outcome)
	}
	var all []playbooks.Row
	for _, shot := range a.Shots {
		all = append(all, rowsOf(shot)...)
	}
	return all
}

// rowsOf reads the rows of an outcome; what does not read as rows is none.
func rowsOf(e record.Event) []playbooks.Row {
	var rows []playbooks.Row
	if err := json.Unmarshal([]byte(e.Data[playbooks.DataRows]), &rows); err != nil {
		return nil
	}
	return rows
}

// addTimes takes how long each finished action on sessions or settings took.
func (l *ledger) addTimes(in *incident) {
	for _, a := range in.actions {
		if a.Outcome == nil || !a.onSessions() {
			continue
		}
		ms, err := strconv.ParseFloat(a.Outcome.Data["duration_ms"], 64)
		if err != nil {
			continue
		}
		l.add(record.Fact{Kind: kindActed, Subject: a.title(), Value: ms / 1000, Unit: unitSeconds, N: 1, From: a.started(), To: a.ended(),
			Method: "from the first statement sent to the last answer", Conditions: a.Outcome.Data["state"], Source: a.Outcome.ID})
	}
}

// kindActed is how long an action on sessions or settings took; subject: its title.
const kindActed = "action.duration"

// sessionFacts begin the kinds of facts that actions on sessions put on record, and the drill beside them.
var sessionFacts = []string{"hold.", "locks.", "drill."}

// readBack is how long after the end of an action what it came to may still be counted.
const readBack = 15 * time.Second

// storedDuring are the facts on sessions of an action's time.
func (in *incident) storedDuring(from, to time.Time) []record.Fact {
	var found []record.Fact
	for _, f := range in.stored {
		onSessions := slices.ContainsFunc(sessionFacts, func(kind string) bool { return strings.HasPrefix(f.Kind, kind) })
		if onSessions && !f.From.Before(from) && !f.To.After(to.Add(readBack)) {
			found = append(found, f)
		}
	}
	return found
}
