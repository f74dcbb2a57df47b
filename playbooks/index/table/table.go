// Package table is what the catalogue and the statistics of a server know of one table: its size, its columns, its indexes, its partitions, and what reading it
// costs by the planner's own settings.
package table

import (
	"time"

	"github.com/pgmedic/pgmedic/playbooks/index/shape"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// Table is one table, materialised view or partition. Sizes and rows are those of the last VACUUM or ANALYZE: nothing here takes a lock on the table.
type Table struct {
	OID          uint32
	Schema, Name string
	Kind         string // pg_class.relkind: r, p, m, f, v
	Partition    bool   // pg_class.relispartition
	Parent       string // of a partition: the topmost partitioned table, quoted
	Persistence  string // pg_class.relpersistence: p, u, t
	Namesake     bool   // a view of some schema has its name
	System       bool   // in pg_catalog, information_schema or pg_toast
	Rows         float64
	Pages        int64
	AllVisible   int64 // pages, pg_class.relallvisible
	PageSize     int64 // bytes
	Analysed     bool  // pg_stats shows something of it to this role

	Activity Activity
	Columns  map[string]Column
	// Expressions and Items are what is known of values that an index would hold and that have no statistics, by shape.Key.SQL without direction: of expressions, and
	// of the keys that GIN takes from a value. price.ReadValues fills them from a sample where it can.
	Expressions map[string]Column
	Items       map[string]Items
	Indexes     []Existing
	Partitions  []*Table     // leaves of a partitioned table, in order; without partitions of their own
	References  []ForeignKey // of other tables to this one
	Costs       Costs
	Steady      map[string]bool   // the database's own functions that have one value for a whole statement, with their schema and without
	Extensions  map[string]string // of pg_trgm, btree_gin, btree_gist, hypopg those that the server has, with the schema; empty: not installed in this database
}

// Activity is what was done to the table since the statistics were reset (pg_stat_user_tables, and pg_stat_database.stats_reset).
type Activity struct {
	Inserts, Updates, HotUpdates, Deletes int64
	Since                                 time.Time // zero: not known
}

// Column is one column with its statistics (pg_stats).
type Column struct {
	Name             string
	Number           int16
	Type             string // for a cast, without its modifier
	Base             string // of a domain the type that it is over, as Type; empty for others
	TypeName         string // pg_type.typname; of a domain its base type's
	TypeOID          uint32 // likewise
	Category         string // pg_type.typcategory
	Length           int    // pg_attribute.attlen, -1 where it varies
	Align            string // pg_attribute.attalign: c, s, i, d
	NotNull          bool
	Virtual          bool   // generated when it is read: no index can have it
	Collation        string // SQL of its collation; empty: not collatable
	CollatesC        bool   // by byte values: C, POSIX, or a default that is
	Nondeterministic bool   // its collation takes different texts as equal: no LIKE before 18, no de-duplication
	Orderable        bool   // a b-tree has a default operator class for it
	Classes          []Opclass
	Analysed         bool // the rest is known
	Width            int  // avg_width, bytes; where values are stored outside of their rows, the mean of a sample of them
	Widest           int  // bytes that an index would store of the widest of a sample's values; 0: not known
	NullFrac         float64
	Distinct         float64 // n_distinct: below 0 a share of the rows
	Correlation      float64 // of its order with the table's, -1 to 1; 0 where not known
	Commonest        float64 // frequency of the most common value; 0: none is common
	Overlaps         float64 // of ranges: share of a sample's values that overlap the one sixteen places before

	Common map[string]float64 // frequency of each of the most common values, by its text; of a column with at most 50 short values
}

// LargestEntry is the bytes of values in a sample from which on an index is not drafted: an entry may have 2,704 of them, in a b-tree as in GIN,
// and the table has rows that the sample has not.
const LargestEntry = 2000

// Items are the keys that GIN takes from the values of a column: of all rows, as far as a sample tells.
type Items struct {
	All      float64 // keys, each as often as a row has it
	Distinct float64
	Width    float64 // mean, bytes
	Widest   int     // of those of the sample that an index would store as they are, bytes
	Lists    []List  // how the rows are spread over the keys
}

// List is a number of keys that as many rows each have.
type List struct{ Keys, Rows float64 }

// Existing is one index that the table has.
type Existing struct {
	OID        uint32
	Name       string
	Shape      shape.Index
	Known      bool   // Shape is all of it; false where it holds something that pgmedic does not read
	Definition string // CREATE INDEX that makes it again
	Valid      bool   // indisvalid and indisready
	Building   bool   // a build of it runs now
	Unique     bool
	Primary    bool
	Constraint bool // a constraint stands on it
	Pages      int64
	Tuples     float64
	Scans      int64 // since the statistics were reset
}

// String is the index's name for a person: an index can have any name.
func (x Existing) String() string { return sqltext.CleanLine(sqltext.Ident(x.Name)) }

// ForeignKey is a foreign key of another table that points here: deleting a row here looks for its rows there.
type ForeignKey struct {
	Name          string
	Schema, Table string   // that has it
	Columns       []string // of that table
	Referenced    []string // of this one
	Indexed       bool     // a valid index of that table leads with the columns
}

// Costs are the planner's settings for this table: of its tablespace where that has its own (manual, "Planner Cost Constants").
type Costs struct {
	SeqPage, RandomPage                   float64
	CPUTuple, CPUIndexTuple, CPUOperator  float64
	CacheSize                             float64 // effective_cache_size, pages
	WorkMem                               float64 // bytes
	IndexOnlyScans, BitmapScans, SeqScans bool    // enable_…
	Version                               int     // server_version_num
}

// String names the table with its schema, quoted.
func (t *Table) String() string { return sqltext.Ident(t.Schema, t.Name) }

// Index finds an index of the table by name.
func (t *Table) Index(name string) (Existing, bool) {
	for _, x := range t.Indexes {
		if x.Name == name {
			return x, true
		}
	}
	return Existing{}, false
}
