package judge

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"
	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/playbooks/index/candidate"
	"github.com/pgmedic/pgmedic/playbooks/index/price"
	"github.com/pgmedic/pgmedic/playbooks/index/rewrite"
	"github.com/pgmedic/pgmedic/playbooks/index/shape"
	"github.com/pgmedic/pgmedic/playbooks/index/table"
	"github.com/pgmedic/pgmedic/probes/plan"
	"github.com/pgmedic/pgmedic/probes/record"
)

// mostNeeds is how many of a statement's scans are drafted for, the heaviest first.
const mostNeeds = 3

// desk works on one statement within one read-only transaction.
type desk struct {
	tx        pgx.Tx
	taken     taken
	tables    map[[2]string]*table.Table
	read      []*table.Table  // the same, in the order in which they were read
	immutable map[string]bool // by table and expression
}

// newDesk knows the tables that were read for the same statement in other words.
func newDesk(tx pgx.Tx, t taken, known []*table.Table) *desk {
	d := &desk{tx: tx, taken: t, tables: map[[2]string]*table.Table{}, immutable: map[string]bool{}, read: slices.Clone(known)}
	for _, t := range known {
		d.tables[[2]string{t.Schema, t.Name}] = t
	}
	return d
}

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

// judged is what was found out about one need.
type judged struct {
	table      *table.Table
	views      []view
	candidates []priced
	serving    []candidate.Service // indexes that the table has
	isServed   bool                // by one of them, which the plan uses
	unfit      error               // why no index is drafted for its table at all

	// Of what the statement's plan does not show, as the lookups of foreign keys:
	times float64 // how often the views' plan runs; 0: it is the statement's own
	rest  float64 // what the statement costs besides
	cause string  // in a person's words
}

// runs is how often the views' plan runs in one run of the statement.
func (j judged) runs() float64 { return max(j.times, 1) }

// judge prices every candidate for the heaviest scans.
func (d *desk) judge(ctx context.Context) ([]judged, error) {
	var perPlan [][]candidate.Need
	for _, p := range d.taken.plans {
		needs, err := candidate.Needs(p, func(schema, relation string) (*table.Table, error) { return d.table(ctx, schema, relation) })
		if err != nil {
			return nil, err
		}
		for i := range needs {
			needs[i].Statement = d.taken.asked[p].Statement // with its own constants, which the plan's origin has as $n
		}
		perPlan = append(perPlan, needs)
	}
	var all []judged
	for i, need := range drafted(d.taken.plans[0], perPlan[0]) {
		j, err := d.judgeNeed(ctx, i, need, perPlan)
		if err != nil {
			return nil, err
		}
		all = append(all, j)
	}
	children, err := d.judgeForeignKeys(ctx, len(all))
	return append(all, children...), err
}

func (d *desk) table(ctx context.Context, schema, relation string) (*table.Table, error) {
	key := [2]string{schema, relation}
	if t, ok := d.tables[key]; ok {
		return t, nil
	}
	t, err := table.Read(ctx, d.tx, schema, relation)
	if err != nil {
		return nil, err
	}
	d.tables[key] = t
	d.read = append(d.read, t)
	return t, nil
}

// readForeign reads the tables of the plan that no need is of, so that it can be said why.
func (d *desk) readForeign(ctx context.Context) error {
	var err error
	d.taken.plans[0].Walk(func(n *plan.Node, _ int) {
		if err == nil && n.Relation != "" {
			_, err = d.table(ctx, n.Schema, n.Relation)
		}
	})
	return err
}

func (d *desk) judgeNeed(ctx context.Context, i int, need candidate.Need, perPlan [][]candidate.Need) (judged, error) {
	j := judged{table: need.Table, serving: candidate.Serving(need), unfit: unfit(need.Table)}
	if j.unfit != nil {
		return j, nil
	}
	j.isServed = j.servedBy(need)
	for k, p := range d.taken.plans {
		same, ok := sameNeed(need, perPlan[k])
		if !ok {
			continue // under these values the plan does not read the table, or reads it otherwise
		}
		j.views = append(j.views, d.view(p, same))
	}
	if err := d.sampleFor(ctx, j.views); err != nil {
		return judged{}, err
	}
	if err := j.addAverage(ctx); err != nil {
		return judged{}, err
	}
	proposed, err := d.possible(ctx, need)
	if err != nil {
		return judged{}, err
	}
	return j, j.price(ctx, i, proposed)
}

// price prices the candidates of the need with this number, and keeps those that leave enough of the table out.
func (j *judged) price(ctx context.Context, need int, candidates []candidate.Candidate) error {
	if err := askAhead(ctx, j.views, candidates); err != nil {
		return err
	}
	for k := range j.views {
		v := &j.views[k]
		var err error
		if v.rowsRead, err = price.Now(ctx, v.counted, v.plan, v.need); err != nil {
			return err
		}
		v.source = price.NowBy(ctx, v.counted, v.sample, v.need)
	}
	for _, c := range candidates {
		one, err := priceOf(ctx, need, j.views, c)
		if err != nil {
			return err
		}
		if isSelective(one, max(j.table.Rows, 1)) {
			j.candidates = append(j.candidates, one)
		}
	}
	return nil
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

// possible are the candidates whose indexes the server would take, and what must be known of their values to price them.
func (d *desk) possible(ctx context.Context, need candidate.Need) ([]candidate.Candidate, error) {
	if err := price.ReadWidths(ctx, d.tx, need.Table); err != nil {
		return nil, err
	}
	var possible []candidate.Candidate
	for _, c := range candidate.Of(need) {
		ok, err := d.isPossible(ctx, need.Table, c)
		if err == nil && ok {
			err = price.ReadValues(ctx, d.tx, need.Table, indexesOf(c)...)
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

// priceOf prices a candidate under every view.
func priceOf(ctx context.Context, need int, views []view, c candidate.Candidate) (priced, error) {
	one := priced{candidate: c, need: need}
	for _, v := range views {
		estimated, err := price.Of(ctx, v.count, v.plan, v.need, c)
		if err != nil {
			return priced{}, fmt.Errorf("pricing %s: %w", c.Index.Definition(), err)
		}
		counted, err := price.Of(ctx, v.counted, v.plan, v.need, c)
		if err != nil {
			return priced{}, fmt.Errorf("pricing %s: %w", c.Index.Definition(), err)
		}
		counted.Measured = v.sample != nil && v.sample.Counts(v.need.Conditions...)
		one.prices, one.judged = append(one.prices, estimated), append(one.judged, counted)
	}
	return one, nil
}

// indexesOf are all indexes of a candidate.
func indexesOf(c candidate.Candidate) []shape.Index { return append([]shape.Index{c.Index}, c.More...) }

// unfit says why no index is drafted for a table at all; nil: one can be.
func unfit(t *table.Table) error {
	if reason, instead := t.Unfit(); reason != "" {
		return &playbooks.NoDraft{Reason: reason, Instead: instead}
	}
	return nil
}

// known is what a rewrite must know of the statement.
func (d *desk) known() rewrite.Known {
	known := rewrite.Known{Parameters: typesOf(d.taken.plans[0]), TimeZone: d.tx.Conn().PgConn().ParameterStatus("TimeZone")}
	for _, t := range d.read {
		if !t.Partition {
			known.Tables, known.Version = append(known.Tables, t), t.Costs.Version
		}
	}
	return known
}

// facts are the figures of the tables that were looked at, for the record.
func (d *desk) facts() []record.Fact {
	var all []record.Fact
	for _, t := range d.read {
		all = append(all, facts(t, d.taken.plans[0].Origin.TakenAt)...)
	}
	return all
}

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
