// Package judge works out what helps one statement. It takes its plans for several classes of values, prices what could serve each scan under all of them, and chooses:
// an index, several, another wording, one that is there, or nothing, with the reason. It reads only.
package judge

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/playbooks/index/apply"
	"github.com/pgmedic/pgmedic/playbooks/index/shape"
	"github.com/pgmedic/pgmedic/playbooks/index/table"
	"github.com/pgmedic/pgmedic/probes/live"
	"github.com/pgmedic/pgmedic/probes/pgerr"
	"github.com/pgmedic/pgmedic/probes/plan"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// headline is how much of a statement an error shows, in characters.
const headline = 60

// Query is a statement to advise on.
type Query struct {
	Statement string // with $n or literals
	QueryID   int64
	UserOID   uint32          // of the role that runs it; 0: not known
	Values    map[int]*string // of its parameters, nil: NULL; those left out are chosen from pg_stats
	Live      string          // the same as a client sent it, with constants; empty: not known
	LiveFrom  string          // in words, whose constants those are
	Patience  time.Duration   // after which a draft stands without what is said beside it: rewrites, other statements, a second opinion; 0: none
}

// Statement works out what helps a statement. It reads only: plans, the catalogue, and a bounded sample of the table. The error is for what could not be judged; that
// nothing helps is an Advice.
func Statement(ctx context.Context, ask *live.Asker, q Query) (Advice, error) {
	began := time.Now()
	taken, err := takePlans(ctx, ask, q)
	if err != nil {
		return Advice{}, err
	}
	a, err := adviseAsWritten(ctx, ask, taken, nil)
	if err != nil {
		return Advice{}, err
	}
	if kept := ask.Kept(); kept != "" {
		a.Warnings = append(a.Warnings, kept)
	}
	if a.findsNothing() || a.insertsValues() {
		return a, nil
	}
	isLate := func() bool { return a.Verdict == Recommended && q.Patience > 0 && time.Since(began) > q.Patience }
	steps := []step{
		{"rewrites", func() { a.considerRewrites(ctx, ask, q) }},
		{"what it does to other statements", func() { a.weighOthers(ctx, ask) }},
		{"HypoPG's opinion", func() { a.askHypoPG(ctx, ask) }},
	}
	for i, s := range steps {
		if isLate() {
			a.Warnings = append(a.Warnings, "the server answers slowly, so it was not asked for "+names(steps[i:])+": draft again when it is calm")
			break
		}
		s.do()
	}
	err = a.plan(ctx, ask)
	var no *playbooks.NoDraft
	if errors.As(err, &no) {
		a.Verdict, a.Drafts, a.Reason, a.Instead = None, nil, no.Reason, no.Instead
		a.Winners, a.Losers, a.Others = nil, nil, ""
		return a, nil
	}
	return a, err
}

// step is what is found out beside the draft.
type step struct {
	name string
	do   func()
}

func names(steps []step) string {
	var all []string
	for _, s := range steps {
		all = append(all, s.name)
	}
	return strings.Join(all, ", ")
}

// adviseAsWritten leaves the statement's words alone.
func adviseAsWritten(ctx context.Context, ask *live.Asker, taken taken, known []*table.Table) (Advice, error) {
	before := taken.plans[0]
	a := Advice{Statement: before.Origin.Statement, QueryID: before.Origin.QueryID, Before: before, Verdict: None, taken: taken}
	err := ask.Read(ctx, func(ctx context.Context, tx pgx.Tx) error {
		d := newDesk(tx, taken, known)
		judged, err := d.judge(ctx)
		if err == nil && len(judged) == 0 {
			err = d.readForeign(ctx)
		}
		if err != nil {
			return err
		}
		a.known, a.Facts, a.tables = d.known(), d.facts(), d.read
		return a.conclude(ctx, judged)
	})
	if err == nil {
		return a, nil
	}
	var no *playbooks.NoDraft
	if errors.As(err, &no) {
		a.Reason, a.Instead = no.Reason, no.Instead
		return a, nil
	}
	return Advice{}, fmt.Errorf("judging what helps %s: %w", sqltext.Headline(a.Statement, headline), pgerr.Harmless(err))
}

// plan plans the statements of each draft by what is there now.
func (a *Advice) plan(ctx context.Context, ask *live.Asker) error {
	var orders []apply.Order
	for _, v := range a.Drafts {
		orders = append(orders, a.order(v))
	}
	if len(orders) == 0 {
		return nil
	}
	return ask.Read(ctx, func(ctx context.Context, tx pgx.Tx) error {
		planned, err := apply.Plan(ctx, tx, orders...)
		if err != nil {
			return fmt.Errorf("planning the statements of the build: %w", err)
		}
		for i, p := range planned {
			a.Drafts[i].Planned, a.Drafts[i].SQL = p, p.SQL()
		}
		return nil
	})
}

// order is what a variant builds, and the plan that shows what it gains.
func (a *Advice) order(v Variant) apply.Order {
	question, before := a.taken.question, a.Before
	again := func(ctx context.Context, ask *live.Asker) (*plan.Plan, error) {
		after, err := ask.Explain(ctx, question)
		if err == nil && after.Origin.Values != before.Origin.Values {
			return nil, errors.New("it was planned with other values than before")
		}
		return after, err
	}
	return apply.Order{Indexes: v.Indexes, Before: before, Again: again}
}

// Renamed is the variant with another name for its first index, planned anew.
func (a *Advice) Renamed(ctx context.Context, ask *live.Asker, v Variant, name string) (Variant, error) {
	if err := shape.ValidName(name); err != nil {
		return Variant{}, err
	}
	v.Indexes = slices.Clone(v.Indexes)
	v.Indexes[0].Name = name
	again := Advice{Before: a.Before, Drafts: []Variant{v}, taken: a.taken}
	err := again.plan(ctx, ask)
	return again.Drafts[0], err
}

// Classes are those of the values that it was judged under, the one that hurts first.
func (a *Advice) Classes() []plan.Class {
	var classes []plan.Class
	for _, p := range a.taken.plans {
		classes = append(classes, p.Origin.Class)
	}
	return classes
}
