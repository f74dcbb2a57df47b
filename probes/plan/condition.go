package plan

import (
	"slices"
	"strconv"
	"strings"
)

// Kind classifies a conjunct by what an index could do with it.
type Kind string

// The kinds of conjuncts. What the reader does not know is Opaque, never a wrong kind.
const (
	Equality    Kind = "equality" // column = value
	AnyOf       Kind = "any of"   // column = ANY (values)
	Range       Kind = "range"    // column <, <=, >, >= value
	IsNull      Kind = "is null"
	IsNotNull   Kind = "is not null"
	Boolean     Kind = "boolean"      // column, or NOT column
	NotEqual    Kind = "not equal"    // column <> value, or column <> ALL (values)
	NonSargable Kind = "not sargable" // the column stands inside a function or an expression: no index on it can serve
	Opaque      Kind = "opaque"       // Column, Op and Value are set where it is column Op value with an operator of no kind above, such as @>
)

// Condition is one conjunct of a condition that the server printed.
type Condition struct {
	Text      string // as printed
	Kind      Kind
	Column    string // the column without its qualifier, unquoted; of NonSargable the one column inside, where there is just one
	Qualifier string // of the column, as printed, unquoted: as a rule the alias of its relation; empty where none stands
	Cast      string // a cast around the column that keeps an index usable where it only relabels: "text" does for varchar, for uuid or a COLLATE not
	Op        string // the operator as printed, for example "="; turned round where the column stands on the right
	Value     string // the other side as printed, for example "$6" or "'x'::text"
	Param     int    // n where the column itself is compared with $n (with or without casts); 0 otherwise, of NonSargable always
	Join      bool   // the other side holds another relation's column
	Negated   bool   // Boolean: NOT column
}

// Conjuncts splits a condition as EXPLAIN prints it (Index Cond, Filter, …) at its top-level ANDs and classifies each. It reads the predicates of
// pg_get_expr too. Before version 17 the result of an InitPlan is printed like a parameter: Param may then be no parameter of the statement.
func Conjuncts(condition string) []Condition {
	if condition == "" {
		return nil
	}
	var conditions []Condition
	for _, e := range readExpression(condition).conjuncts() {
		conditions = append(conditions, classify(e))
	}
	return conditions
}

func (e *expression) conjuncts() []*expression {
	if e.form != and {
		return []*expression{e}
	}
	var all []*expression
	for _, arg := range e.args {
		all = append(all, arg.conjuncts()...)
	}
	return all
}

func classify(e *expression) Condition {
	c := Condition{Text: e.text, Kind: Opaque}
	switch e.form {
	case column:
		c.setColumn(e)
		c.Kind = Boolean
	case not:
		if c.setColumn(e.args[0]) {
			c.Kind, c.Negated = Boolean, true
		}
	case isTest:
		c.classifyTest(e)
	case operation:
		c.classifyOperation(e)
	case anyOf, allOf:
		c.classifyArray(e)
	}
	return c
}

func (c *Condition) classifyTest(e *expression) {
	if !c.setColumn(e.args[0]) {
		if e.name == "NULL" || e.name == "NOT NULL" {
			c.classifyHidden(e)
		}
		return
	}
	switch e.name {
	case "NULL":
		c.Kind = IsNull
	case "NOT NULL":
		c.Kind = IsNotNull
	case "TRUE", "FALSE":
		c.Kind, c.Negated = Boolean, e.name == "FALSE"
	}
}

func (c *Condition) classifyOperation(e *expression) {
	left, right, op := e.args[0], e.args[1], e.name
	if left.form == row || right.form == row || op == distinctFrom {
		return // rules of its own, or no index serves it
	}
	if !left.isColumn() && right.isColumn() && isComparison(op) {
		left, right, op = right, left, turned(op)
	}
	switch {
	case left.isColumn():
		c.compareColumn(left, op, right, comparisonKind(op))
		if c.Kind == Equality && (right.text == "true" || right.text == "false") {
			c.Kind, c.Negated = Boolean, right.text == "false"
		}
	case isComparison(op):
		c.classifyHidden(e)
		c.setOtherSide(left, op, right)
	}
}

func (c *Condition) classifyArray(e *expression) {
	kind := Opaque
	switch {
	case e.form == anyOf && e.name == "=":
		kind = AnyOf
	case e.form == allOf && e.name == "<>":
		kind = NotEqual
	}
	if e.args[0].isColumn() {
		c.compareColumn(e.args[0], e.name, e.args[1], kind)
		return
	}
	c.classifyHidden(e)
}

