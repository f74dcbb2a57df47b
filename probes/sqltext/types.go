package sqltext

import (
	"slices"
	"strings"
)

// TypeEnd returns the position after the type name that begins at tokens[i], for example after "character varying(20)[]"; i where none begins there.
func TypeEnd(tokens []Token, i int) int {
	if i >= len(tokens) || !isName(tokens[i]) {
		return i
	}
	end := i + 1
	for end+1 < len(tokens) && tokens[end].Is(".") && isName(tokens[end+1]) {
		end += 2
	}
	end = modifiersEnd(tokens, end)
	for _, tail := range typeTails(tokens[i]) {
		if tailEnd := wordsEnd(tokens, end, tail); tailEnd > end {
			end = modifiersEnd(tokens, tailEnd)
			break
		}
	}
	return bracketsEnd(tokens, end)
}

// typeTails returns the words that may follow a type's first word.
func typeTails(first Token) []string {
	switch strings.ToLower(first.Text) {
	case "character", "char", "bit":
		return []string{"varying"}
	case "double":
		return []string{"precision"}
	case "time", "timestamp":
		return []string{"with time zone", "without time zone"}
	}
	return nil
}

// wordsEnd returns the position after the given words, where they follow at i; else i.
func wordsEnd(tokens []Token, i int, words string) int {
	at := i
	for word := range strings.FieldsSeq(words) {
		at = solid(tokens, at)
		if at == len(tokens) || !tokens[at].Is(word) {
			return i
		}
		at++
	}
	return at
}

// modifiersEnd returns the position after the type's modifiers, such as (10,2), where they follow at i; else i.
func modifiersEnd(tokens []Token, i int) int {
	if i == len(tokens) || !tokens[i].Is("(") {
		return i
	}
	for at := i + 1; at < len(tokens); at++ {
		switch t := tokens[at]; {
		case t.Is(")"):
			return at + 1
		case t.Kind != Number && t.Kind != Space && !t.Is(",") && !t.Is("-"):
			return i
		}
	}
	return i
}

// bracketsEnd returns the position after [] and [3], as often as they follow at i.
func bracketsEnd(tokens []Token, i int) int {
	for i < len(tokens) && tokens[i].Is("[") {
		closing := slices.IndexFunc(tokens[i:], func(t Token) bool { return t.Is("]") })
		if closing < 0 || closing > 2 {
			return i
		}
		i += closing + 1
	}
	return i
}

func isName(t Token) bool { return t.Kind == Word || t.Kind == QuotedName }

// solid returns the position of the first token from i on that is neither space nor comment.
func solid(tokens []Token, i int) int {
	for i < len(tokens) && (tokens[i].Kind == Space || tokens[i].Kind == Comment) {
		i++
	}
	return min(i, len(tokens))
}
