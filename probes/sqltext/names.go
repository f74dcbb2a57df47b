package sqltext

import "strings"

// Name is a name that a statement mentions: of a table, a column, a function, a type; keywords are among them.
type Name struct {
	Schema  string // what stands before its dot, where that is a name; empty: nothing does
	Name    string // without its quotes, folded as the server does
	Called  bool   // a parenthesis follows it
	Field   bool   // it follows a dot: the field of a row may be a function of it
	Escaped bool   // U&"…": Name is not what it stands for
}

// Names returns the names that a statement mentions, in their order.
func Names(statement string) []Name {
	tokens := Solid(statement)
	var names []Name
	for i, t := range tokens {
		if !isName(t) {
			continue
		}
		n := Name{Name: nameOf(t), Escaped: t.Kind == QuotedName && t.Text[0] != '"'}
		n.Called = i+1 < len(tokens) && tokens[i+1].Is("(")
		n.Field = i > 0 && tokens[i-1].Is(".")
		if n.Field && i > 1 && isName(tokens[i-2]) {
			n.Schema = nameOf(tokens[i-2])
		}
		names = append(names, n)
	}
	return names
}

// nameOf returns what a name's token stands for: ASCII letters are folded, as the server does in every multi-byte encoding.
func nameOf(t Token) string {
	if t.Kind == QuotedName {
		return strings.ReplaceAll(strings.TrimSuffix(strings.TrimPrefix(t.Text, `"`), `"`), `""`, `"`)
	}
	return strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, t.Text)
}

// operatorsOf are the operators behind keywords (PostgreSQL grammar, a_expr), and behind another way to write one.
var operatorsOf = map[string][]string{
	"like": {"~~", "!~~"}, "ilike": {"~~*", "!~~*"}, "similar": {"~", "!~"}, "in": {"=", "<>"}, "between": {">=", "<=", "<", ">"},
	"nullif": {"="}, "distinct": {"="}, "case": {"="}, "using": {"="}, "natural": {"="}, "!=": {"<>"},
}

// Operators returns the operators that a statement mentions, :: among them, and those that its keywords stand for.
func Operators(statement string) []string {
	var operators []string
	for _, t := range Scan(statement) {
		if behind := operatorsOf[strings.ToLower(t.Text)]; behind != nil && (t.Kind == Word || t.Kind == Operator) {
			operators = append(operators, behind...)
		} else if t.Kind == Operator {
			operators = append(operators, t.Text)
		}
	}
	return operators
}
