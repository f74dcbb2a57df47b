package storage

import "time"

// Name is a relation as a plan names it.
type Name struct {
	Schema   string
	Relation string
}

// Table is what is known of one table, materialised view, partition or partitioned table.
type Table struct {
	Name
	OID     uint32
	Missing string // why nothing is known of it; empty where the rest is there
	Kind    Kind
	Parent  Name     // of a partition: the table that it is a part of; else empty
	Options []string // pg_class.reloptions, for example "autovacuum_enabled=false"

	Heap    Figure // bytes: the rows with their free space and visibility maps; of a partitioned table, of all its partitions
	Toast   Figure // bytes: oversized values with their index
	Rows    Figure // pg_class.reltuples; always an estimate
	Usage   Usage
	Indexes []Index

	Partitions       []Partition // of a partitioned table: those that hold rows, at any depth
	PartitionIndexes Figure      // bytes: the indexes of all partitions
}

// Kind is what a table is.
type Kind string

// The kinds of tables (pg_class.relkind).
const (
	Plain        Kind = "table"
	Partitioned  Kind = "partitioned table"
	Materialized Kind = "materialized view"
	Foreign      Kind = "foreign table"
)

// Partition is one part of a partitioned table.
type Partition struct {
	Name
	OID   uint32
	Total Figure // bytes, with indexes and oversized values
	Rows  Figure
}

// IndexBytes is the size of all indexes together; of a partitioned table, of all its partitions.
func (t Table) IndexBytes() Figure {
	if t.Missing != "" {
		return unknown(t.Missing)
	}
	if t.Kind == Partitioned {
		return t.PartitionIndexes
	}
	sizes := make([]Figure, len(t.Indexes))
	for i, index := range t.Indexes {
		sizes[i] = index.Size
	}
	return Sum(sizes...)
}

// Total is what the table takes on disk with all that belongs to it.
func (t Table) Total() Figure { return Sum(t.Heap, t.Toast, t.IndexBytes()) }

// Usage is what the statistics counted of a table (pg_stat_all_tables). A partitioned table itself counts nothing but its ANALYZE: see its
// partitions.
type Usage struct {
	Unknown string    // why nothing was counted; empty where it was
	Since   time.Time // pg_stat_database.stats_reset; zero: never reset, or reset by a crash

	LiveRows Figure // n_live_tup
	DeadRows Figure // n_dead_tup

	SeqScans     int64
	SeqRows      int64     // read by sequential scans
	LastSeqScan  time.Time // 16+; zero: none, or not known
	IndexScans   int64     // of all indexes
	LastIndexUse time.Time // 16+; zero: none, or not known

	Inserted       int64
	Updated        int64 // HOT ones and those to a new page included
	HotUpdated     int64 // without a new entry in any index
	NewPageUpdated int64 // 16+, else -1: the new version went to another page
	Deleted        int64

	ChangedSinceAnalyze int64
	InsertedSinceVacuum int64

	LastVacuum      time.Time // by a person; zero: none since the statistics began
	LastAutovacuum  time.Time
	LastAnalyze     time.Time // by a person
	LastAutoanalyze time.Time
}

// HotShare is the share of updates that touched no index, 0 to 1; false where nothing was updated.
func (u Usage) HotShare() (float64, bool) { return share(u.HotUpdated, u.Updated) }

// DeadShare is the share of row versions that are dead, 0 to 1; false where there are none or it is not known.
func (u Usage) DeadShare() (float64, bool) {
	if !u.LiveRows.Known() || !u.DeadRows.Known() {
		return 0, false
	}
	return share(u.DeadRows.Value, u.LiveRows.Value+u.DeadRows.Value)
}

func share(part, whole int64) (float64, bool) {
	if whole <= 0 {
		return 0, false
	}
	return float64(part) / float64(whole), true
}

// Analyzed is when the planner's statistics were last made; zero: not known.
func (u Usage) Analyzed() time.Time { return later(u.LastAnalyze, u.LastAutoanalyze) }

// Vacuumed is when dead rows were last removed; zero: not known.
func (u Usage) Vacuumed() time.Time { return later(u.LastVacuum, u.LastAutovacuum) }

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// Index is what is known of one index.
type Index struct {
	Name       string // in the schema of its table
	OID        uint32
	Size       Figure // bytes; of a partitioned index, of its parts: unknown, see the table's IndexBytes
	Definition string // CREATE INDEX …; where DefinitionWhy says so, only method and columns
	// DefinitionWhy is why the definition is not the server's own; empty where it is.
	DefinitionWhy string

	Method     string   // btree, gin, …
	Columns    []string // keys; empty for an expression
	Included   []string
	Partial    bool
	Predicate  string // of a partial index; empty where it could not be read
	Constraint string // that it serves; empty where none
	Unique     bool
	Primary    bool
	Exclusion  bool
	Valid      bool // queries may use it
	Ready      bool // writes maintain it
	Live       bool // false: being dropped

	// What pg_stat_all_indexes counted, since Usage.Since of the table; 0 means nothing where Usage.Unknown says why.
	Scans       int64
	RowsRead    int64     // index entries returned
	RowsFetched int64     // live rows fetched by plain index scans
	LastScan    time.Time // 16+; zero: none, or not known
}
