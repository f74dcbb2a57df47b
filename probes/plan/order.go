package plan

import (
	"slices"
	"strings"
)

// SortKey is one key of an order: a column or an expression of one relation.
type SortKey struct {
	Column     string   // unquoted; empty where it is an expression
	Expression string   // without qualifiers
	Columns    []string // that it reads
	Collation  string   // SQL, where it is printed: other than the database's own, also where it is the column's
	Descending bool
	NullsFirst bool // as in force: true by default when descending
}

// Order says in which order the rows of a scan are taken by what is above it: an ORDER BY, with LIMIT or without, DISTINCT ON, a sorted GROUP BY, a
// window, a merge join, min or max. limit is how many rows of the scan it takes as the planner reckons, those that an OFFSET skips included; 0: all.
// Keys is nil where a LIMIT takes what the scan yields without a sort: any order, or that of the index in use, for which the planner may have chosen
// it. ok is false where nothing is asked for or where it is not known, as when the keys are of several relations.
func (p *Plan) Order(scan *Node) (keys []SortKey, limit float64, ok bool) {
	o := ordering{scan: scan, scale: 1}
	for _, s := range p.ancestors(scan) {
		if !o.take(s) {
			break
		}
	}
	if o.union && o.limit == 0 {
		return nil, 0, false // every table would need its index to save a sort
	}
	return o.keys, o.limit, !o.foreign && (o.keys != nil || o.limit > 0)
}

// ordering goes up from a scan.
type ordering struct {
	scan       *Node
	keys       []SortKey
	limit      float64
	scale      float64 // rows of the scan for one row of the node that was reached
	partitions bool
	union      bool // of several tables
	whole      bool // all rows are read before the next node yields one
	foreign    bool // the order is not of this scan alone
}

// take looks at the next node above; false where what is above it says nothing of the scan's order.
func (o *ordering) take(s step) bool {
	n := s.parent
	switch n.Type {
	case "Gather", "Gather Merge", "Result", "LockRows", "Materialize", "WindowAgg":
		return true
	case "Append":
		o.append(n)
		return true
	case "Merge Append":
		o.append(n)
		return o.keys != nil || o.sorted(n.SortKey)
	case "Sort", "Incremental Sort":
		return o.keys == nil && o.sorted(n.SortKey)
	case "Limit":
		if o.keys == nil && o.whole {
			return false
		}
		o.limit = min(taken(n, s.child), s.child.PlanRows) * o.scale
		return false
	case "Subquery Scan":
		return o.keys != nil && n.Filter == ""
	case "Unique", "Group":
		o.scale *= shareOf(s.child.PlanRows, n.PlanRows)
		return true
	case "Aggregate":
		return o.aggregated(s)
	case "Nested Loop", "Hash Join", "Merge Join":
		return o.joined(s)
	}
	return false
}

// append passes a list of partitions, or the arms of a UNION.
func (o *ordering) append(n *Node) {
	o.partitions = true
	other := func(alias string) bool { return alias != "" && !isSibling(alias, o.scan.Alias) }
	o.union = o.union || slices.ContainsFunc(n.aliases(nil), other)
}

func (o *ordering) sorted(printed []string) bool {
	keys, ok := o.sortKeys(printed)
	o.keys, o.foreign = keys, !ok
	return ok
}

// aggregated reads GROUP BY over sorted rows, and min and max without GROUP BY.
func (o *ordering) aggregated(s step) bool {
	switch {
	case s.parent.Strategy == "Sorted":
		o.scale *= shareOf(s.child.PlanRows, s.parent.PlanRows)
		return true
	case s.parent.Strategy != "Plain" || o.keys != nil:
		return false
	case s.parent.Fields["Partial Mode"] == "Partial":
		return true
	}
	if key, ok := o.extreme(s.parent); ok {
		o.keys, o.limit = []SortKey{key}, 1
	}
	return false
}

