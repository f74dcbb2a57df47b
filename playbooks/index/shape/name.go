package shape

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// NameLimit is the longest identifier of a server built with defaults, in bytes (NAMEDATALEN - 1).
const NameLimit = 63

// Name is idx_<table>_<first columns>_<4 hex digits of the shape's hash>: the same draft has the same name, and it can be typed.
func (x Index) Name() string {
	hash := sha256.Sum256([]byte(x.Definition()))
	tail := "_" + hex.EncodeToString(hash[:2])
	words := []string{"idx", x.Table}
	for _, k := range x.Keys[:min(2, len(x.Keys))] {
		words = append(words, k.word())
	}
	head := strings.Trim(strings.Map(typeable, strings.ToLower(strings.Join(words, "_"))), "_")
	return head[:min(len(head), NameLimit-len(tail))] + tail
}

// word is what a name says of the key.
func (k Key) word() string {
	if k.Column != "" {
		return k.Column
	}
	return strings.Join(append([]string{"expr"}, k.Columns...), "_")
}

// typeable keeps what every keyboard has and no identifier needs quotes for.
func typeable(r rune) rune {
	if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '_' {
		return r
	}
	if r == utf8.RuneError {
		return -1
	}
	return '_'
}

// ValidName says what is wrong with a name that a person has typed for an index; nil: nothing. The server would cut a longer one and say so only in a notice.
func ValidName(name string) error {
	switch {
	case name == "":
		return errors.New("an index needs a name")
	case len(name) > NameLimit:
		return fmt.Errorf("the name has %d bytes, a server keeps %d: shorten it", len(name), NameLimit)
	case strings.ContainsAny(name, "\n\t") || sqltext.Clean(name) != name:
		return errors.New("the name has characters that cannot be shown: type it without them")
	}
	return nil
}
