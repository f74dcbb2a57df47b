package index

import (
	"context"
	"fmt"
	"regexp"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/pgmedic/pgmedic/probes/plan"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// planner asks the server's own planner how many rows of a table meet conditions, so that its statistics count: most common values,
// histograms, extended statistics.
type planner struct {
	tx    pgx.Tx
	table *table
}

// estimateSQL begins each question. Planning only, less than 1 ms; all versions from 13; needs SELECT on the columns of the conditions.
const estimateSQL = "EXPLAIN /* pgmedic:index-estimate */ (FORMAT JSON) SELECT 1 FROM "

// rows returns the planner's estimate of the rows that meet all conditions. The server never says less than 1.
func (p planner) rows(ctx context.Context, conditions ...string) (float64, error) {
	sql := estimateSQL + sqltext.Ident(p.table.Schema, p.table.Name)
	if len(conditions) > 0 {
		sql += " WHERE " + strings.Join(conditions, " AND ")
	}
	var output []byte
	if err := p.tx.QueryRow(ctx, sql, pgx.QueryExecModeExec).Scan(&output); err != nil {
		return 0, fmt.Errorf("estimating rows of %s: %w", p.table, err)
	}
	estimate, err := plan.Parse(output)
	if err != nil {
		return 0, fmt.Errorf("estimating rows of %s: %w", p.table, err)
	}
	return max(estimate.Root.PlanRows, 1), nil
}

// question writes a conjunct as SQL for the planner: the column, and the value as a literal of the column's type where the server printed one.
// Any other value becomes one that the planner cannot know, so that it takes the column's average.
func question(c plan.Condition, columnType string) string {
	if isPredicate(c) {
		return predicate{c.Kind, c.Column, c.Negated}.sql()
	}
	valueType := columnType
	if c.Kind == plan.AnyOf {
		valueType += "[]"
	}
	value := "(SELECT NULL::" + valueType + ")"
	if literal, ok := unquote(c.Value); ok {
		value = sqltext.Literal(literal)
	}
	value += "::" + valueType
	if c.Kind == plan.AnyOf {
		value = "ANY (" + value + ")"
	}
	return sqltext.Ident(c.Column) + " " + comparison(c) + " " + value
}

// comparison returns the operator of a conjunct, one of the few that a b-tree knows.
func comparison(c plan.Condition) string {
	switch c.Op {
	case "<", "<=", ">", ">=":
		return c.Op
	}
	return "="
}

var (
	stringConstant = regexp.MustCompile(`(?s)^(E?)'((?:[^']|'')*)'(?:::[^']+)?$`)
	bareConstant   = regexp.MustCompile(`^\(?(-?[0-9]+(?:\.[0-9]+)?|true|false)\)?(?:::[^']+)?$`)
)

// unquote returns the value of a constant as the server prints it, for example 'it”s'::text or 42; false for anything else.
func unquote(printed string) (string, bool) {
	if m := bareConstant.FindStringSubmatch(printed); m != nil {
		return m[1], true
	}
	m := stringConstant.FindStringSubmatch(printed)
	if m == nil {
		return "", false
	}
	value := strings.ReplaceAll(m[2], "''", "'")
	if m[1] == "E" {
		value = strings.ReplaceAll(value, `\\`, `\`)
	}
	return value, true
}
