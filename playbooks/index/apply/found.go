package apply

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/pgmedic/pgmedic/probes/record"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// runningBuild is one row of the builds that run now.
type runningBuild struct {
	pid                  int32
	start, began         time.Time // of its session, and of its statement; zero: hidden
	application, role    string
	age                  float64 // seconds
	command              string
	schema, table, index string
	oid                  uint32
}

func readRunning(ctx context.Context, tx pgx.Tx) ([]runningBuild, error) {
	rows, err := tx.Query(ctx, query("build_running"))
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (runningBuild, error) {
		var b runningBuild
		var start, began *time.Time
		err := row.Scan(&b.pid, &start, &b.application, &b.role, &began, &b.age, &b.command, &b.schema, &b.table, &b.index, &b.oid)
		if start != nil && began != nil {
			b.start, b.began = *start, *began
		}
		return b, err
	})
}

// leftover is a build that is not of the record.
func (b runningBuild) leftover() Leftover {
	who := session{PID: b.pid, Application: b.application, Role: b.role}
	l := Leftover{State: Running, Schema: b.schema, Table: b.table, Index: b.index, OID: b.oid, PID: b.pid, BackendStart: b.start, Began: b.began, meter: &meter{}}
	what := "builds an index that this role may not see"
	if b.table != "" {
		l.Index = replacing(b.index)
		what = fmt.Sprintf("runs %s of %s on %s", sqltext.CleanLine(b.command), words(l.Index), words(b.schema, b.table))
	}
	l.Words = who.String() + " " + what + since(" for ", seconds(b.age), "") + ": leave it, and watch it to its end"
	return l
}

// invalidIndex is one row of the INVALID indexes.
type invalidIndex struct {
	oid                          uint32
	schema, name, kind           string
	tableSchema, table           string
	tableOID                     uint32
	building, constraint, unique bool
	ready                        bool // indisready: writes are kept in it
	owner                        string
}

func readInvalid(ctx context.Context, tx pgx.Tx) ([]invalidIndex, error) {
	rows, err := tx.Query(ctx, query("build_invalid"))
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (invalidIndex, error) {
		var x invalidIndex
		err := row.Scan(&x.oid, &x.schema, &x.name, &x.kind, &x.tableSchema, &x.table, &x.building, &x.constraint, &x.owner, &x.unique, &x.ready, &x.tableOID)
		return x, err
	})
}

// transient says whether REINDEX CONCURRENTLY made the index beside the one that it was to replace, or left the old one.
func (x invalidIndex) transient() bool { return replacing(x.name) != x.name }

// replacing is the name of the index that REINDEX CONCURRENTLY replaces, by the name of the one that it makes or leaves.
func replacing(name string) string {
	bare := strings.TrimRight(name, "0123456789")
	for _, tail := range []string{"_ccnew", "_ccold"} {
		if of, ok := strings.CutSuffix(bare, tail); ok {
			return of
		}
	}
	return name
}

// costsOfInvalid says what an INVALID index does to the writes of its table: nothing is kept in one whose build was stopped before its first scan had ended.
func costsOfInvalid(relation string, ready, unique bool) string {
	if !ready {
		return "it serves no query and rejects no row, and writes of " + relation + " are not kept in it; updates of its columns cannot be HOT because of it"
	}
	return "it serves no query and costs every write of " + relation + either(unique, ", and rejects rows as a unique index does", "")
}

// leftover says what an INVALID index is.
func (x invalidIndex) leftover(events []record.Event) Leftover {
	l := Leftover{State: Invalid, Schema: x.schema, Table: x.table, Index: x.name, OID: x.oid, Ours: x.ours(events), meter: &meter{}}
	index, relation := words(x.schema, x.name), words(x.tableSchema, x.table)
	costs := costsOfInvalid(relation, x.ready, x.unique)
	switch {
	case x.kind == "I":
		l.Unfinished = true
		l.Words = index + " of the partitioned table " + relation + " is not finished: not every partition has its part; draft it again to go on from there"
	case x.constraint:
		l.Words = index + " is INVALID and a constraint stands on it: " + costs + "; build it anew in its place"
	case x.transient():
		l.Words = index + " is left of a REINDEX CONCURRENTLY that did not end: " + costs + "; drop it"
	default:
		l.Words = index + " is INVALID, left of a build that did not end: " + costs + "; drop it, or build it anew in its place where it is needed"
	}
	return l
}

// ours says whether an intent on record names the index.
func (x invalidIndex) ours(events []record.Event) bool {
	for _, e := range events {
		if e.Kind != record.Acted || e.Data["playbook"] != playbookName {
			continue
		}
		if meantBy(e).has(x) {
			return true
		}
	}
	return false
}
