package price

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/pgmedic/pgmedic/playbooks/index/shape"
	"github.com/pgmedic/pgmedic/playbooks/index/table"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// widthsSQL is how wide the columns' values are, as an index would store them: that is what pg_column_size tells of a value that stands outside
// of its row, without reading it, where pg_stats.avg_width has the 18 bytes of the pointer to it. Only a table that has such values is sampled:
// the first column counts the rows. About 300 pages, ended after 300 ms and tried again with fewer; versions 13 and later; needs SELECT on the
// columns.
const widthsSQL = `SELECT /* pgmedic:index-widths */ count(*), %s FROM ONLY %s TABLESAMPLE SYSTEM (%s) REPEATABLE (1)
WHERE (SELECT pg_relation_size(reltoastrelid) FROM pg_class WHERE oid = %d AND reltoastrelid <> 0) > 0`

// ReadWidths learns from a sample how wide the values of columns are that are stored outside of their rows, into the table's and its partitions'
// Columns. What cannot be read stays as the statistics have it.
func ReadWidths(ctx context.Context, tx pgx.Tx, t *table.Table, budget *Budget) error {
	from := largest(t)
	names := toasted(t)
	if from == nil || len(names) == 0 || knowsWidths(t, names) || !budget.first(t, "widths") {
		return nil
	}
	var figures []string
	for _, name := range names {
		size := "pg_column_size(" + sqltext.Ident(name) + ")"
		figures = append(figures, "coalesce(avg("+size+"), 0), coalesce(max("+size+"), 0)")
	}
	rows, err := budget.attempt(ctx, tx, t, func(share float64) string {
		percent := strconv.FormatFloat(100*min(valuePages*share/max(float64(from.Pages), 1), 1), 'f', 9, 64)
		return fmt.Sprintf(widthsSQL, strings.Join(figures, ", "), sqltext.Ident(from.Schema, from.Name), percent, from.OID)
	})
	if err != nil {
		return fmt.Errorf("reading a sample of %s: %w", t, err)
	}
	if rows != nil {
		takeWidths(t, names, rows[0])
	}
	return nil
}

// toasted names the columns whose values can be stored outside of their rows.
func toasted(t *table.Table) []string {
	short := []string{"numeric", "inet", "cidr", "bit", "varbit"}
	names := slices.Sorted(maps.Keys(t.Columns))
	return slices.DeleteFunc(names, func(name string) bool {
		c := t.Columns[name]
		return c.Length != -1 || !c.Analysed || c.Virtual || slices.Contains(short, c.TypeName)
	})
}

func knowsWidths(t *table.Table, names []string) bool {
	return slices.ContainsFunc(names, func(name string) bool { return t.Columns[name].Widest > 0 })
}

// takeWidths takes what the sample told: the rows, and of each column the mean and the largest width.
func takeWidths(t *table.Table, names []string, row [][]byte) {
	f := figures(row)
	if f[0] == 0 {
		return // no value is stored outside, or no row was met
	}
	for i, name := range names {
		for _, columns := range append([]map[string]table.Column{t.Columns}, columnsOfLeaves(t)...) {
			c := columns[name]
			c.Width, c.Widest = max(c.Width, int(f[2*i+1])), int(f[2*i+2])
			columns[name] = c
		}
	}
}

// columnsOfLeaves are the leaves' columns, which they share.
func columnsOfLeaves(t *table.Table) []map[string]table.Column {
	if len(t.Partitions) == 0 || t.Partitions[0].Columns == nil {
		return nil
	}
	return []map[string]table.Column{t.Partitions[0].Columns}
}

// Overflows says whether an index would refuse rows of the table, as far as a sample tells: those whose values take more than an entry may.
func Overflows(t *table.Table, x shape.Index) bool {
	if x.Method == "gin" {
		return slices.ContainsFunc(x.Keys, func(k shape.Key) bool { return t.Items[valueName(k)].Widest > table.LargestEntry })
	}
	if x.Method != "" && x.Method != "btree" {
		return false
	}
	width := 0
	for _, k := range x.Keys {
		width += keyColumn(k, t).Widest
	}
	for _, name := range x.Include {
		width += t.Columns[name].Widest
	}
	return width > table.LargestEntry
}
