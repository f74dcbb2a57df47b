package sampler

import (
	"hash/fnv"

	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// textKey finds a statement by its text: the same in one database, whatever its constants, its white space and the case of its words.
type textKey struct {
	database  uint32
	beginning bool // the text is clipped after it
	sum       uint64
}

const (
	// textKeysKept bounds the keys that are remembered: of each statement one, and some of beginnings.
	textKeysKept = 4 * probes.StatementsKept
	// beginnings is how many of a statement's beginnings are remembered, each of clippedStep tokens more than the one before.
	beginnings = 16
	// ambiguous stands in place of a query id where several statements have the text: names in it stand for other tables by another search_path, or did.
	ambiguous = 0
	// squashesLists is the version from which on statements that differ in the length of a list of constants are one.
	squashesLists = 180000
)

// learn notes the query id of a text, of which cut says that it is the beginning only. Of utility statements, among them EXECUTE, the text is not what has the id.
func (t *textReader) learn(id int64, database uint32, text string, cut bool) {
	if sqltext.IsUtility(text) {
		return
	}
	sum, begins := t.sums(text)
	if cut {
		begins = begins[:max(len(begins)-1, 0)] // the last one may end within a token
	} else {
		t.learnKey(textKey{database, false, sum}, id)
	}
	for _, sum := range begins[:min(len(begins), beginnings)] {
		t.learnKey(textKey{database, true, sum}, id)
	}
}

func (t *textReader) learnKey(key textKey, id int64) {
	if other, found := t.byText.Get(key); found && other != id {
		id = ambiguous
	}
	t.byText.Put(key, id)
}

// keyOf returns the key of what a session runs; false where its text tells too little.
func (t *textReader) keyOf(s Running) (textKey, bool) {
	if sqltext.IsUtility(s.text) || sqltext.Several(s.text) {
		return textKey{}, false
	}
	sum, begins := t.sums(s.text)
	if !s.Clipped && len(s.text) == s.length {
		return textKey{s.database, false, sum}, true
	}
	if n := min(len(begins)-1, beginnings); n > 0 { // as in learn
		return textKey{s.database, true, begins[n-1]}, true
	}
	return textKey{}, false
}

// sums returns the hash of a text, and of its beginnings of clippedStep tokens, of twice as many, and so on.
func (t *textReader) sums(text string) (whole uint64, begins []uint64) {
	sum := fnv.New64a()
	for i, token := range essence(text, t.version >= squashesLists, false) {
		_, _ = sum.Write([]byte(token + "\x00"))
		if (i+1)%clippedStep == 0 {
			begins = append(begins, sum.Sum64())
		}
	}
	return sum.Sum64(), begins
}
