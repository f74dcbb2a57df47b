package judge

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/pgmedic/pgmedic/playbooks/index/rewrite"
	"github.com/pgmedic/pgmedic/playbooks/index/shape"
	"github.com/pgmedic/pgmedic/probes/explain"
	"github.com/pgmedic/pgmedic/probes/live"
	"github.com/pgmedic/pgmedic/probes/plan"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// mostRewrites is how many rewrites of a statement are planned, the most useful first.
const mostRewrites = 3

// asGoodRewritten is how much more than the statement as it is written a rewrite may cost and still be worth showing: it frees an index's column for later. Where it needs
// no expression in an index, it may cost as much more as the smaller of two indexes (asGood).
const asGoodRewritten = 1.05

// littleGained is how much of its cost an index leaves a statement at least that gains little by it.
const littleGained = 0.25

// findsNothing says so of a statement whose conditions no row can meet, which no index helps.
func (a *Advice) findsNothing() bool {
	never := rewrite.Never(sqltext.Repair(a.taken.text, a.known.Version), a.known)
	switch {
	case never != "":
		a.Reason = "no row can meet " + sqltext.CleanLine(sqltext.Redact(never)) + ": the statement finds nothing, whatever the table holds"
	case isEmpty(a.Before):
		a.Reason = "no row can meet its conditions, by all that the planner knows (no comparison with NULL is true; constraints; the bounds of partitions): " +
			"it finds nothing, and reads no table"
	default:
		return false
	}
	a.Verdict, a.Drafts, a.Existing, a.Redundant = None, nil, nil, nil
	a.Instead = "look at what the condition was meant to find"
	return true
}

// isEmpty says whether the plan of a statement without parameters is that there is nothing to find.
func isEmpty(p *plan.Plan) bool {
	if len(p.Origin.Parameters) > 0 {
		return false
	}
	n := p.Root
	for n.OneTimeFilter != "false" && len(n.Children) == 1 && n.Children[0].Relationship == "Outer" { // a subquery that finds nothing is another thing
		n = n.Children[0]
	}
	reads := false
	p.Walk(func(n *plan.Node, _ int) { reads = reads || strings.HasSuffix(n.Type, "Scan") })
	return n.OneTimeFilter == "false" && !reads
}

// considerRewrites plans the statement's rewrites, each with the indexes that there are and the one that it would need, and keeps the best. What cannot be planned is
// left out: the server's word is the last on whether a rewrite is one.
func (a *Advice) considerRewrites(ctx context.Context, ask *live.Asker, q Query) {
	text := sqltext.Repair(a.taken.text, a.known.Version) // interval $1 is none that can be read
	found := rewrite.Of(text, a.known)
	if len(found) > 1 {
		found = append([]rewrite.Rewrite{rewrite.Together(text, found)}, found...)
	}
	written, keysExpression, least := a.after()/a.Before.Root.TotalCost, a.keysExpression(), math.Inf(1)
	for i := range found[:min(len(found), mostRewrites)] {
		r := &found[i]
		other, original, err := a.adviseRewritten(ctx, ask, q, r)
		if err != nil {
			continue
		}
		share, slack := other.after()/original.Root.TotalCost, asGoodRewritten
		if keysExpression && !other.keysExpression() {
			slack = asGood
		}
		if share > min(least, slack*written) {
			continue
		}
		least = share
		a.Wording = Change{original.Root.TotalCost, other.Before.Root.TotalCost}
		a.weigh(other, original, r)
		a.Rewrite, a.Rewritten = r, other.Before
	}
}

// adviseRewritten judges the rewritten statement by the values of the original, under each class, where its parameters are still the same. original is the plan of the
// statement as it is written, for the values that the advice is for.
func (a *Advice) adviseRewritten(ctx context.Context, ask *live.Asker, q Query, r *rewrite.Rewrite) (other Advice, original *plan.Plan, err error) {
	t := newTaken(r.SQL)
	t.samples, t.budget = a.taken.samples, a.taken.budget
	originals := map[*plan.Plan]*plan.Plan{}
	for _, p := range a.taken.plans {
		if p.Origin.Class == plan.Generic || a.taken.asked[p].Statement != a.taken.text {
			continue // without values, or with those of a call, whose text is not the one that is rewritten
		}
		question := explain.Question{Statement: r.SQL, UserOID: q.UserOID, Class: p.Origin.Class}
		if !r.Renumbered {
			question.Values = explain.ValuesOf(p)
		}
		made, err := ask.Explain(ctx, question)
		if err != nil {
			return Advice{}, nil, err
		}
		t.add(question, made)
		originals[made] = p
	}
	if len(t.plans) == 0 {
		return Advice{}, nil, errNoValues
	}
	other, err = adviseAsWritten(ctx, ask, t, a.tables)
	if r.Derived {
		other.Verdict, other.Drafts = None, nil
	}
	return other, originals[other.Before], err
}

// errNoValues is that the statement could not be planned with values, as where the role sees no statistics: then nothing is held against each other.
var errNoValues = errors.New("the statement was planned without values")

// after is what the statement costs with the best draft, or as it is.
func (a *Advice) after() float64 {
	if len(a.Drafts) > 0 {
		return a.Drafts[0].Cost.After
	}
	return a.Before.Root.TotalCost
}

// weigh makes the rewrite the verdict where no index helps the statement as it is written, where the indexes that there are serve the rewrite as well as a new one, or
// where it gains far more with its own and the statement as it is written gains little.
func (a *Advice) weigh(other Advice, original *plan.Plan, r *rewrite.Rewrite) {
	now := original.Root.TotalCost
	plainer := other.Verdict != Recommended || a.keysExpression() && !other.keysExpression()
	serves := r.Equivalent && plainer && other.after() <= max(asGood*a.after(), a.after()+asGoodUnits)
	beats := r.Equivalent && original == a.Before && a.after() > littleGained*now && other.after() <= halving*a.after()
	if other.after() > halving*now || a.Verdict == Recommended && !serves && !beats {
		return
	}
	why := "no index serves it as it is written; rewritten, "
	if a.Verdict == Recommended {
		why = "rewritten it gains more than by an index as it is written: "
	}
	a.Verdict, a.Drafts, a.Redundant, a.Instead = Rewritten, other.Drafts, other.Redundant, ""
	a.taken.question, a.Before = a.taken.asked[original], original
	for i := range a.Drafts {
		a.Drafts[i].Cost.Before = now
	}
	a.Wording.After = other.after()
	a.Reason = why + other.Reason
	if other.Verdict != Recommended {
		a.Reason = fmt.Sprintf("rewritten it needs no new index: its cost is %.4g instead of %.4g", a.Wording.After, a.Wording.Before)
		if other.usesIndex() {
			a.Reason = fmt.Sprintf("%sthe indexes that there are do, at a cost of %.4g instead of %.4g", why, a.Wording.After, a.Wording.Before)
		}
	}
}

// usesIndex says whether the plan reads a table by an index.
func (a *Advice) usesIndex() bool {
	found := false
	a.Before.Walk(func(n *plan.Node, _ int) { found = found || n.Index != "" })
	return found
}

// keysExpression says whether the best draft has an expression as a key, which serves just the statements that have it too.
func (a *Advice) keysExpression() bool {
	return len(a.Drafts) > 0 && slices.ContainsFunc(a.Drafts[0].Indexes[0].Shape.Keys, func(k shape.Key) bool { return k.Column == "" })
}

// typesOf are the parameters' types, in their order.
func typesOf(p *plan.Plan) []string {
	var types []string
	for _, parameter := range p.Origin.Parameters {
		types = append(types, parameter.Type)
	}
	return types
}
