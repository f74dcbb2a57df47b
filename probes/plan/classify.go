package plan

import (
	"slices"
	"strings"
)

// classifier fills in one condition on the relation of an alias.
type classifier struct {
	*Condition
	alias  string
	steady map[string]bool // functions that are known besides steadyCalls
}

func classify(e *expression, alias string, steady map[string]bool) Condition {
	condition := Condition{Text: e.text, Kind: Opaque}
	c := classifier{&condition, alias, steady}
	c.nameColumns(e)
	if len(c.Columns) == 0 {
		return condition
	}
	switch e.form {
	case column:
		c.setColumn(e)
		c.Kind = Boolean
	case not:
		c.classifyNot(e.args[0])
	case isTest:
		c.classifyTest(e)
	case operation:
		c.classifyOperation(e)
	case anyOf, allOf:
		c.classifyArray(e)
	case or:
		c.classifyOr(e)
	case call, cast: // a conjunct is a boolean
		if e.name == "starts_with" && len(e.args) == 2 && e.args[0].isColumn() && !c.holdsOwn(e.args[1]) {
			c.compare(e.args[0], "^@", e.args[1], operatorKind("^@", e.args[1]))
		} else {
			c.hide(e, Boolean)
		}
	}
	return condition
}

// nameColumns lists the columns of the relation.
func (c classifier) nameColumns(e *expression) {
	for _, col := range e.columns() {
		if c.owns(col) {
			c.Qualifier = col.qualifier
			c.Columns = appendOnce(c.Columns, col.name)
		}
	}
}

func appendOnce(names []string, name string) []string {
	if slices.Contains(names, name) {
		return names
	}
	return append(names, name)
}

// owns says whether a column is the relation's.
func (c classifier) owns(col *expression) bool {
	return col.qualifier == c.alias || col.qualifier == ""
}

// holdsOwn says whether one of the relation's columns stands in the expression.
func (c classifier) holdsOwn(e *expression) bool { return slices.ContainsFunc(e.columns(), c.owns) }

func (c classifier) classifyNot(negated *expression) {
	switch {
	case c.setColumn(negated):
		c.Kind, c.Negated = Boolean, true
	case negated.form == call || negated.form == cast:
		c.hide(negated, Boolean)
		c.Negated = c.Kind == NonSargable
	}
}

func (c classifier) classifyTest(e *expression) {
	kind, tested := Opaque, e.args[0]
	switch e.name {
	case "NULL":
		kind = IsNull
	case "NOT NULL":
		kind = IsNotNull
	case "TRUE", "FALSE":
		kind = Boolean
	}
	switch {
	case c.setColumn(tested):
		c.Kind = kind
	case kind != Opaque:
		c.hide(tested, kind)
	}
	c.Negated = c.Kind != Opaque && e.name == "FALSE"
}

func (c classifier) classifyOperation(e *expression) {
	left, right, op := e.args[0], e.args[1], e.name
	if !c.holdsOwn(left) {
		left, right, op = right, left, turned(op)
	}
	switch {
	case op == "" || op == distinctFrom: // it cannot be turned round, or no index serves it
	case left.form == row || right.form == row:
		c.classifyRows(left, op, right)
	case c.holdsOwn(right):
		if isComparison(op) {
			c.hide(e, Opaque)
		}
	default:
		c.compare(left, op, right, operatorKind(op, right))
		if c.Kind == Equality && (right.text == "true" || right.text == "false") {
			c.Kind, c.Negated = Boolean, right.text == "false"
		}
	}
}

// classifyArray reads column = ANY (values), and value = ANY (column).
func (c classifier) classifyArray(e *expression) {
	element, array := e.args[0], e.args[1]
	kind := Opaque
	switch {
	case e.form == anyOf && e.name == "=":
		kind = AnyOf
	case e.form == allOf && e.name == "<>":
		kind = NotEqual
	}
	switch {
	case !c.holdsOwn(array):
		c.compare(element, e.name, array, kind)
		if c.Kind == Opaque && !element.isColumn() && !array.holds(isUnknown) {
			c.hide(element, Opaque)
		}
	case c.holdsOwn(element) || kind != AnyOf || element.holds(c.unsteady):
		c.hide(array, Opaque)
	default:
		if c.hide(array, Contains) {
			c.setOther(e.name, element)
		}
	}
}

