package judge

import (
	"context"
	"slices"

	"github.com/pgmedic/pgmedic/playbooks/index/candidate"
	"github.com/pgmedic/pgmedic/playbooks/index/price"
	"github.com/pgmedic/pgmedic/playbooks/index/table"
	"github.com/pgmedic/pgmedic/probes/plan"
)

// view is what one scan asks, under one class of values.
type view struct {
	plan     *plan.Plan
	need     candidate.Need
	rows     *price.Rows
	count    price.Count // by the planner's estimates
	noting   price.Count // notes what count would ask
	counted  price.Count // in a sample of the table, where there is one
	sample   *price.Sample
	rowsRead float64      // by the plan as it is
	source   price.Source // how those are known
	average  bool         // of other literals than the statement's: to choose by, not to judge whether an index is worth it
}

// addAverage adds a view of other literals, where the statement has no parameters whose typical values would tell.
func (j *judged) addAverage(ctx context.Context) error {
	if len(j.views) != 1 || len(j.views[0].plan.Origin.Parameters) > 0 {
		return nil
	}
	average, different, err := averageView(ctx, j.views[0])
	if err == nil && different {
		j.views = append(j.views, average)
	}
	return err
}

// askAhead asks the planner for every estimate that the prices will need, in one go.
func askAhead(ctx context.Context, views []view, candidates []candidate.Candidate) error {
	var all []*price.Rows
	for _, v := range views {
		if _, err := price.Now(ctx, v.notes(), v.plan, v.need); err != nil {
			return err
		}
		for _, c := range candidates {
			if _, err := price.Of(ctx, v.notes(), v.plan, v.need, c); err != nil {
				return err
			}
		}
		if !slices.Contains(all, v.rows) {
			all = append(all, v.rows)
		}
	}
	return price.Learn(ctx, all...)
}

// notes notes what both counts of the view would ask.
func (v view) notes() price.Count {
	if v.sample == nil {
		return v.noting
	}
	inSample := v.sample.Count(v.noting)
	return func(ctx context.Context, conditions ...plan.Condition) (float64, error) {
		if _, err := inSample(ctx, conditions...); err != nil {
			return 0, err
		}
		return v.noting(ctx, conditions...)
	}
}

// sameNeed finds what the same reference to the same table asks under other values.
func sameNeed(need candidate.Need, among []candidate.Need) (candidate.Need, bool) {
	for _, other := range among {
		if other.Table == need.Table && other.Alias == need.Alias {
			return other, true
		}
	}
	return candidate.Need{}, false
}

func (d *desk) view(p *plan.Plan, need candidate.Need) view {
	rows := price.NewRows(d.tx, need, p.Origin.SearchPath, p.ParameterType)
	return view{plan: p, need: need, rows: rows, count: rows.Count, noting: rows.Note, counted: rows.Count}
}

// sampleFor takes one sample of the table for all views.
func (d *desk) sampleFor(ctx context.Context, views []view) error {
	if len(views) == 0 {
		return nil
	}
	var conditions []plan.Condition
	for _, v := range views {
		conditions = append(conditions, v.need.Conditions...)
	}
	t := views[0].need.Table
	sample, err := d.sample(ctx, t, views[0].need.Alias, conditions)
	if err != nil || sample == nil {
		return err
	}
	for i := range views {
		v := &views[i]
		if v.sample = sample.In(v.need); v.sample != nil {
			v.counted = v.inSample(v.sample, v.count)
			v.count, v.noting = v.sample.Expected(t, v.count), v.sample.Expected(t, v.noting)
		}
	}
	return nil
}

// sample takes a sample of the table, or takes the one again that was taken for the statement in other words.
func (d *desk) sample(ctx context.Context, t *table.Table, alias string, conditions []plan.Condition) (*price.Sample, error) {
	if known := d.taken.samples[t]; known != nil && known.Knows(conditions, len(d.taken.plans)) { // a new condition has other values in each plan
		return known, nil
	}
	sample, err := price.TakeSample(ctx, d.tx, t, alias, conditions, d.taken.budget)
	if err != nil || sample == nil {
		return nil, err
	}
	d.taken.samples[t] = sample
	return sample, sample.Direct(ctx, d.tx, t, alias, d.taken.budget)
}

// inSample counts in a sample: what the view's own values are met by, where they are a caller's.
func (v view) inSample(s *price.Sample, count price.Count) price.Count {
	if v.plan.Origin.Class == plan.Given {
		return s.Count(count)
	}
	return s.CountAtLeast(count)
}
