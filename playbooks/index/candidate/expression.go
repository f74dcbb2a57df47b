package candidate

import (
	"slices"
	"strings"

	"github.com/pgmedic/pgmedic/playbooks/index/shape"
	"github.com/pgmedic/pgmedic/playbooks/index/table"
	"github.com/pgmedic/pgmedic/probes/plan"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// expressionKey is the expression that a condition compares, as a key; false where it cannot be one. Whether it is immutable only the server knows.
func (a *asked) expressionKey(c plan.Condition) (shape.Key, bool) {
	k, ok := a.expression(c)
	oneSearch := kind(c) == plan.Boolean && comparesConstant(k.Expression) // which would be the index's
	return k, ok && !oneSearch && !a.yieldsLarge(c) && !a.isWideText(k)
}

// comparesConstant says whether an expression is a comparison with a constant, which the statement's next run may have another of.
func comparesConstant(expression string) bool {
	text := shape.Bare(expression)
	constant := slices.ContainsFunc(sqltext.Solid(text), func(t sqltext.Token) bool { _, ok := constantOf(t); return ok })
	return constant && (strings.HasPrefix(text, "starts_with(") || outermost(text, "=", "<>", "<", "<=", ">", ">=", "~~", "~~*", "~", "~*"))
}

// expression is the expression that a condition compares, for an index of whichever method.
func (a *asked) expression(c plan.Condition) (shape.Key, bool) {
	text := shape.Bare(c.Expression)
	if text == "" || len(c.Columns) == 0 || unsteady(text) || holds(text, "$") || !a.spoken(text) || a.ofOneCall(text) {
		return shape.Key{}, false
	}
	for _, name := range c.Columns {
		if _, known := a.Table.Columns[name]; !known || text == sqltext.Ident(name) {
			return shape.Key{}, false
		}
	}
	return shape.Key{Expression: text, Columns: c.Columns}, true
}

// ofOneCall says whether an expression holds a value of this call, so that an index on it would serve no other: unless the table has one already.
func (a *asked) ofOneCall(text string) bool {
	isKey := func(k shape.Key) bool { return sameKey(k, shape.Key{Expression: text}) }
	return plan.Shifted(text) && !slices.ContainsFunc(a.Table.Indexes, func(x table.Existing) bool { return slices.ContainsFunc(x.Shape.Keys, isKey) })
}

// Expressed is the expression that a condition compares and how, also of one on a column with a cast that may make other values of it; empty: it
// compares the column itself.
func Expressed(c plan.Condition) (expression string, compared plan.Kind) {
	if c.Kind == plan.NonSargable || c.Column == "" || c.Cast == "" {
		return c.Expression, c.Compared
	}
	return "(" + sqltext.Ident(c.Column) + ")::" + c.Cast, c.Kind
}

// castKey is a column with a cast that makes other values of it, (id)::text, as a key.
func (a *asked) castKey(c plan.Condition) (shape.Key, bool) {
	column := a.Table.Columns[c.Column]
	isTurned := c.Cast == "text" && a.open(c) // the value is better turned into the column's type
	if isTurned || unsteadyCast(column.TypeName, c.Cast) || isCollated(c, column) {
		return shape.Key{}, false
	}
	expression, _ := Expressed(c)
	return shape.Key{Expression: expression, Columns: []string{c.Column}}, true
}

// unsteadyCast says whether a cast depends on settings: what a date looks like as text does.
func unsteadyCast(from, to string) bool {
	times := []string{"date", "time", "timetz", "timestamp", "timestamptz", "interval"}
	return slices.Contains(times, from) && (to == "text" || to == "character varying")
}

// changing are functions and keywords whose value is another for another statement, session or moment.
const changing = `now current_date current_time current_timestamp localtime localtimestamp clock_timestamp statement_timestamp
 transaction_timestamp random current_user session_user age subplan initplan`

// shortening are functions and operators that make something short of a text.
const shortening = `md5 left substr substring length char_length octet_length hashtext hashtextextended split_part
 strpos position ->> #>> -> #>`

// unsteady says whether an expression surely changes without its columns.
func unsteady(text string) bool {
	return holds(text, strings.Fields(changing)...)
}

// yieldsLarge says whether the expression yields json or an array, by the type of what it is compared with.
func (a *asked) yieldsLarge(c plan.Condition) bool {
	of := castOf(c.Value)
	for _, p := range a.Parameters {
		if p.N == c.Param && c.Param > 0 && of == "" {
			of = p.Type
		}
	}
	if IsDocument(c.Expression) {
		return true
	}
	list := kind(c) == plan.AnyOf
	return strings.HasPrefix(of, "json") || strings.HasSuffix(of, "[]") && !list || strings.HasSuffix(of, "[][]")
}

// outermost says whether one of the operators stands outside of all parentheses.
func outermost(expression string, operators ...string) bool {
	depth := 0
	for _, t := range sqltext.Scan(shape.Bare(expression)) {
		switch {
		case t.Text == "(":
			depth++
		case t.Text == ")":
			depth--
		case depth == 0 && t.Kind == sqltext.Operator && slices.Contains(operators, t.Text):
			return true
		}
	}
	return false
}

// isWideText says whether an expression is a wide column's text, only written otherwise.
func (a *asked) isWideText(k shape.Key) bool {
	shortens := holds(k.Expression, strings.Fields(shortening)...)
	return !shortens && slices.ContainsFunc(k.Columns, func(name string) bool { return isText(a.Table.Columns[name]) && wide(a.Table.Columns[name]) })
}
