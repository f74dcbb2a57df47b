package explain

import (
	"context"
	"strings"

	"github.com/pgmedic/pgmedic/probes/plan"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// meeting is the column or expression of a relation that a parameter is compared with.
type meeting struct {
	plan.Meeting
	schema, relation string
}

// meetings finds the columns that each parameter meets in the conditions of a plan, joins' included: those themselves first, then expressions on one. A
// parameter that meets the key of a join meets the columns on both sides.
func meetings(p *plan.Plan) map[int][]meeting {
	relations := relationsOf(p)
	columns, expressions := map[int][]meeting{}, map[int][]meeting{}
	p.Walk(func(n *plan.Node, _ int) {
		if n.Relation == "" && n.Index != "" {
			return // a bitmap index scan: its heap scan repeats the condition
		}
		for _, condition := range []string{n.IndexCond, n.RecheckCond, n.Filter, n.HashCond, n.MergeCond, n.JoinFilter} {
			for _, m := range plan.Meetings(condition) {
				of, known := relations[m.Qualifier]
				if m.Qualifier == "" {
					of, known = n, n.Relation != ""
				}
				if !known {
					continue
				}
				if m.Expression == "" {
					columns[m.Param] = append(columns[m.Param], meeting{m, of.Schema, of.Relation})
				} else {
					expressions[m.Param] = append(expressions[m.Param], meeting{m, of.Schema, of.Relation})
				}
			}
		}
	})
	for n, met := range expressions {
		columns[n] = append(columns[n], met...)
	}
	return columns
}

// relationsOf returns the node that scans each relation, by its alias, which is unique in a plan.
func relationsOf(p *plan.Plan) map[string]*plan.Node {
	relations := map[string]*plan.Node{}
	p.Walk(func(n *plan.Node, _ int) {
		if n.Relation != "" {
			relations[n.Alias] = n
		}
	})
	return relations
}

// chooseValues gives every parameter a value: what the question says, else what the statistics know of its column, else a placeholder.
func (e *explainer) chooseValues(ctx context.Context, generic *plan.Plan) error {
	met := meetings(generic)
	roles := sqltext.Roles(e.statement)
	known := statisticsReader{explainer: e, columns: map[meetingKey]*statistics{}}
	for i := range e.parameters {
		p := &e.parameters[i]
		m, stats, err := known.worst(ctx, met[p.N])
		if err != nil {
			return err
		}
		p.Column = sqltext.CleanLine(m.Column)
		if value, ok := e.question.Values[p.N]; ok {
			p.Value, p.From = value, plan.FromGiven
			continue
		}
		p.Value, p.From = stats.choose(e.question.Class, m.Meeting)
		if p.Value != nil && strings.HasSuffix(p.Type, "[]") && m.Kind == plan.AnyOf {
			array := arrayOfOne(*p.Value)
			p.Value = &array
		}
		if p.From == plan.FromNone {
			p.Value, p.From = placeholder(p.Type, roles[p.N]), plan.FromNeutral
		}
	}
	return nil
}

// dropPlaceholders makes NULL of the values that stand for nothing, where one of them did not fit, such as a text that the statement reads as a path; false
// where there are none.
func (e *explainer) dropPlaceholders() bool {
	dropped := false
	for i := range e.parameters {
		if p := &e.parameters[i]; p.From == plan.FromNeutral && p.Value != nil {
			p.Value, dropped = nil, true
		}
	}
	return dropped
}

// arrayOfOne writes an array of one element as PostgreSQL reads it.
func arrayOfOne(element string) string {
	return `{"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(element) + `"}`
}

// Values makes a question's values of texts.
func Values(texts map[int]string) map[int]*string {
	values := map[int]*string{}
	for n, text := range texts {
		values[n] = &text
	}
	return values
}

// ValuesOf returns the values that a plan was made with, NULL too.
func ValuesOf(p *plan.Plan) map[int]*string {
	values := map[int]*string{}
	for _, parameter := range p.Origin.Parameters {
		values[parameter.N] = parameter.Value
	}
	return values
}
