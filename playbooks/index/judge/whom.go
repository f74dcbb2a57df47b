package judge

import (
	"fmt"
	"slices"

	"github.com/pgmedic/pgmedic/playbooks/index/apply"
	"github.com/pgmedic/pgmedic/playbooks/index/table"
	"github.com/pgmedic/pgmedic/probes/plan"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// mostHave is the share of the rows from which a value is one that the callers with the weight may well ask for.
const mostHave = 0.1

// forWhom says whose calls the promise does not hold for: those with the most common value of a column that the index is searched by, where the draft was judged
// with another one.
func (a *Advice) forWhom() {
	for _, p := range a.Before.Origin.Parameters {
		if name, share, ok := a.commonest(p, plan.FromRare); ok {
			a.warn(fmt.Sprintf("judged with a rare value of %s, as such columns are searched for what is rare: for the most common one (%.0f %% of the rows) it gains less, or nothing", name, share))
		}
	}
	first := a.taken.plans[0]
	if a.Before == first || first.Origin.Class != plan.Heavy {
		return
	}
	for _, p := range first.Origin.Parameters {
		if name, share, ok := a.commonest(p, plan.FromHeavy); ok {
			a.warn(fmt.Sprintf("the figures are for typical values: for the most common one of %s (%.0f %% of the rows) it gains little or nothing", name, share))
		}
	}
}

func (a *Advice) warn(words string) {
	if !slices.Contains(a.Warnings, words) {
		a.Warnings = append(a.Warnings, words)
	}
}

// commonest is the column that a parameter is compared with and the share of the rows, in per cent, that its most common value has; false where that is not large, the
// parameter's value is from elsewhere, or the best draft does not have the column.
func (a *Advice) commonest(p plan.Parameter, from plan.ValueFrom) (name string, share float64, ok bool) {
	if p.From != from || p.Column == "" {
		return "", 0, false
	}
	for _, x := range a.Drafts[0].Indexes {
		at := slices.IndexFunc(a.tables, func(t *table.Table) bool { return t.OID == x.Table })
		if at < 0 || !holds(x, p.Column) {
			continue
		}
		if most := a.tables[at].Columns[p.Column].Commonest; most >= mostHave {
			return sqltext.CleanLine(sqltext.Ident(p.Column)), 100 * most, true
		}
	}
	return "", 0, false
}

func holds(x apply.Index, column string) bool { return slices.Contains(x.Shape.Columns(), column) }
