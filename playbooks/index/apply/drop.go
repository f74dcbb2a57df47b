package apply

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/jackc/pgx/v5"
	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/probes/live"
	"github.com/pgmedic/pgmedic/probes/pgerr"
)

// drop is the work of taking back indexes that a build of ours made, or that are INVALID. It implements playbooks.Work.
type drop struct {
	targets  []dropTarget
	relation string // for a person
	why      string // that these and no others are dropped
	steps    []Step
	at       atomic.Int32
	meter    meter
}

// dropTarget is one index to drop.
type dropTarget struct {
	schema, name string
	oid          uint32 // the index that was seen, whatever has its name by then
	table        uint32
	parent       bool // of a partitioned table: its parts go with it
	attached     bool // it goes with the index that it is a part of
}

// plan are the statements, last made first. What is attached goes with its parent.
func (d *drop) plan() []Step {
	var parents, own []Step
	for _, t := range slices.Backward(d.targets) {
		switch {
		case t.attached:
		case t.parent:
			parents = append(parents, dropParentStep(t.schema, t.name, t.table))
		default:
			own = append(own, dropStep(t.schema, t.name, t.table))
		}
	}
	return append(withLockLimit(parents), own...)
}

// draft puts the clean-up together. The indexes' definitions are read first: they bring them back.
func (d *drop) draft(ctx context.Context, ask *live.Asker) (*playbooks.Draft, error) {
	definitions, err := d.definitions(ctx, ask)
	if err != nil {
		return nil, err
	}
	d.steps = d.plan()
	if len(d.steps) == 0 {
		return nil, nil
	}
	last := d.targets[0]
	for _, t := range d.targets {
		if !t.attached {
			last = t
			break
		}
	}
	title := "drop index " + words(last.name) + " on " + d.relation
	if n := len(d.targets); n > 1 {
		title = fmt.Sprintf("drop %d indexes on %s", n, d.relation)
	}
	why := d.why
	if why == "" {
		why = "it was built by this playbook, and only that is dropped"
	}
	draft := &playbooks.Draft{
		Playbook: playbookName, Title: title, SQL: texts(d.steps), Word: last.name,
		Target:  map[string]string{"relation": d.relation, "index": last.name, "schema": last.schema},
		Reasons: []playbooks.Reason{{Part: words(last.name), Why: why}},
		Warnings: []string{
			"queries that use it go back to the plans of before",
			"it waits for every transaction that uses " + d.relation + ", readers too",
			"interrupted, it leaves the index INVALID; dropping it again cleans up",
		},
		Undo: definitions, Work: d, Lost: whenLost(len(d.steps)), Stopped: "leaves the index INVALID, to be dropped again",
	}
	if slices.ContainsFunc(d.steps, Step.brief) {
		draft.Warnings = append(draft.Warnings, "the server drops the index of a partitioned table only with a lock on the table and all its partitions against everybody: "+
			"it is waited for in pieces of "+lockPiece.String()+", for "+lockPatience.String()+" in all")
	}
	return draft, nil
}

