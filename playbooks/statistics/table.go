package statistics

import (
	"context"
	"embed"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/pgmedic/pgmedic/playbooks/index/figure"
	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/live"
	"github.com/pgmedic/pgmedic/probes/pgerr"
	"github.com/pgmedic/pgmedic/probes/sqlfile"
	"github.com/pgmedic/pgmedic/probes/sqltext"
	"github.com/pgmedic/pgmedic/probes/storage"
)

//go:embed sql/*.sql
var files embed.FS

func query(name string, placeholders ...string) string {
	return sqlfile.Text(files, name, placeholders...)
}

// table is what decides over the statistics of one table. Of a partitioned one rows, changes and pages are those of all partitions.
type table struct {
	oid                     uint32
	schema, name            string
	kind, persistence       string // pg_class.relkind, relpersistence
	system                  bool
	root                    uint32  // topmost partitioned table that it is a part of; 0: none
	rows                    float64 // pg_class.reltuples: as of the last VACUUM or ANALYZE; below 0: never gathered
	parts                   []uint32
	pages, pagesRead        float64 // as of then; pagesRead: that ANALYZE takes its samples from, at most
	live, changed           float64 // rows by the server's counts; changed: since the last ANALYZE
	last                    *time.Time
	threshold, factor       float64 // autovacuum's, of the server
	ownThreshold, ownFactor *float64
	autovacuum              bool    // it looks after the table's statistics
	sample                  float64 // rows that ANALYZE takes
	columns, hidden         int     // that have statistics; hidden: that this role may not see
	missing                 []string
	may                     bool // this role may ANALYZE it
	owner                   string
	took                    *float64 // mean of the runs so far, ms; nil: not known
}

// String is the table's name with its schema, for a person.
func (t table) String() string { return sqltext.CleanLine(sqltext.Ident(t.schema, t.name)) }

// sql is the statement that gathers its statistics. It reads a sample of the table under a SHARE UPDATE EXCLUSIVE lock, which no read and no write
// waits for. Needs the table's or the database's owner, or from 17 on MAINTAIN; all versions.
func (t table) sql() string {
	return "ANALYZE " + probes.OwnTag + "statistics */ " + sqltext.Ident(t.schema, t.name)
}

// readTables reads the tables of these names, and the partitioned tables above them.
func readTables(ctx context.Context, ask *live.Asker, names []storage.Name) ([]table, error) {
	server, err := ask.Server(ctx)
	if err != nil {
		return nil, err
	}
	maintain, took := "false", "NULL::float8"
	if server.Version >= 170000 {
		maintain = "has_table_privilege(c.oid, 'MAINTAIN')"
	}
	if server.Version >= 180000 {
		took = "((pg_stat_get_total_analyze_time(c.oid) + pg_stat_get_total_autoanalyze_time(c.oid)) / NULLIF(pg_stat_get_analyze_count(c.oid) + " +
			"pg_stat_get_autoanalyze_count(c.oid), 0))::float8"
	}
	schemas, relations := make([]string, len(names)), make([]string, len(names))
	for i, name := range names {
		schemas[i], relations[i] = name.Schema, name.Relation
	}
	var all []table
	err = ask.Read(ctx, func(ctx context.Context, tx pgx.Tx) error {
		rows, err := tx.Query(ctx, query("statistics_tables", "{maintain}", maintain, "{analyze_time}", took), schemas, relations)
		if err != nil {
			return err
		}
		all, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (table, error) {
			var t table
			err := row.Scan(&t.oid, &t.schema, &t.name, &t.kind, &t.persistence, &t.system, &t.root, &t.rows, &t.parts, &t.pages, &t.pagesRead, &t.live,
				&t.changed,
				&t.last, &t.threshold, &t.factor, &t.ownThreshold, &t.ownFactor, &t.autovacuum, &t.sample, &t.columns, &t.hidden, &t.missing, &t.may, &t.owner,
				&t.took)
			return t, err
		})
		return err
	})
	if err != nil {
		return nil, pgerr.Say("reading the state of the statistics: "+pgerr.Reason(err), err)
	}
	return all, nil
}

