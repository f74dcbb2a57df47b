package rewrite

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// text is a statement and its tokens without white space and comments.
type text struct {
	sql    string
	tokens []sqltext.Token
	start  []int // each token's position in sql
	match  []int // of a parenthesis or bracket: its partner's index; -1: none
}

func scan(sql string) *text {
	t := &text{sql: sql}
	position := 0
	var open []int
	for _, token := range sqltext.Scan(sql) {
		if token.Kind != sqltext.Space && token.Kind != sqltext.Comment {
			open = t.add(token, position, open)
		}
		position += len(token.Text)
	}
	return t
}

// add appends a token; open are the indexes of the parentheses that wait for their partner.
func (t *text) add(token sqltext.Token, position int, open []int) []int {
	at := len(t.tokens)
	t.tokens, t.start, t.match = append(t.tokens, token), append(t.start, position), append(t.match, -1)
	switch {
	case token.Is("("), token.Is("["):
		return append(open, at)
	case (token.Is(")") || token.Is("]")) && len(open) > 0:
		last := open[len(open)-1]
		if t.tokens[last].Is("(") == token.Is(")") {
			t.match[at], t.match[last] = last, at
		}
		return open[:len(open)-1]
	}
	return open
}

// is says whether one of these words, marks or operators stands at i, and i lies before end.
func (t *text) is(i, end int, words ...string) bool {
	if i < 0 || i >= end {
		return false
	}
	return slices.ContainsFunc(words, func(word string) bool { return t.tokens[i].Is(word) })
}

// has says whether these words follow one another from i on.
func (t *text) has(i, end int, words ...string) bool {
	for n, word := range words {
		if !t.is(i+n, end, word) {
			return false
		}
	}
	return true
}

// source is the text of the tokens from lo to before hi, with what stands between them.
func (t *text) source(lo, hi int) string {
	if lo >= hi {
		return ""
	}
	return t.sql[t.start[lo]:t.end(hi-1)]
}

func (t *text) end(i int) int { return t.start[i] + len(t.tokens[i].Text) }

// after returns the index behind the token, and behind the parenthesis that it opens; end where that is not closed before.
func (t *text) after(i, end int) int {
	if !t.is(i, end, "(", "[") {
		return i + 1
	}
	if t.match[i] < 0 || t.match[i] >= end {
		return end
	}
	return t.match[i] + 1
}

// find returns the first index from lo on, outside parentheses, that the test wants; hi where there is none.
func (t *text) find(lo, hi int, test func(i int) bool) int {
	for i := lo; i < hi; i = t.after(i, hi) {
		if test(i) {
			return i
		}
	}
	return hi
}

// split returns the ranges between the commas outside parentheses.
func (t *text) split(lo, hi int) [][2]int {
	var parts [][2]int
	for lo < hi {
		comma := t.find(lo, hi, func(i int) bool { return t.is(i, hi, ",") })
		parts = append(parts, [2]int{lo, comma})
		lo = comma + 1
	}
	return parts
}

// isName says whether a name of a column or table can stand at i.
func (t *text) isName(i, end int) bool {
	if i < 0 || i >= end {
		return false
	}
	return t.tokens[i].Kind == sqltext.Word || t.tokens[i].Kind == sqltext.QuotedName && t.tokens[i].Text[0] == '"'
}

// name is what the name at i stands for, unquoted and folded.
func (t *text) name(i int) string {
	names := sqltext.Names(t.tokens[i].Text)
	if len(names) == 0 {
		return ""
	}
	return names[0].Name
}

// comments are the comments in a piece of SQL.
func comments(sql string) []string {
	var found []string
	for _, token := range sqltext.Scan(sql) {
		if token.Kind == sqltext.Comment {
			found = append(found, token.Text)
		}
	}
	return found
}

// withComments appends the comments of what stood there before, so that none is lost.
func withComments(to, from string) string {
	kept := comments(to)
	slices.Sort(kept)
	var lost strings.Builder
	for _, comment := range comments(from) {
		if _, found := slices.BinarySearch(kept, comment); found {
			continue
		}
		lost.WriteString(" " + comment)
		if strings.HasPrefix(comment, "--") {
			lost.WriteByte('\n')
		}
	}
	return to + lost.String()
}

// parametersOf names the parameters of a statement, each once, in the order of their numbers.
func parametersOf(sql string) []string {
	var names []string
	for _, token := range sqltext.Scan(sql) {
		if token.Kind == sqltext.Parameter {
			names = append(names, token.Text)
		}
	}
	slices.SortFunc(names, func(a, b string) int {
		return cmp.Or(cmp.Compare(parameterNumber(a), parameterNumber(b)), cmp.Compare(a, b))
	})
	return slices.Compact(names)
}

func parameterNumber(name string) int {
	n, err := strconv.Atoi(strings.TrimPrefix(name, "$"))
	if err != nil {
		return 0
	}
	return n
}

func parameterName(n int) string { return "$" + strconv.Itoa(n) }
