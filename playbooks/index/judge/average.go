package judge

import (
	"context"
	"fmt"

	"github.com/pgmedic/pgmedic/playbooks/index/candidate"
	"github.com/pgmedic/pgmedic/playbooks/index/price"
	"github.com/pgmedic/pgmedic/probes/plan"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// averageView is a need of a statement with literals as it is for other literals: an index that is good for one value only, or for one that no row has, is none. The
// constants of a state, such as a status, stay: they are part of what the statement means.
// false: it has no such literal.
func averageView(ctx context.Context, v view) (average view, different bool, err error) {
	averaged := map[string]plan.Condition{}
	for _, c := range v.need.Conditions {
		rows, err := v.count(ctx, c)
		if err != nil {
			return view{}, false, err
		}
		if c.Kind == plan.Equality && c.Param == 0 && !c.Join && (!candidate.IsState(v.need.Table.Columns[c.Column]) || rows <= 1) {
			averaged[c.Text] = unknowable(v.need.Alias, c)
		}
	}
	if len(averaged) == 0 {
		return view{}, false, nil
	}
	other := func(count price.Count) price.Count {
		return func(ctx context.Context, conditions ...plan.Condition) (float64, error) {
			asked := make([]plan.Condition, len(conditions))
			for i, c := range conditions {
				if average, ok := averaged[c.Text]; ok {
					c = average
				}
				asked[i] = c
			}
			return count(ctx, asked...)
		}
	}
	v.count, v.noting = other(v.rows.Count), other(v.rows.Note)
	v.counted, v.sample, v.average = v.count, nil, true
	return v, true, nil
}

// unknowable is an equality with a value that the planner cannot know, so that it reckons with the average of all.
func unknowable(alias string, c plan.Condition) plan.Condition {
	c.Text = fmt.Sprintf("(%s = $%d)", sqltext.Ident(alias, c.Column), noParameter)
	return c
}

// noParameter is the number of a parameter that no statement has.
const noParameter = 65536
