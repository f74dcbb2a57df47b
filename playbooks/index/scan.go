package index

import (
	"slices"
	"strings"

	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/probes/plan"
)

// tableScans are the nodes that read a table by themselves. A bitmap heap scan has its index scans below it.
var tableScans = []string{"Seq Scan", "Index Scan", "Index Only Scan", "Bitmap Heap Scan"}

// worstScan returns the table scan with a condition that reads most: by rows read where the plan was analysed, by the planner's cost where not.
func worstScan(p *plan.Plan) (*plan.Node, error) {
	var worst *plan.Node
	most := -1.0
	p.Walk(func(n *plan.Node, _ int) {
		if !slices.Contains(tableScans, n.Type) || n.Relation == "" || n.IndexCond+n.RecheckCond+n.Filter == "" {
			return
		}
		if w := weight(p, n); w > most {
			worst, most = n, w
		}
	})
	if worst == nil {
		return nil, &playbooks.NoDraft{Reason: "the plan reads no table by a condition that an index could serve"}
	}
	return worst, nil
}

func weight(p *plan.Plan, n *plan.Node) float64 {
	if !p.Origin.Analyzed {
		return n.TotalCost
	}
	rows, _ := n.RowsRead()
	return rows
}

// indexesOf names the indexes that a scan uses: its own, or those of the bitmap scans below it.
func indexesOf(scan *plan.Node) []string {
	var names []string
	if scan.Index != "" {
		names = append(names, scan.Index)
	}
	for _, child := range scan.Children {
		if strings.HasPrefix(child.Type, "Bitmap") {
			names = append(names, indexesOf(child)...)
		}
	}
	return names
}

// conjuncts returns every condition on the scan's own columns that its rows meet, each once: those of the index, the filter, and those that went
// without saying because the index used is partial.
func conjuncts(scan *plan.Node, t *table) []plan.Condition {
	texts := []string{scan.IndexCond, scan.RecheckCond, scan.Filter}
	for _, name := range indexesOf(scan) {
		if used, ok := t.index(name); ok {
			texts = append(texts, used.Predicate)
		}
	}
	var found []plan.Condition
	for _, text := range texts {
		if text == "" {
			continue
		}
		for _, c := range plan.Conjuncts(text) {
			others := c.Qualifier != "" && c.Qualifier != scan.Alias
			if !others && !slices.ContainsFunc(found, func(known plan.Condition) bool { return sameCondition(known, c) }) {
				found = append(found, c)
			}
		}
	}
	return found
}

func sameCondition(a, b plan.Condition) bool {
	return a.Text == b.Text || isPredicate(a) && a.Kind == b.Kind && a.Column == b.Column && a.Negated == b.Negated
}

// orderNeeded returns the columns in whose order a LIMIT takes the scan's rows; nil where there is none or it cannot be known.
func orderNeeded(p *plan.Plan, scan *plan.Node, t *table) []key {
	path := pathTo(p.Root, scan)
	limit := slices.IndexFunc(path, func(n *plan.Node) bool { return n.Type == "Limit" })
	if limit < 0 {
		return nil
	}
	for _, n := range path[limit+1:] {
		switch n.Type {
		case "Gather", "Gather Merge":
		case "Sort", "Incremental Sort":
			return sortKeys(n.SortKey, t)
		default:
			return nil
		}
	}
	return orderOfIndex(scan, t)
}

// pathTo returns the nodes from root down to the one before target.
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

func sortKeys(printed []string, t *table) []key {
	columns, ok := plan.SortColumns(printed)
	if !ok {
		return nil
	}
	keys := make([]key, len(columns))
	for i, c := range columns {
		keys[i] = key{c.Column, c.Descending, c.NullsFirst}
	}
	return ofTable(keys, t)
}

// ofTable returns the keys if all are columns of the table, else none.
func ofTable(keys []key, t *table) []key {
	for _, k := range keys {
		if _, ours := t.Columns[k.Column]; !ours {
			return nil
		}
	}
	return keys
}

// orderOfIndex returns the order that an index scan yields where the planner must have chosen it for its order: backward, or without a condition.
func orderOfIndex(scan *plan.Node, t *table) []key {
	used, ok := t.index(scan.Index)
	if !ok || scan.Direction != "Backward" && scan.IndexCond != "" {
		return nil
	}
	d, ok := t.definition(used)
	if !ok {
		return nil
	}
	if scan.Direction == "Backward" {
		for i, k := range d.Keys {
			d.Keys[i] = key{k.Column, !k.Descending, !k.NullsFirst}
		}
	}
	return ofTable(d.Keys, t)
}
