package rewrite

import "slices"

// kind is what an expression is.
type kind int

const (
	opaque  kind = iota // anything that the reader does not know: it may hold whatever
	column              // path
	param               // name is $n
	number              // name is the number as written
	str                 // a string without a type; name is its value
	keyword             // true, false, null, current_timestamp and its like; name in lower case
	call                // name(args…)
	named               // name => args[0], an argument of a call
	cast                // args[0] to the type name, also as DATE '…'
	unary               // name args[0]
	binary              // args[0] name args[1], comparisons too
	like                // args[0] name args[1]; name is LIKE or ILIKE
	between             // args[0] BETWEEN args[1] AND args[2]
	inList              // args[0] IN (args[1:]…)
	inQuery             // args[0] IN (SELECT …): args[1] is the query
	anyOf               // args[0] name ANY (args[1])
	allOf               // args[0] name ALL (args[1])
	isTest              // args[0] IS name, for example "not null"
	same                // args[0] IS NOT DISTINCT FROM args[1]
	and                 // args
	or                  // args
	not                 // args[0]
	paren               // (args[0])
	row                 // (args…), ROW(args…)
	array               // ARRAY[args…]
	query               // (SELECT …)
	atZone              // args[0] AT TIME ZONE args[1]
)

// node is what the reader understood of a piece of a statement: the tokens from lo to before hi.
type node struct {
	kind    kind
	name    string
	path    []string // of a column: its qualifiers and its name
	args    []*node
	lo, hi  int
	negated bool // NOT IN, NOT LIKE, NOT BETWEEN
	limited bool // of a cast: the type has a modifier, as numeric(5,2)
	deep    int  // how many levels are below it, at most maxNesting
	varying bool // one of args varies
}

// bare returns the expression without the parentheses around it.
func (n *node) bare() *node {
	for n.kind == paren {
		n = n.args[0]
	}
	return n
}

func (n *node) holds(test func(*node) bool) bool {
	return test(n) || slices.ContainsFunc(n.args, func(arg *node) bool { return arg.holds(test) })
}

// varies says whether the expression can be another value for each row, or hides what it reads.
func (n *node) varies() bool {
	return n.varying || n.kind == column || n.kind == opaque || n.kind == query
}

// isPrimary says whether an operator can stand beside the expression without parentheses around it.
func (n *node) isPrimary() bool {
	switch n.kind {
	case column, param, number, str, keyword, call, paren, array, query:
		return true
	case cast:
		return n.args[0].isPrimary()
	}
	return false
}

// comparisons are the operators that rules turn.
var comparisons = []string{"=", "<", "<=", ">", ">="}

func isComparison(op string) bool { return slices.Contains(comparisons, op) }

// flipped is the comparison with its sides exchanged.
func flipped(op string) string {
	switch op {
	case "<":
		return ">"
	case "<=":
		return ">="
	case ">":
		return "<"
	case ">=":
		return "<="
	}
	return op
}
