package session

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"

	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/live"
)

// Order is one signal to some sessions, as they were seen.
type Order struct {
	Signal   live.Signal
	Sessions []probes.Backend // in the order of sending
	Seen     *playbooks.Seen
}

// Draft makes what is the same in every draft of an order: the SQL, the rows, the word, what cannot be undone. The caller adds the title, the reasons and what it frees.
func Draft(playbook string, f playbooks.Finding, o Order) *playbooks.Draft {
	w := &work{order: o, rows: rowsOf(o)}
	d := &playbooks.Draft{
		Playbook: playbook, Finding: f, SQL: []string{live.SignalSQL()}, Word: word(o), Target: target(o), Rows: w.rows, Work: w,
		Lost: "what was sent stays sent, nothing more is", Stopped: "what was sent stays sent, nothing more is",
	}
	switch {
	case o.Signal == live.Terminate:
		d.NoWayBack = "an ended session does not come back: its open transaction is rolled back, and its client gets an error at its next use"
	default:
		d.NoWayBack = "a cancelled statement does not come back: its client gets error 57014, and an open transaction is aborted"
	}
	return d
}

// word is what confirms: the pid of one session; of several the signal, how many, and what they do where that is the same of all.
func word(o Order) string {
	if len(o.Sessions) == 1 {
		return strconv.Itoa(int(o.Sessions[0].PID))
	}
	word := fmt.Sprintf("%s %d", o.Signal, len(o.Sessions))
	for state, has := range map[string]func(probes.Backend) bool{"active": IsActive, "in transaction": IsInTransaction, "idle": isIdle} {
		if !slices.ContainsFunc(o.Sessions, func(b probes.Backend) bool { return !has(b) }) {
			return word + " " + state
		}
	}
	return word
}

func isIdle(b probes.Backend) bool { return b.State == "idle" }

func rowsOf(o Order) []playbooks.Row {
	rows := make([]playbooks.Row, len(o.Sessions))
	for i, b := range o.Sessions {
		rows[i] = playbooks.Row{Name: "pid " + strconv.Itoa(int(b.PID)), What: Describe(b, o.Seen.Sample.At, o.Seen.Text(b.QueryID))}
	}
	return rows
}

// sent is the guard of one session, as the record keeps it: the parameters of the SQL.
type sent struct {
	PID          int32  `json:"pid"`
	BackendStart string `json:"backend_start"` // times RFC 3339; empty: none
	State        string `json:"state"`
	StateChange  string `json:"state_change"`
	XactStart    string `json:"xact_start,omitempty"`
	QueryStart   string `json:"query_start,omitempty"`
}

// target is Data of the intent: the signal, how many sessions, and of each the parameters that guard it, as JSON.
func target(o Order) map[string]string {
	list := make([]sent, len(o.Sessions))
	for i, b := range o.Sessions {
		list[i] = sent{b.PID, stamp(b.BackendStart), b.State, stamp(b.StateChange), stamp(b.XactStart), stamp(b.QueryStart)}
	}
	text, err := json.Marshal(list)
	if err != nil {
		panic(err) // numbers and strings alone
	}
	return map[string]string{"signal": string(o.Signal), "count": strconv.Itoa(len(o.Sessions)), "sessions": string(text)}
}
