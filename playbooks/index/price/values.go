package price

import (
	"context"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/pgmedic/pgmedic/playbooks/index/candidate"
	"github.com/pgmedic/pgmedic/playbooks/index/shape"
	"github.com/pgmedic/pgmedic/playbooks/index/table"
	"github.com/pgmedic/pgmedic/probes/pgerr"
	"github.com/pgmedic/pgmedic/probes/plan"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// What is read of a table to learn what an index would hold: whole pages at random, for a bounded time.
const (
	valuePages = 300
	valueRows  = 5000
	itemRows   = 1200 // taking a value apart costs more
	leastTime  = 10 * time.Millisecond
)

// attempts are what of a sample is tried, and for how long: where values are large or the server is busy, few rows tell more than none.
var attempts = []struct {
	share   float64
	timeout time.Duration
}{{1, 300 * time.Millisecond}, {1.0 / 8, 150 * time.Millisecond}, {1.0 / 64, 150 * time.Millisecond}}

// ReadValues learns from a sample what the values of the indexes' expressions are like, how many different ones columns that may depend on each other have together, and what
// keys GIN would take from theirs, into the table's Expressions and Items. What cannot be read stays unknown: an expression that is more than the server's own functions is never computed, and a table that is locked or slow is
// left alone. Nothing is asked twice under one budget, nor anything when it is spent.
func ReadValues(ctx context.Context, tx pgx.Tx, t *table.Table, budget *Budget, indexes ...shape.Index) error {
	for _, x := range indexes {
		if err := readTogether(ctx, tx, t, budget, x); err != nil {
			return fmt.Errorf("reading a sample of %s: %w", t, err)
		}
		for _, k := range x.Keys {
			var err error
			switch name := valueName(k); {
			case x.Method == "gin" && !knows(t.Items, name):
				err = readItems(ctx, tx, t, budget, k, name)
			case x.Method != "gin" && (k.Column == "" || x.Method == "gist" && isRange(t.Columns[k.Column])) && !knows(t.Expressions, name):
				err = readExpression(ctx, tx, t, budget, k, name)
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
// pages at most, and is ended after 300 ms, and tried again with fewer; versions 13 and later; needs SELECT on the columns.
const valuesSQL = "WITH sample AS MATERIALIZED (SELECT %s AS v, ctid AS at FROM ONLY %s TABLESAMPLE SYSTEM (%s) REPEATABLE (1) " +
	"WHERE hashtext(ctid::text) & 1023 < %d LIMIT %d), "

// expressionSQL describes the sample's values: how many there are and not NULL, their width, how many different ones and how many of them on one page only, the count of the
// commonest, the correlation of their order with the table's (equal ones stand in the table's order, as in an index), their type, of ranges how many overlap the one sixteen places
// before, of the values that are on more pages than by chance how many different ones there are and on how many pages each, the widest, on how many pages each value is in all, and
// the pages.
const expressionSQL = `paged AS (SELECT v, (at::text::point)[0] AS page, count(*) AS n FROM sample GROUP BY 1, 2),
counted AS (SELECT v, sum(n) AS n, count(*) AS pages FROM paged WHERE v IS NOT NULL GROUP BY v),
ranked AS (SELECT row_number() OVER (ORDER BY v, at) AS r, row_number() OVER (ORDER BY at) AS h, %s AS o FROM sample WHERE v IS NOT NULL)
SELECT /* pgmedic:index-values */ (SELECT count(*) FROM sample), (SELECT coalesce(sum(n), 0) FROM counted), (SELECT coalesce(avg(pg_column_size(v)), 0) FROM sample),
       (SELECT count(*) FROM counted), (SELECT count(*) FROM counted WHERE pages = 1), (SELECT coalesce(max(n), 0) FROM counted),
       (SELECT coalesce(corr(r, h), 0) FROM ranked), y.typname, y.typcategory, y.typlen, y.typalign, (SELECT coalesce(avg(o), 0) FROM ranked),
       (SELECT count(*) FROM counted WHERE pages > %d), (SELECT coalesce(sum(pages), 0) FROM counted WHERE pages > %[2]d),
       (SELECT coalesce(max(pg_column_size(v)), 0) FROM sample), (SELECT coalesce(sum(pages), 0) FROM counted), (SELECT count(DISTINCT page) FROM paged)
FROM pg_type AS y WHERE y.oid = (SELECT pg_typeof(v) FROM sample LIMIT 1)`

// readExpression fills the statistics of an expression's values, as ANALYZE would.
func readExpression(ctx context.Context, tx pgx.Tx, t *table.Table, budget *Budget, k shape.Key, name string) error {
	if !computable(t, k) {
		return nil
	}
	overlaps := "0"
	if isRange(t.Columns[k.Column]) {
		overlaps = "(v && lag(v, 16) OVER (ORDER BY v))::int"
	}
	rows, err := sample(ctx, tx, t, budget, name, valueOf(k), valueRows, fmt.Sprintf(expressionSQL, overlaps, rare))
	if rows == nil || err != nil {
		return err
	}
	f, all := figures(rows[0]), max(largest(t).Rows, 1)
	sampled, there := f[0], f[1]
	if there == 0 {
		return nil
	}
	c := table.Column{TypeName: string(rows[0][7]), Category: string(rows[0][8]), Length: int(f[9]), Align: string(rows[0][10]), Analysed: true}
	c.Width, c.Widest = int(f[2]), int(f[14])
	c.NullFrac = 1 - there/sampled
	common, ofCommon := f[12], f[13] // taken together with them, the rare ones would seem to be fewer
	met := f[15]
	c.Distinct = common + duj1(met-ofCommon, f[3]-common, f[4], all*there/sampled/together(there/met, rowShare(t, sampled, f[16]))*(met-ofCommon)/met)
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

// rowShare is the share of a page's rows that a sample took.
func rowShare(t *table.Table, sampled, pages float64) float64 {
	t = largest(t)
	return min(sampled*max(float64(t.Pages), 1)/max(pages*t.Rows, 1), 1)
}

// together is how many rows of one page have the same value, in the mean, where so many of them were met in a sample of a share of its rows: a value whose rows lie side by side is
// met several times though it is rare.
func together(met, share float64) float64 {
	least, most := 1.0, 1000.0
	for range 40 {
		if n := (least + most) / 2; n*share/(1-math.Pow(1-share, n)) < met {
			least = n
		} else {
			most = n
		}
	}
	return least
}

// itemsSQL counts how many different keys of a width stand in so many of the sample's rows, with the rows of the sample.
const itemsSQL = `items AS (SELECT item, count(*) AS n FROM sample CROSS JOIN LATERAL (%s) AS i (item) GROUP BY item)
SELECT /* pgmedic:index-items */ n, count(*), octet_length(item), (SELECT count(*) FROM sample) FROM items GROUP BY 1, 3`

// itemsOf is the SQL that takes a value v apart as an operator class of GIN does, but for keys that one value has twice; empty: it is not known how.
func itemsOf(k shape.Key, typeName string) string {
	switch class := k.Opclass[strings.LastIndex(k.Opclass, ".")+1:]; {
	case class == "gin_trgm_ops":
		return `SELECT DISTINCT t FROM regexp_split_to_table(lower(v::text), '[^[:alnum:]]+') AS w CROSS JOIN LATERAL (
			SELECT c || lead(c) OVER o || lead(c, 2) OVER o AS t FROM unnest(string_to_array('  ' || w || ' ', NULL)) WITH ORDINALITY AS u (c, n) WINDOW o AS (ORDER BY n)) AS x
			WHERE w <> '' AND t IS NOT NULL`
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
func readItems(ctx context.Context, tx pgx.Tx, t *table.Table, budget *Budget, k shape.Key, name string) error {
	typeName := t.Columns[k.Column].TypeName
	switch {
	case k.Column == "" && strings.HasPrefix(k.Expression, "to_tsvector("):
		typeName = "tsvector"
	case k.Column == "" && k.Opclass == "" && candidate.IsDocument(k.Expression):
		typeName = "jsonb"
	}
	items := itemsOf(k, typeName)
	if items == "" || !computable(t, k) {
		return nil
	}
	rows, err := sample(ctx, tx, t, budget, name, valueOf(k), itemRows, fmt.Sprintf(itemsSQL, items))
	if rows == nil || err != nil {
		return err
	}
	if t.Items == nil {
		t.Items = map[string]table.Items{}
	}
	known := spread(rows, max(t.Rows, 1))
	if strings.HasPrefix(typeName, "_") {
		for _, row := range rows {
			known.Widest = max(known.Widest, int(figures(row)[2]))
		}
	}
	t.Items[name] = known
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

// sample asks about values of the table's rows, of so many at most and of fewer where those take too long; nil where they cannot be had, or could not before.
func sample(ctx context.Context, tx pgx.Tx, t *table.Table, budget *Budget, name, value string, rowLimit int, question string) ([][][]byte, error) {
	from := largest(t)
	if from == nil || !budget.first(t, name+question) {
		return nil, nil
	}
	return budget.attempt(ctx, tx, t, func(share float64) string {
		limit := float64(rowLimit) * share
		share = min(valuePages*share/max(float64(from.Pages), 1), 1)
		percent := strconv.FormatFloat(100*share, 'f', 9, 64)
		kept := math.Ceil(1024 * min(limit/max(from.Rows*share, 1), 1))
		return fmt.Sprintf(valuesSQL, value, sqltext.Ident(from.Schema, from.Name), percent, int(kept), int(2*limit)) + question
	})
}

// attempt asks about a share of a sample, and about less where that takes too long and time is left; nil where there is no answer. A table that has none in all attempts, that is
// locked or that the role may not read is not asked again.
func (b *Budget) attempt(ctx context.Context, tx pgx.Tx, t *table.Table, question func(share float64) string) ([][][]byte, error) {
	for _, a := range attempts {
		timeout := min(a.timeout, b.Time/2) // the rest is for fewer rows
		if timeout < leastTime {
			return nil, nil
		}
		began := time.Now()
		rows, err := aside(ctx, tx, question(a.share), setting{"search_path", "pg_catalog"}, setting{"statement_timeout", milliseconds(timeout)},
			setting{"lock_timeout", sampleLockWait}, setting{"row_security", "off"}, setting{"jit", "off"}, setting{"max_parallel_workers_per_gather", "0"})
		took := time.Since(began)
		b.Time -= took
		state := pgerr.State(err)
		if state == "57014" && took >= timeout*9/10 && ctx.Err() == nil {
			continue
		}
		if !slices.Contains([]string{"57014", "55P03", "42501"}, state) { // cancelled by somebody, a lock, no right to
			return rows, unlessRefused(err)
		}
		break
	}
	b.note(t, "")
	return nil, ctx.Err()
}

// valueOf is the SQL of a key's value.
func valueOf(k shape.Key) string {
	if k.Column == "" {
		return "(" + k.Expression + ")"
	}
	return sqltext.Ident(k.Column)
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
