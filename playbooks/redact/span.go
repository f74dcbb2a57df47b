package redact

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// span is a piece of a text that is not for others, and what is written for it.
type span struct {
	From, To int // bytes
	With     string
	What     string // for a person: an e-mail address
}

// finder finds what is not for others in a text, in its order and without overlaps.
type finder func(text string) []span

// replace writes a text anew. A replacement never grows together with a word beside it.
func replace(text string, find finder) string {
	spans := find(text)
	if len(spans) == 0 {
		return text
	}
	var b strings.Builder
	at := 0
	for _, s := range spans {
		b.WriteString(text[at:s.From])
		if wordBefore(text, s.From) && wordStarts(s.With) {
			b.WriteByte(' ')
		}
		b.WriteString(s.With)
		if wordStarts(text[s.To:]) && wordBefore(s.With, len(s.With)) {
			b.WriteByte(' ')
		}
		at = s.To
	}
	b.WriteString(text[at:])
	return b.String()
}

// wordBefore says whether a letter, a digit or an underscore stands before position i.
func wordBefore(text string, i int) bool {
	r, size := utf8.DecodeLastRuneInString(text[:i])
	return size > 0 && isWord(r)
}

// wordStarts says whether a text begins with a letter, a digit or an underscore.
func wordStarts(text string) bool {
	r, size := utf8.DecodeRuneInString(text)
	return size > 0 && isWord(r)
}

func isWord(r rune) bool {
	return r == '_' || unicode.IsLetter(r) || unicode.IsNumber(r) || unicode.IsMark(r)
}

// groups returns the span of a group of each match of a pattern. with says what is written for it; ok false: it stays.
func groups(text string, pattern *regexp.Regexp, group int, what string, with func(found string) (text string, ok bool)) []span {
	var spans []span
	for _, m := range pattern.FindAllStringSubmatchIndex(text, -1) {
		from, to := m[2*group], m[2*group+1]
		if from < 0 || from == to {
			continue
		}
		if written, ok := with(text[from:to]); ok {
			spans = append(spans, span{from, to, written, what})
		}
	}
	return spans
}
