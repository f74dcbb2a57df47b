package playbooks

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Row is one of the many that a draft acts on. Each is guarded, sent to and read back by itself.
type Row struct {
	Name  string   // for example "pid 4711"
	What  string   // who it is and what it does, in a person's words, harmless
	State RowState // empty: nothing was sent yet
	Saw   string   // what was read back, or why nothing was sent, harmless
}

// RowState is what became of one row.
type RowState string

// The states of rows.
const (
	RowActed    RowState = "acted"     // read back: it has ended, or its statement has
	RowChanged  RowState = "changed"   // it was not what was shown any more: nothing was sent
	RowRefused  RowState = "refused"   // by the server, or because such a session never is signalled: nothing was done
	RowNoEffect RowState = "no effect" // the server took the signal, and it goes on
	RowUnknown  RowState = "unknown"   // the reply was lost, or it could not be read back
	RowUnsent   RowState = "not sent"  // it was stopped before, or the connection was lost
)

// RowStates are all states, in the order in which they are told: RowActed is the first.
var RowStates = [...]RowState{RowActed, RowChanged, RowRefused, RowNoEffect, RowUnknown, RowUnsent}

// CountRows counts the rows that ended so.
func CountRows(rows []Row, state RowState) int {
	n := 0
	for _, row := range rows {
		if row.State == state {
			n++
		}
	}
	return n
}

// unread returns the rows where what was read back does not count: it is not known what became of those to which something was sent.
func unread(rows []Row) []Row {
	rows = slices.Clone(rows)
	for i := range rows {
		if row := &rows[i]; row.State == RowActed || row.State == RowNoEffect {
			row.State, row.Saw = RowUnknown, "it was signalled, and could not be read back"
		}
	}
	return rows
}

// lostSight returns the rows where pgmedic itself failed: of none it is known what became of it.
func lostSight(rows []Row) []Row {
	rows = slices.Clone(rows)
	for i := range rows {
		rows[i].State, rows[i].Saw = RowUnknown, "pgmedic failed before it could say what became of it"
	}
	return rows
}

// Tally words how the rows ended, for example "45 acted, 5 changed".
func Tally(rows []Row) string {
	var words []string
	for _, state := range RowStates {
		if n := CountRows(rows, state); n > 0 {
			words = append(words, fmt.Sprintf("%d %s", n, state))
		}
	}
	return strings.Join(words, ", ")
}

// rowLines words the rows one a line.
func rowLines(rows []Row) string {
	lines := make([]string, len(rows))
	for i, row := range rows {
		lines[i] = row.Name + " (" + row.What + ")"
		if row.State != "" {
			lines[i] += ": " + string(row.State)
		}
		if row.Saw != "" {
			lines[i] += ", " + row.Saw
		}
	}
	return strings.Join(lines, "\n")
}

// DataRows is Data[…] of an event with rows: what became of each, as a JSON array of Row. Beside it stands how many ended in each state, under the
// state's name with "rows_" before it and "_" for a space, for example rows_no_effect.
const DataRows = "rows"

// addRows puts the rows into an event's data.
func addRows(data map[string]string, rows []Row) {
	if len(rows) == 0 {
		return
	}
	list, err := json.Marshal(rows)
	if err != nil {
		panic(err) // strings alone
	}
	data[DataRows] = string(list)
	for _, state := range RowStates {
		if n := CountRows(rows, state); n > 0 {
			data["rows_"+strings.ReplaceAll(string(state), " ", "_")] = strconv.Itoa(n)
		}
	}
}
