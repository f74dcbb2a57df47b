package plan

import (
	"slices"
	"strconv"
	"strings"

	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// Alone writes the condition as SQL for the WHERE of a SELECT from its relation alone, under the alias: it is as printed where it holds only this
// relation's columns and constants. What the planner cannot know stays unknown to it: $n, another relation's column and the result of an InitPlan
// become (SELECT NULL::type). typeOf returns the type of a column of the relation, for a cast; parameterType that of $n, empty where it is not known
// (Plan.ParameterType): then, as for other relations' columns, it is that of what it is compared with. Alone returns false where the condition holds
// a SubPlan or what cannot be given a type. The names in it are to be resolved with the search_path that it was printed with.
func (c Condition) Alone(alias string, typeOf func(column string) string, parameterType func(n int) string) (string, bool) {
	e := readExpression(c.Text)
	a := asking{alias: alias, typeOf: typeOf, parameterType: parameterType}
	if !a.ask(e) {
		return "", false
	}
	return e.edited(a.edits), true
}

// asking collects what must be replaced in a condition so that it can stand alone.
type asking struct {
	alias         string
	typeOf        func(string) string
	parameterType func(int) string
	edits         []edit
}

// ask goes through an expression; false where it cannot stand alone.
func (a *asking) ask(e *expression) bool {
	switch e.form {
	case unknown:
		return a.isOwnText(e.text)
	case result:
		return false
	case column:
		return a.owns(e)
	case param:
		name := a.parameterType(e.parameter())
		a.edits = append(a.edits, edit{e.core, unknownOf(name)})
		return name != ""
	case operation, anyOf, allOf:
		return a.askSides(e, e.args[0], e.args[1])
	}
	return a.askAll(e.args)
}

func (a *asking) askAll(args []*expression) bool { return all(args, a.ask) }

// askSides goes through both sides of an operator; one that is nothing but values of unknown type becomes like the other.
func (a *asking) askSides(e, left, right *expression) bool {
	switch {
	case left.form == row && right.form == row && len(left.args) == len(right.args):
		for i := range left.args {
			if !a.askSides(e, left.args[i], right.args[i]) {
				return false
			}
		}
		return true
	case a.isForeign(right) && a.isOwn(left):
		return a.replace(right, a.like(left, rightOf(e))) && a.ask(left)
	case a.isForeign(left) && a.isOwn(right):
		return a.replace(left, a.like(right, leftOf(e))) && a.ask(right)
	}
	return a.ask(left) && a.ask(right)
}

func (a *asking) replace(e *expression, text string) bool {
	a.edits = append(a.edits, edit{span{e.at, e.at + len(e.text)}, text})
	return text != ""
}

func (a *asking) owns(col *expression) bool { return col.qualifier == a.alias || col.qualifier == "" }

// isStrange says whether a part is a value without a type of its own here.
func (a *asking) isStrange(part *expression) bool {
	switch part.form {
	case column:
		return !a.owns(part)
	case param:
		return a.parameterType(part.parameter()) == ""
	}
	return part.form == result
}

func (a *asking) isForeign(e *expression) bool {
	return e.holds(a.isStrange) && !slices.ContainsFunc(e.columns(), a.owns) && !e.holds(isUnknown)
}

// isOwn says whether the expression is made of the relation's columns and of constants.
func (a *asking) isOwn(e *expression) bool {
	return slices.ContainsFunc(e.columns(), a.owns) && !e.holds(a.isStrange) && !e.holds(isParameter) && !e.holds(isUnknown)
}

// relation is how the type of one side of an operator follows from the other's.
type relation int

const (
	unrelated relation = iota
	sameType
	arrayOfType
	elementOfType
	textType
	textArray
)

// rightOf says of what type the right side of an operator is.
func rightOf(e *expression) relation {
	switch {
	case e.form == operation && slices.Contains([]string{"?", "~~", "~~*", "!~~", "!~~*", "~", "~*", "!~", "!~*", "^@"}, e.name):
		return textType
	case e.form == operation && (e.name == "?|" || e.name == "?&"):
		return textArray
	case !isTurnable(e.name) && !slices.Contains([]string{"@>", "<@", "&&"}, e.name):
		return unrelated
	case e.form == operation:
		return sameType
	}
	return arrayOfType
}

// leftOf says of what type the left side of an operator is.
func leftOf(e *expression) relation {
	switch {
	case e.form != operation && isComparison(e.name):
		return elementOfType
	case e.form == operation && turned(e.name) != "" && rightOf(e) == sameType:
		return sameType
	}
	return unrelated
}

// like writes an unknown value whose type follows from that of an expression of the relation; empty where it is not known.
func (a *asking) like(e *expression, how relation) string {
	switch how {
	case unrelated:
		return ""
	case textType:
		return unknownOf("text")
	case textArray:
		return unknownOf("text[]")
	}
	name := a.typeName(e)
	switch {
	case name == "" && how == sameType:
		return a.likeValue(e)
	case name == "" && how == arrayOfType:
		return arrayOf(a.likeValue(e))
	case how == arrayOfType:
		return unknownOf(name + "[]")
	case how == elementOfType:
		element, isArray := strings.CutSuffix(name, "[]")
		if !isArray {
			return ""
		}
		return unknownOf(element)
	}
	return unknownOf(name)
}

// typeName is the type of a column or of a cast; empty where it is something else.
func (a *asking) typeName(e *expression) string {
	for e.form == collated {
		e = e.args[0]
	}
	switch e.form {
	case cast:
		return e.name
	case column:
		return a.typeOf(e.name)
	}
	return ""
}

// likeValue writes an unknown value of an expression's type: the expression over NULLs that the planner does not look into, because of the OFFSET,
// and so never computes.
func (a *asking) likeValue(e *expression) string {
	var nulls []string
	for _, col := range e.columns() {
		name := a.typeOf(col.name)
		if name == "" {
			return ""
		}
		nulls = appendOnce(nulls, "NULL::"+name+" AS "+sqltext.Ident(col.name))
	}
	return "(SELECT " + e.text + " FROM (SELECT " + strings.Join(nulls, ", ") + " OFFSET 0) AS " + sqltext.Ident(a.alias) + ")"
}

// arrayOf makes an array of a subquery.
func arrayOf(subquery string) string {
	if subquery == "" {
		return ""
	}
	return "ARRAY" + subquery
}

// unknownOf writes a value of the type that the planner cannot know. The cast around it keeps ANY (…) from taking it for a subquery.
func unknownOf(name string) string {
	if name == "" {
		return ""
	}
	return "((SELECT NULL::" + name + ")::" + name + ")"
}

// isOwnText says of a text that the reader does not know whether it names nothing but columns of the relation, as far as they carry a qualifier,
// which with VERBOSE they do.
func (a *asking) isOwnText(text string) bool {
	var tokens []sqltext.Token
	for _, t := range sqltext.Scan(text) {
		if t.Kind != sqltext.Space {
			tokens = append(tokens, t)
		}
	}
	for i, t := range tokens {
		switch {
		case t.Kind == sqltext.Parameter, t.Kind == sqltext.Word && slices.Contains([]string{"SubPlan", "InitPlan", "hashed", "alternatives"}, t.Text):
			return false
		case isName(t) && i+1 < len(tokens) && tokens[i+1].Is(".") && !isOtherName(tokens, i) && unquote(t.Text) != a.alias:
			return false
		}
	}
	return len(tokens) > 0
}

// isOtherName says whether the name before a dot at i is no relation's: a schema of a type, of a function or of an operator, or one in the middle.
func isOtherName(tokens []sqltext.Token, i int) bool {
	before := func(text string) bool { return i > 0 && tokens[i-1].Is(text) }
	return before("::") || before(".") || before("(") && i > 1 && tokens[i-2].Is("OPERATOR") || i+3 < len(tokens) && tokens[i+3].Is("(")
}

// ParameterType is the type of a parameter where the plan's conditions hold it as $n, for Condition.Alone: in a plan without values, and where no
// InitPlan's result is printed the same way, as before version 17; else empty.
func (p *Plan) ParameterType(n int) string {
	if p.Origin.Class != Generic || p.isResult(n) {
		return ""
	}
	for _, parameter := range p.Origin.Parameters {
		if parameter.N == n {
			return parameter.Type
		}
	}
	return ""
}

// isResult says whether $n is a result of an InitPlan, "InitPlan 1 (returns $0,$1)".
func (p *Plan) isResult(n int) bool {
	found := false
	p.Walk(func(node *Node, _ int) {
		_, returns, _ := strings.Cut(node.Fields["Subplan Name"], " (returns ")
		found = found || slices.ContainsFunc(parameters(returns), func(name string) bool { return name == "$"+strconv.Itoa(n) })
	})
	return found
}
