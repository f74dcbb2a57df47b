package explain

import (
	"context"
	"fmt"
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
			for _, m := range plan.Meetings(p.WithCalls(condition)) {
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
func (e *explainer) chooseValues(ctx context.Context, class plan.Class) error {
	if err := e.readStatistics(ctx); err != nil {
		return err
	}
	roles := sqltext.Roles(e.statement)
	e.together = nil
	for i := range e.parameters {
		p, known := &e.parameters[i], e.known[i]
		p.Column = sqltext.CleanLine(known.Column)
		if value, ok := e.question.Values[p.N]; ok {
			p.Value, p.From = value, plan.FromGiven
			continue
		}
		p.Value, p.From = known.stats.choose(class, known.Meeting, p.Type, e.isPaired(i))
		if known.Call == plan.Ago {
			p.Value, p.From = e.ago(p.Value, p.Type)
		}
		if p.Value != nil && strings.HasSuffix(p.Type, "[]") && known.Kind == plan.AnyOf {
			array := arrayOf([]*string{p.Value})
			p.Value = &array
		}
		if p.From == plan.FromNone {
			p.Value, p.From = placeholder(p.Type, roles[p.N]), plan.FromNeutral
		}
	}
	if class == plan.Heavy {
		return e.bringTogether(ctx)
	}
	return nil
}

// known is what is known of the values that a parameter meets.
type known struct {
	meeting
	stats *statistics // nil: nothing
}

// readStatistics reads once what the server knows of the columns that the parameters meet.
func (e *explainer) readStatistics(ctx context.Context) error {
	if e.known != nil {
		return nil
	}
	met := meetings(e.valueless)
	reader := statisticsReader{explainer: e, columns: map[meetingKey]*statistics{}, stats: map[columnKey]*statistics{}}
	if err := reader.readAhead(ctx, met); err != nil {
		return err
	}
	for _, p := range e.parameters {
		m, stats, err := reader.worst(ctx, met[p.N])
		if err != nil {
			return err
		}
		e.known = append(e.known, known{m, stats})
	}
	return nil
}

// isPaired says whether another parameter, whose value is chosen too, bounds the same column on the other side.
func (e *explainer) isPaired(i int) bool {
	one := e.known[i]
	for j, other := range e.known {
		_, given := e.question.Values[e.parameters[j].N]
		same := one.Kind == plan.Range && other.Kind == plan.Range && one.key() == other.key() && one.Column != ""
		if same && !given && strings.HasPrefix(one.Op, ">") != strings.HasPrefix(other.Op, ">") {
			return true
		}
	}
	return false
}

// madeUp names the parameters whose values were made up.
func (e *explainer) madeUp() string {
	compared := e.inConditions()
	var found, placeholders []string
	for _, p := range e.parameters {
		name := fmt.Sprintf("$%d", p.N)
		switch {
		case p.From == plan.FromMade:
			found = append(found, name)
		case p.From == plan.FromNeutral && p.Value != nil && compared[name]:
			placeholders = append(placeholders, name)
		}
	}
	var notes []string
	if len(found) > 0 {
		notes = append(notes, "made up to find something, as callers' values are not known: "+strings.Join(found, ", "))
	}
	if len(placeholders) > 0 {
		notes = append(notes, "made up, as nothing is known of callers' values: "+strings.Join(placeholders, ", "))
	}
	return strings.Join(notes, "; ")
}

// inConditions are the parameters that decide which rows are read.
func (e *explainer) inConditions() map[string]bool {
	names := map[string]bool{}
	e.valueless.Walk(func(n *plan.Node, _ int) {
		for _, condition := range []string{n.IndexCond, n.RecheckCond, n.Filter, n.HashCond, n.MergeCond, n.JoinFilter} {
			for _, t := range sqltext.Scan(condition) {
				if t.Kind == sqltext.Parameter {
					names[t.Text] = true
				}
			}
		}
	})
	return names
}

// dropPlaceholders makes NULL of the values that stand for nothing, where one of them did not fit, such as a text that the statement reads as a path; false
// where there are none.
func (e *explainer) dropPlaceholders() bool {
	dropped := false
	for i := range e.parameters {
		if p := &e.parameters[i]; (p.From == plan.FromNeutral || p.From == plan.FromMade) && p.Value != nil {
			p.Value, p.From, dropped = nil, plan.FromNeutral, true
		}
	}
	return dropped
}

// arrayOf writes an array as PostgreSQL reads it; nil: NULL.
func arrayOf(elements []*string) string {
	written := make([]string, len(elements))
	for i, element := range elements {
		written[i] = "NULL"
		if element != nil {
			written[i] = `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(*element) + `"`
		}
	}
	return "{" + strings.Join(written, ",") + "}"
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
