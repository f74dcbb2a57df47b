package index

import (
	"context"
	_ "embed"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/probes/plan"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

//go:embed sql/table.sql
var tableSQL string

//go:embed sql/columns.sql
var columnsSQL string

//go:embed sql/indexes.sql
var indexesSQL string

// table is what the catalogue and the statistics know of one table.
type table struct {
	OID          uint32
	Schema, Name string
	Kind         string // pg_class.relkind
	Partition    bool
	Persistence  string // pg_class.relpersistence
	System       bool
	Pages        int64   // as of the last VACUUM or ANALYZE
	Rows         float64 // likewise; below 0: never analysed
	PageSize     int64
	Updates      int64 // since the statistics were reset
	HotUpdates   int64
	Columns      map[string]column
	Indexes      []existing
}

// column is one column of a table.
type column struct {
	Type      string // for a cast, without length
	TypeName  string // pg_type.typname
	Category  string // pg_type.typcategory
	Length    int    // pg_attribute.attlen, -1 where it varies
	Align     string // pg_attribute.attalign
	Width     int    // pg_stats.avg_width, bytes
	Analysed  bool   // pg_stats has it
	Orderable bool   // a b-tree can order it
}

// existing is one index that the table has.
type existing struct {
	OID       uint32
	Name      string
	Method    string
	Valid     bool     // indisvalid and indisready
	Columns   []string // keys only; empty name: an expression
	Options   []int16  // per key: bit 0 descending, bit 1 nulls first
	Predicate string   // as the server prints it
	Building  bool     // a build of it runs now
	Pages     int64    // as of the last VACUUM or ANALYZE
	Scans     int64    // since the statistics were reset
}

func (t *table) String() string { return sqltext.Ident(t.Schema, t.Name) }

// String is the index's name for a person: an index can have any name.
func (x existing) String() string { return sqltext.CleanLine(sqltext.Ident(x.Name)) }

// readTable reads a table with its columns and indexes.
func readTable(ctx context.Context, tx pgx.Tx, schema, relation string) (*table, error) {
	t := &table{Schema: schema, Name: relation, Columns: map[string]column{}}
	err := tx.QueryRow(ctx, tableSQL, schema, relation).Scan(
		&t.OID, &t.Kind, &t.Partition, &t.Persistence, &t.System, &t.Pages, &t.Rows, &t.PageSize, &t.Updates, &t.HotUpdates)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, fmt.Errorf("table %s is not in this database any more", t)
	}
	if err == nil {
		err = t.readColumns(ctx, tx)
	}
	if err == nil {
		t.Indexes, err = readIndexes(ctx, tx, t.OID)
	}
	if err != nil {
		return nil, fmt.Errorf("reading what the catalogue knows of %s: %w", t, err)
	}
	return t, nil
}

func (t *table) readColumns(ctx context.Context, tx pgx.Tx) error {
	rows, err := tx.Query(ctx, columnsSQL, t.OID)
	if err != nil {
		return err
	}
	var name string
	var c column
	into := []any{&name, &c.Type, &c.TypeName, &c.Category, &c.Length, &c.Align, &c.Width, &c.Analysed, &c.Orderable}
	_, err = pgx.ForEachRow(rows, into, func() error {
		if sqltext.Clean(name) == name { // no index is drafted on a name that cannot be shown as it is
			t.Columns[name] = c
		}
		return nil
	})
	return err
}

func readIndexes(ctx context.Context, tx pgx.Tx, table uint32) ([]existing, error) {
	rows, err := tx.Query(ctx, indexesSQL, table)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[existing])
}

// smallTable is the size in pages below which reading all of it costs less than an index is worth.
const smallTable = 64

// unfit says why no index is drafted for the table at all; nil: one can be.
func (t *table) unfit() error {
	no := func(reason, instead string) error {
		return &playbooks.NoDraft{Reason: t.String() + " " + reason, Instead: instead}
	}
	switch {
	case t.System:
		return no("is a system catalogue", "")
	case t.Kind == "p" || t.Partition:
		return no("is partitioned, which this version does not draft for",
			"build the index on each partition CONCURRENTLY and attach it to one ON ONLY the parent")
	case t.Kind != "r" && t.Kind != "m":
		return no("is neither a table nor a materialised view", "")
	case t.Persistence == "t":
		return no("is a temporary table, which only its own session can index", "")
	case t.Rows < 0 || !t.analysed():
		return no("has no statistics that this role can see, so every estimate would be a guess",
			"ANALYZE "+t.String()+", or grant pg_read_all_data, and draft again")
	case t.Pages < smallTable:
		return no(fmt.Sprintf("has only %d pages: reading all of it costs less than an index is worth", t.Pages), "look at how often the statement runs")
	}
	return nil
}

func (t *table) analysed() bool {
	for _, c := range t.Columns {
		if c.Analysed {
			return true
		}
	}
	return false
}

// maxKeyWidth is the average width in bytes above which a column is no key.
const maxKeyWidth = 64

// unfit says why the column is no key of a b-tree; empty: it can be one.
func (c column) unfit() string {
	switch {
	case c.TypeName == "json" || c.TypeName == "jsonb":
		return c.TypeName + " as a key makes writes of large values fail"
	case c.Category == "A":
		return "an array as a key makes writes of large values fail"
	case !c.Orderable:
		return "type " + sqltext.CleanLine(c.Type) + " has no b-tree order"
	case c.Length < 0 && c.Width > maxKeyWidth:
		return fmt.Sprintf("its values are %d bytes wide on average, above the %d that make a good key", c.Width, maxKeyWidth)
	}
	return ""
}

// definition returns the shape of an index that the table has; false where it has expressions, another method or conditions that pgmedic does
// not draft.
func (t *table) definition(x existing) (definition, bool) {
	d := definition{Schema: t.Schema, Table: t.Name}
	for i, column := range x.Columns {
		if column == "" {
			return d, false
		}
		d.Keys = append(d.Keys, key{column, x.Options[i]&1 != 0, x.Options[i]&2 != 0})
	}
	ok := x.Method == "btree"
	if x.Predicate != "" {
		var known bool
		d.Predicate, known = predicates(plan.Conjuncts(x.Predicate))
		ok = ok && known
	}
	return d, ok
}

// index finds an index of the table by name.
func (t *table) index(name string) (existing, bool) {
	for _, x := range t.Indexes {
		if x.Name == name {
			return x, true
		}
	}
	return existing{}, false
}
