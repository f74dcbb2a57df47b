package sqltext

import (
	"slices"
	"strings"
)

// TokenKind is what a token of SQL is.
type TokenKind int

// The kinds of tokens.
const (
	Space      TokenKind = iota
	Comment              // -- … or /* … */, nested ones too
	Word                 // a keyword or an identifier without quotes
	QuotedName           // "…", U&"…"
	String               // '…', E'…', B'…', X'…', N'…', U&'…', $tag$…$tag$
	Number
	Parameter // $1
	Operator  // one operator, :: and := included
	Mark      // one of ( ) [ ] , ; . :
)

// Token is a piece of SQL; the tokens of a text joined are the text.
type Token struct {
	Kind TokenKind
	Text string
}

// Is says whether the token is this keyword, mark or operator, whatever its case.
func (t Token) Is(text string) bool {
	return (t.Kind == Word || t.Kind == Mark || t.Kind == Operator) && strings.EqualFold(t.Text, text)
}

// Scan cuts a text into tokens by PostgreSQL's lexical rules (manual, "Lexical Structure") with standard_conforming_strings on. It never fails: what is not
// closed goes on to the end, as in a clipped text, and a character of no rule is a mark. It is our own because what is cut wrongly leaks a literal: go-sqllexer
// 0.2.6 ends nested comments and "a""b" early and takes numbers such as 1_000 and .5 apart.
func Scan(text string) []Token {
	var tokens []Token
	for len(text) > 0 {
		kind, n := next(text)
		tokens = append(tokens, Token{kind, text[:n]})
		text = text[n:]
	}
	return tokens
}

// Solid returns the tokens of a text that are neither white space nor comment.
func Solid(text string) []Token {
	return slices.DeleteFunc(Scan(text), func(t Token) bool { return t.Kind == Space || t.Kind == Comment })
}

// Joined is the text of tokens with a blank between each two.
func Joined(tokens []Token) string {
	words := make([]string, len(tokens))
	for i, t := range tokens {
		words[i] = t.Text
	}
	return strings.Join(words, " ")
}

// next returns the kind and the length of the first token of a text that is not empty.
func next(s string) (TokenKind, int) {
	c := s[0]
	switch {
	case isBlank(rune(c)):
		return Space, run(s, 1, func(c byte) bool { return isBlank(rune(c)) })
	case strings.HasPrefix(s, "--"):
		return Comment, run(s, 2, func(c byte) bool { return c != '\n' && c != '\r' })
	case strings.HasPrefix(s, "/*"):
		return Comment, blockComment(s)
	case c == '\'':
		return String, quotedString(s, 0, false)
	case c == '"':
		return QuotedName, quoted(s, 1, '"', false)
	case c == '$':
		return dollar(s)
	case isDigit(c) || c == '.' && len(s) > 1 && isDigit(s[1]):
		return Number, number(s)
	case isNameStart(c):
		return word(s)
	case strings.HasPrefix(s, "::") || strings.HasPrefix(s, ":="):
		return Operator, 2
	case strings.IndexByte(operatorChars, c) >= 0:
		return Operator, operator(s)
	default:
		return Mark, 1
	}
}

// word scans a name, or a string or quoted name whose prefix looks like one.
func word(s string) (TokenKind, int) {
	if len(s) > 1 && s[1] == '\'' && strings.IndexByte("eEbBxXnN", s[0]) >= 0 {
		return String, quotedString(s, 1, s[0] == 'e' || s[0] == 'E')
	}
	if len(s) > 2 && (s[0] == 'u' || s[0] == 'U') && s[1] == '&' {
		switch s[2] {
		case '\'':
			return String, quotedString(s, 2, false)
		case '"':
			return QuotedName, quoted(s, 3, '"', false)
		}
	}
	return Word, run(s, 1, isNamePart)
}

