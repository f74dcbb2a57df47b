package sampler

import (
	"encoding/binary"
	"hash/fnv"
	"slices"
	"strings"

	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// clippedStep is to a multiple of how many tokens a clipped text is shortened: constants of other lengths clip the same statement elsewhere.
const clippedStep = 32

// RunningID makes an id for a statement that the server gives none: the same for the same statement of one role in one database, whatever its constants, the
// lengths of its lists, its white space and the case of its words. Of a text that is clipped it stands on the beginning, so two long statements may share one,
// or one have two. All utility statements of one command have the same, because their text may hold secrets that a hash would let others try.
func RunningID(database, user uint32, text string, clipped bool) int64 {
	tokens := []string{sqltext.Public(text)}
	if !sqltext.IsUtility(text) {
		tokens = essence(text, true, true)
	}
	if clipped && len(tokens) >= clippedStep {
		tokens = tokens[:len(tokens)/clippedStep*clippedStep]
	}
	sum := fnv.New64a()
	_ = binary.Write(sum, binary.LittleEndian, []uint32{database, user})
	for _, token := range tokens {
		_, _ = sum.Write([]byte(token + "\x00"))
	}
	return max(int64(sum.Sum64()>>1), 1)
}

// essence returns a statement's tokens without what differs from call to call: what pg_stat_statements makes a parameter of, too. Where lists is set, the
// items of a list count once, where rows is, the rows of constants.
func essence(text string, lists, rows bool) []string {
	var tokens []string
	for _, token := range sqltext.Scan(text) {
		word := strings.ToLower(token.Text)
		switch {
		case token.Kind == sqltext.Space || token.Kind == sqltext.Comment:
		case isConstant(token, word, tokens):
			if n := len(tokens); n > 0 && tokens[n-1] == "-" {
				tokens = tokens[:n-1] // a part of the constant, where it is its sign
			}
			if tokens = append(tokens, "$"); lists {
				tokens = shortened(tokens, ",", "$")
			}
		case token.Kind == sqltext.Word:
			tokens = append(tokens, word)
		default:
			if tokens = append(tokens, token.Text); rows {
				tokens = shortened(tokens, ",", "(", "$", ")")
			}
		}
	}
	if n := len(tokens); n > 0 && tokens[n-1] == ";" {
		tokens = tokens[:n-1]
	}
	return tokens
}

// isConstant says whether a token after others stands for a value: true, false and NULL do except in IS NULL and its like, and the field of EXTRACT does.
func isConstant(token sqltext.Token, word string, before []string) bool {
	last := ""
	if len(before) > 0 {
		last = before[len(before)-1]
	}
	switch token.Kind {
	case sqltext.String, sqltext.Number, sqltext.Parameter:
		return true
	case sqltext.Word:
		field := last == "(" && len(before) > 1 && before[len(before)-2] == "extract"
		return field || last != "is" && last != "not" && slices.Contains([]string{"true", "false", "null"}, word)
	}
	return false
}

// shortened takes the item off the end of tokens if the same stands before it: 1, 2, 3 is 1, and (1), (2) is (1).
func shortened(tokens []string, item ...string) []string {
	n, size := len(tokens), len(item)
	if n < 2*size-1 || !slices.Equal(tokens[n-size:], item) || !slices.Equal(tokens[n-2*size+1:n-size], item[1:]) {
		return tokens
	}
	return tokens[:n-size]
}
