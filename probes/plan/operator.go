package plan

import (
	"slices"
	"strings"

	"github.com/pgmedic/pgmedic/probes/sqltext"
)

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

// operatorKind is the kind of column op value. An operator with the schema printed before it may be anybody's: Opaque.
func operatorKind(op string, value *expression) Kind {
	switch op {
	case "~~", "^@":
		return patternKind(op, value)
	case "~~*", "~", "~*", "%", "%>":
		if pattern, known := constantText(value); !known && !mayBeText(value) || known && pattern == "" {
			return Opaque
		}
		return Search
	case "@>", "<@", "&&", "?", "?|", "?&", "@@", "@?":
		return Contains
	}
	return comparisonKind(op)
}

// patternKind says what LIKE (~~) looks for, or ^@. Of a pattern that is not known it may be either kind; of one that is no text, such as citext's
// and bytea's, neither is sure.
func patternKind(op string, value *expression) Kind {
	pattern, known := constantText(value)
	switch {
	case op == "^@" && (!known || pattern == ""):
		return Opaque
	case op == "^@":
		return Prefix
	case known && beginsPlain(pattern):
		return Prefix
	case known || mayBeText(value):
		return Search
	}
	return Opaque
}

// mayBeText says whether a value that is no text constant is text as far as it shows.
func mayBeText(value *expression) bool {
	if value.form == cast {
		return value.name == "text"
	}
	return value.bare().form != constant
}

// beginsPlain says whether a LIKE pattern begins with a character that stands for itself.
func beginsPlain(pattern string) bool {
	if pattern == "" || pattern[0] == '%' || pattern[0] == '_' {
		return false
	}
	return pattern[0] != '\\' || len(pattern) > 1
}

// constantText returns the value of a text constant, printed as 'abc%'::text by a server with standard_conforming_strings on; false where it is
// something else.
func constantText(e *expression) (string, bool) {
	for e.form == collated {
		e = e.args[0]
	}
	tokens := sqltext.Scan(e.text[e.core.from-e.at : e.core.to-e.at])
	if e.form != constant || len(tokens) != 3 || tokens[0].Kind != sqltext.String || !tokens[1].Is("::") || !tokens[2].Is("text") {
		return "", false
	}
	quoted := tokens[0].Text
	escaped := strings.HasPrefix(quoted, "E") || strings.HasPrefix(quoted, "e")
	quoted = strings.TrimLeft(quoted, "Ee")
	if len(quoted) < 2 || quoted[0] != '\'' || quoted[len(quoted)-1] != '\'' {
		return "", false
	}
	text := strings.ReplaceAll(quoted[1:len(quoted)-1], "''", "'")
	if escaped {
		text = strings.ReplaceAll(text, `\\`, `\`)
	}
	return text, true
}

// turned returns the operator that means the same with its sides exchanged; empty: there is none that is known.
func turned(op string) string {
	turns := []string{"<", ">", "<=", ">=", "@>", "<@", "%>", "<%", "<<", ">>", "<<=", ">>="}
	if i := slices.Index(turns, op); i >= 0 {
		return turns[i^1]
	}
	if slices.Contains([]string{"=", "<>", "&&", "@@", "%", "~=", distinctFrom}, op) {
		return op
	}
	return ""
}
