package index

import (
	"slices"

	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/probes/plan"
)

// condition is a conjunct that an index could use, with the SQL that asks the planner about it.
type condition struct {
	plan.Condition
	asks string
}

// conditions are a scan's conjuncts by what an index could do with them, in the statement's order.
type conditions struct {
	partial  []condition // NULL tests and booleans
	equal    []condition
	ranges   []condition
	hopeless []plan.Condition   // the column stands inside an expression
	left     []playbooks.Reason // columns that are no keys, and why
}

// sorted sorts a scan's conjuncts. The planner makes "done = $1" with true into "done": such a boolean is no predicate, because the statement
// asks for either value.
func sorted(found []plan.Condition, t *table, parameters []plan.Parameter) conditions {
	var cs conditions
	for _, c := range found {
		col, known := t.Columns[c.Column]
		switch {
		case c.Kind == plan.NonSargable || c.Cast != "" && !relabels(c.Cast, col):
			cs.hopeless = append(cs.hopeless, c)
		case known && c.Kind == plan.Boolean && slices.ContainsFunc(parameters, func(p plan.Parameter) bool { return p.Column == c.Column }):
			cs.equal = append(cs.equal, condition{c, question(c, col.Type)})
		case known:
			cs.add(condition{c, question(c, col.Type)}, col)
		}
	}
	return cs
}

// relabels says whether a cast leaves the column's values as they are, so that an index on the column serves the cast too.
func relabels(cast string, col column) bool { return cast == "text" && col.TypeName == "varchar" }

func (cs *conditions) add(c condition, col column) {
	if isPredicate(c.Condition) {
		cs.partial = append(cs.partial, c)
		return
	}
	if c.Kind != plan.Equality && c.Kind != plan.AnyOf && c.Kind != plan.Range {
		return
	}
	if why := col.unfit(); why != "" {
		cs.left = append(cs.left, playbooks.Reason{Part: c.Column, Why: "left out: " + why})
		return
	}
	if c.Kind == plan.Range {
		cs.ranges = append(cs.ranges, c)
		return
	}
	cs.equal = append(cs.equal, c)
}
