package plan

import "github.com/pgmedic/pgmedic/probes/sqltext"

// form is what an expression is.
type form int

const (
	unknown   form = iota // anything the reader does not know: it may hold whatever
	column                // name, qualifier
	param                 // name is n of $n
	constant              // a literal, true, NULL, CURRENT_TIMESTAMP
	result                // the result of an InitPlan, or a field of it
	cast                  // args[0], name is the type
	collated              // args[0] COLLATE name
	call                  // name(args…), also an array's elements, a subscript, a field, a prefix operator
	operation             // args[0] name args[1], name is the operator
	anyOf                 // args[0] name ANY (args[1])
	allOf                 // args[0] name ALL (args[1])
	isTest                // args[0] IS name, for example "NOT NULL"
	and                   // args
	or                    // args
	not                   // args[0]
	row                   // ROW(args…)
)

// expression is what the reader understood of a piece of a condition.
type expression struct {
	form      form
	text      string // as printed, with the parentheses around it
	at        int    // where text begins in what was read
	core      span   // the expression without the parentheses around it
	name      string
	qualifier string
	args      []*expression
}

// span is a part of a text, in bytes: from the first to before the last.
type span struct{ from, to int }

// reader reads the expressions that PostgreSQL's deparser prints: every operator's operation stands in parentheses of its own, keywords are upper case, names
// that are not lower case are quoted. What it does not know makes the innermost parentheses an unknown expression, and reading goes on after them.
type reader struct {
	tokens []sqltext.Token // without white space
	starts []int           // each token's position in the text
	text   string
	at     int
	depth  int
}

// maxNesting bounds the recursion; what is nested deeper is unknown.
const maxNesting = 200

func readExpression(text string) *expression {
	r := newReader(text)
	e := r.or()
	if e == nil || r.at != len(r.tokens) {
		return &expression{form: unknown, text: text}
	}
	return e
}

func newReader(text string) *reader {
	r := &reader{text: text}
	position := 0
	for _, t := range sqltext.Scan(text) {
		if t.Kind != sqltext.Space {
			r.tokens = append(r.tokens, t)
			r.starts = append(r.starts, position)
		}
		position += len(t.Text)
	}
	return r
}

// or reads a list of OR, and so on down to a single operand; nil: not known.
func (r *reader) or() *expression {
	return r.list(or, "OR", func() *expression { return r.list(and, "AND", r.not) })
}

func (r *reader) list(f form, keyword string, item func() *expression) *expression {
	start := r.at
	first := item()
	if first == nil || !r.sees(keyword) {
		return first
	}
	args := []*expression{first}
	for r.takes(keyword) {
		next := item()
		if next == nil {
			return nil
		}
		args = append(args, next)
	}
	return r.made(start, f, "", args...)
}

func (r *reader) not() *expression {
	start := r.at
	if !r.takes("NOT") {
		return r.predicate()
	}
	negated := r.predicate()
	if negated == nil {
		return nil
	}
	return r.made(start, not, "", negated)
}

// predicate reads an operand and at most one operator on it: a second one without parentheses is not known.
func (r *reader) predicate() *expression {
	start := r.at
	left := r.operand()
	switch {
	case left == nil:
		return nil
	case r.takes("IS"):
		return r.isTest(start, left)
	case r.takesAll("AT", "TIME", "ZONE"):
		return r.binary(start, operation, "AT TIME ZONE", left)
	}
	operator := r.operator()
	switch {
	case operator == "":
		return left
	case r.sees("ANY") || r.sees("ALL"):
		return r.anyOrAll(start, operator, left)
	}
	return r.binary(start, operation, operator, left)
}

func (r *reader) binary(start int, f form, operator string, left *expression) *expression {
	right := r.operand()
	if right == nil {
		return nil
	}
	return r.made(start, f, operator, left, right)
}

func (r *reader) anyOrAll(start int, operator string, left *expression) *expression {
	f := anyOf
	if !r.takes("ANY") {
		r.at++
		f = allOf
	}
	if !r.sees("(") {
		return nil
	}
	right := r.parentheses()
	if right == nil {
		return nil
	}
	right.text = right.text[1 : len(right.text)-1] // the parentheses are ANY's own
	right.at++
	return r.made(start, f, operator, left, right)
}

func (r *reader) isTest(start int, left *expression) *expression {
	name := ""
	if r.takes("NOT") {
		name = "NOT "
	}
	if name == "" && r.takesAll("DISTINCT", "FROM") {
		return r.binary(start, operation, distinctFrom, left)
	}
	for _, test := range []string{"NULL", "TRUE", "FALSE", "UNKNOWN"} {
		if r.takes(test) {
			return r.made(start, isTest, name+test, left)
		}
	}
	return nil
}

// distinctFrom is the operation's name in (a IS DISTINCT FROM b).
const distinctFrom = "IS DISTINCT FROM"

// operator reads an operator, also as OPERATOR(schema.=) when its schema is not in the search path; such a one may be anybody's, so it keeps its schema.
func (r *reader) operator() string {
	if r.at < len(r.tokens) && r.tokens[r.at].Kind == sqltext.Operator && !r.sees("::") {
		r.at++
		return r.tokens[r.at-1].Text
	}
	start := r.at
	if r.takes("OPERATOR") && r.sees("(") {
		r.skipParentheses()
		return r.between(start)
	}
	r.at = start
	return ""
}

// made returns an expression of the tokens from start up to here.
func (r *reader) made(start int, f form, name string, args ...*expression) *expression {
	e := &expression{form: f, name: name, args: args}
	r.place(e, start)
	e.core = span{e.at, e.at + len(e.text)}
	return e
}

// place tells an expression that it reaches from the token at start up to here.
func (r *reader) place(e *expression, start int) {
	e.text = r.between(start)
	if e.text != "" {
		e.at = r.starts[start]
	}
}

func (r *reader) between(start int) string {
	if r.at <= start {
		return ""
	}
	last := r.at - 1
	return r.text[r.starts[start] : r.starts[last]+len(r.tokens[last].Text)]
}

// sees says whether the next token is this keyword or mark, as printed.
func (r *reader) sees(text string) bool { return r.seesAt(0, text) }

func (r *reader) seesAt(offset int, text string) bool {
	at := r.at + offset
	return at < len(r.tokens) && r.tokens[at].Kind != sqltext.String && r.tokens[at].Text == text
}

func (r *reader) takes(text string) bool {
	if !r.sees(text) {
		return false
	}
	r.at++
	return true
}

func (r *reader) takesAll(words ...string) bool {
	for i, word := range words {
		if !r.seesAt(i, word) {
			return false
		}
	}
	r.at += len(words)
	return true
}

// skipParentheses moves past the parentheses that open here; false where they are not closed.
func (r *reader) skipParentheses() bool {
	for depth := 0; r.at < len(r.tokens); {
		switch {
		case r.sees("("):
			depth++
		case r.sees(")"):
			depth--
		}
		r.at++
		if depth == 0 {
			return true
		}
	}
	return false
}
