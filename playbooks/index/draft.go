package index

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/playbooks/index/shape"
	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/live"
	"github.com/pgmedic/pgmedic/probes/plan"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// patience is how long a draft may wait for what is only said beside it: where the server takes longer than that, it is busy, and the draft is needed now.
const patience = 3 * time.Second

// Draft implements playbooks.Playbook: the best draft of what Advise says of the finding's statement.
func (playbook) Draft(ctx context.Context, ask *live.Asker, f playbooks.Finding) (*playbooks.Draft, error) {
	q, err := queryOf(ctx, ask, f.Statement)
	q.Patience = patience
	if err != nil {
		return nil, fmt.Errorf("reading the statement to draft an index for: %w", err)
	}
	a, err := Advise(ctx, ask, q)
	if err != nil {
		return nil, err
	}
	if a.Verdict != Recommended {
		return nil, &playbooks.NoDraft{Reason: a.Reason, Instead: a.insteadOfIndex(), Rewrite: a.publicRewrite()}
	}
	var drafts []*playbooks.Draft
	for _, v := range a.Drafts {
		d, err := a.draft(f, v)
		if err != nil {
			return nil, err
		}
		drafts = append(drafts, d)
	}
	drafts[0].Others = drafts[1:]
	return drafts[0], nil
}

// queryOf asks about a statement as pg_stat_statements has it, so that what differs from call to call is known to do so, and about a real call beside it. Where
// only the call is known, that one stands alone.
func queryOf(ctx context.Context, ask *live.Asker, l probes.StatementLoad) (Query, error) {
	q := Query{Statement: l.Text, QueryID: l.QueryID, UserOID: l.UserOID}
	text, values, err := ask.StatementTextIn(ctx, "", l.QueryID)
	switch {
	case sqltext.Parameters(l.Text) == 0:
		q.Statement = text
		return q, err
	case err == nil && values != "":
		q.Live, q.LiveFrom = text, values
	}
	return q, nil
}

// insteadOfIndex is what helps where no index does.
func (a *Advice) insteadOfIndex() string {
	if a.Rewrite == nil {
		return a.Instead
	}
	return "write " + sqltext.Redact(a.Rewrite.To) + " for " + sqltext.Redact(a.Rewrite.From)
}

// draft makes a variant one that can be carried out.
func (a *Advice) draft(f playbooks.Finding, v Variant) (*playbooks.Draft, error) {
	d, err := v.planned.Draft()
	if err != nil {
		return nil, err
	}
	d.Finding, d.Facts, d.Kind, d.For = f, a.facts, v.Kind, v.For
	d.Rename = func(ctx context.Context, ask *live.Asker, name string) (*playbooks.Draft, error) {
		return a.renamed(ctx, ask, f, v, name)
	}
	d.Explained, d.Rewrite = sqltext.Clean(Script(v.Explained())), a.publicRewrite()
	if v.weighed {
		d.Effects = &playbooks.Effects{Winners: shown(a.Winners), Losers: shown(a.Losers), Looked: a.Others}
	}
	d.Reasons = append(slices.Clone(v.Reasons), a.judgedWith()...)
	d.Prices = v.prices()
	d.Warnings = append(append(d.Warnings, v.Caveats...), a.Warnings...)
	for _, name := range a.Redundant {
		d.Warnings = append(d.Warnings, "index "+sqltext.CleanLine(sqltext.Ident(name))+" becomes superfluous: look at its use before you drop it")
	}
	return d, nil
}

// renamed is the draft with another name for its first index, which is the one that is typed to confirm.
func (a *Advice) renamed(ctx context.Context, ask *live.Asker, f playbooks.Finding, v Variant, name string) (*playbooks.Draft, error) {
	if err := shape.ValidName(name); err != nil {
		return nil, err
	}
	v.Indexes = slices.Clone(v.Indexes)
	v.Indexes[0].Name = name
	again := Advice{Before: a.Before, Drafts: []Variant{v}, taken: a.taken}
	if err := again.plan(ctx, ask); err != nil {
		return nil, err
	}
	return a.draft(f, again.Drafts[0])
}

// prices says what the variant gains and costs.
func (v Variant) prices() []playbooks.Price {
	prices := []playbooks.Price{
		{Name: playbooks.PriceRows, Now: count(v.RowsRead.Before), Value: count(v.RowsRead.After), How: v.Known.String() + ", for the same values"},
		{Name: playbooks.PriceCost, Now: count(v.Cost.Before), Value: count(v.Cost.After), How: "of the statement, in the planner's units, by its own arithmetic"},
		{Name: playbooks.PriceSize, Value: size(v.Bytes), How: "estimated from the statistics of its columns"},
	}
	if v.Build > 0 {
		prices = append(prices, playbooks.Price{Name: "build", Value: v.Build.String(), How: "estimated; transactions that it must wait for come on top"})
	}
	if v.Write != "" {
		prices = append(prices, playbooks.Price{Name: "writes", Value: v.Write, How: "since the statistics were reset"})
	}
	return prices
}

// publicRewrite is the rewrite without its constants; nil where there is none.
func (a *Advice) publicRewrite() *playbooks.Rewrite {
	r := a.Rewrite
	if r == nil {
		return nil
	}
	return &playbooks.Rewrite{
		From: sqltext.CleanLine(sqltext.Redact(r.From)), To: sqltext.CleanLine(sqltext.Redact(r.To)), SQL: sqltext.Clean(sqltext.Redact(r.SQL)),
		Equivalent: r.Equivalent, Caveat: r.Caveat, Plan: a.Rewritten,
	}
}

// judgedWith says which values the estimates stand on, and where those came from. The values themselves are not shown.
func (a *Advice) judgedWith() []playbooks.Reason {
	p := a.Before
	var words []string
	for _, parameter := range p.Origin.Parameters {
		if parameter.Column != "" && parameter.From != plan.FromNone {
			words = append(words, fmt.Sprintf("%s (%s)", parameter.Column, parameter.From))
		}
	}
	var reasons []playbooks.Reason
	if len(words) > 0 {
		reasons = append(reasons, playbooks.Reason{Part: "judged with", Why: "values of " + strings.Join(words, ", ")})
	}
	if len(a.taken.plans) > 1 {
		var classes []string
		for _, one := range a.taken.plans {
			classes = append(classes, string(one.Origin.Class))
		}
		reasons = append(reasons, playbooks.Reason{Part: "judged under", Why: strings.Join(classes, ", ") + " values: the one that does worst under any of them loses"})
	}
	if p.Origin.Note != "" {
		reasons = append(reasons, playbooks.Reason{Part: "values", Why: p.Origin.Note})
	}
	return reasons
}
