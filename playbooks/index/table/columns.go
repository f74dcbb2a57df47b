package table

import (
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// Opclass is an operator class that a column can have in an index.
type Opclass struct {
	Method  string // access method
	Name    string // pg_opclass.opcname
	SQL     string // with its schema where that is not pg_catalog
	Default bool   // it stands where none is named
}

// Opclass returns the SQL of an operator class of the column for a method, by its name; without a name the default, whose SQL is empty. False: the column has none
// such, as every column for a class of an extension that is not installed.
func (c Column) Opclass(method, name string) (sql string, ok bool) {
	for _, o := range c.Classes {
		if o.Method == method && (o.Name == name || name == "" && o.Default) {
			if o.Default {
				return "", true
			}
			return o.SQL, true
		}
	}
	return "", false
}

// askColumns reads the columns, and those of the largest analysed leaf.
func (r *reading) askColumns(batch *pgx.Batch) {
	r.Columns = map[string]Column{}
	r.askColumnsOf(batch, r.Table, r.Columns)
	if leaf := r.largestLeaf(); leaf != nil {
		r.leaf = map[string]Column{}
		r.askColumnsOf(batch, leaf, r.leaf)
	}
}

// finishColumns puts together what was read. Where nobody has analysed a partitioned table as a whole (autovacuum never does), the statistics of its largest analysed leaf
// stand for it. Of the leaves they always do: the planner uses those of each leaf, and an index has one tree a leaf.
func (r *reading) finishColumns() {
	ofLeaf := make(map[string]Column, len(r.Columns))
	for name, c := range r.Columns {
		c = c.withClasses(r.classes[c.TypeOID])
		leaf := c.withStatistics(r.leaf[name])
		if !c.Analysed {
			c = leaf
		}
		c.Correlation = leaf.Correlation
		r.Columns[name], ofLeaf[name] = c, leaf
		r.Analysed = r.Analysed || c.Analysed
	}
	for _, leaf := range r.Partitions {
		leaf.Columns, leaf.Analysed = ofLeaf, leaf.Rows >= 0 && r.Analysed
	}
}

// largestLeaf is the analysed leaf with the most rows; nil: there is none.
func (t *Table) largestLeaf() *Table {
	var largest *Table
	for _, leaf := range t.Partitions {
		if leaf.Rows >= 0 && leaf.Kind == "r" && (largest == nil || leaf.Rows > largest.Rows) {
			largest = leaf
		}
	}
	return largest
}

// withStatistics is the column with the statistics of another, where there are some.
func (c Column) withStatistics(of Column) Column {
	if of.Analysed {
		c.Analysed, c.Width, c.NullFrac, c.Distinct = true, of.Width, of.NullFrac, of.Distinct
		c.Correlation, c.Commonest, c.Common = of.Correlation, of.Commonest, of.Common
	}
	return c
}

func (r *reading) askColumnsOf(batch *pgx.Batch, t *Table, columns map[string]Column) {
	batch.Queue(query("table_columns", forVersion(r.Costs.Version)...), t.OID, t.Schema, t.Name).Query(func(rows pgx.Rows) error {
		var c Column
		var values []string
		var shares []float64
		into := []any{&c.Name, &c.Number, &c.Type, &c.Base, &c.TypeName, &c.Category, &c.TypeOID, &c.Length, &c.Align, &c.NotNull, &c.Virtual, &c.Collation, &c.CollatesC,
			&c.Nondeterministic, &c.Analysed, &c.Width, &c.NullFrac, &c.Distinct, &c.Correlation, &c.Commonest, &values, &shares}
		_, err := pgx.ForEachRow(rows, into, func() error {
			c.Common = common(values, shares)
			if sqltext.Clean(c.Name) == c.Name && !strings.ContainsAny(c.Name, "\n\t") { // no index is drafted on a name that cannot be shown as it is
				columns[c.Name] = c
			}
			return nil
		})
		return err
	})
}

// common is the share of each value.
func common(values []string, shares []float64) map[string]float64 {
	of := map[string]float64{}
	for i := range min(len(values), len(shares)) {
		of[values[i]] = shares[i]
	}
	return of
}

// askClasses reads the operator classes of the columns' types.
func (r *reading) askClasses(batch *pgx.Batch) {
	var types []uint32
	for _, c := range r.Columns {
		if !slices.Contains(types, c.TypeOID) {
			types = append(types, c.TypeOID)
		}
	}
	batch.Queue(query("table_classes"), types).Query(func(rows pgx.Rows) (err error) {
		r.classes, err = readClasses(rows)
		return err
	})
}

func (c Column) withClasses(classes []Opclass) Column {
	c.Classes = classes
	_, c.Orderable = c.Opclass("btree", "")
	return c
}

// readClasses reads operator classes, by the type that they are for.
func readClasses(rows pgx.Rows) (map[uint32][]Opclass, error) {
	classes := map[uint32][]Opclass{}
	var of uint32
	var o Opclass
	_, err := pgx.ForEachRow(rows, []any{&of, &o.Method, &o.Name, &o.SQL, &o.Default}, func() error {
		classes[of] = append(classes[of], o)
		return nil
	})
	return classes, err
}

// FirstOwnType is the first OID that is not the server's own (FirstNormalObjectId).
const FirstOwnType = 16384

// OwnTypes are those of the columns' types that are not the server's, as SQL, of arrays their elements'; strange: there are others behind them, as under a domain.
func (t *Table) OwnTypes(columns []string) (types []string, strange bool) {
	for _, name := range columns {
		c := t.Columns[name]
		if strings.Contains(c.Type, ".") {
			own := strings.TrimSuffix(c.Type, "[]")
			types = append(types, own)
			strange = strange || c.TypeOID >= FirstOwnType && !strings.HasSuffix(own, "."+sqltext.Ident(strings.TrimPrefix(c.TypeName, "_")))
		}
	}
	return types, strange
}