// quotedString scans a string whose quote stands at start. Strings with only white space between them, a newline in it, are one.
func quotedString(s string, start int, backslashes bool) int {
	end := quoted(s, start+1, '\'', backslashes)
	for {
		gap := run(s, end, func(c byte) bool { return isBlank(rune(c)) })
		if gap >= len(s) || s[gap] != '\'' || !strings.ContainsAny(s[end:gap], "\n\r") {
			return end
		}
		end = quoted(s, gap+1, '\'', backslashes)
	}
}

// quoted returns the end of what is quoted from position i on; a doubled quote does not end it.
func quoted(s string, i int, quote byte, backslashes bool) int {
	for i < len(s) {
		switch {
		case backslashes && s[i] == '\\':
			i += 2
		case s[i] == quote && i+1 < len(s) && s[i+1] == quote:
			i += 2
		case s[i] == quote:
			return i + 1
		default:
			i++
		}
	}
	return len(s)
}

func blockComment(s string) int {
	depth := 0
	for i := 0; i < len(s); {
		switch {
		case strings.HasPrefix(s[i:], "/*"):
			depth++
			i += 2
		case strings.HasPrefix(s[i:], "*/"):
			depth--
			i += 2
			if depth == 0 {
				return i
			}
		default:
			i++
		}
	}
	return len(s)
}

// dollar scans $1 and $tag$…$tag$.
func dollar(s string) (TokenKind, int) {
	if n := run(s, 1, isDigit); n > 1 {
		return Parameter, n
	}
	n := run(s, 1, func(c byte) bool { return c != '$' && isNamePart(c) })
	if n == len(s) || s[n] != '$' {
		return Mark, 1
	}
	tag := s[:n+1]
	if end := strings.Index(s[len(tag):], tag); end >= 0 {
		return String, len(tag) + end + len(tag)
	}
	return String, len(s)
}

// number scans decimal, hexadecimal, octal and binary numbers with underscores and exponents.
func number(s string) int {
	if len(s) > 2 && s[0] == '0' && strings.IndexByte("xXoObB", s[1]) >= 0 {
		if n := run(s, 2, isHexDigit); n > 2 {
			return n
		}
	}
	n := run(s, 0, isDecimalPart)
	if n < len(s) && s[n] == '.' && !strings.HasPrefix(s[n:], "..") {
		n = run(s, n+1, isDecimalPart)
	}
	if n < len(s) && (s[n] == 'e' || s[n] == 'E') {
		exponent := n + 1
		if exponent < len(s) && (s[exponent] == '+' || s[exponent] == '-') {
			exponent++
		}
		if end := run(s, exponent, isDecimalPart); end > exponent {
			return end
		}
	}
	return n
}

const operatorChars = "+-*/<>=~!@#%^&|`?"

// operatorLimit is the longest operator that a server built with defaults takes, in bytes (NAMEDATALEN - 1).
const operatorLimit = 63

// operator scans the longest operator: it holds no start of a comment, and ends in + or - only when it holds one of ~!@#%^&|`? too.
func operator(s string) int {
	s = s[:min(len(s), operatorLimit)]
	n := run(s, 0, func(c byte) bool { return strings.IndexByte(operatorChars, c) >= 0 })
	for _, comment := range []string{"--", "/*"} {
		if i := strings.Index(s[:n], comment); i > 0 {
			n = i
		}
	}
	if strings.ContainsAny(s[:n], "~!@#%^&|`?") {
		return n
	}
	return max(len(strings.TrimRight(s[:n], "+-")), 1)
}

// run returns the first position from i on whose byte does not belong.
func run(s string, i int, belongs func(byte) bool) int {
	for i < len(s) && belongs(s[i]) {
		i++
	}
	return min(i, len(s))
}

func isDigit(c byte) bool       { return c >= '0' && c <= '9' }
func isDecimalPart(c byte) bool { return isDigit(c) || c == '_' }
func isHexDigit(c byte) bool {
	return isDecimalPart(c) || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
}
func isNameStart(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' || c >= 0x80
}
func isNamePart(c byte) bool { return isNameStart(c) || isDigit(c) || c == '$' }
