package plan

import (
	"slices"
	"strings"
)

// searching are the operators, besides comparisons and LIKE, by which a parameter looks for values of a column.
const searching = `@> <@ && @@ @? ? ?| ?& ~ ~* ^@ << >> <<= >>= %`

// Wildcard is the Call of a parameter that holds the wildcard of a pattern, as in LIKE $1 || $2.
const Wildcard = "%"

// searches reads what a parameter looks for in a column: by itself, or as an argument of the function that makes what is looked for of it, as
// to_tsquery($1), tstzrange($1, $2), ARRAY[$1] and $1 || '%'.
func searches(left *expression, op string, right *expression) []Meeting {
	if left.holds(isParameter) && !right.holds(isParameter) && turned(op) != "" {
		left, right, op = right, left, turned(op)
	}
	if !slices.Contains(strings.Fields(searching), op) && op != "~~" && op != "~~*" {
		return nil
	}
	m, ok := metColumn(left)
	if columns := left.columns(); !ok && op == "@@" && len(columns) > 0 && !left.holds(isParameter) { // the texts of several columns: a word of one is in all
		m, ok = Meeting{Column: columns[0].name, Qualifier: columns[0].qualifier, Expression: withoutQualifier(left.text, columns[0].qualifier)}, true
	}
	if !ok {
		return nil
	}
	m.Op, m.Kind = op, operatorKind(op, right)
	switch sought := right.bare(); sought.form {
	case param:
		return m.of(sought, "", 0)
	case call:
		name := sought.name
		if name == "" && strings.HasPrefix(sought.text, "ARRAY[") {
			name = "ARRAY"
		}
		var met []Meeting
		for i, arg := range sought.args {
			met = append(met, m.of(arg, name, i)...)
		}
		return met
	case operation:
		return m.ofPattern(sought.joined())
	}
	return nil
}

// of is the meeting of the parameter, where it is one, as an argument of a call.
func (m Meeting) of(arg *expression, name string, i int) []Meeting {
	if m.Param = arg.parameter(); m.Param == 0 {
		return nil
	}
	m.Call, m.Argument = name, i
	return []Meeting{m}
}

// ofPattern is a pattern that is put together: what is looked for stands in the middle of three, else before the wildcard, as far as can be told.
func (m Meeting) ofPattern(parts []*expression) []Meeting {
	at := 0
	if len(parts) == 3 || len(parts) == 2 && parts[0].parameter() == 0 {
		at = 1
	}
	var met []Meeting
	for i, part := range parts {
		name := "||"
		if i != at {
			name = Wildcard
		}
		met = append(met, m.of(part, name, i)...)
	}
	return met
}

// joined are the parts of a concatenation.
func (e *expression) joined() []*expression {
	e = e.bare()
	if e.form != operation || e.name != "||" {
		return []*expression{e}
	}
	return append(e.args[0].joined(), e.args[1].joined()...)
}

// metColumn is the one column within an expression without parameters.
func metColumn(e *expression) (Meeting, bool) {
	columns := e.columns()
	if len(columns) == 0 || e.holds(isUnknown) || e.holds(isParameter) {
		return Meeting{}, false
	}
	first := columns[0]
	if slices.ContainsFunc(columns, func(c *expression) bool { return c.name != first.name || c.qualifier != first.qualifier }) {
		return Meeting{}, false
	}
	m := Meeting{Column: first.name, Qualifier: first.qualifier}
	if e.bare().form != column {
		m.Expression = withoutQualifier(e.text, first.qualifier)
	}
	return m, true
}
