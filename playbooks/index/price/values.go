package price

import (
	"context"
	"errors"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/pgmedic/pgmedic/playbooks/index/candidate"
	"github.com/pgmedic/pgmedic/playbooks/index/shape"
	"github.com/pgmedic/pgmedic/playbooks/index/table"
	"github.com/pgmedic/pgmedic/probes/plan"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// What is read of a table to learn what an index would hold: whole pages at random, for a bounded time.
const (
	valuePages   = 300
	valueRows    = 5000
	itemRows     = 1200 // taking a value apart costs more
	valueTimeout = "400ms"
)

// ReadValues learns from a sample what the values of the indexes' expressions are like, and what keys GIN would take from theirs, into the table's Expressions and
// Items. What cannot be read stays unknown: an expression that is more than the server's own functions is never computed, and a table that is locked or slow is
// left alone.
func ReadValues(ctx context.Context, tx pgx.Tx, t *table.Table, indexes ...shape.Index) error {
	for _, x := range indexes {
		for _, k := range x.Keys {
			var err error
			switch name := valueName(k); {
			case x.Method == "gin" && !knows(t.Items, name):
				err = readItems(ctx, tx, t, k, name)
			case x.Method != "gin" && (k.Column == "" || x.Method == "gist" && isRange(t.Columns[k.Column])) && !knows(t.Expressions, name):
				err = readExpression(ctx, tx, t, k, name)
			}
			if err != nil {
				return fmt.Errorf("reading a sample of %s: %w", t, err)
			}
		}
	}
	return nil
}

// isRange says whether a column has ranges of the server's own types: ANALYZE does not say how their order follows the table's.
func isRange(c table.Column) bool { return c.Category == "R" && c.TypeOID < table.FirstOwnType }

// valueName is what a key's values are known by.
func valueName(k shape.Key) string {
	return shape.Key{Column: k.Column, Expression: k.Expression, Opclass: k.Opclass}.SQL()
}

// Computed says whether ReadValues has computed the values of an index's key.
func Computed(t *table.Table, x shape.Index, k shape.Key) bool {
	if x.Method == "gin" {
		return knows(t.Items, valueName(k))
	}
	return knows(t.Expressions, valueName(k))
}

func knows[T any](known map[string]T, name string) bool {
	_, ok := known[name]
	return ok
}

// valuesSQL is the sample: of the value, the table, the percentage of its pages, how many in 1,024 of their rows, and the rows at most. Few rows of many pages tell more than all
// of a few: what stands on one page is often alike, or never. The values are computed in a transaction that only reads, with pg_catalog alone as search_path. Reads about 300
// pages at most, and is ended after 400 ms; versions 13 and later; needs SELECT on the columns.
const valuesSQL = "WITH sample AS MATERIALIZED (SELECT %s AS v, ctid AS at FROM ONLY %s TABLESAMPLE SYSTEM (%s) REPEATABLE (1) " +
	"WHERE hashtext(ctid::text) & 1023 < %d LIMIT %d), "

// expressionSQL describes the sample's values: how many there are and not NULL, their width, how many different ones and how many of them once, the count of the
// commonest, the correlation of their order with the table's, their type, of ranges how many overlap the one sixteen places before, and of the values that are no rarer than chance how
// many different ones there are and how many rows have one.
const expressionSQL = `counted AS (SELECT v, count(*) AS n FROM sample WHERE v IS NOT NULL GROUP BY v),
ranked AS (SELECT rank() OVER (ORDER BY v) AS r, row_number() OVER (ORDER BY at) AS h, %s AS o FROM sample WHERE v IS NOT NULL)
SELECT /* pgmedic:index-values */ (SELECT count(*) FROM sample), (SELECT coalesce(sum(n), 0) FROM counted), (SELECT coalesce(avg(pg_column_size(v)), 0) FROM sample),
       (SELECT count(*) FROM counted), (SELECT count(*) FROM counted WHERE n = 1), (SELECT coalesce(max(n), 0) FROM counted),
       (SELECT coalesce(corr(r, h), 0) FROM ranked), y.typname, y.typcategory, y.typlen, y.typalign, (SELECT coalesce(avg(o), 0) FROM ranked),
       (SELECT count(*) FROM counted WHERE n > %d), (SELECT coalesce(sum(n), 0) FROM counted WHERE n > %[2]d)
FROM pg_type AS y WHERE y.oid = (SELECT pg_typeof(v) FROM sample LIMIT 1)`

// readExpression fills the statistics of an expression's values, as ANALYZE would.
func readExpression(ctx context.Context, tx pgx.Tx, t *table.Table, k shape.Key, name string) error {
	overlaps := "0"
	if isRange(t.Columns[k.Column]) {
		overlaps = "(v && lag(v, 16) OVER (ORDER BY v))::int"
	}
	rows, err := sample(ctx, tx, t, k, valueRows, fmt.Sprintf(expressionSQL, overlaps, rare))
	if rows == nil || err != nil {
		return err
	}
	f, all := figures(rows[0]), max(t.Rows, 1)
	sampled, there := f[0], f[1]
	if there == 0 {
		return nil
	}
	c := table.Column{TypeName: string(rows[0][7]), Category: string(rows[0][8]), Length: int(f[9]), Align: string(rows[0][10]), Analysed: true}
	c.Width = int(f[2])
	c.NullFrac = 1 - there/sampled
	common, ofCommon := f[12], f[13] // taken together with them, the rare ones would seem to be fewer
	c.Distinct = common + duj1(there-ofCommon, f[3]-common, f[4], all*(there-ofCommon)/sampled)
	if c.Distinct > 0.1*all {
		c.Distinct = -c.Distinct / all
	}
	if f[5] > 1 && f[5]/sampled > 1.25/math.Abs(distinct(c, all)) {
		c.Commonest = f[5] / sampled
	}
	c.Correlation, c.Overlaps = f[6], f[11]
	if t.Expressions == nil {
		t.Expressions = map[string]table.Column{}
	}
	t.Expressions[name] = c
	return nil
}

// itemsSQL counts how many different keys of a width stand in so many of the sample's rows, with the rows of the sample.
const itemsSQL = `items AS (SELECT item, count(*) AS n FROM sample CROSS JOIN LATERAL (%s) AS i (item) GROUP BY item)
SELECT /* pgmedic:index-items */ n, count(*), octet_length(item), (SELECT count(*) FROM sample) FROM items GROUP BY 1, 3`

// itemsOf is the SQL that takes a value v apart as an operator class of GIN does, but for keys that one value has twice; empty: it is not known how.
func itemsOf(k shape.Key, typeName string) string {
	switch class := k.Opclass[strings.LastIndex(k.Opclass, ".")+1:]; {
	case class == "gin_trgm_ops":
		return `SELECT substr('  ' || w || ' ', g, 3) FROM regexp_split_to_table(lower(v::text), '[^[:alnum:]]+') AS w,
			generate_series(1, length(w) + 1) AS g WHERE w <> ''`
	case class == "jsonb_path_ops":
		return `SELECT x::text FROM jsonb_path_query(v, 'strict $.**') AS x WHERE jsonb_typeof(x) NOT IN ('object', 'array')`
	case typeName == "jsonb":
		return `SELECT left(jsonb_typeof(x), 1) || coalesce(x #>> '{}', '') FROM jsonb_path_query(v, 'strict $.**') AS x WHERE jsonb_typeof(x) NOT IN ('object', 'array')
			UNION ALL SELECT 'K' || o FROM jsonb_path_query(v, 'strict $.**') AS x, jsonb_object_keys(CASE jsonb_typeof(x) WHEN 'object' THEN x ELSE '{}' END) AS o`
	case typeName == "tsvector":
		return `SELECT u.lexeme FROM unnest(v) AS u`
	case strings.HasPrefix(typeName, "_"):
		return `SELECT u::text FROM unnest(v) AS u`
	}
	return ""
}

// readItems fills what GIN would hold of a column.
func readItems(ctx context.Context, tx pgx.Tx, t *table.Table, k shape.Key, name string) error {
	typeName := t.Columns[k.Column].TypeName
	switch {
	case k.Column == "" && strings.HasPrefix(k.Expression, "to_tsvector("):
		typeName = "tsvector"
	case k.Column == "" && k.Opclass == "" && candidate.IsDocument(k.Expression):
		typeName = "jsonb"
	}
	items := itemsOf(k, typeName)
	if items == "" {
		return nil
	}
	rows, err := sample(ctx, tx, t, k, itemRows, fmt.Sprintf(itemsSQL, items))
	if rows == nil || err != nil {
		return err
	}
	if t.Items == nil {
		t.Items = map[string]table.Items{}
	}
	t.Items[name] = spread(rows, max(t.Rows, 1))
	return nil
}

// rare is how often a key of the sample may be met by chance: those rarer than that are taken together.
const rare = 4

// spread carries the sample's keys over to all rows. The common keys are known; how many more rare ones there are than those met is estimated for each width by itself:
// short keys are common, long ones rare, and taken together they would hide each other.
func spread(rows [][][]byte, all float64) table.Items {
	byWidth := map[float64]*tally{}
	var items table.Items
	for _, row := range rows {
		f := figures(row)
		of := byWidth[f[2]]
		if of == nil {
			of = &tally{}
			byWidth[f[2]] = of
		}
		scale := max(all/max(f[3], 1), 1)
		of.add(f[0], f[1], scale)
		if f[0] > rare {
			items.Lists = append(items.Lists, table.List{Keys: f[1], Rows: f[0] * scale})
		}
	}
	for width, of := range byWidth {
		keys := of.common + max(duj1(of.found, of.different, of.once, of.rare), of.different)
		items.All += of.all
		items.Distinct += keys
		items.Width += keys * width
		if rest := keys - of.common; rest > 0 && of.rare > 0 {
			items.Lists = append(items.Lists, table.List{Keys: rest, Rows: of.rare / rest})
		}
	}
	items.Width /= max(items.Distinct, 1)
	return items
}

// tally counts the keys of one width: of the rare ones how often they were met in the sample, how many are different and how many were met once, how often all have them;
// how many are common; and how often all rows have either.
type tally struct{ found, different, once, rare, common, all float64 }

func (t *tally) add(n, keys, scale float64) {
	t.all += n * keys * scale
	if n > rare {
		t.common += keys
		return
	}
	t.found, t.different, t.rare = t.found+n*keys, t.different+keys, t.rare+n*keys*scale
	if n == 1 {
		t.once += keys
	}
}

// duj1 is the number of different values among all, from those of a sample: Haas and Stokes' estimator, which ANALYZE uses.
func duj1(sampled, different, once, all float64) float64 {
	if sampled <= 0 {
		return 0
	}
	return min(max(sampled*different/max(sampled-once+once*sampled/max(all, sampled), 1), different), all)
}

// toTSVector is an expression that a text search index stands on; its configuration is the server's own.
var toTSVector = regexp.MustCompile(`^to_tsvector\('(?:pg_catalog\.)?[a-z_]+'::regconfig, (.*)\)$`)

// computable says whether the key may be computed: only the server's own functions that do nothing else, of values whose types are its own.
func computable(t *table.Table, k shape.Key) bool {
	if k.Column != "" {
		return true
	}
	if slices.ContainsFunc(k.Columns, func(name string) bool { return t.Columns[name].TypeOID >= table.FirstOwnType }) {
		return false
	}
	expression := k.Expression
	if m := toTSVector.FindStringSubmatch(expression); m != nil {
		expression = m[1]
	}
	return plan.Simple(expression) || plan.Condition{Text: expression}.Harmless()
}

// sample asks about values of the table's rows; nil where they cannot be had.
func sample(ctx context.Context, tx pgx.Tx, t *table.Table, k shape.Key, rowLimit int, question string) ([][][]byte, error) {
	if !computable(t, k) {
		return nil, nil
	}
	value := sqltext.Ident(k.Column)
	if k.Column == "" {
		value = "(" + k.Expression + ")"
	}
	if t = largest(t); t == nil {
		return nil, nil
	}
	share := min(valuePages/max(float64(t.Pages), 1), 1)
	percent := strconv.FormatFloat(100*share, 'f', 9, 64)
	kept := math.Ceil(1024 * min(float64(rowLimit)/max(t.Rows*share, 1), 1))
	sql := fmt.Sprintf(valuesSQL, value, sqltext.Ident(t.Schema, t.Name), percent, int(kept), 2*rowLimit) + question
	rows, err := aside(ctx, tx, sql, setting{"search_path", "pg_catalog"}, setting{"statement_timeout", valueTimeout}, setting{"jit", "off"})
	var refused *pgconn.PgError
	if errors.As(err, &refused) {
		return nil, nil // no right to, a lock, too slow: it stays unknown
	}
	if err != nil && ctx.Err() == nil && !tx.Conn().IsClosed() {
		return nil, nil // not a single row
	}
	return rows, err
}

// largest is the table, of a partitioned one the leaf with the most rows, which stands for all; nil: it has none.
func largest(t *table.Table) *table.Table {
	if t.Kind != "p" {
		return t
	}
	var found *table.Table
	for _, leaf := range t.Partitions {
		if leaf.Kind == "r" && (found == nil || leaf.Rows > found.Rows) {
			found = leaf
		}
	}
	return found
}

// figures reads a row's numbers; what is none is 0.
func figures(row [][]byte) []float64 {
	numbers := make([]float64, len(row))
	for i, value := range row {
		if n, err := strconv.ParseFloat(string(value), 64); err == nil {
			numbers[i] = n
		}
	}
	return numbers
}
