package index

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"

	"github.com/pgmedic/pgmedic/probes/plan"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// definition is the shape of a b-tree index.
type definition struct {
	Schema, Table string
	Keys          []key
	Predicate     []predicate // joined by AND; none: the whole table
}

// key is one column of an index.
type key struct {
	Column     string
	Descending bool
	NullsFirst bool
}

// sql writes the key; NULLS stands only where it differs from the direction's default.
func (k key) sql() string {
	text := sqltext.Ident(k.Column)
	if k.Descending {
		text += " DESC"
	}
	switch {
	case k.NullsFirst && !k.Descending:
		text += " NULLS FIRST"
	case !k.NullsFirst && k.Descending:
		text += " NULLS LAST"
	}
	return text
}

// predicate is one condition of a partial index: a NULL test or a boolean column.
type predicate struct {
	Kind    plan.Kind // plan.IsNull, plan.IsNotNull or plan.Boolean
	Column  string
	Negated bool
}

func (p predicate) sql() string {
	column := sqltext.Ident(p.Column)
	switch {
	case p.Kind == plan.IsNull:
		return column + " IS NULL"
	case p.Kind == plan.IsNotNull:
		return column + " IS NOT NULL"
	case p.Negated:
		return "NOT " + column
	}
	return column
}

// predicates reads the conditions that a partial index can carry; false where there are others among them.
func predicates(conditions []plan.Condition) ([]predicate, bool) {
	var found []predicate
	for _, c := range conditions {
		if !isPredicate(c) {
			return nil, false
		}
		found = append(found, predicate{c.Kind, c.Column, c.Negated})
	}
	return found, true
}

func isPredicate(c plan.Condition) bool {
	return c.Kind == plan.IsNull || c.Kind == plan.IsNotNull || c.Kind == plan.Boolean
}

func (d definition) where() string {
	texts := make([]string, len(d.Predicate))
	for i, p := range d.Predicate {
		texts[i] = p.sql()
	}
	return strings.Join(texts, " AND ")
}

func (d definition) keyList() string {
	texts := make([]string, len(d.Keys))
	for i, k := range d.Keys {
		texts[i] = k.sql()
	}
	return strings.Join(texts, ", ")
}

// shape is everything of the index but its name.
func (d definition) shape() string {
	text := "ON " + sqltext.Ident(d.Schema, d.Table) + " (" + d.keyList() + ")"
	if len(d.Predicate) > 0 {
		text += " WHERE " + d.where()
	}
	return text
}

// createSQL is the statement that builds the index. It costs two readings of the table, needs the table's owner and CREATE on its schema; all
// versions from 13.
// Never IF NOT EXISTS: that reports success over an INVALID leftover.
func (d definition) createSQL() string {
	return "CREATE INDEX CONCURRENTLY " + sqltext.Ident(d.name()) + " " + d.shape() + " /* pgmedic:index-build */"
}

// dropSQL is the statement that drops an index of the schema. It waits for everyone who uses the table; needs the index's owner; all versions
// from 13. Never IF EXISTS, never CASCADE.
func dropSQL(schema, index string) string {
	return "DROP INDEX CONCURRENTLY " + sqltext.Ident(schema, index) + " /* pgmedic:index-drop */"
}

// nameLimit is the longest identifier of a server built with defaults, in bytes (NAMEDATALEN - 1).
const nameLimit = 63

// name is idx_<table>_<columns>_<4 hex digits of the shape's hash>: the same draft has the same name, and it can be typed.
func (d definition) name() string {
	hash := sha256.Sum256([]byte(d.shape()))
	tail := "_" + hex.EncodeToString(hash[:2])
	words := []string{"idx", d.Table}
	for _, k := range d.Keys[:min(2, len(d.Keys))] {
		words = append(words, k.Column)
	}
	head := strings.Map(typeable, strings.ToLower(strings.Join(words, "_")))
	return head[:min(len(head), nameLimit-len(tail))] + tail
}

// typeable keeps what every keyboard has and no identifier needs quotes for.
func typeable(r rune) rune {
	if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '_' {
		return r
	}
	return '_'
}

// samePredicate says whether two sets of conditions are the same, in any order.
func samePredicate(a, b []predicate) bool {
	if len(a) != len(b) {
		return false
	}
	for _, p := range a {
		if !slices.Contains(b, p) {
			return false
		}
	}
	return true
}
