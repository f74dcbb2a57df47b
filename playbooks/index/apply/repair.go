package apply

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"
	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/playbooks/index/shape"
	"github.com/pgmedic/pgmedic/probes/live"
	"github.com/pgmedic/pgmedic/probes/pgerr"
	"github.com/pgmedic/pgmedic/probes/record"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// draft adds what can be done about an INVALID index that nobody builds. events is what is on record.
func (l *Leftover) draft(ctx context.Context, ask *live.Asker, x invalidIndex, events []record.Event) error {
	relation := words(x.tableSchema, x.table)
	var table uint32
	var parts []having
	err := ask.Read(ctx, func(ctx context.Context, tx pgx.Tx) error {
		states, err := readStates(ctx, tx, []string{x.schema}, []string{x.name})
		if err == nil {
			table = states[0].table
			parts, err = readAttached(ctx, tx, x.oid)
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("looking at %s: %w", words(x.schema, x.name), err)
	}
	if x.kind != "I" && !x.transient() {
		var keys distinct
		if x.unique {
			if keys, err = l.keys(ctx, ask, x.oid); err != nil {
				return err
			}
		}
		l.Repair = repairDraft(&repair{schema: x.schema, name: x.name, oid: x.oid, table: table, relation: relation, keys: keys}, l.Words)
	}
	d := &drop{relation: relation, why: l.Words, targets: []dropTarget{{schema: x.schema, name: x.name, oid: x.oid, table: table, parent: x.kind == "I", invalid: true}}}
	var others []string
	for _, p := range parts {
		if p.valid && !madeTogether(events, x, p) {
			others = append(others, words(p.schema, p.name))
		}
		d.targets = append(d.targets, dropTarget{schema: p.schema, name: p.name, oid: p.oid, table: p.table, attached: true, invalid: !p.valid})
	}
	switch {
	case x.constraint:
		return nil
	case len(others) > 0:
		l.Words += "; its clean-up is not drafted, because it would drop valid parts too that were not made with it: " + several(len(others), "index", "indexes") + ", " + others[0] +
			either(len(others) > 1, " and others", "")
		return nil
	}
	l.CleanUp, err = d.draft(ctx, ask)
	if pgerr.State(err) != "" { // the definition of an index on a locked table cannot be read; what else is left behind matters all the same
		l.Words += "; its clean-up is not drafted now: " + pgerr.Reason(err)
		return nil
	}
	return err
}

// keys reads by what a unique index tells rows apart; nothing where its table is locked against everybody, as it is for a word only.
func (l *Leftover) keys(ctx context.Context, ask *live.Asker, oid uint32) (keys distinct, err error) {
	err = ask.Read(ctx, func(ctx context.Context, tx pgx.Tx) (err error) {
		keys, err = readDistinct(ctx, tx, oid)
		return err
	})
	if pgerr.State(err) == lockNotAvailable {
		return distinct{}, nil
	}
	return keys, err
}

// madeTogether says whether one and the same intent on record makes an index and a part of it.
func madeTogether(events []record.Event, x invalidIndex, part having) bool {
	below := invalidIndex{oid: part.oid, schema: part.schema, name: part.name, tableOID: part.table}
	return slices.ContainsFunc(events, func(e record.Event) bool {
		return e.Kind == record.Acted && e.Data["playbook"] == playbookName && meantBy(e).has(x) && meantBy(e).has(below)
	})
}

// repair is the work of building an INVALID index anew in its place. It implements playbooks.Work.
type repair struct {
	schema, name string
	oid, table   uint32
	relation     string   // for a person
	keys         distinct // of a unique index, where they are known
	ended        error    // what Apply returned
	meter        meter
}

// step builds the index anew beside the old one and swaps them. It costs two readings of the table and needs the index's owner; from 17 on MAINTAIN on the table
// is enough; all versions from 13.
func (r *repair) step() Step {
	return Step{SQL: "REINDEX INDEX CONCURRENTLY " + sqltext.Ident(r.schema, r.name) + buildTag, What: "build " + words(r.name) + " anew", kind: stepReindex, table: r.table}
}

func repairDraft(r *repair, why string) *playbooks.Draft {
	return &playbooks.Draft{
		Playbook: playbookName, Title: "build index " + words(r.name) + " on " + r.relation + " anew", SQL: []string{r.step().SQL}, Word: typed("rebuild", r.name),
		Target: map[string]string{"relation": r.relation, relationOID: oidList([]uint32{r.table}), "index": r.name, indexOID: oidList([]uint32{r.oid}),
			"schema": r.schema},
		Reasons: []playbooks.Reason{{Part: words(r.name), Why: why}},
		Prices: []playbooks.Price{{Name: "load", Value: "two readings of " + r.relation + " on the server, and WAL of about the index's size",
			How: "how long it takes is not known before"}},
		Warnings: append(r.keys.forewarned(r.relation),
			"writes to "+r.relation+" are not blocked; VACUUM and DDL on it wait until it ends",
			"it waits for transactions that wrote "+r.relation+" and for every older snapshot in this database",
			"interrupted, it leaves a second INVALID index, of the same name with _ccnew behind, to be dropped",
		),
		Work: r, Lost: whenLost(1), Stopped: "leaves a second INVALID index, clean-up drafted",
	}
}

// Preflight implements playbooks.Work.
func (r *repair) Preflight(ctx context.Context, ask *live.Asker) ([]playbooks.Check, error) {
	checks := []playbooks.Check{connectionCheck(ask)}
	err := ask.Read(ctx, func(ctx context.Context, tx pgx.Tx) error {
		s, err := readServer(ctx, tx)
		if err != nil {
			return err
		}
		checks = append(checks, s.checks()...)
		states, err := readStates(ctx, tx, []string{r.schema}, []string{r.name})
		if err != nil {
			return err
		}
		index := states[0]
		if index.oid != r.oid {
			checks = append(checks, refuse(true, "index", words(r.name)+" is not the index that was seen any more", "look again"))
			return nil
		}
		checks = append(checks,
			refuse(index.valid, "index", words(r.name)+either(index.valid, " is valid now", " is INVALID"), "keep it as it is: somebody has built it anew"),
			refuse(!index.owner, "owner", "owned by "+sqltext.CleanLine(index.ownerName), "connect as its owner or a member of that role"),
			refuse(index.building, "build", words(r.name)+either(index.building, " is being built", " is not being built"), "wait until the build ends"))
		busy, err := busyChecks(ctx, tx, []uint32{r.table})
		if err != nil {
			return err
		}
		waits, err := readDelays(ctx, tx, []uint32{r.table})
		checks = append(append(checks, busy...), delayChecks(waits, r.relation)...)
		return err
	})
	return checks, err
}

// Apply implements playbooks.Work.
func (r *repair) Apply(ctx context.Context, session *live.BuildSession) error {
	if r.ended = reserve(ctx, session, []Step{r.step()}); r.ended == nil {
		r.ended = sendAll(ctx, session, []Step{r.step()}, func(int) {})
	}
	return r.ended
}

// Watch implements playbooks.Work.
func (r *repair) Watch(ctx context.Context, ask *live.Asker, pid int32) (playbooks.Progress, error) {
	return r.meter.watch(ctx, ask, pid, r.step())
}

// Verify implements playbooks.Work. The index has another oid then: the new one took its name.
func (r *repair) Verify(ctx context.Context, ask *live.Asker) (playbooks.Verification, error) {
	var states []state
	var invalid []invalidIndex
	err := ask.Read(ctx, func(ctx context.Context, tx pgx.Tx) error {
		var err error
		if states, err = readStates(ctx, tx, []string{r.schema}, []string{r.name}); err == nil {
			invalid, err = readInvalid(ctx, tx)
		}
		return err
	})
	if err != nil {
		return playbooks.Verification{}, err
	}
	s := states[0]
	v := playbooks.Verification{Done: s.valid, Checks: []playbooks.Check{
		refuse(!s.valid, "valid", words(r.name)+either(s.oid == 0, " is gone", either(s.valid, " is valid and ready", " is INVALID still")), r.keys.afterwards(r.relation, r.ended))}}
	d := &drop{relation: r.relation, why: "it is left of a REINDEX CONCURRENTLY that did not end"}
	for _, x := range invalid {
		if x.tableOID == r.table && !x.building && x.replaces(r.name) {
			v.Checks = append(v.Checks, caution(true, "leftover", words(x.name)+" is left behind", "drop it"))
			d.targets = append(d.targets, dropTarget{schema: x.schema, name: x.name, oid: x.oid, table: r.table, invalid: true})
		}
	}
	if len(d.targets) > 0 {
		v.Undo, err = d.draft(ctx, ask)
	}
	return v, err
}

// replaces says whether REINDEX CONCURRENTLY made an index beside the one of this name, or left that: the server cuts the name off where the whole would be longer than
// 63 bytes, and numbers what has a name that is taken.
func (x invalidIndex) replaces(name string) bool {
	of := replacing(x.name)
	return x.transient() && (of == name || strings.HasPrefix(name, of) && len(x.name) > shape.NameLimit-utf8.UTFMax)
}