// definitions are the statements that make the indexes again.
func (d *drop) definitions(ctx context.Context, ask *live.Asker) ([]string, error) {
	var oids []uint32
	for _, t := range d.targets {
		if !t.attached {
			oids = append(oids, t.oid)
		}
	}
	var found []string
	err := ask.Read(ctx, func(ctx context.Context, tx pgx.Tx) error {
		rows, err := tx.Query(ctx, query("build_definitions"), oids)
		if err != nil {
			return err
		}
		var sql *string
		_, err = pgx.ForEachRow(rows, []any{&sql}, func() error {
			if sql != nil {
				found = append(found, concurrently(*sql))
			}
			return nil
		})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("saving the definitions before dropping: %s", pgerr.Reason(err))
	}
	return found, nil
}

// concurrently makes the statement of pg_get_indexdef one that does not block writes. An index of a partitioned table cannot be made so: there it stays.
func concurrently(sql string) string {
	if strings.Contains(sql, " ON ONLY ") {
		return sql
	}
	for _, head := range []string{"CREATE UNIQUE INDEX ", "CREATE INDEX "} {
		if rest, ok := strings.CutPrefix(sql, head); ok {
			return head + "CONCURRENTLY " + rest
		}
	}
	return sql
}

// Preflight implements playbooks.Work.
func (d *drop) Preflight(ctx context.Context, ask *live.Asker) ([]playbooks.Check, error) {
	checks := []playbooks.Check{connectionCheck(ask)}
	states, err := d.read(ctx, ask)
	if err != nil {
		return nil, err
	}
	for i, t := range d.targets {
		s, name := states[i], words(t.name)
		switch {
		case s.oid == 0 && len(d.targets) > 1:
			checks = append(checks, refuse(true, "index", name+" is gone", "draft again"))
		case s.oid == 0:
			return append(checks, refuse(true, "index", name+" is gone", "nothing is left to do")), nil
		case s.oid != t.oid:
			checks = append(checks, refuse(true, "index", name+" is another index than the one that was seen", "draft again"))
		case s.inRecovery:
			checks = append(checks, refuse(true, "server", "a standby", "connect to the primary"))
		case !s.owner:
			checks = append(checks, refuse(true, "owner", name+" is owned by "+words(s.ownerName), "connect as its owner or a member of that role"))
		case s.constraint:
			checks = append(checks, refuse(true, "constraint", "a constraint stands on "+name, "keep it"))
		case s.building:
			checks = append(checks, refuse(true, "build", name+" is being built", "wait until the build ends"))
		case s.within != 0 && !t.attached:
			checks = append(checks, refuse(true, "index", name+" is a part of a partitioned table's index now", "draft again"))
		default:
			checks = append(checks, pass("index", name+either(s.valid, " is valid", " is INVALID")))
		}
	}
	more, err := d.delays(ctx, ask)
	return append(checks, more...), err
}

// delays says whom the drop would wait for: everybody who uses the table.
func (d *drop) delays(ctx context.Context, ask *live.Asker) ([]playbooks.Check, error) {
	var oids []uint32
	for _, t := range d.targets {
		oids = append(oids, t.table)
	}
	var busy []playbooks.Check
	var delays []delay
	err := ask.Read(ctx, func(ctx context.Context, tx pgx.Tx) error {
		var err error
		if busy, err = busyChecks(ctx, tx, oids); err == nil {
			delays, err = readDelays(ctx, tx, oids)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return []playbooks.Check{
		busy[0], busy[1],
		delayCheck(delays, "writer", "writers", "transactions that wrote or lock "+d.relation, longTransaction),
		delayCheck(delays, "prepared", "prepared transactions", "in this database", 0),
		delayCheck(delays, "ddl", "waiting DDL", "sessions that wait for the whole of "+d.relation, 0),
	}, nil
}

// read returns the indexes' states.
func (d *drop) read(ctx context.Context, ask *live.Asker) ([]state, error) {
	var schemas, names []string
	for _, t := range d.targets {
		schemas, names = append(schemas, t.schema), append(names, t.name)
	}
	var states []state
	err := ask.Read(ctx, func(ctx context.Context, tx pgx.Tx) error {
		var err error
		states, err = readStates(ctx, tx, schemas, names)
		return err
	})
	return states, err
}

// Apply implements playbooks.Work.
func (d *drop) Apply(ctx context.Context, session *live.BuildSession) error {
	return sendAll(ctx, session, d.steps, func(step int) { d.at.Store(int32(step)) })
}

// Watch implements playbooks.Work.
func (d *drop) Watch(ctx context.Context, ask *live.Asker, pid int32) (playbooks.Progress, error) {
	at := int(d.at.Load())
	if at >= len(d.steps) {
		return playbooks.Progress{}, nil
	}
	p, err := d.meter.watch(ctx, ask, pid, d.steps[at])
	if len(d.steps) > 1 {
		p.Step, p.Steps, p.Doing = at+1, len(d.steps), d.steps[at].What
	}
	return p, err
}

// Verify implements playbooks.Work.
func (d *drop) Verify(ctx context.Context, ask *live.Asker) (playbooks.Verification, error) {
	states, err := d.read(ctx, ask)
	if err != nil {
		return playbooks.Verification{}, err
	}
	v := playbooks.Verification{Done: true}
	again := &drop{relation: d.relation, why: d.why}
	for i, t := range d.targets {
		s, name := states[i], words(t.name)
		switch {
		case s.oid != t.oid:
			v.Checks = append(v.Checks, pass("index", name+" is gone"))
			continue
		case s.valid:
			v.Checks = append(v.Checks, refuse(true, "index", name+" is still there and valid", "drop it again if it must go"))
		default:
			v.Checks = append(v.Checks, refuse(true, "index", name+" is there and INVALID", "drop it again with "+dropStep(t.schema, t.name, 0).shown()+
				", or bring it back with REINDEX INDEX CONCURRENTLY "+words(t.schema, t.name)))
			again.targets = append(again.targets, t)
		}
		v.Done = false
	}
	if len(again.targets) > 0 {
		v.Undo, err = again.draft(ctx, ask)
	}
	return v, err
}