// state is how the statistics of a table are.
type state int

const (
	fresh   state = iota
	unknown       // that cannot be told
	stale
	unfit // nothing to gather here
)

// The change from which statistics are stale, as autovacuum has it by default: the planner's estimates are then off by a tenth and more.
const (
	staleRows  = 50
	staleShare = 0.1
)

// judge says how the statistics are, and why, with the figures.
func (t table) judge() (state, string) {
	switch {
	case t.kind == "f":
		return unfit, "a foreign table: gathering reads it from the other server"
	case t.system:
		return unfit, "a table of the server's own"
	case t.persistence == "t":
		return unfit, "a temporary table: its own session alone can gather them"
	case t.columns > 0 && t.hidden == t.columns:
		return unknown, "this role may not see its statistics: " + t.changes()
	case t.columns > 0 && len(t.missing) == t.columns && t.live == 0 && t.pages == 0:
		return fresh, "it is empty by the server's counts: there is nothing to gather"
	case t.columns > 0 && len(t.missing) == t.columns && t.kind == "p":
		return stale, fmt.Sprintf("no statistics over all of its %s: autovacuum gathers those of each partition alone", probes.Counted(len(t.parts),
			"partition", "partitions"))
	case t.columns > 0 && len(t.missing) == t.columns && t.last != nil:
		return stale, "no column has statistics: it was empty when it was analysed; " + t.changes()
	case t.columns > 0 && len(t.missing) == t.columns:
		return stale, "it was never analysed: no column has statistics, and the planner takes it to have a default number of rows by its size; " +
			t.changes()
	case t.kind == "p" && t.rows > 0 && math.Abs(t.live-t.rows) > staleRows+staleShare*t.rows:
		return stale, fmt.Sprintf("the statistics over all partitions are of %s rows, which have about %s now: autovacuum does not renew them",
			figure.Count(t.rows), figure.Count(t.live))
	case t.changed > min(t.limit(), staleRows+staleShare*max(t.rows, 0)):
		return stale, t.changes()
	case len(t.missing) > 0:
		return stale, "no statistics of " + t.missingColumns() + "; " + t.changes()
	case t.last == nil && t.live == 0 && t.pages > 0:
		return unknown, "the server does not know when it was analysed last, nor how many rows have changed since: its counts were reset, or lost in " +
			"a crash"
	}
	return fresh, t.changes()
}

// limit is the number of changed rows from which autovacuum analyses the table.
func (t table) limit() float64 {
	threshold, factor := t.threshold, t.factor
	if t.ownThreshold != nil {
		threshold = *t.ownThreshold
	}
	if t.ownFactor != nil {
		factor = *t.ownFactor
	}
	return threshold + factor*max(t.rows, 0)
}

// changes says how many rows have changed since when, and whether autovacuum will see to it.
func (t table) changes() string {
	words := figure.Count(t.changed) + " rows changed"
	if t.rows >= 0 {
		words = fmt.Sprintf("%s of %s rows changed", figure.Count(t.changed), figure.Count(max(t.rows, t.live)))
	}
	if t.last == nil {
		words += " since counting began; when it was analysed is not known"
	} else {
		words += " since it was analysed on " + t.last.UTC().Format("2006-01-02 15:04 UTC")
	}
	switch {
	case t.kind == "p":
		return words
	case !t.autovacuum:
		return words + "; autovacuum is off for it"
	}
	return words + "; autovacuum analyses it from " + figure.Count(t.limit()) + " on"
}

// mostColumns is how many columns without statistics are named.
const mostColumns = 5

func (t table) missingColumns() string {
	var names []string
	for _, name := range t.missing[:min(len(t.missing), mostColumns)] {
		names = append(names, sqltext.CleanLine(sqltext.Ident(name)))
	}
	words := "column " + names[0]
	if len(names) > 1 {
		words = "columns " + strings.Join(names, ", ")
	}
	if more := len(t.missing) - len(names); more > 0 {
		words += fmt.Sprintf(" and %d more", more)
	}
	return words
}
