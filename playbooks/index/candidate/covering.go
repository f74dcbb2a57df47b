package candidate

import (
	"slices"
	"strings"

	"github.com/pgmedic/pgmedic/playbooks/index/shape"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

const (
	visibleShare  = 0.8 // of the table's pages must be all-visible for an index-only scan to spare the table
	mostCovering  = 4   // b-trees that columns are stored in
	mostIncluded  = 6   // columns that are stored for it
	widestInclude = 96  // bytes of them all, on average
)

// covering is the plainest b-trees with all that the statement reads stored in them, where that is little and the table is vacuumed well.
func (a *asked) covering() []Candidate {
	if float64(a.Table.AllVisible) < visibleShare*float64(a.Table.Pages) || !a.Table.Costs.IndexOnlyScans {
		return nil
	}
	var found []Candidate
	taken := 0
	for _, plain := range a.btrees() {
		c := plain
		include, ok := a.include(c)
		if !ok || taken == mostCovering {
			continue
		}
		taken++
		c.Index.Include = include
		stored := Use{Part: "INCLUDE (" + identList(include) + ")", Why: whyRead}
		c.Uses = append(slices.Clone(c.Uses), stored)
		c.For = "index-only scan"
		found = append(found, c)
		if keyed, ok := a.keyed(plain, include); ok {
			found = append(found, keyed)
		}
	}
	return found
}

// mostStored is how many columns stand as keys for the sake of an index-only scan, and widestStored how wide one of them is at most.
const (
	mostStored   = 2
	widestStored = 16
)

// keyed is a b-tree with what the statement reads as its last keys instead of stored beside them: repeated keys are stored once, which an INCLUDE prevents.
func (a *asked) keyed(c Candidate, include []string) (Candidate, bool) {
	keys, ok := a.storedKeys(include)
	if !ok || len(c.Index.Keys)+len(keys) > mostKeys {
		return c, false
	}
	c.Index.Keys, c.Uses = slices.Clone(c.Index.Keys), slices.Clone(c.Uses)
	for _, k := range keys {
		c.Index.Keys = append(c.Index.Keys, k)
		c.use(k.SQL(), whyRead, nil)
	}
	c.For, c.Stored = "index-only scan", len(keys)
	return c, true
}

// storedKeys are a few narrow columns as keys.
func (a *asked) storedKeys(columns []string) ([]shape.Key, bool) {
	if len(columns) == 0 || len(columns) > mostStored {
		return nil, false
	}
	var keys []shape.Key
	for _, name := range columns {
		column, known := a.Table.Columns[name]
		if !known || unfit(column) || wide(column) || !column.Analysed || column.Width > widestStored {
			return nil, false
		}
		keys = append(keys, shape.Key{Column: name})
	}
	return keys, true
}

// include names the columns that the index lacks for an index-only scan; false where it lacks none, too many, or what cannot be stored. The planner
// wants the columns of an expression too, and every column of a condition that the predicate does not say.
func (a *asked) include(c Candidate) ([]string, bool) {
	needed := slices.Clone(a.Output)
	for _, condition := range a.Conditions {
		if !slices.ContainsFunc(c.Index.Where, func(w shape.Clause) bool { return w.SQL == sqlOf(condition) }) {
			needed = append(needed, columnsUsed(condition)...)
		}
	}
	for _, k := range a.Order {
		needed = append(needed, columnsIn([]shape.Key{k})...)
	}
	var include []string
	width := 0
	for _, name := range needed {
		column, known := a.Table.Columns[name]
		isKey := slices.ContainsFunc(c.Index.Keys, func(k shape.Key) bool { return k.Column == name })
		switch {
		case !known:
			return nil, false // the whole row, or a system column
		case isKey || slices.Contains(include, name):
			continue
		case !column.Analysed || wide(column) || column.TypeName == "json" || column.TypeName == "jsonb" || isArray(column):
			return nil, false
		}
		include = append(include, name)
		width += column.Width
	}
	return include, len(include) > 0 && len(include) <= mostIncluded && width <= widestInclude
}

func identList(names []string) string {
	quoted := make([]string, len(names))
	for i, name := range names {
		quoted[i] = sqltext.Ident(name)
	}
	return strings.Join(quoted, ", ")
}
