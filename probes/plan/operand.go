package plan

import (
	"strings"

	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// operand reads a column, a value, a call or anything in parentheses, with the casts, subscripts and fields that follow it.
func (r *reader) operand() *expression {
	if r.depth == maxNesting {
		return nil
	}
	r.depth++
	defer func() { r.depth-- }()
	start := r.at
	if r.operator() != "" { // a prefix operator
		arg := r.operand()
		if arg == nil {
			return nil
		}
		return r.made(start, call, "", arg)
	}
	e := r.primary()
	for e != nil {
		switch {
		case r.takes("::"):
			e = r.cast(start, e)
		case r.sees("["):
			e = r.subscript(start, e)
		case r.sees(".") && r.at+1 < len(r.tokens) && isName(r.tokens[r.at+1]):
			r.at += 2
			e = r.field(start, e)
		case r.takes("COLLATE"):
			e = r.collate(start, e)
		default:
			return e
		}
	}
	return nil
}

func (r *reader) primary() *expression {
	if r.at == len(r.tokens) {
		return nil
	}
	start, t := r.at, r.tokens[r.at]
	switch t.Kind {
	case sqltext.String, sqltext.Number:
		r.at++
		return r.made(start, constant, "")
	case sqltext.Parameter:
		r.at++
		return r.made(start, param, t.Text[1:])
	case sqltext.Word:
		if t.Text != strings.ToLower(t.Text) {
			return r.keyword()
		}
	}
	switch {
	case isName(t):
		return r.named()
	case r.sees("("):
		return r.parentheses()
	}
	return nil
}

// parentheses reads what stands in parentheses. Where it is not known, it is skipped whole.
func (r *reader) parentheses() *expression {
	start := r.at
	r.at++
	if initPlan := r.initPlan(start); initPlan != nil {
		return initPlan
	}
	inner := r.or()
	if inner != nil && r.takes(")") {
		r.place(inner, start)
		return inner
	}
	r.at = start
	if !r.skipParentheses() {
		return nil
	}
	return r.made(start, unknown, "")
}

// initPlan reads (InitPlan 1) of 17 and later: a plan that runs once, so its result is a value. A SubPlan is none, it may run for every row.
func (r *reader) initPlan(start int) *expression {
	if r.sees("InitPlan") && r.seesAt(2, ")") {
		r.at += 3
		return r.made(start, result, "")
	}
	return nil
}

// named reads a column or a function's call. Names are lower case or quoted, all else is a keyword.
func (r *reader) named() *expression {
	start := r.at
	var parts []string
	for {
		parts = append(parts, unquote(r.tokens[r.at].Text))
		r.at++
		if !r.sees(".") || r.at+1 >= len(r.tokens) || !isName(r.tokens[r.at+1]) {
			break
		}
		r.at++
	}
	name := strings.Join(parts, ".")
	switch {
	case r.sees("("):
		return r.arguments(start, name)
	case r.tokens[start].Text == "true" || r.tokens[start].Text == "false":
		return r.made(start, constant, "")
	}
	last := len(parts) - 1
	e := r.made(start, column, parts[last])
	e.qualifier = strings.Join(parts[:last], ".")
	return e
}

// keyword reads what begins with an upper-case word: constants such as CURRENT_TIMESTAMP, and calls in SQL's own syntax such as EXTRACT(epoch FROM x).
func (r *reader) keyword() *expression {
	start, word := r.at, r.tokens[r.at].Text
	r.at++
	switch word {
	case "NULL", "CURRENT_DATE", "CURRENT_USER", "SESSION_USER", "CURRENT_ROLE", "CURRENT_CATALOG", "CURRENT_SCHEMA":
		return r.made(start, constant, "")
	case "CURRENT_TIMESTAMP", "CURRENT_TIME", "LOCALTIMESTAMP", "LOCALTIME":
		if r.sees("(") {
			r.skipParentheses()
		}
		return r.made(start, constant, "")
	case "CASE":
		return r.skipCase(start)
	case "EXTRACT":
		if r.sees("(") && r.seesAt(2, "FROM") {
			r.at += 2 // the field is no column
			return r.arguments(start, word)
		}
	case "COALESCE", "GREATEST", "LEAST", "NULLIF", "SUBSTRING", "POSITION", "OVERLAY", "TRIM":
		if r.sees("(") {
			return r.arguments(start, word)
		}
	case "ROW":
		if r.sees("(") {
			e := r.arguments(start, word)
			if e != nil && e.form == call {
				e.form = row
			}
			return e
		}
	case "ARRAY":
		if r.sees("[") {
			return r.subscript(start, nil)
		}
	}
	if r.sees("(") && r.skipParentheses() {
		return r.made(start, unknown, "")
	}
	return nil
}

// skipCase moves past the END of the CASE before r.
func (r *reader) skipCase(start int) *expression {
	for depth := 1; r.at < len(r.tokens); {
		switch {
		case r.sees("CASE"):
			depth++
		case r.sees("END"):
			depth--
		}
		r.at++
		if depth == 0 {
			return r.made(start, unknown, "")
		}
	}
	return nil
}

// arguments reads a call's arguments; r stands on what opens them. Where one is not known, the call is skipped whole.
func (r *reader) arguments(start int, name string) *expression {
	opening := r.at
	args, ok := r.items(")")
	if ok {
		return r.made(start, call, name, args...)
	}
	for r.at = opening; r.at > start && !r.sees("("); {
		r.at--
	}
	if !r.skipParentheses() {
		return nil
	}
	return r.made(start, unknown, "")
}

// items reads expressions up to the closing mark; r stands on the token before the first.
func (r *reader) items(closing string) ([]*expression, bool) {
	r.at++
	if r.takes(closing) {
		return nil, true
	}
	var items []*expression
	for {
		r.takes("VARIADIC")
		if r.sees("BOTH") || r.sees("LEADING") || r.sees("TRAILING") {
			r.at++
			r.takes("FROM") // TRIM(BOTH FROM x) trims blanks
		}
		item := r.or()
		if item == nil {
			return nil, false
		}
		items = append(items, item)
		switch {
		case r.takes(closing):
			return items, true
		case r.takes(",") || r.takes("FROM") || r.takes("FOR") || r.takes("IN") || r.takes("PLACING"):
		default:
			return nil, false
		}
	}
}

// subscript reads [1] after an expression, or the elements of ARRAY[1, 2].
func (r *reader) subscript(start int, of *expression) *expression {
	items, ok := r.items("]")
	if !ok {
		return nil
	}
	if of != nil {
		items = append(items, of)
	}
	return r.made(start, call, "", items...)
}

// field reads .name after parentheses; a field of an InitPlan's row is a value still.
func (r *reader) field(start int, of *expression) *expression {
	if of.form == result {
		return r.made(start, result, "")
	}
	return r.made(start, call, "", of)
}

// collate reads the collation's name behind COLLATE.
func (r *reader) collate(start int, of *expression) *expression {
	first := r.at
	for r.at < len(r.tokens) && isName(r.tokens[r.at]) {
		r.at++
		if !r.takes(".") {
			return r.made(start, collated, r.between(first), of)
		}
	}
	return nil
}

func (r *reader) cast(start int, of *expression) *expression {
	typeStart := r.at
	end := sqltext.TypeEnd(r.tokens, r.at)
	if end == r.at {
		return nil
	}
	r.at = end
	name := r.between(typeStart)
	if of.form == constant {
		return r.made(start, constant, name)
	}
	return r.made(start, cast, name, of)
}

func isName(t sqltext.Token) bool {
	closed := len(t.Text) > 2 && t.Text[0] == '"' && t.Text[len(t.Text)-1] == '"'
	return t.Kind == sqltext.Word || t.Kind == sqltext.QuotedName && closed
}

func unquote(name string) string {
	if name[0] != '"' {
		return name
	}
	return strings.ReplaceAll(name[1:len(name)-1], `""`, `"`)
}
