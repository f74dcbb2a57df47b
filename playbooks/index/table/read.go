package table

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/pgmedic/pgmedic/probes/pgerr"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// ErrGone is what Read fails with where the relation is not in the database any more.
var ErrGone = errors.New("not in this database any more")

// extensions are those whose operator classes an index may need.
var extensions = []string{"pg_trgm", "btree_gin", "btree_gist"}

// Read reads a relation of any kind with its columns, indexes and partitions, in about ten queries however many partitions there are. The texts of expressions,
// predicates and types are those of the transaction's search_path: to compare them with a plan's, it should be the plan's. Only these texts lock a relation, as a
// SELECT does, and only where it has such an index.
func Read(ctx context.Context, tx pgx.Tx, schema, relation string) (*Table, error) {
	t, err := readTree(ctx, tx, schema, relation)
	for _, read := range []func(context.Context, pgx.Tx) error{t.readSettings, t.readColumns, t.readClasses, t.readIndexes, t.readReferences, t.readExtensions,
		t.readFunctions} {
		if err == nil {
			err = read(ctx, tx)
		}
	}
	if err == nil {
		t.addUp()
		return t, nil
	}
	name := sqltext.CleanLine(sqltext.Ident(schema, relation))
	switch {
	case errors.Is(err, ErrGone):
		return nil, fmt.Errorf("%s is %w", name, err)
	case pgerr.State(err) == "55P03":
		return nil, fmt.Errorf("reading the indexes of %s: somebody holds the whole table locked: see who blocks, and ask again: %w", name, err)
	}
	return nil, fmt.Errorf("reading what the catalogue knows of %s: %w", name, err)
}

// readTree reads the table's own facts and those of its leaves.
func readTree(ctx context.Context, tx pgx.Tx, schema, relation string) (*Table, error) {
	rows, err := tx.Query(ctx, query("table_tree"), schema, relation)
	if err != nil {
		return nil, err
	}
	all, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (*Table, error) {
		t := &Table{}
		return t, row.Scan(&t.OID, &t.Schema, &t.Name, &t.Kind, &t.Partition, &t.Persistence, &t.System, &t.Rows, &t.Pages, &t.AllVisible,
			&t.Activity.Inserts, &t.Activity.Updates, &t.Activity.HotUpdates, &t.Activity.Deletes)
	})
	switch {
	case err != nil:
		return nil, err
	case len(all) == 0:
		return nil, ErrGone
	}
	all[0].Partitions = all[1:]
	return all[0], nil
}

// tree is the table and its leaves.
func (t *Table) tree() []*Table { return append([]*Table{t}, t.Partitions...) }

// readSettings reads the planner's costs, and what the whole tree has in common.
func (t *Table) readSettings(ctx context.Context, tx pgx.Tx) error {
	c := &t.Costs
	var reset *time.Time
	err := tx.QueryRow(ctx, query("table_settings"), t.OID).Scan(&c.Version, &t.PageSize, &c.SeqPage, &c.RandomPage, &c.CPUTuple, &c.CPUIndexTuple, &c.CPUOperator,
		&c.CacheSize, &c.WorkMem, &c.IndexOnlyScans, &c.BitmapScans, &c.SeqScans, &t.Parent, &reset)
	if errors.Is(err, pgx.ErrNoRows) {
		return ErrGone
	}
	if reset != nil {
		t.Activity.Since = *reset
	}
	parent := t.String()
	for _, leaf := range t.Partitions {
		leaf.Costs, leaf.PageSize, leaf.Activity.Since, leaf.Parent = t.Costs, t.PageSize, t.Activity.Since, parent
	}
	return err
}

func (t *Table) readExtensions(ctx context.Context, tx pgx.Tx) error {
	t.Extensions = map[string]string{}
	rows, err := tx.Query(ctx, query("table_extensions"), extensions)
	if err != nil {
		return err
	}
	var name, schema string
	_, err = pgx.ForEachRow(rows, []any{&name, &schema}, func() error {
		t.Extensions[name] = schema
		return nil
	})
	return err
}

func (t *Table) readFunctions(ctx context.Context, tx pgx.Tx) error {
	t.Steady = map[string]bool{}
	rows, err := tx.Query(ctx, query("table_functions"))
	if err != nil {
		return err
	}
	var name string
	_, err = pgx.ForEachRow(rows, []any{&name}, func() error {
		t.Steady[name] = true
		return nil
	})
	return err
}

func (t *Table) readReferences(ctx context.Context, tx pgx.Tx) error {
	rows, err := tx.Query(ctx, query("table_references"), t.OID)
	if err != nil {
		return err
	}
	t.References, err = pgx.CollectRows(rows, pgx.RowToStructByPos[ForeignKey])
	return err
}

// addUp gives a partitioned table the sums over its leaves: the server keeps none, or old ones.
func (t *Table) addUp() {
	if t.Kind != "p" {
		return
	}
	t.Rows, t.Pages, t.AllVisible = -1, 0, 0
	t.Activity = Activity{Since: t.Activity.Since}
	for _, leaf := range t.Partitions {
		if leaf.Rows >= 0 {
			t.Rows = max(t.Rows, 0) + leaf.Rows
		}
		t.Pages += leaf.Pages
		t.AllVisible += leaf.AllVisible
		t.Activity.Inserts += leaf.Activity.Inserts
		t.Activity.Updates += leaf.Activity.Updates
		t.Activity.HotUpdates += leaf.Activity.HotUpdates
		t.Activity.Deletes += leaf.Activity.Deletes
	}
}
