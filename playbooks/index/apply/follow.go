package apply

import (
	"context"
	"fmt"
	"maps"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/probes/live"
	"github.com/pgmedic/pgmedic/probes/pgerr"
	"github.com/pgmedic/pgmedic/probes/record"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// Watch looks once at a build that runs: how far it is, and whether its session is still at it. Nothing is sent.
func (l Leftover) Watch(ctx context.Context, ask *live.Asker) (p playbooks.Progress, running bool, err error) {
	runs := ""
	err = ask.Read(ctx, func(ctx context.Context, tx pgx.Tx) error {
		return tx.QueryRow(ctx, query("build_alive"), l.PID, l.sessionStart(), l.Ours).Scan(&running, &runs)
	})
	if err != nil || !running {
		return p, running, err
	}
	kind := stepCreate
	if l.drop {
		kind = stepDrop
	}
	p, err = l.meter.watch(ctx, ask, l.PID, Step{kind: kind, table: l.table})
	if p.Phase == "" && l.Ours {
		p.Phase = "between two statements"
	}
	if at, ok := l.at(runs); ok && len(l.SQL) > 1 {
		p.Step, p.Steps, p.Doing = at+1, len(l.SQL), shown(l.SQL[at])
	}
	return p, true, err
}

// sessionStart is when the session began; nil: not known, as it is another role's.
func (l Leftover) sessionStart() *time.Time {
	if l.BackendStart.IsZero() {
		return nil
	}
	return &l.BackendStart
}

// Follow watches a build that runs until its end, and reads back what is there. report gets each look; what cannot be read in time is left out.
func (l Leftover) Follow(ctx context.Context, ask *live.Asker, every time.Duration, report func(playbooks.Progress)) (playbooks.Verification, error) {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		p, running, err := l.Watch(ctx, ask)
		if err == nil && !running {
			return l.Verify(ctx, ask)
		}
		if err == nil {
			report(p)
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return playbooks.Verification{}, fmt.Errorf("watching session %d: %w", l.PID, ctx.Err())
		}
	}
}

// Verify reads back what is there of what was meant. Done: all of it, valid.
func (l Leftover) Verify(ctx context.Context, ask *live.Asker) (playbooks.Verification, error) {
	m := l.meant
	if len(m.parts) == 0 {
		m.parts = []made{{schema: l.Schema, table: l.Table, name: l.Index}}
	}
	var states []state
	err := ask.Read(ctx, func(ctx context.Context, tx pgx.Tx) error {
		var err error
		states, err = m.read(ctx, tx)
		return err
	})
	if err != nil {
		return playbooks.Verification{}, fmt.Errorf("reading back %s: %w", words(l.Schema, l.Index), err)
	}
	v := playbooks.Verification{Done: true, Begun: m.begun(states)}
	for i, p := range m.parts {
		check := m.check(p, states[i])
		v.Done = v.Done && check.Verdict == playbooks.Pass
		v.Checks = append(v.Checks, check)
	}
	if v.Begun {
		v.Checks = []playbooks.Check{m.begunCheck(states)}
	}
	if l.Intent.ID == "" || l.drop {
		return v, nil
	}
	if v.Done {
		v.Checks = append(v.Checks, l.statisticsCheck(ctx, ask, states), caution(true, "plan", "not taken again: the pgmedic that knew its values was lost",
			"draft for the statement again: that says whether the index serves it"))
	}
	if v.Undo, err = l.undo(ctx, ask, states); err != nil {
		v.Checks = append(v.Checks, caution(true, "undo", err.Error(), ""))
	}
	return v, nil
}

// statisticsCheck says whether an index's expression has its statistics: ANALYZE comes last, and may not have been sent any more.
func (l Leftover) statisticsCheck(ctx context.Context, ask *live.Asker, states []state) playbooks.Check {
	var oids []uint32
	for _, s := range states {
		oids = append(oids, s.oid)
	}
	missing := 0
	err := ask.Read(ctx, func(ctx context.Context, tx pgx.Tx) error {
		return tx.QueryRow(ctx, query("build_unanalyzed"), oids).Scan(&missing)
	})
	saw := either(missing > 0, "those of the index's expression are not there: the planner's estimates stay wrong", "none is missing")
	if err != nil {
		saw = "could not be looked for: " + pgerr.Reason(err)
	}
	return caution(err != nil || missing > 0, "statistics", saw, "ANALYZE "+sqltext.CleanLine(l.Intent.Data["relation"]))
}

// undo drafts taking back what the intent's statements made; nil where nothing of it is there. What was there before they do not name.
func (l Leftover) undo(ctx context.Context, ask *live.Asker, states []state) (*playbooks.Draft, error) {
	d := &drop{relation: sqltext.CleanLine(l.Intent.Data["relation"]), why: "a pgmedic that was lost built it, by what is on record", stays: extensionStays(l.SQL)}
	for i, p := range l.parts {
		if s := states[i]; l.is(p, s) && !p.drop && !p.again && !s.building {
			d.targets = append(d.targets, dropTarget{schema: p.schema, name: p.name, oid: s.oid, table: s.table, parent: s.kind == "I", attached: s.within != 0,
				invalid: !s.valid})
		}
	}
	if len(d.targets) == 0 {
		return nil, nil
	}
	return d.draft(ctx, ask)
}

// check says whether what was meant with one index is so.
func (m meant) check(p made, s state) playbooks.Check {
	name := words(p.schema, p.name)
	switch {
	case p.drop && !m.is(p, s):
		return pass("index", name+" is gone")
	case p.drop:
		return refuse(true, "index", name+either(s.valid, " is still there and valid", " is there and INVALID"), "drop it again if it must go")
	case s.oid == 0:
		return refuse(true, "valid", "there is no index "+name, "draft again when the reason is gone")
	case !m.is(p, s):
		return refuse(true, "valid", name+" is on another table, "+s.relation(), "look at it")
	case s.building:
		return refuse(true, "valid", name+" is still being built", "wait for it")
	case !s.valid && s.kind == "I":
		return refuse(true, "valid", name+" is not valid yet: not every partition has its part attached", "draft again: the build goes on from there")
	case !s.valid:
		return refuse(true, "valid", name+" is INVALID", "clean up with "+dropByHand(p.schema, p.name))
	}
	return pass("valid", name+" is valid and ready")
}

// Outcome is the event that closes the intent on record, by what was read back at a time of the server's clock. Ours with an open intent only: of others there is
// nothing to close.
func (l Leftover) Outcome(v playbooks.Verification, at time.Time) record.Event {
	state := playbooks.Failed
	switch {
	case v.Done:
		state = playbooks.Applied
	case v.Begun:
		state = playbooks.Unfinished
	}
	data := maps.Clone(l.Intent.Data)
	if data == nil {
		data = map[string]string{}
	}
	data["state"], data["intent"], data["found"] = string(state), l.Intent.ID, "after pgmedic had lost it"
	body := ""
	for _, c := range v.Checks {
		body += c.Name + ": " + c.Saw + "\n"
	}
	return record.Event{Kind: record.Acted, At: at.UTC(), Basis: record.ServerClock, Source: "engine", Server: l.Intent.Server, SQL: l.Intent.SQL,
		Title: sqltext.CleanLine(fmt.Sprintf("%s, found again: %s", state, strings.TrimPrefix(l.Intent.Title, "applying: "))), Body: body, Data: data}
}
