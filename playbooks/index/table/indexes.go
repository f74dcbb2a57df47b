package table

import (
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/pgmedic/pgmedic/playbooks/index/shape"
	"github.com/pgmedic/pgmedic/probes/plan"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// indexRow is an index while its parts are put together.
type indexRow struct {
	Existing
	table            uint32
	method           string
	options          []string
	nullsNotDistinct bool
	texts            uint32 // the index whose expressions and predicate have texts that are its own too; 0: it has none
	predicate        string
	where            []shape.Clause // of it
	keys             []keyRow       // and stored columns
}

// keyRow is a key or a stored column while it is read.
type keyRow struct {
	shape.Key
	key     bool     // not only stored
	options []string // of its operator class
}

// askIndexes reads the indexes of the table and of its leaves, each list in the order of the names.
func (r *reading) askIndexes(batch *pgx.Batch) {
	var tables []uint32
	for _, one := range r.tree() {
		tables = append(tables, one.OID)
	}
	batch.Queue(query("table_indexes", forVersion(r.Costs.Version)...), tables, r.Kind == "p").Query(func(rows pgx.Rows) (err error) {
		r.indexes, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (*indexRow, error) {
			x := &indexRow{}
			return x, row.Scan(&x.table, &x.OID, &x.Name, &x.method, &x.Valid, &x.Building, &x.Unique, &x.Primary, &x.Constraint, &x.Pages, &x.Tuples, &x.Scans,
				&x.options, &x.nullsNotDistinct, &x.texts, &x.predicate, &x.Definition)
		})
		return err
	})
}

// askKeys reads the keys and stored columns of the indexes.
func (r *reading) askKeys(batch *pgx.Batch) {
	var all, withTexts []uint32
	for _, x := range r.indexes {
		all = append(all, x.OID)
		if x.texts == x.OID {
			withTexts = append(withTexts, x.OID)
		}
	}
	batch.Queue(query("table_index_keys"), all, withTexts).Query(func(rows pgx.Rows) error {
		byOID := r.byOID()
		var of uint32
		var k keyRow
		_, err := pgx.ForEachRow(rows, []any{&of, &k.key, &k.Column, &k.Expression, &k.Opclass, &k.options, &k.Collation, &k.Descending, &k.NullsFirst}, func() error {
			byOID[of].keys = append(byOID[of].keys, k)
			return nil
		})
		return err
	})
}

func (r *reading) byOID() map[uint32]*indexRow {
	of := map[uint32]*indexRow{}
	for _, x := range r.indexes {
		of[x.OID] = x
	}
	return of
}

// finishIndexes puts together what was read.
func (r *reading) finishIndexes() {
	tables := map[uint32]*Table{}
	for _, one := range r.tree() {
		tables[one.OID] = one
	}
	for _, row := range r.indexes {
		row.readTexts(r.Table)
	}
	byOID := r.byOID()
	for _, row := range r.indexes {
		if from := byOID[row.texts]; from != nil && from != row {
			row.takeTexts(from)
		}
		of := tables[row.table]
		row.assemble(of)
		of.Indexes = append(of.Indexes, row.Existing)
	}
}

// readTexts reads what stands in the texts of expressions and of the predicate.
func (x *indexRow) readTexts(t *Table) {
	for _, c := range plan.Conjuncts(x.predicate) {
		sql := shape.Bare(sqltext.PlainOperators(c.Text))
		x.where = append(x.where, shape.Clause{SQL: sql, Columns: t.mentioned(sql)})
	}
	for i := range x.keys {
		k := &x.keys[i].Key
		k.Expression = shape.Bare(sqltext.PlainOperators(k.Expression))
		k.Columns = t.mentioned(k.Expression)
	}
}

// takeTexts gives an index of a partition the expressions and the predicate of the partitioned table's index that it is attached to: they are the same, and asking
// for each would lock each.
func (x *indexRow) takeTexts(from *indexRow) {
	x.where = from.where
	for i := range x.keys[:min(len(x.keys), len(from.keys))] {
		if k := &x.keys[i].Key; k.Column == "" {
			k.Expression, k.Columns, k.Collation = from.keys[i].Expression, from.keys[i].Columns, from.keys[i].Collation
		}
	}
}

// methods are the access methods that the server brings.
var methods = []string{"btree", "hash", "gin", "gist", "spgist", "brin"}

// assemble makes the shape, and the definition where it was not asked for.
func (x *indexRow) assemble(t *Table) {
	x.Shape = shape.Index{Schema: t.Schema, Table: t.Name, Method: x.method, Unique: x.Unique, Where: x.where, With: storage(x.options)}
	x.Known = slices.Contains(methods, x.method) && !x.nullsNotDistinct
	for _, row := range x.keys {
		k := row.Key
		x.Known = x.Known && (k.Expression != "" || t.Columns[k.Column].Name != "")
		if len(row.options) > 0 {
			k.Opclass += " (" + storage(row.options) + ")"
		}
		if row.key {
			x.Shape.Keys = append(x.Shape.Keys, k)
		} else {
			x.Shape.Include = append(x.Shape.Include, k.Column)
		}
	}
	if x.Definition == "" && x.Known {
		x.Definition = x.Shape.CreatePlain(x.Name)
	}
}

// mentioned names the columns of the table that an expression over it reads, each once.
func (t *Table) mentioned(expression string) []string {
	var names []string
	for _, n := range sqltext.Names(expression) {
		_, ok := t.Columns[n.Name]
		if ok && !n.Called && !n.Field && !slices.Contains(names, n.Name) {
			names = append(names, n.Name)
		}
	}
	return names
}

// storage writes storage parameters as they stand in a definition.
func storage(options []string) string {
	texts := make([]string, len(options))
	for i, option := range options {
		name, value, _ := strings.Cut(option, "=")
		if _, err := strconv.ParseFloat(value, 64); err != nil {
			value = sqltext.Literal(value)
		}
		texts[i] = name + " = " + value
	}
	return strings.Join(texts, ", ")
}
