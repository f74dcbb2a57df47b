package candidate

import (
	"errors"
	"slices"
	"strings"

	"github.com/pgmedic/pgmedic/playbooks/index/shape"
	"github.com/pgmedic/pgmedic/playbooks/index/table"
	"github.com/pgmedic/pgmedic/probes/plan"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// Child is a table whose foreign key points to the one that a statement changes: the server looks there for the rows of each deleted or renumbered
// row, by a query of its own that the plan does not show.
type Child struct {
	Key       table.ForeignKey
	Need      Need
	Candidate Candidate
}

// ForeignKeys are the foreign keys without an index of their own that a DELETE from the table, or an UPDATE of the columns that they refer to, makes
// the server look through. The needs' conditions are those of the server's lookups, their Lookups the rows that the statement changes.
func ForeignKeys(p *plan.Plan, t *table.Table, read Read) ([]Child, error) {
	changed := changes(p, t)
	if changed == nil {
		return nil, nil
	}
	var children []Child
	for _, key := range t.References {
		if key.Indexed || !touches(p, changed, key) {
			continue
		}
		child, err := read(key.Schema, key.Table)
		if errors.Is(err, table.ErrGone) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if c, ok := childOf(key, child, t, rowsOf(changed)); ok {
			children = append(children, c)
		}
	}
	return children, nil
}

// changes is the node that deletes or updates rows of the table; nil: there is none.
func changes(p *plan.Plan, t *table.Table) *plan.Node {
	var found *plan.Node
	p.Walk(func(n *plan.Node, _ int) {
		operation := n.Fields["Operation"]
		changing := n.Type == "ModifyTable" && (operation == "Delete" || operation == "Update")
		if found == nil && changing && isPartOf(t, n) {
			found = n
		}
	})
	return found
}

// isPartOf says whether a node is of the table or of a partition of it.
func isPartOf(t *table.Table, n *plan.Node) bool {
	same := func(one *table.Table) bool { return one.Schema == n.Schema && one.Name == n.Relation }
	return same(t) || slices.ContainsFunc(t.Partitions, same)
}

// rowsOf is how many rows the node changes.
func rowsOf(changing *plan.Node) float64 {
	rows := 0.0
	for _, child := range changing.Children {
		if !endsQuery(child) {
			rows += child.PlanRows
		}
	}
	return max(rows, 1)
}

// touches says whether the change concerns the foreign key: any deletion does, an UPDATE where it sets a column that the key refers to.
func touches(p *plan.Plan, changing *plan.Node, key table.ForeignKey) bool {
	if changing.Fields["Operation"] == "Delete" {
		return true
	}
	set := columnsSet(p.Origin.Statement)
	return slices.ContainsFunc(key.Referenced, func(name string) bool { return slices.Contains(set, name) })
}

// columnsSet names the columns that an UPDATE's text sets: the first name behind SET and behind each comma outside of parentheses, or all of a list
// in parentheses there.
func columnsSet(statement string) []string {
	var names []string
	depth, target := 0, false
	for _, t := range sqltext.Solid(statement) {
		switch {
		case t.Is("SET") && depth == 0:
			target = true
		case t.Is("(") || t.Is("["):
			depth++
		case t.Is(")") || t.Is("]"):
			depth--
		case depth == 0 && (t.Is("WHERE") || t.Is("FROM") || t.Is("RETURNING")):
			target = false
			if len(names) > 0 {
				return names
			}
		case depth == 0 && t.Is("=") || depth == 0 && t.Is("."):
			target = false
		case depth == 0 && t.Is(",") && len(names) > 0:
			target = true
		case target && isName(t):
			names = append(names, folded(t))
		}
	}
	return names
}

// folded is the name that the server reads: without quotes it is lower case.
func folded(t sqltext.Token) string {
	if t.Kind == sqltext.Word {
		return strings.ToLower(t.Text)
	}
	return unquoted(t.Text)
}

// childOf is the need of a foreign key's lookups, and the plain index that answers it.
func childOf(key table.ForeignKey, child, parent *table.Table, rows float64) (Child, bool) {
	if child == nil || len(key.Columns) != len(key.Referenced) {
		return Child{}, false
	}
	need := Need{Table: child, Alias: child.Name, Lookups: rows}
	c := Candidate{Index: shape.Index{Schema: child.Schema, Table: child.Name, Method: "btree"}}
	for i, name := range key.Columns {
		column, known := child.Columns[name]
		if !known || unfit(column) {
			return Child{}, false
		}
		other := parent.Name
		if other == child.Name {
			other += " above" // a table that refers to itself
		}
		value := sqltext.Ident(other, key.Referenced[i])
		need.Conditions = append(need.Conditions, plan.Condition{
			Text: "(" + sqltext.Ident(child.Name, name) + " = " + value + ")",
			Kind: plan.Equality, Column: name, Qualifier: child.Name, Op: "=", Value: value, Join: true, Columns: []string{name},
		})
		c.Index.Keys = append(c.Index.Keys, shape.Key{Column: name})
	}
	for i, k := range c.Index.Keys {
		c.Uses = append(c.Uses, Use{Part: k.SQL(), Condition: &need.Conditions[i],
			Why: "the foreign key " + sqltext.CleanLine(sqltext.Ident(key.Name)) + " looks here for the rows of each row that is deleted or renumbered"})
	}
	c.For = "the foreign key's lookups"
	return Child{Key: key, Need: need, Candidate: c}, true
}
