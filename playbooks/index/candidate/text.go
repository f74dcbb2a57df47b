package candidate

import (
	"strings"

	"github.com/pgmedic/pgmedic/playbooks/index/shape"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// unqualified takes a relation's alias away from the columns of an expression that the server printed.
func unqualified(text, alias string) string {
	if alias == "" {
		return text
	}
	var out strings.Builder
	tokens := sqltext.Scan(text)
	for i := 0; i < len(tokens); i++ {
		if columnAt(tokens, i, alias) {
			i++ // the dot too
			continue
		}
		out.WriteString(tokens[i].Text)
	}
	return out.String()
}

// columnAt says whether alias.column begins at tokens[i]. What stands behind :: is a type, what opens parentheses a function.
func columnAt(tokens []sqltext.Token, i int, alias string) bool {
	if i+2 >= len(tokens) || !isName(tokens[i]) || unquoted(tokens[i].Text) != alias || tokens[i+1].Text != "." {
		return false
	}
	if !isName(tokens[i+2]) && tokens[i+2].Text != "*" {
		return false
	}
	before, behind := neighbour(tokens, i, -1), neighbour(tokens, i+2, 1)
	return before != "::" && before != "." && before != "COLLATE" && behind != "(" && behind != "."
}

// neighbour is the next token in a direction that is no white space; empty where there is none.
func neighbour(tokens []sqltext.Token, i, step int) string {
	for i += step; i >= 0 && i < len(tokens); i += step {
		if tokens[i].Kind != sqltext.Space {
			return tokens[i].Text
		}
	}
	return ""
}

// columnsOf names the columns of the alias in an expression that the server printed; "*" is the whole row.
func columnsOf(text, alias string) []string {
	if alias == "" || !strings.Contains(text, ".") {
		return nil
	}
	var names []string
	tokens := sqltext.Scan(text)
	for i := range tokens {
		if columnAt(tokens, i, alias) {
			names = append(names, unquoted(tokens[i+2].Text))
		}
	}
	return names
}

// isLiteral says whether a value that the server printed is a constant, with or without casts: the same for every run of the statement.
func isLiteral(value string) bool {
	tokens := sqltext.Solid(shape.Bare(value))
	if len(tokens) > 0 && tokens[0].Text == "-" {
		tokens = tokens[1:]
	}
	if len(tokens) == 0 {
		return false
	}
	first := tokens[0]
	constant := first.Kind == sqltext.String || first.Kind == sqltext.Number || first.Text == "true" || first.Text == "false"
	if !constant {
		return false
	}
	for at := 1; at < len(tokens); {
		if tokens[at].Text != "::" {
			return false
		}
		end := sqltext.TypeEnd(tokens, at+1)
		if end == at+1 {
			return false
		}
		at = end
	}
	return true
}

// constantText is the value of a printed constant, as text.
func constantText(value string) string {
	sign := ""
	for _, t := range sqltext.Solid(shape.Bare(value)) {
		switch {
		case t.Text == "-":
			sign = "-"
		case t.Kind == sqltext.Number:
			return sign + t.Text
		case t.Kind == sqltext.String:
			text, escaped := strings.CutPrefix(t.Text, "E")
			text = strings.ReplaceAll(strings.TrimSuffix(strings.TrimPrefix(text, "'"), "'"), "''", "'")
			if escaped {
				text = strings.ReplaceAll(text, `\\`, `\`)
			}
			return text
		default:
			return t.Text
		}
	}
	return ""
}

// castOf is the type that a printed value is cast to; empty where it is not.
func castOf(value string) string {
	text := shape.Bare(value)
	at := strings.LastIndex(text, "::")
	if at < 0 || strings.ContainsAny(text[at:], `'$`) {
		return ""
	}
	tokens := sqltext.Scan(text[at+2:])
	if sqltext.TypeEnd(tokens, 0) != len(tokens) {
		return ""
	}
	return text[at+2:]
}

// holds says whether a token of the text is one of the words, or its kind one of a parameter where the word is "$".
func holds(text string, words ...string) bool {
	for _, t := range sqltext.Scan(text) {
		for _, word := range words {
			if word == "$" && t.Kind == sqltext.Parameter || t.Is(word) {
				return true
			}
		}
	}
	return false
}

func isName(t sqltext.Token) bool { return t.Kind == sqltext.Word || t.Kind == sqltext.QuotedName }

func unquoted(name string) string {
	if len(name) < 2 || name[0] != '"' {
		return name
	}
	return strings.ReplaceAll(name[1:len(name)-1], `""`, `"`)
}