// joined passes a join whose rows come in the order of the scan's where the scan is on its outer side, and are as good as picked from it where a Sort
// follows.
func (o *ordering) joined(s step) bool {
	if o.keys != nil && (s.parent.Type != "Nested Loop" || s.child.Relationship != "Outer") {
		return false
	}
	kept := "Outer" // the side whose rows each come at most as often as they match
	if strings.HasPrefix(s.parent.JoinType, "Right") {
		kept = "Inner"
	}
	if s.parent.JoinType == "Full" || s.parent.JoinType != "Inner" && s.child.Relationship != kept {
		o.foreign = o.keys == nil
		return false
	}
	switch {
	case s.child.Relationship == "Outer":
		o.scale *= shareOf(s.child.PlanRows, s.parent.PlanRows)
	case s.parent.Type != "Nested Loop": // whose inner side has the rows of one loop
		o.scale *= shareOf(s.child.PlanRows, s.parent.PlanRows)
		o.whole = true
	default:
		o.whole = true
	}
	return true
}

// taken returns how many rows a LIMIT takes of its child with those that OFFSET skips, which only its start-up cost shows.
func taken(limit, child *Node) float64 {
	run := child.TotalCost - child.StartupCost
	skipped := 0.0
	if run > 0 && limit.StartupCost > child.StartupCost {
		skipped = (limit.StartupCost - child.StartupCost) / run * child.PlanRows
	}
	return limit.PlanRows + skipped
}

// sortKeys reads keys as EXPLAIN prints them; false where one is not made of the scan's columns alone or has an operator of its own.
func (o *ordering) sortKeys(printed []string) ([]SortKey, bool) {
	var keys []SortKey
	for _, text := range printed {
		key, ok := o.sortKey(text)
		if !ok {
			return nil, false
		}
		keys = append(keys, key)
	}
	return keys, len(keys) > 0
}

func (o *ordering) sortKey(text string) (SortKey, bool) {
	r := newReader(text)
	e := r.operand()
	if e == nil {
		return SortKey{}, false
	}
	key, ok := o.keyOf(e)
	key.Descending, key.NullsFirst = r.direction()
	return key, ok && r.at == len(r.tokens)
}

// direction reads what follows a sort key.
func (r *reader) direction() (descending, nullsFirst bool) {
	descending = r.takes("DESC")
	switch {
	case r.takesAll("NULLS", "FIRST"):
		return descending, true
	case r.takesAll("NULLS", "LAST"):
		return descending, false
	}
	return descending, descending
}

// keyOf makes a key of an expression; false where it could not be one of an index on the scan's relation.
func (o *ordering) keyOf(e *expression) (SortKey, bool) {
	var key SortKey
	if e.form == collated {
		key.Collation, e = e.name, e.args[0]
	}
	foreign := func(c *expression) bool { return !o.owns(c) }
	columns := e.columns()
	if len(columns) == 0 || slices.ContainsFunc(columns, foreign) || e.holds(notIndexable) {
		return SortKey{}, false
	}
	for _, c := range columns {
		key.Columns = appendOnce(key.Columns, c.name)
	}
	if e.form == column {
		key.Column = e.name
	} else {
		key.Expression = e.unqualified()
	}
	return key, true
}

func notIndexable(e *expression) bool {
	return e.form == unknown || e.form == param || e.form == result || e.form == row
}

// owns says whether a column is the scan's; above an Append those of one partition stand for all.
func (o *ordering) owns(c *expression) bool {
	return c.qualifier == "" || c.qualifier == o.scan.Alias || o.partitions && isSibling(c.qualifier, o.scan.Alias)
}

// extreme reads the output of an aggregate that is nothing but min and max of one column or expression.
func (o *ordering) extreme(n *Node) (SortKey, bool) {
	var found []SortKey
	var add func(e *expression) bool
	add = func(e *expression) bool {
		switch {
		case e.form == call && (e.name == "min" || e.name == "max") && len(e.args) == 1:
			key, ok := o.keyOf(e.args[0])
			key.Descending, key.NullsFirst = e.name == "max", e.name == "max"
			found = append(found, key)
			return ok
		case e.form == column || e.form == unknown || e.form == call && e.name != "" && e.name != "COALESCE":
			return false
		}
		return all(e.args, add)
	}
	for _, text := range n.Output {
		if !add(readExpression(text)) {
			return SortKey{}, false
		}
	}
	for _, key := range found {
		if key.Column != found[0].Column || key.Expression != found[0].Expression {
			return SortKey{}, false
		}
	}
	if len(found) == 0 {
		return SortKey{}, false
	}
	return found[0], true
}
