package index

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/probes/live"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

//go:embed sql/preflight.sql
var preflightSQL string

//go:embed sql/name.sql
var nameSQL string

//go:embed sql/delays.sql
var delaysSQL string

// situation is what decides whether an index can be built on a table now.
type situation struct {
	Version     int
	VersionText string
	InRecovery  bool
	Named       bool // it still has the schema and name that the draft's SQL gives
	Ordinary    bool // an ordinary table or materialised view
	Owner       bool // this role is the owner or a member of it
	OwnerName   string
	MayCreate   bool  // in the schema
	Build       int32 // pid of another build on the table, 0 none
	Vacuum      int32 // pid of a VACUUM of the table, 0 none
	DDLWaiting  int   // sessions that wait for AccessExclusive on the table
	WorkMem     string
}

// Preflight implements playbooks.Work.
func (b *build) Preflight(ctx context.Context, ask *live.Asker) ([]playbooks.Check, error) {
	var checks []playbooks.Check
	err := ask.Read(ctx, func(ctx context.Context, tx pgx.Tx) error {
		var s situation
		err := tx.QueryRow(ctx, preflightSQL, b.table, b.definition.Schema, b.definition.Table).Scan(&s.Version, &s.VersionText, &s.InRecovery, &s.Named,
			&s.Ordinary, &s.Owner, &s.OwnerName, &s.MayCreate, &s.Build, &s.Vacuum, &s.DDLWaiting, &s.WorkMem)
		if errors.Is(err, pgx.ErrNoRows) {
			checks = []playbooks.Check{{Verdict: playbooks.Refuse, Name: "table", Saw: b.relation + " is gone", Do: "draft again"}}
			return nil
		}
		if err != nil {
			return fmt.Errorf("reading the state of %s: %w", b.relation, err)
		}
		checks = b.situationChecks(s)
		return b.catalogueChecks(ctx, tx, &checks)
	})
	return checks, err
}

// situationChecks judges what was read of the server and the table.
func (b *build) situationChecks(s situation) []playbooks.Check {
	return []playbooks.Check{
		verdict(!(s.Version >= 140000 && s.Version < 140004), "version", "PostgreSQL "+sqltext.CleanLine(s.VersionText),
			"14.0 to 14.3 can build a corrupt index CONCURRENTLY; update to the last 14"),
		verdict(!s.InRecovery, "server", either(s.InRecovery, "a standby", "a primary"), "connect to the primary"),
		verdict(s.Named, "table's name", either(s.Named, "as drafted", "the table that was drafted for is not "+b.relation+" any more"), "draft again"),
		verdict(s.Ordinary, "table", b.relation+either(s.Ordinary, " is an ordinary table", " is not an ordinary table any more"), "draft again"),
		verdict(s.Owner, "owner", "owned by "+sqltext.CleanLine(s.OwnerName), "connect as its owner or a member of that role"),
		verdict(s.MayCreate, "schema", either(s.MayCreate, "this role may create in it", "this role may not create in it"),
			"GRANT CREATE ON SCHEMA "+sqltext.Ident(b.definition.Schema)),
		verdict(s.Build == 0, "other builds", busy(s.Build, "builds an index on it"), "wait until it ends"),
		verdict(s.Vacuum == 0, "vacuum", busy(s.Vacuum, "vacuums it"), "wait until it ends"),
		caution(s.DDLWaiting == 0, "waiting DDL", fmt.Sprintf("%d sessions wait for the whole table", s.DDLWaiting),
			"the build queues behind them; let them end first"),
		caution(false, "disk", "free space cannot be read through SQL; about "+size(b.bytes)+" are needed for the index, and twice that for sorting and WAL",
			"look at the server's file system or its monitoring"),
		{Verdict: playbooks.Pass, Name: "memory", Saw: "maintenance_work_mem is " + sqltext.CleanLine(s.WorkMem)},
	}
}

// busy says which session is at work on the table; 0: none.
func busy(pid int32, doing string) string {
	if pid == 0 {
		return "none on the table"
	}
	return fmt.Sprintf("pid %d %s", pid, doing)
}

// catalogueChecks adds what other indexes and other sessions mean for the build.
func (b *build) catalogueChecks(ctx context.Context, tx pgx.Tx, checks *[]playbooks.Check) error {
	taken, err := b.named(ctx, tx)
	if err != nil {
		return err
	}
	indexes, err := readIndexes(ctx, tx, b.table)
	if err != nil {
		return fmt.Errorf("reading the indexes of %s: %w", b.relation, err)
	}
	delays, err := readDelays(ctx, tx, b.table)
	if err != nil {
		return err
	}
	name := b.definition.name()
	*checks = append(*checks, verdict(taken == "", "name", name+either(taken == "", " is free", " is taken on "+taken), "drop what has the name"))
	*checks = append(*checks, b.indexChecks(indexes)...)
	*checks = append(*checks, delayChecks(delays, b.relation)...)
	return nil
}

