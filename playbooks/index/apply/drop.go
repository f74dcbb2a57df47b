package apply

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"

	"github.com/jackc/pgx/v5"
	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/probes/live"
)

// drop is the work of taking back indexes that a build of ours made, or that are INVALID. It implements playbooks.Work.
type drop struct {
	targets  []dropTarget
	relation string // for a person
	why      string // that these and no others are dropped
	stays    string // what else the build made and is not taken back, for a person; empty: nothing
	steps    []Step
	at       atomic.Int32
	meter    meter
}

// dropTarget is one index to drop.
type dropTarget struct {
	schema, name string
	oid          uint32 // the index that was seen, whatever has its name by then
	table        uint32
	parent       bool     // of a partitioned table: its parts go with it
	attached     bool     // it goes with the index that it is a part of
	invalid      bool     // it was when it was seen: that is why it may go
	with         []uint32 // oids of its parts, which go with it
}

// plan are the statements, last made first. What is attached goes with its parent.
func (d *drop) plan() []Step {
	var parents, own []Step
	var with []uint32
	for _, t := range d.targets {
		if t.attached {
			with = append(with, t.oid)
		}
	}
	for _, t := range slices.Backward(d.targets) {
		switch {
		case t.attached:
		case t.parent:
			t.with = with
			parents = append(parents, dropParentStep(t))
		default:
			own = append(own, dropStep(t))
		}
	}
	return append(withLimit(parents), own...)
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
	var tables, indexes []uint32
	for _, t := range d.targets {
		tables, indexes = append(tables, t.table), append(indexes, t.oid)
	}
	draft := &playbooks.Draft{
		Playbook: playbookName, Title: title, SQL: texts(d.steps), Word: typed("drop", last.name),
		Target:   map[string]string{"relation": d.relation, relationOID: oidList(tables), "index": last.name, indexOID: oidList(indexes), "schema": last.schema},
		Reasons:  []playbooks.Reason{{Part: words(last.name), Why: why}},
		Warnings: d.warnings(), Undo: definitions, Work: d, Lost: whenLost(len(d.steps)), Stopped: "leaves the index INVALID, to be dropped again",
	}
	if !slices.ContainsFunc(d.steps, func(s Step) bool { return s.kind == stepDrop }) {
		draft.Stopped = "undoes the statement that runs, and what it would have dropped stays"
	}
	return draft, nil
}

// warnings says what the drop does to others and what is left behind when it is stopped.
func (d *drop) warnings() []string {
	var words []string
	if slices.ContainsFunc(d.targets, func(t dropTarget) bool { return !t.invalid }) {
		words = append(words, "queries that use it go back to the plans of before")
	}
	if d.stays != "" {
		words = append(words, d.stays)
	}
	words = append(words, "it waits for every transaction that uses "+d.relation+", readers too")
	if slices.ContainsFunc(d.steps, func(s Step) bool { return s.kind == stepDrop }) {
		words = append(words, "interrupted, it leaves the index INVALID; dropping it again cleans up")
	}
	if slices.ContainsFunc(d.steps, Step.brief) {
		words = append(words, "the server drops the index of a partitioned table only with a lock on the table and all its partitions against everybody: "+
			"it has "+lockPiece.String()+" at a time for all of them together, and is tried for "+lockPatience.String()+"; so long at a time others can queue behind it")
	}
	return words
}