// classifyRows reads a comparison of rows that is about columns on one side and values on the other.
func (c classifier) classifyRows(left *expression, op string, right *expression) {
	bare := func(e *expression) bool { return e.isColumn() && c.owns(e.bare()) }
	if comparisonKind(op) != Range || left.form != row || right.form != row || len(left.args) != len(right.args) || len(c.Columns) != len(left.args) ||
		!all(left.args, bare) || c.holdsOwn(right) || right.holds(c.unsteady) {
		return
	}
	for i := len(left.args) - 1; i >= 0; i-- {
		c.setColumn(left.args[i])
	}
	c.Kind = RowRange
	c.setOther(op, right)
}

// classifyOr reads the arms, each as a condition on the same relation.
func (c classifier) classifyOr(e *expression) {
	c.Kind = Disjunction
	for _, arm := range e.flat(or) {
		var conjuncts []Condition
		for _, conjunct := range arm.conjuncts() {
			conjuncts = append(conjuncts, classify(conjunct, c.alias, c.steady))
		}
		c.Arms = append(c.Arms, conjuncts)
	}
	c.Join = slices.ContainsFunc(e.columns(), func(col *expression) bool { return !c.owns(col) })
}

// compare classifies the comparison of a side that holds the relation's columns with one that holds none. That is a value only where it is the same
// for all rows of the relation.
func (c classifier) compare(side *expression, op string, other *expression, kind Kind) {
	switch {
	case other.holds(isUnknown):
	case side.isColumn():
		if !other.holds(c.unsteady) {
			c.setColumn(side)
			c.Kind = kind
			c.setOther(op, other)
		}
	case kind == Opaque:
	case other.holds(c.unsteady):
		c.hide(side, Opaque)
	default:
		if c.hide(side, kind) {
			c.setOther(op, other)
		}
	}
}

// hide classifies a condition whose columns stand inside an expression, which an index on that expression would serve as the given kind; Opaque: none
// would. It returns false where the reader does not know all of the expression.
func (c classifier) hide(side *expression, compared Kind) bool {
	if side.holds(isUnknown) {
		return false
	}
	c.Kind = NonSargable
	if len(c.Columns) == 1 && len(c.columnsOfOthers(side)) == 0 {
		c.Column = c.Columns[0]
	}
	if compared != Opaque && c.isSearchable(side) {
		c.Expression, c.Compared = side.unqualified(), compared
		if side.form == cast && side.args[0].form == column {
			c.Cast = side.name
		}
	}
	return true
}

func (c classifier) columnsOfOthers(e *expression) []*expression {
	return slices.DeleteFunc(e.columns(), c.owns)
}

// isSearchable says whether the expression has one value for each row of the relation, the same for every run of the statement as far as the text
// tells.
func (c classifier) isSearchable(e *expression) bool {
	varies := func(part *expression) bool { return part.form == param || part.form == result || part.form == row }
	return len(c.columnsOfOthers(e)) == 0 && !e.holds(varies)
}

// setOther takes the operator and the other side of a comparison.
func (c classifier) setOther(op string, other *expression) {
	c.Op, c.Value, c.Param = op, strings.TrimSpace(other.text), other.parameter()
	c.Join = len(other.columns()) > 0
	if c.Collation == "" {
		c.Collation = other.collation()
	}
}

// setColumn takes the relation's column of an expression that is nothing but one; false where it is more.
func (c classifier) setColumn(e *expression) bool {
	if !e.isColumn() || !c.owns(e.bare()) {
		return false
	}
	for outer := e; outer.form != column; outer = outer.args[0] {
		if outer.form == cast {
			c.Cast = outer.name
		}
	}
	c.Column, c.Collation = e.bare().name, e.collation()
	return true
}

func all(es []*expression, test func(*expression) bool) bool {
	return !slices.ContainsFunc(es, func(e *expression) bool { return !test(e) })
}
