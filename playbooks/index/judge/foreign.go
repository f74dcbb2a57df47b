package judge

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/pgmedic/pgmedic/playbooks/index/candidate"
	"github.com/pgmedic/pgmedic/playbooks/index/table"
	"github.com/pgmedic/pgmedic/probes/plan"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// lookupSQL begins the question how the server looks for the rows that refer to one that goes (src/backend/utils/adt/ri_triggers.c). Planning only; all versions from
// 13; needs SELECT on the columns.
const lookupSQL = "EXPLAIN /* pgmedic:index-foreign-key */ (FORMAT JSON, VERBOSE) SELECT 1 FROM "

// judgeForeignKeys prices an index for each foreign key without one that the statement makes the server look through: the statement's own plan does not show these
// lookups. first is the number of the first of these needs.
func (d *desk) judgeForeignKeys(ctx context.Context, first int) ([]judged, error) {
	p := d.taken.plans[0]
	read := func(schema, relation string) (*table.Table, error) { return d.table(ctx, schema, relation) }
	changed, err := d.changedTable(ctx, p)
	if err != nil || changed == nil {
		return nil, err
	}
	children, err := candidate.ForeignKeys(p, changed, read)
	if err != nil {
		return nil, err
	}
	var all []judged
	for _, child := range children {
		j, err := d.judgeChild(ctx, first+len(all), child)
		if err != nil {
			return nil, err
		}
		all = append(all, j)
	}
	return all, nil
}

// changedTable is the table that the statement deletes from or updates; of a partition the whole; nil: none.
func (d *desk) changedTable(ctx context.Context, p *plan.Plan) (*table.Table, error) {
	var changing *plan.Node
	p.Walk(func(n *plan.Node, _ int) {
		if changing == nil && n.Type == "ModifyTable" {
			changing = n
		}
	})
	if changing == nil || changing.Relation == "" {
		return nil, nil
	}
	return d.table(ctx, changing.Schema, changing.Relation)
}

// judgeChild prices the index on the columns of one foreign key by the plan of one lookup.
func (d *desk) judgeChild(ctx context.Context, i int, child candidate.Child) (judged, error) {
	t := child.Need.Table
	j := judged{table: t, unfit: unfit(t), times: child.Need.Lookups, rest: d.taken.plans[0].Root.TotalCost,
		cause: fmt.Sprintf("the server looks in it for rows that refer to each row that goes (foreign key %s), which the statement's plan does not show",
			sqltext.CleanLine(sqltext.Ident(child.Key.Name)))}
	if j.unfit != nil {
		return j, nil
	}
	p, err := d.planLookup(ctx, t, child.Key.Columns)
	if err != nil {
		return judged{}, err
	}
	needs, err := candidate.Needs(p, func(schema, relation string) (*table.Table, error) { return d.table(ctx, schema, relation) })
	if err != nil || len(needs) == 0 {
		return j, err
	}
	j.views = []view{d.view(p, needs[0])}
	if err := d.sampleFor(ctx, j.views); err != nil {
		return judged{}, err
	}
	return j, j.price(ctx, i, []candidate.Candidate{child.Candidate})
}

// planLookup plans the lookup for a value that is not known.
func (d *desk) planLookup(ctx context.Context, t *table.Table, columns []string) (*plan.Plan, error) {
	var conditions []string
	for _, name := range columns {
		conditions = append(conditions, sqltext.Ident(name)+" = (SELECT NULL::"+t.Columns[name].Type+")")
	}
	from := "ONLY " + t.String()
	if t.Kind == "p" {
		from = t.String()
	}
	var output []byte
	sql := lookupSQL + from + " AS x WHERE " + strings.Join(conditions, " AND ")
	if err := d.tx.QueryRow(ctx, sql, pgx.QueryExecModeExec).Scan(&output); err != nil {
		return nil, fmt.Errorf("planning the lookup of a foreign key in %s: %w", t, err)
	}
	return plan.Parse(output)
}