// Preflight implements playbooks.Work.
func (d *drop) Preflight(ctx context.Context, ask *live.Asker) ([]playbooks.Check, error) {
	checks := []playbooks.Check{connectionCheck(ask)}
	states, err := d.read(ctx, ask)
	if err != nil {
		return nil, err
	}
	for i, t := range d.targets {
		if states[i].oid == 0 && len(d.targets) == 1 {
			return append(checks, refuse(true, "index", words(t.name)+" is gone", "nothing is left to do")), nil
		}
		checks = append(checks, t.check(states[i]))
	}
	err = ask.Read(ctx, func(ctx context.Context, tx pgx.Tx) error {
		for _, s := range d.steps {
			if s.kind != stepDropParent {
				continue
			}
			c, err := s.drops.partsCheck(ctx, tx)
			if err != nil {
				return err
			}
			checks = append(checks, c)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	more, err := d.delays(ctx, ask)
	return append(checks, more...), err
}

// check says whether an index still is what it was when the draft was shown, and may be dropped.
func (t dropTarget) check(s state) playbooks.Check {
	name := words(t.name)
	switch {
	case s.oid == 0:
		return refuse(true, "index", name+" is gone", "draft again")
	case s.oid != t.oid:
		return refuse(true, "index", name+" is another index than the one that was seen", "draft again")
	case s.inRecovery:
		return refuse(true, "server", "a standby", "connect to the primary")
	case !s.owner:
		return refuse(true, "owner", name+" is owned by "+words(s.ownerName), "connect as its owner or a member of that role")
	case s.constraint:
		return refuse(true, "constraint", "a constraint stands on "+name, "keep it")
	case s.building:
		return refuse(true, "build", name+" is being built", "wait until the build ends")
	case t.invalid && s.valid:
		return refuse(true, "index", name+" is valid now, and was to be dropped because it was INVALID", "keep it: somebody has finished it or built it anew")
	case s.within != 0 && !t.attached:
		return refuse(true, "index", name+" is a part of a partitioned table's index now", "draft again")
	}
	return pass("index", name+either(s.valid, " is valid", " is INVALID"))
}

// partsCheck says whether nothing would go with the index but what was seen to.
func (t dropTarget) partsCheck(ctx context.Context, tx pgx.Tx) (playbooks.Check, error) {
	parts, err := readAttached(ctx, tx, t.oid)
	for _, p := range parts {
		if !slices.Contains(t.with, p.oid) {
			return refuse(true, "index", words(p.schema, p.name)+" was attached to "+words(t.name)+" since, and would be dropped with it",
				"keep them, or drop them by hand where nothing needs them"), err
		}
	}
	return pass("index", "nothing else goes with "+words(t.name)), err
}

// recheck refuses where the index is not what it was any more, just before it is dropped: hours may have gone by since the confirmation. unsent says what was not sent then.
func (t *dropTarget) recheck(ctx context.Context, session sender, unsent string) error {
	if t == nil {
		return nil
	}
	return readFirst(ctx, session, unsent, func(ctx context.Context, tx pgx.Tx) error {
		states, err := readStates(ctx, tx, []string{t.schema}, []string{t.name})
		if err != nil {
			return err
		}
		c := t.check(states[0])
		if t.parent && c.Verdict != playbooks.Refuse {
			c, err = t.partsCheck(ctx, tx)
		}
		if err == nil && c.Verdict == playbooks.Refuse {
			err = fmt.Errorf("%s; %s", c.Saw, c.Do)
		}
		return err
	})
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
	return []playbooks.Check{busy[0], busy[1], writers(d.relation).check(delays), prepared.check(delays), waitingDDL(d.relation).check(delays)}, nil
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
	d.at.Store(nothingSent)
	if err := reserve(ctx, session, d.steps); err != nil {
		return err
	}
	return d.meter.blockedBy(sendAll(ctx, session, d.steps, func(step int) { d.at.Store(int32(step)) }))
}

// Watch implements playbooks.Work.
func (d *drop) Watch(ctx context.Context, ask *live.Asker, pid int32) (playbooks.Progress, error) {
	at := int(d.at.Load())
	if at == nothingSent || at >= len(d.steps) {
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
			v.Checks = append(v.Checks, refuse(true, "index", name+" is there and INVALID", "drop it again with "+dropByHand(t.schema, t.name)+
				", or bring it back with REINDEX INDEX CONCURRENTLY "+words(t.schema, t.name)))
			t.invalid = true
			again.targets = append(again.targets, t)
		}
		v.Done = false
	}
	if len(again.targets) > 0 {
		v.Undo, err = again.draft(ctx, ask)
	}
	return v, err
}
