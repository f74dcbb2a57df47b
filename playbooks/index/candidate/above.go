package candidate

import (
	"slices"
	"strings"

	"github.com/pgmedic/pgmedic/playbooks/index/table"
	"github.com/pgmedic/pgmedic/probes/plan"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// pathTo is the nodes from root down to the one above target.
func pathTo(root, target *plan.Node) []*plan.Node {
	for _, child := range root.Children {
		if child == target {
			return []*plan.Node{root}
		}
		if path := pathTo(child, target); path != nil {
			return append([]*plan.Node{root}, path...)
		}
	}
	return nil
}

func isJoin(n *plan.Node) bool {
	return n.Type == "Nested Loop" || n.Type == "Hash Join" || n.Type == "Merge Join"
}

func isAggregate(n *plan.Node) bool {
	return n.Type == "Aggregate" || n.Type == "Group"
}

// passages are the nodes that hand on their child's rows.
var passages = []string{"Limit", "Sort", "Incremental Sort", "Gather", "Gather Merge", "Unique", "LockRows", "Append", "Merge Append",
	"Materialize", "Memoize", "Hash"}

// passes says whether a node hands on what its child yields, column by column.
func passes(n *plan.Node) bool {
	return slices.Contains(passages, n.Type)
}

// endsQuery says whether the node is the top of a query of its own within the statement.
func endsQuery(n *plan.Node) bool {
	return n.Relationship == "InitPlan" || n.Relationship == "SubPlan" || n.Relationship == "Subquery"
}

// weight is what the scan costs the statement: its own cost as often as it runs, and the work that it makes for the first join and the sorts above
// it. Of a plan with actual figures it is the rows that the scan read.
func (r *reader) weight(scan *plan.Node) float64 {
	if r.plan.Origin.Analyzed {
		rows, _ := scan.RowsRead()
		return rows
	}
	work, joined := 0.0, false
	for _, n := range slices.Backward(pathTo(r.plan.Root, scan)) {
		switch {
		case isJoin(n) && !joined:
			work += n.OwnCost()
			joined = true
		case !joined && (strings.Contains(n.Type, "Sort") || isAggregate(n)):
			work += n.OwnCost()
		}
	}
	return ownCost(scan)*r.loops(scan) + work
}

// ownCost is the scan's cost with that of its bitmaps, without that of the plans that only hang below it.
func ownCost(scan *plan.Node) float64 {
	cost := scan.TotalCost
	for _, child := range scan.Children {
		if endsQuery(child) {
			cost -= child.TotalCost
		}
	}
	return max(cost, 0)
}

// output names the columns of the scan's relation that the statement reads besides those of the scan's own conditions. What the first node above that
// is more than a passage asks for is all that is asked: a scan itself may print all its columns though nobody wants them. "*" is the whole row.
func (r *reader) output(scan *plan.Node, t *table.Table) []string {
	between := []*plan.Node{scan}
	final := true
	for _, n := range slices.Backward(pathTo(r.plan.Root, scan)) {
		if endsQuery(between[len(between)-1]) {
			break
		}
		if !passes(n) && n.Type != "Result" {
			final = n.Type == "ModifyTable" || n.Type == "Subquery Scan"
			break
		}
		between = append(between, n)
	}
	var names []string
	if final {
		names = outputColumns(scan.Output, scan.Alias, t)
	}
	r.plan.Walk(func(n *plan.Node, _ int) {
		if n == scan {
			return
		}
		if !slices.Contains(between, n) {
			names = append(names, outputColumns(n.Output, scan.Alias, t)...)
		}
		for _, text := range conditionsOf(n) {
			names = append(names, columnsUnder(text, scan.Alias, t)...)
		}
	})
	slices.Sort(names)
	return slices.Compact(names)
}

// conditionsOf are the expressions of a node besides its output.
func conditionsOf(n *plan.Node) []string {
	texts := []string{n.IndexCond, n.RecheckCond, n.Filter, n.JoinFilter, n.OneTimeFilter, n.HashCond, n.MergeCond}
	for _, field := range []string{"Group Key", "Grouping Sets", "Order By", "Cache Key", "TID Cond"} {
		texts = append(texts, n.Fields[field])
	}
	return append(texts, n.SortKey...)
}

// outputColumns names the columns of the alias in what a node yields. Where the statement reads one relation only, they are printed without the
// alias.
func outputColumns(output []string, alias string, t *table.Table) []string {
	var names []string
	for _, text := range output {
		names = append(names, columnsUnder(text, alias, t)...)
		tokens := sqltext.Solid(text)
		for i, token := range tokens {
			name := unquoted(token.Text)
			_, known := t.Columns[name]
			before, behind := neighbour(tokens, i, -1), neighbour(tokens, i, 1)
			alone := before != "." && before != "::" && behind != "." && behind != "("
			if isName(token) && alone && (known || isSystem(name)) {
				names = append(names, name)
			}
		}
	}
	return names
}

// columnsUnder names the columns of the alias in an expression; those of a partitioned table stand under its own alias above the Append.
func columnsUnder(text, alias string, t *table.Table) []string {
	names := columnsOf(text, alias)
	if t.Kind == "p" {
		if at := strings.LastIndex(alias, "_"); at > 0 {
			names = append(names, columnsOf(text, alias[:at])...)
		}
	}
	return names
}
