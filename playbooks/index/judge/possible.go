package judge

import (
	"context"
	"slices"

	"github.com/pgmedic/pgmedic/playbooks/index/candidate"
	"github.com/pgmedic/pgmedic/playbooks/index/price"
	"github.com/pgmedic/pgmedic/playbooks/index/shape"
	"github.com/pgmedic/pgmedic/playbooks/index/table"
	"github.com/pgmedic/pgmedic/probes/plan"
)

// possible are the candidates whose indexes the server would take, and what must be known of their values to price them.
func (d *desk) possible(ctx context.Context, need candidate.Need) ([]candidate.Candidate, error) {
	if err := price.ReadWidths(ctx, d.tx, need.Table, d.taken.budget); err != nil {
		return nil, err
	}
	var possible []candidate.Candidate
	for _, c := range candidate.Of(need) {
		ok, err := d.isPossible(ctx, need.Table, c)
		if err == nil && ok {
			err = price.ReadValues(ctx, d.tx, need.Table, d.taken.budget, indexesOf(c)...)
		}
		if err != nil {
			return nil, err
		}
		if ok && canBuild(need.Table, c) {
			possible = append(possible, c)
		}
	}
	return possible, nil
}

// canBuild says whether every expression of a candidate's indexes that a row could make fail was computed for a sample of the rows, none of which is too wide for an entry.
func canBuild(t *table.Table, c candidate.Candidate) bool {
	for _, x := range indexesOf(c) {
		if price.Overflows(t, x) || slices.ContainsFunc(x.Keys, func(k shape.Key) bool { return candidate.CanFail(t, k) && !price.Computed(t, x, k) }) {
			return false
		}
	}
	return true
}

// indexesOf are all indexes of a candidate.
func indexesOf(c candidate.Candidate) []shape.Index { return append([]shape.Index{c.Index}, c.More...) }

// isPossible says whether the server would take all expressions of a candidate's indexes: they must be immutable, and mean the same to whoever builds it.
func (d *desk) isPossible(ctx context.Context, t *table.Table, c candidate.Candidate) (bool, error) {
	for _, x := range indexesOf(c) {
		if !d.isSettled(t, x) {
			return false, nil
		}
		for _, k := range x.Keys {
			if k.Column != "" {
				continue
			}
			known := t.String() + " " + k.Expression
			if _, asked := d.immutable[known]; !asked {
				ok, err := table.Immutable(ctx, d.tx, t, k.Expression, k.Columns)
				if err != nil {
					return false, err
				}
				d.immutable[known] = ok
			}
			if !d.immutable[known] {
				return false, nil
			}
		}
	}
	return true, nil
}

// isSettled says whether the expressions and the predicate of an index mean in every session what they mean in the plans.
func (d *desk) isSettled(t *table.Table, x shape.Index) bool {
	settled := func(expression string, columns []string) bool {
		types, strange := t.OwnTypes(columns)
		return !slices.ContainsFunc(d.taken.plans, func(p *plan.Plan) bool { return !p.Origin.Settled(expression, types, strange) })
	}
	return !slices.ContainsFunc(x.Keys, func(k shape.Key) bool { return k.Column == "" && !settled(k.Expression, k.Columns) }) &&
		!slices.ContainsFunc(x.Where, func(c shape.Clause) bool { return !settled(c.SQL, c.Columns) })
}
