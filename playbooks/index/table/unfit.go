package table

import (
	"fmt"

	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// smallTable is the size in pages below which reading all of a table costs less than an index is worth.
const smallTable = 64

// drafts names who drafts the ANALYZE that is asked for.
const drafts = " (the statistics playbook drafts it)"

// Unfit says why no index is drafted for the table at all, and what would help instead, where something would; an empty reason: one can be.
func (t *Table) Unfit() (reason, instead string) {
	name := sqltext.CleanLine(t.String())
	switch {
	case t.System:
		return name + " is a system catalogue, which nobody indexes", ""
	case t.Kind == "f":
		return name + " is a foreign table: its rows are on another server", "draft the index on the server that has its rows"
	case t.Kind == "v":
		return name + " is a view: it has no rows of its own", "draft the index on the tables that it reads"
	case t.Kind != "r" && t.Kind != "m" && t.Kind != "p":
		return name + " is neither a table nor a materialised view", ""
	case t.Persistence == "t":
		return name + " is a temporary table, which only its own session can index", ""
	case t.Kind == "p" && len(t.Partitions) == 0:
		return name + " is partitioned and has no partition", ""
	case t.foreignLeaf() != nil:
		return fmt.Sprintf("%s has the foreign table %s as a partition: an index that is built partition by partition never becomes valid on it", name,
			sqltext.CleanLine(t.foreignLeaf().String())), "draft the index for each of the other partitions"
	case t.Kind != "p" && t.Pages == 0 && t.Rows == 0:
		return name + " was empty when it was last analysed: nothing is to be gained yet", "draft again when it has rows, after ANALYZE " + name + drafts
	case t.Rows < 0 || !t.Analysed:
		return name + " has no statistics that this role can see, so every estimate would be a guess",
			"ANALYZE " + name + drafts + ", or GRANT SELECT on it or pg_read_all_data (row security hides them too), and draft again"
	case t.Pages < smallTable:
		return fmt.Sprintf("%s has only %d pages: reading all of it costs less than an index is worth", name, t.Pages), "look at how often the statement runs"
	}
	return "", ""
}

// foreignLeaf is a partition whose rows are on another server; nil: there is none.
func (t *Table) foreignLeaf() *Table {
	for _, leaf := range t.Partitions {
		if leaf.Kind == "f" {
			return leaf
		}
	}
	return nil
}

// maxKeyWidth is the average width in bytes above which a column is no key.
const maxKeyWidth = 64

// Unfit says why the column is no key of a b-tree; empty: it can be one.
func (c Column) Unfit() string {
	switch {
	case c.Virtual:
		return "it is generated when it is read, which no index can have as a key: index its expression"
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
