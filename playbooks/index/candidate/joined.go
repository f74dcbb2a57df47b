package candidate

import (
	"slices"
	"strings"

	"github.com/pgmedic/pgmedic/playbooks/index/shape"
	"github.com/pgmedic/pgmedic/playbooks/index/table"
	"github.com/pgmedic/pgmedic/probes/plan"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// addJoins adds the conditions of the nearest join whose other side could look the scan's rows up, and how often it would.
func (r *reader) addJoins(need *Need) {
	scan := need.Scans[0]
	if slices.ContainsFunc(need.Conditions, func(c plan.Condition) bool { return c.Join }) {
		need.Lookups = max(r.loops(scan), 1) // it is looked up already
		need.Each = !r.joinsFirst(scan)
		return
	}
	for _, j := range r.plan.Joins(scan) {
		if canLookUp(j) {
			need.Lookups = max(j.Rows, 1)
			need.Conditions = unique(append(need.Conditions, j.Conditions...))
			return
		}
	}
}

// canLookUp says whether a nested loop could look for the scan's rows by those of the other side: not where the scan's own rows must all come,
// matched or not.
func canLookUp(j plan.Join) bool {
	switch j.Type {
	case "Inner", "Semi", "Right Semi":
		return true
	case "Left", "Anti":
		return !j.Outer
	case "Right", "Right Anti":
		return j.Outer
	}
	return false
}

// loops is how often the scan runs, as the planner reckons: for each row of the outer side of the nested loops above it, and for each row of the node
// whose subquery it is in.
func (r *reader) loops(scan *plan.Node) float64 {
	runs, below := 1.0, scan
	for _, n := range slices.Backward(pathTo(r.plan.Root, scan)) {
		inner := n.Type == "Nested Loop" && len(n.Children) > 1 && n.Children[1] == below && below.Type != "Materialize"
		switch {
		case inner:
			runs *= max(n.Children[0].PlanRows, 1)
		case below.Relationship == "SubPlan":
			runs *= n.CallsOf(below)
		}
		below = n
	}
	return runs
}

// joinsFirst says whether the rows of the scan are joined before a LIMIT takes them.
func (r *reader) joinsFirst(scan *plan.Node) bool {
	below := scan
	for _, n := range slices.Backward(pathTo(r.plan.Root, scan)) {
		switch {
		case endsQuery(below) || n.Type == "Limit" || isAggregate(n):
			return false
		case isJoin(n):
			return true
		}
		below = n
	}
	return false
}

// addOrder adds the order in which the scan's rows are taken, and how many. Where a LIMIT takes what an index yields, the index's order may be the
// one that the statement wants: its leading keys count that the statement's ORDER BY names.
func (r *reader) addOrder(need *Need) {
	scan := need.Scans[0]
	keys, limit, ok := r.plan.Order(scan)
	if !ok {
		return
	}
	need.Limit = limit
	for _, k := range keys {
		need.Order = append(need.Order, orderKey(k, need.Table))
	}
	if used, indexed := usedIndex(scan, need.Table); keys == nil && indexed && scan.Type != "Bitmap Heap Scan" {
		need.Order = orderOf(used.Shape, scan.Direction == "Backward", r.orderNames())
	}
}

// orderKey makes a key of an order's. The collation that is the column's own, or comes from it, stands in the index without being named.
func orderKey(k plan.SortKey, t *table.Table) shape.Key {
	made := shape.Key{Column: k.Column, Descending: k.Descending, NullsFirst: k.NullsFirst}
	if k.Column == "" {
		made.Expression, made.Columns = shape.Bare(k.Expression), k.Columns
	}
	names := append([]string{k.Column}, k.Columns...)
	if !slices.ContainsFunc(names, func(name string) bool { return t.Columns[name].Collation == k.Collation }) {
		made.Collation = k.Collation
	}
	return made
}

// orderOf is the order that an index yields, as far as its keys are among the names; nil names: all.
func orderOf(x shape.Index, backward bool, named func(string) bool) []shape.Key {
	var order []shape.Key
	for _, k := range x.Keys {
		if x.Method != "btree" || k.Column == "" || isPattern(k) {
			return order
		}
		if !named(k.Column) {
			if len(order) > 0 {
				return order
			}
			continue // it may be one value only
		}
		if backward {
			k.Descending, k.NullsFirst = !k.Descending, !k.NullsFirst
		}
		order = append(order, shape.Key{Column: k.Column, Collation: k.Collation, Descending: k.Descending, NullsFirst: k.NullsFirst})
	}
	return order
}

// orderNames says which columns the statement's text orders by, or takes the least or greatest of.
func (r *reader) orderNames() func(string) bool {
	var names []string
	tokens := sqltext.Solid(r.plan.Origin.Statement)
	within, numbered := false, false
	for i, t := range tokens {
		starts := t.Is("BY") && i > 0 && tokens[i-1].Is("ORDER") || t.Is("DISTINCT") || t.Is("min") || t.Is("max")
		ends := t.Is("LIMIT") || t.Is("OFFSET") || t.Is("FETCH") || t.Is("FOR") || t.Is("FROM") || t.Is("WHERE") || t.Is(";")
		switch {
		case starts:
			within = true
		case ends:
			within = false
		case within && isName(t):
			names = append(names, folded(t))
		case within && t.Kind == sqltext.Number:
			numbered = true
		}
	}
	return func(name string) bool { return numbered || slices.Contains(names, name) }
}

// isSystem says whether a name is that of a column that every table has, and no index holds.
func isSystem(name string) bool {
	return slices.Contains(strings.Fields("ctid xmin xmax cmin cmax"), name)
}
