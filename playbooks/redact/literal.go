package redact

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/pgmedic/pgmedic/probes/sqltext"
)

var (
	// statement is where SQL begins in a free text. Where it ends nobody knows: all that follows is read as SQL.
	statement = regexp.MustCompile(`(?i)\b(?:select|insert\s+into|update\s+\S+\s+set|delete\s+from|merge\s+into|values\s*\(|where|copy\s+\S+|execute\s+\S+\s*\()`)

	// rowValues are the values of a row in the server's messages.
	rowValues = []*regexp.Regexp{
		regexp.MustCompile(`\bKey \([^\n]*?\)=\(([^\n]*)\)(?: already exists| is not present| is still referenced| conflicts|\.|$)`),
		regexp.MustCompile(`(?i)\brow contains \(([^\n]*)\)`),
		regexp.MustCompile(`(?i)\b(?:invalid input [^"\n]{0,200}|column \S{1,200}): "([^"\n]*)"`),
	}

	// contraction is a word such as server's.
	contraction = regexp.MustCompile(`(\pL)'(s|t|re|ve|d|ll|m)([^\pL\pN_']|$)`)

	// size is a figure with its unit, as settings have it.
	size = regexp.MustCompile(`^(?:-?\d+(?:\.\d+)?\s?(?:us|ms|s|min|h|d|B|kB|MB|GB|TB|%)|on|off|true|false)$`)
)

// beforeValue are the words after which SQL has a value, and afterValue those that may follow one.
var (
	beforeValue = []string{"AND", "OR", "NOT", "IN", "LIKE", "ILIKE", "BETWEEN", "LIMIT", "OFFSET", "WHEN", "THEN", "ELSE", "SELECT", "RETURNING", "WHERE", "ARRAY", "ANY", "SET"}
	afterValue  = []string{"AND", "OR", "NOT", "IN", "LIKE", "ILIKE", "BETWEEN", "LIMIT", "OFFSET", "WHEN", "THEN", "ELSE", "END", "AS", "FROM", "WHERE", "ORDER", "GROUP", "HAVING",
		"UNION", "EXCEPT", "INTERSECT", "RETURNING", "FOR", "FETCH", "IS", "ON", "ROWS", "COLLATE", "ASC", "DESC"}
)

// literals finds values: of rows in the server's messages, in quotes, and the literals of SQL within a free text.
func (g *Gate) literals(text string) []span {
	var spans []span
	for _, pattern := range rowValues {
		spans = append(spans, groups(text, pattern, 1, "a value", g.value)...)
	}
	begin := len(text)
	if m := statement.FindStringIndex(text); m != nil {
		begin = m[0]
	}
	spans = append(spans, g.quotations(text, begin)...)
	spans = append(spans, constants(text, begin)...)
	return joined(spans)
}

// value is what is written for a value. An alias, a name that may be seen, and a setting's figure stay.
func (g *Gate) value(found string) (string, bool) {
	found = strings.TrimSpace(found)
	if kind, known := g.kinds[found]; known {
		with := g.Name(kind, found)
		return with, with != found
	}
	if g.issued(found) || found == hidden || size.MatchString(found) || found == "" {
		return "", false
	}
	return g.alias(Value, found), true
}

// quotations finds what stands in single quotes in text[:to], which is prose: an apostrophe is none. What is not closed goes on to the end of the line where
// it stands at the place of a value, as in a clipped text.
func (g *Gate) quotations(text string, to int) []span {
	var spans []span
	for i := 0; i < to; i++ {
		if text[i] != '\'' || !opens(text, i) {
			continue
		}
		end := closing(text, i+1, to)
		if end < 0 {
			if before := strings.TrimRight(text[:i], " \t"); before == "" || !strings.ContainsAny(before[len(before)-1:], "=<>(,") {
				continue
			}
			end = lineEnd(text, i, to)
		}
		if with, ok := g.value(text[i+1 : end]); ok {
			spans = append(spans, span{i + 1, end, with, "a value"})
		}
		i = end
	}
	return spans
}

// opens says whether the quote at i may open a quotation: no word stands before it, or only the prefix of a constant.
func opens(text string, i int) bool {
	if !wordBefore(text, i) {
		return true
	}
	return strings.IndexByte("eEbBnNxX", text[i-1]) >= 0 && !wordBefore(text, i-1)
}

// closing finds the quote that closes what begins at i, on the same line: no letter follows it, and it is not doubled. -1: none does.
func closing(text string, i, to int) int {
	for ; i < to && text[i] != '\n'; i++ {
		switch {
		case text[i] != '\'':
		case i+1 < len(text) && text[i+1] == '\'':
			i++
		case !wordStarts(text[i+1:]):
			return i
		}
	}
	return -1
}

func lineEnd(text string, i, to int) int {
	if n := strings.IndexByte(text[i:to], '\n'); n >= 0 {
		return i + n
	}
	return to
}

// constants finds the literals of the SQL that begins at from; they become $n. Prose may follow it: a number counts where a statement has a value.
func constants(text string, from int) []span {
	var spans []span
	tokens := sqltext.Scan(contraction.ReplaceAllString(text[from:], "${1}_$2$3")) // of the same length: an apostrophe opens no constant
	n := highest(tokens)
	at := from
	for i, t := range tokens {
		if t.Kind == sqltext.String && len(t.Text) > 1 || t.Kind == sqltext.Number && isValue(tokens, i) {
			n++
			spans = append(spans, span{at, at + len(t.Text), "$" + strconv.Itoa(n), "a literal"})
		}
		at += len(t.Text)
	}
	return spans
}

// highest is the highest number of the parameters among tokens.
func highest(tokens []sqltext.Token) int {
	n := 0
	for _, t := range tokens {
		if t.Kind == sqltext.Parameter {
			number, _ := strconv.Atoi(t.Text[1:]) // one too long for a number is none that the server has
			n = max(n, number)
		}
	}
	return min(n, 1<<16)
}

// isValue says whether the number at i stands where SQL has a value: after an operator, a parenthesis, a comma or such a word, and no other word follows.
func isValue(tokens []sqltext.Token, i int) bool {
	before, after := solidAt(tokens, i, -1), solidAt(tokens, i, 1)
	if after.Kind == sqltext.Word && !slices.ContainsFunc(afterValue, after.Is) || after.Text != "" && after.Text[0] >= utf8.RuneSelf {
		return false
	}
	return before.Kind == sqltext.Operator || before.Is("(") || before.Is(",") || before.Is("[") || before.Is(":") || before.Kind == sqltext.Word && slices.ContainsFunc(beforeValue, before.Is)
}

// solidAt is the next token on one side that is neither white space nor comment; none at the end.
func solidAt(tokens []sqltext.Token, i, step int) sqltext.Token {
	for i += step; i >= 0 && i < len(tokens); i += step {
		if t := tokens[i]; t.Kind != sqltext.Space && t.Kind != sqltext.Comment {
			return t
		}
	}
	return sqltext.Token{}
}
