package candidate

import (
	"testing"

	"github.com/pgmedic/pgmedic/playbooks/index/shape"
	"github.com/pgmedic/pgmedic/playbooks/index/table"
)

// An index that the table has finds what one with fewer keys would, where it has the others too and the rest is one value for the statement.
func TestAnIndexWithFixedKeysBesides(t *testing.T) {
	down := func(name string) shape.Key { return shape.Key{Column: name, Descending: true, NullsFirst: true} }
	keys := func(names ...string) []shape.Key {
		var all []shape.Key
		for _, name := range names {
			all = append(all, shape.Key{Column: name})
		}
		return all
	}
	need := needOf("((t.tenant = 5) AND (t.kind = 3) AND (t.made > '2026-01-01'::timestamp))")
	for _, c := range []struct {
		has, wanted []shape.Key
		want        bool
	}{
		{keys("tenant", "made"), keys("made"), true},
		{keys("tenant", "made"), keys("tenant"), true},
		{keys("tenant", "kind", "made"), keys("kind", "made"), true},
		{keys("tenant", "kind", "made", "id"), keys("kind", "made"), true},
		{keys("made", "tenant"), keys("made"), true},
		{keys("tenant", "kind", "made"), keys("kind", "tenant", "made"), true},
		{append(keys("tenant"), down("made")), keys("made"), true},
		{append(keys("tenant", "made"), down("id")), keys("made", "id"), false},
		{keys("tenant", "id", "made"), keys("made"), false},
		{keys("tenant", "made"), keys("kind"), false},
		{keys("tenant", "made"), keys("kind", "made"), false},
		{keys("tenant"), keys("made"), false},
		{keys("due", "made"), keys("made"), false},
	} {
		need.Table.Indexes = []table.Existing{{Name: "x", Valid: true, Known: true, Shape: shape.Index{Method: "btree", Keys: c.has}}}
		wanted := shape.Index{Method: "btree", Keys: c.wanted}
		if got := ask(need).findsAsMuch(wanted); got != c.want {
			t.Errorf("%v finds what %v would: %v", c.has, c.wanted, got)
		}
	}
	partial := shape.Index{Method: "btree", Keys: keys("tenant", "made"), Where: []shape.Clause{{SQL: "gone IS NULL", Columns: []string{"gone"}}}}
	need.Table.Indexes = []table.Existing{{Name: "x", Valid: true, Known: true, Shape: partial}}
	if ask(need).findsAsMuch(shape.Index{Method: "btree", Keys: keys("made")}) {
		t.Error("a partial index has not all rows")
	}
}
