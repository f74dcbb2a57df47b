package candidate

import (
	"slices"

	"github.com/jackc/pgx/v5/pgtype"
	"github.com/pgmedic/pgmedic/playbooks/index/shape"
	"github.com/pgmedic/pgmedic/playbooks/index/table"
	"github.com/pgmedic/pgmedic/probes/plan"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// predicate is the condition as a part of an index's predicate; false where it cannot be one: it is not the same for every run of the statement, or
// could keep rows that change with time.
func (a *asked) predicate(c plan.Condition) (part, bool) {
	column, known := a.Table.Columns[c.Column]
	if !known || c.Join || !a.spoken(c.Value) || c.Cast != "" && !relabels(c.Cast, column) {
		return part{}, false
	}
	p := part{conditions: []plan.Condition{c}, share: a.share(c)}
	p.clause = shape.Clause{SQL: sqlOf(c), Columns: []string{c.Column}}
	switch c.Kind {
	case plan.IsNull:
		p.why = "only rows where it is NULL"
	case plan.IsNotNull:
		p.why = "only rows where it is not NULL"
		if column.NotNull {
			return part{}, false
		}
	case plan.Boolean:
		p.why = "only rows where it is " + map[bool]string{false: "true", true: "false"}[c.Negated]
		if a.open(c) {
			return part{}, false
		}
	case plan.NotEqual, plan.Equality, plan.AnyOf:
		p.why = "only rows of the constant that the statement names"
		if c.Kind == plan.NotEqual {
			p.why = "without the rows that the statement leaves out"
		}
		if a.open(c) || !isLiteral(c.Value) || isConstant(c) && !isRare(column, c) {
			return part{}, false
		}
	case plan.Opaque:
		p.why = "only rows in the state that the statement asks for"
		if p.share, known = stateTested(column, p.clause.SQL); !known {
			return part{}, false
		}
	default:
		return part{}, false
	}
	return p, true
}

// stateTested is the share of the rows that a test of a boolean column keeps which counts NULL as one of both; false where it is none.
func stateTested(column table.Column, test string) (share float64, ok bool) {
	before := sqltext.Ident(column.Name) + " IS "
	switch test {
	case before + "NOT TRUE":
		return 1 - column.Common["t"], column.Analysed
	case before + "NOT FALSE":
		return 1 - column.Common["f"], column.Analysed
	case before + "UNKNOWN":
		return column.NullFrac, column.Analysed
	}
	return 0, false
}

// mostlyNull is the share of NULLs from which an index leaves them out where no condition finds them.
const mostlyNull = 0.9

// addNotNull adds the predicate that a comparison of a column that is NULL in most rows implies: no NULL meets it, be it with a constant or a join's other side.
func (a *asked) addNotNull(c plan.Condition) {
	column, known := a.Table.Columns[c.Column]
	strict := slices.Contains([]plan.Kind{plan.Equality, plan.AnyOf, plan.Range}, c.Kind)
	if !known || !strict || c.Cast != "" || column.NotNull || !column.Analysed || column.NullFrac < mostlyNull {
		return
	}
	sql := sqltext.Ident(c.Column) + " IS NOT NULL"
	if slices.ContainsFunc(a.where, func(p part) bool { return p.clause.SQL == sql }) ||
		slices.ContainsFunc(a.Conditions, func(other plan.Condition) bool { return other.Kind == plan.IsNotNull && other.Column == c.Column }) {
		return
	}
	implied := plan.Condition{Kind: plan.IsNotNull, Column: c.Column, Columns: []string{c.Column}, Text: "(" + sql + ")"}
	a.where = append(a.where, part{conditions: []plan.Condition{implied}, clause: shape.Clause{SQL: sql, Columns: []string{c.Column}},
		why: "only rows where it is not NULL: the comparison finds no others", share: 1 - column.NullFrac, implied: true})
}

// isConstant says whether a predicate of the condition is about one value, or a few, of which other statements look for others.
func isConstant(c plan.Condition) bool { return c.Kind == plan.Equality || c.Kind == plan.AnyOf }

// What a constant keeps of a table for an index to be about it alone.
const (
	rareShare = 0.05 // of the rows, at most
	rareness  = 0.5  // of the rows that a value of the column has in the mean, at most
)

// isRare says whether the condition's constants are much rarer than the column's other values, by its most common ones: a state that is looked for
// because it is rare, as status = 'failed', and not one of many that are as common as each other. Of what the statistics do not know nothing is said.
func isRare(column table.Column, c plan.Condition) bool {
	values, ok := constantsOf(c)
	if !ok || len(values) == 0 || !IsState(column) {
		return false
	}
	share := 0.0
	for _, value := range values {
		of, common := column.Common[value]
		alone := column.Distinct == 1 && column.NullFrac > 1-rareShare // the other rows have none
		if !common || !alone && of > rareness*(1-column.NullFrac)/column.Distinct {
			return false
		}
		share += of
	}
	return share <= rareShare
}

// constantsOf are the texts of the constants that a condition compares with.
func constantsOf(c plan.Condition) ([]string, bool) {
	text := constantText(c.Value)
	if c.Kind != plan.AnyOf {
		return []string{text}, true
	}
	var values []string
	err := pgtype.NewMap().Scan(pgtype.TextArrayOID, pgtype.TextFormatCode, []byte(text), &values)
	return values, err == nil
}

// open says whether the condition's value is a parameter of the statement, though the plan may show the value that it was planned with.
func (a *asked) open(c plan.Condition) bool {
	if c.Param > 0 || holds(c.Text, "$") {
		return true
	}
	return slices.ContainsFunc(a.Parameters, func(p plan.Parameter) bool { return p.Column == c.Column })
}

// predicates are the predicates worth a price: none, all states together, each alone, and with a constant. A predicate on what the statement names by
// a constant ranks behind one on a state (NULL, boolean, what is left out): other statements look for other constants and cannot use it. One that a
// comparison implies comes last.
func (a *asked) predicates() []choice {
	var states, constants, implied []part
	for _, p := range a.where {
		switch {
		case p.implied:
			implied = append(implied, p)
		case isConstant(p.conditions[0]):
			constants = append(constants, p)
		default:
			states = append(states, p)
		}
	}
	all := []choice{{}}
	if len(states) > 1 {
		all = append(all, choice{states, 0})
	}
	for i := range states {
		rank := 2
		if len(states) == 1 {
			rank = 0
		}
		all = append(all, choice{states[i : i+1], rank})
	}
	for i := range constants {
		all = append(all, choice{constants[i : i+1], 2})
		if len(states) > 0 {
			all = append(all, choice{slices.Concat(states, constants[i:i+1]), 3})
		}
	}
	for i := range implied {
		all = append(all, choice{implied[i : i+1], 3})
		if len(states) > 0 {
			all = append(all, choice{slices.Concat(implied[i:i+1], states), 4})
		}
	}
	return all
}
