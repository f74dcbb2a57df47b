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

// ExtensionSchema is where an extension is installed that an index needs: its operator classes are named with it, whatever the search_path is.
const ExtensionSchema = "public"

// extensions are those whose operator classes an index may need, and the one that gives a second opinion.
var extensions = []string{"pg_trgm", "btree_gin", "btree_gist", "hypopg"}

// Read reads a relation of any kind with its columns, indexes and partitions, in about ten queries however many partitions there are, in four round trips: a busy server
// takes as long for each of those as for all of their queries. The texts of expressions, predicates and types are those of the transaction's search_path, which is
// pg_catalog alone: they have their schemas, as those of a plan's conditions have. Only these texts lock a relation, as a SELECT does, and only where it has such an index.
func Read(ctx context.Context, tx pgx.Tx, schema, relation string) (*Table, error) {
	t, err := readParts(ctx, tx, schema, relation)
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

func readParts(ctx context.Context, tx pgx.Tx, schema, relation string) (*Table, error) {
	t, err := readTree(ctx, tx, schema, relation)
	if err != nil {
		return nil, err
	}
	r := &reading{Table: t}
	for _, asks := range [][]func(*pgx.Batch){
		{r.askSettings, r.askReferences, r.askExtensions, r.askFunctions},
		{r.askColumns, r.askIndexes},
		{r.askClasses, r.askKeys},
	} {
		batch := &pgx.Batch{}
		for _, ask := range asks {
			ask(batch)
		}
		if err := tx.SendBatch(ctx, batch).Close(); err != nil {
			return nil, err
		}
	}
	r.finishColumns()
	r.finishIndexes()
	return t, nil
}

// reading is a table while it is read: each ask queues what is to be asked of the server, and what to do with the answer.
type reading struct {
	*Table
	leaf    map[string]Column // of the largest leaf
	classes map[uint32][]Opclass
	indexes []*indexRow
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
			&t.Activity.Inserts, &t.Activity.Updates, &t.Activity.HotUpdates, &t.Activity.Deletes, &t.Namesake)
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

// askSettings reads the planner's costs, and what the whole tree has in common.
func (r *reading) askSettings(batch *pgx.Batch) {
	batch.Queue(query("table_settings"), r.OID).QueryRow(func(row pgx.Row) error {
		c := &r.Costs
		var reset *time.Time
		err := row.Scan(&c.Version, &r.PageSize, &c.SeqPage, &c.RandomPage, &c.CPUTuple, &c.CPUIndexTuple, &c.CPUOperator,
			&c.CacheSize, &c.WorkMem, &c.IndexOnlyScans, &c.BitmapScans, &c.SeqScans, &r.Parent, &reset)
		if errors.Is(err, pgx.ErrNoRows) {
			return ErrGone
		}
		if reset != nil {
			r.Activity.Since = *reset
		}
		parent := r.String()
		for _, leaf := range r.Partitions {
			leaf.Costs, leaf.PageSize, leaf.Activity.Since, leaf.Parent = r.Costs, r.PageSize, r.Activity.Since, parent
		}
		return err
	})
}

func (r *reading) askExtensions(batch *pgx.Batch) {
	r.Extensions = map[string]string{}
	batch.Queue(query("table_extensions"), extensions, ExtensionSchema).Query(func(rows pgx.Rows) error {
		var name, schema string
		_, err := pgx.ForEachRow(rows, []any{&name, &schema}, func() error {
			r.Extensions[name] = schema
			return nil
		})
		return err
	})
}

func (r *reading) askFunctions(batch *pgx.Batch) {
	r.Steady = map[string]bool{}
	batch.Queue(query("table_functions")).Query(func(rows pgx.Rows) error {
		var name string
		_, err := pgx.ForEachRow(rows, []any{&name}, func() error {
			r.Steady[name] = true
			return nil
		})
		return err
	})
}

func (r *reading) askReferences(batch *pgx.Batch) {
	batch.Queue(query("table_references"), r.OID).Query(func(rows pgx.Rows) (err error) {
		r.References, err = pgx.CollectRows(rows, pgx.RowToStructByPos[ForeignKey])
		return err
	})
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
