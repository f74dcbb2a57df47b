package panes

import (
	"strings"

	"github.com/sahilm/fuzzy"

	"github.com/pgmedic/pgmedic/ui/draw"
)

// match is a text that a filter matched, and the bytes of it that did.
type match struct {
	index int
	bytes []int
}

// matches returns the texts that hold the filter as it is, in any case; where none does, those that match it fuzzily. The order stays.
func matches(filter string, texts []string) []match {
	var found []match
	word := strings.ToLower(filter)
	for i, text := range texts {
		if at := strings.Index(strings.ToLower(text), word); at >= 0 {
			found = append(found, match{i, span(at, len(word))})
		}
	}
	if len(found) > 0 {
		return found
	}
	for _, m := range fuzzy.FindNoSort(filter, texts) {
		if isClose(m.MatchedIndexes) {
			found = append(found, match{m.Index, m.MatchedIndexes})
		}
	}
	return found
}

// isClose says whether the matched letters stand near each other: strewn over a whole statement, nearly every word is found in it.
func isClose(bytes []int) bool {
	const stretch, slack = 3, 4
	return bytes[len(bytes)-1]-bytes[0] <= stretch*len(bytes)+slack
}

func span(at, n int) []int {
	list := make([]int, n)
	for i := range list {
		list[i] = at + i
	}
	return list
}

// marked splits a text into spans, the matched bytes in one ink and the others in another.
func marked(text string, bytes []int, plain, match draw.Ink) []draw.Span {
	if len(bytes) == 0 {
		return []draw.Span{{Text: text, Ink: plain}}
	}
	hit := map[int]bool{}
	for _, b := range bytes {
		hit[b] = true
	}
	var spans []draw.Span
	start, inside := 0, false
	for i := range text {
		if hit[i] != inside {
			spans = appendSpan(spans, text[start:i], inside, plain, match)
			start, inside = i, hit[i]
		}
	}
	return appendSpan(spans, text[start:], inside, plain, match)
}

func appendSpan(spans []draw.Span, text string, inside bool, plain, match draw.Ink) []draw.Span {
	if text == "" {
		return spans
	}
	if inside {
		return append(spans, draw.Span{Text: text, Ink: match})
	}
	return append(spans, draw.Span{Text: text, Ink: plain})
}
