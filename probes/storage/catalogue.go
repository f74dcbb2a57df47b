package storage

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// kinds are the kinds of tables by pg_class.relkind.
var kinds = map[string]Kind{"r": Plain, "p": Partitioned, "m": Materialized, "f": Foreign}

// catalogue is what was read without locks.
type catalogue struct {
	tables     []*Table // in the order asked for
	byOID      map[uint32]*Table
	version    int                    // server_version_num
	blockSize  int64                  // bytes
	partitions map[uint32][]Partition // by the partitioned table
	files      []file
}

// file is one relation of a table or a partition on disk.
type file struct {
	of    uint32 // the table or partition
	kind  string // h, t, i: see files.sql
	oid   uint32
	pages int64
	size  Figure // filled in by measuring
}

// readCatalogue reads the tables of these names; those that are not there it leaves out.
func readCatalogue(ctx context.Context, tx pgx.Tx, names []Name) (*catalogue, error) {
	c := &catalogue{byOID: map[uint32]*Table{}, partitions: map[uint32][]Partition{}}
	if err := tx.QueryRow(ctx, query("version")).Scan(&c.version); err != nil {
		return nil, err
	}
	if err := c.readTables(ctx, tx, names); err != nil {
		return nil, err
	}
	if err := c.readPartitions(ctx, tx); err != nil {
		return nil, err
	}
	if err := c.readFiles(ctx, tx); err != nil {
		return nil, err
	}
	return c, c.readIndexes(ctx, tx)
}

// lastScan is the function for when a relation was last scanned, which counts from 16 on.
func lastScan(version int, oid string) string {
	if version < 160000 {
		return "NULL::timestamptz"
	}
	return "pg_catalog.pg_stat_get_lastscan(" + oid + ")"
}

func newPage(version int) string {
	if version < 160000 {
		return "-1::bigint"
	}
	return "pg_catalog.pg_stat_get_tuples_newpage_updated(c.oid)"
}

func (c *catalogue) readTables(ctx context.Context, tx pgx.Tx, names []Name) error {
	schemas, relations := make([]string, len(names)), make([]string, len(names))
	for i, name := range names {
		schemas[i], relations[i] = name.Schema, name.Relation
	}
	rows, err := tx.Query(ctx, query("tables", "{last_scan}", lastScan(c.version, "c.oid"), "{new_page}", newPage(c.version)), schemas, relations)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		t, err := c.table(rows)
		if err != nil {
			return err
		}
		c.tables = append(c.tables, t)
		c.byOID[t.OID] = t
	}
	return rows.Err()
}

// table reads one row of tables.sql.
func (c *catalogue) table(row pgx.CollectableRow) (*Table, error) {
	t := &Table{}
	u := &t.Usage
	var kind string
	var rows float64
	var counts bool
	var live, dead int64
	var since, lastSeq, vacuum, autovacuum, analyze, autoanalyze *time.Time
	err := row.Scan(&t.OID, &t.Schema, &t.Relation, &kind, &t.Options, &t.Parent.Schema, &t.Parent.Relation,
		&rows, &c.blockSize, &counts, &since, &live, &dead, &u.SeqScans, &u.SeqRows, &lastSeq,
		&u.Inserted, &u.Updated, &u.HotUpdated, &u.NewPageUpdated, &u.Deleted, &u.ChangedSinceAnalyze, &u.InsertedSinceVacuum,
		&vacuum, &autovacuum, &analyze, &autoanalyze)
	if err != nil {
		return nil, err
	}
	t.Kind = kinds[kind]
	t.Rows = rowsFromCatalogue(rows, c.version)
	u.Since, u.LastSeqScan = known(since), known(lastSeq)
	u.LastVacuum, u.LastAutovacuum, u.LastAnalyze, u.LastAutoanalyze = known(vacuum), known(autovacuum), known(analyze), known(autoanalyze)
	u.count(counts, live, dead, t)
	for i, option := range t.Options {
		t.Options[i] = sqltext.CleanLine(option)
	}
	return t, nil
}

// rowsFromCatalogue takes reltuples, which is -1 (0 before 14) where nothing has counted the rows yet.
func rowsFromCatalogue(rows float64, version int) Figure {
	if rows < 0 || rows == 0 && version < 140000 {
		return unknown("never vacuumed or analysed: the catalogue does not know how many rows there are")
	}
	return estimated(int64(rows), catalogueWhy)
}

// count fills in the rows that the statistics know. A crash loses them without a trace: a table that was looked through and has none of either is no
// empty one.
func (u *Usage) count(counts bool, live, dead int64, t *Table) {
	visited := !u.Vacuumed().IsZero() || !u.Analyzed().IsZero()
	switch {
	case !counts:
		u.Unknown = "track_counts is off: the server counts nothing of its tables; set it to on and reload"
	case t.Kind == Foreign:
		u.Unknown = "a foreign table: its rows are counted where they are"
	case t.Kind == Partitioned:
		u.Unknown = "a partitioned table: its partitions count"
	case live == 0 && dead == 0 && !visited && t.Rows.Known():
		u.Unknown = "the statistics of this table were reset or lost in a crash: ANALYZE counts its rows again"
	}
	if u.Unknown != "" {
		u.LiveRows, u.DeadRows = unknown(u.Unknown), unknown(u.Unknown)
		return
	}
	why := "the statistics' running count"
	if !visited {
		why += "; no VACUUM or ANALYZE since the statistics began, so only what was changed since then"
	}
	u.LiveRows, u.DeadRows = estimated(live, why), estimated(dead, why)
}

// known returns the value, or zero for NULL.
func known(value *time.Time) time.Time {
	if value == nil {
		return time.Time{}
	}
	return *value
}

func (c *catalogue) readPartitions(ctx context.Context, tx pgx.Tx) error {
	var roots []uint32
	for _, t := range c.tables {
		if t.Kind == Partitioned {
			roots = append(roots, t.OID)
		}
	}
	if len(roots) == 0 {
		return nil
	}
	rows, err := tx.Query(ctx, query("partitions"), roots)
	if err != nil {
		return err
	}
	var root uint32
	var p Partition
	var tuples float64
	var kind string
	_, err = pgx.ForEachRow(rows, []any{&root, &p.OID, &p.Schema, &p.Relation, &tuples, &kind}, func() error {
		p.Rows = rowsFromCatalogue(tuples, c.version)
		if kinds[kind] == Foreign {
			p.Total = unknown(elsewhere)
		}
		c.partitions[root] = append(c.partitions[root], p)
		return nil
	})
	return err
}

// elsewhere is why a foreign table has no size.
const elsewhere = "a foreign table: its data are elsewhere"

func (c *catalogue) readFiles(ctx context.Context, tx pgx.Tx) error {
	var oids []uint32
	for _, t := range c.tables {
		oids = append(oids, t.OID)
		for _, p := range c.partitions[t.OID] {
			oids = append(oids, p.OID)
		}
	}
	rows, err := tx.Query(ctx, query("files"), oids)
	if err != nil {
		return err
	}
	var f file
	_, err = pgx.ForEachRow(rows, []any{&f.of, &f.kind, &f.oid, &f.pages}, func() error {
		c.files = append(c.files, f)
		return nil
	})
	return err
}