// named says on which table, or as which other relation, the schema has the name of the draft's index; empty: it is free.
func (b *build) named(ctx context.Context, tx pgx.Tx) (string, error) {
	var schema, relation string
	err := tx.QueryRow(ctx, nameSQL, b.definition.Schema, b.definition.name()).Scan(&schema, &relation)
	if errors.Is(err, pgx.ErrNoRows) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("looking for the name %s: %w", b.definition.name(), err)
	}
	return sqltext.CleanLine(sqltext.Ident(schema, relation)), nil
}

// indexChecks refuses where an index of the same shape exists, and warns of INVALID ones.
func (b *build) indexChecks(indexes []existing) []playbooks.Check {
	t := table{Schema: b.definition.Schema, Name: b.definition.Table}
	var checks []playbooks.Check
	same := playbooks.Check{Verdict: playbooks.Pass, Name: "equivalent index", Saw: "none"}
	for _, x := range indexes {
		if d, ok := t.definition(x); ok && slices.Equal(d.Keys, b.definition.Keys) && samePredicate(d.Predicate, b.definition.Predicate) {
			same = playbooks.Check{Verdict: playbooks.Refuse, Name: "equivalent index", Saw: x.String() + " has the same shape",
				Do: either(x.Valid, "use it: ANALYZE the table and take the plan again", "it is INVALID: drop it CONCURRENTLY, then prepare again")}
		}
		if !x.Valid && !x.Building {
			checks = append(checks, caution(false, "invalid index", x.String()+" serves no query and costs every write",
				"clean up with "+sqltext.CleanLine(dropSQL(b.definition.Schema, x.Name))))
		}
	}
	return append(checks, same)
}

// delay is something that a build would wait for.
type delay struct {
	kind string // "writer", "snapshot" or "prepared"
	who  session
}

func readDelays(ctx context.Context, tx pgx.Tx, table uint32) ([]delay, error) {
	rows, err := tx.Query(ctx, delaysSQL, table)
	if err != nil {
		return nil, fmt.Errorf("looking for whom the build would wait: %w", err)
	}
	var found []delay
	var d delay
	var seconds float64
	_, err = pgx.ForEachRow(rows, []any{&d.kind, &d.who.PID, &d.who.Application, &d.who.Role, &d.who.State, &seconds}, func() error {
		d.who.Age = time.Duration(seconds * float64(time.Second))
		found = append(found, d)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("looking for whom the build would wait: %w", err)
	}
	return found, nil
}

// longTransaction is the age from which a transaction is worth a word: shorter ones end by themselves while the build scans.
const longTransaction = 10 * time.Second

// delayChecks says how many transactions the build would wait for, and which is the oldest. They delay it; they do not forbid it.
func delayChecks(delays []delay, relation string) []playbooks.Check {
	return []playbooks.Check{
		delayCheck(delays, "writer", "writers", "transactions wrote "+relation, longTransaction),
		delayCheck(delays, "snapshot", "old snapshots", "sessions of this database hold a snapshot", longTransaction),
		delayCheck(delays, "prepared", "prepared transactions", "in this database", 0),
	}
}

func delayCheck(delays []delay, kind, name, what string, from time.Duration) playbooks.Check {
	var oldest session
	n := 0
	for _, d := range delays {
		if d.kind != kind {
			continue
		}
		if n++; n == 1 || d.who.Age > oldest.Age {
			oldest = d.who
		}
	}
	saw := fmt.Sprintf("%d %s", n, what)
	if n == 0 || oldest.Age < from {
		return playbooks.Check{Verdict: playbooks.Pass, Name: name, Saw: saw}
	}
	if kind == "prepared" {
		return caution(false, name, saw+"; oldest: "+sqltext.CleanLine(oldest.Application), "the build waits for it: commit it or roll it back")
	}
	return caution(false, name, saw+"; oldest: "+oldest.String(), "the build waits until it ends")
}

// verdict passes or refuses.
func verdict(ok bool, name, saw, do string) playbooks.Check {
	if ok {
		return playbooks.Check{Verdict: playbooks.Pass, Name: name, Saw: saw}
	}
	return playbooks.Check{Verdict: playbooks.Refuse, Name: name, Saw: saw, Do: do}
}

// caution passes or warns.
func caution(ok bool, name, saw, do string) playbooks.Check {
	if ok {
		return playbooks.Check{Verdict: playbooks.Pass, Name: name, Saw: saw}
	}
	return playbooks.Check{Verdict: playbooks.Caution, Name: name, Saw: saw, Do: do}
}

func either(condition bool, yes, no string) string {
	if condition {
		return yes
	}
	return no
}
