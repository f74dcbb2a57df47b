package statistics

import (
	"context"
	"fmt"
	"maps"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/probes/live"
	"github.com/pgmedic/pgmedic/probes/record"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// leftover is an intent whose end is not on record: ANALYZE goes on in the server when its pgmedic is gone.
type leftover struct {
	intent record.Event
	pid    int32
	start  time.Time // of its session
	oids   []uint32  // of the tables
}

// Leftovers implements playbooks.Finder: what became of intents whose end is not on record.
func (playbook) Leftovers(ctx context.Context, ask *live.Asker, events []record.Event) ([]playbooks.Finding, error) {
	var findings []playbooks.Finding
	for _, l := range open(events) {
		alive, err := l.isAlive(ctx, ask)
		if err != nil {
			return nil, err
		}
		if alive {
			findings = append(findings, l.running())
			continue
		}
		v, err := l.verify(ctx, ask)
		if err != nil {
			return nil, err
		}
		f := playbooks.Finding{Title: l.title() + ": it was not done, as far as the server counts",
			Leftover: &playbooks.Leftover{End: func(at time.Time) record.Event { return l.end(v, at) }}}
		if len(v.Rows) > 0 {
			f.Title = l.title() + ": analysed since, by it or by somebody else's ANALYZE: its answer is not on record"
		}
		findings = append(findings, f)
	}
	return findings, nil
}

// open are the playbook's intents without an outcome, or with one that is not known, oldest first. What was looked up once and is not known stays so.
func open(events []record.Event) []leftover {
	ended := map[string]bool{}
	for _, e := range events {
		if e.Kind == record.Acted && e.Data["intent"] != "" {
			ended[e.Data["intent"]] = e.Data["state"] != string(playbooks.Unknown) || e.Data["found"] != ""
		}
	}
	var found []leftover
	for _, e := range events {
		if e.Kind != record.Acted || e.Data["playbook"] != playbookName || e.Data["state"] != playbooks.StateIntent || e.Data["action"] != "" ||
			ended[e.ID] {
			continue
		}
		l := leftover{intent: e}
		pid, _ := strconv.ParseInt(e.Data["pid"], 10, 32) // of our own writing; 0 finds nobody
		l.pid = int32(pid)
		l.start, _ = time.Parse(time.RFC3339Nano, e.Data["backend_start"])
		for _, oid := range strings.Split(e.Data["relation_oid"], ",") {
			if n, err := strconv.ParseUint(oid, 10, 32); err == nil {
				l.oids = append(l.oids, uint32(n))
			}
		}
		found = append(found, l)
	}
	return found
}

func (l leftover) title() string {
	return sqltext.CleanLine(strings.TrimPrefix(l.intent.Title, "applying: "))
}

func (l leftover) isAlive(ctx context.Context, ask *live.Asker) (alive bool, err error) {
	err = ask.Read(ctx, func(ctx context.Context, tx pgx.Tx) error {
		return tx.QueryRow(ctx, query("statistics_alive"), l.pid, l.start).Scan(&alive)
	})
	if err != nil {
		return false, fmt.Errorf("looking what became of %q: %w", l.intent.Title, err)
	}
	return alive, nil
}

// running is the finding of one that the server is at work on.
func (l leftover) running() playbooks.Finding {
	d := &playbooks.Draft{
		Playbook: playbookName, Title: l.title(), SQL: strings.Split(l.intent.SQL, ";\n"), Word: l.title(), Lost: "it goes on, pgmedic finds it again",
		Target:  map[string]string{"relation": l.intent.Data["relation"], "relation_oid": l.intent.Data["relation_oid"]},
		Stopped: "the table at work keeps its old statistics",
	}
	run := &playbooks.Running{PID: l.pid, BackendStart: l.start, Began: l.intent.At, Ours: true, Look: l.look, Verify: l.verify, End: l.end}
	return playbooks.Finding{
		Playbook: playbookName, Severity: playbooks.Warning, Title: fmt.Sprintf("%s: still at work in session %d; watch it to its end", l.title(), l.pid),
		Action:   "watch it to its end",
		Leftover: &playbooks.Leftover{Draft: d, Running: run},
	}
}

func (l leftover) look(ctx context.Context, ask *live.Asker) (p playbooks.Progress, running bool, err error) {
	if running, err = l.isAlive(ctx, ask); err != nil || !running {
		return p, running, err
	}
	err = ask.Read(ctx, func(ctx context.Context, tx pgx.Tx) (err error) {
		p, _, err = readProgress(ctx, tx, l.pid)
		return err
	})
	return p, true, err
}

// verify reads back which of the tables were analysed since the intent, be it by that or by somebody else.
func (l leftover) verify(ctx context.Context, ask *live.Asker) (v playbooks.Verification, err error) {
	var now map[uint32]times
	var version int
	err = ask.Read(ctx, func(ctx context.Context, tx pgx.Tx) (err error) {
		now, version, err = readTimes(ctx, tx, l.oids)
		return err
	})
	if err != nil {
		return v, fmt.Errorf("reading back when the tables were analysed: %w", err)
	}
	for _, oid := range l.oids {
		n := now[oid]
		table{oid: oid, schema: n.schema, name: n.name}.readBack(&v, times{last: &l.intent.At, rows: n.rows}, now, version, unanswered)
	}
	return v, nil
}

// end is the event that closes the intent. Its Data["sent"] is when the intent was sent, RFC 3339: the intent itself may be on another record.
func (l leftover) end(v playbooks.Verification, at time.Time) record.Event {
	state := playbooks.Failed
	if len(v.Rows) > 0 {
		state = playbooks.Unknown
	}
	data := maps.Clone(l.intent.Data)
	data["state"], data["intent"], data["found"] = string(state), l.intent.ID, "after pgmedic had lost it"
	data["sent"] = l.intent.At.UTC().Format(time.RFC3339Nano)
	var lines []string
	for _, c := range v.Checks {
		lines = append(lines, c.Name+": "+c.Saw)
	}
	return record.Event{Kind: record.Acted, At: at.UTC(), Basis: record.ServerClock, Source: "engine", Server: l.intent.Server, SQL: l.intent.SQL,
		Data:  data,
		Title: fmt.Sprintf("%s, found again: %s", state, l.title()), Body: strings.Join(lines, "\n")}
}
