package judge

import (
	"context"
	"fmt"

	"github.com/pgmedic/pgmedic/playbooks/index/price"
	"github.com/pgmedic/pgmedic/playbooks/index/table"
	"github.com/pgmedic/pgmedic/probes/explain"
	"github.com/pgmedic/pgmedic/probes/live"
	"github.com/pgmedic/pgmedic/probes/plan"
)

// taken is a statement with its plans for several classes of values, the class that hurts first.
type taken struct {
	text     string
	plans    []*plan.Plan
	asked    map[*plan.Plan]explain.Question // what takes each plan again
	question explain.Question                // the one whose plan is before, with which after is compared
	samples  map[*table.Table]*price.Sample
	budget   *price.Budget // of the samples
}

// takePlans plans the statement with the values that hurt, and where it has parameters with typical ones and with none: no index is judged by one class alone.
func takePlans(ctx context.Context, ask *live.Asker, q Query) (taken, error) {
	question := explain.Question{Statement: q.Statement, QueryID: q.QueryID, UserOID: q.UserOID, Values: q.Values, Class: plan.Heavy}
	if len(q.Values) > 0 {
		question.Class = plan.Given
	}
	plans, err := plansOf(ctx, ask, question)
	if err != nil {
		return taken{}, fmt.Errorf("planning the statement: %w", err)
	}
	t := newTaken(q.Statement)
	for _, p := range plans {
		t.add(question, p)
	}
	if len(plans[0].Origin.Parameters) == 0 || question.Class == plan.Given {
		return t, nil
	}
	if q.Live != "" {
		live := explain.Question{Statement: q.Live, QueryID: q.QueryID, UserOID: q.UserOID, Class: plan.Given, Constants: q.LiveFrom}
		if p, err := ask.Explain(ctx, live); err == nil {
			t.add(live, p)
		}
	}
	return t, nil
}

func newTaken(text string) taken {
	return taken{text: text, asked: map[*plan.Plan]explain.Question{}, samples: map[*table.Table]*price.Sample{}, budget: price.NewBudget()}
}

// add adds the plan that answers a question. The first is the one to compare with.
func (t *taken) add(q explain.Question, p *plan.Plan) {
	t.plans = append(t.plans, p)
	t.asked[p] = again(q, p)
	if len(t.plans) == 1 {
		t.question = t.asked[p]
	}
}

// plansOf takes the plan of the question, analysed where that is allowed unasked and ends in time, and of a statement whose values are chosen those of the other classes.
func plansOf(ctx context.Context, ask *live.Asker, q explain.Question) ([]*plan.Plan, error) {
	classes := []plan.Class{q.Class}
	if q.Class != plan.Given {
		classes = append(classes, plan.Typical, plan.Generic)
	}
	if !ask.Can().AnalyzesUnasked() {
		return ask.ExplainClasses(ctx, q, classes...)
	}
	q.Analyze = true
	first, err := ask.Explain(ctx, q)
	q.Analyze = false
	if err != nil {
		return ask.ExplainClasses(ctx, q, classes...)
	}
	plans := []*plan.Plan{first}
	if len(first.Origin.Parameters) > 0 && len(classes) > 1 {
		more, _ := ask.ExplainClasses(ctx, q, classes[1:]...) // one class less to judge by
		plans = append(plans, more...)
	}
	return plans, nil
}

// again asks for the same plan once more: the same text and values, so that after can be compared with before.
func again(q explain.Question, before *plan.Plan) explain.Question {
	q.Class, q.Pattern, q.Analyze, q.Values = plan.Given, before.Origin.Pattern, before.Origin.Analyzed, explain.ValuesOf(before)
	return q
}
