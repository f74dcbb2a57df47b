package redact

import (
	"cmp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// knownName is a name to be replaced wherever it stands as a whole word.
type knownName struct {
	runes []rune // folded, unless exact
	exact bool   // a person's name is so written; in small letters it may be a word
	alias string
}

// matcher holds the known names by their first character, the longest first.
type matcher map[rune][]knownName

// add makes a name known; one that is known already keeps its alias.
func (m *matcher) add(name, alias string, exact bool) {
	name = sqltext.CleanLine(name)
	if saysNothing(name) || name == alias {
		return
	}
	if *m == nil {
		*m = matcher{}
	}
	runes := []rune(name)
	first := fold(runes[0])
	if !exact {
		for i, r := range runes {
			runes[i] = fold(r)
		}
	}
	list := (*m)[first]
	if slices.ContainsFunc(list, func(k knownName) bool { return k.exact == exact && slices.Equal(k.runes, runes) }) {
		return
	}
	list = append(list, knownName{runes, exact, alias})
	slices.SortStableFunc(list, func(a, b knownName) int { return cmp.Compare(len(b.runes), len(a.runes)) })
	(*m)[first] = list
}

// fold is the same for all cases of a character.
func fold(r rune) rune {
	if r < utf8.RuneSelf {
		if r >= 'A' && r <= 'Z' {
			r += 'a' - 'A'
		}
		return r
	}
	least := r
	for other := unicode.SimpleFold(r); other != r; other = unicode.SimpleFold(other) {
		least = min(least, other)
	}
	if least < utf8.RuneSelf { // K, the sign of kelvin, is a k too
		return fold(least)
	}
	return least
}

// at returns the alias and the length of the longest known name that a text begins with as a whole word; 0: of none.
func (m matcher) at(text string) (alias string, length int) {
	first, _ := utf8.DecodeRuneInString(text)
	for _, k := range m[fold(first)] {
		if n := k.prefix(text); n > 0 && !(isWord(k.runes[len(k.runes)-1]) && wordStarts(text[n:])) {
			return k.alias, n
		}
	}
	return "", 0
}

// prefix is the length of the name at the beginning of a text; 0: it is not there.
func (k knownName) prefix(text string) int {
	at := 0
	for _, want := range k.runes {
		r, size := utf8.DecodeRuneInString(text[at:])
		if size == 0 || r != want && (k.exact || fold(r) != want) {
			return 0
		}
		at += size
	}
	return at
}

// knownNames finds the known names where they stand as whole words: app is not in application. Aliases stay whole.
func (g *Gate) knownNames(text string) []span {
	if len(g.known) == 0 {
		return nil
	}
	var spans []span
	inWord := false
	for at := 0; at < len(text); {
		r, size := utf8.DecodeRuneInString(text[at:])
		if !(inWord && isWord(r)) {
			kept := g.aliasAt(text[at:])
			if alias, n := g.known.at(text[at:]); n > kept {
				spans = append(spans, span{at, at + n, alias, "a known name"})
				inWord, at = wordBefore(text, at+n), at+n
				continue
			}
			if kept > 0 {
				inWord, at = true, at+kept
				continue
			}
		}
		inWord = isWord(r)
		at += size
	}
	return spans
}

// aliasAt is the length of the alias that a text begins with; 0: it begins with none that the gate gave.
func (g *Gate) aliasAt(text string) int {
	dash := strings.IndexFunc(text[:min(len(text), longestKind+1)], func(r rune) bool { return r < 'a' || r > 'z' })
	if dash <= 0 || text[dash] != '-' {
		return 0
	}
	n := dash + 1
	for n < len(text) && text[n] >= 'A' && text[n] <= 'Z' {
		n++
	}
	if wordStarts(text[n:]) || !g.issued(text[:n]) {
		return 0
	}
	return n
}

// longestKind is the length of the longest Kind.
const longestKind = len(Application)
