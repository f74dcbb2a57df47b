package apply

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/probes/live"
	"github.com/pgmedic/pgmedic/probes/record"
)

// LeftoverState is what became of a build or of a drop that nobody watches.
type LeftoverState string

// The states of leftovers.
const (
	Running  LeftoverState = "running"  // the server works on it now
	Invalid  LeftoverState = "invalid"  // an INVALID index is there that nobody builds
	Finished LeftoverState = "finished" // what was meant is there: the record just does not know it
	Missing  LeftoverState = "missing"  // nothing of it is there
)

// Leftover is a build or drop whose end the record does not know, a build that somebody runs, or an INVALID index. What an intent with several indexes left
// INVALID is listed beside it, each with its clean-up.
type Leftover struct {
	State                LeftoverState
	Schema, Table, Index string       // as the server has them; empty: not known
	OID                  uint32       // of the index; 0: there is none
	Unfinished           bool         // of a partitioned table, not in all partitions yet: drafting it again goes on with it
	Words                string       // what it is and what to do, for a person
	Ours                 bool         // an intent on record made it
	Intent               record.Event // the intent whose end is not on record; its ID is empty where there is none
	PID                  int32        // of the session that works on it; 0: none
	BackendStart         time.Time
	Began                time.Time        // server clock: the intent, or of somebody else's build its statement; zero: not known
	SQL                  []string         // the statements of the intent, in order
	CleanUp              *playbooks.Draft // drops an INVALID index; nil: not needed, or not right
	Repair               *playbooks.Draft // builds an INVALID index anew in its place

	table uint32
	drop  bool // what was meant was to drop it
	meter *meter
	meant
}

// Leftovers finds what builds and drops have left behind: of the record those whose end it does not hold, of the server those that run and the INVALID indexes.
// events is the timeline, or several; none is fine.
func Leftovers(ctx context.Context, ask *live.Asker, events []record.Event) ([]Leftover, error) {
	var running []runningBuild
	var invalid []invalidIndex
	err := ask.Read(ctx, func(ctx context.Context, tx pgx.Tx) error {
		var err error
		if running, err = readRunning(ctx, tx); err == nil {
			invalid, err = readInvalid(ctx, tx)
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("looking for index builds and INVALID indexes: %w", err)
	}
	var found []Leftover
	for _, intent := range openIntents(events) {
		l, err := fromIntent(ctx, ask, intent, running)
		if err != nil {
			return nil, err
		}
		found = append(found, l)
	}
	for _, b := range running {
		if !slices.ContainsFunc(found, func(l Leftover) bool { return l.PID == b.pid && l.BackendStart.Equal(b.start) }) {
			found = append(found, b.leftover())
		}
	}
	for _, x := range invalid {
		if x.building || slices.ContainsFunc(found, func(l Leftover) bool { return l.State == Running && l.has(x) }) {
			continue
		}
		l := x.leftover(events)
		if err := l.draft(ctx, ask, x, events); err != nil {
			return nil, err
		}
		if at := slices.IndexFunc(found, func(f Leftover) bool { return f.has(x) && len(f.parts) == 1 }); at >= 0 {
			l.Intent, l.drop, l.meant = found[at].Intent, found[at].drop, found[at].meant
			found[at] = l
			continue
		}
		found = append(found, l)
	}
	return found, nil
}

// openIntents are the playbook's intents without an outcome, or with one that is not known, oldest first.
func openIntents(events []record.Event) []record.Event {
	ended := map[string]bool{}
	for _, e := range events {
		if e.Kind == record.Acted && e.Data["intent"] != "" {
			ended[e.Data["intent"]] = e.Data["state"] != string(playbooks.Unknown)
		}
	}
	var open []record.Event
	for _, e := range events {
		if e.Kind == record.Acted && e.Data["playbook"] == playbookName && e.Data["state"] == playbooks.StateIntent && e.Data["action"] == "" && !ended[e.ID] {
			open = append(open, e)
		}
	}
	return open
}

// fromIntent says what became of what an intent meant.
func fromIntent(ctx context.Context, ask *live.Asker, intent record.Event, running []runningBuild) (Leftover, error) {
	l := Leftover{Intent: intent, Ours: true, Began: intent.At, SQL: statements(intent.SQL), meant: meantBy(intent), meter: &meter{}}
	pid, _ := strconv.ParseInt(intent.Data["pid"], 10, 32) // of our own writing; 0 finds nobody
	l.PID = int32(pid)
	l.BackendStart, _ = time.Parse(time.RFC3339Nano, intent.Data["backend_start"])
	l.Schema, l.Index = intent.Data["schema"], intent.Data["index"]
	if len(l.parts) > 0 {
		l.Schema, l.Table, l.Index, l.drop = l.parts[0].schema, l.parts[0].table, l.parts[0].name, l.parts[0].drop
	}
	alive, runs := false, ""
	var states []state
	err := ask.Read(ctx, func(ctx context.Context, tx pgx.Tx) error {
		err := tx.QueryRow(ctx, query("build_alive"), l.PID, cmp.Or(l.BackendStart, time.Unix(0, 0)), l.Ours).Scan(&alive, &runs)
		if err == nil {
			states, err = l.read(ctx, tx)
		}
		return err
	})
	if err != nil {
		return l, fmt.Errorf("looking what became of %q: %w", intent.Title, err)
	}
	for i, s := range states {
		if l.is(l.parts[i], s) && (l.OID == 0 || !s.valid) {
			l.OID, l.table = s.oid, s.table
		}
	}
	if alive {
		l.State, l.Words = Running, l.running(runs, states)
		return l, nil
	}
	l.PID = 0
	l.judge(states)
	return l, nil
}

// count says how many of the indexes are there, and how many of these are valid.
func (m meant) count(states []state) (there, valid int) {
	for i, s := range states {
		if m.is(m.parts[i], s) {
			there++
			if s.valid {
				valid++
			}
		}
	}
	return there, valid
}

// judge says what became of it where nobody works on it, by what is there.
func (l *Leftover) judge(states []state) {
	there, valid := l.count(states)
	name := words(l.Schema, l.Index)
	switch {
	case l.drop && there == 0:
		l.State, l.Words = Finished, name+" was dropped: the record just does not hold the end"
	case l.drop && valid == there:
		l.State, l.Words = Missing, name+" is there and valid: it was not dropped"
	case there == len(states) && valid == there && there > 0:
		l.State, l.Words = Finished, name+" was built and is valid: the record just does not hold the end"
	case there == 0:
		l.State, l.Words = Missing, "there is no index "+name+": nothing of it is left"
	case valid == there:
		l.State, l.Words = Missing, fmt.Sprintf("%d of %d indexes of it are there and valid: draft it again to go on from there", valid, len(states))
	default:
		l.State, l.Words = Invalid, fmt.Sprintf("%d of %d indexes of it are there, %d of them INVALID: draft it again to go on from there, or clean up", there, len(states), there-valid)
	}
}
