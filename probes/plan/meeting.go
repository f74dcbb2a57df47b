package plan

import (
	"slices"
	"strings"

	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// Meeting is a parameter in a condition and the column that it is compared with.
type Meeting struct {
	Param      int
	Kind       Kind   // Equality, AnyOf (the parameter is the whole array), Range, NotEqual, Search or Contains; Opaque with IS DISTINCT FROM
	Op         string // the operator, turned so that the column stands on the left
	Column     string // unquoted; of an Expression the one column inside
	Qualifier  string // of the column: as a rule the alias of its relation
	Expression string // what the parameter is compared with, without qualifiers, where that is more than the column and its casts
	Element    int    // which of the list, from 0 on, where the parameter is one of several, as in IN ($1, $2)
	Call       string // the function that makes what the column is searched for of it, as to_tsquery; ARRAY, ||, Wildcard and Ago too; empty: it stands alone
	Argument   int    // which argument of Call it is, from 0 on
}

// Meetings finds the column that each parameter of a condition is compared with, wherever in the condition it stands: inside OR, NOT and calls, in lists
// and in row comparisons. A parameter that stands inside an expression itself meets nothing: no value of a column can stand for it.
func Meetings(condition string) []Meeting {
	if condition == "" {
		return nil
	}
	return readExpression(condition).meetings()
}

func (e *expression) meetings() []Meeting {
	switch e.form {
	case operation:
		if met := pairMeetings(e.args[0], e.name, e.args[1]); len(met) > 0 {
			return met
		}
		if met := searches(e.args[0], e.name, e.args[1]); len(met) > 0 {
			return met
		}
	case anyOf, allOf:
		return listMeetings(e)
	case call:
		if e.name == "starts_with" && len(e.args) == 2 {
			return searches(e.args[0], "^@", e.args[1])
		}
	}
	var met []Meeting
	for _, arg := range e.args {
		if isRemainder(e, arg.bare()) {
			continue
		}
		met = append(met, arg.meetings()...)
	}
	return met
}

// isRemainder says whether % is arithmetic, and not similarity: what it yields is compared or reckoned with.
func isRemainder(e, arg *expression) bool {
	return arg.form == operation && arg.name == "%" && (e.form == operation || e.form == anyOf || e.form == allOf || e.form == call)
}

// pairMeetings reads one comparison; of rows it reads one a column.
func pairMeetings(left *expression, op string, right *expression) []Meeting {
	if left.form == row && right.form == row && len(left.args) == len(right.args) {
		var met []Meeting
		for i := range left.args {
			met = append(met, pairMeetings(left.args[i], op, right.args[i])...)
		}
		return met
	}
	if met := agoMeeting(left, op, right); len(met) > 0 {
		return met
	}
	if left.parameter() > 0 && isTurnable(op) {
		left, right, op = right, left, turned(op)
	}
	return meetingOf(left, op, right, comparisonKind(op))
}

// finds says whether an operator looks for values of the column itself, or of a part of them; + does not. See searches for @> and its like.
func finds(op string) bool { return isTurnable(op) || op == "~~" || op == "~~*" }

// isTurnable says whether an operator means the same, or has a twin, with its sides exchanged.
func isTurnable(op string) bool { return isComparison(op) || op == distinctFrom }

// listMeetings reads column = ANY ($1) and column = ANY (ARRAY[$1, $2]), and the same with <> ALL.
func listMeetings(e *expression) []Meeting {
	kind := comparisonKind(e.name)
	if m, ok := metColumn(e.args[1]); ok && e.form == anyOf && kind == Equality {
		m.Kind, m.Op = Contains, "= ANY"
		return m.of(e.args[0], "", 0)
	}
	list := e.args[1].bare()
	if list.form != call || list.name != "" {
		if e.form == anyOf && kind == Equality {
			kind = AnyOf
		}
		return meetingOf(e.args[0], e.name, e.args[1], kind)
	}
	var met []Meeting
	for _, element := range list.args {
		for _, m := range meetingOf(e.args[0], e.name, element, kind) {
			m.Element = len(met)
			met = append(met, m)
		}
	}
	return met
}

// meetingOf returns the meeting of a bare parameter on the right with one column on the left; none where it is anything else.
func meetingOf(left *expression, op string, right *expression, kind Kind) []Meeting {
	m, ok := metColumn(left)
	if right.parameter() == 0 || !finds(op) || !ok {
		return nil
	}
	m.Param, m.Kind, m.Op = right.parameter(), kind, op
	return []Meeting{m}
}

func isParameter(e *expression) bool { return e.form == param }

// withoutQualifier takes "orders." out of an expression's text.
func withoutQualifier(text, qualifier string) string {
	tokens := sqltext.Scan(text)
	var b strings.Builder
	for i := 0; i < len(tokens); i++ {
		if i+2 < len(tokens) && isName(tokens[i]) && tokens[i+1].Is(".") && isName(tokens[i+2]) && unquote(tokens[i].Text) == qualifier {
			i++
			continue
		}
		b.WriteString(tokens[i].Text)
	}
	return b.String()
}

// Simple says whether an Expression of a Meeting only calls the server's own functions and operators that compute a value from its arguments and do
// nothing else, so that it may be computed to learn what the column's values become. Their names must be resolved in pg_catalog alone.
func Simple(text string) bool {
	return !castsElsewhere(text) && !readExpression(text).holds(func(e *expression) bool { return !e.isSimple() })
}

// castsElsewhere says whether there is a cast to a type of a schema other than pg_catalog.
func castsElsewhere(text string) bool {
	tokens := sqltext.Scan(text)
	for i, t := range tokens {
		if t.Is("::") && i+2 < len(tokens) && tokens[i+2].Is(".") && tokens[i+1].Text != "pg_catalog" {
			return true
		}
	}
	return false
}

func (e *expression) isSimple() bool {
	switch e.form {
	case column, constant, cast:
		return true
	case call:
		return slices.Contains(strings.Fields(simpleCalls), e.name)
	case operation:
		return slices.Contains(strings.Fields(simpleOperators), e.name)
	}
	return false
}

const (
	simpleCalls = `COALESCE EXTRACT NULLIF SUBSTRING TRIM abs btrim ceil date_part date_trunc extract floor left length lower ltrim md5 mod replace reverse right
 round rtrim substr substring timezone upper`
	simpleOperators = `+ - * / % || -> ->> #> #>>`
)

// Calls returns the names of all functions that a plan's expressions call, without their schema, each once and in their order. Words that only look like calls, such
// as a type's name before its modifier, may be among them.
func (p *Plan) Calls() []string {
	var names []string
	p.Walk(func(n *Node, _ int) {
		texts := append(n.expressions(), n.SortKey...)
		for _, field := range n.Fields {
			texts = append(texts, field)
		}
		for _, text := range texts {
			names = append(names, callsIn(text)...)
		}
	})
	slices.Sort(names)
	return slices.Compact(names)
}

func callsIn(text string) []string {
	tokens := sqltext.Scan(text)
	var names []string
	for i := 0; i+1 < len(tokens); i++ {
		if isName(tokens[i]) && tokens[i+1].Is("(") {
			names = append(names, unquote(tokens[i].Text))
		}
	}
	return names
}
