package price

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/pgmedic/pgmedic/playbooks/index/shape"
	"github.com/pgmedic/pgmedic/playbooks/index/table"
)

// togetherName is what the values of an index's keys are known by together, in whatever order they stand.
func togetherName(x shape.Index) string {
	var names []string
	for _, k := range x.Keys {
		names = append(names, valueName(k))
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}

// What tells whether it matters for the size of an index that its columns depend on each other.
const (
	longLists   = 30  // rows for one key from which on it takes no more than its rows do
	anyLists    = 1.5 // up to which it takes as much as a row for itself
	independent = 0.8 // times as many keys as columns that do not depend on each other have are about as many
)

// mayDepend says whether the keys of a b-tree could have so many fewer different values together than apart that equal ones make it smaller: not where one of them alone
// has nearly as many as there are rows, and not where each has many rows in any case.
func mayDepend(x shape.Index, t *table.Table) bool {
	if len(x.Keys) < 2 || x.Method != "" && x.Method != "btree" || !merges(x, t) {
		return false
	}
	rows := max(t.Rows, 1)
	least, most := 1.0, 1.0
	for _, k := range x.Keys {
		values := distinct(keyColumn(k, t), rows)
		least, most = max(least, values), min(most*values, rows)
	}
	return least < independent*most && rows < longLists*most && rows > anyLists*least && !slices.ContainsFunc(x.Keys, func(k shape.Key) bool { return !computable(t, k) })
}

// togetherRows is how many rows of the sample are enough to see it: a statement asks of several sets of columns.
const togetherRows = 2500

// togetherSQL counts the combinations of values in the sample: the rows, how many different ones there are, how many of them once, and of those that are no rarer than chance how
// many different ones and how many rows; the same of the values of different rows put together at random (r); and the rows of the commonest.
const togetherSQL = `counted AS (SELECT count(*) AS n FROM sample GROUP BY v), mixed AS (SELECT count(*) AS n FROM sample GROUP BY r)
SELECT /* pgmedic:index-values */ (SELECT count(*) FROM sample), c.*, m.*, (SELECT max(n) FROM counted)
FROM (SELECT count(*), count(*) FILTER (WHERE n = 1), count(*) FILTER (WHERE n > %[1]d), coalesce(sum(n) FILTER (WHERE n > %[1]d), 0) FROM counted) AS c,
     (SELECT count(*), count(*) FILTER (WHERE n = 1), count(*) FILTER (WHERE n > %[1]d), coalesce(sum(n) FILTER (WHERE n > %[1]d), 0) FROM mixed) AS m`

// readTogether learns how many different values the keys of a b-tree have together, and whether they depend on each other: Analysed.
func readTogether(ctx context.Context, tx pgx.Tx, t *table.Table, budget *Budget, x shape.Index) error {
	name := togetherName(x)
	if !mayDepend(x, t) || knows(t.Expressions, name) {
		return nil
	}
	rows, err := sample(ctx, tx, t, budget, name, togetherOf(x), togetherRows, fmt.Sprintf(togetherSQL, rare))
	if rows == nil || err != nil {
		return err
	}
	f, all := figures(rows[0]), max(largest(t).Rows, 1)
	if f[0] == 0 {
		return nil
	}
	values := func(different, once, common, ofCommon float64) float64 {
		return common + duj1(f[0]-ofCommon, different-common, once, all*(f[0]-ofCommon)/max(f[0], 1))
	}
	keys := values(f[1], f[2], f[3], f[4])
	depend := keys <= independent*values(f[5], f[6], f[7], f[8])
	c := table.Column{Distinct: keys, Commonest: f[9] / max(f[0], 1), Analysed: depend}
	if keys > 0.1*all {
		c.Distinct = -keys / all
	}
	if t.Expressions == nil {
		t.Expressions = map[string]table.Column{}
	}
	t.Expressions[name] = c
	return nil
}

// togetherOf is the SQL of the keys' values together, and of r, those of different rows.
func togetherOf(x shape.Index) string {
	var values, mixed []string
	for i, k := range x.Keys {
		value := valueOf(k)
		values = append(values, value)
		mixed = append(mixed, fmt.Sprintf("lag(%s, %d) OVER (ORDER BY hashtext(ctid::text))", value, i))
	}
	return "ROW(" + strings.Join(mixed, ", ") + ")::text AS r, ROW(" + strings.Join(values, ", ") + ")::text"
}
