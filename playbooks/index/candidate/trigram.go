package candidate

import (
	"slices"
	"strings"
	"unicode"

	"github.com/pgmedic/pgmedic/playbooks/index/shape"
	"github.com/pgmedic/pgmedic/playbooks/index/table"
	"github.com/pgmedic/pgmedic/probes/plan"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// trigramKey is the key of a GIN index of the trigrams of a text.
func (a *asked) trigramKey(k shape.Key, column table.Column, c plan.Condition) (key shape.Key, why, caveat string, ok bool) {
	searches := slices.Contains([]string{"~~", "~~*", "~", "~*"}, c.Op)
	resembles := c.Op == "%" || c.Op == "%>"
	if !searches && !resembles || column.TypeName != "text" && column.TypeName != "varchar" {
		return k, "", "", false
	}
	if searches && isLiteral(c.Value) && !a.open(c) && !hasTrigram(c.Op, constantText(c.Value)) {
		return k, "", "", false // such a search reads the whole index
	}
	installed, known := a.Table.Extensions["pg_trgm"]
	switch {
	case !known || column.Nondeterministic:
		return k, "", "", false
	case installed == "":
		k.Opclass = sqltext.Ident(table.ExtensionSchema, "gin_trgm_ops")
		caveat = "needs the extension pg_trgm first, which this database lacks: CREATE EXTENSION pg_trgm SCHEMA " + table.ExtensionSchema
	default:
		k.Opclass = sqltext.Ident(installed, "gin_trgm_ops")
	}
	why = "every three characters in a row are an entry of their own: the search may begin anywhere"
	if resembles {
		return k, "every three characters in a row are an entry of their own: what resembles has some of them", caveat, true
	}
	if !isLiteral(c.Value) || a.open(c) {
		caveat = join(caveat, "a pattern with fewer than three characters in a row reads the whole index")
	}
	return k, why, caveat, true
}

func join(caveat, further string) string { return strings.TrimPrefix(caveat+"; "+further, "; ") }

// hasTrigram says whether pg_trgm finds a trigram in a pattern: three word characters in a row, fewer where the word's beginning or end is known.
func hasTrigram(op, pattern string) bool {
	like := op == "~~" || op == "~~*"
	if !like {
		return longestWord(pattern) >= 3
	}
	runes := []rune(pattern)
	for i := 0; i < len(runes); {
		if !isWord(runes[i]) {
			i++
			continue
		}
		end := i
		for end < len(runes) && isWord(runes[end]) {
			end++
		}
		length := end - i
		if i == 0 || !isWildcard(runes[i-1]) {
			length += 2 // the blanks that pg_trgm puts before a word
		}
		if end == len(runes) || !isWildcard(runes[end]) {
			length++
		}
		if length >= 3 {
			return true
		}
		i = end
	}
	return false
}

func longestWord(text string) int {
	longest, run := 0, 0
	for _, r := range text {
		if run++; !isWord(r) {
			run = 0
		}
		longest = max(longest, run)
	}
	return longest
}

func isWord(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

func isWildcard(r rune) bool { return r == '%' || r == '_' || r == '\\' }
