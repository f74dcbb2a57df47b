package index

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/probes/live"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

//go:embed sql/index.sql
var indexStateSQL string

//go:embed sql/watch_drop.sql
var watchDropSQL string

// drop is the work of taking back an index that a build of ours made, or left INVALID. It implements playbooks.Work.
type drop struct {
	schema, name string
	relation     string
	index        uint32 // oid: the index that was verified, whatever has its name by then
	createSQL    string // brings it back
}

// dropDraft puts the draft together.
func dropDraft(d *drop) *playbooks.Draft {
	return &playbooks.Draft{
		Playbook: playbookName,
		Title:    fmt.Sprintf("drop index %s on %s", d.name, d.relation),
		SQL:      []string{dropSQL(d.schema, d.name)},
		Word:     d.name,
		Target:   map[string]string{"relation": d.relation, "index": d.name},
		Reasons:  []playbooks.Reason{{Part: sqltext.Ident(d.name), Why: "it was built by this playbook, and only that index is dropped"}},
		Warnings: []string{
			"queries that use it go back to the plans of before",
			"it waits for every transaction that uses " + d.relation + ", readers too",
			"interrupted, it leaves the index INVALID; dropping it again cleans up",
		},
		Undo: []string{d.createSQL},
		Work: d,
	}
}

// indexState is what the catalogue says of an index.
type indexState struct {
	named        bool // as drafted
	valid, owner bool
	ownerName    string
	constraint   bool
	building     bool
	inRecovery   bool
}

// read returns the index's state; nil where it is gone.
func (d *drop) read(ctx context.Context, ask *live.Asker) (*indexState, error) {
	var s indexState
	err := ask.Read(ctx, func(ctx context.Context, tx pgx.Tx) error {
		row := tx.QueryRow(ctx, indexStateSQL, d.index, d.schema, d.name)
		return row.Scan(&s.named, &s.valid, &s.owner, &s.ownerName, &s.constraint, &s.building, &s.inRecovery)
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading the state of index %s: %w", d.name, err)
	}
	return &s, nil
}

// Preflight implements playbooks.Work.
func (d *drop) Preflight(ctx context.Context, ask *live.Asker) ([]playbooks.Check, error) {
	s, err := d.read(ctx, ask)
	if err != nil {
		return nil, err
	}
	if s == nil {
		return []playbooks.Check{verdict(false, "index", d.name+" is gone", "nothing is left to do")}, nil
	}
	return []playbooks.Check{
		verdict(true, "index", d.name+either(s.valid, " is valid", " is INVALID"), ""),
		verdict(s.named, "name", either(s.named, "as drafted", "it was renamed since"), "draft again"),
		verdict(!s.inRecovery, "server", either(s.inRecovery, "a standby", "a primary"), "connect to the primary"),
		verdict(s.owner, "owner", "owned by "+sqltext.CleanLine(s.ownerName), "connect as its owner or a member of that role"),
		verdict(!s.constraint, "constraint", either(s.constraint, "a constraint stands on it", "none stands on it"), "keep it"),
		verdict(!s.building, "build", either(s.building, "it is being built", "it is not being built"), "wait until the build ends"),
	}, nil
}

// Apply implements playbooks.Work.
func (d *drop) Apply(ctx context.Context, session *live.BuildSession) error {
	if err := session.Exec(ctx, dropSQL(d.schema, d.name)); err != nil {
		return fmt.Errorf("dropping index %s: %w", d.name, err)
	}
	return nil
}

// Watch implements playbooks.Work.
func (d *drop) Watch(ctx context.Context, ask *live.Asker, pid int32) (playbooks.Progress, error) {
	var active bool
	var blocker session
	var seconds float64
	err := ask.Read(ctx, func(ctx context.Context, tx pgx.Tx) error {
		return tx.QueryRow(ctx, watchDropSQL, pid).Scan(&active, &blocker.PID, &blocker.Application, &blocker.Role, &blocker.State, &seconds)
	})
	if errors.Is(err, pgx.ErrNoRows) || err == nil && !active {
		return playbooks.Progress{}, nil
	}
	if err != nil {
		return playbooks.Progress{}, fmt.Errorf("looking at pid %d: %w", pid, err)
	}
	if blocker.PID == 0 {
		return playbooks.Progress{Phase: "dropping"}, nil
	}
	blocker.Age = time.Duration(seconds * float64(time.Second))
	return playbooks.Progress{Phase: "waiting for transactions that use the table", Waiting: blocker.String()}, nil
}

// Verify implements playbooks.Work.
func (d *drop) Verify(ctx context.Context, ask *live.Asker) (playbooks.Verification, error) {
	s, err := d.read(ctx, ask)
	switch {
	case err != nil:
		return playbooks.Verification{}, err
	case s == nil:
		return playbooks.Verification{Done: true, Checks: []playbooks.Check{
			verdict(true, "index", d.name+" is gone", "")}}, nil
	case s.valid:
		return playbooks.Verification{Checks: []playbooks.Check{
			verdict(false, "index", d.name+" is still there and valid", "drop it again if it must go")}}, nil
	}
	return playbooks.Verification{Undo: dropDraft(d), Checks: []playbooks.Check{
		verdict(false, "index", d.name+" is there and INVALID", "drop it again with "+dropSQL(d.schema, d.name)+", or REINDEX INDEX CONCURRENTLY it")}}, nil
}
