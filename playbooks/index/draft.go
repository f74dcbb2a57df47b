package index

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/playbooks/index/figure"
	"github.com/pgmedic/pgmedic/playbooks/index/judge"
	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/live"
	"github.com/pgmedic/pgmedic/probes/plan"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// patience is how long a draft may wait for what is only said beside it: where the server takes longer than that, it is busy, and the draft is needed now.
const patience = 3 * time.Second

// Draft implements playbooks.Playbook: the best draft of what the judge says of the finding's statement.
func (playbook) Draft(ctx context.Context, ask *live.Asker, f playbooks.Finding) (*playbooks.Draft, error) {
	q, err := queryOf(ctx, ask, f.Statement)
	q.Patience = patience
	if err != nil {
		return nil, fmt.Errorf("reading the statement to draft an index for: %w", err)
	}
	a, err := judge.Statement(ctx, ask, q)
	if err != nil {
		return nil, err
	}
	if a.Verdict != judge.Recommended {
		return nil, &playbooks.NoDraft{Reason: a.Reason, Instead: insteadOfIndex(a), Rewrite: publicRewrite(a)}
	}
	var drafts []*playbooks.Draft
	for _, v := range a.Drafts {
		d, err := draftOf(a, f, v)
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
func queryOf(ctx context.Context, ask *live.Asker, l probes.StatementLoad) (judge.Query, error) {
	q := judge.Query{Statement: l.Text, QueryID: l.QueryID, UserOID: l.UserOID}
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
func insteadOfIndex(a judge.Advice) string {
	if a.Rewrite == nil {
		return a.Instead
	}
	return "write " + sqltext.Redact(a.Rewrite.To) + " for " + sqltext.Redact(a.Rewrite.From)
}

// draftOf makes a variant one that can be carried out.
func draftOf(a judge.Advice, f playbooks.Finding, v judge.Variant) (*playbooks.Draft, error) {
	d, err := v.Planned.Draft()
	if err != nil {
		return nil, err
	}
	d.Finding, d.Facts, d.Kind, d.For = f, a.Facts, v.Kind, v.For
	d.Adjust = &playbooks.Adjust{What: "its name", Value: d.Word, Draft: func(ctx context.Context, ask *live.Asker, name string) (*playbooks.Draft, error) {
		renamed, err := a.Renamed(ctx, ask, v, name)
		if err != nil {
			return nil, err
		}
		return draftOf(a, f, renamed)
	}}
	d.Explained, d.Rewrite = sqltext.Clean(judge.Script(v.Explained())), publicRewrite(a)
	if v.Weighed {
		d.Effects = &playbooks.Effects{Winners: shown(a.Winners), Losers: shown(a.Losers), Looked: a.Others}
	}
	d.Reasons = append(slices.Clone(v.Reasons), judgedWith(a)...)
	d.Prices = append(prices(v), d.Prices...)
	d.Warnings = append(append(d.Warnings, v.Caveats...), a.Warnings...)
	for _, name := range a.Redundant {
		d.Warnings = append(d.Warnings, "index "+sqltext.CleanLine(sqltext.Ident(name))+" becomes superfluous: look at its use before you drop it")
	}
	return d, nil
}

// prices says what the variant gains and costs.
func prices(v judge.Variant) []playbooks.Price {
	prices := []playbooks.Price{
		{Name: playbooks.PriceRows, Now: figure.Count(v.RowsRead.Before), Value: figure.Count(v.RowsRead.After), How: v.Known.String() + ", for the same values"},
		{Name: playbooks.PriceCost, Now: figure.Count(v.Cost.Before), Value: figure.Count(v.Cost.After), How: "of the statement, in the planner's units, by its own arithmetic"},
		{Name: playbooks.PriceSize, Value: figure.Size(v.Bytes), How: "estimated as freshly built: inserts soon split its pages"},
	}
	if v.Build > 0 {
		prices = append(prices, playbooks.Price{Name: "build", Value: v.Build.String() + " when idle", How: "estimated for an idle server; under load it takes several times as long, and what it must wait for comes on top"})
	}
	if v.Write != "" {
		prices = append(prices, playbooks.Price{Name: "writes", Value: v.Write, How: "since the statistics were reset"})
	}
	return prices
}

// publicRewrite is the rewrite without its constants; nil where there is none.
func publicRewrite(a judge.Advice) *playbooks.Rewrite {
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
func judgedWith(a judge.Advice) []playbooks.Reason {
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
	if under := a.Classes(); len(under) > 1 {
		var classes []string
		for _, class := range under {
			classes = append(classes, string(class))
		}
		reasons = append(reasons, playbooks.Reason{Part: "judged under", Why: strings.Join(classes, ", ") + " values: the one that does worst under any of them loses"})
	}
	if p.Origin.Note != "" {
		reasons = append(reasons, playbooks.Reason{Part: "values", Why: p.Origin.Note})
	}
	return reasons
}

// shown are effects for the workbench.
func shown(effects []judge.Effect) []playbooks.Effect {
	var all []playbooks.Effect
	for _, e := range effects {
		all = append(all, playbooks.Effect{Statement: sqltext.OneLine(e.Statement), Now: figure.Cost(e.Cost.Before), Value: figure.Cost(e.Cost.After)})
	}
	return all
}