// compareColumn classifies a column's comparison with the other side, which is a value only where it is the same for all rows of the column's relation.
func (c *Condition) compareColumn(side *expression, op string, other *expression, kind Kind) {
	if other.holds(unsteady) {
		return
	}
	columns := other.columns()
	ownColumn := func(o *expression) bool { return o.qualifier == side.bare().qualifier }
	if slices.ContainsFunc(columns, ownColumn) {
		if isComparison(op) {
			c.Kind = NonSargable
		}
		return
	}
	c.setColumn(side)
	c.Kind, c.Op, c.Value = kind, op, strings.TrimSpace(other.text)
	c.Param = other.parameter()
	c.Join = len(columns) > 0
}

// classifyHidden classifies a comparison or a test whose column stands inside an expression.
func (c *Condition) classifyHidden(e *expression) {
	columns := e.columns()
	if len(columns) == 0 || e.holds(isUnknown) {
		return
	}
	c.Kind = NonSargable
	for _, other := range columns[1:] {
		if other.name != columns[0].name || other.qualifier != columns[0].qualifier {
			return
		}
	}
	c.Column, c.Qualifier = columns[0].name, columns[0].qualifier
}

// setOtherSide keeps the side of a NonSargable comparison that holds no column.
func (c *Condition) setOtherSide(left *expression, op string, right *expression) {
	switch {
	case c.Kind != NonSargable:
	case len(right.columns()) == 0:
		c.Op, c.Value = op, right.text
	case len(left.columns()) == 0:
		c.Op, c.Value = turned(op), left.text
	}
}

// setColumn takes the column of an expression that is nothing but one; false where it is more.
func (c *Condition) setColumn(e *expression) bool {
	if !e.isColumn() {
		return false
	}
	if e.form == cast {
		c.Cast = e.name
	}
	c.Column, c.Qualifier = e.bare().name, e.bare().qualifier
	return true
}

// isColumn says whether the expression is a column, or one with a cast that may only relabel it.
func (e *expression) isColumn() bool {
	relabels := e.form == cast && slices.Contains([]string{"text", "character varying", "inet", "oid"}, e.name)
	return e.form == column || relabels && e.args[0].form == column
}

// bare returns the expression without the casts around it.
func (e *expression) bare() *expression {
	for e.form == cast {
		e = e.args[0]
	}
	return e
}

// parameter returns n of $n, with or without casts; 0 where it is something else.
func (e *expression) parameter() int {
	bare := e.bare()
	n, err := strconv.Atoi(bare.name)
	if bare.form != param || err != nil {
		return 0
	}
	return n
}

// columns returns the columns in the expression, in their order.
func (e *expression) columns() []*expression {
	if e.form == column {
		return []*expression{e}
	}
	var found []*expression
	for _, arg := range e.args {
		found = append(found, arg.columns()...)
	}
	return found
}

func (e *expression) holds(test func(*expression) bool) bool {
	return test(e) || slices.ContainsFunc(e.args, func(arg *expression) bool { return arg.holds(test) })
}

func isUnknown(e *expression) bool { return e.form == unknown }

// unsteady says whether the expression could be a different value for every row, as random() is: then no index can look for it.
func unsteady(e *expression) bool {
	return e.form == unknown || e.form == call && !slices.Contains(strings.Fields(steadyCalls), e.name) && e.name != ""
}

// steadyCalls are functions of pg_catalog that are stable or immutable and that people compare columns with; others may be anything.
const steadyCalls = `COALESCE GREATEST LEAST NULLIF SUBSTRING POSITION OVERLAY TRIM EXTRACT abs btrim ceil concat current_setting date_part date_trunc extract
 floor left length lower ltrim make_date make_interval make_timestamp make_timestamptz md5 now replace right round rtrim statement_timestamp substr substring
 timezone to_date to_timestamp transaction_timestamp upper`

func isComparison(op string) bool { return comparisonKind(op) != Opaque }

func comparisonKind(op string) Kind {
	switch op {
	case "=":
		return Equality
	case "<>":
		return NotEqual
	case "<", "<=", ">", ">=":
		return Range
	}
	return Opaque
}

// turned returns the comparison with its sides exchanged.
func turned(op string) string {
	switch op[0] {
	case '<':
		if op == "<>" {
			return op
		}
		return ">" + op[1:]
	case '>':
		return "<" + op[1:]
	}
	return op
}
