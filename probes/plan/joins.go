package plan

import (
	"slices"
	"strings"
)

// Join is a join above a scan and what it compares of the scan's columns; or a subplan that holds the scan and runs once for each row of a node.
type Join struct {
	Node       *Node       // Nested Loop, Hash Join or Merge Join; of a subplan the node that it runs for
	Other      *Node       // the join's other child; of a subplan the node itself
	Conditions []Condition // on the scan's relation, with Join true: comparisons of it, or of an expression on it, with the other side
	Rows       float64     // that the other side yields over all processes: so many lookups a nested loop does or would do
	Outer      bool        // the scan is on the outer side now
	Inside     bool        // the conditions are the scan's own: it runs once for each row of the other side already
	Type       string      // "Inner", "Left", "Semi", …, as printed; "SubPlan"
}

// Joins finds the joins above a scan that compare one of its columns, or an expression on them, with what the other side yields; the nearest first,
// before them those that hand their values down to the scan's own conditions.
func (p *Plan) Joins(scan *Node) []Join {
	joins := p.handedDown(scan)
	partitions := false
	for _, s := range p.ancestors(scan) {
		switch {
		case s.parent.isJoin():
			if j := joinOf(s); j.Other != nil {
				j.Conditions = joinConditions(scan.Alias, partitions, s.parent.HashCond, s.parent.MergeCond, s.parent.JoinFilter)
				joins = p.withJoin(joins, j, s)
			}
		case s.parent.isAppend():
			partitions = true
		case !slices.Contains(passing, s.parent.Type):
			return joins
		}
	}
	return joins
}

// passing are the nodes that hand the rows of their child on.
var passing = []string{"Hash", "Sort", "Incremental Sort", "Materialize", "Memoize", "Gather", "Gather Merge", "Result", "LockRows"}

func (p *Plan) withJoin(joins []Join, j Join, s step) []Join {
	if len(j.Conditions) == 0 {
		return joins
	}
	j.Rows = j.Other.PlanRows * p.sharers(s.parent, j.Other)
	return append(joins, j)
}

func joinOf(s step) Join {
	return Join{Node: s.parent, Other: s.other(), Outer: s.child.Relationship == "Outer", Type: s.parent.JoinType}
}

// joinConditions returns the comparisons with other relations among conditions on a relation.
func joinConditions(alias string, partitions bool, texts ...string) []Condition {
	var found []Condition
	for _, text := range texts {
		for _, c := range conjunctsAs(text, func(e *expression) string { return e.aliasIn(alias, partitions) }, nil) {
			if partitions && c.Qualifier != alias && c.Qualifier != "" {
				c = ofPartition(c, alias)
			}
			known := slices.ContainsFunc(found, func(before Condition) bool { return before.Text == c.Text })
			if !known && c.Join && (isKeyed(c.Kind) || c.Kind == NonSargable && (isKeyed(c.Compared) || c.hasOpenKey())) {
				found = append(found, c)
			}
		}
	}
	return found
}

// hasOpenKey says whether a parameter stands beside the column, as in data ->> $1: which expression is compared is known with its value.
func (c Condition) hasOpenKey() bool {
	return c.Expression == "" && c.Column != "" && strings.Contains(strings.Replace(c.Text, c.Value, "", 1), "$")
}

func isKeyed(kind Kind) bool { return kind == Equality || kind == Range }

// handedDown finds where the values come from that the scan's own conditions compare its columns with: the outer side of a nested loop, or the rows
// of the node that a subplan runs for.
func (p *Plan) handedDown(scan *Node) []Join {
	left := joinConditions(scan.Alias, false, scan.conditions()...)
	if p.Root == nil || len(left) == 0 {
		return nil
	}
	var joins []Join
	steps, _ := stepsTo(p.Root, scan)
	for _, s := range steps {
		j := joinOf(s)
		if s.child.Relationship == "SubPlan" {
			j = Join{Node: s.parent, Other: s.parent, Type: "SubPlan"}
		} else if s.parent.Type != "Nested Loop" || j.Outer || j.Other == nil {
			continue
		}
		j.Inside = true
		j.Conditions, left = fromAliases(left, j.Other.aliases(s.child))
		joins = p.withJoin(joins, j, s)
	}
	return joins
}

// conditions returns the scan's own conditions, those of the bitmap's index scans included.
func (n *Node) conditions() []string {
	texts := []string{n.IndexCond, n.RecheckCond, n.Filter}
	for _, child := range n.Children {
		if child.Type == "Bitmap Index Scan" || child.Type == "BitmapAnd" {
			texts = append(texts, child.conditions()...)
		}
	}
	return texts
}

// aliases returns the aliases in the tree, but not those below the given node.
func (n *Node) aliases(without *Node) []string {
	if n == without {
		return nil
	}
	names := []string{n.Alias}
	for _, child := range n.Children {
		names = append(names, child.aliases(without)...)
	}
	return names
}

// fromAliases takes out the conditions whose other side holds columns of the aliases alone.
func fromAliases(conditions []Condition, aliases []string) (from, others []Condition) {
	for _, c := range conditions {
		elsewhere := func(col *expression) bool {
			return col.qualifier != c.Qualifier && !slices.Contains(aliases, col.qualifier)
		}
		if slices.ContainsFunc(readExpression(c.Text).columns(), elsewhere) {
			others = append(others, c)
		} else {
			from = append(from, c)
		}
	}
	return from, others
}

// aliasIn returns the alias itself; above an Append, where the columns of one partition stand for those of all, that of the partition that is named.
func (e *expression) aliasIn(alias string, partitions bool) string {
	for _, c := range e.columns() {
		if partitions && isSibling(c.qualifier, alias) {
			return c.qualifier
		}
	}
	return alias
}

// ofPartition is the condition as it would be printed of another partition.
func ofPartition(c Condition, alias string) Condition {
	e := readExpression(c.Text)
	return ConjunctsOf(e.requalified(c.Qualifier, alias), alias)[0]
}

// sharers returns how many processes share the rows of a node below one.
func (p *Plan) sharers(above, n *Node) float64 {
	if !n.holdsParallel() {
		return 1
	}
	for _, s := range p.ancestors(above) {
		if isGather(s.parent) {
			return processesOf(s.parent)
		}
	}
	return 1
}
