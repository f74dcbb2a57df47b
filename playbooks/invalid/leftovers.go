package invalid

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/playbooks/index/apply"
	"github.com/pgmedic/pgmedic/probes/live"
	"github.com/pgmedic/pgmedic/probes/record"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// intentPrefix begins the title of an intent on record.
const intentPrefix = "applying: "

// Leftovers implements playbooks.Finder: builds and drops that run, INVALID indexes, and what became of intents whose end is not on record.
func (playbook) Leftovers(ctx context.Context, ask *live.Asker, events []record.Event) ([]playbooks.Finding, error) {
	found, err := apply.Leftovers(ctx, ask, events)
	if err != nil {
		return nil, err
	}
	var findings []playbooks.Finding
	for _, l := range found {
		f := playbooks.Finding{Playbook: playbookName, Severity: playbooks.Warning, Title: strings.TrimPrefix(l.Words, intentPrefix)}
		switch {
		case l.State == apply.Running:
			f.Action, f.Leftover = "watch it to its end", attachable(l)
		case l.CleanUp != nil || l.Repair != nil:
			f.Action, f.Leftover = "draft the clean-up", &playbooks.Leftover{Draft: cleanUp(l)}
			if l.Unfinished {
				f.Action = "draft its removal, not to go on with it"
			}
		default:
			f.Playbook, f.Severity, f.Leftover = "", playbooks.Note, &playbooks.Leftover{}
			if f.Leftover.End, err = ended(ctx, ask, l); err != nil {
				return nil, err
			}
		}
		findings = append(findings, f)
	}
	return findings, nil
}

// cleanUp is what drops an INVALID index, and beside it what builds it anew in its place.
func cleanUp(l apply.Leftover) *playbooks.Draft {
	if l.Repair != nil {
		l.Repair.Kind, l.Repair.For = "rebuild", "where statements need it, or a constraint stands on it"
	}
	if l.CleanUp == nil {
		return l.Repair
	}
	l.CleanUp.Kind, l.CleanUp.For = "drop", "where nothing needs it, or another is drafted"
	if l.Repair != nil {
		l.CleanUp.Others = []*playbooks.Draft{l.Repair}
	}
	return l.CleanUp
}

// attachable is a build or drop that runs.
func attachable(l apply.Leftover) *playbooks.Leftover {
	d := &playbooks.Draft{
		Playbook: onRecord(l), Title: sqltext.CleanLine("build of index " + l.Index + " on " + l.Table), Word: sqltext.CleanLine(l.Index),
		Lost: "it goes on, pgmedic finds it again",
	}
	if l.Table == "" {
		d.Title = fmt.Sprintf("index build of session %d", l.PID)
	}
	running := &playbooks.Running{PID: l.PID, BackendStart: l.BackendStart, Began: l.Began, Ours: l.Intent.ID != "", Look: l.Watch, Verify: l.Verify}
	if running.Ours {
		d.Title = strings.TrimPrefix(l.Intent.Title, intentPrefix)
		d.SQL, d.Target = l.SQL, map[string]string{"schema": l.Schema, "index": l.Index, "relation": l.Intent.Data["relation"]}
		d.Stopped = "leaves an INVALID index, clean-up drafted"
		running.End = closing(l)
	}
	return &playbooks.Leftover{Draft: d, Running: running}
}

// onRecord is the playbook that a build or drop is told of under: that of its intent, so that one name stands with all of its events.
func onRecord(l apply.Leftover) string { return cmp.Or(l.Intent.Data["playbook"], playbookName) }

// ended closes the intent of what is over; nil: there is none.
func ended(ctx context.Context, ask *live.Asker, l apply.Leftover) (func(time.Time) record.Event, error) {
	if l.Intent.ID == "" {
		return nil, nil
	}
	v, err := l.Verify(ctx, ask)
	if err != nil {
		return nil, err
	}
	return func(at time.Time) record.Event { return closing(l)(v, at) }, nil
}

// closing is the event that closes the intent of a leftover. Its Data["sent"] is when the intent was sent, RFC 3339: the intent itself may be on
// another record.
func closing(l apply.Leftover) func(playbooks.Verification, time.Time) record.Event {
	return func(v playbooks.Verification, at time.Time) record.Event {
		e := l.Outcome(v, at)
		e.Data["sent"] = l.Intent.At.UTC().Format(time.RFC3339Nano)
		return e
	}
}
