package index

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/playbooks/index/others"
	"github.com/pgmedic/pgmedic/playbooks/index/price"
	"github.com/pgmedic/pgmedic/playbooks/index/shape"
	"github.com/pgmedic/pgmedic/playbooks/index/table"
	"github.com/pgmedic/pgmedic/probes/live"
	"github.com/pgmedic/pgmedic/probes/pgerr"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// hotUnknown is said of a draft that is not known to take HOT from updates, nor to leave it.
const hotUnknown = "whether updates set a column of it, and so would not be HOT any more, is not known: pg_stat_statements does not tell this role of all statements"

// weighOthers says what each draft costs those who write the table, and what the best one does to the table's other statements. What cannot be read of them is said, and
// leaves the drafts as they are.
func (a *Advice) weighOthers(ctx context.Context, ask *live.Asker) {
	t := a.draftedOn()
	if t == nil {
		return
	}
	var statements others.Statements
	err := ask.Read(ctx, func(ctx context.Context, tx pgx.Tx) error {
		var err error
		statements, err = others.Read(ctx, tx, t)
		return err
	})
	updates := statements.Updates(t)
	for i := range a.Drafts {
		v := &a.Drafts[i]
		if len(v.shapesOn(t)) == 0 {
			continue // for another table of the statement
		}
		w := price.WriteOf(t, a.Before.Origin.TakenAt, v.entries, updates, v.shapesOn(t)...)
		v.Write, v.HOTLost = w.String(), w.HOTLost
		if w.HOTUnknown {
			v.Caveats = append(slices.Clip(v.Caveats), hotUnknown)
		}
		if i > 0 || err != nil {
			continue
		}
		var report others.Report
		report, err = others.Effects(ctx, ask, statements, others.Question{
			Table: t, Indexes: v.shapesOn(t), Entries: v.entries, Except: a.QueryID, Text: a.taken.text, Write: w, Updates: updates})
		a.Winners, a.Losers, a.Others = effects(report.Winners), effects(report.Losers), report.String()
		if len(v.shapesOn(t)) < len(v.Indexes) {
			a.Others = strings.TrimPrefix(a.Others+"; those of its other tables were not looked at", "; ")
		}
		v.weighed = true
	}
	if err != nil {
		a.Warnings = append(a.Warnings, fmt.Sprintf("what it does to the table's other statements is not known: %v", pgerr.Harmless(err)))
	}
}

// askHypoPG adds HypoPG's second opinion on the best draft's cost where it is another one. It is asked about the statement as it is written.
func (a *Advice) askHypoPG(ctx context.Context, ask *live.Asker) {
	t := a.draftedOn()
	if t == nil || t.Extensions["hypopg"] == "" || len(a.Drafts[0].shapesOn(t)) < len(a.Drafts[0].Indexes) || a.Verdict != Recommended || a.Drafts[0].Cost.Before != a.Before.Root.TotalCost {
		return
	}
	server, err := ask.Server(ctx)
	if err != nil {
		return
	}
	v := &a.Drafts[0]
	err = ask.Read(ctx, func(ctx context.Context, tx pgx.Tx) error {
		opinion, err := price.SecondOpinion(ctx, tx, server, t, a.taken.question, v.shapesOn(t)...)
		if words := opinion.Differs(v.Cost.After); err == nil && words != "" {
			v.Caveats = append(slices.Clip(v.Caveats), words)
		}
		return err
	})
	if err != nil {
		a.Warnings = append(a.Warnings, fmt.Sprintf("HypoPG gave no second opinion: %v", pgerr.Harmless(err)))
	}
}

// draftedOn is the table of the drafts; nil: there is none.
func (a *Advice) draftedOn() *table.Table {
	if len(a.Drafts) == 0 || len(a.Drafts[0].Indexes) == 0 {
		return nil
	}
	i := slices.IndexFunc(a.tables, func(t *table.Table) bool { return t.OID == a.Drafts[0].Indexes[0].Table })
	if i < 0 {
		return nil
	}
	return a.tables[i]
}

// shapesOn are the variant's indexes on one table.
func (v Variant) shapesOn(t *table.Table) []shape.Index {
	var shapes []shape.Index
	for _, x := range v.Indexes {
		if x.Table == t.OID {
			shapes = append(shapes, x.Shape)
		}
	}
	return shapes
}

// shown are effects for the workbench.
func shown(effects []Effect) []playbooks.Effect {
	var all []playbooks.Effect
	for _, e := range effects {
		all = append(all, playbooks.Effect{Statement: sqltext.OneLine(e.Statement), Now: cost(e.Cost.Before), Value: cost(e.Cost.After)})
	}
	return all
}

func effects(of []others.Effect) []Effect {
	var all []Effect
	for _, e := range of {
		all = append(all, Effect{QueryID: e.QueryID, Statement: e.Statement, Cost: Change{e.Before, e.After}})
	}
	return all
}
