package storage

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"
	"github.com/pgmedic/pgmedic/probes/pgerr"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// filesLimit bounds how many relations are measured at once: some tables have thousands of partitions. The rest is estimated.
const filesLimit = 5000

// dropped is why a relation that was there a moment ago has no figure.
const dropped = "it was dropped meanwhile"

// Tables says what is known of the tables, in the order asked for, each once. One that is not in this database says so in Missing. It returns within
// about two seconds, however much is locked: a relation is waited for 100 ms, and what is locked or late is estimated from the catalogue, with the
// reason.
func Tables(ctx context.Context, reader Reader, names []Name) ([]Table, error) {
	names = distinct(names)
	if len(names) == 0 {
		return nil, nil
	}
	var c *catalogue
	err := reader.Read(ctx, func(ctx context.Context, tx pgx.Tx) error {
		var err error
		if c, err = readCatalogue(ctx, tx, names); err != nil {
			return fmt.Errorf("reading the catalogue: %w", err)
		}
		r, err := newCarefulReader(ctx, tx, tablesLimit, "this role may not")
		if err != nil {
			return err
		}
		if err := c.measure(ctx, r); err != nil {
			return fmt.Errorf("measuring: %w", err)
		}
		if err := c.readDefinitions(ctx, r); err != nil {
			return fmt.Errorf("reading the indexes' definitions: %w", err)
		}
		return nil
	})
	if pgerr.State(err) == lockNotAvailable {
		return nil, pgerr.Say("looking at the tables and indexes: a catalogue of the server is locked by another session, see who blocks, then try again "+
			"(SQLSTATE "+lockNotAvailable+")", err)
	}
	if err != nil {
		return nil, fmt.Errorf("looking at the tables and indexes: %w", err)
	}
	c.fill()
	return c.list(names), nil
}

func distinct(names []Name) []Name {
	var once []Name
	for _, name := range names {
		if !slices.Contains(once, name) {
			once = append(once, name)
		}
	}
	return once
}

// measure reads the size of every file.
func (c *catalogue) measure(ctx context.Context, r *carefulReader) error {
	within := c.files[:min(len(c.files), filesLimit)]
	items := make([]item, len(within))
	for n, f := range within {
		items[n] = item{oid: f.oid, on: f.oid}
	}
	sizes := map[uint32]*int64{}
	unread, err := r.read(ctx, "sizes", items, func(row pgx.CollectableRow) error {
		var oid uint32
		var size *int64
		err := row.Scan(&oid, &size)
		sizes[oid] = size
		return err
	})
	for n := range c.files {
		f := &c.files[n]
		size, read := sizes[f.oid]
		switch {
		case read && size != nil:
			f.size = measured(*size)
		case read:
			f.size = unknown(dropped)
		case n >= filesLimit:
			f.size = fromCatalogue(f.pages, c.blockSize, "too many partitions to measure each")
		default:
			f.size = fromCatalogue(f.pages, c.blockSize, unread[f.oid])
		}
	}
	return err
}

// parts are the sizes of one table or partition.
type parts struct{ heap, toast, indexes []Figure }

func (p parts) total() Figure { return Sum(slices.Concat(p.heap, p.toast, p.indexes)...) }

// fill puts the sizes into the tables.
func (c *catalogue) fill() {
	byTable, byFile := map[uint32]parts{}, map[uint32]Figure{}
	for _, f := range c.files {
		p := byTable[f.of]
		switch f.kind {
		case "h":
			p.heap = append(p.heap, f.size)
		case "t":
			p.toast = append(p.toast, f.size)
		case "i":
			p.indexes = append(p.indexes, f.size)
		}
		byTable[f.of], byFile[f.oid] = p, f.size
	}
	for _, t := range c.tables {
		switch t.Kind {
		case Foreign:
			t.Heap, t.Toast = unknown(elsewhere), measured(0)
		case Partitioned:
			c.fillPartitioned(t, byTable)
		default:
			t.Heap, t.Toast = Sum(byTable[t.OID].heap...), Sum(byTable[t.OID].toast...)
		}
		if t.Heap == measured(0) {
			t.Rows = measured(0)
		}
		for n := range t.Indexes {
			i := &t.Indexes[n]
			size, found := byFile[i.OID]
			if !found {
				size = unknown("a partitioned index: its partitions have the size")
			}
			i.Size = size
		}
	}
}

// fillPartitioned adds up the partitions.
func (c *catalogue) fillPartitioned(t *Table, byTable map[uint32]parts) {
	var all parts
	var rows []Figure
	for _, p := range c.partitions[t.OID] {
		own := byTable[p.OID]
		all.heap = append(all.heap, own.heap...)
		all.toast = append(all.toast, own.toast...)
		all.indexes = append(all.indexes, own.indexes...)
		if len(own.heap) > 0 {
			p.Total = own.total()
			if Sum(own.heap...) == measured(0) {
				p.Rows = measured(0)
			}
		} else {
			all.heap = append(all.heap, p.Total) // a foreign one, or dropped meanwhile
		}
		rows = append(rows, p.Rows)
		p.Relation, p.Schema = sqltext.CleanLine(p.Relation), sqltext.CleanLine(p.Schema)
		t.Partitions = append(t.Partitions, p)
	}
	t.Heap, t.Toast, t.PartitionIndexes = Sum(all.heap...), Sum(all.toast...), Sum(all.indexes...)
	if !t.Rows.Known() && len(rows) > 0 {
		t.Rows = Sum(rows...)
	}
}

// list puts the tables into the order asked for.
func (c *catalogue) list(names []Name) []Table {
	byName := map[Name]*Table{}
	for _, t := range c.tables {
		byName[t.Name] = t
	}
	tables := make([]Table, len(names))
	for n, name := range names {
		t := byName[name]
		if t == nil {
			t = missing(name)
		}
		tables[n] = *t
		tables[n].Name = Name{sqltext.CleanLine(name.Schema), sqltext.CleanLine(name.Relation)}
		parent := tables[n].Parent
		tables[n].Parent = Name{sqltext.CleanLine(parent.Schema), sqltext.CleanLine(parent.Relation)}
	}
	return tables
}

func missing(name Name) *Table {
	why := "there is no such table in this database: it was dropped or renamed, or belongs to another one"
	return &Table{Name: name, Missing: why, Heap: unknown(why), Toast: unknown(why), Rows: unknown(why),
		Usage: Usage{Unknown: why, LiveRows: unknown(why), DeadRows: unknown(why), NewPageUpdated: -1}}
}
