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
	tokens := essence(text)
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

// essence returns a statement's tokens without what differs from call to call.
func essence(text string) []string {
	if sqltext.IsUtility(text) {
		return []string{sqltext.Public(text)}
	}
	var tokens []string
	for _, token := range sqltext.Scan(text) {
		switch token.Kind {
		case sqltext.Space, sqltext.Comment:
		case sqltext.String, sqltext.Number, sqltext.Parameter:
			tokens = shortened(append(tokens, "$"), ",", "$")
		case sqltext.Word:
			tokens = append(tokens, strings.ToLower(token.Text))
		default:
			tokens = shortened(append(tokens, token.Text), ",", "(", "$", ")")
		}
	}
	if n := len(tokens); n > 0 && tokens[n-1] == ";" {
		tokens = tokens[:n-1]
	}
	return tokens
}

// shortened takes the item off the end of tokens if the same stands before it: 1, 2, 3 is 1, and (1), (2) is (1).
func shortened(tokens []string, item ...string) []string {
	n, size := len(tokens), len(item)
	if n < 2*size-1 || !slices.Equal(tokens[n-size:], item) || !slices.Equal(tokens[n-2*size+1:n-size], item[1:]) {
		return tokens
	}
	return tokens[:n-size]
}
