package judge

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/pgmedic/pgmedic/playbooks/index/others"
	"github.com/pgmedic/pgmedic/playbooks/index/price"
	"github.com/pgmedic/pgmedic/playbooks/index/shape"
	"github.com/pgmedic/pgmedic/playbooks/index/table"
	"github.com/pgmedic/pgmedic/probes/live"
	"github.com/pgmedic/pgmedic/probes/pgerr"
)

// HOTUnknown is said of a draft that is not known to take HOT from updates, nor to leave it.
const HOTUnknown = "whether updates set a column of it, and so would not be HOT any more, is not known: pg_stat_statements does not tell this role of all statements"

// weighOthers says what each draft costs those who write its tables, and what the best one does to the tables' other statements. What cannot be read of them is said, and
// leaves the drafts as they are.
func (a *Advice) weighOthers(ctx context.Context, ask *live.Asker) {
	tables := a.draftedOn()
	for _, t := range tables {
		title := ""
		if len(tables) > 1 {
			title = t.String() + ": "
		}
		if err := a.weighOn(ctx, ask, t, title); err != nil {
			a.Warnings = append(a.Warnings, fmt.Sprintf("what it does to the other statements of %s is not known: %v", t, pgerr.Harmless(err)))
		}
	}
}

// weighOn is weighOthers for one table. The title stands before what is said of it.
func (a *Advice) weighOn(ctx context.Context, ask *live.Asker, t *table.Table, title string) error {
	var statements others.Statements
	err := ask.Read(ctx, func(ctx context.Context, tx pgx.Tx) error {
		var err error
		statements, err = others.Read(ctx, tx, t)
		return err
	})
	updates := statements.Updates(t)
	for i := range a.Drafts {
		v := &a.Drafts[i]
		shapes := v.shapesOn(t)
		if len(shapes) == 0 {
			continue // for another table of the statement
		}
		w := price.WriteOf(t, a.Before.Origin.TakenAt, v.entries[t.OID], updates, shapes...)
		v.Write = strings.TrimPrefix(v.Write+"; "+title+w.String(), "; ")
		v.HOTLost = v.HOTLost || w.HOTLost
		if w.HOTUnknown {
			v.Caveats = append(slices.Clip(v.Caveats), title+HOTUnknown)
		}
		if i > 0 || err != nil {
			continue
		}
		var report others.Report
		report, err = others.Effects(ctx, ask, statements, others.Question{
			Table: t, Indexes: shapes, Entries: v.entries[t.OID], Except: a.QueryID, Text: a.taken.text, Write: w, Updates: updates})
		a.Winners, a.Losers = merged(a.Winners, report.Winners), merged(a.Losers, report.Losers)
		if words := report.String(); words != "" {
			a.Others = strings.TrimPrefix(a.Others+"; "+title+words, "; ")
		}
		v.Weighed = true
	}
	return err
}

// askHypoPG adds HypoPG's second opinion on the best draft's cost where it is another one. It is asked about the statement as it is written.
func (a *Advice) askHypoPG(ctx context.Context, ask *live.Asker) {
	tables := a.draftedOn()
	if len(tables) == 0 || tables[0].Extensions["hypopg"] == "" || len(a.Drafts[0].shapesOn(tables[0])) < len(a.Drafts[0].Indexes) || a.Verdict != Recommended || a.Drafts[0].Cost.Before != a.Before.Root.TotalCost {
		return
	}
	server, err := ask.Server(ctx)
	if err != nil {
		return
	}
	v := &a.Drafts[0]
	err = ask.Read(ctx, func(ctx context.Context, tx pgx.Tx) error {
		opinion, err := price.SecondOpinion(ctx, tx, server, tables[0], a.taken.question, v.shapesOn(tables[0])...)
		if words := opinion.Differs(v.Cost.After); err == nil && words != "" {
			v.Caveats = append(slices.Clip(v.Caveats), words)
		}
		return err
	})
	if err != nil {
		a.Warnings = append(a.Warnings, fmt.Sprintf("HypoPG gave no second opinion: %v", pgerr.Harmless(err)))
	}
}

// draftedOn are the tables of the drafts, those of the best one first.
func (a *Advice) draftedOn() []*table.Table {
	var tables []*table.Table
	for _, v := range a.Drafts {
		for _, x := range v.Indexes {
			i := slices.IndexFunc(a.tables, func(t *table.Table) bool { return t.OID == x.Table })
			if i >= 0 && !slices.Contains(tables, a.tables[i]) {
				tables = append(tables, a.tables[i])
			}
		}
	}
	return tables
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

// merged adds the effects of indexes on a further table: of a statement that reads both, the greater one counts.
func merged(all []Effect, more []others.Effect) []Effect {
	for _, e := range more {
		one := Effect{QueryID: e.QueryID, Statement: e.Statement, Cost: Change{e.Before, e.After}}
		i := slices.IndexFunc(all, func(known Effect) bool { return known.QueryID == one.QueryID && known.Statement == one.Statement })
		switch {
		case i < 0:
			all = append(all, one)
		case math.Abs(one.Cost.After-one.Cost.Before) > math.Abs(all[i].Cost.After-all[i].Cost.Before):
			all[i] = one
		}
	}
	return all
}
