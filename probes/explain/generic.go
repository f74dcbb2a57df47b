package explain

import (
	"context"
	"errors"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/plan"
)

// genericPlanSince is the version that brought EXPLAIN (GENERIC_PLAN).
const genericPlanSince = 160000

// generic plans the statement without values. Where NULL leaves partitions out, version 16 and later plan the text itself: by now the server has parsed
// it as one statement. It is never bound: with NULLs for values the plan would be another. Before, it is planned with all partitions. What leaves partitions out of a statement
// that has no parameters, such as now(), does so in every run.
func (e *explainer) generic(ctx context.Context) (*plan.Plan, error) {
	made, err := e.tryWithValues(ctx, "force_generic_plan", false)
	if err != nil || len(e.parameters) == 0 || !isPruned(made) {
		return made, err
	}
	if e.Server.Version >= genericPlanSince {
		sql := "EXPLAIN " + probes.OwnTag + "explain */ (" + planOptions + ", GENERIC_PLAN) " + e.statement
		if second, failed := e.tryPlan(ctx, func() (*plan.Plan, error) { return e.readPlan(ctx, "auto", sql) }); failed == nil {
			return second, nil
		}
	}
	return e.unpruned(ctx)
}

// isPruned says whether partitions were left out when the plan was made ready to run, which without values means nothing.
func isPruned(p *plan.Plan) bool {
	pruned := false
	p.Walk(func(n *plan.Node, _ int) {
		removed := n.Fields["Subplans Removed"]
		pruned = pruned || removed != "" && removed != "0"
	})
	return pruned
}

// unpruned plans with all partitions, those too that constants of the statement rule out.
func (e *explainer) unpruned(ctx context.Context) (*plan.Plan, error) {
	if _, err := e.Tx.Exec(ctx, savepoint); err != nil {
		return nil, err
	}
	if _, err := e.Tx.Exec(ctx, query("unpruned")); err != nil {
		return nil, err
	}
	if err := e.parseAnew(ctx); err != nil {
		return nil, err
	}
	made, err := e.tryWithValues(ctx, "force_generic_plan", false)
	if err != nil {
		return nil, err
	}
	delete(made.Settings, "enable_partition_pruning") // the question's
	e.goBack(ctx)
	return made, nil
}

func (e *explainer) tryPlan(ctx context.Context, do func() (*plan.Plan, error)) (made *plan.Plan, err error) {
	err = e.attempt(ctx, func() (err error) {
		made, err = do()
		return err
	})
	return made, err
}

// isValueRefused says whether a value was not taken: SQLSTATE classes 22 (data) and 23 (constraints of a domain).
func isValueRefused(err error) bool {
	var pgErr *pgconn.PgError
	return errors.As(err, &pgErr) && (strings.HasPrefix(pgErr.Code, "22") || strings.HasPrefix(pgErr.Code, "23"))
}
