package index

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/playbooks/index/apply"
	"github.com/pgmedic/pgmedic/playbooks/index/table"
	"github.com/pgmedic/pgmedic/probes/live"
	"github.com/pgmedic/pgmedic/probes/pgerr"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// Query is a statement to advise on.
type Query struct {
	Statement string // with $n or literals
	QueryID   int64
	UserOID   uint32          // of the role that runs it; 0: not known
	Values    map[int]*string // of its parameters, nil: NULL; those left out are chosen from pg_stats
	Live      string          // the same as a client sent it, with constants; empty: not known
	LiveFrom  string          // in words, whose constants those are
}

// Advise works out what helps a statement. It reads only: plans, the catalogue, and a bounded sample of the table. The error is for what could not be judged; that
// nothing helps is an Advice.
func Advise(ctx context.Context, ask *live.Asker, q Query) (Advice, error) {
	taken, err := takePlans(ctx, ask, q)
	if err != nil {
		return Advice{}, err
	}
	a, err := adviseAsWritten(ctx, ask, taken, nil)
	if err != nil {
		return Advice{}, err
	}
	a.considerRewrites(ctx, ask, q)
	a.weighOthers(ctx, ask)
	a.askHypoPG(ctx, ask)
	return a, nil
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
		a.known, a.facts, a.tables = d.known(), d.facts(), d.read
		a.conclude(judged)
		return a.plan(ctx, tx)
	})
	if err == nil {
		return a, nil
	}
	var no *playbooks.NoDraft
	if errors.As(err, &no) {
		a.Reason, a.Instead = no.Reason, no.Instead
		return a, nil
	}
	return Advice{}, fmt.Errorf("judging what helps %s: %w", sqltext.Headline(a.Statement, titleWidth), pgerr.Harmless(err))
}

// plan writes down every statement of each draft, by what is there now.
func (a *Advice) plan(ctx context.Context, tx pgx.Tx) error {
	for i := range a.Drafts {
		steps, err := apply.Steps(ctx, tx, apply.Order{Indexes: a.Drafts[i].Indexes})
		if err != nil {
			return fmt.Errorf("planning the statements of the build: %w", err)
		}
		for _, s := range steps {
			a.Drafts[i].SQL = append(a.Drafts[i].SQL, s.SQL)
		}
	}
	return nil
}
