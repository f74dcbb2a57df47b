package candidate

import (
	"slices"
	"strings"

	"github.com/pgmedic/pgmedic/playbooks/index/shape"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

const (
	visibleShare  = 0.8 // of the table's pages must be all-visible for an index-only scan to spare the table
	mostIncluded  = 6   // columns that are stored for it
	widestInclude = 96  // bytes of them all, on average
)

// covering is the plainest b-trees with all that the statement reads stored in them, where that is little and the table is vacuumed well.
func (a *asked) covering() []Candidate {
	if float64(a.Table.AllVisible) < visibleShare*float64(a.Table.Pages) || !a.Table.Costs.IndexOnlyScans {
		return nil
	}
	var found []Candidate
	for _, c := range a.btrees() {
		include, ok := a.include(c)
		if !ok || len(found) == 4 {
			continue
		}
		c.Index.Include = include
		stored := Use{Part: "INCLUDE (" + identList(include) + ")", Why: "read by the statement: the table need not be visited"}
		c.Uses = append(slices.Clone(c.Uses), stored)
		c.For = "index-only scan"
		found = append(found, c)
	}
	return found
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
		case !column.Analysed || column.Length < 0 && column.Width > widest || column.TypeName == "json" || column.TypeName == "jsonb" || isArray(column):
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
