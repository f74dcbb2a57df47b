package apply

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/pgmedic/pgmedic/playbooks/index/shape"
	"github.com/pgmedic/pgmedic/playbooks/index/table"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// errGone is the error of who asks for a table that is not there any more.
var errGone = errors.New("the table is gone")

// relation is a table, or a node of the tree of a partitioned one.
type relation struct {
	oid, parent  uint32 // parent: 0 for the topmost
	kind         string // pg_class.relkind
	schema, name string
	pages        int64 // as of the last VACUUM or ANALYZE
}

func (r relation) String() string { return sqltext.Ident(r.schema, r.name) }

func (r relation) partitioned() bool { return r.kind == "p" }

// having is an index that one of the tables has.
type having struct {
	oid, table   uint32
	schema, name string
	valid        bool // indisvalid and indisready
	ready        bool // indisready: writes are kept in it
	unique       bool
	building     bool   // by a session, now
	parent       uint32 // oid of the index that it is a part of; 0: none
	shape        shape.Index
	known        bool // shape is all of it
}

// tree is a table with its partitions and their indexes.
type tree struct {
	relations []relation // the table first, each before those below it
	indexes   map[uint32][]having
}

func (t *tree) root() relation { return t.relations[0] }

// below are the direct partitions of a table.
func (t *tree) below(oid uint32) []relation {
	var found []relation
	for _, r := range t.relations[1:] {
		if r.parent == oid {
			found = append(found, r)
		}
	}
	return found
}

// leaves are the tables that hold rows.
func (t *tree) leaves() []relation {
	var found []relation
	for _, r := range t.relations {
		if !r.partitioned() {
			found = append(found, r)
		}
	}
	return found
}

// foreign says whether a partition is a foreign table.
func (t *tree) foreign() bool {
	for _, r := range t.relations {
		if r.kind == "f" {
			return true
		}
	}
	return false
}

// oids are those of all tables.
func (t *tree) oids() []uint32 {
	oids := make([]uint32, len(t.relations))
	for i, r := range t.relations {
		oids[i] = r.oid
	}
	return oids
}

// like finds the indexes of a table that are of this shape but for the table's name.
func (t *tree) like(r relation, wanted shape.Index) []having {
	var found []having
	for _, x := range t.indexes[r.oid] {
		if x.known && shape.Same(x.shape, on(wanted, r)) {
			found = append(found, x)
		}
	}
	return found
}

// on is the shape on another table.
func on(x shape.Index, r relation) shape.Index {
	x.Schema, x.Table = r.schema, r.name
	return x
}

// readTree reads the table with this oid, its partitions and all their indexes.
func readTree(ctx context.Context, tx pgx.Tx, oid uint32) (*tree, error) {
	t := &tree{indexes: map[uint32][]having{}}
	if err := t.readRelations(ctx, tx, oid); err != nil {
		return nil, err
	}
	if err := t.readIndexes(ctx, tx); err != nil {
		return nil, fmt.Errorf("reading the indexes of %s: %w", words(t.root().schema, t.root().name), err)
	}
	return t, t.readShapes(ctx, tx)
}

func (t *tree) readRelations(ctx context.Context, tx pgx.Tx, oid uint32) error {
	rows, err := tx.Query(ctx, query("build_tree"), oid)
	if err != nil {
		return fmt.Errorf("reading the partitions: %w", err)
	}
	var r relation
	_, err = pgx.ForEachRow(rows, []any{&r.oid, &r.parent, &r.kind, &r.schema, &r.name, &r.pages}, func() error {
		t.relations = append(t.relations, r)
		return nil
	})
	if err != nil {
		return fmt.Errorf("reading the partitions: %w", err)
	}
	if len(t.relations) == 0 || t.root().oid != oid {
		return errGone
	}
	return nil
}

func (t *tree) readIndexes(ctx context.Context, tx pgx.Tx) error {
	rows, err := tx.Query(ctx, query("build_indexes"), t.oids())
	if err != nil {
		return err
	}
	var x having
	_, err = pgx.ForEachRow(rows, []any{&x.oid, &x.table, &x.schema, &x.name, &x.valid, &x.ready, &x.unique, &x.building, &x.parent}, func() error {
		t.indexes[x.table] = append(t.indexes[x.table], x)
		return nil
	})
	return err
}

// readAttached reads the parts of an index of a partitioned table, at any depth: oid, table, name and whether each is valid. Another index has none.
func readAttached(ctx context.Context, tx pgx.Tx, oid uint32) ([]having, error) {
	rows, err := tx.Query(ctx, query("build_attached"), oid)
	if err != nil {
		return nil, fmt.Errorf("reading what is attached to the index: %w", err)
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (having, error) {
		var x having
		err := row.Scan(&x.oid, &x.table, &x.schema, &x.name, &x.valid)
		return x, err
	})
}

// readShapes fills in what the indexes are: the table and its leaves are read at once, what lies between them one by one.
func (t *tree) readShapes(ctx context.Context, tx pgx.Tx) error {
	for _, r := range t.relations {
		if len(t.indexes[r.oid]) == 0 || r.oid != t.root().oid && !r.partitioned() {
			continue
		}
		read, err := table.Read(ctx, tx, r.schema, r.name)
		if err != nil {
			return fmt.Errorf("reading the indexes of %s: %w", words(r.schema, r.name), err)
		}
		t.fill(read)
	}
	if t.root().partitioned() && len(t.indexes[t.root().oid]) == 0 {
		read, err := table.Read(ctx, tx, t.root().schema, t.root().name)
		if err != nil {
			return fmt.Errorf("reading the indexes of %s: %w", words(t.root().schema, t.root().name), err)
		}
		t.fill(read)
	}
	return nil
}

// fill takes the shapes over of a table and of its partitions.
func (t *tree) fill(read *table.Table) {
	for _, from := range append([]*table.Table{read}, read.Partitions...) {
		for i, x := range t.indexes[from.OID] {
			for _, e := range from.Indexes {
				if e.OID == x.oid {
					t.indexes[from.OID][i].shape, t.indexes[from.OID][i].known = e.Shape, e.Known
				}
			}
		}
	}
}
