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
